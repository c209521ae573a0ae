"""One rung over real sockets: its places, its one second try, and how much of a stream it takes."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from functions.ask.breaker import State
from functions.ask.ladder import Ladder, Written
from functions.ask.rung import Limits
from functions.ask.stream import Reset, Token
from functions.shared.settings import Settings
from tests.ask.rung.world import MESSAGES, Gate, World, climb, reset, until, written
from tests.ask.test_ladder import EVIDENCE, QUOTED, shown
from tests.faults.table import begun, drip
from tests.faults.wire import ANSWERS, Behaviour, Talk, answer


def first(*behaviours: Behaviour) -> Behaviour:
    """One behaviour a request, then the last again and again."""
    left = list(behaviours)
    return lambda talk: (left.pop(0) if len(left) > 1 else left[0])(talk)


async def end_without_a_word(talk: Talk) -> None:
    talk.writer.close()


async def reset_after_the_head(talk: Talk) -> None:
    talk.head()
    await talk.writer.drain()
    await asyncio.sleep(0.05)  # so that the head is read before the reset overtakes it
    await reset(talk)


@pytest.mark.parametrize("broken", [reset, end_without_a_word])
async def test_a_connection_lost_before_the_first_byte_is_tried_once_more(
    world: World, climbing: Callable[[Settings], Ladder], broken: Behaviour
) -> None:
    world.wire.behaviour = first(broken, answer)
    ladder = climbing(world.settings)
    end = await written(ladder)
    assert (end.provider, end.text) == (world.wire.side, ANSWERS[world.wire.side])
    assert world.wire.asked == 2
    assert ladder.rungs[0].breaker.state is State.CLOSED


async def test_but_only_once(world: World, climbing: Callable[[Settings], Ladder]) -> None:
    world.wire.behaviour = reset
    assert (await written(climbing(world.settings))).provider == "extractive"
    assert world.wire.asked == 2


@pytest.mark.parametrize(
    "broken",
    [reset_after_the_head, begun(1, reset), lambda talk: talk.refuse(503), lambda talk: talk.refuse(429)],
    ids=["after the head", "after a token", "503", "429"],
)
async def test_whatever_else_goes_wrong_is_not_tried_again(
    world: World, climbing: Callable[[Settings], Ladder], broken: Behaviour
) -> None:
    world.wire.behaviour = broken
    assert (await written(climbing(world.settings))).provider == "extractive"
    assert world.wire.asked == 1


async def test_no_more_requests_are_under_way_than_the_plan_allows_and_a_queue_of_as_many_waits(
    world: World, climbing: Callable[[Settings], Ladder]
) -> None:
    gate = Gate()
    world.wire.behaviour = gate.does
    ladder = climbing(replace(world.settings, hosted_in_flight=2, ollama_in_flight=2))
    under_way = [asyncio.create_task(written(ladder)) for _ in range(2)]
    await until(lambda: gate.inside == 2)
    waiting = [asyncio.create_task(written(ladder)) for _ in range(2)]
    await asyncio.sleep(0)
    beyond = await asyncio.gather(*(written(ladder) for _ in range(3)))
    assert [(end.provider, end.text) for end in beyond] == [("extractive", QUOTED)] * 3
    gate.open = True
    ends = await asyncio.gather(*under_way, *waiting)
    assert [end.provider for end in ends] == [world.wire.side] * 4
    assert (gate.most, world.wire.asked) == (2, 4)
    assert ladder.rungs[0].breaker.state is State.CLOSED, "being busy is no fault"


async def test_whoever_waits_too_long_in_the_queue_gets_the_next_rung(
    hosted: World, climbing: Callable[[Settings], Ladder]
) -> None:
    gate = Gate()
    hosted.wire.behaviour = gate.does
    ladder = climbing(replace(hosted.settings, hosted_in_flight=1, first_token_s=1000.0, total_s=1000.0))
    held = asyncio.create_task(written(ladder))
    await until(lambda: gate.inside == 1)
    async with asyncio.timeout(30):
        assert (await written(ladder)).provider == "extractive"
    gate.open = True
    assert (await held).provider == "hosted"


async def test_nobody_waits_in_the_queue_beyond_the_time_for_the_first_token(
    hosted: World, climbing: Callable[[Settings], Ladder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.ask.rung.QUEUE_S", 1000.0)
    gate = Gate()
    hosted.wire.behaviour = gate.does
    ladder = climbing(replace(hosted.settings, hosted_in_flight=1, first_token_s=1000.0, total_s=2000.0))
    held = asyncio.create_task(written(ladder))
    await until(lambda: gate.inside == 1)
    async with asyncio.timeout(30):
        assert (await written(ladder, spent_s=999.5)).provider == "extractive"
    gate.open = True
    assert (await held).provider == "hosted"


async def test_a_visitor_who_leaves_gives_the_place_back(hosted: World, climbing: Callable[[Settings], Ladder]) -> None:
    gate = Gate()
    hosted.wire.behaviour = gate.does
    ladder = climbing(replace(hosted.settings, hosted_in_flight=1))
    for _ in range(3):
        visitor = asyncio.create_task(written(ladder))
        await until(lambda: gate.inside == 1)
        queued = asyncio.create_task(written(ladder))
        await asyncio.sleep(0)
        for task in (queued, visitor):
            task.cancel()
        await asyncio.gather(queued, visitor, return_exceptions=True)
        gate.inside = 0
    gate.open = True
    assert (await written(ladder)).provider == "hosted"


async def test_a_burst_of_failures_opens_the_breaker_once_and_everybody_is_answered(
    hosted: World, climbing: Callable[[Settings], Ladder]
) -> None:
    hosted.wire.behaviour = lambda talk: talk.refuse(500)
    ladder = climbing(replace(hosted.settings, breaker_failures=3, breaker_cooldown_s=0.2))
    ends = await asyncio.gather(*(written(ladder) for _ in range(20)))
    assert {end.provider for end in ends} == {"extractive"}
    assert ladder.rungs[0].breaker.state is not State.CLOSED
    hosted.wire.behaviour = answer
    await until(lambda: ladder.rungs[0].breaker.state is State.HALF_OPEN)
    asked = hosted.wire.asked
    ends = await asyncio.gather(*(written(ladder) for _ in range(5)))
    assert sum(end.provider == "hosted" for end in ends) == 1, "one trial"
    assert hosted.wire.asked == asked + 1
    assert (await written(ladder)).provider == "hosted"


async def test_a_model_that_obeys_an_injection_is_left_and_what_it_showed_is_void(
    hosted: World, climbing: Callable[[Settings], Ladder]
) -> None:
    async def obeys(talk: Talk) -> None:
        talk.head()
        for text in [
            "Vivek works at VitaScale GmbH in Mainz [1]. ",
            "Call him: ",
            "+49 151 ",
            "2345 ",
            "6789",
            " now.",
        ]:
            await talk.say(text)
        await talk.end()

    hosted.wire.behaviour = obeys
    steps = await climb(climbing(hosted.settings))
    assert shown(steps) == QUOTED
    assert sum(isinstance(step, Reset) for step in steps) == 1
    ever = "".join(step.text for step in steps if isinstance(step, Token))
    assert not {"+49", "151", "2345", "6789"} & set(ever.split())


async def test_an_answer_may_go_on_after_the_time_for_its_first_token(
    world: World, climbing: Callable[[Settings], Ladder]
) -> None:
    def now() -> float:
        return asyncio.get_running_loop().time()

    go_on = threading.Event()

    async def pauses(talk: Talk) -> None:
        talk.head()
        await talk.say(ANSWERS[talk.side])
        while not go_on.is_set():
            await asyncio.sleep(0.005)
        await talk.say(" " + ANSWERS[talk.side])
        await talk.end()

    world.wire.behaviour = pauses
    (rung,) = climbing(world.settings).rungs
    first_by = now() + 3.0
    steps = []
    async for step in rung.write(EVIDENCE, lambda provider: MESSAGES, Limits(first_by, 1000.0, first_by + 1000.0)):
        steps.append(step)
        if not go_on.is_set():
            while now() <= first_by:
                await asyncio.sleep(0.01)
            go_on.set()
    assert isinstance(steps[-1], Written)
    assert steps[-1].text == " ".join([ANSWERS[world.wire.side]] * 2)


async def test_an_answer_that_never_ends_has_all_the_time_there_is_and_no_more(
    world: World, climbing: Callable[[Settings], Ladder]
) -> None:
    world.wire.behaviour = drip
    async with asyncio.timeout(30):
        end = await written(climbing(replace(world.settings, total_s=1.0, max_answer_tokens=100_000)))
    assert end.provider == "extractive"
