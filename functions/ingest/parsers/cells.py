"""Glyphs → cells: what stands on one baseline without a wide gap. Spaces are where the gaps say, and only there.

Some producers draw no spaces, some draw one after each letter of a heading, and many part a title from its dates
by position alone.
"""

import re
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from functions.ingest.parsers.glyphs import Glyph, Type

# In sizes of type: baselines this near are one, a gap this wide parts words, this wide cells.
SAME_LINE, WORD_GAP, CELL_GAP = 0.4, 0.15, 0.9
# Small capitals are at least so large for the capitals they stand for.
SMALLEST_CAPITAL = 0.6
# Words of letters set apart stand no further from each other than this, in gaps between letters.
SPACED_WORDS = 4.5
# A bullet stands at most this far before its text.
BULLET_GAP = 4.0
BULLETS = "•●▪◦‣■□➢➤✓✔·∙○►▸★–—*»›o-\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf0a8\x7f"
# Glyphs of icon fonts: a telephone, an envelope. Their numbers mean nothing outside the font.
_ICON = re.compile(f"[\ue000-\uf8ff](?<![{BULLETS}])")


@dataclass(frozen=True, slots=True)
class Cell:
    """A run of text with its edges and its baseline in points."""

    text: str
    x: float
    end: float
    y: float
    size: float
    bold: bool  # all of it
    italic: bool
    page: int
    stress: str = ""  # the bold words, when they begin or end it and the rest is not bold
    space: float = 0.0  # its widest gap between words
    gap: float = 0.0  # to the cell before on the same baseline, 0 for the first
    small_caps: bool = False  # set in a face of small capitals
    colour: int = 0
    begins: tuple[bool, bool] = (False, False)  # whether its first glyph is bold, italic
    ends: tuple[bool, bool] = (False, False)  # and its last
    goes_on: bool = False  # a further line of a table's value
    row: bool = False  # a row of a table, told as one line

    @property
    def is_bullet(self) -> bool:
        """Whether it is nothing but a bullet."""
        return len(self.text) == 1 and self.text in BULLETS


def cells(glyphs: Sequence[Glyph], page: int) -> list[Cell]:
    """The cells of a page, from top to bottom and left to right."""
    found: list[Cell] = []
    for baseline in _baselines(_trimmed(glyphs)):
        found += _joined([_cell(run, page) for run in _runs(baseline)])
    return found


def _trimmed(glyphs: Sequence[Glyph]) -> Iterator[Glyph]:
    """A glyph before a space ends where the space begins: an italic f leans over it."""
    for number, glyph in enumerate(glyphs):
        after = glyphs[number + 1] if number + 1 < len(glyphs) else glyph
        leans = not after.text.strip() and after.y == glyph.y and glyph.x < after.x < glyph.end
        yield replace(glyph, end=after.x) if leans else glyph


