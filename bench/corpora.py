"""Corpora of any size, written to Chroma as ingest writes them, without ingest and without its hours.

The articles' passages are embedded by the model. A copy under other names (bench/texts.py) has their vectors and token
matrices with seeded noise, so that it is near its original, as documents about one kind of thing are.
"""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from bench import texts
from bench.parts import say
from bench.prose import chunks
from functions.ingest.connection import Collections, open_client, open_collections
from functions.ingest.vectors import store
from functions.shared.embed import Embedder, Encoded
from functions.shared.matrix import TokenMatrix, pack, quantise
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LAYOUT, generation_of, metadata, row_id

# Cosine of a copy's vector with its original's, about: sqrt(1 / (1 + NOISE²)).
NOISE = 0.5
# Rows of one request; Chroma takes 5,461.
BATCH = 1000
GENERATION = generation_of(1, "bench")
# What the smallest corpus must be able to answer.
QUESTION, FACT = "How long is the Tessary?", "412"


@dataclass(frozen=True)
class Original:
    """A passage of an article as written, after the model."""

    chunk: Chunk
    names: frozenset[str]
    vector: np.ndarray
    matrix: TokenMatrix


def originals(embedder: Embedder) -> Iterator[Original]:
    """Every passage of the articles."""
    for name, text in texts.articles().items():
        known = texts.names(text)
        passages = chunks(name, text)
        for passage, encoded in zip(passages, embedder.encode_tokens([c.indexed_text for c in passages]), strict=True):
            yield Original(passage, known, encoded.vector, quantise(encoded))


def passages(known: list[Original]) -> Iterator[tuple[Original, int, Chunk]]:
    """Without end: each original as written, then each under the names of copy 1, and so on. The one with the answer
    that cold starts wait for comes first: the smallest corpus must have it too.
    """
    ordered = sorted(known, key=lambda one: FACT not in one.chunk.text or "Tessary" not in one.chunk.text)
    for copy in range(1_000_000):
        for one in ordered:
            yield one, copy, _copied(one, copy) if copy else one.chunk


def _copied(one: Original, copy: int) -> Chunk:
    def other(text: str) -> str:
        return texts.renamed(text, one.names, copy)

    chunk = one.chunk
    title, section, text = other(chunk.title), other(chunk.section), other(chunk.text)
    return replace(chunk, document=f"{chunk.document}-{copy}", title=title, section=section, text=text)


def fill(settings: dict[str, str], known: list[Original], size: int, model: str) -> float:
    """Write so many passages as ingest would; seconds."""
    started = time.perf_counter()
    read = Settings.read(settings)
    opened = open_collections(open_client(read), read.chroma_collection, model)
    wanted = list(islice(passages(known), size))
    counts: dict[str, int] = {}
    positions: list[int] = []
    for _, _, chunk in wanted:
        positions.append(counts.get(chunk.document, 0))
        counts[chunk.document] = positions[-1] + 1
    numbered = [
        (one, copy, replace(chunk, position=position))
        for (one, copy, chunk), position in zip(wanted, positions, strict=True)
    ]
    for start in range(0, size, BATCH):
        _write(opened, numbered[start : start + BATCH], counts, model, start)
        say(f"{size:,} passages: {min(start + BATCH, size):,} written, {time.perf_counter() - started:.0f} s")
    opened.passages.modify(metadata={"corpus_version": uuid.uuid4().hex, "model": model, "layout": LAYOUT})
    return time.perf_counter() - started


def _write(
    opened: Collections, batch: list[tuple[Original, int, Chunk]], counts: dict[str, int], model: str, seed: int
) -> None:
    dice = np.random.default_rng(seed)
    hashes = [chunk.content_hash(model) for _, _, chunk in batch]
    encoded = [near(one, dice) if copy else (one.vector, one.matrix) for one, copy, _ in batch]
    store(opened.tokens, {key: pack(matrix) for key, (_, matrix) in zip(hashes, encoded, strict=True)})
    opened.passages.add(
        ids=[row_id(chunk, GENERATION) for _, _, chunk in batch],
        embeddings=[vector for vector, _ in encoded],
        documents=[chunk.text for _, _, chunk in batch],
        metadatas=[
            metadata(chunk, key, GENERATION, counts[chunk.document])
            for (_, _, chunk), key in zip(batch, hashes, strict=True)
        ],
    )


def near(one: Original, dice: np.random.Generator) -> tuple[np.ndarray, TokenMatrix]:
    """A vector and a token matrix like the original's: unit length, the same spans, for a copy's words are as long."""
    tokens = one.matrix.floats()
    return (
        _noisy(one.vector[None], dice)[0],
        quantise(Encoded(one.vector, _noisy(tokens, dice), one.matrix.spans.astype(np.int32))),
    )


def _noisy(vectors: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    shape, dimension = vectors.shape, vectors.shape[1]
    moved = vectors + dice.standard_normal(shape, np.float32) * np.float32(NOISE / dimension**0.5)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)
