"""Personal data in running text, found by pattern: e-mail addresses, telephone numbers, postal addresses and the like.

English and German first, postal addresses and telephone numbers of many more countries. Patterns lean towards taking
out too much next to a label ("Phone:", "geboren am"), and need the whole shape of the thing without one. Regular
expressions only, compiled on first use: cheap to import. Ingest adds what `phonenumbers` knows.
"""

import unicodedata
from collections import UserDict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from functions.shared.personal.addresses import addresses
from functions.shared.personal.births import birthdays
from functions.shared.personal.contacts import emails, phones
from functions.shared.personal.numbers import accounts, papers
from functions.shared.personal.status import status
from functions.shared.personal.words import Span

Kind = Literal["email", "account", "paper", "status", "birthday", "address", "phone"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NOTES: dict[Kind, str] = {
    "email": "[e-mail removed]",
    "account": "[account removed]",
    "paper": "[number removed]",
    "status": "[personal status removed]",
    "birthday": "[date of birth removed]",
    "address": "[address removed]",
    "phone": "[phone removed]",
}
# No span of a kind is longer, in characters: who checks text piece by piece holds back as much.
LONGEST: dict[Kind, int] = {
    "email": 720,
    "account": 143,
    "paper": 102,
    "status": 160,
    "birthday": 193,
    "address": 720,
    "phone": 193,
}
Finder = Callable[[str], Iterator[Span]]
# In this order: where two overlap, the first names the kind.
FINDERS: dict[Kind, Finder] = {
    "email": emails,
    "account": accounts,
    "paper": papers,
    "status": status,
    "birthday": birthdays,
    "address": addresses,
    "phone": phones,
}


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Personal data at `start` … `end` of a text."""

    start: int
    end: int
    kind: Kind


def find(text: str, kinds: Collection[Kind] = KINDS) -> list[Found]:
    """What of `kinds` is in `text`, in order and without overlaps."""
    even = plain(text)
    return apart(Found(*span, kind) for kind in FINDERS if kind in kinds for span in FINDERS[kind](even))


def apart(found: Iterable[Found]) -> list[Found]:
    """In order; those that overlap as one, of the kind that comes first in FINDERS."""
    told: list[Found] = []
    for one in sorted(found):
        if told and one.start < told[-1].end:
            last = told.pop()
            kind = min(last.kind, one.kind, key=KINDS.index)
            one = Found(last.start, max(last.end, one.end), kind)
        told.append(one)
    return told


def plain(text: str) -> str:
    """`text` character by character with plain blanks, hyphens, digits and letters; as long as it was."""
    return text if text.isascii() else text.translate(_PLAIN)


class _Plain(UserDict[int, str]):
    def __missing__(self, code: int) -> str:
        self[code] = told = _plain(chr(code))
        return told


def _plain(char: str) -> str:
    if char.isascii():
        return char
    if unicodedata.category(char) == "Pd" or char == "−":
        return "-"
    if char.isspace():
        return "\n" if char in "\x85\u2028\u2029" else " "
    folded = unicodedata.normalize("NFKC", char)
    decimal = unicodedata.decimal(folded, None) if len(folded) == 1 else None
    return str(decimal) if decimal is not None else folded if len(folded) == 1 else char


_PLAIN = _Plain()
