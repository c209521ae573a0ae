"""Every request has an id and a trace, told in each line it logs, and leaves one line of its own.

X-Request-Id is taken from the caller or made, and returned. `traceparent` is W3C Trace Context
(https://www.w3.org/TR/trace-context/): the caller's trace goes on, with a span of ours; without one a trace begins.
"""

import logging
import re
import secrets
import time
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.shared.log import request_id, traceparent

log = logging.getLogger(__name__)

# What may stand in a log and a header without being anything else there.
_ID = re.compile(rb"[\w.:+/=@-]{1,128}", re.ASCII)
_PARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?")
# Probes come every few milliseconds, and tell nobody anything.
PROBES = frozenset({"/healthz", "/readyz"})


class Traced:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, between two notes of the time."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            return await self._app(scope, receive, send)
        given = _headers(scope["headers"])
        current = _request_id(given.get(b"x-request-id", b""))
        request_id.set(current)
        traceparent.set(_span(given.get(b"traceparent", b"")))
        started, status = time.perf_counter(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", current.encode())]
            await send(message)

        try:
            await self._app(scope, receive, tell)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            told = {"method": scope["method"], "path": scope["path"], "status": status, "ms": milliseconds}
            log.info("request", extra=told)


def _headers(given: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    return {name.lower(): value.strip() for name, value in given}


def _request_id(given: bytes) -> str:
    return given.decode() if _ID.fullmatch(given) else secrets.token_hex(16)


def _span(given: bytes) -> str:
    """A span of ours, in the trace that was given."""
    parent = _PARENT.fullmatch(given)
    trace = parent[1].decode() if parent else secrets.token_hex(16)
    flags = parent[2].decode() if parent else "00"
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"
