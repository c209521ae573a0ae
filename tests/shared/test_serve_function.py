"""What a function may rely on: warmed before the first request, closed after the last, and told who really asks."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.processes import CLEAN, ROOT, free_port, wait_until

SOURCE = """
from starlette.responses import JSONResponse

async def small(request):
    return JSONResponse({"peer": request.client.host, "scheme": request.url.scheme})

async def warm():
    print("warmed", flush=True)
    %s

async def close():
    print("closed", flush=True)
"""


def command(folder: Path, warming: str, port: int) -> tuple[list[str], dict[str, str]]:
    (folder / "small.py").write_text(SOURCE % warming)
    told = {"FUNCTION_TARGET": "small", "FUNCTION_SOURCE": str(folder / "small.py"), "METRICS_PORT": "0"}
    return [sys.executable, "-m", "functions.shared.serve"], {**CLEAN, **told, "HOST": "127.0.0.1", "PORT": str(port)}


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    line, environment = command(folder, "pass", port)
    with subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: httpx.get(f"{url}/readyz").status_code == 200, 60, "the function being ready")
            yield process, url
        finally:
            process.kill()


def test_a_function_is_warmed_before_its_first_request_and_closed_after_its_last(tmp_path: Path) -> None:
    with running(tmp_path) as (process, url):
        assert httpx.get(url).status_code == 200
        os.kill(process.pid, signal.SIGTERM)
        told, _ = process.communicate(timeout=60)
        assert process.returncode == 0
    assert [line for line in told.splitlines() if line in ("warmed", "closed")] == ["warmed", "closed"]


def test_nobody_on_this_machine_is_believed_to_speak_for_another(tmp_path: Path) -> None:
    claims = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
    with running(tmp_path) as (_, url):
        assert httpx.get(url, headers=claims).json() == {"peer": "127.0.0.1", "scheme": "http"}


@pytest.mark.parametrize("warming", ["raise ZeroDivisionError", "raise SystemExit(0)"])
def test_a_function_that_cannot_be_warmed_is_never_ready(tmp_path: Path, warming: str) -> None:
    line, environment = command(tmp_path, warming, free_port())
    done = subprocess.run(
        line, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False
    )
    assert done.returncode != 0
