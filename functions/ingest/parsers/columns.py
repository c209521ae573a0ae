"""Cells of a page → regions in the order of reading, by cutting at the white between columns (an XY-cut).

A strip of white is a gutter when text stands on both sides of it over several lines, unless what stands on one
side labels the lines of the other, as dates beside titles do.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from functions.ingest.parsers.cells import BULLETS, SAME_LINE, Cell
from functions.ingest.parsers.dates import is_period

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
        return [list(cells)] if cells else []
    return [region for part in (cut.above, cut.left, cut.right, cut.below) for region in _regions(part)]


def _cut(cells: Sequence[Cell]) -> _Cut | None:
    """The cut at the longest gutter."""
    rows = _rows(cells)
    edges = Counter(round(cell.x) for cell in cells)
    found = [
        cut
        for x in [edge for edge in edges if edges[edge] + edges.get(edge + 1, 0) >= FEWEST]
        for run in _clear(rows, x)
        if (cut := _parted(rows, run, x)) is not None
    ]
    return max(found, key=lambda cut: (cut.height, -cut.x), default=None)


def _rows(cells: Sequence[Cell]) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda cell: -cell.y):
        if rows and rows[-1][0].y - cell.y <= SAME_LINE * max(rows[-1][0].size, cell.size):
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return [sorted(row, key=lambda cell: cell.x) for row in rows]


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
    for row in _rows(region):
        for number, cell in enumerate(row):
            if number == 0 or cell.text.startswith("• ") or (cell.text[0] == row[0].text[0] and _bulleted(cell.text)):
                lines.append([])
            lines[-1].append(cell if lines[-1] else replace(cell, gap=0.0))
    return lines


def _bulleted(text: str) -> bool:
    return text[0] in BULLETS and text[1:2] == " "
