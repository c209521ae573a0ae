"""What several want at once is done once; no reader's leaving or coming changes what the others see."""

import asyncio
import gc
from collections.abc import Callable
from weakref import WeakSet, ref

import pytest

from functions.ask.single_flight import Flights
from functions.ask.stream import Event, Events, Token
from functions.shared.problem import Unavailable


class Work:
    """Tokens that come when the test says so."""

    def __init__(self) -> None:
        self.started = self.closed = 0
        self.words: asyncio.Queue[str | Exception] = asyncio.Queue()

    async def __call__(self) -> Events:
        self.started += 1
        try:
            while word := await self.words.get():
                if isinstance(word, Exception):
                    raise word
                yield Token(word)
        finally:
            self.closed += 1

    def say(self, *words: str | Exception) -> None:
        for word in words:
            self.words.put_nowait(word)


async def read(events: Events) -> list[Event]:
    return [event async for event in events]


async def until(happens: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not happens():
            await asyncio.sleep(0)


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Token)]


async def test_fifty_at_once_are_one_piece_of_work_and_all_read_the_same() -> None:
    work, flights = Work(), Flights()
    boarded = [flights.board("key", work) for _ in range(50)]
    assert [joined for _, joined in boarded] == [False] + [True] * 49
    readers = [asyncio.create_task(read(flight.events())) for flight, _ in boarded]
    work.say("a", "b", "")
    assert [texts(await reader) for reader in readers] == [["a", "b"]] * 50
    assert (work.started, work.closed) == (1, 1)


async def test_work_that_closes_late_leaves_the_next_of_its_key_alone() -> None:
    flights, slow, work = Flights(), asyncio.Event(), Work()

    async def lingering() -> Events:
        try:
            yield Token("a")
            await asyncio.sleep(60)
        finally:
            await slow.wait()

    first, _ = flights.board("key", lingering)
    reader = first.events()
    await anext(reader)
    await reader.aclose()
    second, joined = flights.board("key", work)
    assert not joined
    slow.set()
    await until(first._task.done)
    await asyncio.sleep(0)
    assert flights.board("key", work) == (second, True)
    await flights.close()


async def test_other_keys_are_other_work() -> None:
    work, flights = Work(), Flights()
    readers = [asyncio.create_task(read(flights.board(key, work)[0].events())) for key in ("one", "other")]
    await until(lambda: work.started == 2)
    work.say("", "")
    await asyncio.gather(*readers)


async def test_who_comes_late_reads_from_the_beginning() -> None:
    work, flights = Work(), Flights()
    first = flights.board("key", work)[0].events()
    work.say("a", "b")
    assert texts([await anext(first), await anext(first)]) == ["a", "b"]
    late, joined = flights.board("key", work)
    assert joined
    reader = asyncio.create_task(read(late.events()))
    work.say("c", "")
    assert texts(await reader) == ["a", "b", "c"]
    assert texts(await read(first)) == ["c"]


async def test_work_that_is_done_is_boarded_by_nobody() -> None:
    work, flights = Work(), Flights()
    work.say("a", "", "b", "")
    assert texts(await read(flights.board("key", work)[0].events())) == ["a"]
    flight, joined = flights.board("key", work)
    assert not joined
    assert texts(await read(flight.events())) == ["b"]


async def test_nor_is_work_that_is_done_while_somebody_still_reads_it() -> None:
    work, flights = Work(), Flights()
    work.say("a", "b", "")
    slow = flights.board("key", work)[0].events()
    await anext(slow)
    await until(lambda: work.closed)
    await asyncio.sleep(0)
    assert not flights.board("key", work)[1]
    assert texts(await read(slow)) == ["b"]


async def test_the_first_to_ask_may_leave_and_the_others_read_on() -> None:
    work, flights = Work(), Flights()
    leader, follower = (asyncio.create_task(read(flights.board("key", work)[0].events())) for _ in range(2))
    work.say("a")
    await until(lambda: work.words.empty())
    leader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leader
    work.say("b", "")
    assert texts(await follower) == ["a", "b"]


async def test_when_the_last_leaves_the_work_ends_and_who_comes_then_starts_anew() -> None:
    work, flights = Work(), Flights()
    readers = [asyncio.create_task(read(flights.board("key", work)[0].events())) for _ in range(2)]
    await until(lambda: work.started)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    flight, joined = flights.board("key", work)
    assert not joined
    await until(lambda: work.closed == 1)
    work.say("b", "")
    assert texts(await read(flight.events())) == ["b"]


async def test_work_that_fails_fails_for_all_who_wait_and_for_nobody_else() -> None:
    work, flights = Work(), Flights()
    readers = [asyncio.create_task(read(flights.board("key", work)[0].events())) for _ in range(3)]
    work.say("a", ValueError("broken"))
    for reader in readers:
        with pytest.raises(ValueError, match="broken"):
            await reader
    work.say("b", "")
    assert texts(await read(flights.board("key", work)[0].events())) == ["b"]


async def test_work_given_up_at_the_end_leaves_nobody_hanging() -> None:
    work, flights = Work(), Flights()
    reader = asyncio.create_task(read(flights.board("key", work)[0].events()))
    await until(lambda: work.started)
    await flights.close()
    with pytest.raises(Unavailable):
        await reader
    assert work.closed == 1


async def test_at_the_end_all_work_has_closed_what_it_holds_open() -> None:
    flights, closed = Flights(), list[str]()

    def holding(name: str) -> Callable[[], Events]:
        async def work() -> Events:
            try:
                yield Token(name)
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)  # as a connection takes its time to close
                closed.append(name)

        return work

    readers = [asyncio.create_task(read(flights.board(name, holding(name))[0].events())) for name in "ab"]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await flights.close()
    assert sorted(closed) == ["a", "b"]
    assert [type(one) for one in await asyncio.gather(*readers, return_exceptions=True)] == [Unavailable] * 2


async def test_work_that_nobody_reads_any_more_is_not_lost_to_the_collector_and_then_forgotten() -> None:
    flights, tasks, closing = Flights(), WeakSet[asyncio.Task[object]](), list[ref[asyncio.Future[None]]]()

    async def work() -> Events:
        if task := asyncio.current_task():
            tasks.add(task)
        try:
            yield Token("a")
            await asyncio.Event().wait()
        finally:
            end = asyncio.get_running_loop().create_future()  # as with a connection, only who waits for it knows it
            closing.append(ref(end))
            await end

    reading = asyncio.create_task(read(flights.board("key", work)[0].events()))
    await until(lambda: tasks)
    reading.cancel()
    await asyncio.wait([reading])
    del reading
    await until(lambda: closing)
    gc.collect()
    end = closing[0]()
    assert end is not None
    end.set_result(None)
    del end
    await until(lambda: (gc.collect(), not tasks)[1])


async def test_work_that_fails_with_nobody_to_hear_it_is_no_noise() -> None:
    noise: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: noise.append(told))
    work, flights = Work(), Flights()
    work.say(ValueError("broken"))
    flights.board("key", work)
    await until(lambda: work.closed)
    for _ in range(5):
        await asyncio.sleep(0)
        gc.collect()
    assert noise == []
