"""A model may write a follow-up out: over real sockets, in its time, from the budget, for retrieval only."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from functions.ask.budget import Budget, Metered
from functions.ask.ladder import Ladder
from functions.ask.providers import open_providers
from functions.ask.question import Question, Turn
from functions.ask.rewrite import MAX_TOKENS, MAX_TURN, SHARE, rewrite
from functions.shared.settings import Settings
from tests.fake_llms import KEY, Script, hosted, serving
from tests.processes import Function

WRITTEN = "Since when has Vivek worked at VitaScale?"
ASKED = Question(
    "Since when?", history=[Turn("user", "Where does Vivek work?"), Turn("assistant", "At VitaScale. [1]")]
)


@pytest.fixture
def model() -> Iterator[tuple[Script, Settings]]:
    script = Script(pieces=[WRITTEN])
    with serving(hosted(script)) as url:
        yield script, Settings(featherless_api_key=KEY, hosted_base_url=f"{url}/v1", llm_strategy="featherless-only")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Ladder]:
    providers = open_providers(settings)
    budget = Budget(settings, None)
    ladder = Ladder([Metered(one, budget) for one in providers] if budget.limited else providers, settings)
    yield ladder
    await ladder.close()


async def test_the_model_sees_the_conversation_and_its_line_is_taken(model: tuple[Script, Settings]) -> None:
    script, settings = model
    async with opened(settings) as ladder:
        assert await rewrite(ladder.rungs, ASKED, 12.0) == WRITTEN
    (asked,) = script.asked
    assert asked["max_tokens"] == MAX_TOKENS
    told = asked["messages"][-1]["content"]
    assert told.endswith("user: Where does Vivek work?\nassistant: At VitaScale. [1]\nuser: Since when?")


async def test_of_a_long_conversation_the_model_sees_the_beginnings_of_the_newest_turns(
    model: tuple[Script, Settings],
) -> None:
    script, settings = model
    history = [Turn(role, f"{role} {n} " + "x" * 1000) for n in range(3) for role in ("user", "assistant")]
    async with opened(settings) as ladder:
        await rewrite(ladder.rungs, Question("Since when? " + "y" * 1000, history=history), 12.0)
    lines = script.asked[0]["messages"][-1]["content"].split("\n\n", 1)[1].split("\n")
    assert [line[:16] for line in lines] == [
        "user: user 1 xxx", "assistant: assis", "user: user 2 xxx", "assistant: assis", "user: Since when",
    ]  # fmt: skip
    assert [len(line.partition(": ")[2]) for line in lines] == [MAX_TURN] * 5


async def test_a_mistake_of_ours_leaves_it_to_the_rules_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Rung:
        async def say(self, messages: object, max_tokens: int, by: float) -> str:
            raise ZeroDivisionError

    assert await rewrite([Rung()], ASKED, 12.0) == ""  # type: ignore[list-item]
    assert "rewriting broke" in caplog.text


async def test_it_takes_no_more_than_a_share_of_the_time_for_the_first_token() -> None:
    until: list[float] = []

    class Rung:
        async def say(self, messages: object, max_tokens: int, by: float) -> str:
            until.append(by)
            return WRITTEN

    begun = asyncio.get_running_loop().time()
    await rewrite([Rung()], ASKED, 12.0)  # type: ignore[list-item]
    ended = asyncio.get_running_loop().time()
    assert begun + SHARE * 12.0 <= until[0] <= ended + SHARE * 12.0


@pytest.mark.parametrize(
    "pieces",
    [["Here it is:\n", WRITTEN], ["word " * 80], ["  \n "], ["endless " * 200]],
    ids=["two lines", "too long", "blank", "no end"],
)
async def test_what_is_no_single_question_is_not_taken(model: tuple[Script, Settings], pieces: list[str]) -> None:
    script, settings = model
    script.pieces = pieces
    async with opened(settings) as ladder:
        assert await rewrite(ladder.rungs, ASKED, 12.0) == ""


async def test_marks_around_the_question_go(model: tuple[Script, Settings]) -> None:
    script, settings = model
    script.pieces = [f'"{WRITTEN}"\n']
    async with opened(settings) as ladder:
        assert await rewrite(ladder.rungs, ASKED, 12.0) == WRITTEN


async def test_a_model_that_fails_or_hangs_leaves_it_to_the_rules_and_its_breaker_is_not_told(
    model: tuple[Script, Settings], caplog: pytest.LogCaptureFixture
) -> None:
    script, settings = model
    async with opened(replace(settings, breaker_failures=1)) as ladder:
        script.status = 503
        assert await rewrite(ladder.rungs, ASKED, 12.0) == ""
        script.status, script.hang = 200, True
        assert await rewrite(ladder.rungs, ASKED, 1.0) == ""
        script.hang = False
        assert await rewrite(ladder.rungs, ASKED, 12.0) == WRITTEN
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_rewriting_is_a_call_of_the_days_budget(model: tuple[Script, Settings]) -> None:
    script, settings = model
    async with opened(replace(settings, llm_calls_per_day=1)) as ladder:
        assert await rewrite(ladder.rungs, ASKED, 12.0) == WRITTEN
        assert await rewrite(ladder.rungs, ASKED, 12.0) == ""
    assert len(script.asked) == 1


@pytest.fixture
def ask(
    model: tuple[Script, Settings], start_function: Callable[..., Function], fed: dict[str, str]
) -> Callable[[str], Function]:
    def start(rewriting: str) -> Function:
        settings = {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": model[1].hosted_base_url}
        return start_function("ask", fed | settings | {"REWRITE_FOLLOW_UPS": rewriting})

    return start


def post(ask: Function, question: str) -> dict[str, object]:
    history = [{"role": turn.role, "content": turn.content} for turn in ASKED.history]
    reply = httpx.post(ask.url, json={"question": question, "history": history}, timeout=60)
    return dict(reply.raise_for_status().json())


def test_a_follow_up_is_looked_up_as_the_model_wrote_it_and_answered_as_it_was_asked(
    ask: Callable[[str], Function], model: tuple[Script, Settings]
) -> None:
    script = model[0]
    script.pieces = ["Where did Vivek study mechatronics?"]
    record = post(ask("true"), "And the other one?")
    first, second, *_ = script.asked
    assert first["max_tokens"] == MAX_TOKENS
    assert "University of Siegen" in second["messages"][-1]["content"]
    assert second["messages"][-1]["content"].endswith("Question: And the other one?")
    assert "rewrite" in record["timings_ms"]  # type: ignore[operator]


def test_what_stands_alone_is_never_rewritten(ask: Callable[[str], Function], model: tuple[Script, Settings]) -> None:
    record = post(ask("true"), "Which languages does Vivek speak?")
    assert "rewrite" not in record["timings_ms"]  # type: ignore[operator]
    assert all(asked["max_tokens"] != MAX_TOKENS for asked in model[0].asked)


def test_nothing_is_rewritten_by_default(ask: Callable[[str], Function], model: tuple[Script, Settings]) -> None:
    record = post(ask("false"), "Since when?")
    assert "rewrite" not in record["timings_ms"]  # type: ignore[operator]
    assert all(asked["max_tokens"] != MAX_TOKENS for asked in model[0].asked)
