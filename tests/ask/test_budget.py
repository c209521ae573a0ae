"""The day's budget: reserved before, settled after, shared by the pods, and closed when nobody can look it up."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Literal

import pytest

from functions.ask.budget import DAY_S, Budget, Metered, OverBudget, Reserved
from functions.ask.providers import Cause, Message, ProviderFailed, Writing
from functions.shared.records import NO_USAGE, Usage
from functions.shared.redis import Redis
from functions.shared.settings import Settings
from tests.processes import RedisServer

MESSAGES: list[Message] = [{"role": "user", "content": "x" * 230}]
PROMPT_TOKENS, LONGEST = 100, 50  # 2.5 letters a token, and 8 around the message


class Model:
    """A provider that writes as it is told."""

    name: Literal["hosted"] = "hosted"
    model, context_tokens = "m", 8192

    def __init__(self, *pieces: str, usage: Usage = NO_USAGE, fails: Cause | None = None, hangs: bool = False) -> None:
        self.pieces, self.usage, self.fails, self.hangs = pieces, usage, fails, hangs
        self.asked = self.closed = 0

    async def write(self, messages: Sequence[Message], max_tokens: int, writing: Writing) -> AsyncIterator[str]:
        self.asked += 1
        try:
            for piece in self.pieces:
                yield piece
            if self.hangs:
                await asyncio.Event().wait()
            if self.fails:
                raise ProviderFailed(self.fails, "as told")
            writing.usage = self.usage
        finally:
            self.closed += 1

    async def close(self) -> None:
        """Nothing is open."""


Make = Callable[..., Budget]


@pytest.fixture(params=["in process", "in Redis"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Make]:
    """Budgets that share one count, as pods do, or the only one of a process."""
    shared = request.param == "in Redis"
    url = request.getfixturevalue("redis").url if shared else ""
    client = Redis(Settings(redis_url=url, redis_timeout_s=5.0)) if shared else None
    yield lambda **limits: Budget(Settings(**limits), client)
    if client:
        await client.close()


async def spend(budget: Budget, model: Model) -> str:
    text = ""
    async for piece in Metered(model, budget).write(MESSAGES, LONGEST, Writing()):
        text += piece
    await budget.close()
    return text


async def left(budget: Budget, most: int) -> int:
    """The most tokens, up to `most`, that still fit."""
    for tokens in range(most, 0, -1):
        try:
            budget.settle(await budget.reserve(tokens), 0, 0)
        except OverBudget:
            continue
        await budget.close()
        return tokens
    return 0


async def test_so_many_calls_and_then_no_more(make: Make) -> None:
    budget, model = make(llm_calls_per_day=3), Model("a")
    for _ in range(3):
        assert await spend(budget, model) == "a"
    for _ in range(2):
        with pytest.raises(OverBudget) as over:
            await spend(budget, model)
        assert over.value.cause == "budget"
    assert model.asked == 3


async def test_many_at_once_do_not_get_one_call_more(make: Make) -> None:
    budget, model = make(llm_calls_per_day=7), Model("a")
    done = await asyncio.gather(*(spend(budget, model) for _ in range(30)), return_exceptions=True)
    assert model.asked == 7
    assert sum(isinstance(one, OverBudget) for one in done) == 23


async def test_a_call_that_could_go_beyond_the_tokens_is_not_made(make: Make) -> None:
    model = Model("a", usage=Usage(PROMPT_TOKENS, LONGEST))
    with pytest.raises(OverBudget):
        await spend(make(llm_tokens_per_day=PROMPT_TOKENS + LONGEST - 1), model)
    assert model.asked == 0
    assert await spend(make(llm_tokens_per_day=PROMPT_TOKENS + LONGEST), model) == "a"


async def test_what_was_not_used_comes_back(make: Make) -> None:
    budget = make(llm_tokens_per_day=200)
    await spend(budget, Model("a", usage=Usage(60, 10)))
    assert await left(budget, 200) == 130


async def test_a_provider_that_does_not_count_costs_what_was_reserved(make: Make) -> None:
    budget = make(llm_tokens_per_day=200)
    await spend(budget, Model("a"))
    assert await left(budget, 200) == 200 - PROMPT_TOKENS - LONGEST


@pytest.mark.parametrize("cause", ["connect", "auth", "limited", "cold", "server", "bad_request"])
async def test_a_refused_call_costs_nothing(make: Make, cause: Cause) -> None:
    budget, refusing = make(llm_calls_per_day=1, llm_tokens_per_day=200), Model(fails=cause)
    for _ in range(2):
        with pytest.raises(ProviderFailed, match="as told"):
            await spend(budget, refusing)
        await budget.close()
    assert await left(budget, 200) == 200


@pytest.mark.parametrize(("pieces", "cause"), [(("a",), "server"), ((), "cut"), (("a",), "malformed")])
async def test_a_call_that_broke_half_way_costs_what_was_reserved(make: Make, pieces: Any, cause: Cause) -> None:
    budget = make(llm_tokens_per_day=200)
    with pytest.raises(ProviderFailed):
        await spend(budget, Model(*pieces, fails=cause))
    await budget.close()
    assert await left(budget, 200) == 50


async def test_a_visitor_who_leaves_closes_the_call_and_has_paid_for_it(make: Make) -> None:
    budget, model = make(llm_tokens_per_day=200), Model("a", hangs=True)
    asking = asyncio.create_task(spend(budget, model))
    while not model.asked:
        await asyncio.sleep(0.001)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await budget.close()
    assert model.closed == 1
    assert await left(budget, 200) == 50


async def test_without_a_limit_nothing_is_counted(make: Make) -> None:
    assert not make().limited
    assert make(llm_calls_per_day=1).limited
    assert make(llm_tokens_per_day=1).limited
    budget = make(llm_calls_per_day=2)
    await budget.reserve(10**12)


async def test_a_new_day_of_utc_is_a_new_budget() -> None:
    now = [20_000 * DAY_S - 1.0]
    budget = Budget(Settings(llm_calls_per_day=1, llm_tokens_per_day=100), None, lambda: now[0])
    yesterdays = await budget.reserve(80)
    with pytest.raises(OverBudget):
        await budget.reserve(1)
    now[0] += 1
    await budget.reserve(60)
    budget.settle(yesterdays, 0, 0)  # yesterday's change is not paid out today
    with pytest.raises(OverBudget):
        await budget.reserve(1)


async def test_redis_too_begins_anew_each_day_by_its_own_clock(redis: RedisServer) -> None:
    client = Redis(Settings(redis_url=redis.url, redis_timeout_s=5.0))
    budget = Budget(Settings(llm_calls_per_day=1), client, lambda: 0.0)
    today = (await budget.reserve(5)).day
    assert today == int(redis.command("TIME").split()[0]) // DAY_S
    assert redis.command("HGET", "portfolio:budget", "tokens") == "5"
    redis.command("HSET", "portfolio:budget", "day", str(today - 1))
    budget.settle(Reserved(today, 5), 0, 0)
    await budget.close()
    assert redis.command("HGET", "portfolio:budget", "tokens") == "5"
    assert (await budget.reserve(7)).day == today
    assert redis.command("HGET", "portfolio:budget", "tokens") == "7"
    assert int(redis.command("TTL", "portfolio:budget")) > DAY_S
    await client.close()


async def test_two_pods_spend_from_one_purse(redis: RedisServer) -> None:
    clients = [Redis(Settings(redis_url=redis.url, redis_timeout_s=5.0)) for _ in range(2)]
    pods = [Budget(Settings(llm_calls_per_day=2), client) for client in clients]
    await pods[0].reserve(1)
    await pods[1].reserve(1)
    for pod in pods:
        with pytest.raises(OverBudget, match="used up"):
            await pod.reserve(1)
    for client in clients:
        await client.close()


async def test_without_its_redis_the_purse_is_closed(redis: RedisServer) -> None:
    client = Redis(Settings(redis_url=redis.url, redis_timeout_s=5.0))
    budget, model = Budget(Settings(llm_calls_per_day=5), client), Model("a")
    assert await spend(budget, model) == "a"
    redis.kill()
    with pytest.raises(OverBudget, match="cannot be looked up"):
        await spend(budget, model)
    assert model.asked == 1
    await client.close()


async def test_change_that_cannot_be_given_back_is_kept_without_a_noise(redis: RedisServer) -> None:
    noise: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: noise.append(told))
    client = Redis(Settings(redis_url=redis.url, redis_timeout_s=5.0))
    budget = Budget(Settings(llm_calls_per_day=5), client)
    reserved = await budget.reserve(10)
    redis.kill()
    budget.settle(reserved, 1, 5)
    await budget.close()
    gc.collect()
    await client.close()
    assert noise == []
