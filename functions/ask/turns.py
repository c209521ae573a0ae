"""Who came first is served first.

An event loop lets all questions that wait take a step each in turn, and what is encoded together is done together: so
of thirty that come at once each is as late as the last. With a few of them on their way to the language model at any
moment, the first is there soon, and while it waits for its answer the others get theirs.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# Enough to keep a thread with the model and the event loop busy, and to encode some together (docs/decisions.md).
AT_ONCE = 8
# Whoever is here for long waits for Chroma, not for the processor, and holds nobody up.
PATIENCE_S = 0.25


class Turns:
    """A queue with an end: nobody waits in it longer than a moment."""

    def __init__(self, at_once: int = AT_ONCE, patience_s: float = PATIENCE_S) -> None:
        """`at_once` 0 lets everybody in."""
        self._free = asyncio.Semaphore(at_once) if at_once else None
        self._patience_s = patience_s

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """A turn, held as long as the context; after `patience_s` one goes without."""
        if self._free is None:
            yield
            return
        held = await self._in_time(self._free)
        try:
            yield
        finally:
            if held:
                self._free.release()

    async def _in_time(self, free: asyncio.Semaphore) -> bool:
        if not free.locked():
            return await free.acquire()
        try:
            async with asyncio.timeout(self._patience_s):
                return await free.acquire()
        except TimeoutError:
            return False
