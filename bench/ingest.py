"""Ingest: 300 one-paragraph documents from exec to the last one searchable, the steady rate, and how fresh a CV is.

    folder   `make ingest` of a folder, a process of its own: exec → all in Chroma and announced, when it says so;
             classic: exec → all of them, posted in one request, added and the last one found
    events   the ingest function: exec → the last of as many events, 8 in flight, answered (it answers when searchable);
             classic: exec → as many requests, 8 in flight, and the last one found
    steady   documents a second of a running one, 8 in flight and one, all of them new
    fresh    a two-page CV sent to a running function → ask's reader, polling as ask does, holds its new version

ingest and the classic stack take turns, each with a store of its own.
"""

import asyncio
import re
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bench import texts
from bench.classic_stack import Classic, posted
from bench.figures import Row, percentile, ratio
from bench.parts import CLEAN, ROOT, Function, Missing, asked, place, pss_mb, say, sized, written
from functions.ask.holder import CorpusHolder
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.ingest.events import PUBLISHED

IN_FLIGHT = 8
DOCUMENTS, CVS = sized(300, 12), sized(20, 3)
# A run takes two minutes; its six hundred documents each are many enough.
RUNS = 1
Send = Callable[[httpx.Client, str, str, str], httpx.Response]  # client, address, id, text


def measure(folder: Path, chroma_url: str) -> dict[str, Any]:
    """Medians of the runs: seconds, documents a second, PSS in MB."""
    first = texts.paragraphs(2 * DOCUMENTS)
    documents = dict(list(first.items())[:DOCUMENTS])
    more = dict(list(first.items())[DOCUMENTS:])
    runs: dict[str, list[dict[str, float]]] = {"ingest": [], "classic": []}
    for number in range(RUNS):
        runs["ingest"].append(_ours(folder / f"ours-{number}", chroma_url, documents, more))
        try:
            runs["classic"].append(_classic(folder / f"classic-{number}", documents, more))
        except Missing as reason:
            say(str(reason))
    return {"documents": DOCUMENTS, "runs": RUNS} | {
        name: {column: round(statistics.median(run[column] for run in found), 3) for column in found[0]}
        for name, found in runs.items()
        if found
    }


def _ours(folder: Path, chroma_url: str, documents: Mapping[str, str], more: Mapping[str, str]) -> dict[str, float]:
    """Each in a collection of its own."""
    folder.mkdir()
    loaded, calibrated = of_folder(written(documents, folder / "docs"), place(chroma_url))
    environment = place(chroma_url)
    started = time.perf_counter()
    with Function("ingest", folder, environment) as ingest:
        send(publish, ingest.url, documents, IN_FLIGHT)
        events = time.perf_counter() - started
        steady = timed(lambda: send(publish, ingest.url, more, IN_FLIGHT))
        memory = pss_mb(ingest.pid)
        others = {f"{name}-again": text.replace(". ", ", and so. ", 1) for name, text in list(more.items())[::3]}
        single = timed(lambda: send(publish, ingest.url, others, 1))
        fresh = asyncio.run(freshness(ingest.url, environment))
    return {
        "folder_s": loaded,
        "folder_end_s": calibrated,
        "events_s": events,
        "steady_per_s": len(more) / steady,
        "steady_1_per_s": len(others) / single,
        "pss_mb": memory,
        **fresh,
    }


