"""A server that speaks HTTP byte by byte as a test wants it: it notes what it was asked and whether the caller left."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from functions.ask.providers import Message, Provider, ProviderFailed, Writing


@dataclass
class Reply:
    """What the server says. Each part travels in a chunk of its own, so the client reads it by itself."""

    parts: Iterable[bytes] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # the connection ends after the parts, without the end of the body
    hold: bool = False  # after the parts, wait until the caller leaves


@dataclass
class Server:
    """A running server; `left` is set when the caller has closed a connection that was held."""

    url: str
    reply: Reply
    left: asyncio.Event = field(default_factory=asyncio.Event)
    lines: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.lines.append(head[0])
            self.headers.append(headers)
            self.bodies.append(json.loads(body))
            told = {"connection": "close", "transfer-encoding": "chunked", **self.reply.headers}
            lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
            writer.write(f"HTTP/1.1 {self.reply.status} -\r\n{lines}\r\n".encode("latin-1"))
            for part in self.reply.parts:
                writer.write(b"%x\r\n%b\r\n" % (len(part), part))
            await writer.drain()
            if self.reply.hold:
                await reader.read()
                self.left.set()
            elif not self.reply.cut:
                writer.write(b"0\r\n\r\n")
                await writer.drain()
        except ConnectionError:
            self.left.set()
        finally:
            writer.close()


@asynccontextmanager
async def scripted(reply: Reply) -> AsyncIterator[Server]:
    """The server on a free loopback port."""
    server = Server("", reply)
    listening = await asyncio.start_server(server.answer, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield server
    listening.close()


def words(error: BaseException | None) -> str:
    """What an exception and those behind it say."""
    return f"{error} {error!r} {words(error.__cause__)}" if error else ""


@dataclass
class Asked:
    """What came of one question."""

    server: Server | None
    pieces: list[str]
    writing: Writing
    failed: ProviderFailed | None


async def read(provider: Provider, messages: Sequence[Message], server: Server | None = None) -> Asked:
    """All that `provider` writes, or its failure; it is closed then."""
    found = Asked(server, [], Writing(), None)
    try:
        async for piece in provider.write(messages, 77, found.writing):
            found.pieces.append(piece)
    except ProviderFailed as failed:
        found.failed = failed
    finally:
        await provider.close()
    return found


def failure_of(asked: Asked) -> ProviderFailed:
    """The failure that was to come."""
    assert asked.failed
    return asked.failed


async def leave(provider: Provider, messages: Sequence[Message], server: Server, after: str) -> None:
    """Stop reading after the first piece, and wait until the server sees that."""
    pieces = provider.write(messages, 5, Writing())
    assert await anext(pieces) == after
    await pieces.aclose()
    async with asyncio.timeout(20):
        await server.left.wait()
    await provider.close()
