"""Figures: percentiles, ratios, and rows that know what they are to reach."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["stretch", "must", "missed", "not measured", ""]


@dataclass(frozen=True)
class Row:
    """One figure. `value` is None where this machine could not measure it; `told` then says why.

    `must` and `stretch` are upper bounds, or lower ones with `at_least`; a row without them is there to compare.
    """

    name: str
    value: float | None
    unit: str = ""
    must: float | None = None
    stretch: float | None = None
    at_least: bool = False
    told: str = ""  # the medians behind a ratio, the range, the number of runs

    @property
    def verdict(self) -> Verdict:
        """The hardest bound that holds. Bounds hold for what is measured, not for what is shown of it."""
        if self.value is None:
            return "not measured"
        if self.stretch is not None and self._holds(self.value, self.stretch):
            return "stretch"
        if self.must is not None:
            return "must" if self._holds(self.value, self.must) else "missed"
        return ""

    def _holds(self, value: float, bound: float) -> bool:
        return value >= bound if self.at_least else value <= bound

    def bound(self, bound: float | None) -> str:
        """`must` or `stretch` as a table shows it."""
        return "" if bound is None else f"{'≥' if self.at_least else '≤'} {shown(bound)}{_apart(self.unit)}"

    def as_json(self) -> dict[str, Any]:
        """All fields, and the verdict."""
        return {**asdict(self), "verdict": self.verdict}


def row_of(fields: dict[str, Any]) -> Row:
    """The inverse of `as_json`."""
    return Row(**{name: value for name, value in fields.items() if name != "verdict"})


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0..1) of all values do not exceed: nearest rank, never interpolated."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, math.ceil(share * len(values) - 1e-9) - 1)]


def ratio(over: float, under: float) -> float:
    """How many times `under` goes into `over`; infinite for an `under` of 0."""
    return over / under if under else math.inf


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most, and how many there are."""
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {**{name: round(value, 4) for name, value in found.items()}, "runs": len(values)}


def latencies(seconds: Sequence[float]) -> dict[str, float]:
    """p50 and p95 in milliseconds."""
    return {f"p{share}_ms": round(percentile(seconds, share / 100) * 1000, 2) for share in (50, 95)}


def shown(value: float) -> str:
    """Three digits that mean something."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or value == int(value) else f"{value:.{1 if size >= 10 else 2}f}"


def table(rows: Iterable[Row], told: bool = True) -> str:
    """Markdown; without `told` only what a reader in a hurry wants."""
    head = ["figure", "measured", "must", "stretch", "met", *(["behind it"] if told else [])]
    lines = [_cells(row)[: len(head)] for row in rows]
    return markdown(head, lines)


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table in columns, readable as text too."""
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    rule = ["-" * max(3, width) for width in widths]
    padded = (
        " | ".join(cell.ljust(max(3, width)) for cell, width in zip(line, widths, strict=True))
        for line in [head, rule, *lines]
    )
    return "\n".join(f"| {line} |" for line in padded)


def _cells(row: Row) -> list[str]:
    measured = "–" if row.value is None else f"{shown(row.value)}{_apart(row.unit)}"
    met = "no" if row.verdict == "missed" else row.verdict
    return [row.name, measured, row.bound(row.must), row.bound(row.stretch), met, row.told]


def _apart(unit: str) -> str:
    return f" {unit}" if unit else ""
