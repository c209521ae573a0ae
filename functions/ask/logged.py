"""What a log of ask says of the questions that were asked.

Lines may have something before their JSON, as `kubectl logs --prefix` and `make run` write them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from functions.ask.outcome import ASKED, UNANSWERED


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One question. `time` is the log's: ISO 8601, UTC."""

    question: str
    language: str
    reason: str
    time: str


@dataclass
class Log:
    """What a log has to say of it."""

    questions: list[Unanswered] = field(default_factory=list)
    wordless: int = 0  # unanswered, without the words
    asked: int = 0
    other: int = 0  # lines about something else
    broken: int = 0  # lines that are no log lines of ours


def read(lines: Iterable[bytes]) -> Log:
    """The log as far as it is about questions; what cannot be read is counted."""
    log = Log()
    for line in lines:
        if not line.strip():
            continue
        fields = _fields(line)
        message = fields.get("message")
        if message == UNANSWERED:
            _note(log, fields)
        elif message is None:
            log.broken += 1
        else:
            log.asked += message == ASKED
            log.other += message != ASKED
    return log


def _fields(line: bytes) -> dict[str, object]:
    """The JSON object in a line; empty without one."""
    text = line.decode(errors="replace")
    try:
        found = json.loads(text[text.index("{") :])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _note(log: Log, fields: dict[str, object]) -> None:
    told = [fields.get(name) for name in ("question", "language", "reason", "time")]
    if told[0] is None:
        log.wordless += 1
    elif all(isinstance(one, str) for one in told) and str(told[0]).strip():
        log.questions.append(Unanswered(*map(str, told)))
    else:
        log.broken += 1
