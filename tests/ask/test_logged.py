"""What is read from a log of ask, line by line: nothing in it ends the reading, and nothing is left uncounted."""

import json

import pytest

from functions.ask.logged import Log, Unanswered, read

LINE = {"message": "unanswered", "language": "en", "reason": "no evidence", "time": "2026-01-31T12:00:00.000Z"}
QUESTION = Unanswered("Does he sail?", "en", "no evidence", "2026-01-31T12:00:00.000Z")


def line(**fields: object) -> bytes:
    return json.dumps(LINE | fields).encode()


@pytest.mark.parametrize("before", [b"", b"[pod/ask-1/user-container] ", b"ask    | "], ids=["bare", "kubectl", "run"])
def test_a_question_is_read_whatever_stands_before_it(before: bytes) -> None:
    assert read([before + line(question="Does he sail?")]) == Log(questions=[QUESTION])


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        (line(), Log(wordless=1)),
        (line(message="question", question="Does he sail?"), Log(asked=1)),
        (b'{"message": "ready"}', Log(other=1)),
        (line(question=7), Log(broken=1)),
        (line(question=" "), Log(broken=1)),
        (line(question="Does he sail?", time=None), Log(broken=1)),
        (b'{"message": "unanswered", "question"', Log(broken=1)),
        (b"[1]", Log(broken=1)),
        (b"\xff\xfe{}", Log(broken=1)),
        (b"{" * 9999, Log(broken=1)),
        (b" \n", Log()),
    ],
    ids="wordless asked other number blank timeless cut list bytes nested empty".split(),
)
def test_any_other_line_is_counted_for_what_it_is(given: bytes, counted: Log) -> None:
    assert read([given]) == counted


def test_the_order_of_the_log_is_kept() -> None:
    log = read([line(question="first"), b"noise", line(question="second")])
    assert [one.question for one in log.questions] == ["first", "second"]
    assert log.broken == 1
