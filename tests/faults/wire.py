"""A model server that speaks either API byte by byte, and misbehaves in any way a test names."""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Side = Literal["hosted", "local"]
Behaviour = Callable[["Talk"], Awaitable[None]]

# Each side says it in words of its own, so that a mixture would show.
ANSWERS: dict[str, str] = {
    "hosted": "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany [1].",
    "local": "He is a Data Scientist at VitaScale GmbH in Mainz, Germany [1].",
}
MODELS = {"hosted": "mistralai/Mistral-7B-Instruct-v0.2", "local": "tinyllama"}
MEDIA_TYPES = {"hosted": "text/event-stream", "local": "application/x-ndjson"}


@dataclass
class Talk:
    """One request and the connection it came on."""

    side: Side
    writer: asyncio.StreamWriter
    request: bytes = b""
    model: str = ""

    def head(self, status: int = 200, media_type: str = "", **headers: str) -> None:
        lines = {"content-type": media_type or MEDIA_TYPES[self.side], "connection": "close", **headers}
        text = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        self.writer.write(f"HTTP/1.1 {status} -\r\n{text}\r\n".encode("latin-1"))

    async def refuse(self, status: int, body: str = '{"error": {"message": "no"}}', **headers: str) -> None:
        if self.side == "local":
            body = body.replace('{"error": {"message": "no"}}', '{"error": "no"}')
        self.head(status, "application/json", **headers)
        await self.raw(body.encode())

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def say(self, text: str) -> None:
        """One token."""
        if self.side == "hosted":
            body = {"model": self.model or MODELS["hosted"], "choices": [{"index": 0, "delta": {"content": text}}]}
            await self.raw(b"data: %s\n\n" % json.dumps(body).encode())
        else:
            message = {"role": "assistant", "content": text}
            await self.raw(self._part(message=message, done=False))

    async def end(self) -> None:
        if self.side == "hosted":
            await self.raw(
                b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
            )
        else:
            await self.raw(self._part(message={"role": "assistant", "content": ""}, done=True))

    async def whole(self, times: int = 1, tokens: int | None = None) -> None:
        """The answer in tokens of four characters; `times` over, for one that is long, or the first `tokens` of it."""
        text = (ANSWERS[self.side] * times)[: tokens and tokens * 4]
        for at in range(0, len(text), 4):
            await self.say(text[at : at + 4])

    async def until_they_leave(self) -> None:
        with contextlib.suppress(ConnectionError):
            while not self.writer.is_closing():
                await asyncio.sleep(0.005)

    def cut(self) -> None:
        """The connection is reset."""
        self.writer.transport.abort()

    def _part(self, **fields: object) -> bytes:
        return json.dumps({"model": self.model or MODELS["local"], **fields}).encode() + b"\n"


async def answer(talk: Talk) -> None:
    """As it should be."""
    talk.head()
    await talk.whole()
    await talk.end()


@dataclass
class Wire:
    """A listening server; what it does may be changed between requests, and it may be down."""

    side: Side
    behaviour: Behaviour = answer
    port: int = 0
    open: set[asyncio.StreamWriter] = field(default_factory=set)
    asked: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        asyncio.run_coroutine_threadsafe(self._up(), self._loop).result(10)

    def down(self) -> None:
        """Nobody listens."""
        asyncio.run_coroutine_threadsafe(self._down(), self._loop).result(10)

    async def _up(self) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        self._server = await asyncio.start_server(self._serve, sock=listening)
        self.port = listening.getsockname()[1]

    async def _down(self) -> None:
        if self._server:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
            talk = Talk(self.side, writer, await reader.readexactly(int(length.partition(b":")[2])))
            if not head.startswith(b"POST"):
                return await talk.refuse(200, "{}")
            self.asked += 1
            gone = asyncio.create_task(reader.read())  # the caller sends nothing more: its end is its leaving
            doing = asyncio.ensure_future(self.behaviour(talk))
            await asyncio.wait({gone, doing}, return_when=asyncio.FIRST_COMPLETED)
            for task in (gone, doing):
                task.cancel()
            await asyncio.gather(gone, doing, return_exceptions=True)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()

    @contextlib.contextmanager
    def running(self) -> Iterator["Wire"]:
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        self.up()
        yield self
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(5)
