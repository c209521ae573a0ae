"""The corpus gauges, counted anew a moment after the store changed: counting costs as much as an event."""

import asyncio
from contextlib import suppress

from anyio import to_thread

from functions.ingest.upsert import Upserter
from functions.shared import metrics
from functions.shared.problem import Problem

# Seconds of changes that are counted together.
REST_S = 1.0


class Gauges:
    """Passages, documents and version of the corpus that `upserter` writes."""

    def __init__(self, upserter: Upserter, rest_s: float = REST_S) -> None:
        self._upserter, self._rest_s = upserter, rest_s
        self._task: asyncio.Task[None] | None = None

    def changed(self) -> None:
        """Count soon. Returns at once."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._count())

    async def _count(self) -> None:
        await asyncio.sleep(self._rest_s)
        corpus = metrics.corpus()
        with suppress(Problem):
            chunks, documents = await to_thread.run_sync(self._upserter.totals)
            corpus.chunks.set(chunks)
            corpus.documents.set(documents)
        corpus.version.clear()
        corpus.version.labels(self._upserter.told).set(1)
