"""The question sets: documents to ingest, questions with what a right answer holds, questions without an answer."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.processes import ROOT
from tests.quality import fifth_cv, fourth_cv, second_cv, second_person, third_cv

CORPUS = ROOT / "corpus"
DATA = ROOT / "tests" / "quality" / "data"
HELD_OUT = "held-out"

Question = dict[str, Any]
Documents = Callable[[Path], Path]  # scratch folder → folder to ingest; what has to be made is made in the scratch


@dataclass(frozen=True)
class QuestionSet:
    """One world of documents, ingested together, with its questions.

    Every question has a `split`: tune and report were seen while the bot was made, held-out was not.
    """

    name: str  # sets of one name are reported together
    documents: Documents
    subject: Path  # folder of the subject.yaml that ask reads
    # A failing test must not print what is held out.
    answerable: list[Question] = field(default_factory=list, repr=False)
    absent: list[Question] = field(default_factory=list, repr=False)
    hostile: list[Question] = field(default_factory=list, repr=False)
    canaries: list[str] = field(default_factory=list, repr=False)  # private strings that must never come back
    dialogues: list[Question] = field(default_factory=list, repr=False)  # each with `turns`, in their order

    @property
    def splits(self) -> list[str]:
        """The splits its questions have, in their order."""
        return list(dict.fromkeys(one["split"] for one in [*self.answerable, *self.dialogues]))

    @property
    def turns(self) -> list[Question]:
        """What is asked in the dialogues, each turn with an id and the split of its dialogue."""
        return [
            {"id": f"{dialogue['id']}-{number}", "split": dialogue["split"], **turn}
            for dialogue in self.dialogues
            for number, turn in enumerate(dialogue["turns"], 1)
        ]

    @property
    def key(self) -> str:
        """Names its collection of passages and its scratch folder."""
        return "-".join([self.name, *self.splits])

    def without(self, split: str) -> "QuestionSet":
        """The same documents with the questions of the other splits."""
        parts = ("answerable", "absent", "hostile", "dialogues")
        kept = {part: [one for one in getattr(self, part) if one["split"] != split] for part in parts}
        return replace(self, **kept)


def question_sets() -> Iterator[QuestionSet]:
    """The shipped corpus, asked in English, in German and in dialogues; four made-up persons; and prose.

    What everybody asks is asked about all but the held-out documents. The held-out prose has articles of its own.
    """
    yield QuestionSet(
        "portfolio",
        _shipped,
        CORPUS,
        _read("portfolio/golden", "portfolio/held_out"),
        _read("portfolio/unanswerable", "portfolio/held_out_absent"),
        _read("portfolio/hostile", "portfolio/held_out_hostile"),
    )
    yield QuestionSet(
        "german",
        _shipped,
        CORPUS,
        _read("portfolio/german", "portfolio/german_held_out"),
        _read("portfolio/german_unanswerable", "portfolio/german_held_out_absent"),
        _read("portfolio/german_hostile", "portfolio/german_held_out_hostile"),
    )
    yield QuestionSet("everyday", _shipped, CORPUS, *_everyday("portfolio"))
    dialogues = _read("portfolio/dialogues", "portfolio/dialogues_report", "portfolio/dialogues_held_out")
    yield QuestionSet("dialogues", _shipped, CORPUS, dialogues=dialogues)
    second = _person("second", second_cv.make_cv, second_person.private())
    yield second
    yield QuestionSet("dialogues-second", second.documents, second.subject, dialogues=_read("second/dialogues"))
    yield QuestionSet("everyday-second", second.documents, second.subject, *_everyday("second"))
    yield _person("third", third_cv.make_cv, third_cv.private())
    for name, made in (("fourth", fourth_cv), ("fifth", fifth_cv)):
        person = _person(name, made.make_cv, made.private())
        yield person
        yield QuestionSet(f"everyday-{name}", person.documents, person.subject, *_everyday(name))
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


def _shipped(_: Path) -> Path:
    return CORPUS


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


def _everyday(folder: str) -> tuple[list[Question], list[Question]]:
    """What every visitor asks first: with an answer, and without."""
    return _read(f"{folder}/everyday"), _read(f"{folder}/everyday_absent")


def _read(*files: str) -> list[Question]:
    lines = [line for file in files for line in (DATA / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines if line.strip()]
