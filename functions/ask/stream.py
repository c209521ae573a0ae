"""Events of one answer → server-sent events or one JSON document.

sources   the numbered passages; first, before any token; empty for a reply that quotes nothing
token     a piece of text
reset     drop the text shown: another rung writes
done      the whole record
error     a problem; nothing follows
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from functions.shared.languages import wanted
from functions.shared.problem import Internal, Problem, broken
from functions.shared.records import Answer, Source

log = logging.getLogger(__name__)

HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


@dataclass(frozen=True, slots=True)
class Sources:
    """The passages the answer's numbers refer to."""

    sources: list[Source]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer, safe to show."""

    text: str


@dataclass(frozen=True, slots=True)
class Reset:
    """What was shown so far is void."""


@dataclass(frozen=True, slots=True)
class Done:
    """The record that ends every answer."""

    answer: Answer


Event = Sources | Token | Reset | Done
Events = AsyncGenerator[Event, None]


class Face(Protocol):
    """How one contract writes an answer as a stream."""

    contract: str  # its name in the metrics
    headers: Mapping[str, str]  # of its stream, besides HEADERS

    def event(self, event: Event) -> bytes:
        """An event in its stream, empty where it has nothing to say yet."""
        ...

    def broken(self, problem: Problem) -> bytes:
        """The end of a stream that broke."""
        ...


@runtime_checkable
class WholeFace(Face, Protocol):
    """How a contract that need not stream writes an answer at once."""

    def record(self, answer: Answer) -> bytes:
        """The whole answer as JSON."""
        ...


class Native:
    """Our own contract."""

    headers: Mapping[str, str] = {}

    def __init__(self, contract: str) -> None:
        self.contract = contract

    def event(self, event: Event) -> bytes:
        return encode(event)

    def broken(self, problem: Problem) -> bytes:
        return frame("error", problem.document())

    def record(self, answer: Answer) -> bytes:
        return msgspec.json.encode(answer)


JSON, SERVER_SENT = Native("json"), Native("sse")


async def respond(request: Request, events: Events, stream: bool, ping_s: float, face: Face = JSON) -> Response:
    """The reply to `request`: a stream as events come, or the record when the last has come.

    A face that cannot write a whole answer always streams.
    """
    if stream or not isinstance(face, WholeFace):
        headers = {**HEADERS, **face.headers}
        return StreamingResponse(
            _server_sent(events, ping_s, face, wanted(request)), headers=headers, media_type="text/event-stream"
        )
    return Response(face.record(await unless_gone(request, events)), media_type="application/json")


async def unless_gone(request: Request, events: Events) -> Answer:
    """The record; a caller who hangs up cancels the work behind it."""
    record = asyncio.create_task(last(events))
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({record, gone}, return_when=asyncio.FIRST_COMPLETED)
        if record.done():
            return record.result()
        raise ClientDisconnect
    finally:
        await _end(record, gone)


async def last(events: Events) -> Answer:
    """The record at the end of `events`."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Done):
                return event.answer
    raise Internal("The answer ended without its record.", de="Die Antwort endete vor ihrem Ende.")


_ending: set[asyncio.Task[Any]] = set()


async def _end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and let them close what they hold open.

    Starlette cancels a stream's task again at every step once the visitor has left. Awaited directly, a task would
    be cancelled again in the middle of closing its connection upstream, which then stays open.
    """
    for task in tasks:
        task.cancel()
        _ending.add(task)  # the loop itself holds tasks by weak references only
        task.add_done_callback(_ending.discard)
    with suppress(asyncio.CancelledError):
        await asyncio.wait(tasks)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _server_sent(events: Events, ping_s: float, face: Face, language: str) -> AsyncIterator[bytes]:
    """Encoded events. Whatever breaks after the first byte travels as the face's error, told in `language`."""
    try:
        async with aclosing(_with_pings(events, ping_s)) as paced:
            async for event in paced:
                if part := b": ping\n\n" if event is None else face.event(event):
                    yield part
    except Problem as problem:
        yield face.broken(problem.told_in(language))
    except Exception:
        log.exception("the stream broke")
        yield face.broken(broken().told_in(language))


async def _with_pings(events: Events, ping_s: float) -> AsyncGenerator[Event | None, None]:
    """The events, and None for each `ping_s` seconds of silence.

    The events run in one task from beginning to end, so that a visitor who leaves cancels all that is open in it.
    """
    queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue(maxsize=1)

    async def produce() -> None:
        try:
            async with aclosing(events):
                async for event in events:
                    await queue.put(event)
            await queue.put(None)
        except Exception as error:
            if producer.cancelling():  # nobody reads on: waiting for room in the queue would be for ever
                log.exception("the answer could not be closed")
            else:
                await queue.put(error)

    producer = asyncio.create_task(produce())
    try:
        while True:
            try:
                async with asyncio.timeout(ping_s):
                    event = await queue.get()
            except TimeoutError:
                yield None
                continue
            if event is None:
                return
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        await _end(producer)


def encode(event: Event) -> bytes:
    """One event in the text/event-stream format."""
    match event:
        case Sources(sources):
            return frame("sources", sources)
        case Token(text):
            return frame("token", {"text": text})
        case Reset():
            return frame("reset", {})
        case Done(answer):
            return frame("done", answer)


def frame(name: str, data: Any) -> bytes:
    """JSON has no raw line break, so one data line is enough."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(data))
