"""Who came first is served first, and nobody waits long for a turn."""

import asyncio

from functions.ask.turns import Turns


async def test_turns_are_given_in_the_order_of_arrival() -> None:
    turns, served, inside = Turns(2, 60.0), list[int](), 0

    async def one(number: int) -> None:
        nonlocal inside
        async with turns.taken():
            inside += 1
            assert inside <= 2
            served.append(number)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(one(number) for number in range(9)))
    assert served == list(range(9))


async def test_whoever_holds_a_turn_for_long_holds_nobody_up() -> None:
    turns = Turns(1, 0.05)
    async with turns.taken(), asyncio.timeout(20), turns.taken():  # the second goes without
        pass
    async with turns.taken():  # and gave back what it did not have to nobody
        waiting = asyncio.create_task(turns.taken().__aenter__())
        await asyncio.sleep(0)
        assert not waiting.done()
        await waiting


async def test_a_turn_is_given_back_by_who_fails_and_by_who_leaves_the_queue() -> None:
    turns = Turns(1, 60.0)
    async with turns.taken():
        leaving = asyncio.create_task(turns.taken().__aenter__())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
    try:
        async with turns.taken():
            raise ValueError
    except ValueError:
        pass
    async with asyncio.timeout(20), turns.taken():
        pass


async def test_without_a_number_everybody_is_let_in_at_once() -> None:
    turns = Turns(0, 60.0)
    async with asyncio.timeout(20), turns.taken(), turns.taken(), turns.taken():
        pass


async def test_of_thirty_at_once_only_some_are_under_way_and_none_waits_for_long() -> None:
    leave, inside, most = asyncio.Event(), 0, 0

    async def one(turns: Turns, stays: bool) -> None:
        nonlocal inside, most
        async with turns.taken():
            inside += 1
            most = max(most, inside)
            await (leave.wait() if stays else asyncio.sleep(0))
            inside -= 1

    patient, usual = Turns(patience_s=60.0), Turns()
    await asyncio.gather(*(one(patient, stays=False) for _ in range(30)))
    assert 2 <= most <= 15
    waiting = [asyncio.create_task(one(usual, stays=True)) for _ in range(30)]
    async with asyncio.timeout(30):
        while inside < 30:
            await asyncio.sleep(0.01)
    leave.set()
    await asyncio.gather(*waiting)
