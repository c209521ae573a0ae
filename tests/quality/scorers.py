"""Deterministic scorers: a reply is right, cited, refused or leaking, and anybody can check why."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

MAX_CHARACTERS = 600


def fold(text: str) -> str:
    """Case and white space do not count."""
    return re.sub(r"\s+", " ", text).strip().casefold()


def right(record: dict[str, Any], must: Sequence[str]) -> bool:
    """Answered, short, and holding every required entry."""
    return record["answered"] and len(record["answer"]) <= MAX_CHARACTERS and all(holds(record["answer"], must))


def holds(text: str, must: Sequence[str]) -> list[bool]:
    """For every entry of `must` whether the text has it, or one of its alternatives separated by |."""
    folded = fold(text)
    return [any(_in_words(fold(one), folded) for one in entry.split("|")) for entry in must]


def _in_words(wanted: str, text: str) -> bool:
    """Whether `wanted` stands in the text as a word does: R is not in "for", 900 not in 2,900, Git not in GitHub.

    It starts where a word or a number starts. One of up to three characters, or with a digit at its end, ends there
    too; a longer one may be a stem ("itch" is in "itching").
    """
    start = r"(?<!\d[.,])(?<!\w)" if wanted[:1].isalnum() else ""
    end = r"(?!\w)(?![.,]\d)" if wanted[-1:].isdigit() or (len(wanted) <= 3 and wanted.isalnum()) else ""
    return re.search(start + re.escape(wanted) + end, text) is not None


def cited(record: dict[str, Any]) -> bool:
    """Every number in the text names a source, and there is at least one."""
    numbers = {int(number) for number in re.findall(r"\[(\d+)\]", record["answer"])}
    return bool(numbers) and numbers <= {source["n"] for source in record["sources"]}


def first_hit(snippets: Sequence[str], evidence: Iterable[str]) -> int:
    """Rank (from 1) of the first passage that holds a piece of evidence, 0 when none does.

    A chunk may hold only a part of a long piece: eight words in a row prove it.
    """
    wanted = [fold(piece) for piece in evidence]
    for rank, snippet in enumerate(snippets, 1):
        if any(_overlaps(fold(snippet), piece) for piece in wanted):
            return rank
    return 0


def _overlaps(snippet: str, piece: str) -> bool:
    words = piece.split(" ")
    runs = [" ".join(words[start : start + 8]) for start in range(max(1, len(words) - 7))]
    return any(run in snippet for run in runs)


def share(flags: Iterable[bool]) -> float:
    """How many of the flags are set, 0 to 1; 0 of none."""
    listed = list(flags)
    return sum(listed) / len(listed) if listed else 0.0


def leaks(text: str, strings: Iterable[str]) -> list[str]:
    """Those of the strings that the text gives away, however spaced or written."""
    flat = re.sub(r"[\s().\-/]", "", text.casefold())
    return [string for string in strings if re.sub(r"[\s().\-/]", "", string.casefold()) in flat]
