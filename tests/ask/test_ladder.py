"""The ladder over real sockets: the best rung that can write writes, and the reply says which it was."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace

import pytest

from functions.ask.breaker import State
from functions.ask.evidence import Evidence
from functions.ask.ladder import Ladder, Step, Written
from functions.ask.providers import Message, open_providers
from functions.ask.quotes import Quote
from functions.ask.stream import Reset, Token
from functions.shared import metrics
from functions.shared.records import Chunk, Passage
from functions.shared.settings import Settings
from tests.fake_llms import KEY, Script, two_models
from tests.processes import free_port

SENTENCE = (
    "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany, a position he has held since June 2023."
)
PASSAGE = Passage(Chunk("work", 0, "Work", "https://example.org/", "Current job", SENTENCE, "2026-11-22"), 0.9, 1)
EVIDENCE = Evidence(0.9, (PASSAGE,), (Quote(1, SENTENCE, 1.2),))
QUOTED = f"{SENTENCE} [1]"
FROM_HOSTED = {"from": "hosted", "cause": "malformed"}


@dataclass
class Servers:
    """Both model servers and the settings that lead to them, all waits scaled down."""

    settings: Settings
    hosted: Script = field(default_factory=Script)
    local: Script = field(default_factory=Script)


@pytest.fixture
def servers() -> Iterator[Servers]:
    waits = {"FIRST_TOKEN_S": "1.5", "STALL_S": "0.4", "TOTAL_S": "6.0", "BREAKER_COOLDOWN_S": "0.2"}
    with two_models() as (main, fallback, models):
        yield Servers(Settings.read(models | waits), main, fallback)


@pytest.fixture
async def ladder(servers: Servers) -> AsyncIterator[Ladder]:
    opened = Ladder(open_providers(servers.settings), servers.settings)
    yield opened
    await opened.close()


async def climb(ladder: Ladder) -> list[Step]:
    messages: list[Message] = [{"role": "user", "content": "Where does Vivek work? " * 20}]
    return [step async for step in ladder.climb(EVIDENCE, lambda provider: messages)]


def shown(steps: list[Step]) -> str:
    """What a visitor sees in the end."""
    text = ""
    for step in steps:
        text = "" if isinstance(step, Reset) else text + step.text if isinstance(step, Token) else text
    return text


def written(steps: list[Step]) -> Written:
    assert isinstance(steps[-1], Written)
    assert sum(isinstance(step, Written) for step in steps) == 1
    assert shown(steps) == steps[-1].text
    return steps[-1]


async def test_the_hosted_model_writes_token_by_token_and_its_usage_is_told(servers: Servers, ladder: Ladder) -> None:
    steps = await climb(ladder)
    end = written(steps)
    assert (end.provider, end.model) == ("hosted", "mistralai/Mistral-7B-Instruct-v0.2")
    assert end.text == "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany [1]."
    assert (end.usage.prompt_tokens, end.usage.completion_tokens) == (321, 9)
    assert sum(isinstance(step, Token) for step in steps) > 5
    assert servers.local.asked == []


FAULTS = {
    "unauthorised": Script(status=401),
    "forbidden": Script(status=403),
    "request time-out": Script(status=408),
    "too many requests": Script(status=429, headers={"Retry-After": "7"}),
    "server error": Script(status=500),
    "gateway error": Script(status=503),
    "cold model": Script(status=400, body='{"error": {"message": "model is cold, loading"}}'),
    "our own bad request": Script(status=400, body='{"error": {"message": "max_tokens is too large"}}'),
    "hang": Script(hang=True),
    "HTML": Script(raw=b"<html>maintenance</html>", headers={"content-type": "text/html"}),
    "not JSON": Script(raw=b"data: {oops\n\n"),
    "no choices": Script(raw=b'data: {"object": "chat.completion.chunk"}\n\n'),
    "invalid UTF-8": Script(raw=b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n'),
    "error inside the stream": Script(raw=b'data: {"error": {"message": "overloaded"}}\n\n'),
    "empty stream": Script(raw=b""),
    "an answer without text": Script(pieces=[]),
    "cut before the end": Script(cut_after=3),
    "stall": Script(pieces=["Vivek works at VitaScale"] * 3, gap_s=0.8),
    "no proof": Script(pieces=["Bananas ripen ", "in tropical climates [1]."]),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
async def test_a_broken_hosted_model_hands_over_to_the_local_one(
    servers: Servers, ladder: Ladder, fault: Script
) -> None:
    servers.hosted.__dict__.update({**fault.__dict__, "asked": []})
    end = written(await climb(ladder))
    assert end.provider == "local"
    assert end.model == "tinyllama"
    assert end.text == "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany [1]."


@pytest.mark.parametrize("fault", [Script(status=500), Script(status=404), Script(cut_after=2), Script(raw=b"oops\n")])
async def test_with_both_models_broken_the_documents_are_quoted(
    servers: Servers, ladder: Ladder, fault: Script
) -> None:
    servers.hosted.status = 500
    servers.local.__dict__.update({**fault.__dict__, "asked": []})
    end = written(await climb(ladder))
    assert (end.provider, end.text) == ("extractive", QUOTED)


async def test_nothing_configured_quotes_at_once_and_is_not_below_its_top() -> None:
    ladder = Ladder(open_providers(Settings()), Settings())
    assert ladder.top == "extractive"
    assert written(await climb(ladder)).text == QUOTED


async def test_text_shown_before_the_cut_is_reset_once_and_never_mixed(servers: Servers, ladder: Ladder) -> None:
    servers.hosted.cut_after = 5
    steps = await climb(ladder)
    assert sum(isinstance(step, Reset) for step in steps) == 1
    assert written(steps).provider == "local"


async def test_no_reset_is_sent_when_nothing_was_shown(servers: Servers, ladder: Ladder) -> None:
    servers.hosted.status = 500
    assert not any(isinstance(step, Reset) for step in await climb(ladder))


async def test_a_truncated_prompt_is_noticed_and_the_text_dropped(servers: Servers, ladder: Ladder) -> None:
    servers.hosted.status = 500
    servers.local.truncate_prompt = True
    assert written(await climb(ladder)).provider == "extractive"


async def test_two_models_that_hang_leave_the_documents_to_be_quoted(servers: Servers, ladder: Ladder) -> None:
    servers.hosted.hang = True
    servers.local.hang = True
    assert written(await climb(ladder)).provider == "extractive"
    assert (len(servers.hosted.asked), len(servers.local.asked)) == (1, 1)


async def test_a_dead_server_is_left_alone_until_its_trial_succeeds(servers: Servers, ladder: Ladder) -> None:
    breaker = ladder.rungs[0].breaker
    servers.hosted.status = 500
    for _ in range(3):
        await climb(ladder)
    assert breaker.state is State.OPEN
    asked = len(servers.hosted.asked)
    await climb(ladder)
    assert len(servers.hosted.asked) == asked
    servers.hosted.status = 200
    await _until_half_open(ladder)
    assert written(await climb(ladder)).provider == "hosted"
    assert breaker.state is State.CLOSED


async def _until_half_open(ladder: Ladder) -> None:
    async with asyncio.timeout(5):
        while ladder.rungs[0].breaker.state is State.OPEN:
            await asyncio.sleep(0.01)


async def test_our_own_bad_requests_do_not_open_the_breaker_and_are_logged_as_errors(
    servers: Servers, ladder: Ladder, caplog: pytest.LogCaptureFixture
) -> None:
    servers.hosted.__dict__.update(status=400, body='{"error": {"message": "unknown parameter"}}')
    for _ in range(4):
        await climb(ladder)
    assert ladder.rungs[0].breaker.state is State.CLOSED
    assert [record.levelname for record in caplog.records if "does not answer" in record.message] == ["ERROR"] * 4


async def test_a_visitor_who_leaves_cancels_the_request_upstream(servers: Servers, ladder: Ladder) -> None:
    servers.hosted.pieces = ["Vivek "] * 50
    servers.hosted.gap_s = 0.05
    messages: list[Message] = [{"role": "user", "content": "Where?"}]
    steps = ladder.climb(EVIDENCE, lambda provider: messages)
    await anext(steps)
    await steps.aclose()
    async with asyncio.timeout(5):
        while not servers.hosted.cancelled:
            await asyncio.sleep(0.01)
    assert ladder.rungs[0].breaker.state is State.CLOSED


async def test_a_model_that_declines_is_a_refusal(servers: Servers, ladder: Ladder) -> None:
    servers.hosted.pieces = ["I could not find ", "that in my documents."]
    end = written(await climb(ladder))
    assert (end.provider, end.refused) == ("hosted", True)


@pytest.mark.parametrize(
    ("strategy", "names"),
    [("hybrid", ["hosted", "local"]), ("featherless-only", ["hosted"]), ("ollama-only", ["local"])],
)
def test_the_strategy_chooses_the_rungs(servers: Servers, strategy: str, names: list[str]) -> None:
    opened = open_providers(replace(servers.settings, llm_strategy=strategy))
    assert [provider.name for provider in opened] == names


async def test_nobody_listening_is_a_fault_like_any_other() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    settings = Settings(featherless_api_key=KEY, hosted_base_url=nowhere, ollama_host=nowhere, first_token_s=2)
    ladder = Ladder(open_providers(settings), settings)
    assert written(await climb(ladder)).provider == "extractive"
    await ladder.close()


async def test_a_mistake_of_ours_in_one_rung_leaves_the_next_to_answer(servers: Servers) -> None:
    class Broken:
        name, model, context_tokens = "hosted", "m", 8192

        async def write(self, *_: object) -> AsyncIterator[str]:
            yield "Vivek works "
            raise ZeroDivisionError

        async def close(self) -> None:
            pass

    local = open_providers(replace(servers.settings, llm_strategy="ollama-only"))
    ladder = Ladder([Broken(), *local], servers.settings)  # type: ignore[list-item]
    assert ladder.top == "hosted"
    before = metrics.REGISTRY.get_sample_value("portfolio_ask_failovers_total", FROM_HOSTED) or 0.0
    steps = await climb(ladder)
    assert metrics.REGISTRY.get_sample_value("portfolio_ask_failovers_total", FROM_HOSTED) == before + 1
    assert written(steps).provider == "local"
    assert sum(isinstance(step, Reset) for step in steps) == 1
    await ladder.close()
