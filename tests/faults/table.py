"""The faults, one a line: what the model server does, what the ladder makes of it, and what its breaker does."""

import asyncio
from dataclasses import dataclass

from tests.faults.wire import ANSWERS, Behaviour, Talk, answer

COLD = '{"error": {"message": "This Model is Cold / Not Ready for Inference", "type": "invalid_request_error"}}'
WRONG = '{"error": {"message": "max_tokens is too large"}}'


@dataclass(frozen=True)
class Fault:
    """One line."""

    name: str
    does: Behaviour | None  # None: nobody listens
    cause: str  # the label of the fail-over; empty when there is none
    opens: bool = True  # the breaker
    resets: bool = False  # text was shown before
    total: bool = False  # it takes all the time there is: no other model has any left
    causes_local: str = ""  # where Ollama's API makes another of it


def refuse(status: int, body: str = '{"error": {"message": "no"}}', **headers: str) -> Behaviour:
    return lambda talk: talk.refuse(status, body, **headers)


def raw(data: bytes, media_type: str = "") -> Behaviour:
    async def does(talk: Talk) -> None:
        talk.head(media_type=media_type)
        await talk.raw(data)

    return does


def begun(tokens: int, then: Behaviour) -> Behaviour:
    """A stream that begins well."""

    async def does(talk: Talk) -> None:
        talk.head()
        await talk.whole(times=3, tokens=tokens)
        await then(talk)

    return does


async def hang(talk: Talk) -> None:
    await talk.until_they_leave()


async def cut(talk: Talk) -> None:
    talk.cut()


async def drip(talk: Talk) -> None:
    """One character at a time, each just in time, and never to the end."""
    talk.head()
    while True:
        await talk.say("V")
        await asyncio.sleep(0.1)


async def for_ever(talk: Talk) -> None:
    """Slowly enough that some of it is shown, however late it is read."""
    talk.head()
    while True:
        await talk.whole()
        await asyncio.sleep(0.02)


async def flood(talk: Talk) -> None:
    """All at once more than any answer has."""
    talk.head()
    await talk.say(ANSWERS[talk.side] * 100)
    await talk.until_they_leave()


async def huge_line(talk: Talk) -> None:
    """A line that does not end, as fast as it is read."""
    talk.head()
    await talk.raw(
        b'data: {"choices": [{"delta": {"content": "' if talk.side == "hosted" else b'{"message": {"content": "'
    )
    while True:
        await talk.raw(b"a" * 65_536)


async def another_model(talk: Talk) -> None:
    talk.model = "someone/else-13b"
    await answer(talk)


def odd(hosted: bytes, local: bytes) -> Behaviour:
    """Bytes that are wrong in either API."""

    async def does(talk: Talk) -> None:
        talk.head()
        await talk.raw(hosted if talk.side == "hosted" else local)

    return does


HTML = b"<!doctype html><title>502</title><p>Bad gateway"

FAULTS = [
    #     name                          the server                              cause           breaker, text shown
    Fault("connect refused", None, "connect"),
    Fault("reset before a byte, twice", cut, "connect"),
    Fault("400 cold", refuse(400, COLD), "cold", causes_local="bad_request"),
    Fault("400 other", refuse(400, WRONG), "bad_request", opens=False),
    Fault("401", refuse(401), "auth"),
    Fault("403", refuse(403), "auth"),
    Fault("404", refuse(404), "bad_request", opens=False, causes_local="server"),
    Fault("408", refuse(408), "timeout"),
    Fault("429", refuse(429), "limited"),
    Fault("429, Retry-After", refuse(429, retry_after="2"), "limited"),
    Fault("500", refuse(500), "server"),
    Fault("503", refuse(503), "server"),
    Fault("503, HTML", refuse(503, HTML.decode()), "server"),
    Fault("HTML instead of JSON", raw(HTML, "text/html"), "malformed"),
    Fault("empty body", raw(b""), "cut"),
    Fault("malformed stream", odd(b"data: {oops\n\n", b"{oops\n"), "malformed"),
    Fault("chunk without an answer", odd(b'data: {"choices": 7}\n\n', b'{"message": 7}\n'), "malformed"),
    Fault(
        "invalid UTF-8",
        odd(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n', b'{"message": {"content": "\xff\xfe"}}\n'),
        "malformed",
    ),
    Fault("huge line", huge_line, "malformed"),
    Fault("hang before the first token", hang, "timeout"),
    Fault("stall after 1 token", begun(1, hang), "stall", resets=True),
    Fault("cut after 1 token", begun(1, cut), "cut", resets=True),
    Fault("cut after 20 tokens", begun(20, cut), "cut", resets=True),
    Fault("drip", drip, "stall", resets=True, total=True),
    Fault("never-ending stream", for_ever, "malformed", resets=True),
    Fault("flood", flood, "malformed"),
    Fault("wrong model echoed", another_model, "", opens=False),
]
