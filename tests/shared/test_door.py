"""The door of a pod and its signals, without a socket."""

import signal
from collections.abc import MutableMapping
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from functions.shared.drain import Door, Server

HTTP: Scope = {"type": "http", "path": "/", "headers": [(b"accept-language", b"de-DE,de;q=0.9")], "method": "GET"}


async def nothing() -> MutableMapping[str, Any]:
    return {"type": "http.disconnect"}


async def test_a_request_that_breaks_has_left() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        assert door.inside == 1
        raise ZeroDivisionError

    async def send(message: MutableMapping[str, Any]) -> None:
        raise AssertionError("nothing is sent")

    door = Door(broken)
    with pytest.raises(ZeroDivisionError):
        await door(HTTP, nothing, send)
    assert door.inside == 0


async def test_who_comes_too_late_is_told_in_his_language() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("nobody is let in")

    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    door = Door(app)
    door.closed = True
    await door(HTTP, nothing, send)
    assert (sent[0]["status"], door.inside) == (503, 0)
    headers = dict(sent[0]["headers"])
    assert (headers[b"retry-after"], headers[b"connection"], headers[b"content-language"]) == (b"1", b"close", b"de")
    assert "Ein anderer antwortet" in sent[1]["body"].decode()


def opened(inside: int) -> tuple[Server, Door]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """Serves nobody here."""

    door = Door(app)
    door.inside = inside
    return Server(uvicorn.Config(app), door, 1000.0), door


def test_a_signal_closes_the_door_and_a_second_one_ends_it_whoever_is_inside() -> None:
    server, door = opened(inside=1)
    server.handle_exit(signal.SIGTERM, None)
    assert (door.closed, server.should_exit) == (True, False)
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, server.force_exit) == (True, False)


def test_whoever_insists_at_the_keyboard_is_obeyed_at_once() -> None:
    server, door = opened(inside=1)
    for exits, forced in ((False, False), (True, False), (True, True)):
        server.handle_exit(signal.SIGINT, None)
        assert (door.closed, server.should_exit, server.force_exit) == (True, exits, forced)


def test_an_empty_pod_ends_at_the_first_signal() -> None:
    server, door = opened(inside=0)
    server.handle_exit(signal.SIGTERM, None)
    assert (door.closed, server.should_exit) == (True, True)


async def test_it_ends_when_the_last_has_left_and_when_the_time_is_over_whoever_is_still_inside() -> None:
    server, door = opened(inside=1)
    server.handle_exit(signal.SIGTERM, None)
    assert not await server.on_tick(1)
    door.inside = 0
    assert await server.on_tick(1)
    late, _ = opened(inside=1)
    late._drain_s = -1.0
    late.handle_exit(signal.SIGTERM, None)
    assert await late.on_tick(1)
