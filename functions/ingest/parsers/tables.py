"""Tables of a label and a value, on a page of cells: each row becomes one line, "Systems: Rave, Veeva Vault".

A value that wraps stays with its label, whether the label stands beside its first line or beside its middle. Rows are
told by the rules between them, else by labels that all stand in one column beside values that all begin in another.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from functions.ingest.parsers.cells import BULLETS, SAME_LINE, Cell
from functions.ingest.parsers.dates import is_period
from functions.ingest.parsers.grids import LEADING, SAME_EDGE, Row, dated, ruled
from functions.ingest.parsers.names import names_section
from functions.ingest.parsers.shapes import Rule

# A label has at most so many characters.
LONGEST_LABEL = 40
# Without rules, so many rows make a table, and they are this share of the lines beside the same white strip.
FEWEST, SHARE = 3, 0.7
# Rows are parted by so much more than the lines of one value.
PADDED = 1.12
# A value's line this full goes on in the next one.
FULL = 0.75


def in_lines(page: Sequence[Cell], rules: Sequence[Rule]) -> list[Cell]:
    """The cells of a page or of a part of it, from the top; the rows of tables as lines."""
    cells = list(page)
    for rows in ruled(cells, rules):
        cells = _told(cells, rows)
    for rows in _plain(cells):
        cells = _told(cells, rows)
    return cells


def by_line(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells by their baseline, from the top, each line from left to right."""
    lines: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda cell: -cell.y):
        if lines and lines[-1][0].y - cell.y <= SAME_LINE * max(lines[-1][0].size, cell.size):
            lines[-1].append(cell)
        else:
            lines.append([cell])
    return [sorted(line, key=lambda cell: cell.x) for line in lines]


def _told(cells: Sequence[Cell], rows: Sequence[Row]) -> list[Cell]:
    """`cells` with the cells of each row as one, and the further lines of its value below it."""
    gone = {cell for row in rows for cell in row.cells}
    told = [cell for cell in cells if cell not in gone]
    for row in rows:
        *labels, value = [by_line(column) for column in row.columns]
        names = [" ".join(cell.text for line in column for cell in line) for column in labels]
        lines = [_line(line) for line in value]
        label = ", ".join(name for name in names if name)
        mark = " " if label.endswith(":") else ": " if len(names) == 1 else ", "
        first = row.columns[0][0]
        stress = f"{label.rstrip(':')}:" if first.bold and not lines[0].bold else ""
        whole = replace(lines[0], text=f"{label}{mark}{lines[0].text}", x=first.x, gap=0.0, bold=False)
        told.append(replace(whole, row=True, stress=stress))
        told += [replace(line, goes_on=True) for line in lines[1:]]
    return sorted(told, key=lambda cell: (-cell.y, cell.x))


def _line(line: Sequence[Cell]) -> Cell:
    last = line[-1]
    return replace(line[0], text=" ".join(cell.text for cell in line), end=last.end, ends=last.ends)


def _plain(cells: Sequence[Cell]) -> Iterator[list[Row]]:
    """Runs of rows that nothing but their place makes a table of."""
    lines = by_line(cells)
    margin = min((cell.x for cell in cells), default=0.0)
    edges = Counter(round(cell.x) for cell in cells if cell.x > margin + SAME_EDGE)
    taken: set[int] = set()
    for x in sorted(edge for edge in edges if edges[edge] + edges.get(edge + 1, 0) >= FEWEST):
        beside = sum(_has_both(line, x) for line in lines)
        tables = []
        for first, last in _stretches(lines, x):
            run = [line for number, line in enumerate(lines[first:last], first) if number not in taken]
            if rows := _rows(run, x):
                tables.append((first, last, rows))
        counted = sum(_has_both(line, x) for first, last, _ in tables for line in lines[first:last])
        dates = sum(_has_both(line, x) and is_period(line[0].text) for line in lines)
        labels = [row.columns[0][0].text for _, _, rows in tables for row in rows]
        sections = sum(map(names_section, labels)) > SHARE * len(labels)
        if len(labels) >= FEWEST and not sections and counted + dates >= SHARE * beside:
            for first, last, rows in tables:
                taken |= set(range(first, last))
                yield rows


def _has_both(line: Sequence[Cell], x: float) -> bool:
    """Whether text stands to the left of `x` and from `x` on, and none across."""
    ends_before = [cell for cell in line if cell.end < x - 1]
    return bool(ends_before) and len(ends_before) < len(line) and not any(cell.x < x - 1 < cell.end for cell in line)


