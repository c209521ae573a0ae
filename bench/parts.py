"""What the measurements share: parts as real processes, what they use of the machine, where results are kept."""

import http.client
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.processes import CLEAN, ROOT, Chroma, Function, Process, free_port

__all__ = ["CLEAN", "MODEL", "ROOT", "Chroma", "Function", "Process", "free_port"]

MODEL = ROOT / "model"
RESULTS = ROOT / "bench" / "results"
# Tiny sizes, to see that the scripts work; what comes out is not kept.
QUICK = bool(os.environ.get("BENCH_QUICK"))
# Every question is worked out: no kept answers, no limits.
MEASURED = {"ANSWER_CACHE": "off", "RATE_LIMIT_PER_HOUR": "0", "OPEN_ANSWERS": "0", "LOG_LEVEL": "WARNING"}


class Missing(Exception):
    """This machine lacks what a row needs; the message says what."""


def sized(usual: int, quick: int) -> int:
    """A number of runs, or of whatever is measured."""
    return quick if QUICK else usual


def say(sentence: str) -> None:
    """What is being done, beside the table."""
    print(f"{time.strftime('%H:%M:%S')} {sentence}", file=sys.stderr, flush=True)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that goes again."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder)


@contextmanager
def chroma_in(folder: Path) -> Iterator[str]:
    """A real Chroma; its address."""
    server = Chroma(folder)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def place(chroma_url: str) -> dict[str, str]:
    """Settings of a corpus of its own, with nothing in it."""
    collection = f"b{uuid.uuid4().hex}"
    return {"CHROMA_URL": chroma_url, "CHROMA_COLLECTION": collection, "MODEL_DIR": str(MODEL), **MEASURED}


def load(documents: Path, environment: Mapping[str, str]) -> float:
    """`make ingest` of a folder; seconds from exec to its end."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "functions.ingest.cli", str(documents)],
        cwd=ROOT,
        env={**CLEAN, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - started


def written(documents: Mapping[str, str], folder: Path) -> Path:
    """Markdown by id, as a folder of files."""
    folder.mkdir(parents=True)
    for name, text in documents.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def asked(url: str, question: str) -> dict[str, Any]:
    """The record of one answer. The standard library's client: importing and opening httpx costs the CPU some 20 ms."""
    _, reply = exchange(url, json.dumps({"question": question}).encode())
    return dict(json.loads(reply))


def exchange(url: str, body: bytes | None = None, path: str = "/", timeout_s: float = 120.0) -> tuple[int, bytes]:
    """POST with a body, else GET: status and body. Raises OSError while nobody listens."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=timeout_s)
    try:
        method = "GET" if body is None else "POST"
        connection.request(method, path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def until_open(port: int, process: Process) -> None:
    """Wait until somebody listens, at next to no cost for who starts."""
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.returncode is not None:
            raise SystemExit(process.log.read_text())
        time.sleep(0.002)


def drop_page_cache() -> None:
    """Forget every file that was read, as on a node that has just pulled the image. Raises Missing without root."""
    switch = Path("/proc/sys/vm/drop_caches")
    if not os.access(switch, os.W_OK):
        raise Missing("dropping the page cache needs root on Linux")
    os.sync()
    try:
        switch.write_text("3\n")
    except OSError as cause:
        raise Missing(f"the page cache cannot be dropped here: {cause.strerror}") from cause


def pss_mb(pid: int) -> float:
    """Proportional set size: shared pages count by how many share them. NaN where the kernel does not tell.

    MB are 10⁶ bytes, as everywhere in these results.
    """
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if not rollup.exists():
        return float("nan")
    lines = rollup.read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:"))


def cpu_s(pid: int) -> float:
    """Seconds of CPU a process has used, all threads, user and system; steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settle(pid: int, timeout_s: float = 60.0) -> bool:
    """Wait until a process has used no more than 2 % of a core for half a second: what it loads beside is loaded.
    Whether it came to that.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        before = cpu_s(pid)
        time.sleep(0.5)
        if cpu_s(pid) - before <= 0.01:
            return True
    return False


def stamp(name: str) -> dict[str, Any]:
    """What every result begins with."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"bench": name, "date": now, "commit": commit(), "machine": machine, "quick": QUICK}


def commit() -> str:
    """The commit that is measured; a star where files differ from it. Empty without git."""
    if not shutil.which("git"):
        return ""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", "functions", "bench", "requirements")
    return git("rev-parse", "--short", "HEAD") + ("*" if changed else "")


def keep(result: Mapping[str, Any]) -> None:
    """The last line of a bench: the result as JSON, which is kept unless it was a quick one."""
    line = json.dumps(result, ensure_ascii=False)
    if not result["quick"]:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{result['bench']}.json").write_text(line + "\n", encoding="utf-8")
    print(line)


def first_answer(
    command: list[str], environment: Mapping[str, str], log: Path, answered: Callable[[str], bool]
) -> tuple[float, float]:
    """(seconds from exec to the first good answer, PSS in MB after it)."""
    port = free_port()
    settings = {"PORT": str(port), "HOST": "127.0.0.1", "METRICS_PORT": "0", **environment}
    started = time.perf_counter()
    with Process(command, log, settings) as process:
        until_open(port, process)
        if not answered(f"http://127.0.0.1:{port}"):
            raise SystemExit(f"no grounded answer: {' '.join(command)}\n{log.read_text()}")
        return time.perf_counter() - started, pss_mb(process.pid)
