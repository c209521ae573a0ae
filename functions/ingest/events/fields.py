"""The fields that readers of events share, each checked."""

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from functions.ingest.events import Envelope
from functions.shared.problem import Malformed

LONGEST_ID = 500
T = TypeVar("T")


def data(envelope: Envelope, shape: type[T]) -> T:
    """JSON data as `shape`. Raises Malformed, naming what is wrong."""
    if not envelope.body:
        raise Malformed(f"The event has no data: {envelope.text('type')} carries JSON.")
    try:
        return msgspec.json.decode(envelope.body, type=shape)
    except msgspec.ValidationError as cause:
        raise Malformed(f"The event's data is not as it should be: {cause}.") from cause
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise Malformed(f"The event's data is not JSON in UTF-8: {cause}.") from cause


def moment(text: str) -> str:
    """An RFC 3339 time in UTC with six decimals. Raises Malformed."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError
        return _told(found)
    except (ValueError, OverflowError):
        raise Malformed("The event's time is no RFC 3339 time such as 2026-01-31T12:00:00Z.") from None


def of_epoch(seconds: int) -> str:
    """Seconds of the epoch in the same dress. Raises Malformed."""
    try:
        return _told(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        raise Malformed(f"{seconds} is no time in seconds of the epoch.") from None


def order(version: int | str) -> str:
    """A version as text whose order is the version's: runs of digits compare as numbers ("1.10" after "1.9")."""
    return re.sub(r"\d+", lambda digits: digits[0].lstrip("0").rjust(20, "0"), str(version).strip())


def document_id(text: str) -> str:
    """A document's id. Raises Malformed."""
    found = text.strip()
    if not found:
        raise Malformed("The event has no subject: it must be the document's id.")
    if len(found) > LONGEST_ID or not found.isprintable():
        raise Malformed(f"The subject is no document id: at most {LONGEST_ID} printable characters are accepted.")
    return found


def head(envelope: Envelope, document: str, version: str = "", time: str = "") -> dict[str, Any]:
    """The fields of `Event`."""
    return {
        "event_id": envelope.text("id"),
        "source": envelope.text("source"),
        "document": document_id(document),
        "time": time or moment(envelope.text("time")),
        "version": version,
    }


def _told(found: datetime) -> str:
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
