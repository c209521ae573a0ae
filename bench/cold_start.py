"""Cold start: from exec to the first grounded answer, beside a hello-world function and the classic stack.

    python -m bench.cold_start [--runs 10]

floor and ask are started by the same server (functions.shared.serve); each is asked over HTTP as soon as it listens.
ask and classic have to answer from the corpus, with the model to load, texts to read and nothing cached. They take
turns, so that whatever else the machine does meets all. First with the files in the page cache, then, where root may
drop it, without: that is a node that has just pulled the image, with its disk.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import report
from bench.classic_stack import COMMAND, Classic, environment
from bench.figures import Row, ratio, spread
from bench.parts import (
    ROOT,
    Missing,
    asked,
    chroma_in,
    drop_page_cache,
    exchange,
    first_answer,
    load,
    place,
    say,
    scratch,
    sized,
)

SERVE = [sys.executable, "-m", "functions.shared.serve"]
QUESTION, FACT = "Where does Vivek work?", "VitaScale"


@dataclass(frozen=True)
class Starter:
    """How one of them is started, and when it has answered."""

    command: list[str]
    environment: dict[str, str]
    answered: Callable[[str], bool]


def main() -> None:
    """Measure and print; `python -m bench.run` keeps it."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=sized(10, 2))
    options.add_argument("--dropped-runs", type=int, default=sized(3, 0))
    given = options.parse_args()
    with scratch() as folder, chroma_in(folder) as chroma:
        found = measure(folder, chroma, given.runs, given.dropped_runs)
    print(report.cold_start(found))
    print(json.dumps(found))


def measure(folder: Path, chroma_url: str, runs: int, dropped_runs: int) -> dict[str, Any]:
    """Spreads by page cache ("warm", "dropped") and who started."""
    starters = prepare(folder, chroma_url)
    found: dict[str, Any] = {"warm": _taken(starters, folder, runs, lambda: None, skip=1)}
    if not dropped_runs:
        return found
    try:
        drop_page_cache()
        found["dropped"] = _taken(starters, folder, dropped_runs, drop_page_cache)
    except Missing as reason:
        found["not dropped"] = str(reason)
    return found


def prepare(folder: Path, chroma_url: str) -> dict[str, Starter]:
    """corpus/ into Chroma, and into the classic stack where that is installed."""
    settings = place(chroma_url)
    load(ROOT / "corpus", settings)
    starters = {
        "floor": Starter(SERVE, {"FUNCTION_TARGET": "hello", "FUNCTION_SOURCE": "bench/hello.py"}, _greets),
        "ask": Starter(SERVE, {"FUNCTION_TARGET": "ask", **settings}, _answers),
    }
    try:
        classic = environment(folder / "classic-data")
    except Missing as reason:
        say(str(reason))
        return starters
    with Classic(folder) as running:
        running.add({path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "corpus").glob("*.md")})
    return {**starters, "classic": Starter(COMMAND, classic, _finds)}


def _taken(
    starters: dict[str, Starter], folder: Path, runs: int, before: Callable[[], None], skip: int = 0
) -> dict[str, Any]:
    """Interleaved; the first `skip` of each are not counted."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in starters}
    for _ in range(runs + skip):
        for name, one in starters.items():
            before()
            taken[name].append(first_answer(one.command, one.environment, folder / "cold.log", one.answered))
    return {
        name: {
            "s": spread([seconds for seconds, _ in times[skip:]]),
            "pss_mb": spread([pss for _, pss in times[skip:]]),
        }
        for name, times in taken.items()
    }


def _greets(url: str) -> bool:
    return exchange(url) == (200, b"hello\n")


def _answers(url: str) -> bool:
    return FACT in asked(url, QUESTION)["answer"]


def _finds(url: str) -> bool:
    return FACT in json.dumps(asked(url, QUESTION)["sources"])


def rows(found: dict[str, Any]) -> list[Row]:
    """The figures of the table."""
    warm = found["warm"]
    floor, ask = warm["floor"]["s"]["median"], warm["ask"]["s"]["median"]
    told = f"{ask:.3f} s, floor {floor:.3f} s"
    made = [Row("cold start / floor", ratio(ask, floor), "×", 2.5, 2.0, told=told)]
    classic = warm.get("classic")
    seconds = classic["s"]["median"] if classic else None
    against = ratio(seconds, ask) if seconds else None
    told = f"{seconds:.2f} s against {ask:.3f} s" if seconds else "make classic"
    made.append(Row("cold start, faster than classic", against, "×", 10.0, at_least=True, told=told))
    if dropped := found.get("dropped"):
        cold, hello = dropped["ask"]["s"]["median"], dropped["floor"]["s"]["median"]
        told = f"{cold:.2f} s, floor {hello:.2f} s" + (
            f", classic {dropped['classic']['s']['median']:.1f} s" if "classic" in dropped else ""
        )
        made.append(Row("the same with nothing in the page cache", ratio(cold, hello), "×", told=told))
    return made


if __name__ == "__main__":
    main()
