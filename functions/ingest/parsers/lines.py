"""Printed lines → the paragraphs, list items and headings they were before they were set.

PDF and plain text break lines where the page ends. A line goes on in the next one when it had no room for
the next one's first word, or when it stops in the middle of a word or sentence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from functions.ingest.parsers.outline import Outline

_BULLET = re.compile(r"\s*(?:[•●▪◦‣■□➢➤✓✔·∙\uf0b7\x7f]|[-–*—](?=\s)|o(?=\s+[A-ZÄÖÜ0-9])|\(cid:\d+\))\s*")
_NUMBERED = re.compile(r"\s*\d{1,2}[.)]\s+\S")
_FINISHED = re.compile(r"[.!?:;][\"'”’»)\]]*\Z")
_BROKEN_WORD = re.compile(r"[^\W\d_][-\u2010\u00ad]\Z")
# "Daten- und Modellpflege": the hyphen stands for a word that comes later.
_SHARED_PART = re.compile(r"(?:und|oder|bzw|and|or|to|bis)\b")
# "open-source" keeps its hyphen at a line's end, "open-ing" has none.
_FIRST_PART = re.compile(r"\W*(?:scikit|open|real|self|long|full|cross|right|state|end|non)-", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:ings?|ed|er|ers|est|ly|ments?|ity|ities|ness|less|ism|ize[ds]?|ise[ds]?|ish)\b")
# "Stack: Python, SQL"
_LABEL = re.compile(r"[A-ZÄÖÜ][\w .&/-]{0,30}:(?:\s|\Z)")
# An address or a number on a line of its own: no sentence runs through it.
_OWN_LINE = re.compile(r"\S+@\S+|(?:https?://|www\.)\S+|[\w-]+(?:\.[\w-]+)+(?:/\S*)?|[+(]?\d[\d ()/-]{5,}")
# "Köln | 0221 4710": parts set beside each other, on a line of their own.
_PARTED = re.compile(r"\s\|\s")
# The mean glyph of a text face is about this wide for its size.
GLYPH = 0.5
# A line this much shorter than the widest ended because its paragraph did.
FULL = 0.85
# A column whose widest line is narrower than this, in sizes of type, holds a list.
NARROWEST = 10
# Lines of one title are set no further apart than this, in sizes of type.
TIGHT = 1.6
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
    italic: bool = False
    end: float = 0.0  # its right edge; 0 where nobody measured
    stress: str = ""  # its bold words, when they begin or end it and the rest is not bold
    dates: str = ""  # a period that stood apart on the line
    room: float = 0.0  # where what stands at its right begins; 0 for the column's edge
    caps: bool = False  # in capitals or small capitals
    colour: int = 0
    ruled: bool = False  # a rule below it, or from its end on
    section: bool = False  # a heading that opens a section
    goes_on: bool = False  # certainly goes on the line before
    begins: tuple[bool, bool] = (False, False)  # whether its first glyph is bold, italic
    ends: tuple[bool, bool] = (False, False)  # and its last

    @property
    def right(self) -> float:
        """Where it ends, or about."""
        return self.end or self.x + len(self.text) * self.size * GLYPH


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, item or row: its text as one line, and its first and last printed line."""

    text: str
    first: Line
    last: Line

    @property
    def level(self) -> int:
        """0 text, otherwise a heading of that level."""
        return self.first.level

    @property
    def is_item(self) -> bool:
        """Whether a bullet or a number stands before it."""
        return bool(_BULLET.match(self.first.text) or _NUMBERED.match(self.first.text))


def blocks(lines: Sequence[Line]) -> list[Block]:
    """`lines` with their line breaks undone."""
    lines = _join_bullets(lines)
    known = _words(lines)
    leading = _usual_leading(lines)
    found: list[Block] = []
    for group in _group(lines, leading):
        pieces = [group[0].text]
        for line in group[1:]:
            pieces[-1] = _ended(pieces[-1], line.text, known)
            pieces.append(line.text)
        found.append(Block("".join(pieces), group[0], group[-1]))
    return found


