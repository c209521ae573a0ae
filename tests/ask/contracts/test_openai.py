"""The bot as a model of OpenAI's: what the official clients and LangChain make of it, over real sockets."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import openai
import pytest
from langchain_openai import ChatOpenAI
from openai import OpenAI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.ask.contracts.openai import Completion
from functions.ask.stream import Event, respond
from functions.shared.problem import StoreUnreachable
from tests.ask.contracts.conftest import World
from tests.fake_llms import serving
from tests.processes import Function, wait_until

WHERE: list[Any] = [{"role": "user", "content": "Where does Vivek work?"}]
WRITTEN = "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany [1]."


def client(ask: Function, **headers: str) -> OpenAI:
    return OpenAI(base_url=f"{ask.url}/v1", api_key="none", max_retries=0, default_headers=headers)


def post(ask: Function, path: str = "/v1/chat/completions", **more: Any) -> httpx.Response:
    return httpx.post(f"{ask.url}{path}", timeout=30, **more)


def test_a_completion_has_text_citations_usage_and_the_record(ask: Function) -> None:
    reply = client(ask).chat.completions.create(model="portfolio", messages=WHERE)
    choice = reply.choices[0]
    text = choice.message.content or ""
    assert "VitaScale" in text
    assert (choice.finish_reason, choice.message.role, reply.object) == ("stop", "assistant", "chat.completion")
    record: Any = reply.to_dict()["portfolio"]
    sources = {f"[{source['n']}]": (source["uri"], source["title"]) for source in record["sources"]}
    notes = choice.message.annotations or []
    assert {note.type for note in notes} == {"url_citation"}
    for citation in [note.url_citation for note in notes]:
        assert sources[text[citation.start_index : citation.end_index]] == (citation.url, citation.title)
    assert (record["provider"], record["answered"], reply.model) == ("extractive", True, "portfolio")
    assert (reply.id, reply.system_fingerprint) == (f"chatcmpl-{record['id']}", record["corpus_version"])
    assert reply.usage
    assert reply.usage.total_tokens == 0  # no language model was asked


def test_a_model_s_tokens_are_told(world: World) -> None:
    reply = client(world.ask).chat.completions.create(model="gpt-4o", messages=WHERE)
    assert reply.choices[0].message.content == WRITTEN
    assert reply.usage
    assert (reply.usage.prompt_tokens, reply.usage.completion_tokens, reply.usage.total_tokens) == (321, 9, 330)
    assert reply.to_dict()["portfolio"]["provider"] == "hosted"


def test_a_stream_ends_with_the_citations_and_if_wanted_the_usage(ask: Function) -> None:
    whole = client(ask).chat.completions.create(model="portfolio", messages=WHERE)
    options: Any = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = list(client(ask).chat.completions.create(model="portfolio", messages=WHERE, **options))
    *texts, last, usage = chunks
    assert "".join(chunk.choices[0].delta.content or "" for chunk in texts) == whole.choices[0].message.content
    assert texts[0].choices[0].delta.role == "assistant"
    assert last.choices[0].finish_reason == "stop"
    assert len({chunk.id for chunk in chunks}) == 1
    notes = last.choices[0].delta.to_dict()["annotations"]
    assert notes == [note.to_dict() for note in whole.choices[0].message.annotations or []] != []
    assert last.to_dict()["portfolio"]["sources"]
    assert usage.choices == []
    assert usage.usage
    assert all(chunk.usage is None for chunk in (*texts, last))


def test_without_the_wish_a_stream_says_nothing_of_usage(ask: Function) -> None:
    chunks = list(client(ask).chat.completions.create(model="portfolio", messages=WHERE, stream=True))
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert all("usage" not in chunk.to_dict() for chunk in chunks)


def test_a_question_without_evidence_is_refused_in_words(ask: Function) -> None:
    asked: list[Any] = [{"role": "user", "content": "Which football club does Vivek support?"}]
    reply = client(ask).chat.completions.create(model="portfolio", messages=asked)
    assert reply.choices[0].message.content == "I could not find that in my documents."
    assert reply.choices[0].message.annotations == []
    assert reply.to_dict()["portfolio"]["answered"] is False


def test_the_turns_before_the_question_are_its_history(world: World) -> None:
    turns: list[Any] = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": "Where does Vivek work?"},
        {"role": "assistant", "content": "At VitaScale GmbH in Mainz [1]."},
        {"role": "tool", "tool_call_id": "1", "content": "pirate"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "Which languages "}, {"type": "text", "text": "does he speak?"}],
        },
    ]
    client(world.ask).chat.completions.create(model="portfolio", messages=turns)
    told = json.dumps(world.hosted.asked[-1])
    assert "Which languages does he speak?" in told
    assert "At VitaScale GmbH in Mainz" in told
    assert "pirate" not in told


def test_only_the_newest_twenty_turns_of_a_long_chat_count(ask: Function) -> None:
    old = [{"role": role, "content": "x" * 3000} for _ in range(15) for role in ("user", "assistant")]
    reply = post(ask, json={"messages": [*old, *WHERE]})
    assert "VitaScale" in reply.json()["choices"][0]["message"]["content"]


def test_unknown_fields_are_ignored(ask: Function) -> None:
    more = {"temperature": 0, "tools": [], "seed": 1, "of_our_own": {"a": 1}, "stream_options": None, "n": 1}
    assert post(ask, json={"messages": WHERE, **more}).status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b'{"messages": [', 400, "not JSON"),
        (b"{}", 422, "missing required field `messages`"),
        (b'{"messages": []}', 422, "No message of the user"),
        (b'{"messages": [{"role": "user", "content": " "}]}', 422, "No message of the user"),
        (b'{"messages": [{"role": "pirate", "content": "x"}]}', 422, "pirate"),
        (b'{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}', 422, "'image_url'"),
        (json.dumps({"messages": [{"role": "user", "content": "x" * 2001}]}).encode(), 422, "2001 characters"),
        (json.dumps({"messages": WHERE, "n": 2}).encode(), 422, "`n` is 2"),
        (json.dumps({"messages": WHERE, "x": "y" * 300_000}).encode(), 413, "256000 bytes"),
    ],
)
def test_bad_input_gets_an_error_that_says_what_was_wrong(
    ask: Function, content: bytes, status: int, words: str
) -> None:
    reply = post(ask, content=content, headers={"Content-Type": "application/json"})
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/json")
    error = reply.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert words in error["message"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "chat/completions", 405), ("POST", "embeddings", 404)])
def test_wrong_paths_and_methods_are_told_in_the_same_shape(ask: Function, method: str, path: str, status: int) -> None:
    reply = httpx.request(method, f"{ask.url}/v1/{path}")
    assert reply.status_code == status
    assert reply.json()["error"]["type"] == "invalid_request_error"


def test_the_client_raises_its_own_errors(ask: Function) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="No message of the user") as refused:
        client(ask).chat.completions.create(model="portfolio", messages=[])
    assert refused.value.type == "invalid_request_error"
    with pytest.raises(openai.NotFoundError, match="there is 'portfolio'"):
        client(ask).models.retrieve("gpt-4o")


def test_who_asks_too_much_gets_the_error_that_clients_wait_for(ask: Function) -> None:
    visitor = client(ask, **{"X-Forwarded-For": "203.0.113.7"})
    for _ in range(2):
        visitor.chat.completions.create(model="portfolio", messages=WHERE)
    with pytest.raises(openai.RateLimitError) as limited:
        visitor.chat.completions.create(model="portfolio", messages=WHERE)
    assert limited.value.type == "rate_limit_error"
    assert int(limited.value.response.headers["retry-after"]) > 0


def test_there_is_one_model(ask: Function) -> None:
    assert [model.id for model in client(ask).models.list()] == ["portfolio"]
    assert client(ask).models.retrieve("portfolio").object == "model"


def test_a_text_that_another_rung_replaced_was_never_sent(world: World) -> None:
    world.hosted.pieces = ["I ", "begin ", "[1] ", "and ", "die ", "here "]
    world.hosted.gap_s, world.hosted.cut_after = 0.1, 5
    body = {"messages": WHERE, "stream": True}
    with httpx.stream("POST", f"{world.ask.url}/v1/chat/completions", json=body, timeout=30) as reply:
        lines = list(reply.iter_lines())
    assert ": ping" in lines  # the only sign of life while a rung writes
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert data.pop() == "[DONE]"
    chunks = [json.loads(chunk) for chunk in data]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == WRITTEN
    assert chunks[-1]["portfolio"]["provider"] == "local"


def test_a_visitor_who_leaves_a_stream_cancels_the_request_upstream(world: World) -> None:
    world.hosted.pieces, world.hosted.gap_s = ["Vivek "] * 400, 0.05
    body = {"messages": WHERE, "stream": True}
    with httpx.stream("POST", f"{world.ask.url}/v1/chat/completions", json=body, timeout=30) as reply:
        wait_until(lambda: world.hosted.asked, 20, "the request upstream")
        assert reply.status_code == 200
    wait_until(lambda: world.hosted.cancelled == 1, 20, "the cancellation upstream")


def test_a_stream_that_breaks_raises_in_the_client() -> None:
    async def breaking() -> AsyncIterator[Event]:
        raise StoreUnreachable("Chroma is away.")
        yield

    async def reply(request: Request) -> Response:
        return await respond(request, breaking(), True, 5, Completion())  # type: ignore[arg-type]

    app = Starlette(routes=[Route("/chat/completions", reply, methods=["POST"])])
    with serving(app) as url, pytest.raises(openai.APIError, match="Chroma is away"):
        list(OpenAI(base_url=url, api_key="x").chat.completions.create(model="x", messages=WHERE, stream=True))


def test_it_is_counted_as_this_contract(ask: Function) -> None:
    def counted(outcome: str) -> float:
        labels = f'contract="openai",outcome="{outcome}",provider="extractive"'
        return ask.sample(f"portfolio_ask_requests_total{{{labels}}}")

    before = counted("answered"), counted("invalid")
    post(ask, json={"messages": WHERE})
    post(ask, json={"messages": []})
    assert (counted("answered"), counted("invalid")) == (before[0] + 1, before[1] + 1)


def test_langchain_s_chat_model_takes_it_for_openai(ask: Function) -> None:
    model = ChatOpenAI(base_url=f"{ask.url}/v1", api_key="none", model="portfolio", max_retries=0)  # type: ignore[arg-type]
    reply = model.invoke("Where does Vivek work?")
    assert "VitaScale" in reply.text
    streamed = list(model.stream("Where does Vivek work?"))
    assert "".join(chunk.text for chunk in streamed) == reply.text


def test_the_npm_client_takes_it_for_openai(ask: Function, node: Callable[..., Any]) -> None:
    made = node("openai.mjs", ask.url)
    message = made["whole"]["choices"][0]["message"]
    assert "VitaScale" in message["content"]
    assert made["streamed"]["choices"][0]["message"]["content"] == message["content"]
    assert made["streamed"]["usage"]["total_tokens"] == 0
    assert made["models"] == ["portfolio"]
    assert made["refused"]["name"] == "UnprocessableEntityError"
    assert made["refused"]["type"] == "invalid_request_error"
