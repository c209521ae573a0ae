"""Ingest: 300 one-paragraph documents from exec to the last one searchable, the steady rate, and how fresh a CV is.

    python -m bench.ingest [--documents 300] [--runs 3]

    load     `python -m functions.ingest.cli FOLDER`, a process of its own: exec → all in Chroma and announced
    events   the ingest function: exec → the last of as many events, 8 in flight, answered (it answers when searchable)
    steady   events a second of a running function, 8 in flight and one
    fresh    a two-page CV sent to a running function → ask's reader, polling as ask does, holds its new version

Prints a table, then one line of JSON, and keeps that line under bench/results/.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bench.cold_start import RESULTS, _commit
from functions.ask.corpus import CorpusHolder
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.conftest import MODEL
from tests.ingest.events import PUBLISHED
from tests.processes import CLEAN, ROOT, Chroma, Function

IN_FLIGHT = 8
WORDS = "harbour bridge engine ledger copper orchard signal glacier market violin quarry lantern".split()


def main() -> None:
    """Measure, print, keep."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--documents", type=int, default=300)
    options.add_argument("--runs", type=int, default=3)
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        chroma = Chroma(Path(scratch))
        chroma.start()
        try:
            rows = [measure(Path(scratch), chroma.url, arguments.documents) for _ in range(arguments.runs)]
        finally:
            chroma.stop()
    result = {
        "bench": "ingest",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "documents": arguments.documents,
        "runs": arguments.runs,
        "rows": {name: round(statistics.median(row[name] for row in rows), 3) for name in rows[0]},
    }
    for name, value in result["rows"].items():
        print(f"{name:24} {value:9.3f}")
    line = json.dumps(result)
    (RESULTS / "ingest.json").write_text(line + "\n")
    print(line)


def measure(scratch: Path, chroma_url: str, count: int) -> dict[str, float]:
    """One run of each row, each in a collection of its own."""
    texts = [paragraph(number) for number in range(count)]
    loaded = load(scratch, place(chroma_url), texts)
    environment = place(chroma_url)
    started = time.perf_counter()
    with Function("ingest", scratch, environment) as ingest:
        send(ingest.url, texts, "first", IN_FLIGHT)
        events = time.perf_counter() - started
        rates = {
            f"steady_{flight}_per_s": count / timed(lambda f=flight: send(ingest.url, texts, f"r{f}", f))
            for flight in (IN_FLIGHT, 1)
        }
        fresh = asyncio.run(freshness(ingest.url, environment))
    return {"load_s": loaded, "events_s": events, **rates, **fresh}


def place(chroma_url: str) -> dict[str, str]:
    return {"CHROMA_URL": chroma_url, "CHROMA_COLLECTION": f"b{uuid.uuid4().hex}", "MODEL_DIR": str(MODEL)}


def paragraph(number: int) -> str:
    words = [WORDS[(number * 7 + step * 5) % len(WORDS)] for step in range(6)]
    return (
        f"# Note {number}\n\nIn the year {1200 + number} the {words[0]} of the {words[1]} was rebuilt beside the"
        f" {words[2]}, and for {number % 40 + 2} seasons nobody crossed it without a {words[3]}. The {words[4]}"
        f" remembers it under the number {number * 37}, next to the {words[5]}."
    )


def load(scratch: Path, environment: dict[str, str], texts: Sequence[str]) -> float:
    folder = scratch / uuid.uuid4().hex
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"n{number:04}.md").write_text(text)
    command = [sys.executable, "-m", "functions.ingest.cli", str(folder)]
    return timed(
        lambda: subprocess.run(command, cwd=ROOT, env={**CLEAN, **environment}, stdout=subprocess.DEVNULL, check=True)
    )


def timed(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def send(url: str, texts: Sequence[str], name: str, in_flight: int) -> None:
    with httpx.Client(timeout=120) as client, ThreadPoolExecutor(in_flight) as pool:
        numbered = ((client, url, f"{name}-{number}", text) for number, text in enumerate(texts))
        for reply in pool.map(lambda sent: publish(*sent), numbered):
            assert reply.status_code == 200, reply.text


def publish(client: httpx.Client, url: str, document: str, text: str) -> httpx.Response:
    headers = {
        "content-type": "text/markdown",
        "ce-specversion": "1.0",
        "ce-type": PUBLISHED,
        "ce-source": "/bench",
        "ce-id": uuid.uuid4().hex,
        "ce-time": datetime.now(UTC).isoformat(),
        "ce-subject": document,
    }
    return client.post(url, content=text, headers=headers)


async def freshness(url: str, environment: dict[str, str], times: int = 20) -> dict[str, float]:
    """Seconds from sending a changed two-page CV until a question would be answered from it."""
    settings = Settings.read(environment)
    store = Store(settings)
    head = await store.head()
    assert head
    holder, taken, replied = CorpusHolder(store, head.model), [], []
    with httpx.Client(timeout=120) as client:
        for turn in range(times):
            mark = f"Revision {turn} of this page."
            text = "\n\n".join(f"## Part {n}\n\n{paragraph(n + 97 * turn)[8:]}" for n in range(12))
            started = time.perf_counter()
            reply = await asyncio.to_thread(publish, client, url, "cv", f"# CV\n\n{mark}\n\n{text}")
            replied.append(time.perf_counter() - started)
            assert reply.status_code == 200, reply.text
            while not any(  # noqa: ASYNC110
                mark in row.chunk.text for row in (await holder.current())[0].rows
            ):
                await asyncio.sleep(0.01)
            taken.append(time.perf_counter() - started)
    await holder.close()
    await store.close()
    return {
        "fresh_reply_p50_s": statistics.median(replied),
        "fresh_p50_s": statistics.median(taken),
        "fresh_p95_s": sorted(taken)[round(0.95 * len(taken)) - 1],
    }


if __name__ == "__main__":
    main()
