"""No call blocks the event loop, however long the model and Chroma take: others' streams would stand still."""

import asyncio
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

import pytest

from functions.ask.answer import answer
from functions.ask.parts import open_parts
from functions.ask.question import Question
from functions.shared.embed.onnx import OnnxEmbedder
from functions.shared.settings import Settings

TICK_S = 0.05
# Turns of the watching thread without one of the loop. A machine that stands still holds up both: that counts for
# nothing. A second and a half: no promise of speed, but less than what is slow here.
TOO_MANY = 30
SLOW_S = 3.0


@contextmanager
def watched() -> Iterator[list[str]]:
    """Stacks in which the running loop stood for too long, while the context lasts."""
    loop, thread = asyncio.get_running_loop(), threading.get_ident()
    stacks: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            back = threading.Event()
            loop.call_soon_threadsafe(back.set)
            turns = 0
            while not back.is_set() and not over.is_set():
                time.sleep(TICK_S)
                turns += 1
                if turns == TOO_MANY:
                    stacks.append("".join(traceback.format_stack(sys._current_frames()[thread])))
            over.wait(TICK_S)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield stacks
    finally:
        over.set()
        watching.join()


class SlowWire(BaseRequestHandler):
    """Passes a connection on to Chroma, what is asked first a few seconds late."""

    chroma: tuple[str, int]

    def handle(self) -> None:
        with socket.create_connection(self.chroma) as chroma:
            asked = self.request.recv(65536)
            time.sleep(SLOW_S)
            threading.Thread(target=_pass_on, args=(chroma, self.request), daemon=True).start()
            chroma.sendall(asked)
            _pass_on(self.request, chroma)


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass  # either side has gone


@pytest.fixture
def slow_chroma(fed: dict[str, str]) -> Iterator[str]:
    place = urlsplit(fed["CHROMA_URL"])
    handler = type("Wire", (SlowWire,), {"chroma": (place.hostname, place.port)})
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


async def test_neither_a_slow_chroma_nor_a_slow_model_holds_up_the_others(
    fed: dict[str, str], slow_chroma: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = OnnxEmbedder.encode_tokens
    slow: list[Sequence[str]] = []

    def sleepy(self: OnnxEmbedder, texts: Sequence[str], questions: bool = False) -> object:
        slow.append(texts)
        time.sleep(SLOW_S)
        return run(self, texts, questions)

    monkeypatch.setattr(OnnxEmbedder, "encode_tokens", sleepy)
    settings = {**fed, "CHROMA_URL": slow_chroma, "CHROMA_TIMEOUT_S": "60", "ANSWER_CACHE": "off"}
    with watched() as stacks:
        parts = await open_parts(Settings.read(settings))
        events = [event async for event in answer(parts, Question("Where does Vivek work?"))]
        await parts.close()
    assert "VitaScale" in events[-1].answer.answer  # type: ignore[union-attr]
    assert slow
    assert stacks == []


async def test_a_call_that_blocks_is_found_with_its_name() -> None:
    def blocks() -> None:
        time.sleep(SLOW_S)

    with watched() as stacks:
        await asyncio.sleep(0)
        blocks()
        await asyncio.sleep(0)
    assert len(stacks) == 1
    assert "in blocks" in stacks[0]
