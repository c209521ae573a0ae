"""Contents are encoded while another round writes: the model and Chroma work at the same time.

What is kept here is a cache and no more. The round looks again and decides alone; it takes what was encoded ahead for
the contents that it finds it must encode, and encodes the others itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from weakref import WeakValueDictionary

from functions.ingest import vectors
from functions.ingest.change import ROWS_AT_ONCE, Change
from functions.ingest.connection import Collections
from functions.ingest.vectors import Content
from functions.shared.embed import Embedder


class Ahead:
    """What the changes on their way have encoded so far: a content goes with the last change that holds it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._encoded: WeakValueDictionary[str, Content] = WeakValueDictionary()

    def __call__(self, changes: Sequence[Change], opened: Collections) -> list[Change]:
        """The changes with the contents that have no matrix yet; those that are too long, as they are."""
        name = self._embedder.name
        texts = {one.content_hash(name): one.indexed_text for change in _as_fit(changes) for one in change.chunks}
        stored = vectors.with_matrix(opened, texts)
        texts = {key: text for key, text in texts.items() if key not in stored}
        ready = {key: content for key in texts if (content := self._encoded.get(key))}
        ready |= vectors.encode(self._embedder, {key: text for key, text in texts.items() if key not in ready})
        self._encoded.update(ready)
        return [replace(change, encoded=self._of(change, ready)) for change in changes]

    def _of(self, change: Change, ready: Mapping[str, Content]) -> dict[str, Content]:
        keys = {one.content_hash(self._embedder.name) for one in change.chunks}
        return {key: ready[key] for key in keys & ready.keys()}


def _as_fit(changes: Iterable[Change]) -> Iterator[Change]:
    """As many as may be held in memory: a packed matrix has 27 KB."""
    rows = 0
    for change in changes:
        if change.chunks and rows + len(change.chunks) <= ROWS_AT_ONCE:
            rows += len(change.chunks)
            yield change
