"""Memory of one load of 20,000 passages: `make ingest`, sampled five times a second. Takes twenty minutes.

    python -m bench.memory [--passages 20000]

Prints PSS by the share of the work done, then one line of JSON, and keeps that line under bench/results/.
"""

import argparse
import sys
import time
from pathlib import Path

from bench.parts import Process, chroma_in, keep, place, pss_mb, scratch, sized, stamp, written
from bench.prose import documents


def main() -> None:
    """Measure, print, keep."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--passages", type=int, default=sized(20_000, 100))
    count = options.parse_args().passages
    with scratch() as folder, chroma_in(folder) as chroma:
        seconds, samples = load(folder, written(documents(count), folder / "docs"), place(chroma))
    quarters = [max(samples[len(samples) * n // 4 : len(samples) * (n + 1) // 4]) for n in range(4)]
    print(f"{count} passages in {seconds:.0f} s; peak {max(samples):.0f} MB, by quarter of the time {quarters}")
    keep(
        stamp("memory")
        | {
            "passages": count,
            "seconds": round(seconds, 1),
            "peak_mb": round(max(samples), 1),
            "peak_mb_by_quarter": [round(peak, 1) for peak in quarters],
        }
    )


def load(folder: Path, docs: Path, environment: dict[str, str]) -> tuple[float, list[float]]:
    """Seconds, and PSS in MB all along."""
    samples: list[float] = []
    started = time.perf_counter()
    command = [sys.executable, "-m", "functions.ingest.cli", str(docs)]
    with Process(command, folder / "load.log", environment) as process:
        while process.returncode is None:
            try:
                samples.append(pss_mb(process.pid))
            except (OSError, StopIteration):
                break  # it has just ended
            time.sleep(0.2)
        if process.wait(60):
            sys.exit(process.log.read_text())
    return time.perf_counter() - started, samples


if __name__ == "__main__":
    main()
