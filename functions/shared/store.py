"""Chroma: the layout both sides agree on, and the reader that ask and health use.

    <collection>          one row a passage: id document#position@generation, its vector, its text, metadata below;
                          collection metadata: corpus_version (fresh after every visible change), model, layout
    <collection>-tokens   one row a content hash: the packed token matrix; rows never change;
                          collection metadata: the evidence threshold measured on the corpus
    <collection>-ledger   one row a turn of writing a document: what it did, lease, tombstone; only ingest reads it

No row is ever written over: a replacement adds rows under its own generation, which begins with the number of
its turn, and the newest generation of a document is what readers see. So a writer that comes too late can neither
destroy a newer document nor be mixed up with it.

The reader speaks Chroma's v2 HTTP API over httpx, because importing the `chromadb` client costs a cold
start more than everything else together; tests hold it equal to that client on the same server.
ingest writes with the client (functions/ingest/upsert.py).
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

from functions.shared.chroma import Chroma
from functions.shared.embed import Floats
from functions.shared.matrix import TokenMatrix, unpack
from functions.shared.problem import StoreUnreachable
from functions.shared.records import Chunk
from functions.shared.settings import Settings

log = logging.getLogger(__name__)

# Written to the collection's metadata; a reader of another layout refuses instead of guessing.
LAYOUT = 1
TOKENS_SUFFIX = "-tokens"
LEDGER_SUFFIX = "-ledger"
THRESHOLD = "evidence_threshold"
# Rows of one `get`: large enough that a personal corpus is one page, small enough to bound memory.
PAGE = 5000
# Older versions of this code retired rows in place; nobody may see those. Chroma looks for such a filter through the
# metadata of all collections, which takes longer than everything else, so it is only asked to where one turned up.
LIVE = {"live": True}


class TooMany(Exception):
    """The collection has more rows than the reader wants to wait for."""


@dataclass(frozen=True, slots=True)
class Head:
    """The collection as it stands: its id, its corpus version and the model its vectors are from."""

    collection: str
    corpus_version: str
    model: str


@dataclass(frozen=True, slots=True)
class Row:
    """A live passage with the keys that tie it to its vectors. `generation` and `of` make a replacement
    recognisable: a document is read whole when it has `of` rows of one generation.
    """

    chunk: Chunk
    hash: str
    generation: str
    of: int

    @property
    def id(self) -> str:
        """The row's id in Chroma."""
        return row_id(self.chunk, self.generation)


def generation_of(turn: int, holder: str) -> str:
    """What the rows written in a turn bear: its number first, so that newer is told from older."""
    return f"{turn:08d}-{holder}"


def turn_of(generation: str) -> int:
    """The number of the turn that wrote `generation`; 0 for one of an older version of this code."""
    number, parted, _ = generation.partition("-")
    return int(number) if parted and number.isdigit() else 0


def row_id(chunk: Chunk, generation: str) -> str:
    """A row's id; before generations were numbered it was the chunk's."""
    return f"{chunk.id}@{generation}" if turn_of(generation) else chunk.id


def metadata(chunk: Chunk, content_hash: str, generation: str, of: int) -> dict[str, str | int | bool]:
    """A row's metadata as ingest writes it; `row` is the inverse."""
    return {
        "document": chunk.document,
        "position": chunk.position,
        "title": chunk.title,
        "uri": chunk.uri,
        "section": chunk.section,
        "updated": chunk.updated,
        "hash": content_hash,
        "generation": generation,
        "of": of,
        **LIVE,
    }


def row(text: str, fields: Mapping[str, Any]) -> Row:
    """One stored row, read back."""
    chunk = Chunk(
        document=fields["document"],
        position=fields["position"],
        title=fields["title"],
        uri=fields["uri"],
        section=fields["section"],
        text=text,
        updated=fields["updated"],
    )
    return Row(chunk, fields["hash"], fields["generation"], fields["of"])


def newest(rows: Sequence[Row]) -> list[Row]:
    """Of each document the newest generation that is there whole; without one that is, the newest."""
    found = Counter((row.chunk.document, row.generation) for row in rows)
    stands: dict[str, tuple[bool, int, str]] = {}
    for row in rows:
        document, generation = row.chunk.document, row.generation
        rank = found[document, generation] == row.of, turn_of(generation), generation
        stands[document] = max(rank, stands.get(document, rank))
    return [row for row in rows if row.generation == stands[row.chunk.document][2]]