def _stretches(lines: Sequence[Sequence[Cell]], x: float) -> Iterator[tuple[int, int]]:
    """Runs of lines, [first, last), with a label, a value at `x`, or both, and nothing else; all labels alike."""
    start, style, size = 0, None, 0.0
    for number, line in enumerate([*lines, []]):
        label, value = _label(line, x), _value(line, x)
        fits = bool(line) and len(line) == (label is not None) + len(value) and (label is not None or bool(value))
        if label is not None and fits:
            style = style or _style(label)
            fits = style == _style(label) and (bool(value) or _near_value(lines, number, x))
        if value and fits:
            size = size or value[0].size
            fits = size == value[0].size
        if fits and number > start:
            fits = lines[number - 1][0].page == line[0].page and _gap(lines[number - 1], line) < 2.6 * line[0].size
        if not fits:
            if number > start:
                yield start, number
            start, style, size = number + 1, None, 0.0
            if label is not None and value and len(line) == 1 + len(value):
                start, style, size = number, _style(label), value[0].size


def _label(line: Sequence[Cell], x: float) -> Cell | None:
    found = [cell for cell in line if cell.end < x - 1]
    short = len(found) == 1 and len(found[0].text) <= LONGEST_LABEL and found[0].text[0] not in BULLETS
    return found[0] if short and found[0].text[-1] not in ".,;" and not is_period(found[0].text) else None


def _value(line: Sequence[Cell], x: float) -> list[Cell]:
    found = [cell for cell in line if cell.x > x - SAME_EDGE]
    return found if found and found[0].x < x + SAME_EDGE and found[0].text[0] not in BULLETS else []


def _style(label: Cell) -> tuple[bool, bool, float, bool]:
    return label.bold, label.italic, label.size, label.text.isupper()


def _near_value(lines: Sequence[Sequence[Cell]], number: int, x: float) -> bool:
    """Whether a label without a value beside it stands between two lines of one."""
    around = [lines[other] for other in (number - 1, number + 1) if 0 <= other < len(lines)]
    return len(around) == 2 and all(len(line) == 1 and _value(line, x) for line in around)


def _gap(above: Sequence[Cell], below: Sequence[Cell]) -> float:
    return above[0].y - below[0].y


def _rows(lines: Sequence[Sequence[Cell]], x: float) -> list[Row]:
    """The rows of a stretch; none when it is no table."""
    labels = [cell for line in lines if (cell := _label(line, x))]
    values = [value for line in lines if (value := _value(line, x))]
    if not labels or not (_same([cell.x for cell in labels]) or _same([cell.end for cell in labels])):
        return []
    if not values or any(value[0].size != values[0][0].size for value in values):
        return []
    rows = _beside_first_line(lines, x) or _beside_middle(labels, values)
    return [] if not rows or dated(rows) or _like_columns(rows) else rows


def _same(edges: Sequence[float]) -> bool:
    return max(edges) - min(edges) < 2 * SAME_EDGE


def _beside_first_line(lines: Sequence[Sequence[Cell]], x: float) -> list[Row]:
    """Rows whose label stands beside the value's first line; further lines follow full ones."""
    rows: list[Row] = []
    edge = max(line[-1].end for line in lines)
    for above, line in pairwise([None, *lines]):
        label, value = _label(line or [], x), _value(line or [], x)
        if label and value:
            rows.append(Row([[label], list(value)]))
        elif label or not rows or above is None or line is None or _gap(above, line) > LEADING * line[0].size:
            return []
        else:
            full = above[-1].end + len(line[0].text.split(" ")[0]) * line[0].size / 2 > x + FULL * (edge - x)
            if not full and not line[0].text[0].islower():
                return []
            rows[-1].columns[1].extend(value)
    return rows


def _beside_middle(labels: Sequence[Cell], values: Sequence[Sequence[Cell]]) -> list[Row]:
    """Rows parted by white, each with its label at half its height."""
    gaps = [_gap(above, below) for above, below in pairwise(values)]
    groups: list[list[Sequence[Cell]]] = [[values[0]]]
    for gap, value in zip(gaps, values[1:], strict=True):
        if gap > min(gaps) * PADDED:
            groups.append([])
        groups[-1].append(value)
    if len(groups) != len(labels):
        return []
    rows = []
    for label, group in zip(labels, groups, strict=True):
        if abs((group[0][0].y + group[-1][0].y) / 2 - label.y) > SAME_LINE * label.size:
            return []
        rows.append(Row([[label], [cell for line in group for cell in line]]))
    return rows


def _like_columns(rows: Sequence[Row]) -> bool:
    """Whether the right side is running text that only happens to have something beside it."""
    edge = max(row.columns[1][-1].end for row in rows)
    start = rows[0].columns[1][0].x
    full = [row.columns[1][-1].end > start + 0.9 * (edge - start) for row in rows[:-1]]
    lower = [row.columns[1][0].text[:1].islower() for row in rows[1:]]
    runs_on = sum(is_full and goes_on for is_full, goes_on in zip(full, lower, strict=True))
    return runs_on > 0.34 * len(rows) or any(row.columns[1][0].bold for row in rows)
