"""Redis or Valkey, which all pods share: short patience, and no second look for a while at one that is away.

Limits, answer cache and budget each know what follows when it is `Lost`. The package is imported when the first client
is opened, so nobody pays for it without REDIS_URL.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from functions.shared import metrics
from functions.shared.settings import REDIS, BadSetting, Settings

log = logging.getLogger(__name__)

# How long nobody asks a Redis that did not answer; then one request tries again.
REST_S = 2.0
LOOKS = 5


class Lost(Exception):
    """Redis is away, too slow, or refuses."""


class Redis:
    """One client a process. Keys begin with the collection's name, so that installations may share a server."""

    def __init__(self, settings: Settings) -> None:
        """Opens no connection yet. Raises BadSetting."""
        from redis.asyncio import Redis as Client
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError

        self._timeout_s = settings.redis_timeout_s
        self._prefix = settings.chroma_collection
        self._errors = (RedisError, OSError, TimeoutError)
        # The one retry is for a connection that died since its last use; `command` bounds both tries together.
        try:
            self._client = Client.from_url(settings.redis_url, protocol=2, retry=Retry(NoBackoff(), 1))
        except ValueError as cause:  # says what it was given, and with it a password
            raise BadSetting(f"REDIS_URL is not accepted: it takes {REDIS[1]}.") from cause
        self._lost, self._rest_until = False, 0.0

    def key(self, *parts: str) -> str:
        """A key of ours."""
        return ":".join((self._prefix, *parts))

    async def command(self, *parts: str | bytes | float) -> Any:
        """The reply to one command, texts as bytes. Raises Lost within REDIS_TIMEOUT_S, and at once after a loss."""
        now = time.monotonic()
        if now < self._rest_until:
            raise Lost("Redis was away a moment ago")
        if self._lost:
            self._rest_until = now + REST_S  # this is the trial; nobody else need wait for it
        try:
            reply = await self._in_time(self._client.execute_command(*parts))  # type: ignore[no-untyped-call]
        except self._errors as cause:
            self._note(False, type(cause).__name__)
            raise Lost(type(cause).__name__) from cause
        self._note(True)
        return reply

    async def script(self, lua: str, key: str, *arguments: float) -> Any:
        """Run a script over one key: one round trip, atomic for all pods."""
        return await self.command("EVAL", lua, 1, key, *arguments)

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def _in_time(self, command: Coroutine[Any, Any, Any]) -> Any:
        """The reply, or TimeoutError.

        One long timeout would also fire when this process was busy for that long, although the reply is there to be
        read. Of several short ones such a pause uses up only one.
        """
        asking = asyncio.create_task(command)
        asking.add_done_callback(lambda task: task.cancelled() or task.exception())  # a late failure is nobody's
        try:
            for _ in range(LOOKS):
                done, _ = await asyncio.wait({asking}, timeout=self._timeout_s / LOOKS)
                if done:
                    return asking.result()
            raise TimeoutError
        finally:
            asking.cancel()

    def _note(self, there: bool, cause: str = "") -> None:
        """What a client's error says may hold the password of REDIS_URL: only its name is logged."""
        if there and self._lost:
            log.info("Redis is back")
        if not there and not self._lost:
            log.warning("Redis is lost: each pod goes on with its own", extra={"cause": cause})
        self._lost, self._rest_until = not there, 0.0 if there else time.monotonic() + REST_S
        metrics.redis_up().set(there)
