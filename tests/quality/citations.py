"""Labelled citations: a sentence a model could write, a passage of real documents, whether it proves the sentence.

python -m tests.quality.citations        prints how well several ways to check them tell the true from the false
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from functions.ask.citations import Citations
from functions.ask.facts import facts
from functions.ask.lexical import terms
from functions.ask.retrieve import read_query
from functions.ask.support import SHARE, Support, match
from functions.ingest.chunk import chunk
from functions.ingest.listing import Folder
from functions.ingest.parse import parse
from functions.ingest.privacy import open_redactor, privacy
from functions.shared.embed import Embedder, open_embedder
from functions.shared.matrix import quantise
from functions.shared.records import Chunk, Passage
from functions.shared.settings import Settings
from functions.shared.subject import read_subject
from tests.quality.sets import DATA, question_set

NUMBER = r"\d+(?:[.,]\d+)*"


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
        for one in _lines("pairs")
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
    listing = Folder(folder, "")
    for place in listing.look().places:
        event = listing.read(place, "")
        yield from chunk(privacy(parse(event), open_redactor(Settings())).document, Settings())


@dataclass(frozen=True)
class Answer:
    """One line of answers.jsonl: what a model might write over some passages, and whether it may be shown."""

    id: str
    text: str
    passages: list[Chunk]
    subject: frozenset[str]
    sound: bool
    split: str


@cache
def answers() -> list[Answer]:
    """All labelled answers. Raises LookupError as `pairs` does."""
    return [
        Answer(
            one["id"],
            one["answer"],
            [passage(each["set"], each["document"], each["holds"]) for each in one["passages"]],
            subject(one["passages"][0]["set"]),
            one["sound"],
            one["split"],
        )
        for one in _lines("answers")
    ]


def _lines(file: str) -> list[dict[str, Any]]:
    text = (DATA / "citations" / f"{file}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def support(passages: Sequence[Chunk], embedder: Embedder, subject: frozenset[str]) -> Support:
    """The passages as retrieval hands them on, numbered from 1."""
    matrices = [quantise(one) for one in embedder.encode_tokens([chunk.indexed_text for chunk in passages])]
    return Support([Passage(chunk, 0.9, n) for n, chunk in enumerate(passages, 1)], matrices, embedder, subject)


async def read(answer: Answer, embedder: Embedder) -> Citations:
    """What becomes of an answer."""
    citations = Citations(support(answer.passages, embedder, answer.subject))
    await citations.feed(answer.text)
    await citations.finish()
    return citations


# Ways to judge a pair, from what is known of it.


@dataclass(frozen=True)
class Seen:
    """What the checks see of a pair."""

    share: float  # of the sentence's terms that occur in the passage
    digits: bool  # whether every number in digits occurs as it is written
    facts: bool
    proven: bool
    mean: float
    weakest: float
    interaction: float  # mean over all terms of their best match, those that occur too


RULES: dict[str, Callable[[Seen], bool]] = {
    "half of the words, numbers as written": lambda seen: seen.digits and seen.share >= 0.5,
    "interaction alone, at least 0.8": lambda seen: seen.interaction >= 0.8,
    "facts alone": lambda seen: seen.facts,
    "facts, half of the words": lambda seen: seen.facts and seen.share >= 0.5,
    "facts, 0.6 of the words": lambda seen: seen.facts and seen.share >= SHARE,
    "facts, interaction at least 0.8": lambda seen: seen.facts and seen.interaction >= 0.8,
    "facts, mean at least 0.8": lambda seen: seen.facts and seen.mean >= 0.8,
    "facts, weakest at least 0.35": lambda seen: seen.facts and seen.weakest >= 0.35,
    "facts, mean and weakest (chosen)": lambda seen: seen.proven,
}


def look(pair: Pair, embedder: Embedder) -> Seen:
    """All that any of the rules asks."""
    proofs = support([pair.passage], embedder, pair.subject)
    text = f"{pair.passage.indexed_text} {pair.passage.updated}"
    found, wanted, held = facts(pair.sentence, pair.subject), set(terms(pair.sentence)), set(terms(text))
    query = read_query(embedder, pair.sentence, pair.subject)
    matrix = quantise(embedder.encode_tokens([pair.passage.indexed_text])[0])
    missing = found.terms - facts(text).terms
    return Seen(
        len(wanted & held) / len(wanted),
        {*re.findall(NUMBER, text), *re.findall(r"\d+", text)}.issuperset(re.findall(NUMBER, pair.sentence)),
        bool(proofs.possible(pair.sentence)),
        bool(proofs.proven(pair.sentence)),
        *match(query, found.terms, missing, matrix),
        match(query, found.terms, found.terms, matrix)[0],
    )


def scores(flags: Iterable[tuple[bool, bool]]) -> tuple[float, float, int, int]:
    """Precision, recall, false ones kept, and how many false ones there are, of (kept, true) pairs."""
    listed = list(flags)
    kept = [true for kept, true in listed if kept]
    true = [kept for kept, true in listed if true]
    return sum(kept) / max(1, len(kept)), sum(true) / max(1, len(true)), kept.count(False), len(listed) - len(true)


def main() -> None:
    """Print both tables."""
    embedder = open_embedder(Settings(), questions=True)
    seen = [(pair, look(pair, embedder)) for pair in pairs()]
    for name, rule in RULES.items():
        _print(name, lambda split: [(rule(each), pair.supported) for pair, each in seen if pair.split == split])  # noqa: B023
    ends = [(answer, asyncio.run(read(answer, embedder))) for answer in answers()]
    _print("answers that cite something", lambda split: [(bool(e.cited), a.sound) for a, e in ends if a.split == split])
    _print("answers shown", lambda split: [(end.proven, a.sound) for a, end in ends if a.split == split])


def _print(name: str, of_split: Callable[[str], list[tuple[bool, bool]]]) -> None:
    cells = []
    for split in ("tune", "report"):
        precision, recall, wrong, false = scores(of_split(split))
        cells.append(f"precision {precision:.2f}  recall {recall:.2f}  false ones kept {wrong:2}/{false}")
    print(f"{name:38} | {' | '.join(cells)}")


if __name__ == "__main__":
    main()
