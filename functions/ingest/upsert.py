"""Chunks → Chroma, in one step as readers see it; the layout is in functions/shared/store.py.

    1  ledger          an event older than what stands is stale: nothing happens
    2  token matrices  of content not known yet, keyed by its hash; they never change, so they may go first
    3  lease           one writer a document, and nobody has written since it was read
    4  ONE upsert      every position of the document under a fresh generation, positions no longer used
                       marked `live: false`; before it readers see the old document, after it the new one
    5  corpus version  a fresh id in the collection's metadata: readers drop what they hold
    6  ledger          the event's time and version, and the generation that step 5 announced; lease given back
    7  sweep           retired rows, and matrices no row refers to, are deleted

A crash between any two steps is repaired when the same event comes again: until step 6 the ledger still lets it
in, rows that are as they should be are not written twice, and a generation that was not announced is announced.
"""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np

from functions.ingest.event import Event
from functions.ingest.ledger import Entry, Ledger
from functions.shared.embed import Embedder, Floats
from functions.shared.matrix import pack, quantise
from functions.shared.problem import StoreUnreachable, Unavailable
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LAYOUT, LEDGER_SUFFIX, TOKENS_SUFFIX, metadata

# Token matrices are float32 before they are packed, 150 KB a passage: this bounds the memory of a long document.
EMBED_AT_ONCE = 64
# Seconds one write may take; the longest, 5,000 rows written over, was measured at 11.
WRITE_S = 40.0
# Ids of one delete and hashes of one filter.
BATCH = 500


@dataclass(frozen=True, slots=True)
class Written:
    """What came of an event. `outcome`: indexed, removed, unchanged or stale."""

    outcome: str
    corpus_version: str
    chunks: int = 0
    embedded: int = 0
    reused: int = 0
    retired: int = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """A document's rows as they stand, by position."""

    texts: dict[int, str] = field(default_factory=dict)
    fields: dict[int, dict[str, Any]] = field(default_factory=dict)
    vectors: dict[int, Floats] = field(default_factory=dict)

    @property
    def live(self) -> list[int]:
        """Positions readers see."""
        return sorted(position for position, fields in self.fields.items() if fields["live"])

    @property
    def generation(self) -> str:
        """That of the live rows; empty without any, or should they ever differ."""
        found = {self.fields[position]["generation"] for position in self.live}
        return found.pop() if len(found) == 1 else ""

    def by_hash(self) -> dict[str, Floats]:
        """Vectors by content hash."""
        return {fields["hash"]: self.vectors[position] for position, fields in self.fields.items()}


