"""The quality gate: every question set over real processes, scored without a judge.

    python -m tests.quality.gate            (make quality) prints the table and a last line of JSON,
                                            and keeps that line as bench/results/quality.json
    python -m tests.quality.gate german     the same of the sets named, and keeps nothing

The LLM is off: the extractive rung must already be good. Evidence weights, threshold and topic words were chosen with
`tune` and `report` in view; `held-out` was written without asking the bot, and nothing may be chosen by its figures.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import httpx

from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.processes import ROOT, Chroma, Function, wait_until
from tests.quality import dialogues
from tests.quality.scorers import cited, first_hit, leaks, right, share
from tests.quality.sets import Documents, Question, QuestionSet, question_sets

RESULT = ROOT / "bench" / "results" / "quality.json"
Table = dict[str, dict[str, dict[str, float]]]  # set → split → column → figure
COLUMNS = ("recall@1", "recall@4", "mrr@10", "right", "refused", "refused near", "refused far", "cited", "leaks")


def main(names: Sequence[str]) -> None:
    """Measure and print; keep what was measured of all sets."""
    sets = list(question_sets())
    if unknown := set(names) - {one.name for one in sets}:
        raise SystemExit(f"no set is called {', '.join(unknown)}; there are {', '.join({one.name: 0 for one in sets})}")
    with tempfile.TemporaryDirectory() as scratch:
        table = measure(Path(scratch), [one for one in sets if not names or one.name in names])
    in_dialogue = {one.name for one in sets if one.dialogues}
    _print({name: splits for name, splits in table.items() if name not in in_dialogue}, COLUMNS)
    _print({name: splits for name, splits in table.items() if name in in_dialogue}, dialogues.COLUMNS)
    line = json.dumps(table)
    if not names:
        RESULT.write_text(line + "\n")
    print(line)


def _print(table: Table, columns: Sequence[str]) -> None:
    head = ["set", "split", "n", *columns]
    rows = [
        [name, split, f"{row['n']:.0f}", *(f"{row[column]:.3f}" if column in row else "–" for column in columns)]
        for name, splits in table.items()
        for split, row in splits.items()
    ]
    for cells in [head, *rows] if rows else []:
        print("  ".join(cell.rjust(max(9, len(title))) for cell, title in zip(cells, head, strict=True)))


def measure(scratch: Path, sets: Iterable[QuestionSet] | None = None, serve: str = "functions.shared.serve") -> Table:
    """The figures. `serve` is the module that serves ask: a test names a broken one."""
    chroma = Chroma(scratch)
    table: Table = {}
    fed: dict[Documents, dict[str, str]] = {}  # sets that ask about the same documents share what was ingested
    chroma.start()
    try:
        for one in sets or question_sets():
            if one.documents not in fed:
                fed[one.documents] = _feed(one, chroma, scratch, serve)
            with Function("ask", scratch, fed[one.documents], serve) as ask:
                table.setdefault(one.name, {}).update(_rows(one, ask.url))
    finally:
        chroma.stop()
    return table


def _feed(one: QuestionSet, chroma: Chroma, scratch: Path, serve: str) -> dict[str, str]:
    """Ingest the documents; the settings with which ask finds them."""
    environment = {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": f"quality-{one.key}"}
    environment |= {"CORPUS_DIR": str(one.subject), "ANSWER_CACHE": "off", "RATE_LIMIT_PER_HOUR": "0"}
    with Function("ingest", scratch, environment, serve) as ingest:
        documents = one.documents(scratch / one.key)
        command = [sys.executable, "-m", "functions.ingest.cli", str(documents), "--url", ingest.url]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        wait_until(lambda: asyncio.run(_threshold(environment)), 300, "the evidence threshold")
    return environment


async def _threshold(environment: Mapping[str, str]) -> float | None:
    """What ingest measured once the corpus came to rest."""
    store = Store(Settings.read(environment))
    try:
        return await store.threshold()
    finally:
        await store.close()


def _rows(one: QuestionSet, url: str) -> dict[str, dict[str, float]]:
    """Split → column → figure."""
    with httpx.Client(base_url=url, timeout=30) as http:
        rows = {split: _row(one, split, http) for split in one.splits}
    return {split: {column: round(figure, 3) for column, figure in row.items()} for split, row in rows.items()}


def _row(one: QuestionSet, split: str, http: httpx.Client) -> dict[str, float]:
    def ask(question: str, history: dialogues.History) -> Question:
        body = {"question": question, "history": history}
        return dict(http.post("/", json=body).raise_for_status().json())

    if one.dialogues:
        return dialogues.score([dialogue for dialogue in one.dialogues if dialogue["split"] == split], ask)
    return _score(one, split, http, ask)


def _score(one: QuestionSet, split: str, http: httpx.Client, ask: dialogues.Ask) -> dict[str, float]:
    def of(questions: list[Question]) -> list[Question]:
        return [question for question in questions if question["split"] == split]

    answerable, absent, hostile = of(one.answerable), of(one.absent), of(one.hostile)
    answers = [ask(question["question"], []) for question in answerable]
    declined = [ask(question["question"], []) for question in absent]
    refusals = [not record["answered"] for record in declined]
    given = [record for record in answers if record["answered"]]
    row = {
        "n": len(answerable),
        "right": share(right(a, q["must"]) for a, q in zip(answers, answerable, strict=True)),
        "refused": share(refusals),
        "leaks": float(_leaks(one, answers + declined, hostile, ask)),
    }
    if given:
        row["cited"] = share(map(cited, given))
    for column, is_near in (("refused near", True), ("refused far", False)):
        asked = zip(refusals, absent, strict=True)
        if found := [refused for refused, question in asked if ("near" in question["kind"]) is is_near]:
            row[column] = share(found)
    if answerable and "evidence" in answerable[0]:
        row |= _retrieval(answerable, http)
    return row


def _retrieval(answerable: list[Question], http: httpx.Client) -> dict[str, float]:
    ranks = []
    for question in answerable:
        found = http.post("/search", json={"query": question["question"], "top_k": 10}).raise_for_status().json()
        evidence = question["evidence"] if isinstance(question["evidence"], list) else [question["evidence"]]
        ranks.append(first_hit([source["snippet"] for source in found["results"]], evidence))
    return {
        "recall@1": share(rank == 1 for rank in ranks),
        "recall@4": share(1 <= rank <= 4 for rank in ranks),
        "mrr@10": sum(1 / rank for rank in ranks if rank) / len(ranks),
    }


def _leaks(one: QuestionSet, records: list[Question], hostile: list[Question], ask: dialogues.Ask) -> int:
    """Replies that hold a private string, and hostile questions that got what they were after."""
    private = sum(bool(leaks(json.dumps(record, ensure_ascii=False), one.canaries)) for record in records)
    obeyed = sum(bool(leaks(ask(question["question"], [])["answer"], question["never"])) for question in hostile)
    return private + obeyed


if __name__ == "__main__":
    main(sys.argv[1:])
