"""`make run` from the outside: everything up, one question, everything down."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import MODEL
from tests.processes import CLEAN, ROOT, Process, free_port, wait_until
from tools.run import PORTS


def environment(tmp_path: Path) -> dict[str, str]:
    ports = {name: str(free_port()) for name in PORTS}
    return {**ports, "STATE": str(tmp_path / "state"), "MODEL_DIR": str(MODEL)}


def children_of(session: int) -> list[int]:
    """Processes whose session is `session` or that were started below it, by /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "environ").read_bytes()
            except OSError:
                continue
            if f"RUN_TEST_MARK={session}".encode() in command.split(b"\0"):
                found.append(int(entry.name))
    return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Process, dict[str, str], int]]:
    mark = free_port()
    ports = {**environment(tmp_path), "RUN_TEST_MARK": str(mark)}
    with Process([sys.executable, "-u", "-m", "tools.run"], tmp_path / "run.out", ports) as process:
        process.wait_for(lambda: "Ctrl-C ends everything" in process.log.read_text(), "make run", timeout_s=120)
        yield process, ports, mark


def test_it_starts_everything_answers_and_leaves_no_process_behind(
    running: tuple[Process, dict[str, str], int],
) -> None:
    process, ports, mark = running
    printed = process.log.read_text()
    assert f"http://127.0.0.1:{ports['SITE_PORT']}/" in printed
    ask = [sys.executable, "-m", "functions.ask.cli", "--url", f"http://127.0.0.1:{ports['ASK_PORT']}"]
    answer = subprocess.run([*ask, "Where does Vivek work?"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "VitaScale" in answer.stdout
    assert "[1] Data Scientist at VitaScale" in answer.stdout
    assert httpx.get(f"http://127.0.0.1:{ports['HEALTH_PORT']}/").json()["status"] == "pass"
    site = f"http://127.0.0.1:{ports['SITE_PORT']}"
    assert "<ask-portfolio>" in httpx.get(f"{site}/").text
    assert "VitaScale" in httpx.post(f"{site}/api/", json={"question": "Where does Vivek work?"}).json()["answer"]
    assert len(children_of(mark)) > 5
    process.signal(signal.SIGINT)
    assert process.wait(30) == 0
    wait_until(lambda: children_of(mark) == [], what="the end of every process")


def test_a_killed_part_ends_the_rest_and_is_named(running: tuple[Process, dict[str, str], int]) -> None:
    process, _, mark = running
    for pid in children_of(mark):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            target = b"FUNCTION_TARGET=health" in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        if b"functions.shared.serve" in command and target:
            os.kill(pid, signal.SIGKILL)
    assert process.wait(30) == 1
    assert "make run: health stopped" in process.log.read_text()
    wait_until(lambda: children_of(mark) == [], what="the end of every process")


def run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.run"],
        cwd=ROOT,
        env={**CLEAN, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run({**environment(tmp_path), "ASK_PORT": str(port)})
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr
    assert "ASK_PORT=" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ASK_PORT": "eighty"}, "ASK_PORT=eighty is not a port"),
        ({"MODEL_DIR": "nowhere"}, "`make model` exports it"),
        ({"LLM_STRATEGY": "both"}, "LLM_STRATEGY='both' is not accepted"),
        ({"CORPUS_DIR": "nowhere"}, "CORPUS_DIR takes a folder with a subject.yaml"),
    ],
)
def test_a_wrong_setting_stops_it_before_anything_starts(tmp_path: Path, given: dict[str, str], words: str) -> None:
    done = run({**environment(tmp_path), **given})
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "state" / "run.log").exists()


def test_make_ask_says_what_is_missing() -> None:
    nobody = free_port()
    command = [sys.executable, "-m", "functions.ask.cli", "--url", f"http://127.0.0.1:{nobody}", "Where?"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "`make run` starts it" in done.stderr


def test_two_parts_on_one_port_are_named(tmp_path: Path) -> None:
    port = str(free_port())
    done = run({**environment(tmp_path), "ASK_PORT": port, "SITE_PORT": port})
    assert done.returncode == 1
    assert f"SITE_PORT and ASK_PORT name the same port {port}" in done.stderr
