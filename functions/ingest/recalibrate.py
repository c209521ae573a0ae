"""When the evidence threshold is measured anew: the corpus at rest, at most once a minute, after the reply.

A pod that is told to stop measures first what is still due, so that a bulk load into a function at zero counts.
"""

import asyncio
import logging
import time

from anyio import to_thread

from functions.ingest.upsert import Upserter
from functions.shared.problem import Problem
from functions.shared.settings import BadSetting, Settings

log = logging.getLogger("functions.ingest")

# Seconds without a change before the corpus counts as at rest.
REST_S = 5.0
EVERY_S = 60.0


class Recalibration:
    """Keeps the threshold of the corpus that `upserter` writes."""

    def __init__(
        self, settings: Settings, upserter: Upserter, rest_s: float = REST_S, every_s: float = EVERY_S
    ) -> None:
        self._settings, self._upserter = settings, upserter
        self._rest_s, self._every_s = rest_s, every_s
        self._changed = self._measured = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def changed(self) -> None:
        """The corpus is another one: measure when it has come to rest. Returns at once."""
        self._changed = time.monotonic()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._when_due())

    async def close(self) -> None:
        """Measure now what is still due."""
        if self._task and not self._task.done():
            self._task.cancel()
            await self._measure()

    async def _when_due(self) -> None:
        while (wait := self._due() - time.monotonic()) > 0:  # noqa: ASYNC110  # every change puts it off
            await asyncio.sleep(wait)
        await self._measure()

    def _due(self) -> float:
        return max(self._changed + self._rest_s, self._measured + self._every_s)

    async def _measure(self) -> None:
        self._measured = time.monotonic()
        try:
            await to_thread.run_sync(recalibrate, self._settings, self._upserter)
        except (Problem, BadSetting) as problem:
            log.warning("the evidence threshold stays as it was: %s", problem)


def recalibrate(settings: Settings, upserter: Upserter) -> None:
    """Measure now. Blocking. Raises StoreUnreachable."""
    # ask's retrieval is only imported here: events come first.
    from functions.ingest.calibrate import calibrate

    found = asyncio.run(calibrate(settings, upserter.embedder))
    if found is not None and upserter.store_threshold(found):
        log.info("evidence threshold", extra={"threshold": found})
