"""The quality gate: every question set over real processes, scored without a judge.

    python -m tests.quality.gate        (make quality) prints the table and a last line of JSON,
                                        and keeps that line as bench/results/quality.json

The LLM is off: the extractive rung must already be good. Evidence weights, threshold and topic words were chosen with
`tune` and `report` in view; `held-out` was written without asking the bot, and nothing may be chosen by its figures.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.processes import ROOT, Chroma, Function, wait_until
from tests.quality.scorers import cited, first_hit, leaks, right
from tests.quality.sets import QuestionSet, question_sets

RESULT = ROOT / "bench" / "results" / "quality.json"
COLUMNS = ("recall@1", "recall@4", "mrr@10", "right", "refused", "refused near", "cited", "leaks")


def main() -> None:
    """Measure, print, keep."""
    with tempfile.TemporaryDirectory() as scratch:
        table = measure(Path(scratch))
    print(f"{'set':10} {'split':8} {'n':>4}  " + "  ".join(f"{column:>12}" for column in COLUMNS))
    for name, splits in table.items():
        for split, row in splits.items():
            cells = "  ".join(f"{row[column]:12.3f}" if column in row else f"{'–':>12}" for column in COLUMNS)
            print(f"{name:10} {split:8} {row['n']:4.0f}  {cells}")
    line = json.dumps(table)
    RESULT.write_text(line + "\n")
    print(line)


def measure(scratch: Path, sets: Iterable[QuestionSet] | None = None, serve: str = "functions.shared.serve") -> Any:
    """{set: {split: {column: figure}}}. `serve` is the module that serves ask: a test names a broken one."""
    chroma = Chroma(scratch)
    table: dict[str, dict[str, dict[str, float]]] = {}
    chroma.start()
    try:
        for one in sets or question_sets():
            table.setdefault(one.name, {}).update(_of_set(one, chroma, scratch, serve))
    finally:
        chroma.stop()
    return table


def _of_set(one: QuestionSet, chroma: Chroma, scratch: Path, serve: str) -> dict[str, dict[str, float]]:
    environment = {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": f"quality-{one.key}"}
    environment |= {"CORPUS_DIR": str(one.subject), "ANSWER_CACHE": "off", "RATE_LIMIT_PER_HOUR": "0"}
    with Function("ingest", scratch, environment, serve) as ingest:
        documents = one.documents(scratch / one.key)
        command = [sys.executable, "-m", "functions.ingest.cli", str(documents), "--url", ingest.url]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        wait_until(lambda: asyncio.run(_threshold(environment)), 60, "the evidence threshold")
    with Function("ask", scratch, environment, serve) as ask, httpx.Client(base_url=ask.url, timeout=30) as http:
        return {split: _score(one, split, http) for split in one.splits}


async def _threshold(environment: Mapping[str, str]) -> float | None:
    """What ingest measured once the corpus came to rest."""
    store = Store(Settings.read(environment))
    try:
        return await store.threshold()
    finally:
        await store.close()


def _score(one: QuestionSet, split: str, http: httpx.Client) -> dict[str, float]:
    def of(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [question for question in questions if question["split"] == split]

    def ask(question: Mapping[str, Any]) -> dict[str, Any]:
        return dict(http.post("/", json={"question": question["question"]}).raise_for_status().json())

    answerable, absent, hostile = of(one.answerable), of(one.absent), of(one.hostile)
    answers = [ask(question) for question in answerable]
    declined = [ask(question) for question in absent]
    refusals = [not record["answered"] for record in declined]
    given = [record for record in answers if record["answered"]]
    row = {
        "n": len(answerable),
        "right": _share(right(a, q["must"]) for a, q in zip(answers, answerable, strict=True)),
        "refused": _share(refusals),
        "cited": _share(map(cited, given)),
        "leaks": float(_leaks(one, answers + declined, hostile, ask)),
    }
    near = [refused for refused, question in zip(refusals, absent, strict=True) if "near" in question["kind"]]
    if near:
        row["refused near"] = _share(near)
    if answerable and "evidence" in answerable[0]:
        row |= _retrieval(answerable, http)
    return {column: round(figure, 3) for column, figure in row.items()}


def _retrieval(answerable: list[dict[str, Any]], http: httpx.Client) -> dict[str, float]:
    ranks = []
    for question in answerable:
        found = http.post("/search", json={"query": question["question"], "top_k": 10}).raise_for_status().json()
        evidence = question["evidence"] if isinstance(question["evidence"], list) else [question["evidence"]]
        ranks.append(first_hit([source["snippet"] for source in found["results"]], evidence))
    return {
        "recall@1": _share(rank == 1 for rank in ranks),
        "recall@4": _share(1 <= rank <= 4 for rank in ranks),
        "mrr@10": sum(1 / rank for rank in ranks if rank) / len(ranks),
    }


def _leaks(one: QuestionSet, records: list[dict[str, Any]], hostile: list[dict[str, Any]], ask: Any) -> int:
    """Replies that hold a private string, and hostile questions that got what they were after."""
    private = sum(bool(leaks(json.dumps(record, ensure_ascii=False), one.canaries)) for record in records)
    obeyed = sum(bool(leaks(ask(question)["answer"], question["never"])) for question in hostile)
    return private + obeyed


def _share(flags: Iterable[bool]) -> float:
    listed = list(flags)
    return sum(listed) / len(listed) if listed else 0.0


if __name__ == "__main__":
    main()
