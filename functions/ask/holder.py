"""The newest corpus, held for all questions: replaced as a whole when Chroma has another version.

Chroma is asked at most once a second whether there is a newer one; when it is gone, the one in hand goes on serving.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, replace

import numpy as np

from functions.ask.corpus import EMPTY, Corpus, read
from functions.shared import metrics
from functions.shared.problem import StoreUnreachable
from functions.shared.store import Head, Store, TooMany

log = logging.getLogger(__name__)

RECHECK_S = 1.0
# A look at Chroma takes some 2 ms, reading a personal corpus anew some 50.
PATIENCE_S = 0.25
# Above this many passages dense search stays in Chroma: vectors here would cost 1.5 KB each.
MAX_LOCAL_VECTORS = 20_000
# From this many rows on the first questions are answered from what is near them: reading all would keep them waiting.
MAX_FIRST = 2_500
# All of it is read once the answer that a cold start was made for had time to be given.
BEHIND_S = 0.5


@dataclass
class CorpusHolder:
    """Keeps the newest `Corpus` of one embedding model at hand."""

    store: Store
    model: str
    _corpus: Corpus | None = None
    _stale: bool = False
    _seen: float | None = None
    _missing: str = ""
    _checked: float = float("-inf")
    _refreshing: asyncio.Task[None] | None = None
    _vectors: asyncio.Task[None] | None = None
    _reading: asyncio.Task[None] | None = None

    async def current(self) -> tuple[Corpus, bool]:
        """The corpus to answer from, and whether it may be stale. Raises StoreUnreachable while none was ever read.

        All questions share one look at Chroma. It is waited for as long as it takes while there is no corpus, and
        else no longer than a healthy Chroma needs.
        """
        if self._due():
            self._checked = time.monotonic()
            self._refreshing = asyncio.create_task(self._refresh())
        if self._refreshing:
            await asyncio.wait({self._refreshing}, timeout=None if self._corpus is None else PATIENCE_S)
            if self._refreshing.done():
                self._refreshing.result()
        if self._corpus is None:
            raise StoreUnreachable(self._missing)
        overdue = self._refreshing is not None and not self._refreshing.done()
        return self._corpus, self._stale or overdue

    @property
    def as_of(self) -> str:
        """When Chroma last confirmed that the corpus is the newest: UTC, ISO 8601, to the second; empty: never."""
        return "" if self._seen is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._seen))

    async def close(self) -> None:
        """Stop what still loads."""
        for task in (self._refreshing, self._vectors, self._reading):
            if task:
                task.cancel()
        self._refreshing = self._vectors = self._reading = None

    def _due(self) -> bool:
        under_way = self._refreshing is not None and not self._refreshing.done()
        return not under_way and time.monotonic() - self._checked >= RECHECK_S

    async def _refresh(self) -> None:
        try:
            head = await self.store.head()
            if self._corpus is None or (head or EMPTY.head) != self._corpus.head:
                self._corpus = await self._load(head)
            self._read_all_of(self._corpus)
            self._load_vectors_of(self._corpus)
            self._note_stale(False)
            self._seen = time.time()
        except StoreUnreachable as problem:
            self._missing = problem.detail
            if not self._stale:
                log.warning("no news from Chroma, answering from what is in memory: %s", problem.detail)
            self._note_stale(True)

    def _note_stale(self, stale: bool) -> None:
        self._stale = stale
        metrics.corpus().stale.set(stale)

    async def _load(self, head: Head | None) -> Corpus:
        if head and head.model not in ("", self.model):
            raise StoreUnreachable(
                f"The corpus was embedded by {head.model}, this ask has {self.model}: `make reindex` embeds it anew."
            )
        corpus = EMPTY
        if head:
            corpus, threshold = await asyncio.gather(self._first(head), self.store.threshold())
            corpus = replace(corpus, threshold=threshold)
        _publish_metrics(corpus)
        if self._vectors:
            self._vectors.cancel()  # those of the old one
            self._vectors = None
        return corpus

    async def _first(self, head: Head) -> Corpus:
        """All of it, or at the start the mere knowledge that it is large."""
        try:
            return await read(self.store, head, MAX_FIRST if self._corpus is None else 0)
        except TooMany:
            return replace(EMPTY, head=head, whole=False)

    def _read_all_of(self, corpus: Corpus) -> None:
        """Start it, where only that it is large is known, and it is not under way."""
        if not corpus.whole and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read_all(corpus))

    async def _read_all(self, known: Corpus) -> None:
        await asyncio.sleep(BEHIND_S)
        try:
            corpus = replace(await read(self.store, known.head), threshold=known.threshold)
        except StoreUnreachable as problem:
            log.warning("the corpus is not read yet: %s", problem.detail)
            return
        if self._corpus is known:
            self._corpus = corpus
            _publish_metrics(corpus)

    def _load_vectors_of(self, corpus: Corpus) -> None:
        """Start it, where it is due and neither done nor under way."""
        due = corpus.vectors is None and 0 < len(corpus.rows) <= MAX_LOCAL_VECTORS
        if due and (self._vectors is None or self._vectors.done()):
            self._vectors = asyncio.create_task(self._load_vectors(corpus))

    async def _load_vectors(self, corpus: Corpus) -> None:
        """After the first answer could already be given: until then Chroma does the dense search."""
        try:
            found = await self.store.vectors(corpus.head, [row.id for row in corpus.rows])
            unmoved = await self.store.head() == corpus.head
        except StoreUnreachable as problem:
            log.warning("vectors not loaded, dense search stays in Chroma: %s", problem.detail)
            return
        if unmoved and self._corpus is corpus and all(row.id in found for row in corpus.rows):
            self._corpus = replace(corpus, vectors=np.stack([found[row.id] for row in corpus.rows]))


def _publish_metrics(corpus: Corpus) -> None:
    gauges = metrics.corpus()
    gauges.chunks.set(len(corpus.rows))
    gauges.documents.set(len({row.chunk.document for row in corpus.rows}))
    gauges.version.clear()
    gauges.version.labels(corpus.version).set(1)
