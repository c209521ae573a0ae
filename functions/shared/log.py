"""Logs as JSON lines on standard error: one object a line, so that a collector need not guess."""

import json
import logging
import re
import sys
import time
from collections.abc import Sequence
from contextvars import ContextVar

import msgspec

request_id: ContextVar[str] = ContextVar("request_id", default="")
# W3C Trace Context: the trace that this request is part of.
traceparent: ContextVar[str] = ContextVar("traceparent", default="")

# What every LogRecord has; anything else was given with `extra=` and belongs into the line.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    """time, level, logger, message, request id and trace, the `extra` fields, and the traceback if there is one."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        """`secrets` are written as … wherever they stand: a library's message may hold what ours never do."""
        super().__init__()
        told = {form for secret in secrets for form in (secret, repr(secret)[1:-1])}
        found = told | {json.dumps(form, ensure_ascii=plain)[1:-1] for form in told for plain in (True, False)}
        longest_first = sorted(found, key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, longest_first))) if found else None

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object."""
        line = self._line(record)
        return self._secret.sub("…", line) if self._secret else line

    def _line(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request_id"] = current
            line["traceparent"] = traceparent.get()
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        try:
            return msgspec.json.encode(line, enc_hook=str).decode()
        except (ValueError, TypeError, OverflowError):  # half a surrogate pair, an odd key: the slower one copes
            return json.dumps(line, default=str, skipkeys=True)


def configure(level: str, secrets: Sequence[str] = ()) -> None:
    """Send everything from `level` up to standard error. httpx logs every request at INFO: quieter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
