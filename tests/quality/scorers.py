"""Deterministic scorers: a reply is right, cited, refused or leaking, and anybody can check why."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

MAX_CHARACTERS = 600


def fold(text: str) -> str:
    """Case and white space do not count."""
    return re.sub(r"\s+", " ", text).strip().casefold()


def right(record: dict[str, Any], must: Sequence[str]) -> bool:
    """Answered, short, and holding every required string (alternatives separated by |)."""
    answer = fold(record["answer"])
    held = all(any(fold(one) in answer for one in entry.split("|")) for entry in must)
    return record["answered"] and held and len(record["answer"]) <= MAX_CHARACTERS


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


def leaks(text: str, strings: Iterable[str]) -> list[str]:
    """Those of the strings that the text gives away, however spaced or written."""
    flat = re.sub(r"[\s().\-/]", "", text.casefold())
    return [string for string in strings if re.sub(r"[\s().\-/]", "", string.casefold()) in flat]
