"""Memory of one load of 20,000 passages: `python -m functions.ingest.cli FOLDER`, sampled five times a second.

    python -m bench.memory [--passages 20000]

Prints PSS by the share of the work done, then one line of JSON, and keeps that line under bench/results/.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.cold_start import RESULTS, _commit, _pss_mb
from bench.ingest import paragraph, place
from tests.processes import Chroma, Process

PER_DOCUMENT = 40


def main() -> None:
    """Measure, print, keep."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--passages", type=int, default=20_000)
    count = options.parse_args().passages
    with tempfile.TemporaryDirectory() as scratch:
        folder = documents(Path(scratch, "docs"), count)
        chroma = Chroma(Path(scratch))
        chroma.start()
        try:
            seconds, samples = load(Path(scratch), folder, place(chroma.url))
        finally:
            chroma.stop()
    quarters = [max(samples[len(samples) * n // 4 : len(samples) * (n + 1) // 4]) for n in range(4)]
    result = {
        "bench": "memory",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "passages": count,
        "seconds": round(seconds, 1),
        "peak_mb": round(max(samples), 1),
        "peak_mb_by_quarter": [round(peak, 1) for peak in quarters],
    }
    print(f"{count} passages in {seconds:.0f} s; peak {max(samples):.0f} MB, by quarter of the time {quarters}")
    line = json.dumps(result)
    (RESULTS / "memory.json").write_text(line + "\n")
    print(line)


def documents(folder: Path, count: int) -> Path:
    """Markdown of sections, each a passage, none like another."""
    folder.mkdir()
    for number in range(0, count, PER_DOCUMENT):
        parts = (
            f"## Part {n}\n\n{paragraph(n).partition(chr(10))[2].strip()}" for n in range(number, number + PER_DOCUMENT)
        )
        (folder / f"d{number:06}.md").write_text(f"# Document {number}\n\n" + "\n\n".join(parts))
    return folder


def load(scratch: Path, folder: Path, environment: dict[str, str]) -> tuple[float, list[float]]:
    """Seconds, and PSS in MB all along."""
    samples: list[float] = []
    started = time.perf_counter()
    command = [sys.executable, "-m", "functions.ingest.cli", str(folder)]
    with Process(command, scratch / "load.log", environment) as process:
        while process.returncode is None:
            try:
                samples.append(_pss_mb(process.pid))
            except (OSError, StopIteration):
                break  # it has just ended
            time.sleep(0.2)
        if process.wait(60):
            sys.exit(process.log.read_text()[-2000:])
    return time.perf_counter() - started, samples


if __name__ == "__main__":
    main()
