"""W3C trace context: which question or event a log line belongs to, from the page's server to the dead letter.

https://www.w3.org/TR/trace-context/ and the distributed tracing extension of CloudEvents. Nothing is measured or sent
anywhere: whoever runs a collector finds the same id in the proxies' spans, in our log lines (`request_id`) and in the
events that ingest replies with.
"""

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING

from functions.shared.log import request_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str] = ContextVar("traceparent", default="")


class Traced:
    """ASGI middleware: what runs inside knows the trace of its request, or of the event the request carries."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Set both ids for this request's task; the server gives each request a context of its own."""
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            given = (headers.get(b"traceparent") or headers.get(b"ce-traceparent") or b"").decode("latin-1")
            if found := _TRACEPARENT.fullmatch(given.strip()):
                _current.set(found[0])
                request_id.set(found[1])
        await self._app(scope, receive, send)


def extension() -> dict[str, str]:
    """The attribute that carries the current trace into an event; empty outside of one."""
    return {"traceparent": traceparent} if (traceparent := _current.get()) else {}