class Store:
    """The reader. Every method raises StoreUnreachable when Chroma does not answer as it should."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._name = settings.chroma_collection
        self._chroma = Chroma(settings, transport)
        self._tokens_id = ""

    async def close(self) -> None:
        """Give the connections back."""
        await self._chroma.close()

    async def head(self) -> Head | None:
        """The collection's state, or None while nothing was ever ingested."""
        found = await self._chroma.collection(self._name)
        if found is None:
            return None
        fields = found.get("metadata") or {}
        if fields.get("layout", LAYOUT) != LAYOUT:
            raise StoreUnreachable(
                f"The collection {self._name} has layout {fields['layout']}, this version reads {LAYOUT}: ingest again."
            )
        return Head(found["id"], fields.get("corpus_version", ""), fields.get("model", ""))

    async def rows(self, head: Head, fewer_than: int = 0) -> list[Row]:
        """The passages of every document, each in its newest generation. Raises TooMany, where a bound is given."""
        found: list[Row] = []
        offset = 0
        while True:
            page = await self._get(head.collection, ["documents", "metadatas"], offset=offset, limit=fewer_than or PAGE)
            if fewer_than and len(page["ids"]) >= fewer_than:
                raise TooMany
            try:
                pairs = zip(page["documents"], page["metadatas"], strict=True)
                found += [row(text, fields) for text, fields in pairs if fields and fields.get("live")]
            except (KeyError, TypeError) as cause:
                raise StoreUnreachable(f"The collection {self._name} holds rows that ingest did not write.") from cause
            offset += len(page["ids"])
            if fewer_than or len(page["ids"]) < PAGE:
                return newest(found)

    async def passages(self, head: Head, ids: Sequence[str]) -> list[Row]:
        """Some passages by their rows' ids, of each document those of the newest generation."""
        page = await self._get(head.collection, ["documents", "metadatas"], ids=list(ids))
        return newest([row(text, fields) for text, fields in zip(page["documents"], page["metadatas"], strict=True)])

    async def vectors(self, head: Head, ids: Sequence[str]) -> dict[str, Floats]:
        """Sentence vectors (dimension,) by row id; a row that is gone is absent."""
        found: dict[str, Floats] = {}
        for start in range(0, len(ids), 1000):
            page = await self._get(head.collection, ["embeddings"], ids=list(ids[start : start + 1000]))
            found |= {key: np.asarray(v, np.float32) for key, v in zip(page["ids"], page["embeddings"], strict=True)}
        return found

    async def nearest(self, head: Head, vector: Floats, k: int) -> list[tuple[str, str, float]]:
        """The k live rows nearest to a unit vector: (row id, generation, cosine similarity), best first."""
        found = await self._query(head, vector, k, None)
        if any(fields.get("live") is False for fields in found["metadatas"][0]):
            found = await self._query(head, vector, k, LIVE)
        hits = zip(found["ids"][0], found["metadatas"][0], found["distances"][0], strict=True)
        return [(key, fields["generation"], 1.0 - distance) for key, fields, distance in hits]

    async def nearest_ids(self, head: Head, vector: Floats, k: int) -> list[tuple[str, float]]:
        """(row id, cosine similarity) of the k nearest rows, retired ones among them: in half the time of `nearest`."""
        found = await self._query(head, vector, k, None, ["distances"])
        return [(key, 1.0 - away) for key, away in zip(found["ids"][0], found["distances"][0], strict=True)]

    async def _query(
        self,
        head: Head,
        vector: Floats,
        k: int,
        where: Mapping[str, object] | None,
        include: Sequence[str] = ("distances", "metadatas"),
    ) -> Any:
        wanted = {"query_embeddings": [vector.tolist()], "n_results": k, "where": where, "include": list(include)}
        return await self._chroma.rows(head.collection, "query", wanted)

    async def threshold(self) -> float | None:
        """The evidence threshold measured on this corpus; None before the first measurement."""
        tokens = await self._tokens()
        found = ((tokens or {}).get("metadata") or {}).get(THRESHOLD)
        return float(found) if isinstance(found, int | float) else None

    async def _tokens(self) -> Any:
        found = await self._chroma.collection(self._name + TOKENS_SUFFIX)
        self._tokens_id = found["id"] if found else ""
        return found

    async def matrices(self, hashes: Iterable[str]) -> dict[str, TokenMatrix]:
        """Token matrices by content hash; one that was never stored, or is damaged, is absent."""
        if not self._tokens_id and await self._tokens() is None:
            return {}
        try:
            page = await self._get(self._tokens_id, ["metadatas"], ids=list(hashes))
        except StoreUnreachable:
            self._tokens_id = ""  # a restore makes the collection anew, under another id
            raise
        found: dict[str, TokenMatrix] = {}
        for key, fields in zip(page["ids"], page["metadatas"], strict=True):
            try:
                found[key] = unpack(fields["matrix"])
            except ValueError as damage:
                log.warning("a damaged token matrix", extra={"hash": key, "damage": str(damage)})
        return found

    async def _get(
        self,
        collection: str,
        include: list[str],
        *,
        ids: list[str] | None = None,
        offset: int = 0,
        limit: int = PAGE,
    ) -> Any:
        wanted: dict[str, object] = {"include": include, "ids": ids}
        if ids is None:
            wanted |= {"limit": limit, "offset": offset}
        return await self._chroma.rows(collection, "get", wanted)
