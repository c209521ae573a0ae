"""The corpus as a question sees it: texts, lexical index and vectors of one version, as they are read from Chroma.

One answer works on one `Corpus` from beginning to end, so it never mixes two versions.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

from functions.ask.durations import goes_on
from functions.ask.lexical import WORD, Bm25
from functions.ask.topics import COMMON, of_heading
from functions.ask.vocabulary import Vocabulary
from functions.shared.embed import Floats
from functions.shared.store import Head, Row, Store

# A replacement seen half-way (its rows fell into two pages) is read again this often before it is served as it is.
TRIES = 3


@dataclass(frozen=True)
class Corpus:
    """All live passages of one corpus version. Numbers below are positions in `rows`."""

    head: Head
    rows: tuple[Row, ...]
    lexical: Bm25
    vectors: Floats | None = None  # (n, dimension), None until loaded or when there are too many
    threshold: float | None = None  # the evidence threshold measured on this corpus
    whole: bool = True  # False while a large one is being read: no rows yet, see `around`

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Row id → number."""
        return {row.id: number for number, row in enumerate(self.rows)}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of all passages; counted when a question first has a word to look up."""
        written = [word for row in self.rows for word in WORD.findall(row.chunk.indexed_text)]
        counts = Counter([*COMMON, *(word.lower() for word in written)])
        return Vocabulary(counts, {word.lower() for word in written if not word.islower()})

    @cached_property
    def present_work(self) -> tuple[int, ...]:
        """Numbers of the passages below a heading of work with a line whose time goes on."""
        return tuple(
            n for n, row in enumerate(self.rows) if "work" in of_heading(row.chunk.heading) and goes_on(row.chunk.text)
        )

    @cached_property
    def contents(self) -> tuple[int, ...]:
        """Numbers of the passages that list headings."""
        return tuple(n for n, row in enumerate(self.rows) if row.chunk.is_contents)

    @property
    def version(self) -> str:
        """The corpus version every answer names."""
        return self.head.corpus_version


EMPTY = Corpus(Head("", "", ""), (), Bm25([]))


async def around(store: Store, corpus: Corpus, vector: Floats, count: int) -> Corpus:
    """The passages nearest to a question, as a corpus of their own. Raises StoreUnreachable."""
    hits = await store.nearest(corpus.head, vector, count)
    rows = await store.passages(corpus.head, [key for key, _, _ in hits]) if hits else []
    return replace(corpus, rows=tuple(rows), lexical=Bm25([row.chunk.indexed_text for row in rows]))


async def read(store: Store, head: Head, fewer_than: int = 0) -> Corpus:
    """Every document of `head`'s collection whole, in one version as far as three tries can tell. Raises TooMany."""
    newest = head
    for _ in range(TRIES):
        head = newest
        rows = await store.rows(head, fewer_than)
        newest = await store.head() or head
        if newest == head and _whole(rows):
            break
    # Should it never rest: under the older version, so that the next check reads it anew.
    rows.sort(key=lambda row: (row.chunk.document, row.chunk.position))
    return await asyncio.to_thread(_indexed, head, tuple(rows))


def _indexed(head: Head, rows: tuple[Row, ...]) -> Corpus:
    corpus = Corpus(head, rows, Bm25([row.chunk.indexed_text for row in rows]))
    _ = corpus.number_of  # worked out here, not on the event loop by the first question
    return corpus


def _whole(rows: list[Row]) -> bool:
    """Whether each document's rows are all there and of one generation."""
    seen: dict[str, tuple[str, int, int]] = {}
    for row in rows:
        generation, of, count = seen.get(row.chunk.document, (row.generation, row.of, 0))
        if generation != row.generation:
            return False
        seen[row.chunk.document] = (generation, of, count + 1)
    return all(of == count for _, of, count in seen.values())
