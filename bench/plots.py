"""Pictures for the documents from the results that are kept: `python -m bench.plots`, the last step of the benches.

    docs/load.png     latency and answers a second by questions in flight (make bench)
    docs/growth.png   cold start and warm questions by passages (make bench-growth)

A result that was never kept has no picture.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

from bench.parts import RESULTS, ROOT

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Result = Mapping[str, Any]
STYLE = {
    "figure.figsize": (9, 3.6),
    "figure.dpi": 110,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "legend.frameon": False,
}


def main() -> None:
    """Draw what there is."""
    pictures: dict[str, tuple[str, Callable[[Result], Figure]]] = {
        "bench": ("load", load),
        "growth": ("growth", growth),
    }
    for name, (picture, draw) in pictures.items():
        kept = RESULTS / f"{name}.json"
        if kept.exists():
            save(draw(json.loads(kept.read_text(encoding="utf-8"))), ROOT / "docs" / f"{picture}.png")


def save(figure: Figure, path: Path) -> None:
    """As PNG."""
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def load(result: Result) -> Figure:
    """Latency left, rate right, a colour for each time that the language model takes."""
    with plt.rc_context(STYLE):
        figure, (latency, rate) = plt.subplots(1, 2, layout="constrained")
        lines = result["load"]["sweep"]
        for number, wait_ms in enumerate(sorted({line["llm_ms"] for line in lines})):
            of = [line for line in lines if line["llm_ms"] == wait_ms]
            flight, colour = [line["in_flight"] for line in of], f"C{number}"
            latency.plot(flight, [line["p50_ms"] for line in of], "o-", color=colour, label=f"LLM {wait_ms} ms, p50")
            latency.plot(flight, [line["p95_ms"] for line in of], "o--", color=colour, label="p95")
            rate.plot(flight, [line["per_s"] for line in of], "o-", color=colour, label=f"LLM {wait_ms} ms")
        _named(latency, "whole answer, ms", "questions in flight", flight)
        _named(rate, "answers a second", "questions in flight", flight)
        figure.suptitle(_told(result))
        return figure


def growth(result: Result) -> Figure:
    """Cold start left with its range, warm questions right."""
    with plt.rc_context(STYLE):
        figure, (cold, warm) = plt.subplots(1, 2, layout="constrained")
        lines = result["sizes"]
        passages = [line["passages"] for line in lines]
        seconds = [line["cold_s"]["median"] for line in lines]
        below = [line["cold_s"]["median"] - line["cold_s"]["min"] for line in lines]
        above = [line["cold_s"]["max"] - line["cold_s"]["median"] for line in lines]
        cold.errorbar(passages, seconds, yerr=[below, above], fmt="o-", capsize=3, label="median and range")
        for share, style in ((50, "o-"), (95, "o--")):
            warm.plot(passages, [line[f"p{share}_ms"] for line in lines], style, color="C0", label=f"p{share}")
        _named(cold, "exec → first answer, s", "passages", passages)
        _named(warm, "quoted answer, ms", "passages", passages)
        figure.suptitle(_told(result))
        return figure


def _named(axes: Axes, what: str, by: str, at: list[int]) -> None:
    axes.set(xlabel=by, ylabel=what, xscale="log")
    axes.set_xticks(at, [f"{number:,}" for number in at], minor=False)
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.legend()


def _told(result: Result) -> str:
    return f"{result['date'][:10]}, commit {result['commit']}, {result['machine']}"


if __name__ == "__main__":
    main()
