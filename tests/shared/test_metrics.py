"""Every metric's name in one place; its labels are there, at 0, before anything happened."""

import subprocess
import sys
from typing import get_args

import pytest

from functions.ask.providers import Cause
from functions.shared import metrics
from tests.processes import CLEAN, ROOT

ASK = {
    "portfolio_ask_requests_total": {"outcome", "provider", "contract"},
    "portfolio_ask_first_token_seconds": {"provider"},
    "portfolio_ask_total_seconds": {"provider"},
    "portfolio_ask_stage_seconds": {"stage"},
    "portfolio_ask_failovers_total": {"from", "cause"},
    "portfolio_provider_breaker_state": {"provider"},
    "portfolio_provider_in_flight": {"provider"},
    "portfolio_provider_tokens_total": {"provider", "direction"},
    "portfolio_ask_unanswered_total": {"language", "reason"},
    "portfolio_ask_citations_total": {"result"},
    "portfolio_ask_cache_total": {"result"},
    "portfolio_ask_feedback_total": {"verdict"},
}
INGEST = {
    "portfolio_ingest_events_total": {"type", "outcome"},
    "portfolio_ingest_chunks_total": {"action"},
    "portfolio_ingest_redactions_total": {"kind"},
    "portfolio_ingest_event_to_searchable_seconds": set(),
    "portfolio_ingest_blocked": set(),
}
CORPUS: dict[str, set[str]] = {
    "portfolio_corpus_chunks": set(),
    "portfolio_corpus_documents": set(),
    "portfolio_corpus_version_info": {"version"},
    "portfolio_corpus_stale": set(),
}
COLD_START: dict[str, set[str]] = {"portfolio_cold_start_seconds": set()}
REDIS: dict[str, set[str]] = {"portfolio_redis_up": set()}


def exposed(opened: str) -> str:
    """What Prometheus reads from a process that has just opened these sets."""
    program = (
        "from prometheus_client import generate_latest; from functions.shared import metrics;"
        f"{opened}; print(generate_latest(metrics.REGISTRY).decode())"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=CLEAN, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def ask() -> str:
    return exposed("metrics.ask()")


@pytest.fixture(scope="module")
def ingest() -> str:
    return exposed("metrics.ingest()")


def names(text: str) -> set[str]:
    """The metrics of an exposition; the client adds the moment each was created."""
    found = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    return {name for name in found if not name.endswith("_created")}


def test_ask_has_the_metrics_of_the_table(ask: str) -> None:
    assert names(ask) == set(ASK)


def test_ingest_has_the_metrics_of_the_table(ingest: str) -> None:
    assert names(ingest) == set(INGEST)


def test_the_corpus_the_cold_start_redis_and_the_loop_have_theirs() -> None:
    opened = "metrics.corpus(), metrics.cold_start(), metrics.redis_up(), metrics.tasks()"
    assert names(exposed(opened)) == set(CORPUS) | set(COLD_START) | set(REDIS) | {"portfolio_asyncio_tasks"}


@pytest.mark.parametrize(
    "sample",
    [
        *(
            f'portfolio_ask_requests_total{{contract="{contract}",outcome="{outcome}",provider="{provider}"}} 0.0'
            for contract in ("json", "sse", "openai", "ui", "mcp")
            for outcome, provider in (
                ("answered", "hosted"),
                ("answered", "local"),
                ("answered", "extractive"),
                ("refused", "extractive"),
                ("refused", "contact"),
                ("invalid", "extractive"),
                ("limited", "extractive"),
                ("failed", "extractive"),
            )
        ),
        'portfolio_ask_first_token_seconds_count{provider="contact"} 0.0',
        'portfolio_ask_total_seconds_count{provider="hosted"} 0.0',
        *(
            f'portfolio_ask_stage_seconds_count{{stage="{stage}"}} 0.0'
            for stage in ("embed", "retrieve", "rerank", "evidence", "prompt")
        ),
        'portfolio_provider_breaker_state{provider="local"} 0.0',
        'portfolio_provider_in_flight{provider="hosted"} 0.0',
        'portfolio_provider_tokens_total{direction="completion",provider="hosted"} 0.0',
        'portfolio_ask_citations_total{result="dropped"} 0.0',
        'portfolio_ask_failovers_total{cause="timeout",from="hosted"} 0.0',
        'portfolio_ask_failovers_total{cause="open",from="local"} 0.0',
        'portfolio_ask_failovers_total{cause="budget",from="hosted"} 0.0',
        *(f'portfolio_ask_cache_total{{result="{result}"}} 0.0' for result in ("hit", "miss", "joined", "bypass")),
        'portfolio_ask_unanswered_total{language="und",reason="declined"} 0.0',
        'portfolio_ask_feedback_total{verdict="down"} 0.0',
    ],
)
def test_a_label_set_of_ask_stands_at_0_before_it_first_counts(ask: str, sample: str) -> None:
    assert sample in ask.splitlines()


@pytest.mark.parametrize(
    "sample",
    [
        'portfolio_ingest_events_total{outcome="refused",type="published"} 0.0',
        'portfolio_ingest_chunks_total{action="embedded"} 0.0',
        'portfolio_ingest_redactions_total{kind="phone"} 0.0',
        "portfolio_ingest_event_to_searchable_seconds_count 0.0",
    ],
)
def test_a_label_set_of_ingest_stands_at_0_before_it_first_counts(ingest: str, sample: str) -> None:
    assert sample in ingest.splitlines()


def test_the_causes_of_a_fail_over_are_those_a_provider_may_give() -> None:
    assert set(metrics.FAILOVER_CAUSES) == {*get_args(Cause), "open"}


def test_every_label_of_the_table_is_a_label(ask: str, ingest: str) -> None:
    for text, table in ((ask, ASK), (ingest, INGEST)):
        for name, labels in table.items():
            stem = name if name.endswith("_total") else f"{name}_count" if "_seconds" in name else name
            samples = [line for line in text.splitlines() if line.startswith((f"{stem}{{", f"{stem} "))]
            assert samples, name
            given = samples[0].rpartition(" ")[0].removeprefix(stem).strip("{}")
            assert {pair.split("=")[0] for pair in given.split(",") if pair} == labels, name
