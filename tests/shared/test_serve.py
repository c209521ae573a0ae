"""The server of every pod, as a real process."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.conftest import MODEL, START
from tests.processes import CLEAN, ROOT, Function, free_port, wait_until


@pytest.fixture
def health(start_function: START) -> Function:
    """The smallest function; what it serves is its own matter."""
    return start_function("health", {})


def failed_start(target: str, settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """A start that must end by itself."""
    environment = {"FUNCTION_TARGET": target, "HOST": "127.0.0.1", "PORT": str(free_port()), "METRICS_PORT": "0"}
    return subprocess.run(
        [sys.executable, "-m", "functions.shared.serve"],
        cwd=ROOT,
        env={**CLEAN, **environment, "MODEL_DIR": str(MODEL), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def metrics_port(function: Function) -> int:
    """The port it logs at its start."""
    lines = [json.loads(line) for line in function.log.read_text().splitlines()]
    return next(line["port"] for line in lines if line["message"] == "metrics served")


def test_healthz_and_readyz_answer(health: Function) -> None:
    for path in ("/healthz", "/readyz"):
        response = httpx.get(f"{health.url}{path}")
        assert (response.status_code, response.text) == (200, "ok\n")


def test_every_other_path_is_the_function_s(health: Function) -> None:
    response = httpx.get(f"{health.url}/nowhere")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert httpx.get(f"{health.url}/").headers["content-type"] == "application/health+json"


def test_metrics_are_on_their_own_port_and_nowhere_else(health: Function) -> None:
    text = httpx.get(f"http://127.0.0.1:{metrics_port(health)}/metrics").text
    seconds = next(line for line in text.splitlines() if line.startswith("portfolio_cold_start_seconds "))
    assert 0 < float(seconds.split()[1]) < 60
    response = httpx.get(f"{health.url}/metrics")
    assert response.status_code == 404
    assert "portfolio_" not in response.text


def test_it_does_not_say_what_serves_it(health: Function) -> None:
    assert "server" not in httpx.get(f"{health.url}/healthz").headers


def test_every_line_of_its_log_is_json(health: Function) -> None:
    httpx.get(f"{health.url}/")
    lines = [json.loads(line) for line in health.log.read_text().splitlines()]
    assert {"metrics served", "ready"} <= {line["message"] for line in lines}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("target", ["health", "ask"])
def test_a_signal_ends_it_with_code_0(start_function: START, target: str, number: signal.Signals) -> None:
    function = start_function(target, {"CHROMA_URL": f"http://127.0.0.1:{free_port()}"})
    function.signal(number)
    assert function.wait() == 0
    assert "Traceback" not in function.log.read_text()


def test_a_model_that_is_missing_ends_the_start_with_a_sentence_that_names_make_model(tmp_path: Path) -> None:
    done = failed_start("ask", {"MODEL_DIR": str(tmp_path)})
    assert done.returncode != 0
    assert "`make model` exports it" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_missing_subject_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    done = failed_start("ask", {"CORPUS_DIR": str(tmp_path)})
    assert done.returncode != 0
    assert "CORPUS_DIR takes a folder with a subject.yaml" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("target", ["ask", "health"])
def test_a_bad_setting_ends_the_start_with_one_sentence(target: str) -> None:
    done = failed_start(target, {"STALL_S": "soon"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "STALL_S='soon' is not accepted: it takes a number of at least 0.01.\n"


def test_a_metrics_port_that_is_taken_ends_the_start_with_one_sentence() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        done = failed_start("health", {"METRICS_PORT": str(port)})
    assert done.returncode == 1
    assert f"METRICS_PORT={port} cannot be opened: Address already in use." in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_metrics_port_that_is_none_ends_the_start_with_one_sentence() -> None:
    done = failed_start("health", {"METRICS_PORT": "70000"})
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert done.stderr.startswith("METRICS_PORT='70000' is not accepted")


@pytest.mark.parametrize("port", ["http", "70000", "-1"])
def test_a_port_that_is_none_ends_the_start_with_one_sentence(port: str) -> None:
    done = failed_start("health", {"PORT": port})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"PORT={port!r} is not accepted: it takes a number from 0 to 65535."
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_ends_the_start_and_says_which() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = failed_start("health", {"PORT": port})
    assert done.returncode != 0
    assert "address already in use" in done.stderr
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_an_open_stream_is_finished_before_it_ends(start_function: START) -> None:
    """SIGTERM in the middle of a request: the reply still comes."""
    slow = socket.create_server(("127.0.0.1", 0))
    function = start_function("health", {"CHROMA_URL": f"http://127.0.0.1:{slow.getsockname()[1]}"})
    with socket.create_connection(("127.0.0.1", function.port)) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: health\r\nConnection: close\r\n\r\n")
        slow.accept()  # the probe is under way, and hangs
        os.kill(function.pid, signal.SIGTERM)
        caller.settimeout(30)
        reply = b"".join(iter(lambda: caller.recv(65536), b""))
    slow.close()
    assert reply.startswith(b"HTTP/1.1 503")
    assert function.wait() == 0


def test_a_process_that_is_ready_has_run_its_lifespan(start_function: START) -> None:
    function = start_function("ask", {"CHROMA_URL": f"http://127.0.0.1:{free_port()}"})
    wait_until(lambda: "ready" in function.log.read_text(), 10, "the line in the log")
