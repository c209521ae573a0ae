"""How the ladder divides its time: what each rung is given, and when one is not asked any more."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Literal

import pytest

from functions.ask.evidence import Evidence
from functions.ask.ladder import SHARE, Ladder, Step, Written
from functions.ask.providers import ProviderFailed
from functions.ask.providers.extractive import MODEL
from functions.ask.rung import Compose, Limits
from functions.ask.stream import Reset, Token
from functions.shared import metrics
from functions.shared.settings import Settings
from tests.ask.test_ladder import EVIDENCE, QUOTED

Name = Literal["hosted", "local"]


def now() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Given:
    """A rung that notes the time it is given; it may speak, stay until a moment has come, and fail."""

    name: Name
    speaks: bool = False
    fails: bool = False
    stays_s: float = 0.0
    limits: list[Limits] = field(default_factory=list)

    @property
    def provider(self) -> SimpleNamespace:
        return SimpleNamespace(name=self.name)

    async def write(self, evidence: Evidence, compose: Compose, limits: Limits) -> AsyncGenerator[Step, None]:
        self.limits.append(limits)
        if self.speaks:
            yield Token(self.name)
        until = now() + self.stays_s
        while now() < until:
            await asyncio.sleep(0.005)
        if self.fails:
            raise ProviderFailed("server", "as the test wants it")
        yield Written(self.name, "m", self.name)


async def climb(rungs: Sequence[Given], settings: Settings, spent_s: float = 0.0) -> list[Step]:
    ladder = Ladder([], settings)
    ladder.rungs = list(rungs)  # type: ignore[arg-type]
    return [step async for step in ladder.climb(EVIDENCE, lambda provider: [], spent_s=spent_s)]


def timeouts(name: Name) -> float:
    labels = {"from": name, "cause": "timeout"}
    return metrics.REGISTRY.get_sample_value("portfolio_ask_failovers_total", labels) or 0.0


@pytest.mark.parametrize("spent_s", [0.0, 30.0])
async def test_a_rung_with_another_below_gets_a_share_of_the_time_left_and_the_last_all_of_it(spent_s: float) -> None:
    upper, lower, settings = Given("hosted", fails=True), Given("local"), Settings(first_token_s=100.0, total_s=200.0)
    begun = now()
    await climb([upper, lower], settings, spent_s)
    ended, left = now(), 100.0 - spent_s
    assert begun + SHARE * left <= upper.limits[0].first_by <= ended + SHARE * left
    for limits in (*upper.limits, *lower.limits):
        assert begun + 200.0 - spent_s <= limits.total_by <= ended + 200.0 - spent_s
        assert limits.stall_s == settings.stall_s
    assert begun + left <= lower.limits[0].first_by <= ended + left


async def test_a_rung_alone_has_all_the_time() -> None:
    alone, begun = Given("local"), now()
    await climb([alone], Settings(first_token_s=100.0))
    assert begun + 100.0 <= alone.limits[0].first_by <= now() + 100.0


async def test_what_a_rung_used_up_in_silence_is_gone_for_the_next() -> None:
    slow, lower = Given("hosted", fails=True, stays_s=0.3), Given("local")
    before = timeouts("local")
    steps = await climb([slow, lower], Settings(first_token_s=0.2))
    assert (lower.limits, timeouts("local")) == ([], before + 1)
    assert steps == [Token(QUOTED), Written("extractive", MODEL, QUOTED)]


async def test_after_words_that_were_dropped_the_next_rung_has_time_of_its_own() -> None:
    spoke, lower = Given("hosted", speaks=True, fails=True, stays_s=0.3), Given("local")
    begun = now()
    steps = await climb([spoke, lower], Settings(first_token_s=0.2))
    assert steps == [Token("hosted"), Reset(), Written("local", "m", "local")]
    assert begun + 0.3 + 0.2 <= lower.limits[0].first_by <= now() + 0.2


async def test_but_never_more_than_there_is_for_the_whole_answer() -> None:
    spoke, lower = Given("hosted", speaks=True, fails=True, stays_s=0.3), Given("local")
    before = timeouts("local")
    steps = await climb([spoke, lower], Settings(first_token_s=100.0, total_s=0.2))
    assert (lower.limits, timeouts("local")) == ([], before + 1)
    assert steps[-1] == Written("extractive", MODEL, QUOTED)
