"""Growth: 100 to 100,000 passages, a cold start and warm questions at each size.

    make bench-growth                         100, 1,000, 10,000 and 100,000: see bench/README.md for how long it takes
    make bench-growth SIZES=100,1000,10000    sizes of one's own; the first is what the others are compared with

Corpora are those of bench/corpora.py, written to Chroma without ingest: this is about reading. The files are in the
page cache.
"""

import argparse
import asyncio
import os
import time
from collections import Counter
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from bench import report
from bench.client import Connection, good
from bench.cold_start import SERVE
from bench.corpora import FACT, QUESTION, Original, fill, originals, passages
from bench.figures import Row, latencies, percentile, ratio, spread
from bench.parts import (
    Function,
    asked,
    chroma_in,
    cpu_s,
    first_answer,
    keep,
    place,
    pss_mb,
    scratch,
    settle,
    sized,
    stamp,
)
from bench.prose import bodies
from functions.shared.embed import open_embedder
from functions.shared.settings import Settings

SIZES = "100,1000,10000,100000"
STARTS, QUESTIONS, ROUNDS = sized(5, 1), sized(100, 8), sized(3, 1)
# What must hold from the first size to 10,000 and to 100,000 passages: cold start, p50.
BOUNDS = {10_000: ((1.5, 1.2), (1.25, 1.1)), 100_000: ((2.0, 1.5), (1.25, 1.1))}


def main() -> None:
    """Measure, print, keep."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", default=os.environ.get("SIZES") or ("100,300" if sized(0, 1) else SIZES))
    sizes = [int(size.replace("_", "")) for size in options.parse_args().sizes.split(",")]
    started = time.perf_counter()
    with scratch() as folder, chroma_in(folder) as chroma:
        lines = measure(folder, chroma, sizes)
    whole = {"seconds": round(time.perf_counter() - started), "rows": [row.as_json() for row in rows(lines)]}
    result = stamp("growth") | whole | {"sizes": lines}
    print(report.growth(result))
    keep(result)


def measure(folder: Path, chroma_url: str, sizes: list[int]) -> list[dict[str, Any]]:
    """One line a size; starts and questions go from size to size in turns."""
    places = {size: place(chroma_url) for size in sizes}
    embedder = open_embedder(Settings.read(places[sizes[0]]))
    known = list(originals(embedder))
    writing = {size: fill(places[size], known, size, embedder.name) for size in sizes}
    starts: dict[int, list[float]] = {size: [] for size in sizes}
    for run in range(STARTS + 1):
        for size in sizes:
            environment = {"FUNCTION_TARGET": "ask", **places[size]}
            seconds, _ = first_answer(SERVE, environment, folder / "cold.log", _answers)
            starts[size] += [seconds] if run else []
    warm = _warm(folder, places, _in_all(known, sizes[0]))
    return [
        {"passages": size, "cold_s": spread(starts[size]), "written_s": round(writing[size]), **warm[size]}
        for size in sizes
    ]


def _answers(url: str) -> bool:
    return FACT in asked(url, QUESTION)["answer"]


def _in_all(known: list[Original], size: int) -> frozenset[str]:
    """The articles that a corpus of so many passages has whole: what is asked about must be in all of them, because a
    refusal is quicker than an answer.
    """
    held = Counter(chunk.document for _, copy, chunk in islice(passages(known), size) if not copy)
    whole = Counter(one.chunk.document for one in known)
    return frozenset(name for name, count in held.items() if count == whole[name])


def _warm(folder: Path, places: dict[int, dict[str, str]], about: frozenset[str]) -> dict[int, dict[str, Any]]:
    """p50 and p95 with the questions' matrices cached and everything loaded, CPU a question, memory."""
    taken: dict[int, list[float]] = {size: [] for size in places}
    found: dict[int, dict[str, Any]] = {}
    with ExitStack() as stack:
        asks = {size: stack.enter_context(Function("ask", folder, settings)) for size, settings in places.items()}
        for ask in asks.values():
            asyncio.run(_ask(ask.url, about))
            settle(ask.pid, 180)
        for ask in asks.values():
            asyncio.run(_ask(ask.url, about))
        before = {size: cpu_s(ask.pid) for size, ask in asks.items()}
        for _ in range(ROUNDS):
            for size, ask in asks.items():
                taken[size] += asyncio.run(_ask(ask.url, about))
        for size, ask in asks.items():
            used = (cpu_s(ask.pid) - before[size]) * 1000 / len(taken[size])
            found[size] = {**latencies(taken[size]), "cpu_ms": round(used, 2), "pss_mb": round(pss_mb(ask.pid))}
            found[size]["p99_ms"] = round(percentile(taken[size], 0.99) * 1000, 2)
    return found


async def _ask(url: str, about: frozenset[str]) -> list[float]:
    """Seconds of each question, one in flight."""
    connection = Connection(url)
    replies = [await connection.post(body) for body in bodies(QUESTIONS, about=about)]
    connection.close()
    good(replies)
    return [reply.seconds for reply in replies]


def rows(lines: list[dict[str, Any]]) -> list[Row]:
    """Ratios against the first size."""
    first, *others = lines
    made = []
    for line in others:
        cold, p50 = BOUNDS.get(line["passages"], ((None, None), (None, None)))
        sizes = f"{first['passages']:,} → {line['passages']:,} passages"
        slower = ratio(line["cold_s"]["median"], first["cold_s"]["median"])
        told = f"{first['cold_s']['median']:.3f} and {line['cold_s']['median']:.3f} s"
        made.append(Row(f"{sizes}: cold start", slower, "×", *cold, told=told))
        told = f"{first['p50_ms']} and {line['p50_ms']} ms"
        made.append(Row(f"{sizes}: p50", ratio(line["p50_ms"], first["p50_ms"]), "×", *p50, told=told))
    return made


if __name__ == "__main__":
    main()
