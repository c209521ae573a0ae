"""Tables with rules: what stands between two of one length is a row; columns begin where most rows have text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from functions.ingest.parsers.cells import Cell
from functions.ingest.parsers.dates import is_period
from functions.ingest.parsers.shapes import Rule

# Two edges this near are one, in points.
SAME_EDGE = 2.0
# A label has at most so many lines.
MOST_LABEL_LINES = 3
# Where so many labels or values are dates, they are those of entries.
MOSTLY = 0.6
# Lines of one value stand no further apart than this, in sizes of type.
LEADING = 1.6


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a label, of its value, and of what stands between."""

    columns: list[list[Cell]]  # each from the top

    @property
    def cells(self) -> list[Cell]:
        """All of them."""
        return [cell for column in self.columns for cell in column]


def ruled(cells: Sequence[Cell], rules: Sequence[Rule]) -> Iterator[list[Row]]:
    """Runs of rows between rules that are equally long."""
    spans = Counter((round(rule.x / SAME_EDGE), round(rule.end / SAME_EDGE)) for rule in rules)
    for span, count in spans.items():
        if count < 3:
            continue
        same = [rule for rule in rules if (round(rule.x / SAME_EDGE), round(rule.end / SAME_EDGE)) == span]
        bands = [_between(cells, above, below) for above, below in pairwise(same)]
        for run in _runs(bands):
            starts = _starts(run)
            rows = [_in_columns(band, starts) for band in run]
            if len(rows) >= 2 and len(starts) >= 2 and all(map(_is_row, rows)) and not dated(rows):
                yield rows


def _between(cells: Sequence[Cell], above: Rule, below: Rule) -> list[Cell]:
    return [
        cell
        for cell in cells
        if below.y < cell.y < above.y and cell.x > above.x - SAME_EDGE and cell.end < above.end + SAME_EDGE
    ]


def _runs(bands: Sequence[list[Cell]]) -> Iterator[list[list[Cell]]]:
    """Bands below each other that may be rows of a table: each has one label, and a value beside it."""
    run: list[list[Cell]] = []
    for band in [*bands, []]:
        if band and _is_band(band):
            run.append(band)
        else:
            if run:
                yield run
            run = []


def _is_band(band: Sequence[Cell]) -> bool:
    left = min(cell.x for cell in band)
    label = [cell for cell in band if cell.x < left + SAME_EDGE]
    others = [cell for cell in band if cell not in label]
    edge = max(cell.end for cell in label)
    return bool(others) and len(label) <= MOST_LABEL_LINES and _solid(label) and all(cell.x > edge for cell in others)


def _solid(column: Sequence[Cell]) -> bool:
    """Whether no white parts its lines."""
    lines = sorted(column, key=lambda cell: -cell.y)
    return all(above.y - below.y < LEADING * above.size for above, below in pairwise(lines))


def _starts(bands: Sequence[Sequence[Cell]]) -> list[float]:
    """Where the columns begin: edges that at least half of the rows have."""
    edges = Counter(round(cell.x / SAME_EDGE) for band in bands for cell in {round(c.x): c for c in band}.values())
    common = sorted(edge * SAME_EDGE for edge, count in edges.items() if count >= 0.5 * len(bands))
    return [edge for number, edge in enumerate(common) if number == 0 or edge - common[number - 1] > 2 * SAME_EDGE]


def _in_columns(band: Sequence[Cell], starts: Sequence[float]) -> Row:
    columns: list[list[Cell]] = [[] for _ in starts]
    for cell in sorted(band, key=lambda cell: (-cell.y, cell.x)):
        at = sum(cell.x > start - 2 * SAME_EDGE for start in starts) - 1
        columns[max(at, 0)].append(cell)
    return Row(columns)


def _is_row(row: Row) -> bool:
    return bool(row.columns[0] and row.columns[-1]) and all(_solid(column) for column in row.columns)


def dated(rows: Sequence[Row]) -> bool:
    """Whether most labels or most values are dates: then they belong to entries, which are told another way."""
    sides = ([row.columns[0][0] for row in rows], [row.columns[-1][0] for row in rows])
    return any(sum(is_period(cell.text) for cell in side) >= MOSTLY * len(side) for side in sides)
