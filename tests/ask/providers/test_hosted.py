"""The OpenAI-compatible model over real sockets: what is sent, what is read, and a cause for every failure."""

import asyncio
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from functions.ask.providers import Message, ProviderFailed, Writing
from functions.ask.providers.hosted import MAX_LINE_BYTES, Hosted
from functions.shared.records import NO_USAGE, Usage
from functions.shared.settings import Settings
from tests.ask.providers.scripted import Reply, Server, scripted, words
from tests.processes import free_port

KEY = "rc_test_key_5c1f"
MESSAGES: list[Message] = [
    {"role": "user", "content": "Where does Nora work? “Quoted”, ø"},
    {"role": "assistant", "content": "In Bergen."},
    {"role": "user", "content": "Since when?"},
]
STREAM = {"content-type": "text/event-stream; charset=utf-8"}
END = {"delta": {}, "finish_reason": "stop"}
DONE = b"data: [DONE]\n\n"


@dataclass
class Asked:
    """What came of one question."""

    server: Server
    pieces: list[str]
    writing: Writing
    failed: ProviderFailed | None


def settings(url: str) -> Settings:
    return Settings(featherless_api_key=KEY, hosted_base_url=f"{url}/v1", hosted_model="nora/7b", first_token_s=5)


async def ask(reply: Reply) -> Asked:
    async with scripted(reply) as server:
        provider = Hosted(settings(server.url))
        found = Asked(server, [], Writing(), None)
        try:
            async for piece in provider.write(MESSAGES, 77, found.writing):
                found.pieces.append(piece)
        except ProviderFailed as failed:
            found.failed = failed
        finally:
            await provider.close()
        return found


def event(*choices: dict, **more: object) -> bytes:
    return f"data: {json.dumps({'choices': choices, **more}, ensure_ascii=False)}\n\n".encode()


def said(text: object) -> bytes:
    return event({"index": 0, "delta": {"content": text}, "finish_reason": None})


def stream(*parts: bytes) -> Reply:
    return Reply(parts, headers=STREAM)


def refusal(status: int, body: str = "{}", **headers: str) -> Reply:
    return Reply([body.encode()], status, {"content-type": "application/json", **headers})


async def failure(reply: Reply) -> ProviderFailed:
    failed = (await ask(reply)).failed
    assert failed
    return failed


async def test_the_request_is_exactly_what_the_api_asks_for() -> None:
    server = (await ask(stream(said("Hi"), DONE))).server
    assert server.lines == ["POST /v1/chat/completions HTTP/1.1"]
    body = server.bodies[0]
    assert isinstance(body.pop("temperature"), float)
    assert body == {"model": "nora/7b", "messages": MESSAGES, "max_tokens": 77, "stream": True}
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert server.headers[0]["content-type"] == "application/json"


@pytest.mark.parametrize("ending", ["/v1", "/v1/"])
async def test_the_address_may_end_in_a_slash(ending: str) -> None:
    async with scripted(stream(said("Hi"), DONE)) as server:
        provider = Hosted(Settings(featherless_api_key=KEY, hosted_base_url=server.url + ending))
        assert [piece async for piece in provider.write(MESSAGES, 5, Writing())] == ["Hi"]
        await provider.close()
        assert server.lines == ["POST /v1/chat/completions HTTP/1.1"]


async def test_pieces_of_text_come_in_order_as_they_were_sent() -> None:
    found = await ask(stream(*(said(text) for text in ["Nora ", "works", " in\n", "Bergen", "."]), event(END), DONE))
    assert found.failed is None
    assert found.pieces == ["Nora ", "works", " in\n", "Bergen", "."]


WHOLE = said("Tromsø – ") + said("数 😀") + event(END, usage={"prompt_tokens": 3, "completion_tokens": 2}) + DONE
SPLITS: dict[str, Iterable[bytes]] = {
    "every byte": [WHOLE[at : at + 1] for at in range(len(WHOLE))],
    "sevens": [WHOLE[at : at + 7] for at in range(0, len(WHOLE), 7)],
    "all at once": [WHOLE],
    "with carriage returns": [WHOLE.replace(b"\n", b"\r\n")],
    "carriage returns by byte": [bytes([one]) for one in WHOLE.replace(b"\n", b"\r\n")],
}


