"""A document's ETag or Last-Modified, as the ledger keeps it: "mark header value".

The mark is a hash of all else that the result depends on.
"""

import hashlib
from functools import cache
from pathlib import Path

import httpx

from functions.ingest.events import Located
from functions.shared.settings import Settings


def mark_of(located: Located, settings: Settings) -> str:
    """What else the result depends on: when any of it changes, the document is read again though it has not changed."""
    parts = (
        _code(),
        settings.chunk_size,
        settings.chunk_overlap,
        settings.allow_personal_data,
        settings.phone_region,
        located.title,
        located.uri,
        located.audience,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@cache
def _code() -> str:
    """Which version of ingest this is: a better redaction must reach documents that stay as they are."""
    found = hashlib.sha256()
    patterns = Path(__file__).parents[1] / "shared" / "personal"
    for path in sorted([*Path(__file__).parent.rglob("*.py"), *patterns.rglob("*.py")]):
        found.update(path.read_bytes())
    return found.hexdigest()


def validator(headers: httpx.Headers, mark: str) -> str:
    """What the ledger keeps of an answer, to ask with next time; empty when the server gave nothing."""
    for kind, name in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified")):
        if headers.get(name):
            return f"{mark} {kind} {headers[name]}"
    return ""


def condition(kept: str, mark: str) -> dict[str, str]:
    """The header that asks only for what is newer; none when it was kept under another mark."""
    known, _, rest = kept.partition(" ")
    kind, _, value = rest.partition(" ")
    return {kind: value} if known == mark and value else {}