class Upserter:
    """The writer. Blocking; every method raises StoreUnreachable when Chroma does not answer as it should."""

    def __init__(self, settings: Settings, embedder: Embedder) -> None:
        """Connect. The collections are made by the first event."""
        self._settings = settings
        self._embedder = embedder
        self._opened: tuple[Any, Any, Ledger] | None = None
        with _reachable(settings):
            self._client = open_client(settings)

    def upsert(self, event: Event, chunks: Sequence[Chunk], state: str = "live") -> Written:
        """Make `chunks` all there is of the event's document; none and `withdrawn` is a tombstone.

        Raises Unavailable when another event is writing the same document, or when the collection holds the
        vectors of another model.
        """
        with self._reachable():
            passages, tokens, ledger = self._open()
            page = ledger.read(event.document)
            if page.entry.is_newer_than(event):
                return Written("stale", self._version(passages))
            rows = self._rows(passages, event.document)
            vectors, embedded = self._embed(chunks, rows.by_hash(), tokens)
            with ledger.lease(page) as lease:
                generation, stands = rows.generation, self._stands(chunks, rows)
                if not stands:
                    generation = uuid.uuid4().hex if chunks else ""
                    lease.check(needs_s=WRITE_S)
                    self._write(passages, chunks, vectors, rows, generation)
                told = stands and page.entry.generation == generation
                version = self._version(passages) if told else self._announce(passages)
                lease.check()
                ledger.write(lease, Entry(state, event.time, event.version, generation))
            retired = self._sweep(passages, tokens, rows, len(chunks), set(vectors))
            known = told and page.entry.state == state
            outcome = "unchanged" if known else "indexed" if state == "live" else "removed"
            return Written(outcome, version, len(chunks), embedded, len(chunks) - embedded, retired)

    def knows(self, document: str) -> bool:
        """Whether anything was ever done with it."""
        with self._reachable():
            return bool(self._open()[2].read(document).entry.state)

    def totals(self) -> tuple[int, int]:
        """Passages and documents in the corpus."""
        with self._reachable():
            passages, _, ledger = self._open()
            return passages.count(), ledger.documents()

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        """After any failure the collections are looked up again: a restore makes them anew, under other ids."""
        try:
            with _reachable(self._settings):
                yield
        except StoreUnreachable:
            self._opened = None
            raise

    def _open(self) -> tuple[Any, Any, Ledger]:
        """The three collections, made when they are missing. Raises Unavailable for those of another model.

        Not Refused: the event is good, and the Broker would throw away what it refused.
        """
        if self._opened:
            return self._opened
        name = self._settings.chroma_collection
        made = {"model": self._embedder.name, "layout": LAYOUT}
        passages = _collection(self._client, name, made)
        stored = {key: (passages.metadata or {}).get(key, value) for key, value in made.items()}
        if stored != made:
            raise Unavailable(
                f"The collection {name} holds vectors of {stored['model']} in layout {stored['layout']}, this ingest"
                f" writes {made['model']} in layout {made['layout']}: name another CHROMA_COLLECTION or delete it,"
                " and send every document again.",
                retry_after_s=60,
            )
        tokens = _collection(self._client, name + TOKENS_SUFFIX)
        self._opened = passages, tokens, Ledger(_collection(self._client, name + LEDGER_SUFFIX))
        return self._opened

    def _rows(self, passages: Any, document: str) -> Rows:
        found = passages.get(where={"document": document}, include=["documents", "metadatas", "embeddings"])
        positions = [fields["position"] for fields in found["metadatas"]]
        return Rows(
            texts=dict(zip(positions, found["documents"], strict=True)),
            fields=dict(zip(positions, found["metadatas"], strict=True)),
            vectors=dict(zip(positions, found["embeddings"], strict=True)),
        )

    def _embed(self, chunks: Sequence[Chunk], known: dict[str, Floats], tokens: Any) -> tuple[dict[str, Floats], int]:
        """A vector for every content hash, and how many had to be computed; their matrices are stored."""
        by_hash = {chunk.content_hash(self._embedder.name): chunk.indexed_text for chunk in chunks}
        have_matrix: set[str] = set()
        for batch in _batches(list(by_hash), BATCH):
            have_matrix.update(tokens.get(ids=batch, include=[])["ids"])
        vectors = {key: known[key] for key in by_hash if key in known and key in have_matrix}
        missing = [key for key in by_hash if key not in vectors]
        for batch in _batches(missing, EMBED_AT_ONCE):
            encoded = self._embedder.encode_tokens([by_hash[key] for key in batch])
            vectors |= {key: one.vector for key, one in zip(batch, encoded, strict=True)}
            tokens.add(
                ids=batch,
                embeddings=[_scattered(key) for key in batch],
                metadatas=[{"matrix": pack(quantise(one))} for one in encoded],
            )
        return vectors, len(missing)

    def _stands(self, chunks: Sequence[Chunk], rows: Rows) -> bool:
        """Whether readers already see exactly `chunks`."""
        model, generation = self._embedder.name, rows.generation
        return rows.live == list(range(len(chunks))) and all(
            rows.texts[chunk.position] == chunk.text
            and rows.fields[chunk.position] == metadata(chunk, chunk.content_hash(model), generation, len(chunks))
            for chunk in chunks
        )

    def _write(
        self, passages: Any, chunks: Sequence[Chunk], vectors: dict[str, Floats], rows: Rows, generation: str
    ) -> None:
        """The one visible step. Surplus rows go along whole, because an upsert takes nothing less."""
        surplus = [position for position in rows.live if position >= len(chunks)]
        hashes = [chunk.content_hash(self._embedder.name) for chunk in chunks]
        document = chunks[0].document if chunks else rows.fields[surplus[0]]["document"]
        passages.upsert(
            ids=[chunk.id for chunk in chunks] + [f"{document}#{position:05d}" for position in surplus],
            embeddings=[vectors[key] for key in hashes] + [rows.vectors[position] for position in surplus],
            documents=[chunk.text for chunk in chunks] + [rows.texts[position] for position in surplus],
            metadatas=[metadata(chunk, key, generation, len(chunks)) for chunk, key in zip(chunks, hashes, strict=True)]
            + [{**rows.fields[position], "generation": generation, "live": False} for position in surplus],
        )

    def _announce(self, passages: Any) -> str:
        """Tell readers that what they hold is old."""
        version = uuid.uuid4().hex
        passages.modify(metadata={"corpus_version": version, "model": self._embedder.name, "layout": LAYOUT})
        return version

    def _version(self, passages: Any) -> str:
        fields = self._client.get_collection(passages.name, embedding_function=None).metadata or {}
        return str(fields.get("corpus_version", ""))

    def _sweep(self, passages: Any, tokens: Any, before: Rows, live: int, used: set[str]) -> int:
        """Delete the rows from position `live` on, then the matrices that no row needs any more.

        Returns how many readers saw. Should another document be about to use one of those matrices, ask encodes
        that passage itself.
        """
        old = [position for position in before.fields if position >= live]
        for batch in _batches([f"{before.fields[position]['document']}#{position:05d}" for position in old], BATCH):
            passages.delete(ids=batch)
        for batch in _batches(sorted(set(before.by_hash()) - used), BATCH):
            needed = passages.get(where={"hash": {"$in": batch}}, include=["metadatas"])["metadatas"]
            if unused := sorted(set(batch) - {fields["hash"] for fields in needed}):
                tokens.delete(ids=unused)
        return sum(bool(before.fields[position]["live"]) for position in old)


