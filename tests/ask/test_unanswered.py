"""What the documents do not answer, listed from the log of a real ask."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.ask.test_alike import LICENCE, SALARY
from tests.conftest import MODEL, START
from tests.faults.wire import Behaviour, Talk, Wire
from tests.processes import CLEAN, ROOT, Function

PRIVATE = "Does he play golf? Call me at +49 170 1234567 or write to jane.roe@example.org"
ANSWERED = "Where does Vivek work?"


def listed(log: bytes | Path) -> subprocess.CompletedProcess[str]:
    """`make unanswered` over a file, or over standard input."""
    command = [sys.executable, "-m", "functions.ask.unanswered", "--"]
    command += [str(log)] if isinstance(log, Path) else []
    environment = CLEAN | {"MODEL_DIR": str(MODEL)}
    given = log if isinstance(log, bytes) else b""
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input=given, capture_output=True, timeout=120, check=False
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def ask(function: Function, *questions: str) -> None:
    for question in questions:
        httpx.post(function.url, json={"question": question}, timeout=60).raise_for_status()


@dataclass
class Told:
    """The log of an ask that was asked all of the above."""

    log: Path

    def lines(self, message: str) -> list[dict[str, object]]:
        found = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in found if line["message"] == message]


@pytest.fixture(scope="module")
def told(fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    settings = {**fed, "LOG_QUESTIONS": "true"}
    with Function("ask", tmp_path_factory.mktemp("unanswered"), settings) as function:
        ask(function, *SALARY, SALARY[0], PRIVATE, ANSWERED)
        yield Told(function.log)


def test_only_what_was_not_answered_is_listed_largest_group_first(told: Told) -> None:
    done = listed(told.log)
    assert (done.returncode, done.stderr) == (0, "")
    head, first, second = done.stdout.strip().split("\n\n")
    assert head.startswith("5 unanswered questions in 2 groups. Skipped: ")
    assert head.endswith(" other lines, 0 broken.")
    assert first.split("×")[0].strip() == "4"
    assert first.splitlines()[0].split("×")[1].strip() in SALARY
    assert "en 3, de 1; no evidence 4; 20" in first
    assert first.endswith(" UTC")
    assert "play golf?" in second
    assert ANSWERED not in done.stdout


def test_neither_the_log_nor_the_list_has_what_is_private_in_a_question(told: Told) -> None:
    assert len(told.lines("unanswered")) == 5
    assert len(told.lines("question")) == 6
    for text in (told.log.read_text(), listed(told.log).stdout):
        assert "1234567" not in text
        assert "jane.roe" not in text
        assert "[phone removed]" in text
        assert "[e-mail removed]" in text


def test_standard_input_with_prefixes_broken_and_strange_lines_is_read(told: Told) -> None:
    lines = [f"[pod/ask-1/user-container] {line}" for line in told.log.read_text().splitlines()]
    lines += [
        '{"message": "unanswered", "question"',
        "Traceback (most recent call last):",
        '["a list"]',
        "",
        "{" * 9999,
    ]
    lines += ['{"message": "unanswered", "question": 7, "language": "en", "reason": "no evidence", "time": "x"}']
    done = listed("\n".join(lines).encode() + b"\n\xff\xfe{}\n")
    assert done.returncode == 0
    assert done.stdout.startswith("5 unanswered questions in 2 groups. ")
    assert " 6 broken." in done.stdout


def test_what_an_older_version_logged_is_redacted_and_no_terminal_obeys_it() -> None:
    line = {"message": "unanswered", "language": "en", "reason": "no evidence", "time": "2026-01-31T12:00:00.000Z"}
    done = listed(json.dumps(line | {"question": "Is jane.roe@example.org\x1b[2J his address?"}).encode())
    assert done.returncode == 0
    assert "Is [e-mail removed] [2J his address?" in done.stdout
    assert "\x1b" not in done.stdout


def test_without_the_words_it_says_which_setting_was_off(start_function: START, fed: dict[str, str]) -> None:
    function = start_function("ask", fed)
    ask(function, LICENCE[0], LICENCE[1])
    assert "driv" not in function.log.read_text()
    done = listed(function.log)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("2 questions went unanswered, but LOG_QUESTIONS was off")
    assert "LOG_QUESTIONS=true" in done.stderr


async def decline(talk: Talk) -> None:
    talk.head()
    await talk.say("I could not find that in my documents.")
    await talk.end()


def test_what_a_model_declined_is_told_as_such(start_function: START, fed: dict[str, str]) -> None:
    declining: Behaviour = decline
    with Wire("hosted").running() as wire:
        wire.behaviour = declining
        settings = {"FEATHERLESS_API_KEY": "rc_key", "HOSTED_BASE_URL": f"{wire.url}/v1", "LOG_QUESTIONS": "true"}
        function = start_function("ask", fed | settings)
        ask(function, ANSWERED)
    assert "declined 1" in listed(function.log).stdout


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (b'{"message": "question", "question": "x"}\n', "of 1 question in this log none went unanswered"),
        (b'{"message": "ready"}\n{"message": "event"}\n', "No question in 2 lines of this log: is it ask's"),
        (b"hello\n", "This is no log of ask: 1 line, none of them"),
        (b"", "This is no log of ask: 0 lines"),
    ],
    ids=["all answered", "another log", "no log", "empty"],
)
def test_a_log_without_a_question_to_list_says_what_it_is(log: bytes, words: str) -> None:
    done = listed(log)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = listed(tmp_path / "no.log")
    assert (done.returncode, done.stderr) == (2, f"{tmp_path / 'no.log'}: No such file or directory.\n")
