"""What a rung tells its breaker: what counts against a model server, and what says nothing of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from functions.ask.breaker import State
from functions.ask.budget import Budget, Metered
from functions.ask.ladder import Ladder, Written
from functions.ask.prompt import prompt
from functions.ask.providers import Message, Provider, open_providers
from functions.ask.stream import Token
from functions.shared import metrics
from functions.shared.records import Usage
from functions.shared.settings import Settings
from functions.shared.subject import read_subject
from tests.ask.rung.world import Gate, World, climb, half_open, reset, until, written
from tests.ask.test_ladder import PASSAGE
from tests.faults.table import COLD, WRONG, begun, flood, hang, odd, refuse
from tests.faults.wire import MODELS, Behaviour, Talk, answer


async def cut(talk: Talk) -> None:
    talk.cut()


ITS_FAULT: dict[str, Behaviour] = {
    "connect": reset,
    "auth": refuse(401),
    "408": refuse(408),
    "limited": refuse(429),
    "server": refuse(500),
    "malformed": odd(b"data: {oops\n\n", b"{oops\n"),
    "no text": odd(b"data: [DONE]\n\n", b'{"message": {"content": ""}, "done": true}\n'),
    "cut": begun(1, cut),
    "endless": flood,
}


@pytest.mark.parametrize("broken", ITS_FAULT.values(), ids=ITS_FAULT.keys())
async def test_a_server_that_fails_is_left_alone(
    world: World, climbing: Callable[[Settings], Ladder], broken: Behaviour
) -> None:
    world.wire.behaviour = broken
    ladder = climbing(world.settings)
    assert (await written(ladder)).provider == "extractive"
    assert ladder.rungs[0].breaker.state is State.OPEN


@pytest.mark.parametrize("silent", [hang, begun(1, hang)], ids=["from the start", "in mid-answer"])
async def test_a_server_that_falls_silent_is_left_alone(
    world: World, climbing: Callable[[Settings], Ladder], silent: Behaviour
) -> None:
    world.wire.behaviour = silent
    ladder = climbing(replace(world.settings, first_token_s=1.0, stall_s=0.2))
    assert (await written(ladder)).provider == "extractive"
    assert ladder.rungs[0].breaker.state is State.OPEN


async def test_a_model_that_is_cold_is_left_alone(hosted: World, climbing: Callable[[Settings], Ladder]) -> None:
    hosted.wire.behaviour = refuse(400, COLD)
    ladder = climbing(hosted.settings)
    assert (await written(ladder)).provider == "extractive"
    assert ladder.rungs[0].breaker.state is State.OPEN


async def test_a_server_that_says_when_to_come_back_is_left_alone_that_long_at_its_first_failure(
    world: World, climbing: Callable[[Settings], Ladder]
) -> None:
    world.wire.behaviour = refuse(429, retry_after="500")
    ladder = climbing(replace(world.settings, breaker_failures=3))
    await written(ladder)
    assert ladder.rungs[0].breaker.state is State.OPEN
    world.wire.behaviour = answer
    assert (await written(ladder)).provider == "extractive"
    assert world.wire.asked == 1


def says(text: str) -> Behaviour:
    async def does(talk: Talk) -> None:
        talk.head()
        await talk.say(text)
        await talk.end()

    return does


NOT_ITS_FAULT: dict[str, Behaviour] = {
    "our request is wrong": refuse(400, WRONG),
    "it obeyed an injection": says("Vivek works at VitaScale GmbH [1]. Call him: +49 151 23456789 now, he said so."),
    "no passage proves it": says("Bananas ripen in tropical climates [1]."),
}


@pytest.mark.parametrize("broken", NOT_ITS_FAULT.values(), ids=NOT_ITS_FAULT.keys())
async def test_what_says_nothing_of_the_server_is_not_held_against_it(
    world: World, climbing: Callable[[Settings], Ladder], broken: Behaviour
) -> None:
    world.wire.behaviour = broken
    ladder = climbing(world.settings)
    assert (await written(ladder)).provider == "extractive"
    assert world.wire.asked == 1
    assert ladder.rungs[0].breaker.state is State.CLOSED


@pytest.mark.parametrize("broken", NOT_ITS_FAULT.values(), ids=NOT_ITS_FAULT.keys())
async def test_a_trial_that_says_nothing_of_the_server_leaves_its_place_to_the_next(
    world: World, climbing: Callable[[Settings], Ladder], broken: Behaviour
) -> None:
    ladder = await half_open(world, climbing)
    world.wire.behaviour = broken
    assert (await written(ladder)).provider == "extractive"
    world.wire.behaviour = answer
    assert (await written(ladder)).provider == world.wire.side
    assert ladder.rungs[0].breaker.state is State.CLOSED


async def test_a_visitor_who_leaves_a_trial_leaves_its_place_to_the_next(
    world: World, climbing: Callable[[Settings], Ladder]
) -> None:
    ladder, gate = await half_open(world, climbing), Gate()
    world.wire.behaviour = gate.does
    trial = asyncio.create_task(written(ladder))
    await until(lambda: gate.inside == 1)
    assert (await written(ladder)).provider == "extractive", "there is one trial"
    trial.cancel()
    await asyncio.wait([trial])
    gate.open = True
    assert (await written(ladder)).provider == world.wire.side


async def test_a_question_too_long_for_the_window_and_a_budget_that_is_used_up_are_not_the_servers_fault(
    world: World,
) -> None:
    settings = replace(world.settings, llm_calls_per_day=1)
    budget = Budget(settings, None)
    ladder = Ladder([Metered(one, budget) for one in open_providers(settings)], settings)
    assert (await written(ladder, too_long)).provider == "extractive"
    assert world.wire.asked == 0
    assert [(await written(ladder)).provider for _ in range(2)] == [world.wire.side, "extractive"]
    assert ladder.rungs[0].breaker.state is State.CLOSED
    await ladder.close()


def too_long(provider: Provider) -> list[Message]:
    return prompt(read_subject("corpus"), "why " * 100_000, [], [PASSAGE], provider.context_tokens, 400)


async def test_a_request_counts_as_under_way_until_it_has_ended_whichever_way(
    world: World, climbing: Callable[[Settings], Ladder]
) -> None:
    def under_way() -> float | None:
        return metrics.REGISTRY.get_sample_value("portfolio_provider_in_flight", {"provider": world.wire.side})

    gate, ladder = Gate(), climbing(replace(world.settings, breaker_failures=100))
    world.wire.behaviour = gate.does
    before = under_way()
    asking = [asyncio.create_task(written(ladder)) for _ in range(2)]
    await until(lambda: gate.inside == 2)
    assert under_way() == (before or 0) + 2
    asking[0].cancel()
    gate.open = True
    await asyncio.wait(asking)
    world.wire.behaviour = refuse(500)
    await written(ladder)
    assert under_way() == before


async def test_the_metric_of_the_breaker_follows_it(world: World, climbing: Callable[[Settings], Ladder]) -> None:
    def told() -> float | None:
        return metrics.REGISTRY.get_sample_value("portfolio_provider_breaker_state", {"provider": world.wire.side})

    ladder = climbing(replace(world.settings, breaker_cooldown_s=500.0))
    assert told() == State.CLOSED
    world.wire.behaviour = refuse(500)
    await written(ladder)
    assert told() == State.OPEN


async def test_behind_an_open_breaker_nobody_waits_for_a_place(
    world: World, climbing: Callable[[Settings], Ladder]
) -> None:
    gate = Gate()
    one_place = replace(world.settings, hosted_in_flight=1, ollama_in_flight=1, first_token_s=1000.0, total_s=1000.0)
    ladder = climbing(one_place)
    world.wire.behaviour = gate.does
    held = asyncio.create_task(written(ladder))
    await until(lambda: gate.inside == 1)
    permit = ladder.rungs[0].breaker.enter()
    assert permit
    permit.failed()
    before = failovers(world, "open")
    assert (await written(ladder)).provider == "extractive"
    assert failovers(world, "open") == before + 1, "skipped, not turned away by a full queue"
    gate.open = True
    assert (await held).provider == world.wire.side


def failovers(world: World, cause: str) -> float:
    labels = {"from": world.wire.side, "cause": cause}
    return metrics.REGISTRY.get_sample_value("portfolio_ask_failovers_total", labels) or 0.0


async def test_an_answer_as_long_as_was_asked_for_is_one_and_a_longer_one_is_not(
    world: World, climbing: Callable[[Settings], Ladder]
) -> None:
    ladder = climbing(replace(world.settings, max_answer_tokens=10))
    assert (await written(ladder)).provider == world.wire.side
    world.wire.behaviour = twice
    before = failovers(world, "malformed")
    assert (await written(ladder)).provider == "extractive"
    assert failovers(world, "malformed") == before + 1


async def twice(talk: Talk) -> None:
    talk.head()
    await talk.whole(times=2)
    await talk.end()


async def test_who_wrote_and_what_it_cost_is_told_as_its_server_says(
    world: World, climbing: Callable[[Settings], Ladder]
) -> None:
    def counted() -> list[float | None]:
        name, provider = "portfolio_provider_tokens_total", world.wire.side
        return [
            metrics.REGISTRY.get_sample_value(name, {"provider": provider, "direction": direction})
            for direction in ("prompt", "completion")
        ]

    ladder, usage = climbing(world.settings), Usage(50, 2)
    prompts, answers = counted()
    model, text = b'"model": "someone/else-13b"', b'"content": "Vivek works at VitaScale GmbH [1]."'
    world.wire.behaviour = odd(
        b'data: {%b, "usage": {"prompt_tokens": 50, "completion_tokens": 2}, "choices": [{"delta": {%b}}]}\n\n'
        b"data: [DONE]\n\n" % (model, text),
        b'{%b, "message": {"role": "assistant", %b}, "done": true, "prompt_eval_count": 50, "eval_count": 2}\n'
        % (model, text),
    )
    end = await written(ladder)
    assert (end.provider, end.model, end.usage) == (world.wire.side, "someone/else-13b", usage)
    assert counted() == [(prompts or 0) + 50, (answers or 0) + 2]


async def test_the_last_word_is_shown_too(world: World, climbing: Callable[[Settings], Ladder]) -> None:
    text = "Vivek works at VitaScale GmbH in Mainz [1]. He has held the position since June 2023!"
    world.wire.behaviour = says(text)
    steps = await climb(climbing(world.settings))
    assert "".join(step.text for step in steps if isinstance(step, Token)) == text
    assert steps[-1] == Written(world.wire.side, MODELS[world.wire.side], text)
