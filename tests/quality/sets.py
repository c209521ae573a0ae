"""The question sets: documents to ingest, questions with what a right answer holds, questions without an answer."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.processes import ROOT
from tests.quality import second_cv, third_cv

CORPUS = ROOT / "corpus"
DATA = ROOT / "tests" / "quality" / "data"
HELD_OUT = "held-out"

Question = dict[str, Any]


@dataclass(frozen=True)
class QuestionSet:
    """One world of documents, ingested together, with its questions.

    Every question has a `split`: tune and report were seen while the bot was made, held-out was not.
    """

    name: str  # sets of one name are reported together
    documents: Callable[[Path], Path]  # scratch folder → folder to ingest; what has to be made is made in the scratch
    subject: Path  # folder of the subject.yaml that ask reads
    answerable: list[Question] = field(repr=False)  # a failing test must not print what is held out
    absent: list[Question] = field(repr=False)
    hostile: list[Question] = field(default_factory=list, repr=False)
    canaries: list[str] = field(default_factory=list, repr=False)  # private strings that must never come back

    @property
    def splits(self) -> list[str]:
        """The splits its questions have, in their order."""
        return list(dict.fromkeys(question["split"] for question in self.answerable))

    @property
    def key(self) -> str:
        """Names its collection of passages and its scratch folder."""
        return "-".join([self.name, *self.splits])

    def without(self, split: str) -> "QuestionSet":
        """The same documents with the questions of the other splits."""
        kept = [[one for one in part if one["split"] != split] for part in (self.answerable, self.absent, self.hostile)]
        return replace(self, answerable=kept[0], absent=kept[1], hostile=kept[2])


def question_sets() -> Iterator[QuestionSet]:
    """The shipped corpus, two made-up persons, and prose; the held-out prose has articles of its own."""
    yield QuestionSet(
        "portfolio",
        lambda _: CORPUS,
        CORPUS,
        _read("portfolio/golden", "portfolio/held_out"),
        _read("portfolio/unanswerable", "portfolio/held_out_absent"),
        _read("portfolio/hostile", "portfolio/held_out_hostile"),
    )
    yield _person("second", second_cv.make_cv, second_cv.private())
    yield _person("third", third_cv.make_cv, third_cv.private())
    for folder in ("prose", "prose/held_out"):
        articles = DATA / folder / "articles"
        questions, absent = _read(f"{folder}/questions"), _read(f"{folder}/absent")
        yield QuestionSet("prose", lambda _, articles=articles: articles, CORPUS, questions, absent)


def known_sets() -> list[QuestionSet]:
    """The sets without what is held out."""
    return [one.without(HELD_OUT) for one in question_sets() if one.splits != [HELD_OUT]]


def question_set(name: str) -> QuestionSet:
    """The first set of that name."""
    return next(one for one in question_sets() if one.name == name)


def _person(name: str, make_cv: Callable[[Path], None], private: list[str]) -> QuestionSet:
    """A made-up person with a CV, which is drawn first, and a page."""
    folder = DATA / name

    def documents(scratch: Path) -> Path:
        scratch.mkdir(parents=True, exist_ok=True)
        make_cv(scratch / "cv.pdf")
        shutil.copy(folder / "portfolio.html", scratch)
        return scratch

    questions, absent = _read(f"{name}/questions"), _read(f"{name}/unanswerable")
    return QuestionSet(name, documents, folder, questions, absent, canaries=private)


def _read(*files: str) -> list[Question]:
    lines = [line for file in files for line in (DATA / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines if line.strip()]
