"""Events and documents as the ingest tests send them."""

from urllib.parse import quote

from functions.ingest.event import Published, Withdrawn

PREFIX = "com.vivekpadayattil"
PUBLISHED = f"{PREFIX}.document.published.v1"
WITHDRAWN = f"{PREFIX}.document.withdrawn.v1"


def at(minute: int, year: str = "2026") -> str:
    """A time; later minutes are newer."""
    return f"{year}-01-01T00:{minute:02d}:00.000000Z"


def headers(
    subject: str, minute: int = 0, kind: str = PUBLISHED, content_type: str = "text/markdown"
) -> dict[str, str]:
    """The headers of a binary event."""
    return {
        "ce-specversion": "1.0",
        "ce-type": kind,
        "ce-source": "/tests",
        "ce-id": quote(f"{subject}-{minute}"),
        "ce-time": at(minute),
        "ce-subject": quote(subject),
        "content-type": content_type,
    }


def published(
    content: str | bytes,
    content_type: str = "text/markdown",
    document: str = "doc",
    minute: int = 0,
    year: str = "2026",
    **more: str,
) -> Published:
    """A published document as the event step hands it on."""
    raw = content.encode() if isinstance(content, str) else content
    time = at(minute, year)
    fields = {"event_id": "1", "source": "/tests", "document": document, "time": time, "version": "", **more}
    return Published(content=raw, content_type=content_type, **fields)  # type: ignore[arg-type]


def withdrawn(
    document: str = "doc", minute: int = 0, version: str = "", source: str = "/tests", year: str = "2026"
) -> Withdrawn:
    """A withdrawn document."""
    return Withdrawn("1", source, document, at(minute, year), version)
