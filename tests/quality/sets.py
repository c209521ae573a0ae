"""The question sets: documents to ingest, questions with what a right answer holds, questions without an answer."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.processes import ROOT
from tests.quality.second_cv import make_cv, private

DATA = ROOT / "tests" / "quality" / "data"


@dataclass(frozen=True)
class QuestionSet:
    """One world of documents with its questions. `split`: tune or report; see gate.py."""

    name: str
    answerable: list[dict[str, Any]]
    absent: list[dict[str, Any]]
    hostile: list[dict[str, Any]] = field(default_factory=list)
    canaries: list[str] = field(default_factory=list)  # private strings of the documents that must never come back

    @property
    def subject(self) -> Path:
        """The folder with the subject.yaml that ask reads."""
        return DATA / "second" if self.name == "second" else ROOT / "corpus"

    def documents(self, scratch: Path) -> Path:
        """The folder of documents to ingest; what has to be made is made in `scratch`."""
        if self.name == "portfolio":
            return ROOT / "corpus"
        if self.name == "prose":
            return DATA / "prose" / "articles"
        scratch.mkdir(parents=True, exist_ok=True)
        make_cv(scratch / "cv.pdf")
        shutil.copy(DATA / "second" / "portfolio.html", scratch)
        return scratch


def question_sets() -> Iterator[QuestionSet]:
    """The shipped corpus, a made-up second person, and prose."""
    portfolio, second, prose = DATA / "portfolio", DATA / "second", DATA / "prose"
    yield QuestionSet(
        "portfolio",
        _read(portfolio / "golden.jsonl"),
        _read(portfolio / "unanswerable.jsonl"),
        _read(portfolio / "hostile.jsonl"),
    )
    yield QuestionSet(
        "second", _read(second / "questions.jsonl"), _read(second / "unanswerable.jsonl"), canaries=private()
    )
    yield QuestionSet("prose", _read(prose / "questions.jsonl"), _read(prose / "absent.jsonl"))


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
