"""Connections that a cancelled request does not take along, over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

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
        self.lines = Lines(self.open, self.close)

    def open(self) -> int:
        self.opened += 1
        return self.opened

    async def close(self, client: int) -> None:
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
