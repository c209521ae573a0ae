"""The model in Ollama over real sockets: what is sent, what is read, and a cause for every failure."""

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

from functions.ask.providers import Message, ProviderFailed
from functions.ask.providers.local import Local
from functions.shared.records import NO_USAGE, Usage
from functions.shared.settings import Settings
from tests.ask.providers.scripted import Asked, Reply, failure_of, leave, read, scripted, words
from tests.fake_llms import Script, ollama, serving
from tests.processes import free_port

MESSAGES: list[Message] = [
    {"role": "user", "content": "Where does Nora work? “Quoted”, ø " * 20},
    {"role": "assistant", "content": "In Bergen."},
    {"role": "user", "content": "Since when?"},
]
NDJSON = {"content-type": "application/x-ndjson"}
# No text has fewer tokens than a twelfth of its characters.
PROMPT_TOKENS = 300


def settings(host: str) -> Settings:
    return Settings(ollama_host=host, ollama_model="nora-tiny", ollama_context_tokens=1024)


async def ask(reply: Reply) -> Asked:
    async with scripted(reply) as server:
        return await read(Local(settings(server.url)), MESSAGES, server)


async def failure(reply: Reply) -> ProviderFailed:
    return failure_of(await ask(reply))


def line(text: str = "", **more: object) -> bytes:
    message = {"role": "assistant", "content": text}
    part = {"model": "nora-tiny", "message": message, "done": False, **more}
    return json.dumps(part, ensure_ascii=False).encode() + b"\n"


def done(**more: object) -> bytes:
    return line(done=True, done_reason="stop", **{"prompt_eval_count": PROMPT_TOKENS, "eval_count": 5, **more})


def stream(*parts: bytes) -> Reply:
    return Reply(parts, headers=NDJSON)


def refusal(status: int, body: str = '{"error": "no"}') -> Reply:
    return Reply([body.encode()], status, {"content-type": "application/json"})


async def test_the_request_names_the_window_and_the_longest_answer() -> None:
    server = (await ask(stream(line("Hi"), done()))).server
    body = server.bodies[0]
    assert server.lines == ["POST /api/chat HTTP/1.1"]
    assert (body["model"], body["messages"], body["stream"]) == ("nora-tiny", MESSAGES, True)
    assert body["options"].items() >= {"num_ctx": 1024, "num_predict": 77}.items()


@pytest.mark.parametrize(("told", "sent"), [("5m", "5m"), ("90", 90), ("-1", -1), ("1.5h", "1.5h")])
async def test_the_model_is_kept_as_long_as_the_setting_says_in_the_form_ollama_reads(told: str, sent: object) -> None:
    async with scripted(stream(line("Hi"), done())) as server:
        provider = Local(replace(settings(server.url), ollama_keep_alive=told))
        await read(provider, MESSAGES, server)
        assert server.bodies[0]["keep_alive"] == sent


async def test_loading_asks_for_no_word() -> None:
    async with scripted(Reply([b'{"model": "nora-tiny", "response": "", "done": true}'])) as server:
        provider = Local(settings(server.url))
        await provider.load()
        await provider.close()
        assert server.lines == ["POST /api/generate HTTP/1.1"]
        assert (server.bodies[0]["model"], server.bodies[0].get("prompt", "")) == ("nora-tiny", "")


WHOLE = line("Tromsø – ") + line("数 😀\n") + line("") + done()
SPLITS: dict[str, Iterable[bytes]] = {
    "every byte": [bytes([one]) for one in WHOLE],
    "sevens": [WHOLE[at : at + 7] for at in range(0, len(WHOLE), 7)],
    "all at once": [WHOLE],
    "no line break at the end": [WHOLE.rstrip(b"\n")],
    "with carriage returns": [WHOLE.replace(b"}\n", b"}\r\n")],
}


@pytest.mark.parametrize("parts", SPLITS.values(), ids=SPLITS.keys())
async def test_where_the_network_splits_the_stream_does_not_matter(parts: Iterable[bytes]) -> None:
    found = await ask(stream(*parts))
    assert found.failed is None
    assert found.pieces == ["Tromsø – ", "数 😀\n"]
    assert (found.writing.usage, found.writing.model) == (Usage(PROMPT_TOKENS, 5), "nora-tiny")


async def test_a_last_part_without_counts_has_no_usage_and_the_answer_stands() -> None:
    found = await ask(stream(line("Hi"), line(done=True)))
    assert (found.pieces, found.failed, found.writing.usage) == (["Hi"], None, NO_USAGE)


@pytest.mark.parametrize("odd", [None, 0, -5], ids=repr)
async def test_an_odd_count_is_no_count_and_the_answer_stands(odd: object) -> None:
    found = await ask(stream(line("Hi"), done(prompt_eval_count=odd, eval_count=odd)))
    assert (found.pieces, found.failed, found.writing.usage) == (["Hi"], None, NO_USAGE)


@pytest.mark.parametrize(
    "reply",
    [
        stream(),
        stream(line("Hi")),
        Reply([line("Hi")], headers=NDJSON, cut=True),
        Reply([line("Hi"), done()[:-1]], headers=NDJSON, cut=True),
    ],
    ids=["empty", "not done", "connection lost", "connection lost before the last line's end"],
)
async def test_a_stream_that_ends_before_it_is_done_was_cut(reply: Reply) -> None:
    assert (await failure(reply)).cause == "cut"


