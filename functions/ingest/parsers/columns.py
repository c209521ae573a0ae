"""Cells of a page → regions in the order of reading, by cutting at the white between columns (an XY-cut).

A strip of white is a gutter when text stands on both sides of it over several lines, unless what stands on one
side labels the lines of the other, as dates beside titles do.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from functions.ingest.parsers.cells import BULLETS, Cell
from functions.ingest.parsers.dates import is_period
from functions.ingest.parsers.lines import TIGHT
from functions.ingest.parsers.names import names_section
from functions.ingest.parsers.tables import by_line, in_lines

# A gutter is at least this wide, in points, and beside each other stand at least this many lines.
GUTTER, FEWEST = 6.0, 3
# The narrower of two columns is a side column below this share of the other one's width,
# and when they stand beside each other for this share of the page's height.
SIDE_WIDTH, SIDE_HEIGHT = 0.8, 0.35
# A gap of more than this times the usual leading parts what is below columns from them.
APART = 1.6


@dataclass(frozen=True, slots=True)
class _Cut:
    above: list[Cell]
    left: list[Cell]
    right: list[Cell]
    below: list[Cell]
    x: float
    height: float  # over which both sides have text


def in_order(pages: Sequence[Sequence[Cell]]) -> list[list[list[Cell]]]:
    """The document's streams: the main one, then each side column; a stream is a list of regions.

    A side column goes on from page to page beside the main text, so neither interrupts the other.
    """
    main: list[list[Cell]] = []
    sides: dict[tuple[float, bool], list[list[Cell]]] = {}  # by gutter, and whether it is the left one
    for page in pages:
        cut = _cut(page)
        side = _side(cut, page, list(sides)) if cut else None
        if cut is None or side is None:
            main += _regions(page)
            continue
        beside, other = (cut.left, cut.right) if side[1] else (cut.right, cut.left)
        main += [region for part in (cut.above, other, cut.below) for region in _regions(part)]
        sides.setdefault(side, []).extend(_regions(beside))
    return [stream for stream in (main, *sides.values()) if stream]


def _side(cut: _Cut, page: Sequence[Cell], known: Sequence[tuple[float, bool]]) -> tuple[float, bool] | None:
    """The gutter of the side column, and whether it is the left one; None where there is no side column."""
    for x, is_left in known:
        if abs(x - cut.x) < 2 * GUTTER:
            return x, is_left
    narrow, wide = sorted((cut.left, cut.right), key=_width)
    if _width(narrow) < SIDE_WIDTH * _width(wide) and cut.height > SIDE_HEIGHT * _height(page):
        return cut.x, narrow is cut.left
    return None


def _regions(cells: Sequence[Cell]) -> list[list[Cell]]:
    cut = _cut(cells)
    if cut is None:
        return [in_lines(cells, ())] if cells else []
    return [region for part in (cut.above, cut.left, cut.right, cut.below) for region in _regions(part)]


def _cut(cells: Sequence[Cell]) -> _Cut | None:
    """The cut at the longest gutter."""
    rows = by_line(cells)
    edges = Counter(round(cell.x) for cell in cells)
    found = [
        cut
        for x in [edge for edge in edges if edges[edge] + edges.get(edge + 1, 0) >= FEWEST]
        for run in _clear(rows, x)
        if (cut := _parted(rows, run, x)) is not None
    ]
    return max(found, key=lambda cut: (cut.height, -cut.x), default=None)


def _clear(rows: Sequence[Sequence[Cell]], x: float) -> list[tuple[int, int]]:
    """Runs of rows, [first, last), that leave the strip before `x` white."""
    runs: list[tuple[int, int]] = []
    start = 0
    for number, row in enumerate([*rows, None]):
        if row is None or any(cell.x < x - 1 and cell.end > x - 1 - GUTTER for cell in row):
            if number - start >= FEWEST:
                runs.append((start, number))
            start = number + 1
    return runs


def _parted(rows: Sequence[Sequence[Cell]], run: tuple[int, int], x: float) -> _Cut | None:
    first, last = run
    left = [cell for row in rows[first:last] for cell in row if cell.end <= x - 1]
    right = [cell for row in rows[first:last] for cell in row if cell.x >= x - 1]
    if len(left) < FEWEST or len(right) < FEWEST:
        return None
    height = min(left[0].y, right[0].y) - max(left[-1].y, right[-1].y)
    if height <= 0 or _labels(left, right):
        return None
    last = _end_of_columns(rows, first, last, max(left[-1].y, right[-1].y))
    inside = [cell for row in rows[first:last] for cell in row]
    return _Cut(
        [cell for row in rows[:first] for cell in row],
        [cell for cell in inside if cell.end <= x - 1],
        [cell for cell in inside if cell.x >= x - 1],
        [cell for row in rows[last:] for cell in row],
        x,
        height,
    )


def _end_of_columns(rows: Sequence[Sequence[Cell]], first: int, last: int, shorter: float) -> int:
    """Where the columns end: rows below the shorter one that stand apart belong to the text across both."""
    if last == len(rows):
        return last
    gaps = [above[0].y - below[0].y for above, below in pairwise(rows[first:last])]
    usual = statistics.median(gaps)
    below = [number for number in range(first + 1, last) if rows[number][0].y < shorter]
    apart = [number for number in below if gaps[number - first - 1] > APART * usual]
    return apart[-1] if apart else last


def _labels(left: Sequence[Cell], right: Sequence[Cell]) -> bool:
    """Whether one side's cells belong to the lines of the other: dates, terms of a list, cells of a table."""
    fewer, more = sorted((_beside(left, right), _beside(right, left)), key=lambda side: len(_lines(side)))
    lines, others = _lines(fewer), _lines(more)
    if not fewer:
        return True
    if sum(is_period(cell.text) for cell in fewer) >= 0.5 * len(fewer):
        return True
    aligned = sum(any(abs(y - other) < 1 for other in others) for y in lines) / len(lines)
    if aligned < 0.75:
        return False
    if aligned >= 0.9 and len(lines) < 0.6 * len(others) and _scattered(lines, others):
        return True
    across = max(cell.end for cell in right) - min(cell.x for cell in left)
    short = all(statistics.median(cell.end - cell.x for cell in side) < 0.35 * across for side in (left, right))
    return short and not any(cell.text.startswith("•") for cell in right)


