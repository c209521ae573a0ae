"""Logs are one JSON object a line, whatever is logged."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from functions.shared.log import JsonLines, request_id
from tests.processes import CLEAN, ROOT


def line(message: object, *args: object, level: int = logging.INFO, **extra: object) -> dict[str, Any]:
    """What a log call becomes."""
    record = logging.getLogger("tests").makeRecord("tests", level, __file__, 1, message, args, None, extra=extra)
    text = JsonLines().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_line_has_time_level_logger_and_message() -> None:
    found = line("%d chunks", 3, level=logging.WARNING)
    time = found.pop("time")
    assert found == {"level": "warning", "logger": "tests", "message": "3 chunks"}
    assert len(time) == len("2026-01-31T12:00:00.000Z")
    assert time[10] + time[19] + time[23] == "T.Z"


def test_extra_fields_become_members() -> None:
    found = line("ready", cold_start_s=0.41, cause="timeout", path=ROOT)
    assert (found["cold_start_s"], found["cause"], found["path"]) == (0.41, "timeout", str(ROOT))


def test_a_line_break_in_a_message_stays_inside_its_line() -> None:
    assert line('two\nlines, "quoted"')["message"] == 'two\nlines, "quoted"'


def test_the_traceback_travels_in_the_same_line() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        record = logging.getLogger("tests").makeRecord("tests", 40, __file__, 1, "broke", (), sys.exc_info())
    text = JsonLines().format(record)
    assert "\n" not in text
    traceback = json.loads(text)["traceback"]
    assert traceback.startswith("Traceback (most recent call last):")
    assert traceback.endswith("ValueError: why")


def test_the_request_id_is_told_while_there_is_one() -> None:
    token = request_id.set("abc")
    assert line("x")["request_id"] == "abc"
    request_id.reset(token)
    assert "request_id" not in line("x")


@pytest.mark.parametrize(
    "value",
    ["\ud800 half a pair", 10**30, float("inf"), b"\xff", {"a": {1, 2}}, object(), {("a", 1): 2}, ValueError("x")],
    ids="surrogate big infinite bytes set object tuple-key error".split(),
)
def test_no_value_breaks_a_line(value: object) -> None:
    assert line("x", value=value)["message"] == "x"
    assert line("%s", value)["message"]


def test_everything_goes_to_standard_error_from_the_level_up_and_httpx_is_quiet() -> None:
    program = (
        "import logging; from functions.shared.log import configure; configure('INFO');"
        "logging.getLogger('a').debug('1'); logging.getLogger('a').info('2'); logging.getLogger('httpx').info('3');"
        "logging.getLogger('httpx').warning('4')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=CLEAN, capture_output=True, check=True)
    assert done.stdout == b""
    assert [json.loads(text)["message"] for text in done.stderr.splitlines()] == ["2", "4"]
