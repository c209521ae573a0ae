"""What language models may cost in a day (UTC): so many calls, so many tokens, and then the documents are quoted.

A call reserves the most it can take before it is made and gives back what it did not use. The count lives in Redis for
all pods or, without it, in this process. A count that cannot be looked up counts as used up: nobody pays unknowingly.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal

from functions.ask.prompt import TOKENS_PER_MESSAGE, most_tokens
from functions.ask.providers import Message, Provider, ProviderFailed, Writing
from functions.shared.records import NO_USAGE
from functions.shared.redis import Lost, Redis
from functions.shared.settings import Settings

DAY_S = 86_400
# What fails like this before its first word was never worked on, and costs nothing.
FREE = ("connect", "auth", "limited", "cold", "server", "bad_request")

# Both by Redis' own clock. RESERVE answers with the day, or -1 when that would be too much; 0 is no limit.
RESERVE = """
local day = math.floor(redis.call('TIME')[1] / 86400)
if tonumber(redis.call('HGET', KEYS[1], 'day') or -1) ~= day then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'day', day, 'calls', 0, 'tokens', 0)
  redis.call('EXPIRE', KEYS[1], 172800)
end
local calls, tokens = redis.call('HGET', KEYS[1], 'calls') + 1, redis.call('HGET', KEYS[1], 'tokens') + ARGV[3]
if (ARGV[1] + 0 > 0 and calls > ARGV[1] + 0) or (ARGV[2] + 0 > 0 and tokens > ARGV[2] + 0) then return -1 end
redis.call('HSET', KEYS[1], 'calls', string.format('%.0f', calls), 'tokens', string.format('%.0f', tokens))
return day
"""
SETTLE = """
if tonumber(redis.call('HGET', KEYS[1], 'day') or -1) ~= tonumber(ARGV[1]) then return 0 end
redis.call('HINCRBY', KEYS[1], 'calls', 0 - ARGV[2])
redis.call('HINCRBY', KEYS[1], 'tokens', 0 - ARGV[3])
return 1
"""


class OverBudget(ProviderFailed):
    """The day's budget does not hold another call, or nobody can say whether it does."""

    def __init__(self, detail: str) -> None:
        super().__init__("budget", detail)


@dataclass(frozen=True, slots=True)
class Reserved:
    """One call's share of the budget."""

    day: int
    tokens: int


class Budget:
    """The day's calls and tokens."""

    def __init__(self, settings: Settings, redis: Redis | None, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since 1970; tests hand in their own."""
        self._most_calls, self._most_tokens = settings.llm_calls_per_day, settings.llm_tokens_per_day
        self._redis, self._clock = redis, clock
        self._day, self._calls, self._tokens = 0, 0, 0
        self._settling: set[asyncio.Task[None]] = set()

    @property
    def limited(self) -> bool:
        """Whether there is a budget at all."""
        return bool(self._most_calls or self._most_tokens)

    async def reserve(self, tokens: int) -> Reserved:
        """Put one call and `tokens` aside. Raises OverBudget."""
        try:
            day = await self._reserve_shared(self._redis, tokens) if self._redis else self._reserve(tokens)
        except Lost as cause:
            raise OverBudget("the day's budget cannot be looked up") from cause
        if day < 0:
            raise OverBudget("the day's budget is used up")
        return Reserved(day, tokens)

    def settle(self, reserved: Reserved, calls: int, tokens: int) -> None:
        """What was really used; returns at once, so that it may stand where a visitor has left."""
        back = 1 - calls, reserved.tokens - tokens
        if not self._redis:
            if reserved.day == self._day:
                self._calls, self._tokens = self._calls - back[0], self._tokens - back[1]
            return
        settling = asyncio.create_task(self._settle_shared(self._redis, reserved.day, *back))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)

    async def close(self) -> None:
        """Wait for what is being settled."""
        if self._settling:
            await asyncio.wait(self._settling)

    def _reserve(self, tokens: int) -> int:
        day = int(self._clock() // DAY_S)
        if day != self._day:
            self._day, self._calls, self._tokens = day, 0, 0
        if 0 < self._most_calls <= self._calls or 0 < self._most_tokens < self._tokens + tokens:
            return -1
        self._calls, self._tokens = self._calls + 1, self._tokens + tokens
        return day

    async def _reserve_shared(self, redis: Redis, tokens: int) -> int:
        return int(await redis.script(RESERVE, redis.key("budget"), self._most_calls, self._most_tokens, tokens))

    async def _settle_shared(self, redis: Redis, day: int, calls: int, tokens: int) -> None:
        try:
            await redis.script(SETTLE, redis.key("budget"), day, calls, tokens)
        except Lost:
            return  # the reservation stands, which is the safe side


class Metered:
    """A provider whose calls are paid from the budget."""

    def __init__(self, provider: Provider, budget: Budget) -> None:
        self._provider, self._budget = provider, budget

    @property
    def name(self) -> Literal["hosted", "local"]:
        """The rung's name."""
        return self._provider.name

    @property
    def model(self) -> str:
        """The model's name."""
        return self._provider.model

    @property
    def context_tokens(self) -> int:
        """The model's window, tokens."""
        return self._provider.context_tokens

    async def write(self, messages: Sequence[Message], max_tokens: int, writing: Writing) -> AsyncIterator[str]:
        """Stream the answer's text. Raises ProviderFailed, OverBudget among them."""
        reserved = await self._budget.reserve(_most(messages, max_tokens))
        # A call that is broken off has no count of its tokens: then what was reserved is what it cost.
        calls, tokens, spoken = 1, reserved.tokens, False
        try:
            async with aclosing(self._provider.write(messages, max_tokens, writing)) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    spoken = True
                    yield piece
        except ProviderFailed as failure:
            if not spoken and failure.cause in FREE:
                calls, tokens = 0, 0
            raise
        finally:
            if writing.usage != NO_USAGE:
                tokens = writing.usage.prompt_tokens + writing.usage.completion_tokens
            self._budget.settle(reserved, calls, tokens)

    async def close(self) -> None:
        """Give the connections back."""
        await self._provider.close()


def _most(messages: Sequence[Message], max_tokens: int) -> int:
    """Tokens one call can take at the very most, by the bound the prompt is fitted with."""
    return sum(most_tokens(message["content"]) + TOKENS_PER_MESSAGE for message in messages) + max_tokens
