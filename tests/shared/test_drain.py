"""The end of a pod, as a real process: what is open is finished, what comes is told to come back."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from functions.ask.cli import events
from tests.conftest import START
from tests.fake_llms import KEY, Script, hosted, serving
from tests.processes import Function, wait_until

WHERE = {"question": "Where does Vivek work?"}


@dataclass
class World:
    ask: Function
    model: Script


@pytest.fixture
def world(start_function: START, fed: dict[str, str]) -> Iterator[World]:
    """ask over a model that writes as slowly as a test wants; it drains for two seconds at most."""
    script = Script(gap_s=0.1)
    with serving(hosted(script)) as url:
        settings = {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{url}/v1", "DRAIN_S": "2"}
        yield World(start_function("ask", fed | settings), script)


def ask_streaming(world: World) -> Any:
    return httpx.stream("POST", world.ask.url, json=WHERE | {"stream": True}, timeout=30)


def test_an_open_stream_is_written_to_its_end_and_the_process_ends_with_0(world: World) -> None:
    received = []
    with ask_streaming(world) as reply:
        for name, data in events(reply.iter_lines()):
            received.append((name, data))
            if len(received) == 2:
                world.ask.signal(signal.SIGTERM)
    assert received[-1][0] == "done"
    assert received[-1][1]["provider"] == "hosted"
    assert world.ask.wait() == 0


def test_whoever_comes_meanwhile_is_told_when_to_come_back(world: World) -> None:
    with httpx.Client(base_url=world.ask.url, timeout=30) as known, ask_streaming(world) as reply:
        assert known.get("/readyz").is_success  # this connection is open already
        names = (name for name, _ in events(reply.iter_lines()))
        assert next(names) == "sources"
        world.ask.signal(signal.SIGTERM)
        wait_until(lambda: known.get("/readyz").status_code == 503, 10, "the door being closed")
        for refused in (known.post("/", json=WHERE), httpx.post(world.ask.url, json=WHERE, timeout=30)):
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "1"
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.headers["connection"] == "close"
        assert httpx.get(f"{world.ask.url}/healthz", timeout=30).status_code == 200
        assert list(names)[-1] == "done"
    assert world.ask.wait() == 0


def test_a_stream_that_does_not_end_is_cut_when_the_time_is_over(world: World) -> None:
    world.model.pieces = ["Vivek works at VitaScale "] * 150
    seen = []
    with suppress(httpx.RemoteProtocolError), ask_streaming(world) as reply:
        for name, _ in events(reply.iter_lines()):
            seen.append(name)
            if len(seen) == 2:
                world.ask.signal(signal.SIGTERM)
    assert "done" not in seen
    assert world.ask.wait() == 0
    lines = [json.loads(line) for line in world.ask.log.read_text().splitlines()]
    assert any(line["message"].startswith("streams cut") and line["open"] == 1 for line in lines)


def test_with_nobody_inside_it_ends_at_once(start_function: START, fed: dict[str, str]) -> None:
    ask = start_function("ask", {**fed, "DRAIN_S": "60"})
    with socket.create_connection(("127.0.0.1", ask.port)):  # an idle connection is nobody
        ask.signal(signal.SIGTERM)
        assert ask.wait(20) == 0
