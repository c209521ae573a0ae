"""Cold start: from exec to the first grounded answer, beside the floor of a hello-world function.

    python -m bench.cold_start [--runs 10]

Both are started by the same server (functions.shared.serve) and asked over HTTP until they answer; ask has to
return a sentence of the corpus, with its model to load, its texts to read from Chroma and nothing cached. The two
alternate, so that whatever else the machine does meets both. Prints a table, then one line of JSON, and keeps that
line under bench/results/.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.processes import ROOT, Chroma, Function, Process, free_port

RESULTS = ROOT / "bench" / "results"


def main() -> None:
    """Measure, print, keep."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=10)
    runs = options.parse_args().runs
    with tempfile.TemporaryDirectory() as scratch:
        rows = measure(Path(scratch), runs)
    floor = rows["floor"]["median_s"]
    result = {
        "bench": "cold_start",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "runs": runs,
        "rows": {name: {**row, "ratio": round(row["median_s"] / floor, 2)} for name, row in rows.items()},
    }
    print(f"{'row':10} {'median s':>9} {'min':>7} {'max':>7} {'ratio':>7} {'PSS MB':>7}")
    for name, row in result["rows"].items():
        print(
            f"{name:10} {row['median_s']:9.3f} {row['min_s']:7.3f} {row['max_s']:7.3f} {row['ratio']:7.2f}"
            f" {row['pss_mb']:7.0f}"
        )
    line = json.dumps(result)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "cold_start.json").write_text(line + "\n")
    print(line)


def measure(scratch: Path, runs: int) -> dict[str, dict[str, float]]:
    """Medians of `runs` starts of each, interleaved; one more of each goes before, to fill the page cache."""
    chroma = Chroma(scratch)
    chroma.start()
    try:
        environment = {"CHROMA_URL": chroma.url}
        with Function("ingest", scratch, environment) as ingest:
            command = [sys.executable, "-m", "functions.ingest.cli", "corpus", "--url", ingest.url]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        taken: dict[str, list[tuple[float, float]]] = {"floor": [], "ask": []}
        for run in range(runs + 1):
            hello = _start(scratch, {"FUNCTION_TARGET": "hello", "FUNCTION_SOURCE": "bench/hello.py"}, _greets)
            ours = _start(scratch, {"FUNCTION_TARGET": "ask", **environment}, _answers)
            if run:
                taken["floor"].append(hello)
                taken["ask"].append(ours)
    finally:
        chroma.stop()
    return {name: _summary(times) for name, times in taken.items()}


def _start(scratch: Path, environment: Mapping[str, str], answered) -> tuple[float, float]:
    """(seconds from exec to the first good answer, PSS in MB after it)."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"PORT": str(port), "HOST": "127.0.0.1", "METRICS_PORT": "0", **environment}
    started = time.perf_counter()
    with Process([sys.executable, "-m", "functions.shared.serve"], scratch / "bench.log", settings) as process:
        while True:
            try:
                if answered(url):
                    return time.perf_counter() - started, _pss_mb(process.pid)
            except httpx.TransportError:
                if process.returncode is not None:
                    sys.exit(process.log.read_text())
                time.sleep(0.002)


def _greets(url: str) -> bool:
    return httpx.get(url, timeout=30).text == "hello\n"


def _answers(url: str) -> bool:
    record = httpx.post(url, json={"question": "Where does Vivek work?"}, timeout=30).json()
    if "VitaScale" not in record["answer"]:
        sys.exit(f"not a grounded answer: {record}")
    return True


def _pss_mb(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if not rollup.exists():
        return float("nan")
    return next(int(line.split()[1]) / 1024 for line in rollup.read_text().splitlines() if line.startswith("Pss:"))


def _summary(times: list[tuple[float, float]]) -> dict[str, float]:
    seconds = [second for second, _ in times]
    return {
        "median_s": round(statistics.median(seconds), 3),
        "min_s": round(min(seconds), 3),
        "max_s": round(max(seconds), 3),
        "pss_mb": round(statistics.median(pss for _, pss in times), 1),
    }


def _commit() -> str:
    if not shutil.which("git"):
        return ""
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
