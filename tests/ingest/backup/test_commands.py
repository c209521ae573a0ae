"""Save and restore as their commands, over real Chroma servers: the same answers, or one sentence."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import START
from tests.processes import CLEAN, ROOT, Chroma

QUESTIONS = (
    "Where does Vivek work?",
    "Which languages does he speak?",
    "What did he study?",
    "What is his shoe size?",
    "When did he work at Furnace Fabrica?",
    "Which projects has he done?",
)


def run(environment: Mapping[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "functions.ingest.backup", *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env={**CLEAN, **environment}, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_restore_into_an_empty_chroma_gives_the_same_answers(
    fed: Mapping[str, str], own_chroma: Chroma, tmp_path: Path, start_function: START
) -> None:
    file = tmp_path / "portfolio.backup"
    there = {**fed, "CHROMA_URL": own_chroma.url}
    saved = run(fed, "save", file)
    assert saved.returncode == 0, saved.stderr
    done = run(there, "restore", file)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("holds it now.")
    old, new = start_function("ask", fed), start_function("ask", there)
    answers = [[record(ask.url, question) for question in QUESTIONS] for ask in (old, new)]
    assert answers[0] == answers[1]
    assert sum(one["answered"] for one in answers[0]) >= 4


def record(url: str, question: str) -> dict[str, Any]:
    """The answer without what differs from one asking to the next."""
    told = httpx.post(url, json={"question": question}, timeout=60).json()
    return {name: value for name, value in told.items() if name not in ("id", "timings_ms")}


def test_the_command_says_in_a_sentence_what_cannot_be_done(
    fed: Mapping[str, str], own_chroma: Chroma, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("hello")
    empty = {**fed, "CHROMA_URL": own_chroma.url}
    for environment, arguments, says in (
        (empty, ("restore", tmp_path / "text"), "is no backup"),
        (empty, ("save", tmp_path / "b"), "nothing to save"),
        (fed, ("save", tmp_path / "no" / "folder"), "No such file or directory"),
    ):
        done = run(environment, *arguments)
        assert done.returncode == 1
        assert says in done.stderr
        assert "Traceback" not in done.stderr
