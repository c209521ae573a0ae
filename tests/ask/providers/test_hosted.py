"""The OpenAI-compatible model over real sockets: what is sent, what is read, and where a stream ends."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import pytest

from functions.ask.providers import Writing
from functions.ask.providers.hosted import MAX_LINE_BYTES, Hosted
from functions.shared.records import NO_USAGE, Usage
from functions.shared.settings import Settings
from tests.ask.providers.openai_wire import DONE, END, KEY, MESSAGES, STREAM, ask, event, failure, said, stream
from tests.ask.providers.scripted import Reply, scripted


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
    assert "".join(found.pieces) == "Nora works in\nBergen."


async def test_what_comes_at_once_is_one_piece() -> None:
    at_once = b"".join(said(text) for text in ["Nora ", "works", " in\n", "Bergen", "."])
    found = await ask(stream(at_once + event(END) + DONE))
    assert (found.pieces, found.failed) == (["Nora works in\nBergen."], None)


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
    assert "".join(found.pieces) == "Tromsø – 数 😀"
    assert found.writing.usage == Usage(3, 2)


async def test_a_stream_cut_in_two_inside_a_letter_or_a_mark_reads_the_same() -> None:
    letter = WHOLE.index("ø".encode())
    for at in (1, 5, 6, letter, letter + 1, letter + 2, len(WHOLE) - 2, len(WHOLE) - 1):
        assert "".join((await ask(stream(WHOLE[:at], WHOLE[at:]))).pieces) == "Tromsø – 数 😀", at


async def test_comments_other_fields_and_chunks_without_text_say_nothing() -> None:
    quiet = b": still here\n\nevent: message\nid: 7\nretry: 10\n\n"
    role = event({"delta": {"role": "assistant"}})
    found = await ask(stream(quiet, role, said(""), said(None), event({"delta": None}), event(), said("Hi"), DONE))
    assert (found.pieces, found.failed) == (["Hi"], None)


async def test_no_blank_need_stand_behind_the_name_of_a_field() -> None:
    found = await ask(stream(said("Hi").replace(b"data: ", b"data:"), DONE.replace(b": ", b":")))
    assert (found.pieces, found.failed) == (["Hi"], None)


async def test_a_long_event_is_read_whole() -> None:
    text = "Nora " * 100_000
    assert "".join((await ask(stream(said(text), DONE))).pieces) == text


async def test_usage_and_model_are_noted_wherever_they_stand() -> None:
    usage = {"prompt_tokens": 321, "completion_tokens": 9, "total_tokens": 330}
    beside = await ask(stream(said("Hi"), event(END, usage=usage, model="nora/7b-real"), DONE))
    assert (beside.writing.usage, beside.writing.model) == (Usage(321, 9), "nora/7b-real")
    alone = await ask(stream(said("Hi"), event(END), event(usage=usage), event(usage=None), DONE))
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


async def test_a_line_that_does_not_end_is_not_waited_for() -> None:
    without_end = Reply([b"data: "] + [b"x" * 65_536] * (MAX_LINE_BYTES // 65_536 + 1), headers=STREAM, hold=True)
    async with asyncio.timeout(20):
        assert (await failure(without_end)).cause == "malformed"


async def test_what_was_said_before_a_fault_is_told_however_the_network_puts_it_together() -> None:
    found = await ask(stream(said("Nora ") + said("works") + b"data: {oops\n\n" + said("late") + DONE))
    assert ("".join(found.pieces), found.failed and found.failed.cause) == ("Nora works", "malformed")


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


async def test_what_follows_the_reason_to_finish_does_not_make_it_a_cut_stream() -> None:
    found = await ask(stream(said("Hi"), event(END), said("")))
    assert (found.pieces, found.failed) == (["Hi"], None)


AFTER_THE_END = {
    "a cut": Reply([said("Hi") + DONE], headers=STREAM, cut=True),
    "a cut, later": Reply([said("Hi"), DONE], headers=STREAM, cut=True),
    "nonsense": stream(said("Hi") + DONE + b"data: {oops\n\n"),
    "nonsense, later": stream(said("Hi"), DONE, b"data: {oops\n\n"),
    "more text": stream(said("Hi") + DONE + said("late") + DONE),
    "a line without end": stream(said("Hi"), DONE, *[b"x" * 65_536] * (MAX_LINE_BYTES // 65_536 + 1)),
}


@pytest.mark.parametrize("reply", AFTER_THE_END.values(), ids=AFTER_THE_END.keys())
async def test_nothing_that_comes_after_the_end_spoils_an_answer(reply: Reply) -> None:
    found = await ask(reply)
    assert (found.pieces, found.failed) == (["Hi"], None)


@pytest.mark.parametrize("told", [7, "", "two words", "x" * 129, "<b>", None, {"a": 1}])
async def test_what_is_no_name_of_a_model_is_not_told_as_one(told: object) -> None:
    found = await ask(stream(event({"delta": {"content": "Hi"}, "finish_reason": "stop"}, model=told), DONE))
    assert (found.failed, found.writing.model) == (None, "")


async def answers(pause_s: float | None, count: int) -> tuple[list[str], int]:
    """So many answers of one provider, and the connections they took. `pause_s` lies between the last event and the end
    of the body, None for a body without end."""
    opened = 0
    text = said("Hi") + event(END) + DONE

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
                head = b"HTTP/1.1 200 -\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                writer.write(head + b"%x\r\n%b\r\n" % (len(text), text))
                if pause_s is not None:
                    await asyncio.sleep(pause_s)
                    writer.write(b"0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        provider = Hosted(Settings(featherless_api_key=KEY, hosted_base_url=f"http://127.0.0.1:{port}/v1"))
        told = ["".join([piece async for piece in provider.write(MESSAGES, 5, Writing())]) for _ in range(count)]
        await provider.close()
    return told, opened


@pytest.mark.parametrize("pause_s", [0.0, 0.02], ids=["at once", "a moment later"])
async def test_the_next_answer_comes_over_the_same_connection(pause_s: float) -> None:
    assert await answers(pause_s, 3) == (["Hi"] * 3, 1)


async def test_a_body_that_does_not_end_with_its_stream_keeps_nobody_waiting() -> None:
    assert await answers(None, 2) == (["Hi"] * 2, 2)