@pytest.mark.parametrize("parts", SPLITS.values(), ids=SPLITS.keys())
async def test_where_the_network_splits_the_stream_does_not_matter(parts: Iterable[bytes]) -> None:
    found = await ask(stream(*parts))
    assert found.failed is None
    assert found.pieces == ["Tromsø – ", "数 😀"]
    assert found.writing.usage == Usage(3, 2)


async def test_a_stream_cut_in_two_inside_a_letter_or_a_mark_reads_the_same() -> None:
    letter = WHOLE.index("ø".encode())
    for at in (1, 5, 6, letter, letter + 1, letter + 2, len(WHOLE) - 2, len(WHOLE) - 1):
        assert (await ask(stream(WHOLE[:at], WHOLE[at:]))).pieces == ["Tromsø – ", "数 😀"], at


async def test_comments_other_fields_and_chunks_without_text_say_nothing() -> None:
    quiet = b": still here\n\nevent: message\nid: 7\nretry: 10\n\n"
    role = event({"delta": {"role": "assistant"}})
    found = await ask(stream(quiet, role, said(""), said(None), event({"delta": None}), event(), said("Hi"), DONE))
    assert (found.pieces, found.failed) == (["Hi"], None)


async def test_usage_and_model_are_noted_wherever_they_stand() -> None:
    usage = {"prompt_tokens": 321, "completion_tokens": 9, "total_tokens": 330}
    beside = await ask(stream(said("Hi"), event(END, usage=usage, model="nora/7b-real"), DONE))
    assert (beside.writing.usage, beside.writing.model) == (Usage(321, 9), "nora/7b-real")
    alone = await ask(stream(said("Hi"), event(END), event(usage=usage), DONE))
    assert alone.writing.usage == Usage(321, 9)


async def test_a_stream_that_says_nothing_of_usage_has_none() -> None:
    assert (await ask(stream(said("Hi"), event(END, usage=None), DONE))).writing.usage == NO_USAGE


@pytest.mark.parametrize("odd", ["abc", "12", -5, None, 1e9, 1.5, [], {}, True], ids=repr)
async def test_an_odd_count_is_no_count_and_the_answer_stands(odd: object) -> None:
    usage = {"prompt_tokens": odd, "completion_tokens": odd}
    found = await ask(stream(said("Hi"), event(END, usage=usage), DONE))
    assert (found.pieces, found.failed) == (["Hi"], None)
    assert found.writing.usage == NO_USAGE


@pytest.mark.parametrize("odd", ["lots", 7, [1, 2], True], ids=repr)
async def test_usage_that_is_no_object_is_no_usage(odd: object) -> None:
    found = await ask(stream(said("Hi"), event(END, usage=odd), DONE))
    assert (found.pieces, found.failed, found.writing.usage) == (["Hi"], None, NO_USAGE)


@pytest.mark.parametrize("content", [7, 1.5, True, ["Hi"], {"text": "Hi"}], ids=repr)
async def test_content_that_is_no_text_is_malformed_and_never_shown(content: object) -> None:
    found = await ask(stream(said("Hi"), said(content), DONE))
    assert found.failed
    assert (found.failed.cause, found.pieces) == ("malformed", ["Hi"])


BROKEN = {
    "not JSON": b"data: {oops\n\n",
    "no object": b"data: 7\n\n",
    "a list": b"data: []\n\n",
    "no choices": b'data: {"object": "chat.completion.chunk"}\n\n',
    "choices null": b'data: {"choices": null}\n\n',
    "a choice that is text": b'data: {"choices": ["Hi"]}\n\n',
    "a delta that is text": b'data: {"choices": [{"delta": "Hi"}]}\n\n',
    "invalid UTF-8": b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n',
    "half a surrogate pair": b'data: {"choices": [{"delta": {"content": "\\ud83d"}}]}\n\n',
    "an endless line": b"data: " + b"x" * (MAX_LINE_BYTES + 1),
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN.keys())
async def test_what_is_no_chat_chunk_is_malformed(raw: bytes) -> None:
    assert (await failure(stream(raw, said("late"), DONE))).cause == "malformed"


