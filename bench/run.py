"""`make bench`: every row of speed, memory and ingest in one run.

    python -m bench.run [SECTION …]     cold start, warm, load, at rest, ingest, page, image; all of them by default

Prints a table and a last line of JSON. All of it is kept as bench/results/bench.json, from which the tables and the
plot in the documents are made; sections by themselves are only printed. BENCH_QUICK=1 runs everything in tiny sizes, to
see that it works, and keeps nothing. What a machine lacks (the classic stack, Chromium, root) is a row that says so.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import at_rest, cold_start, ingest, load, page, prose, report, warm
from bench.figures import Row
from bench.parts import RESULTS, Missing, chroma_in, keep, say, scratch, sized, stamp
from tools import image


class Bench:
    """What the sections share: a folder, a Chroma, and 1,000 passages in it."""

    def __init__(self, folder: Path, chroma_url: str) -> None:
        self.folder, self.chroma_url = folder, chroma_url
        self._prose: tuple[dict[str, str], dict[str, str]] | None = None

    def prose(self) -> tuple[dict[str, str], dict[str, str]]:
        """(settings with which ask finds them, the documents), loaded by who first needs them."""
        if self._prose is None:
            documents = prose.documents()
            say(f"{len(documents)} articles into Chroma")
            self._prose = prose.loaded(self.folder, self.chroma_url, documents), documents
        return self._prose


def cold(bench: Bench) -> tuple[Any, list[Row]]:
    """From exec to the first answer."""
    found = cold_start.measure(bench.folder, bench.chroma_url, sized(6, 1), sized(2, 0))
    return found, cold_start.rows(found)


def latency(bench: Bench) -> tuple[Any, list[Row]]:
    """One question in flight."""
    found = warm.measure(bench.folder, bench.prose()[0])
    return found, warm.rows(found)


def loaded(bench: Bench) -> tuple[Any, list[Row]]:
    """Many questions in flight."""
    found = load.measure(bench.folder, *bench.prose())
    return found, load.rows(found)


def resting(bench: Bench) -> tuple[Any, list[Row]]:
    """Memory."""
    found = at_rest.measure(bench.folder, bench.prose()[0])
    return found, at_rest.rows(found)


def fed(bench: Bench) -> tuple[Any, list[Row]]:
    """Documents."""
    found = ingest.measure(bench.folder, bench.chroma_url)
    return found, ingest.rows(found)


def shown(bench: Bench) -> tuple[Any, list[Row]]:
    """The page, which has a result of its own as well."""
    found = page.result_of(bench.folder, bench.chroma_url, sized(10, 2))
    return found, page.rows(found)


def packed(bench: Bench) -> tuple[Any, list[Row]]:
    """The functions image without its base: packages from the lock, the model, bytecode."""
    found = image.sizes(image.make())
    total = (sum(found.values()) - found["functions"] - found["corpus"]) / 1e6
    return found, [Row("image: packages and model beyond the base", total, "MB", 600, 450, told="10⁶ bytes")]


SECTIONS: dict[str, Callable[[Bench], tuple[Any, list[Row]]]] = {
    "cold start": cold,
    "warm": latency,
    "load": loaded,
    "at rest": resting,
    "ingest": fed,
    "page": shown,
    "image": packed,
}


def main() -> None:
    """Measure, print, keep."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    chosen = options.parse_args().sections or list(SECTIONS)
    if unknown := set(chosen) - SECTIONS.keys():
        options.error(f"no section is called {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    begun, started = stamp("bench"), time.perf_counter()
    found, rows = measure(chosen)
    taken = {"seconds": round(time.perf_counter() - started), "rows": [row.as_json() for row in rows]}
    result = begun | {"quick": begun["quick"] or chosen != list(SECTIONS)} | taken | found
    print(report.run(result))
    keep(result)
    if not result["quick"]:
        say(f"kept as {RESULTS / 'bench.json'}")


def measure(chosen: list[str]) -> tuple[dict[str, Any], list[Row]]:
    """What each section found, and its rows."""
    found: dict[str, Any] = {}
    rows: list[Row] = []
    with scratch() as folder, chroma_in(folder) as chroma:
        bench = Bench(folder, chroma)
        for name in chosen:
            say(name)
            try:
                found[name], made = SECTIONS[name](bench)
            except Missing as reason:
                made = [Row(name, None, told=str(reason))]
            rows += made
    return found, rows


if __name__ == "__main__":
    main()