def of_folder(documents: Path, environment: Mapping[str, str]) -> tuple[float, float]:
    """`make ingest`: seconds from exec until all are searchable, and until the evidence threshold is measured."""
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "functions.ingest.cli", str(documents)],
        cwd=ROOT,
        env={**CLEAN, **environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        lines = (line for line in process.stdout if re.match(r"\d+ documents?, ", line))
        searchable = time.perf_counter() - started if next(lines, "") else float("nan")
        process.stdout.read()
    assert process.returncode == 0, f"make ingest ended with {process.returncode}"
    return searchable, time.perf_counter() - started


def _classic(folder: Path, documents: Mapping[str, str], more: Mapping[str, str]) -> dict[str, float]:
    """The same of the classic stack."""
    for name in ("folder", "events"):
        (folder / name).mkdir(parents=True)
    started = time.perf_counter()
    with Classic(folder / "folder") as classic:
        classic.add(documents)
        _found(classic.url, documents)
        loaded = time.perf_counter() - started
    started = time.perf_counter()
    with Classic(folder / "events") as classic:
        send(post, f"{classic.url}/documents", documents, IN_FLIGHT)
        _found(classic.url, documents)
        events = time.perf_counter() - started
        steady = timed(lambda: send(post, f"{classic.url}/documents", more, IN_FLIGHT))
        memory = pss_mb(classic.pid)
    return {"folder_s": loaded, "events_s": events, "steady_per_s": len(more) / steady, "pss_mb": memory}


def _found(url: str, documents: Mapping[str, str]) -> None:
    """The last document's own words find it."""
    name, text = list(documents.items())[-1]
    question = text.rpartition("\n\n")[2][:200]
    assert name in [source["title"] for source in asked(url, question)["sources"]], f"{name} is not found"


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def send(one: Send, url: str, documents: Mapping[str, str], in_flight: int) -> None:
    """All of them, so many at a time."""
    with httpx.Client(timeout=120) as client, ThreadPoolExecutor(in_flight) as pool:
        for reply in pool.map(lambda item: one(client, url, *item), documents.items()):
            assert reply.status_code == 200, reply.text


def post(client: httpx.Client, url: str, document: str, text: str) -> httpx.Response:
    """As the classic stack takes it."""
    return client.post(url, content=posted({document: text}), headers={"content-type": "application/json"})


def publish(client: httpx.Client, url: str, document: str, text: str) -> httpx.Response:
    """As ingest takes it."""
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


async def freshness(url: str, environment: Mapping[str, str]) -> dict[str, float]:
    """Seconds from sending a changed two-page CV until a question would be answered from it."""
    store = Store(Settings.read(environment))
    head = await store.head()
    assert head
    holder = CorpusHolder(store, head.model)
    taken: list[float] = []
    with httpx.Client(timeout=120) as client:
        for turn in range(CVS):
            started = time.perf_counter()
            reply = await asyncio.to_thread(publish, client, url, "cv", texts.cv(turn))
            assert reply.status_code == 200, reply.text
            await _seen(holder, f"Revision {turn} of this page.")
            taken.append(time.perf_counter() - started)
    await holder.close()
    await store.close()
    return {"fresh_p50_s": statistics.median(taken), "fresh_p95_s": percentile(taken, 0.95)}


async def _seen(holder: CorpusHolder, mark: str) -> None:
    """ask asks Chroma at most once a second, whenever a question comes; here one comes every 10 ms."""
    while not any(mark in row.chunk.text for row in (await holder.current())[0].rows):  # noqa: ASYNC110  no event to wait for
        await asyncio.sleep(0.01)


def rows(found: dict[str, Any]) -> list[Row]:
    """The figures of the table."""
    ours, classic, count = found["ingest"], found.get("classic"), found["documents"]

    def against(name: str, column: str, must: float, stretch: float, unit: str = "s") -> Row:
        if not classic:
            return Row(name, None, "×", must, stretch, at_least=True, told="make classic")
        mine, theirs = ours[column], classic[column]
        faster = ratio(mine, theirs) if unit == "a second" else ratio(theirs, mine)
        told = f"{mine:.2f} and {theirs:.2f} {unit}"
        return Row(name, faster, "×", must, stretch, at_least=True, told=told)

    return [
        against(f"{count} documents as events, exec → last searchable, faster than classic", "events_s", 4, 5),
        against(f"{count} documents of a folder, the same", "folder_s", 4, 5),
        against("steady rate, 8 in flight / classic", "steady_per_s", 1.3, 2, "a second"),
        Row("two-page CV, sent → answerable, p95", ours["fresh_p95_s"], "s", 2, 1, told=f"p50 {ours['fresh_p50_s']} s"),
        Row("memory of ingest after them", ours["pss_mb"], "MB", 400, 300, told="PSS"),
    ]
