"""The corpus as ask holds it: texts, lexical index and vectors of one version, replaced as a whole.

One answer works on one `Corpus` from beginning to end, so it never mixes two versions. Chroma is asked
at most once a second whether there is a newer one; when it is gone, the one in hand goes on serving.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from functions.ask.lexical import Bm25
from functions.shared import metrics
from functions.shared.embed import Floats
from functions.shared.problem import StoreUnreachable
from functions.shared.store import Head, Row, Store

log = logging.getLogger(__name__)

RECHECK_S = 1.0
# Above this many passages dense search stays in Chroma: vectors here would cost 1.5 KB each.
MAX_LOCAL_VECTORS = 20_000
# A replacement seen half-way (its rows fell into two pages) is read again this often before it is served as it is.
TRIES = 3


@dataclass(frozen=True)
class Corpus:
    """All live passages of one corpus version. Numbers below are positions in `rows`."""

    head: Head
    rows: tuple[Row, ...]
    lexical: Bm25
    vectors: Floats | None = None  # (n, dimension), None until loaded or when there are too many

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Row id → number."""
        return {row.chunk.id: number for number, row in enumerate(self.rows)}

    @property
    def version(self) -> str:
        """The corpus version every answer names."""
        return self.head.corpus_version


EMPTY = Corpus(Head("", "", ""), (), Bm25([]))


@dataclass
class CorpusHolder:
    """Keeps the newest `Corpus` at hand."""

    store: Store
    _corpus: Corpus | None = None
    _stale: bool = False
    _missing: str = ""
    _checked: float = float("-inf")
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _vectors: asyncio.Task[None] | None = None

    async def current(self) -> tuple[Corpus, bool]:
        """The corpus to answer from, and whether it may be stale. Raises StoreUnreachable while none was ever read."""
        if time.monotonic() - self._checked >= RECHECK_S:
            async with self._lock:
                if time.monotonic() - self._checked >= RECHECK_S:
                    await self._refresh()
                    self._checked = time.monotonic()
        if self._corpus is None:
            raise StoreUnreachable(self._missing)
        return self._corpus, self._stale

    async def close(self) -> None:
        """Stop what still loads."""
        if self._vectors:
            self._vectors.cancel()
            self._vectors = None

    async def _refresh(self) -> None:
        try:
            head = await self.store.head()
            if self._corpus is None or (head or EMPTY.head) != self._corpus.head:
                self._corpus = await self._load(head)
            self._load_vectors_of(self._corpus)
            self._stale = False
        except StoreUnreachable as problem:
            self._missing = problem.detail
            if not self._stale:
                log.warning("Chroma is gone, answering from what is in memory: %s", problem.detail)
            self._stale = True

    async def _load(self, head: Head | None) -> Corpus:
        corpus = EMPTY if head is None else await read(self.store, head)
        _publish_metrics(corpus)
        await self.close()  # the vectors under way are those of the old one
        return corpus

    def _load_vectors_of(self, corpus: Corpus) -> None:
        """Start it, where it is due and neither done nor under way."""
        due = corpus.vectors is None and 0 < len(corpus.rows) <= MAX_LOCAL_VECTORS
        if due and (self._vectors is None or self._vectors.done()):
            self._vectors = asyncio.create_task(self._load_vectors(corpus))

    async def _load_vectors(self, corpus: Corpus) -> None:
        """After the first answer could already be given: until then Chroma does the dense search."""
        try:
            found = await self.store.vectors(corpus.head, [row.chunk.id for row in corpus.rows])
        except StoreUnreachable as problem:
            log.warning("vectors not loaded, dense search stays in Chroma: %s", problem.detail)
            return
        if self._corpus is corpus and all(row.chunk.id in found for row in corpus.rows):
            self._corpus = replace(corpus, vectors=np.stack([found[row.chunk.id] for row in corpus.rows]))


async def read(store: Store, head: Head) -> Corpus:
    """Every document of `head`'s collection whole, in one version as far as three tries can tell."""
    newest = head
    for _ in range(TRIES):
        head = newest
        rows = await store.rows(head)
        newest = await store.head() or head
        if newest == head and _whole(rows):
            break
    # Should it never rest: under the older version, so that the next check reads it anew.
    rows.sort(key=lambda row: (row.chunk.document, row.chunk.position))
    lexical = await asyncio.to_thread(Bm25, [row.chunk.indexed_text for row in rows])
    return Corpus(head, tuple(rows), lexical)


def _whole(rows: list[Row]) -> bool:
    """Whether each document's rows are all there and of one generation."""
    seen: dict[str, tuple[str, int, int]] = {}
    for row in rows:
        generation, of, count = seen.get(row.chunk.document, (row.generation, row.of, 0))
        if generation != row.generation:
            return False
        seen[row.chunk.document] = (generation, of, count + 1)
    return all(of == count for _, of, count in seen.values())


def _publish_metrics(corpus: Corpus) -> None:
    gauges = metrics.corpus()
    gauges.chunks.set(len(corpus.rows))
    gauges.documents.set(len({row.chunk.document for row in corpus.rows}))
    gauges.version.clear()
    gauges.version.labels(corpus.version).set(1)
