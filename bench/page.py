"""The page: what it weighs on the wire, and how long a visitor waits for something to see.

    python -m bench.page [--runs 15]

Chromium asks through nginx the real ask over corpus/. "Feedback" is from the click to the frame that shows the question
and what is being done about it; "first token" to the frame with the first words of the answer: quoted by the extractive
rung, or written by a scripted model that takes 300 ms for its first word. Weights are the compressed bodies that nginx
sends. Prints a table, then one line of JSON, and keeps that line under bench/results/.
"""

import argparse
import shutil
import statistics
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser

from bench import report
from bench.figures import Row
from bench.parts import ROOT, Missing, chroma_in, keep, load, place, scratch, sized, stamp
from tests.site.browser import chromium
from tests.site.stack import Stack, stack

MODEL_S = 0.3
ELEMENT_WHOLE = "the element: every module, both languages"
ELEMENT = sorted(path.name for path in (ROOT / "site").glob("*.js"))
AROUND = ["", "page.css", "icon.svg", "subject.json"]
CLOSED = ["ask-portfolio.js", "words.js", "render.js"]

# Milliseconds from the click on Send to the frames that show the stage and the first words.
MEASURE = """async (question) => {
    const root = document.querySelector("ask-portfolio").shadowRoot;
    const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))));
    const until = (selector) => new Promise((done) => {
        const look = () => {
            if (root.querySelector(selector)?.textContent) { watching.disconnect(); done(painted()); }
        };
        const watching = new MutationObserver(look);
        watching.observe(root, {childList: true, characterData: true, subtree: true});
    });
    const feedback = until(".turn:last-child .stage"), token = until(".turn:last-child .answer");
    root.querySelector("textarea").value = question;
    const clicked = performance.now();
    root.querySelector(".send").click();
    return [await feedback - clicked, await token - clicked];
}"""


def main() -> None:
    """Measure, print, keep."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=sized(15, 2))
    with scratch() as folder, chroma_in(folder) as chroma:
        result = result_of(folder, chroma, options.parse_args().runs)
    print(report.page(result))
    keep(result)


def result_of(folder: Path, chroma_url: str, runs: int) -> dict[str, Any]:
    """What main keeps. Raises Missing without a browser or a web server."""
    if missing := [name for name in ("chromium", "nginx") if not shutil.which(name)]:
        raise Missing(f"{' and '.join(missing)} missing: apt-get install {' '.join(missing)}")
    with chromium() as browser:
        times, weights = measure(folder, browser, place(chroma_url), runs)
        version = browser.version
    begun = stamp("page")
    begun["machine"] += f", Chromium {version}"
    return begun | {"runs": runs, "times_ms": times, "weights": weights}


def rows(result: dict[str, Any]) -> list[Row]:
    """The figures of the table."""
    element = result["weights"][ELEMENT_WHOLE]
    feedback, token = result["times_ms"]["feedback"], result["times_ms"]["first token, quoted"]
    return [
        Row("widget, gzip, all it can load", element / 1000, "KB", 15, 10, told=f"{element:,} bytes"),
        Row("page: click → feedback", feedback["median"], "ms", told=f"{feedback['min']:.0f}–{feedback['max']:.0f} ms"),
        Row(
            "page: click → first words, quoted", token["median"], "ms", told=f"{token['min']:.0f}–{token['max']:.0f} ms"
        ),
    ]


def measure(
    folder: Path, browser: Browser, environment: dict[str, str], runs: int
) -> tuple[dict[str, dict[str, float]], dict[str, int]]:
    """Times by what a visitor waits for, weights by what is loaded."""
    load(ROOT / "corpus", environment)
    (folder / "quoted").mkdir()
    (folder / "written").mkdir()
    with stack(folder / "quoted", environment, models=False) as quoting:
        quoted = ask(browser, quoting, runs)
        weights = weigh(quoting.url)
    with stack(folder / "written", environment) as writing:
        writing.hosted.gap_s = MODEL_S
        writing.hosted.pieces = ["Vivek works at VitaScale GmbH in Mainz, Germany [1]."]
        written = ask(browser, writing, runs)
    return {
        "feedback": _summary([feedback for feedback, _ in quoted + written]),
        "first token, quoted": _summary([token for _, token in quoted]),
        f"first token, model with {MODEL_S * 1000:.0f} ms": _summary([token for _, token in written]),
    }, weights


def ask(browser: Browser, running: Stack, runs: int) -> list[tuple[float, float]]:
    """(feedback, first token) in milliseconds of each question, each in a fresh page; one more goes before."""
    times = []
    for _ in range(runs + 1):
        page = browser.new_page(viewport={"width": 1000, "height": 800})
        page.goto(running.url)
        page.wait_for_load_state("networkidle")
        times.append(tuple(page.evaluate(MEASURE, "Where does Vivek work?")))
        page.locator(".tools button").first.wait_for()
        page.close()
    return times[1:]


def weigh(url: str) -> dict[str, int]:
    """Bytes on the wire."""
    sizes = {name: _compressed(f"{url}{name}") for name in ELEMENT + AROUND}
    return {
        ELEMENT_WHOLE: sum(sizes[name] for name in ELEMENT),
        "of these, a bubble that nobody opens": sum(sizes[name] for name in CLOSED),
        "the page around it": sum(sizes[name] for name in AROUND),
        "all of the site": sum(sizes.values()),
    }


def _compressed(url: str) -> int:
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as reply:
        reply.raise_for_status()
        return sum(len(piece) for piece in reply.iter_raw())


def _summary(times: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(times), 1), "min": round(min(times), 1), "max": round(max(times), 1)}


if __name__ == "__main__":
    main()
