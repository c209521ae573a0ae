"""A load generator that costs little CPU: HTTP/1.1 over kept connections, one question after the other on each.

httpx takes about a millisecond a request, a fifth of what is to be measured, on the same two cores.
"""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    """One exchange. `first_s` is when the mark was first seen, `seconds` when the body was whole, both since `sent`."""

    status: int
    body: bytes
    sent: float  # time.perf_counter(), which all processes of a machine share
    seconds: float
    first_s: float = float("nan")

    def json(self) -> Any:
        """The body, which must be JSON."""
        return json.loads(self.body)


class Connection:
    """One kept connection."""

    def __init__(self, url: str) -> None:
        self._where = urlsplit(url)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, body: object, mark: bytes = b"", headers: str = "") -> Reply:
        """POST as JSON; `mark` is what the first token looks like, `headers` whole lines."""
        data = json.dumps(body).encode()
        head = f"POST {self._where.path or '/'} HTTP/1.1\r\nHost: {self._where.netloc}\r\n{headers}"
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        reader, writer = await self._opened()
        sent = time.perf_counter()
        writer.write(head.encode() + data)
        status, length = _head(await reader.readuntil(b"\r\n\r\n"))
        got, first = b"", float("nan")
        async for part in _parts(reader, length):
            got += part
            if mark and first != first and mark in got:
                first = time.perf_counter() - sent
        return Reply(status, got, sent, time.perf_counter() - sent, first)

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if not self._reader or not self._writer:
            self._reader, self._writer = await asyncio.open_connection(
                self._where.hostname, self._where.port, limit=1 << 22
            )
        return self._reader, self._writer

    def close(self) -> None:
        """Give it back."""
        if self._writer:
            self._writer.close()


def _head(raw: bytes) -> tuple[int, int | None]:
    """Status and length; None for a chunked body."""
    first, *lines = raw.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), None if "transfer-encoding" in fields else int(fields.get("content-length", 0))


async def _parts(reader: asyncio.StreamReader, length: int | None) -> Any:
    if length is not None:
        yield await reader.readexactly(length)
        return
    while size := int(await reader.readline(), 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readline()


async def flood(
    url: str, bodies: Iterable[object], in_flight: int, mark: bytes = b"", headers: str = ""
) -> tuple[list[Reply], float]:
    """All of them, so many at a time; the replies as they came and the seconds they took together."""
    waiting: Iterator[object] = iter(bodies)
    replies: list[Reply] = []

    async def visitor() -> None:
        connection = Connection(url)
        try:
            for body in waiting:
                replies.append(await connection.post(body, mark, headers))  # noqa: PERF401  others append meanwhile
        finally:
            connection.close()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as visitors:
        for _ in range(in_flight):
            visitors.create_task(visitor())
    return replies, time.perf_counter() - started


def good(replies: Sequence[Reply]) -> list[dict[str, Any]]:
    """Their records. A bench whose requests fail measures nothing."""
    if bad := [reply for reply in replies if reply.status != 200]:
        raise SystemExit(f"{len(bad)} of {len(replies)} requests failed: {bad[0].status} {bad[0].body[:500]!r}")
    return [reply.json() for reply in replies]