@pytest.mark.parametrize("first", [b"", line("Hi")], ids=["at once", "after a word"])
async def test_an_error_inside_the_stream_is_the_servers(first: bytes) -> None:
    parts = [part for part in (first, b'{"error": "llama runner process has terminated"}\n') if part]
    failed = await failure(stream(*parts))
    assert failed.cause == "server"
    assert "llama" not in str(failed)


BROKEN = {
    "not JSON": b"{oops\n",
    "an empty line": b"\n",
    "no message": b'{"done": false}\n',
    "content that is no text": line(7),  # type: ignore[arg-type]
    "a message that is text": b'{"message": "Hi"}\n',
    "a count that is text": done(prompt_eval_count="abc"),
    "an error that is no text": b'{"error": {"message": "overloaded"}}\n',
    "HTML": b"<html>maintenance</html>",
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_no_chat_part_fails_as_a_provider_does(raw: bytes) -> None:
    assert (await failure(stream(raw))).cause in ("malformed", "server")


NO_OBJECT = {"a list": b"[]\n", "a number": b"7\n", "null": b"null\n", "nested without end": b"[" * 200_000 + b"\n"}


@pytest.mark.parametrize("raw", NO_OBJECT.values(), ids=NO_OBJECT.keys())
async def test_what_is_no_object_fails_as_a_provider_does(raw: bytes) -> None:
    assert (await failure(stream(raw))).cause in ("malformed", "server")


@pytest.mark.parametrize(
    ("status", "cause"),
    [(400, "bad_request"), (404, "server"), (429, "limited"), (500, "server"), (502, "server"), (503, "server")],
)
async def test_each_status_has_its_cause(status: int, cause: str) -> None:
    failed = await failure(refusal(status))
    assert failed.cause == cause
    assert str(status) in str(failed)


@pytest.mark.parametrize(
    "body",
    ["", "oops", '{"error": {"message": "no"}}', "[]", "7", "null", '"text"'],
)
async def test_a_refusal_has_its_cause_whatever_its_body_is(body: str) -> None:
    assert (await failure(refusal(500, body))).cause == "server"


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_says_when_to_come_back_is_heard(status: int) -> None:
    reply = Reply([b'{"error": "server busy"}'], status, {"content-type": "application/json", "Retry-After": "7"})
    failed = await failure(reply)
    assert (failed.cause, failed.retry_after_s) == ("limited" if status == 429 else "server", 7)


@pytest.mark.parametrize("status", [200, 500])
async def test_a_reply_without_end_is_left(status: int) -> None:
    reply = Reply([b"a" * 1_000_000] * 6, status, NDJSON)
    assert (await failure(reply)).cause in ("malformed", "server")


async def test_a_model_that_is_not_pulled_is_a_failure_of_the_server_and_no_bad_request() -> None:
    script = Script()
    with serving(ollama(script)) as url:
        found = await read(Local(settings(url)), MESSAGES)
    assert found.failed
    assert (found.failed.cause, found.pieces) == ("server", [])
    assert [body["model"] for body in script.asked] == ["nora-tiny"]


async def test_a_prompt_that_was_cut_to_fit_is_noticed() -> None:
    found = await ask(stream(line("Hi"), done(prompt_eval_count=16)))
    assert found.failed
    assert found.failed.cause == "malformed"
    assert "prompt" in str(found.failed)


async def test_a_prompt_that_was_read_whole_is_not_taken_for_a_cut_one() -> None:
    characters = sum(len(message["content"]) for message in MESSAGES)
    for tokens in (characters, characters // 4, characters // 11):
        assert (await ask(stream(line("Hi"), done(prompt_eval_count=tokens)))).failed is None


async def test_nobody_listening_is_no_connection() -> None:
    provider = Local(settings(f"http://127.0.0.1:{free_port()}"))
    found = await read(provider, MESSAGES)
    assert found.failed
    assert found.failed.cause == "connect"


@pytest.mark.parametrize("shape", ["http://{}", "http://{}/", "{}", "{}/", "{}/ollama", "http://{}/ollama/"])
async def test_the_host_may_come_without_scheme_with_a_slash_and_with_a_path(shape: str) -> None:
    async with scripted(stream(line("Hi"), done())) as server:
        host = shape.format(server.url.removeprefix("http://"))
        found = await read(Local(settings(host)), MESSAGES, server)
        assert (found.pieces, found.failed) == (["Hi"], None)
        assert server.lines == [f"POST {'/ollama' if 'ollama' in shape else ''}/api/chat HTTP/1.1"]


async def test_leaving_closes_the_connection() -> None:
    async with scripted(Reply([line("Nora ")], headers=NDJSON, hold=True)) as server:
        await leave(Local(settings(server.url)), MESSAGES, server, after="Nora ")


async def test_what_the_server_says_stays_out_of_the_failure() -> None:
    for reply in (refusal(500, '{"error": "asked: Where does Nora work?"}'), refusal(400, "Where does Nora work?")):
        assert "Nora" not in str(await failure(reply))
    assert "status 500" in words(await failure(refusal(500)))


async def test_closing_one_that_was_never_asked_is_fine() -> None:
    await Local(settings("http://127.0.0.1:1")).close()
