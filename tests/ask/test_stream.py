"""Events of one answer → server-sent events or one JSON document."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from functions.ask.stream import Done, Event, Events, Reset, Sources, Token, encode, frame, respond
from functions.shared.problem import EXCEPTION_HANDLERS, StoreUnreachable
from functions.shared.records import Answer, Source
from tests.fake_llms import serving
from tests.processes import wait_until

ANSWER = Answer("7", "She sails.", [], True, "extractive", "quoted", False, False, "v1", {"total": 1.5})
SOURCE = Source(1, "hobby#00000", "Life", "https://example.org/", "", "She sails.", 0.9)
EVENTS = [Sources([SOURCE]), Token("She "), Token("sails."), Done(ANSWER)]


async def some(*events: Event | Exception) -> Events:
    for event in events:
        if isinstance(event, Exception):
            raise event
        yield event


class Watched:
    """An endless answer; knows when it was closed."""

    def __init__(self, *first: Event) -> None:
        self.first, self.started, self.closed = first, False, False

    async def events(self) -> Events:
        self.started = True
        try:
            for event in self.first:
                yield event
            await asyncio.Event().wait()
        finally:
            self.closed = True


def app(events: Any, stream: bool, ping_s: float = 60) -> Starlette:
    async def answer(request: Request) -> Response:
        await request.body()
        return await respond(request, events(), stream, ping_s)

    return Starlette(routes=[Route("/", answer, methods=["POST"])], exception_handlers=EXCEPTION_HANDLERS)


async def reply(*events: Event | Exception, stream: bool) -> httpx.Response:
    transport = httpx.ASGITransport(app(lambda: some(*events), stream), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://ask") as http:
        return await http.post("/")


def frames(text: str) -> list[tuple[str, Any]]:
    """(name, data) of each event of a stream, comments left out."""
    found = []
    for block in text.split("\n\n"):
        if block.startswith("event: "):
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_each_event_is_one_frame() -> None:
    assert encode(Token("Hi ☺\n")) == 'event: token\ndata: {"text":"Hi ☺\\n"}\n\n'.encode()
    assert encode(Reset()) == b"event: reset\ndata: {}\n\n"
    assert json.loads(encode(Sources([SOURCE])).split(b"data: ")[1]) == [
        {
            "n": 1,
            "id": "hobby#00000",
            "title": "Life",
            "uri": "https://example.org/",
            "section": "",
            "snippet": "She sails.",
            "score": 0.9,
        }
    ]


@pytest.mark.parametrize("text", ["a\r\nb", "a\n\nevent: done\n\n", "a\x00b", '"\\'])
def test_no_text_can_break_out_of_its_frame(text: str) -> None:
    raw = encode(Token(text))
    assert raw.count(b"\n") == 3
    assert b"\r" not in raw
    assert frames(raw.decode()) == [("token", {"text": text})]


async def test_a_stream_ends_with_the_whole_record() -> None:
    response = await reply(*EVENTS, stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["cache-control"] == "no-cache"
    found = frames(response.text)
    assert [name for name, _ in found] == ["sources", "token", "token", "done"]
    assert found[-1][1] == {
        "id": "7",
        "answer": "She sails.",
        "sources": [],
        "answered": True,
        "provider": "extractive",
        "model": "quoted",
        "degraded": False,
        "cached": False,
        "corpus_version": "v1",
        "timings_ms": {"total": 1.5},
        "usage": {"prompt_tokens": 0, "completion_tokens": 0},
        "as_of": "",
    }


async def test_as_json_the_record_alone_comes() -> None:
    response = await reply(*EVENTS, stream=False)
    assert response.headers["content-type"] == "application/json"
    assert response.json()["answer"] == "She sails."


async def test_before_the_first_byte_a_problem_is_a_problem_document() -> None:
    response = await reply(StoreUnreachable("Chroma is away."), stream=False)
    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
    assert response.headers["retry-after"] == "5"


async def test_after_the_first_byte_a_problem_is_an_error_event_and_nothing_follows() -> None:
    response = await reply(EVENTS[0], StoreUnreachable("Chroma is away."), EVENTS[3], stream=True)
    assert response.status_code == 200
    (first, _), (last, problem) = frames(response.text)
    assert (first, last) == ("sources", "error")
    assert (problem["status"], problem["detail"]) == (503, "Chroma is away.")


async def test_an_unknown_error_in_a_stream_is_logged_and_says_nothing_internal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        response = await reply(EVENTS[0], ValueError("the secret"), stream=True)
    name, problem = frames(response.text)[-1]
    assert (name, problem["status"], problem["title"]) == ("error", 500, "Internal error")
    assert "secret" not in response.text
    assert any(record.exc_info and "the secret" in str(record.exc_info[1]) for record in caplog.records)


async def test_an_answer_without_its_record_is_an_internal_error() -> None:
    response = await reply(EVENTS[0], stream=False)
    assert response.status_code == 500


def test_events_arrive_one_by_one_and_silence_is_filled_with_pings() -> None:
    go_on = asyncio.Event()

    async def slow() -> Events:
        yield EVENTS[0]
        await go_on.wait()
        yield EVENTS[3]

    async def read(url: str) -> list[bytes]:
        parts: list[bytes] = []
        async with httpx.AsyncClient() as http, http.stream("POST", url) as response:
            async for part in response.aiter_bytes():
                parts.append(part)
                if parts.count(b": ping\n\n") == 2:
                    loop[0].call_soon_threadsafe(go_on.set)
        return parts

    loop: list[asyncio.AbstractEventLoop] = []

    def started() -> Events:
        loop.append(asyncio.get_running_loop())
        return slow()

    with serving(app(started, stream=True, ping_s=0.05)) as url:
        parts = asyncio.run(read(url))
    assert parts[0] == encode(EVENTS[0])
    assert parts[1:3] == [b": ping\n\n"] * 2
    assert parts[-1].endswith(encode(EVENTS[3]))


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "json"])
@pytest.mark.parametrize(
    "first", [(), (EVENTS[0],), tuple([EVENTS[0]] + [EVENTS[1]] * 500)], ids=["silent", "begun", "many events"]
)
def test_the_answer_is_closed_when_the_visitor_leaves(stream: bool, first: tuple[Event, ...]) -> None:
    watched = Watched(*first)

    async def leave(url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST / HTTP/1.1\r\nHost: ask\r\nContent-Length: 0\r\n\r\n")
        await asyncio.to_thread(wait_until, lambda: watched.started, 10, "the answer starting")
        writer.transport.abort()

    with serving(app(watched.events, stream)) as url:
        asyncio.run(leave(url))
        wait_until(lambda: watched.closed, 10, "the answer being closed")


def test_a_visitor_who_leaves_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()

    async def leave(url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST / HTTP/1.1\r\nHost: ask\r\nContent-Length: 0\r\n\r\n")
        await asyncio.to_thread(wait_until, lambda: watched.started, 10, "the answer starting")
        writer.transport.abort()

    with caplog.at_level(logging.WARNING), serving(app(watched.events, stream=False)) as url:
        asyncio.run(leave(url))
        wait_until(lambda: watched.closed, 10, "the answer being closed")
    assert [record.getMessage() for record in caplog.records] == []


async def test_an_answer_that_fails_while_it_is_closed_does_not_hang() -> None:
    closed = asyncio.Event()

    async def broken() -> Events:
        try:
            for _ in range(100):
                yield EVENTS[1]
        finally:
            closed.set()
            raise ValueError("on closing")

    response = await respond(Request({"type": "http"}), broken(), True, 60)
    body: AsyncIterator[bytes] = response.body_iterator  # type: ignore[attr-defined]
    await anext(body)
    for _ in range(10):
        await asyncio.sleep(0)  # now the next event waits in the queue, and one more for room in it
    async with asyncio.timeout(10) as limit:
        await body.aclose()  # type: ignore[attr-defined]
        await closed.wait()
    assert not limit.expired()


async def test_nothing_runs_on_after_a_stream() -> None:
    before = asyncio.all_tasks()
    await reply(*EVENTS, stream=True)
    await reply(*EVENTS, stream=False)
    await reply(EVENTS[0], ValueError("x"), stream=True)
    assert asyncio.all_tasks() == before


def test_a_frame_takes_any_record() -> None:
    assert frame("done", {"a": None}) == b'event: done\ndata: {"a":null}\n\n'