async def test_json_nested_without_end_is_malformed() -> None:
    assert (await failure(stream(b"data: " + b"[" * 200_000 + b"\n\n"))).cause == "malformed"


async def test_what_is_no_event_stream_is_malformed() -> None:
    page = Reply([b"<html>maintenance</html>"], headers={"content-type": "text/html"})
    assert (await failure(page)).cause == "malformed"


async def test_an_error_inside_the_stream_is_the_servers() -> None:
    found = await ask(stream(said("Hi"), b'data: {"error": {"message": "overloaded"}}\n\n'))
    assert found.failed
    assert (found.failed.cause, found.pieces) == ("server", ["Hi"])


@pytest.mark.parametrize(
    "reply",
    [
        stream(),
        stream(said("Hi")),
        Reply([said("Hi")], headers=STREAM, cut=True),
        Reply([said("Hi"), b"data: {"], headers=STREAM, cut=True),
    ],
    ids=["empty", "no finish", "connection lost", "connection lost in a chunk"],
)
async def test_a_stream_that_ends_without_saying_so_was_cut(reply: Reply) -> None:
    assert (await failure(reply)).cause == "cut"


@pytest.mark.parametrize("ending", [[DONE], [event(END)], [event(END), b"data: [DONE]"]])
async def test_a_finish_reason_or_the_done_mark_ends_a_stream(ending: list[bytes]) -> None:
    found = await ask(stream(said("Hi"), *ending))
    assert (found.pieces, found.failed) == (["Hi"], None)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (401, "auth"),
        (402, "auth"),
        (403, "auth"),
        (408, "timeout"),
        (429, "limited"),
        (500, "server"),
        (502, "server"),
        (503, "server"),
        (529, "server"),
        (404, "bad_request"),
        (413, "bad_request"),
        (422, "bad_request"),
    ],
)
async def test_each_status_has_its_cause(status: int, cause: str) -> None:
    failed = await failure(refusal(status))
    assert (failed.cause, failed.retry_after_s) == (cause, 0)
    assert str(status) in str(failed)


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("The model is cold, try again later", "cold"),
        ("model_not_ready", "cold"),
        ("Model is loading", "cold"),
        ("This model is not currently available", "cold"),
        ("This Model is Cold / Not Ready for Inference", "cold"),
        ("Model mistralai/Mistral-7B-Instruct-v0.2 is not loaded", "cold"),
        ("max_tokens is too large", "bad_request"),
        ("invalid message: Is it cold in Mainz, and is he ready?", "bad_request"),
        ("this model was loaded with 4096 tokens, the prompt has 9000", "bad_request"),
        ("Conversation roles must alternate user/assistant/user/assistant/...", "bad_request"),
        ("", "bad_request"),
    ],
)
async def test_a_400_tells_a_model_that_is_not_up_from_a_request_that_is_wrong(message: str, cause: str) -> None:
    assert (await failure(refusal(400, json.dumps({"error": {"message": message}})))).cause == cause


@pytest.mark.parametrize(("told", "seconds"), [("7", 7), (" 12 ", 12), ("0", 0), ("soon", 0), ("-3", 0), ("", 0)])
async def test_a_limit_says_when_to_come_back(told: str, seconds: float) -> None:
    failed = await failure(refusal(429, **{"Retry-After": told}))
    assert (failed.cause, failed.retry_after_s) == ("limited", seconds)


@pytest.mark.parametrize(
    "told",
    [
        "²",
        "9" * 400,
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "1e400",
        "inf",
        "nan",
    ],
)
async def test_no_retry_after_breaks_it_or_lasts_for_ever(told: str) -> None:
    failed = await failure(refusal(429, **{"Retry-After": told}))
    assert failed.cause == "limited"
    assert math.isfinite(failed.retry_after_s)
    assert failed.retry_after_s >= 0


