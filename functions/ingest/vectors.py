"""Content → vectors: what is known is taken from the store, the rest is computed, its token matrices are stored."""

import hashlib
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from functions.ingest.connection import Collections
from functions.ingest.rows import batches
from functions.shared.embed import Embedder, Floats
from functions.shared.matrix import pack, quantise

# Token matrices are float32 before they are packed, 150 KB a passage: this bounds the memory of a long document. Among
# many texts those of one length find together: of 64 at once, 7 % of what is encoded was padding, of these it is 5.
AT_ONCE = 128
# A document of 5,000 passages is embedded in minutes; its matrices have no rows until then.
ORPHAN_S = 3600.0


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Content:
    """What the model makes of a text, as it is stored."""

    vector: Floats  # (dimension,), L2-normalised
    matrix: str  # packed


def with_matrix(opened: Collections, hashes: Collection[str]) -> set[str]:
    """Those of the content hashes whose token matrix is stored."""
    found: set[str] = set()
    for some in batches(list(hashes)):
        found.update(opened.tokens.get(ids=some, include=[])["ids"])
    return found


def stored(opened: Collections, rows: Mapping[str, str]) -> dict[str, Floats]:
    """Vectors by content hash, of the rows that have that content: `rows` is hash → row id."""
    found: dict[str, Floats] = {}
    for some in batches(list(rows.values())):
        page = opened.passages.get(ids=some, include=["embeddings"])
        found |= dict(zip(page["ids"], page["embeddings"], strict=True))
    return {content: found[key] for content, key in rows.items() if key in found}


def compute(
    opened: Collections, embedder: Embedder, texts: Mapping[str, str], ahead: Mapping[str, Content]
) -> dict[str, Floats]:
    """Vectors by content hash; the matrices are in the store before this returns. `ahead`: what is encoded already."""
    vectors: dict[str, Floats] = {}
    for some in batches(list(texts), AT_ONCE):
        contents = {key: ahead[key] for key in some if key in ahead}
        contents |= encode(embedder, {key: texts[key] for key in some if key not in ahead})
        vectors |= {key: one.vector for key, one in contents.items()}
        store(opened.tokens, {key: one.matrix for key, one in contents.items()})
    return vectors


def encode(embedder: Embedder, texts: Mapping[str, str]) -> dict[str, Content]:
    """What the model makes of texts, by content hash."""
    contents: dict[str, Content] = {}
    for some in batches(list(texts), AT_ONCE):
        encoded = embedder.encode_tokens([texts[key] for key in some])
        contents |= {key: Content(one.vector, pack(quantise(one))) for key, one in zip(some, encoded, strict=True)}
    return contents


def store(tokens: Any, matrices: Mapping[str, str]) -> None:
    """Packed matrices by content hash; one that is there already stays."""
    tokens.add(
        ids=list(matrices),
        embeddings=[_scattered(key) for key in matrices],
        metadatas=[{"matrix": matrix, "made": int(time.time())} for matrix in matrices.values()],
    )


def drop_unused(opened: Collections, hashes: Collection[str], leaving: Collection[str]) -> None:
    """Delete the matrices of content that only the rows `leaving` have, which go next.

    Should another document be about to use one of them, ask encodes that passage itself.
    """
    for some in batches(sorted(hashes)):
        rows = opened.passages.get(where={"hash": {"$in": some}}, include=["metadatas"])
        pairs = zip(rows["ids"], rows["metadatas"], strict=True)
        needed = {fields["hash"] for key, fields in pairs if key not in leaving}
        if unused := sorted(set(some) - needed):
            opened.tokens.delete(ids=unused)


def drop_orphans(opened: Collections) -> int:
    """Delete the matrices older than an hour whose content no row has: a writer died between the two."""
    old = opened.tokens.get(where={"made": {"$lt": int(time.time() - ORPHAN_S)}}, include=[])["ids"]
    count = opened.tokens.count()
    drop_unused(opened, old, leaving=())
    return int(count - opened.tokens.count())


def _scattered(content_hash: str) -> Floats:
    """Two dimensions by the hash: a row needs a vector, and an index of equal points is slow."""
    angle = int.from_bytes(hashlib.sha256(content_hash.encode()).digest()[:4]) / 2**32 * 2 * np.pi
    return np.array([np.cos(angle), np.sin(angle)], np.float32)
