"""From what a section found to the rows of the table: which is divided by which, and what must hold."""

from typing import Any

import pytest

from bench import at_rest, cold_start, growth, ingest, load, warm
from bench.figures import Row


def of(rows: list[Row], beginning: str) -> Row:
    (found,) = [row for row in rows if row.name.startswith(beginning)]
    return found


def started(seconds: float, pss: float = 100.0) -> dict[str, Any]:
    return {"s": {"median": seconds, "min": seconds, "max": seconds, "runs": 3}, "pss_mb": {"median": pss}}


COLD = {
    "warm": {"floor": started(0.3), "ask": started(0.6), "classic": started(6.6)},
    "dropped": {"floor": started(1.0), "ask": started(2.5), "classic": started(20.0)},
}


def test_a_cold_start_is_compared_with_the_floor_and_with_the_classic_stack() -> None:
    rows = cold_start.rows(COLD)
    assert of(rows, "cold start / floor").value == pytest.approx(2.0)
    assert of(rows, "cold start / floor").verdict == "stretch"
    assert of(rows, "cold start, faster").value == pytest.approx(11.0)
    assert of(rows, "cold start, faster").verdict == "must"
    assert of(rows, "the same with nothing").value == pytest.approx(2.5)


def test_without_the_classic_stack_its_rows_say_what_is_missing() -> None:
    rows = cold_start.rows({"warm": {"floor": started(0.3), "ask": started(0.9)}})
    row = of(rows, "cold start, faster")
    assert (row.verdict, row.told) == ("not measured", "make classic")
    assert of(rows, "cold start / floor").verdict == "missed"
    assert len(rows) == 2


LOAD = {
    "in_flight": 32,
    "ask": {"per_s": 300.0, "cpu_ms": 4.4},
    "classic": {"per_s": 50.0, "cpu_ms": 30.0},
    "sweep": [
        {"llm_ms": 0, "in_flight": 32, "p50_ms": 90.0, "own_p50_ms": 2.0},
        {"llm_ms": 300, "in_flight": 8, "p50_ms": 310.0, "own_p50_ms": 300.0},
        {"llm_ms": 300, "in_flight": 32, "p50_ms": 390.0, "own_p50_ms": 300.0},
    ],
}


def test_load_is_compared_at_32_in_flight_with_the_classic_stack_and_the_model_itself() -> None:
    rows = load.rows(LOAD)
    assert (of(rows, "32 in flight: CPU").value, of(rows, "32 in flight: CPU").verdict) == (4.4, "must")
    assert (of(rows, "32 in flight: requests").value, of(rows, "32 in flight: requests").verdict) == (6.0, "stretch")
    assert of(rows, "LLM at 300 ms").value == pytest.approx(1.3)
    assert of(rows, "LLM at 300 ms").verdict == "missed"


INGEST = {
    "documents": 300,
    "ingest": {
        "events_s": 5.0,
        "folder_s": 4.0,
        "steady_per_s": 60.0,
        "fresh_p50_s": 0.9,
        "fresh_p95_s": 1.2,
        "pss_mb": 290.0,
    },
    "classic": {"events_s": 22.0, "folder_s": 12.0, "steady_per_s": 40.0, "pss_mb": 700.0},
}


def test_ingest_is_faster_by_less_time_and_by_more_documents_a_second() -> None:
    rows = ingest.rows(INGEST)
    assert (of(rows, "300 documents as events").value, of(rows, "300 documents as events").verdict) == (4.4, "must")
    assert (of(rows, "300 documents of a folder").value, of(rows, "300 documents of a folder").verdict) == (
        3.0,
        "missed",
    )
    assert (of(rows, "steady rate").value, of(rows, "steady rate").verdict) == (1.5, "must")
    assert (of(rows, "two-page CV").value, of(rows, "two-page CV").verdict) == (1.2, "must")
    assert of(rows, "memory of ingest").verdict == "stretch"
    alone = ingest.rows({name: found for name, found in INGEST.items() if name != "classic"})
    assert [row.verdict for row in alone].count("not measured") == 3


def test_latency_is_held_by_its_own_bounds() -> None:
    found = {
        "before, matrices cached": {"p50_ms": 7.9, "p95_ms": 19.0},
        "before, no matrix cached": {"p50_ms": 20.0, "p95_ms": 51.0},
        "quoted": {"p50_ms": 9.0, "p95_ms": 12.0},
        "first token above the model's": {"median_ms": 9.0, "p95_ms": 11.0, "own_ms": 300.1, "streams": 60},
    }
    assert [row.verdict for row in warm.rows(found)] == ["stretch", "must", "missed", "", "must"]


def test_memory_is_held_by_its_own_bounds() -> None:
    found = {"ask, loaded": 149.0, "ask, later": 201.0, "health": 61.0, "questions": 1000}
    rows = at_rest.rows(found)
    assert [row.verdict for row in rows] == ["stretch", "must", "missed"]
    assert rows[1].name == "memory of ask after 1,000 questions"


def size(passages: int, cold: float, p50: float) -> dict[str, Any]:
    return {"passages": passages, "cold_s": {"median": cold}, "p50_ms": p50}


def test_growth_is_measured_from_the_first_size() -> None:
    rows = growth.rows([size(100, 0.5, 8.0), size(1000, 0.55, 8.1), size(10_000, 0.7, 9.0), size(100_000, 1.1, 9.0)])
    assert [row.name for row in rows] == [
        "100 → 1,000 passages: cold start",
        "100 → 1,000 passages: p50",
        "100 → 10,000 passages: cold start",
        "100 → 10,000 passages: p50",
        "100 → 100,000 passages: cold start",
        "100 → 100,000 passages: p50",
    ]
    assert [row.value for row in rows] == pytest.approx([1.1, 1.0125, 1.4, 1.125, 2.2, 1.125])
    assert [row.verdict for row in rows] == ["", "", "must", "must", "missed", "must"]