async def test_a_limit_may_name_the_moment_to_come_back() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    failed = await failure(refusal(429, **{"Retry-After": moment}))
    assert 60 < failed.retry_after_s <= 91


async def test_of_a_refusal_without_end_only_the_beginning_is_read() -> None:
    async with scripted(Reply([b"a" * 100_000] * 3, 400, hold=True)) as server:
        provider = Hosted(settings(server.url))
        async with asyncio.timeout(20):
            with pytest.raises(ProviderFailed) as failed:
                await anext(aiter(provider.write(MESSAGES, 5, Writing())))
        await provider.close()
    assert failed.value.cause == "bad_request"


@pytest.mark.parametrize("told", [7, "", "two words", "x" * 129, "<b>", None, {"a": 1}])
async def test_what_is_no_name_of_a_model_is_not_told_as_one(told: object) -> None:
    found = await ask(stream(event({"delta": {"content": "Hi"}, "finish_reason": "stop"}, model=told), DONE))
    assert (found.failed, found.writing.model) == (None, "")


async def test_nobody_listening_is_no_connection() -> None:
    provider = Hosted(settings(f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(ProviderFailed) as failed:
        await anext(aiter(provider.write(MESSAGES, 5, Writing())))
    await provider.close()
    assert failed.value.cause == "connect"


async def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else() -> None:
    async with scripted(stream(said("stolen"), DONE)) as elsewhere:
        failed = await failure(refusal(307, Location=f"{elsewhere.url}/v1/chat/completions"))
        assert isinstance(failed, ProviderFailed)
        assert elsewhere.lines == []


async def test_leaving_closes_the_connection() -> None:
    async with scripted(Reply([said("Nora ")], headers=STREAM, hold=True)) as server:
        provider = Hosted(settings(server.url))
        pieces = provider.write(MESSAGES, 5, Writing())
        assert await anext(pieces) == "Nora "
        await pieces.aclose()
        async with asyncio.timeout(20):
            await server.left.wait()
        await provider.close()


async def test_being_cancelled_before_the_first_word_closes_the_connection() -> None:
    async with scripted(Reply(headers=STREAM, hold=True)) as server:
        provider = Hosted(settings(server.url))
        waiting = asyncio.ensure_future(anext(aiter(provider.write(MESSAGES, 5, Writing()))))
        async with asyncio.timeout(20):
            while not server.bodies:
                await asyncio.sleep(0)
            waiting.cancel()
            await server.left.wait()
        await provider.close()


@pytest.mark.parametrize(
    "reply",
    [
        refusal(401, f"bad key Bearer {KEY}", **{"WWW-Authenticate": f"Bearer {KEY}"}),
        refusal(400, f"model is cold, {KEY}"),
        refusal(500, KEY),
        refusal(429, KEY, **{"Retry-After": KEY}),
        stream(f'data: {{"error": {{"message": "{KEY}"}}}}\n\n'.encode()),
        stream(f"data: {KEY}\n\n".encode()),
        Reply([KEY.encode()], headers={"content-type": f"text/{KEY}"}),
        Reply([said(KEY)], headers=STREAM, cut=True),
    ],
    ids=["401", "400", "500", "429", "error in the stream", "not JSON", "not a stream", "cut"],
)
async def test_a_server_that_repeats_our_key_does_not_get_it_into_an_exception(reply: Reply) -> None:
    assert KEY not in words(await failure(reply))


async def test_a_provider_answers_again_after_a_failure() -> None:
    async with scripted(refusal(500)) as server:
        provider = Hosted(settings(server.url))
        with pytest.raises(ProviderFailed):
            await anext(aiter(provider.write(MESSAGES, 5, Writing())))
        server.reply = stream(said("Hi"), DONE)
        assert [piece async for piece in provider.write(MESSAGES, 5, Writing())] == ["Hi"]
        await provider.close()
