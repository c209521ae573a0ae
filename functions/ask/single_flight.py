"""Work that several visitors want at the same moment is done once, and all of them see its events.

The work runs in a task of its own: no visitor's leaving cancels it while another still reads, and the last one's does.
"""

import asyncio
from collections.abc import Callable

from functions.ask.stream import Event, Events
from functions.shared.problem import Unavailable


class Flights:
    """The work under way, by key."""

    def __init__(self) -> None:
        self._flights: dict[str, Flight] = {}

    def board(self, key: str, work: Callable[[], Events]) -> "tuple[Flight, bool]":
        """The flight of `key`, and whether it was under way already; else `work()` starts now."""
        if under_way := self._flights.get(key):
            return under_way, True
        flight = self._flights[key] = Flight(work(), lambda: self._over(key, flight))
        return flight, False

    def _over(self, key: str, flight: "Flight") -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def close(self) -> None:
        """Give up what is under way."""
        for flight in list(self._flights.values()):
            await flight.abandon()


_flying: set[asyncio.Task[None]] = set()


class Flight:
    """One piece of work and its readers."""

    def __init__(self, events: Events, over: Callable[[], None]) -> None:
        """`over` is called once nobody should board any more."""
        self._over = over
        self._events: list[Event] = []
        self._news = asyncio.Event()
        self._readers = 0
        self._task = asyncio.create_task(self._fly(events))
        _flying.add(self._task)  # the loop itself holds tasks by weak references only
        self._task.add_done_callback(self._landed)

    async def events(self) -> Events:
        """All events from the first on. Raises what the work raised, to each reader."""
        self._readers += 1
        try:
            position = 0
            while True:
                news, done = self._news, self._task.done()
                while position < len(self._events):
                    position += 1
                    yield self._events[position - 1]
                if done:
                    break
                await news.wait()
            if self._task.cancelled():
                raise Unavailable(
                    "The answer was given up. Ask again in a moment.",
                    1,
                    de="Die Antwort wurde abgebrochen. Fragen Sie gleich noch einmal.",
                )
            self._task.result()
        finally:
            self._readers -= 1
            if not self._readers:
                self._over()  # at once: whoever comes now must not board what is being cancelled
                self._task.cancel()

    async def abandon(self) -> None:
        """Cancel the work and wait for it to close what it holds open."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _fly(self, events: Events) -> None:
        async for event in events:
            self._events.append(event)
            self._tell()

    def _landed(self, task: asyncio.Task[None]) -> None:
        _flying.discard(task)
        self._over()
        self._tell()
        if not task.cancelled():
            task.exception()  # the readers raise it; with none left it is nobody's

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
