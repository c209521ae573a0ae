"""Every request has an id and a trace, told in each line it logs, and leaves one line of its own.

X-Request-Id is taken from the caller and returned; without one it is the id of the trace. `traceparent` is W3C Trace
Context (https://www.w3.org/TR/trace-context/), an event may carry it as its distributed tracing extension: the caller's
trace goes on, with a span of ours; without one a trace begins. Nothing is measured or sent anywhere.
"""

import logging
import re
import secrets
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING

from functions.shared.log import request_id, traceparent

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

# What may stand in a log and a header without being anything else there.
_ID = re.compile(rb"[\w.:+/=@-]{1,128}", re.ASCII)
_PARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-.*)?")
# Probes come every few milliseconds, and tell nobody anything.
PROBES = frozenset({"/healthz", "/readyz"})

_given: ContextVar[str] = ContextVar("given", default="")


def extension() -> dict[str, str]:
    """The attribute that carries the caller's trace on into an event; empty where none was given."""
    return {"traceparent": given} if (given := _given.get()) else {}


class Traced:
    """ASGI middleware around everything else."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Serve, between two notes of the time."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            return await self._app(scope, receive, send)
        given = _headers(scope["headers"])
        trace = _enter(given.get(b"traceparent") or given.get(b"ce-traceparent") or b"")
        told = given.get(b"x-request-id", b"")
        current = told.decode() if _ID.fullmatch(told) else trace
        request_id.set(current)
        started, status = time.perf_counter(), 0

        async def tell(message: "Message") -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", current.encode())]
            await send(message)

        try:
            await self._app(scope, receive, tell)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            about = {"method": scope["method"], "path": scope["path"], "status": status, "ms": milliseconds}
            log.info("request", extra=about)


def _headers(given: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    return {name.lower(): value.strip() for name, value in given}


def _enter(given: bytes) -> str:
    """Begin a span of ours in the trace that was given, or in a new one; the trace's id."""
    parent = _PARENT.fullmatch(given)
    trace = parent[1].decode() if parent else secrets.token_hex(16)
    flags = parent[2].decode() if parent else "00"
    _given.set(given.decode() if parent else "")
    traceparent.set(f"00-{trace}-{secrets.token_hex(8)}-{flags}")
    return trace
