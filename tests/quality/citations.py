"""Labelled citations: a sentence a model could write, a passage of real documents, whether it proves the sentence."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from functions.ingest.chunk import chunk
from functions.ingest.cli import MEDIA_TYPES, documents
from functions.ingest.parse import parse
from functions.ingest.privacy import privacy
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.subject import read_subject
from tests.ingest.events import published
from tests.quality.sets import DATA, question_set


@dataclass(frozen=True)
class Pair:
    """One line of pairs.jsonl with its passage."""

    id: str
    sentence: str
    passage: Chunk
    subject: frozenset[str]
    supported: bool
    kind: str
    split: str


@cache
def pairs() -> list[Pair]:
    """All labelled pairs. Raises LookupError for a passage that the documents do not have."""
    lines = (DATA / "citations" / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Pair(
            one["id"],
            one["sentence"],
            passage(one["set"], one["document"], one["holds"]),
            subject(one["set"]),
            one["supported"],
            one["kind"],
            one["split"],
        )
        for one in map(json.loads, lines)
    ]


def passage(set_name: str, document: str, holds: str) -> Chunk:
    """The passage of a document that holds some words."""
    for one in chunks(set_name):
        if one.document == document and holds in one.text:
            return one
    raise LookupError(f"no passage of {document} holds {holds!r}")


@cache
def subject(set_name: str) -> frozenset[str]:
    """The words for whom the documents are about."""
    return read_subject(question_set(set_name).subject).names()


@cache
def chunks(set_name: str) -> list[Chunk]:
    """A set's documents as ingest cuts them."""
    with TemporaryDirectory() as scratch:
        return list(_chunks(question_set(set_name).documents(Path(scratch) / set_name)))


def _chunks(folder: Path) -> Iterator[Chunk]:
    for path in documents(folder):
        event = published(path.read_bytes(), MEDIA_TYPES[path.suffix], path.stem)
        yield from chunk(privacy(parse(event), Settings()).document, Settings())
