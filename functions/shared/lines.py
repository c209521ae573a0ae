"""HTTP connections that a cancelled request does not take along.

httpcore 1.0 loses a connection when the task that asks is cancelled at certain moments: while one is being opened, or
while a reply is being closed (https://github.com/encode/httpcore/issues/1093, https://github.com/encode/httpx/issues/3782).
It then counts as busy for ever, its server goes on writing for nobody, and with the hundredth the pool is full. Here
visitors leave at any moment. So a long request has a client to itself (`Lines`), and a short one is finished by a task
of its own (`finished`).
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

Client = TypeVar("Client")
Reply = TypeVar("Reply")
Closing = Callable[[Client], Coroutine[Any, Any, None]]

# How long a client that nobody needs is kept with the connection it may have.
IDLE_S = 60.0

_running: set[asyncio.Task[Any]] = set()


class Lines(Generic[Client]):
    """Clients of one connection each: one that was used in order serves the next, any other is closed whole."""

    def __init__(self, open_one: Callable[[], Client], close_one: Closing[Client]) -> None:
        self._open_one, self._close_one = open_one, close_one
        self._idle: list[tuple[float, Client]] = []
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def taken(self) -> AsyncGenerator[Client, None]:
        """A client of one's own. Leaving by an exception, a cancellation among them, closes it behind the scenes."""
        client = self._idle.pop()[1] if self._idle else self._open_one()
        try:
            yield client
        except BaseException:
            self._drop(client)
            raise
        self._idle.append((time.monotonic(), client))
        while self._idle and self._idle[0][0] < time.monotonic() - IDLE_S:
            self._drop(self._idle.pop(0)[1])

    async def close(self) -> None:
        """Give the connections back."""
        while self._idle:
            self._drop(self._idle.pop()[1])
        if self._closing:
            await asyncio.wait(self._closing)

    def _drop(self, client: Client) -> None:
        """In a task of its own: whoever leaves may be cancelled once more."""
        closing = asyncio.create_task(self._close_one(client))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def finished(asking: Coroutine[Any, Any, Reply]) -> Reply:
    """What `asking` returns. Who is cancelled here leaves it to end by itself, in the time it allows itself."""
    task = asyncio.create_task(asking)
    _running.add(task)  # the loop itself holds tasks by weak references only
    task.add_done_callback(_heard)
    return await asyncio.shield(task)


def _heard(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # the caller raises it; with none left it is nobody's