def write(found: Sequence[Block], outline: Outline, paged: bool = False) -> None:
    """Write blocks into `outline`; with their pages as anchors when they are `paged`."""
    for block in found:
        bullet = _BULLET.match(block.text)
        listed = bullet or block.first.row or block.first.stress.endswith(":") or _NUMBERED.match(block.text)
        if not listed:
            outline.end_list()
        if paged:
            outline.at(f"page={block.first.page + 1}")
        if block.level:
            outline.heading(block.level, block.text)
        elif bullet:
            outline.item(f"- {block.text[bullet.end() :]}")
        elif listed:
            outline.item(block.text.strip())
        else:
            outline.paragraph(block.text)


def _ended(text: str, following: str, known: frozenset[str]) -> str:
    """A line as it goes on in the next one; a hyphen at its end goes unless the word is `known` with it."""
    if not _BROKEN_WORD.search(text[-3:]) or not following[:1].isalpha() or _SHARED_PART.match(following):
        return f"{text} "
    if following[0].isupper():  # "Long-Period" was parted, never a plain word
        return text
    head, tail = text.split()[-1], re.split(r"\W", following, maxsplit=1)[0]
    whole, parted = (f"{start}{tail}".strip("(\"'").lower() for start in (head[:-1], head))
    compound = _FIRST_PART.fullmatch(head) is not None and not _SUFFIX.match(tail)
    keeps = text[-1] != "\u00ad" and whole not in known and (parted in known or compound)
    return text if keeps else text[:-1]


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


def _continues(group: list[Line], line: Line, widest: dict[int, float], leading: float) -> bool:
    last = group[-1]
    if line.goes_on:
        return True
    if last.dates and _wraps(last, line, widest):
        return True
    if (
        _starts(line)
        or last.row
        or last.level != line.level
        or last.section != line.section
        or not _alike(last, line)
        or abs(last.size - line.size) > 0.5
        or _PARTED.search(last.text)
        or _PARTED.search(line.text)
    ):
        return False
    gap = last.y - line.y
    same_column = last.page == line.page and gap > 0
    if same_column and gap > leading * max(1.0, last.size / 12) * WIDE_LEADING:
        return False
    if last.level:
        return same_column and gap < last.size * WIDE_LEADING
    if _OWN_LINE.fullmatch(last.text) or _OWN_LINE.fullmatch(line.text):
        return False
    if _LABEL.match(line.text) and (line.stress.endswith(":") or _LABEL.match(group[0].text)):
        return False
    if _BROKEN_WORD.search(last.text[-3:]) or (line.text[:1].islower() and not _FINISHED.search(last.text)):
        return True
    if not same_column and (last.page == line.page or _FINISHED.search(last.text)):
        return False
    return not (_BULLET.match(group[0].text) and line.x < group[0].x - 1) and _was_full(last, line, widest)


def _alike(last: Line, line: Line) -> bool:
    """Whether the text of one may go on in the other; a name in italics may begin with a line."""
    return last.bold == line.bold and (
        last.italic == line.italic or last.ends == line.begins or not (_FINISHED.search(last.text) or last.italic)
    )


def _wraps(last: Line, line: Line, widest: dict[int, float]) -> bool:
    """Whether the text beside a period had no room on its line."""
    if line.level or line.section or _starts(line) or line.bold != last.bold or line.italic != last.italic:
        return False
    near = last.page == line.page and 0 < last.y - line.y < TIGHT * last.size and abs(last.x - line.x) < 1
    first_word = line.text.split(" ", 1)[0]
    edge = last.room or max(widest.values(), default=0.0)
    needed = last.right + (len(first_word) + (3 if last.room else 1)) * last.size * GLYPH
    return near and needed > edge


def _was_full(last: Line, line: Line, widest: dict[int, float]) -> bool:
    """Whether the first word of `line` had no room on `last`, measured by the lines of the same column."""
    column = _column(last)
    edge = max(widest.get(column + near, 0.0) for near in (-1, 0, 1))
    if edge - last.x < NARROWEST * last.size:
        return False
    first_word = line.text.split(" ", 1)[0]
    return last.right + (len(first_word) + 1) * last.size * GLYPH > last.x + FULL * (edge - last.x)


def _widest(lines: Sequence[Line]) -> dict[int, float]:
    """Where the widest line of running text ends, by column."""
    widest: dict[int, float] = {}
    for line in lines:
        if not line.level and not line.row:
            widest[_column(line)] = max(widest.get(_column(line), 0.0), line.right)
    return widest


def _column(line: Line) -> int:
    """Lines that begin at about the same place."""
    return round(line.x / (4 * line.size or 1))


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
