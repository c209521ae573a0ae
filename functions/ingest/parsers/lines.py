"""Printed lines → the paragraphs, list items and headings they were before they were set.

PDF and plain text break lines where the page ends. A line goes on in the next one when it had no room for
the next one's first word, or when it stops in the middle of a word or sentence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from functions.ingest.parsers.outline import Outline

_BULLET = re.compile(r"\s*(?:[•●▪◦‣■□➢➤✓✔·∙\uf0b7\x7f]|[-–*—](?=\s)|\(cid:\d+\))\s*")
_NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s+\S")
_FINISHED = re.compile(r"[.!?:;][\"'”’»)\]]*\Z")
_BROKEN_WORD = re.compile(r"[^\W\d_][-\u2010\u00ad]\Z")
# "Daten- und Modellpflege": the hyphen stands for a word that comes later.
_SHARED_PART = re.compile(r"(?:und|oder|bzw|and|or|to|bis)\b")
# The mean glyph of a text face is about this wide for its size.
GLYPH = 0.5
# A line this much shorter than the widest ended because its paragraph did.
FULL = 0.85
# Leading above this times the usual one parts paragraphs.
WIDE_LEADING = 1.35


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: its left edge and its baseline in points (y grows upward), and its type."""

    text: str
    x: float
    y: float
    size: float
    bold: bool = False
    page: int = 0
    level: int = 0  # 0 text, otherwise a heading of that level
    row: bool = False  # cells of a table, or a line with something at its right end

    @property
    def right(self) -> float:
        """About where it ends."""
        return self.x + len(self.text) * self.size * GLYPH


def flow(lines: Sequence[Line], outline: Outline) -> None:
    """Write `lines` into `outline` with line breaks undone."""
    lines = _join_bullets(lines)
    known = _words(lines)
    leading = _usual_leading(lines)
    for group in _group(lines, leading):
        pieces = [group[0].text]
        for line in group[1:]:
            pieces[-1] = _ended(pieces[-1], line.text, known)
            pieces.append(line.text)
        _emit(group[0], "".join(pieces), outline)


def _ended(text: str, following: str, known: frozenset[str]) -> str:
    """A line as it goes on in the next one; a hyphen at its end goes unless the word is `known` with it."""
    if not _BROKEN_WORD.search(text[-3:]) or not following[:1].islower() or _SHARED_PART.match(following):
        return f"{text} "
    head, tail = text.split()[-1], re.split(r"\W", following, maxsplit=1)[0]
    whole, parted = (f"{start}{tail}".strip("(\"'").lower() for start in (head[:-1], head))
    keeps = text[-1] != "\u00ad" and parted in known and whole not in known
    return text if keeps else text[:-1]


def _emit(first: Line, text: str, outline: Outline) -> None:
    bullet = _BULLET.match(first.text)
    if first.level:
        outline.heading(first.level, text)
    elif bullet:
        outline.item(f"- {text[bullet.end() :]}")
    elif first.row or _NUMBERED.match(first.text):
        outline.item(text.strip())
    else:
        outline.end_list()
        outline.paragraph(text)


def _group(lines: Sequence[Line], leading: float) -> list[list[Line]]:
    """Lines that belong together."""
    groups: list[list[Line]] = []
    widest = _widest(lines)
    for line in lines:
        if groups and _continues(groups[-1], line, widest, leading):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _continues(group: list[Line], line: Line, widest: dict[tuple[float, int], float], leading: float) -> bool:
    last = group[-1]
    if (
        _starts(line)
        or last.row
        or (last.level, last.bold) != (line.level, line.bold)
        or abs(last.size - line.size) > 0.5
    ):
        return False
    gap = last.y - line.y
    if last.page == line.page and not 0 < gap <= leading * max(1.0, last.size / 12) * WIDE_LEADING:
        return False
    if last.level:
        return last.page == line.page and gap < last.size * WIDE_LEADING
    if _BROKEN_WORD.search(last.text[-3:]) or (line.text[:1].islower() and not _FINISHED.search(last.text)):
        return True
    if last.page != line.page and _FINISHED.search(last.text):
        return False
    return not (_BULLET.match(group[0].text) and line.x < group[0].x - 1) and _was_full(last, line, widest)


def _was_full(last: Line, line: Line, widest: dict[tuple[float, int], float]) -> bool:
    """Whether the first word of `line` had no room on `last`, measured by the lines of the same column."""
    size, column = _column(last)
    edge = max(widest.get((size, column + near), 0.0) for near in (-1, 0, 1))
    first_word = line.text.split(" ", 1)[0]
    return last.right + (len(first_word) + 1) * last.size * GLYPH > last.x + FULL * (edge - last.x)


def _widest(lines: Sequence[Line]) -> dict[tuple[float, int], float]:
    """Where the widest line of each column ends."""
    widest: dict[tuple[float, int], float] = {}
    for line in lines:
        widest[_column(line)] = max(widest.get(_column(line), 0.0), line.right)
    return widest


def _column(line: Line) -> tuple[float, int]:
    """Lines of one type that begin at about the same place."""
    return line.size, round(line.x / (4 * line.size or 1))


def _starts(line: Line) -> bool:
    return bool(line.row or _BULLET.match(line.text) or _NUMBERED.match(line.text))


def _join_bullets(lines: Sequence[Line]) -> list[Line]:
    """A bullet that stands alone belongs to the next line, which says where the text begins."""
    joined: list[Line] = []
    for line in lines:
        if joined and _BULLET.fullmatch(joined[-1].text):
            joined[-1] = replace(line, text=f"• {line.text}", x=line.x)
        else:
            joined.append(line)
    return [line for line in joined if not _BULLET.fullmatch(line.text)]


def _usual_leading(lines: Sequence[Line]) -> float:
    gaps = sorted(
        above.y - below.y
        for above, below in pairwise(lines)
        if above.page == below.page and 0 < above.y - below.y < 3 * above.size and above.size == below.size
    )
    return gaps[len(gaps) // 2] if gaps else 1.2 * max((line.size for line in lines), default=1.0)


def _words(lines: Sequence[Line]) -> frozenset[str]:
    """Every word of the text that is not at a line's end, hyphens kept."""
    return frozenset(
        word.strip(".,;:!?()\"'").lower() for line in lines for word in line.text.split()[: -1 or None] if word
    )
