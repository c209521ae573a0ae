"""What the benches read from the machine."""

import os
import subprocess
import sys
import time

import pytest

from bench import run
from bench.parts import cpu_s, pss_mb, settle, stamp


def test_cpu_is_what_a_process_used_and_not_how_long_it_waited() -> None:
    begun = cpu_s(os.getpid())
    while cpu_s(os.getpid()) - begun < 0.05:
        sum(range(10_000))
    busy = cpu_s(os.getpid()) - begun
    waited = cpu_s(os.getpid())
    time.sleep(0.1)
    assert cpu_s(os.getpid()) - waited < busy


def test_memory_is_there_and_larger_in_a_process_that_holds_more() -> None:
    held = bytearray(os.urandom(1)) * 50_000_000
    with_it = pss_mb(os.getpid())
    del held
    assert with_it - pss_mb(os.getpid()) > 30


def test_a_process_settles_when_it_does_nothing_more() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as idle:
        settled = settle(idle.pid)
        idle.kill()
    assert settled


def test_a_result_says_when_what_and_where() -> None:
    told = stamp("bench")
    assert told["bench"] == "bench"
    assert told["date"].endswith("+00:00")
    assert f"{os.cpu_count()} cores" in told["machine"]


def test_a_section_that_there_is_not_is_refused_with_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "warmth"])
    with pytest.raises(SystemExit):
        run.main()
    assert "no section is called warmth; there are cold start, warm, load" in capsys.readouterr().err