def _beside(side: Sequence[Cell], other: Sequence[Cell]) -> list[Cell]:
    """The cells of `side` that have `other` beside them: headings stand above and below."""
    return [cell for cell in side if other[-1].y - 1 < cell.y < other[0].y + 1]


def _scattered(lines: Sequence[float], others: Sequence[float]) -> bool:
    """Whether lines of the other side stand between most of the lines."""
    between = [any(below + 1 < y < above - 1 for y in others) for above, below in pairwise(lines)]
    return sum(between) >= 0.5 * len(between)


def _lines(side: Sequence[Cell]) -> list[float]:
    """The baselines, from the top."""
    return sorted({cell.y for cell in side}, reverse=True)


def _width(side: Sequence[Cell]) -> float:
    return max(cell.end for cell in side) - min(cell.x for cell in side)


def _height(cells: Sequence[Cell]) -> float:
    return max(cell.y for cell in cells) - min(cell.y for cell in cells)


def rows(region: Sequence[Cell]) -> list[list[Cell]]:
    """The lines of a region, from the top, each from left to right; a bullet in the middle begins another."""
    lines: list[list[Cell]] = []
    usual = _usual(region)
    for row in _stacked(by_line(region)):
        if _begins_section(row, usual):
            lines.append(row[:1])
            row = row[1:]
        for number, cell in enumerate(row):
            if number == 0 or cell.text.startswith("• ") or (cell.text[0] == row[0].text[0] and _bulleted(cell.text)):
                lines.append([])
            lines[-1].append(cell if lines[-1] else replace(cell, gap=0.0))
    return lines


def _bulleted(text: str) -> bool:
    return text[0] in BULLETS and text[1:2] == " "


def _begins_section(row: Sequence[Cell], usual: tuple[bool, float, int]) -> bool:
    """Whether the name of a section stands at the margin, set apart by its type from the text."""
    name = row[0]
    told = (name.bold, name.size, name.colour) != usual or name.text.isupper()
    return len(row) > 1 and told and not name.row and name.size >= usual[1] and names_section(name.text)


def _usual(region: Sequence[Cell]) -> tuple[bool, float, int]:
    """Whether most of the text is bold, its size and its colour."""
    weight: Counter[tuple[bool, float, int]] = Counter()
    for cell in region:
        weight[cell.bold, cell.size, cell.colour] += len(cell.text)
    return weight.most_common(1)[0][0]


def _stacked(lines: Sequence[list[Cell]]) -> list[list[Cell]]:
    """Lines with the two dates of a period, set below each other at the margin, beside the first."""
    told: list[list[Cell]] = []
    for line in lines:
        above = told[-1] if told else []
        if len(above) > 1 and len(line) > 1 and _ends_period(above[0], line[0]):
            told[-1] = [replace(above[0], text=f"{above[0].text} {line[0].text}"), *above[1:]]
            line = line[1:]
        told.append(line)
    return told


def _ends_period(start: Cell, end: Cell) -> bool:
    near = 0 < start.y - end.y < TIGHT * start.size and (abs(start.x - end.x) < 2 or abs(start.end - end.end) < 2)
    open_ended = start.text[-1] in "-–—" or end.text[0] in "-–—" or start.text.split()[-1] in ("bis", "to", "until")
    return near and open_ended and is_period(f"{start.text} {end.text}")
