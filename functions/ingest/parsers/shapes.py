"""What a page draws beside its glyphs and says something: the bullets of a list, and horizontal rules."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

# Browsers draw a list's bullets as shapes: about square, and no larger than this, in points. Shapes nearer to each
# other than this are something else, such as a rating in dots.
BULLET, ALONE = 6.0, 15.0
# A rule is at most this thick, and at least this long.
THICK, SHORTEST = 2.5, 20.0
# Two pieces of a rule have no gap wider than this, and stand on one line within so much.
PIECES, LEVEL = 3.0, 0.8
# A drawing has thousands of strokes, and none of them says anything.
MOST_RULES = 400


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line, in points (y grows upward)."""

    x: float
    end: float
    y: float


def shapes(page: Any) -> tuple[list[tuple[float, float, float]], list[Rule]]:
    """The bullets of a page, each as left edge, right edge and middle, and its rules from the top."""
    from pypdfium2 import raw

    bullets: list[tuple[float, float, float]] = []
    rules: list[Rule] = []
    for index in range(raw.FPDFPage_CountObjects(page)):
        shape = raw.FPDFPage_GetObject(page, index)
        if raw.FPDFPageObj_GetType(shape) != raw.FPDF_PAGEOBJ_PATH:
            continue
        left, bottom, right, top = _bounds(shape)
        width, height = right - left, top - bottom
        if 1 < width < BULLET and abs(width - height) < 0.5:
            bullets.append((left, right, (top + bottom) / 2))
        elif height < THICK and width > SHORTEST:
            rules.append(Rule(left, right, (top + bottom) / 2))
        elif width > SHORTEST and len(rules) < MOST_RULES:
            rules += _strokes(shape)
    alone = [one for one in bullets if not any(_near(one, other) for other in bullets)]
    return alone, _whole(rules) if len(rules) < MOST_RULES else []


def _near(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    return one[0] != other[0] and abs(one[0] - other[0]) < ALONE and abs(one[2] - other[2]) < 1


def _bounds(shape: Any) -> tuple[float, float, float, float]:
    from pypdfium2 import raw

    edges = [ctypes.c_float() for _ in range(4)]
    found = raw.FPDFPageObj_GetBounds(shape, *edges)
    left, bottom, right, top = (edge.value if found else 0.0 for edge in edges)
    return left, bottom, right, top


def _strokes(shape: Any) -> Iterator[Rule]:
    """The horizontal strokes of a path: a table's grid is often one path."""
    from pypdfium2 import raw

    fill, stroke, matrix = ctypes.c_int(), ctypes.c_int(), raw.FS_MATRIX()
    drawn = raw.FPDFPath_GetDrawMode(shape, fill, stroke) and stroke.value
    count = raw.FPDFPath_CountSegments(shape)
    if not drawn or count > MOST_RULES or not raw.FPDFPageObj_GetMatrix(shape, matrix):
        return
    points = [_point(raw.FPDFPath_GetPathSegment(shape, number), matrix) for number in range(count)]
    for (_, x, y), (kind, end, level) in pairwise(points):
        if kind == raw.FPDF_SEGMENT_LINETO and abs(y - level) < LEVEL and abs(end - x) > SHORTEST:
            yield Rule(min(x, end), max(x, end), y)


def _point(segment: Any, matrix: Any) -> tuple[int, float, float]:
    from pypdfium2 import raw

    x, y = ctypes.c_float(), ctypes.c_float()
    raw.FPDFPathSegment_GetPoint(segment, x, y)
    kind = raw.FPDFPathSegment_GetType(segment)
    return (
        kind,
        matrix.a * x.value + matrix.c * y.value + matrix.e,
        matrix.b * x.value + matrix.d * y.value + matrix.f,
    )


def _whole(pieces: Sequence[Rule]) -> list[Rule]:
    """Rules from the top, the pieces between cells put together."""
    found: list[Rule] = []
    for rule in sorted(pieces, key=lambda rule: (-round(rule.y / LEVEL), rule.x)):
        last = found[-1] if found else None
        if last and abs(last.y - rule.y) < LEVEL and last.x - PIECES < rule.x < last.end + PIECES:
            found[-1] = Rule(last.x, max(last.end, rule.end), last.y)
        else:
            found.append(rule)
    return found
