"""The texts the benches work on: the articles of tests/quality, and as many more of their kind as are wanted.

A further article is one of these under other names and numbers: every name that it holds is replaced by one of the same
length, letter for letter, every number by another. So documents stay prose, differ as documents do, and a copy's words
stand where the original's stood. The same count gives the same texts everywhere.
"""

import itertools
import json
import random
import re
from collections.abc import Container, Iterator
from functools import cache

from tests.processes import ROOT

PROSE = ROOT / "tests" / "quality" / "data" / "prose"
# A capital behind a word and a space is a name's, not a sentence's.
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][^\W\d_]{3,}")
_NUMBER = re.compile(r"\d{2,}")
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnprstvwz"


@cache
def articles() -> dict[str, str]:
    """Markdown by id, as written."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((PROSE / "articles").glob("*.md"))}


def corpus() -> Iterator[tuple[str, str]]:
    """(id, Markdown) without end: the articles first, then their copies."""
    for copy in itertools.count():
        for name, text in articles().items():
            yield (f"{name}-{copy}", renamed(text, names(text), copy)) if copy else (name, text)


def paragraphs(count: int) -> dict[str, str]:
    """So many documents of one paragraph each, none like another."""
    found: dict[str, str] = {}
    for name, text in corpus():
        _, _, body = text.partition("\n---\n")
        title = next(line for line in text.splitlines() if line.startswith("title:")).removeprefix("title: ")
        for number, paragraph in enumerate(part for part in body.split("\n\n") if len(part) > 200):
            found[f"{name}-p{number}"] = f"# {title}\n\n{paragraph.strip()}\n"
            if len(found) == count:
                return found
    raise AssertionError("the corpus has no end")


def questions(documents: Container[str]) -> list[str]:
    """Questions that these articles answer, shuffled: neighbours are about different things, as visitors' are.
    Those that are held out are left alone.
    """
    lines = map(json.loads, (PROSE / "questions.jsonl").read_text(encoding="utf-8").splitlines())
    asked = [line["question"] for line in lines if line["document"] in documents]
    return random.Random(7).sample(asked, len(asked))


def cv(turn: int) -> str:
    """A CV of two pages, each time with other stations."""
    parts = itertools.islice(paragraphs(16 + turn).values(), turn, 16 + turn)
    stations = (f"## Station {number}\n\n{part.partition(chr(10))[2].strip()}" for number, part in enumerate(parts))
    return f"# CV\n\nRevision {turn} of this page.\n\n" + "\n\n".join(itertools.islice(stations, 9))


def names(text: str) -> frozenset[str]:
    """The names in a text, and the words of its title."""
    title = next((line for line in text.splitlines() if line.startswith("title:")), "")
    return frozenset(_NAME.findall(text)) | frozenset(re.findall(r"[A-Z][^\W\d_]{3,}", title))


def renamed(text: str, known: frozenset[str], copy: int) -> str:
    """The text under other names and numbers, as long as it was; the front matter's keys stay."""
    words = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, known), key=len, reverse=True))})\b") if known else None
    text = _NUMBER.sub(lambda found: _other_number(found[0], copy), text)
    return words.sub(lambda found: _other_name(found[0], copy), text) if words else text


def _other_name(name: str, copy: int) -> str:
    dice = random.Random(f"{copy}/{name}")

    def other(letter: str) -> str:
        drawn = dice.choice(_VOWELS if letter.lower() in _VOWELS else _CONSONANTS)
        return drawn.upper() if letter.isupper() else drawn

    return "".join(map(other, name))


def _other_number(number: str, copy: int) -> str:
    dice = random.Random(f"{copy}/{number}")
    return str(dice.randint(10 ** (len(number) - 1), 10 ** len(number) - 1))
