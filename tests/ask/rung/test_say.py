"""A rung says a short text that no visitor sees: in its time, within its length, and its breaker hears of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from functions.ask.breaker import State
from functions.ask.ladder import Ladder
from functions.ask.providers import ProviderFailed
from functions.ask.rung import Rung, Skipped
from functions.shared import metrics
from functions.shared.settings import Settings
from tests.ask.rung.world import MESSAGES, World, half_open, written
from tests.faults.table import for_ever, odd, refuse
from tests.faults.wire import ANSWERS, answer

Climbing = Callable[[Settings], Ladder]
COUNTED = odd(
    b'data: {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}],'
    b' "usage": {"prompt_tokens": 50, "completion_tokens": 2}}\n\ndata: [DONE]\n\n',
    b'{"model": "tinyllama", "message": {"role": "assistant", "content": "Hi"}, "done": true,'
    b' "prompt_eval_count": 50, "eval_count": 2}\n',
)


async def say(rung: Rung, tokens: int = 60) -> str:
    async with asyncio.timeout(30):
        return await rung.say(MESSAGES, tokens, asyncio.get_running_loop().time() + 1000.0)


async def test_what_is_said_comes_back_whole_and_is_counted(world: World, climbing: Climbing) -> None:
    def told(direction: str) -> float:
        labels = {"provider": world.wire.side, "direction": direction}
        return metrics.REGISTRY.get_sample_value("portfolio_provider_tokens_total", labels) or 0.0

    (rung,) = climbing(world.settings).rungs
    assert await say(rung) == ANSWERS[world.wire.side]
    prompts, answers = told("prompt"), told("completion")
    world.wire.behaviour = COUNTED
    assert await say(rung) == "Hi"
    assert (told("prompt"), told("completion")) == (prompts + 50, answers + 2)


async def test_a_text_without_end_is_left_when_it_is_too_long(world: World, climbing: Climbing) -> None:
    world.wire.behaviour = for_ever
    with pytest.raises(ProviderFailed, match="without end"):
        await say(*climbing(world.settings).rungs)


async def test_nothing_is_asked_of_a_server_that_is_left_alone(world: World, climbing: Climbing) -> None:
    world.wire.behaviour = refuse(500)
    ladder = climbing(replace(world.settings, breaker_cooldown_s=1000.0))
    await written(ladder)
    with pytest.raises(Skipped):
        await say(*ladder.rungs)
    assert world.wire.asked == 1


async def test_a_server_that_speaks_again_is_asked_again(world: World, climbing: Climbing) -> None:
    ladder = await half_open(world, climbing)
    world.wire.behaviour = answer
    await say(*ladder.rungs)
    assert ladder.rungs[0].breaker.state is State.CLOSED


async def test_a_trial_that_fails_to_say_anything_leaves_its_place_to_the_next(
    world: World, climbing: Climbing
) -> None:
    ladder = await half_open(world, climbing)
    with pytest.raises(ProviderFailed):
        await say(*ladder.rungs)
    world.wire.behaviour = answer
    assert (await written(ladder)).provider == world.wire.side
