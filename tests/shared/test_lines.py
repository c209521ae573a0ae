"""Connections that a cancelled request does not take along, over real sockets."""

import asyncio
import gc
from collections.abc import AsyncIterator
from types import SimpleNamespace
from urllib.parse import urlsplit
from weakref import WeakSet, ref

import pytest

from functions.shared import lines as module
from functions.shared.chroma import Chroma
from functions.shared.lines import Lines, finished
from functions.shared.settings import Settings
from tests.leaving import connections, leave_at_every_turn, until_open

# As many idle connections as httpx keeps.
KEPT = 20


@pytest.fixture
async def chroma(settings: Settings) -> AsyncIterator[Chroma]:
    opened = Chroma(settings)
    yield opened
    await opened.close()


async def test_callers_who_leave_cost_no_connection_to_chroma(chroma: Chroma, settings: Settings) -> None:
    port = urlsplit(settings.chroma_url).port or 0
    others = connections(port)  # of other tests in this process
    for insist in [False, True] * 3:
        await leave_at_every_turn(lambda: chroma.collection("nothing"), insist)
    assert await chroma.collection("nothing") is None
    await until_open(port, others + KEPT)


class Numbered:
    """Clients by number, and which were closed."""

    def __init__(self) -> None:
        self.opened, self.closed = 0, list[int]()
        self.closing = WeakSet[asyncio.Task[object]]()
        self.lines = Lines(self.open, self.close)

    def open(self) -> int:
        self.opened += 1
        return self.opened

    async def close(self, client: int) -> None:
        if task := asyncio.current_task():
            self.closing.add(task)
        await asyncio.sleep(0)
        self.closed.append(client)


async def test_a_client_that_was_used_in_order_serves_the_next() -> None:
    clients = Numbered()
    for _ in range(3):
        async with clients.lines.taken() as one:
            assert one == 1
    assert clients.closed == []


async def test_two_requests_at_once_have_a_client_each() -> None:
    clients = Numbered()
    async with clients.lines.taken() as one, clients.lines.taken() as other:
        assert {one, other} == {1, 2}


@pytest.mark.parametrize("broken", [ValueError, asyncio.CancelledError, GeneratorExit])
async def test_a_client_whose_request_broke_is_closed_and_serves_nobody(broken: type[BaseException]) -> None:
    clients = Numbered()
    with pytest.raises(broken):
        async with clients.lines.taken():
            raise broken
    async with clients.lines.taken() as next_one:
        assert next_one == 2
    await clients.lines.close()
    assert sorted(clients.closed) == [1, 2]


async def test_a_client_that_nobody_needs_any_more_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    clients = Numbered()
    async with clients.lines.taken(), clients.lines.taken():
        pass
    monkeypatch.setattr(module, "IDLE_S", -1.0)
    async with clients.lines.taken():
        pass
    async with asyncio.timeout(10):
        while sorted(clients.closed) != [1, 2]:
            await asyncio.sleep(0)


async def test_those_of_a_burst_are_closed_while_one_goes_on_being_used(monkeypatch: pytest.MonkeyPatch) -> None:
    clients, clock = Numbered(), SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    async with clients.lines.taken() as often, clients.lines.taken() as once:
        pass
    for clock.seconds in (30.0, 59.0, 61.0):
        async with clients.lines.taken() as one:
            assert one == often
    await clients.lines.close()
    assert clients.closed == [once, often]


async def test_of_a_request_that_broke_nothing_stays_in_memory() -> None:
    clients = Numbered()
    for _ in range(5):
        with pytest.raises(ValueError, match="why"):
            async with clients.lines.taken():
                raise ValueError("why")
    async with asyncio.timeout(10):
        while len(clients.closed) < 5 or clients.closing:
            await asyncio.sleep(0)
            gc.collect()


async def test_what_was_begun_is_finished_without_the_one_who_asked() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        ended.set()
        raise ValueError  # nobody is there to be told

    asking = asyncio.create_task(finished(work()))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.wait_for(ended.wait(), 10)


async def test_whoever_stays_hears_how_it_ended() -> None:
    async def work(wrong: bool) -> str:
        if wrong:
            raise ValueError("why")
        return "done"

    assert await finished(work(False)) == "done"
    with pytest.raises(ValueError, match="why"):
        await finished(work(True))


async def test_what_goes_on_alone_is_not_lost_to_the_collector_and_is_forgotten_when_it_has_ended() -> None:
    tasks, answers = WeakSet[asyncio.Task[object]](), list[ref[asyncio.Future[None]]]()

    async def work() -> None:
        if task := asyncio.current_task():
            tasks.add(task)
        answer = asyncio.get_running_loop().create_future()  # as with a connection, only who waits for it knows it
        answers.append(ref(answer))
        await answer

    asking = asyncio.create_task(finished(work()))
    while not answers:
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    del asking
    gc.collect()
    answer = answers[0]()
    assert answer is not None
    answer.set_result(None)
    del answer
    async with asyncio.timeout(10):
        while tasks:
            await asyncio.sleep(0)
            gc.collect()


@pytest.mark.parametrize("broken", [ValueError, asyncio.CancelledError])
async def test_a_failure_that_nobody_is_left_to_hear_is_no_noise(broken: type[BaseException]) -> None:
    noise: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: noise.append(told))

    async def work() -> None:
        await asyncio.sleep(0)
        raise broken

    asking = asyncio.create_task(finished(work()))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    del asking
    for _ in range(5):
        await asyncio.sleep(0)
        gc.collect()
    assert noise == []
