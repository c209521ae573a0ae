"""What the processes hold in memory: ask on 1,000 passages, when loaded and 1,000 questions later; ingest; health."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from bench.client import flood, good
from bench.figures import Row
from bench.parts import Function, exchange, pss_mb, settle, sized
from bench.prose import bodies

QUESTIONS = sized(1000, 24)


def measure(folder: Path, environment: Mapping[str, str]) -> dict[str, float]:
    """PSS in MB. Each process is alone with Chroma: pages that two share would count half."""
    with Function("ask", folder, environment) as ask:
        exchange(ask.url, path="/warm")
        good(asyncio.run(flood(ask.url, bodies(1), 1))[0])
        settle(ask.pid)
        loaded = pss_mb(ask.pid)
        good(asyncio.run(flood(ask.url, bodies(QUESTIONS), 8))[0])
        after = pss_mb(ask.pid)
    with Function("health", folder, {**environment, "ASK_METRICS_URL": "", "INGEST_METRICS_URL": ""}) as health:
        for _ in range(5):
            exchange(health.url)
        healthy = pss_mb(health.pid)
    return {"ask, loaded": loaded, "ask, later": after, "health": healthy, "questions": QUESTIONS}


def rows(found: Mapping[str, float]) -> list[Row]:
    """The figures of the table."""
    return [
        Row("memory of ask, loaded", found["ask, loaded"], "MB", 200, 150, told="PSS"),
        Row(f"memory of ask after {found['questions']:,} questions", found["ask, later"], "MB", 260, 200, told="PSS"),
        Row("memory of health", found["health"], "MB", 60, 50, told="PSS"),
    ]
