"""The end of a pod: what is open is finished, in a bounded time, and what comes now is told to come back.

uvicorn alone closes its socket at SIGTERM, and a visitor who is still sent here meets a refused connection.
"""

import logging
import time
from types import FrameType

import uvicorn
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.shared.languages import wanted
from functions.shared.problem import Unavailable, problem_response

log = logging.getLogger(__name__)

# Another pod, or the next, is there by then.
RETRY_AFTER_S = 1
# What is still open when its time is over gets this long to notice.
CUT_S = 1


class Door:
    """ASGI middleware: knows how many requests are inside, and once closed lets nobody in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.closed = False
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or refuse. /healthz still answers: a pod that drains is well."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if self.closed and scope["path"] != "/healthz":
            problem = Unavailable(
                "This instance is shutting down. Ask again: another one answers.",
                RETRY_AFTER_S,
                de="Dieser Server wird gerade beendet. Fragen Sie noch einmal: Ein anderer antwortet.",
            )
            response = problem_response(problem.told_in(wanted(HTTPConnection(scope))))
            response.headers["Connection"] = "close"
            return await response(scope, receive, send)
        self.inside += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.inside -= 1


class Server(uvicorn.Server):
    """uvicorn that goes on listening while it drains. A second signal ends it at once."""

    def __init__(self, config: uvicorn.Config, door: Door, drain_s: float) -> None:
        config.timeout_graceful_shutdown = CUT_S
        super().__init__(config)
        self._door, self._drain_s = door, drain_s
        self._until = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT: close the door."""
        if self._door.closed or not self._door.inside:
            self._door.closed = True
            return super().handle_exit(sig, frame)
        self._door.closed = True
        self._until = time.monotonic() + self._drain_s

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: is everybody out, or the time over?"""
        if self._door.closed and not self.should_exit:
            late = time.monotonic() >= self._until
            if late and self._door.inside:
                log.warning("streams cut at the end of DRAIN_S", extra={"open": self._door.inside})
            self.should_exit = late or not self._door.inside
        return await super().on_tick(counter)
