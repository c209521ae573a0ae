"""A document's rows in the collection of passages, as they stand before an event is applied."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from functions.ingest.chunk import MOST_CHUNKS
from functions.ingest.ledger import Page
from functions.shared.records import Chunk
from functions.shared.store import metadata, turn_of

T = TypeVar("T")
# Ids of one delete and values of one filter.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Rows:
    """Texts and metadata by row id, of all generations there are."""

    texts: dict[str, str] = field(default_factory=dict)
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def last_turn(self) -> int:
        """The highest turn that wrote any of them."""
        return max((turn_of(fields["generation"]) for fields in self.fields.values()), default=0)

    def standing(self, page: Page) -> str:
        """The generation that stands: one written after the last finished turn, by a writer that died, else the
        ledger's. No other may be referred to again, because whoever superseded it may be deleting it.
        """
        after = {fields["generation"] for fields in self.fields.values()} - {page.entry.generation}
        return max((one for one in after if turn_of(one) > page.finished), key=turn_of, default=page.entry.generation)

    def of(self, generation: str) -> list[str]:
        """Ids of the rows of one generation that readers see."""
        return [key for key, fields in self.fields.items() if fields["generation"] == generation and fields["live"]]

    def besides(self, generation: str) -> list[str]:
        """Ids of all others."""
        kept = set(self.of(generation))
        return [key for key in self.fields if key not in kept]

    def settled(self, page: Page) -> list[str]:
        """Ids of rows that a finished turn has decided against; nobody may need them any more."""
        return [
            key
            for key in self.besides(page.entry.generation)
            if turn_of(self.fields[key]["generation"]) <= page.finished and page.finished
        ]

    def say(self, chunks: Sequence[Chunk], generation: str, model: str) -> bool:
        """Whether readers of `generation` see exactly `chunks`."""
        seen = {self.fields[key]["position"]: key for key in self.of(generation)}
        return seen.keys() == set(range(len(chunks))) and all(
            self.texts[seen[chunk.position]] == chunk.text
            and self.fields[seen[chunk.position]] == metadata(chunk, chunk.content_hash(model), generation, len(chunks))
            for chunk in chunks
        )

    def hashes(self, keys: Iterable[str]) -> set[str]:
        """Content hashes of some of them."""
        return {self.fields[key]["hash"] for key in keys}


def read_rows(passages: Any, documents: Iterable[str]) -> dict[str, Rows]:
    """The rows of each of the documents."""
    by_document = {document: Rows() for document in documents}
    found = passages.get(where={"document": {"$in": list(by_document)}}, include=["documents", "metadatas"])
    for key, text, fields in zip(found["ids"], found["documents"], found["metadatas"], strict=True):
        rows = by_document[fields["document"]]
        rows.texts[key], rows.fields[key] = text, fields
    return by_document


def delete(passages: Any, documents: Iterable[Sequence[str]]) -> None:
    """Rows by id, each document's within one request: readers see all of them go at once."""
    together: list[str] = []
    for keys in documents:
        if together and len(together) + len(keys) > MOST_CHUNKS:
            passages.delete(ids=together)
            together = []
        together += keys
    if together:
        passages.delete(ids=together)


def batches(items: Sequence[T], size: int = BATCH) -> Iterator[list[T]]:
    """Pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
