"""The page: what it weighs on the wire, and how long a visitor waits for something to see.

    python -m bench.page [--runs 15]

Chromium asks through nginx the real ask over corpus/. "Feedback" is from the click to the frame that shows the question
and what is being done about it; "first token" to the frame with the first words of the answer: quoted by the extractive
rung, or written by a scripted model that takes 300 ms for its first word. Weights are the compressed bodies that nginx
sends. Prints a table, then one line of JSON, and keeps that line under bench/results/.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import httpx
from playwright.sync_api import Browser

from tests.processes import ROOT, Chroma, Function
from tests.site.browser import chromium
from tests.site.stack import Stack, stack

RESULT = ROOT / "bench" / "results" / "page.json"
MODEL_S = 0.3
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
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=15)
    runs = options.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        chroma = Chroma(Path(scratch))
        chroma.start()
        try:
            times, weights = measure(Path(scratch), browser, {"CHROMA_URL": chroma.url}, runs)
        finally:
            chroma.stop()
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    result = {
        "bench": "page",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Chromium {browser.version}",
        "runs": runs,
        "times_ms": times,
        "weights": weights,
    }
    for name, row in times.items():
        print(f"{name:44} {row['median']:7.0f} ms   {row['min']:.0f}–{row['max']:.0f}")
    for name, size in weights.items():
        print(f"{name:44} {size:7} bytes")
    line = json.dumps(result)
    RESULT.write_text(line + "\n")
    print(line)


def measure(
    scratch: Path, browser: Browser, environment: dict[str, str], runs: int
) -> tuple[dict[str, dict[str, float]], dict[str, int]]:
    """Times by what a visitor waits for, weights by what is loaded."""
    with Function("ingest", scratch, environment) as ingest:
        command = [sys.executable, "-m", "functions.ingest.cli", "corpus", "--url", ingest.url]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (scratch / "quoted").mkdir()
    (scratch / "written").mkdir()
    with stack(scratch / "quoted", environment, models=False) as quoting:
        quoted = ask(browser, quoting, runs)
        weights = weigh(quoting.url)
    with stack(scratch / "written", environment) as writing:
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
        "the element: every module, both languages": sum(sizes[name] for name in ELEMENT),
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