def _baselines(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Glyphs by line; a superscript belongs to the line whose type it stands in."""
    lines: list[list[Glyph]] = []
    for glyph in sorted((glyph for glyph in glyphs if glyph.text.strip()), key=lambda glyph: (-glyph.y, glyph.x)):
        last = lines[-1][0] if lines else None
        if last and last.y - glyph.y <= SAME_LINE * max(last.type.size, glyph.type.size):
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    # The letters of a ligature share one place: sorting keeps them in order.
    return [sorted(line, key=lambda glyph: glyph.x) for line in lines]


def _runs(line: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    run = [line[0]]
    for last, glyph in pairwise(line):
        if glyph.x - last.end > CELL_GAP * max(last.type.size, glyph.type.size) and not _spaced_out(run, glyph):
            yield run
            run = []
        run.append(glyph)
    yield run


def _spaced_out(run: Sequence[Glyph], glyph: Glyph) -> bool:
    """Whether `glyph` follows as far as the letters of `run` stand from each other, or hardly more."""
    gaps = _gaps(run)
    return (
        len(gaps) >= 3 and min(gaps) > WORD_GAP * glyph.type.size and glyph.x - run[-1].end < SPACED_WORDS * max(gaps)
    )


def _gaps(run: Sequence[Glyph]) -> list[float]:
    return [following.x - glyph.end for glyph, following in pairwise(run)]


def _cell(run: Sequence[Glyph], page: int) -> Cell:
    breaks = [0, *_breaks(run), len(run)]
    words = [run[start:end] for start, end in pairwise(breaks)]
    text = " ".join("".join(glyph.text for glyph in word) for word in words)
    bold = [word for word in words if word[0].type.bold]
    stressed = bold and len(bold) < len(words) and bold in (words[: len(bold)], words[-len(bold) :])
    first, last = run[0].type, run[-1].type
    small_caps = _in_small_caps(run)
    return Cell(
        text=" ".join(_ICON.sub("", text).split()),
        x=run[0].x,
        end=run[-1].end,
        y=statistics.mode(glyph.y for glyph in run),
        size=_size(run, small_caps),
        bold=len(bold) == len(words),
        italic=all(glyph.type.italic for glyph in run),
        page=page,
        stress=" ".join("".join(glyph.text for glyph in word) for word in bold) if stressed else "",
        space=max((words[number][0].x - words[number - 1][-1].end for number in range(1, len(words))), default=0.0),
        small_caps=small_caps,
        colour=first.colour,
        begins=(first.bold, first.italic),
        ends=(last.bold, last.italic),
    )


def _size(run: Sequence[Glyph], small_caps: bool) -> float:
    """The size of most of it; small capitals are as large as the capital that begins them."""
    sizes = [glyph.type.size for glyph in run]
    return max(sizes) if small_caps else statistics.mode(sizes)


def _in_small_caps(run: Sequence[Glyph]) -> bool:
    """Whether it is set in small capitals: by its face, or in two sizes of capitals, told by some as small letters."""
    if all(glyph.type.small_caps for glyph in run):
        return True
    large = [glyph.type.size for glyph in run if glyph.text.isupper()]
    small = [glyph.type.size for glyph in run if glyph.text.islower()]
    if not small:
        return bool(large) and SMALLEST_CAPITAL * max(large) < min(large) < max(large)
    return len(small) > 1 and bool(large) and SMALLEST_CAPITAL * min(large) < min(small) <= max(small) < min(large)


def _breaks(run: Sequence[Glyph]) -> list[int]:
    """Where words begin after the first."""
    gaps = _gaps(run)
    if not gaps:
        return []
    usual, size = statistics.median(gaps), statistics.median(glyph.type.size for glyph in run)
    least = max(usual, 0.0) + WORD_GAP * size
    if len(gaps) >= 4 and usual > WORD_GAP * size:  # letters set apart: words are parted by clearly more
        least = 1.5 * usual
    return [
        number
        for number, gap in enumerate(gaps, 1)
        if gap > least or _change_of_type(run[number - 1], run[number], gap)
    ]


def _change_of_type(last: Glyph, glyph: Glyph, gap: float) -> bool:
    """A small letter before a capital of another type: two words that touch."""
    return _style(last.type) != _style(glyph.type) and last.text.islower() and glyph.text.isupper() and gap > -0.1


def _style(style: Type) -> tuple[bool, float]:
    return style.bold, style.size


def _joined(line: Sequence[Cell]) -> list[Cell]:
    """Cells with their bullet in front and the gap before them; empty ones (icons) are gone."""
    joined: list[Cell] = []
    for cell in line:
        if not cell.text:
            continue
        last = joined[-1] if joined else None
        gap = cell.x - last.end if last else 0.0
        if last and last.is_bullet and gap < BULLET_GAP * cell.size:
            joined[-1] = replace(cell, text=f"• {cell.text}", gap=last.gap)
        else:
            joined.append(replace(cell, gap=gap))
    return joined