def open_client(settings: Settings) -> Any:
    """The `chromadb` client, imported here: it takes half a second (https://docs.trychroma.com)."""
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    where = urlsplit(settings.chroma_url)
    client = chromadb.HttpClient(
        host=where.hostname or "127.0.0.1",
        port=where.port or (443 if where.scheme == "https" else 80),
        ssl=where.scheme == "https",
        settings=ChromaSettings(anonymized_telemetry=False),
    )
    # The client waits for ever and has no setting for it; a Chroma that hangs must become a 503.
    server: Any = client
    server._server._session.timeout = httpx.Timeout(WRITE_S, connect=settings.chroma_timeout_s)
    return client


@contextmanager
def _reachable(settings: Settings) -> Iterator[None]:
    """Chroma's failures as ours."""
    from chromadb.errors import ChromaError

    try:
        yield
    except (httpx.HTTPError, OSError) as cause:
        raise StoreUnreachable(f"Chroma at {settings.chroma_url} does not answer.") from cause
    except ChromaError as cause:
        raise StoreUnreachable(f"Chroma at {settings.chroma_url} answered: {cause}.") from cause
    except Exception as cause:
        # The client raises ValueError for "no connection" and a bare Exception for other answers.
        if type(cause) is not Exception and "connect" not in str(cause):
            raise
        raise StoreUnreachable(f"Chroma at {settings.chroma_url} does not answer as it should.") from cause


def _collection(client: Any, name: str, fields: dict[str, Any] | None = None) -> Any:
    """Cosine space, and no embedding function: vectors come from our model only."""
    return client.get_or_create_collection(
        name, metadata=fields, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )


def _scattered(content_hash: str) -> Floats:
    """Two dimensions by the hash: a row needs a vector, and an index of equal points is slow."""
    angle = int.from_bytes(hashlib.sha256(content_hash.encode()).digest()[:4]) / 2**32 * 2 * np.pi
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def _batches(items: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
