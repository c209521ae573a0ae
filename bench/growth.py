"""Growth: 100 to 100,000 passages, a cold start and warm questions at each size.

    make bench-growth                         100, 1,000, 10,000 and 100,000: see bench/README.md for how long it takes
    make bench-growth SIZES=100,1000,10000    sizes of one's own; the first is what the others are compared with

Texts are those of bench/texts.py: the articles and their copies under other names, parted by ingest. The articles'
passages are embedded by the model. A copy has their vectors and token matrices with seeded noise, so that it is near
its original, as documents about one kind of thing are. All is written to Chroma as ingest writes it, without ingest:
this is about reading. The files are in the page cache.
"""

import argparse
import asyncio
import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench import report, texts
from bench.client import Connection, good
from bench.cold_start import SERVE
from bench.figures import Row, latencies, percentile, ratio, spread
from bench.parts import (
    Function,
    asked,
    chroma_in,
    cpu_s,
    first_answer,
    keep,
    place,
    pss_mb,
    say,
    scratch,
    settle,
    sized,
    stamp,
)
from bench.prose import bodies, chunks
from functions.ingest.connection import Collections, open_client, open_collections
from functions.ingest.vectors import store
from functions.shared.embed import Embedder, Encoded, open_embedder
from functions.shared.matrix import TokenMatrix, pack, quantise
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LAYOUT, generation_of, metadata, row_id

SIZES = "100,1000,10000,100000"
# Cosine of a copy's vector with its original's, about: sqrt(1 / (1 + NOISE²)).
NOISE = 0.5
# Rows of one request; Chroma takes 5,461.
BATCH = 1000
GENERATION = generation_of(1, "bench")
STARTS, QUESTIONS, ROUNDS = sized(5, 1), sized(100, 8), sized(3, 1)
QUESTION, FACT = "How long is the Tessary?", "412"
# What must hold from the first size to 10,000 and to 100,000 passages: cold start, p50.
BOUNDS = {10_000: ((1.5, 1.2), (1.25, 1.1)), 100_000: ((2.0, 1.5), (1.25, 1.1))}


@dataclass(frozen=True)
class Original:
    """A passage of an article as written, after the model."""

    chunk: Chunk
    names: frozenset[str]
    vector: np.ndarray
    matrix: TokenMatrix


def main() -> None:
    """Measure, print, keep."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", default=os.environ.get("SIZES") or ("100,300" if sized(0, 1) else SIZES))
    sizes = [int(size.replace("_", "")) for size in options.parse_args().sizes.split(",")]
    started = time.perf_counter()
    with scratch() as folder, chroma_in(folder) as chroma:
        lines = measure(folder, chroma, sizes)
    whole = {"seconds": round(time.perf_counter() - started), "rows": [row.as_json() for row in rows(lines)]}
    result = stamp("growth") | whole | {"sizes": lines}
    print(report.growth(result))
    keep(result)


def measure(folder: Path, chroma_url: str, sizes: list[int]) -> list[dict[str, Any]]:
    """One line a size; starts and questions go from size to size in turns."""
    places = {size: {**place(chroma_url), "MATRIX_CACHE_MB": "64"} for size in sizes}
    embedder = open_embedder(Settings.read(places[sizes[0]]))
    originals = list(_originals(embedder))
    writing = {size: _fill(places[size], originals, size, embedder.name) for size in sizes}
    starts: dict[int, list[float]] = {size: [] for size in sizes}
    for run in range(STARTS + 1):
        for size in sizes:
            environment = {"FUNCTION_TARGET": "ask", **places[size]}
            seconds, _ = first_answer(SERVE, environment, folder / "cold.log", _answers)
            starts[size] += [seconds] if run else []
    warm = _warm(folder, places, _in_all(originals, sizes[0]))
    return [
        {"passages": size, "cold_s": spread(starts[size]), "written_s": round(writing[size]), **warm[size]}
        for size in sizes
    ]


def _answers(url: str) -> bool:
    return FACT in asked(url, QUESTION)["answer"]


def _originals(embedder: Embedder) -> Iterator[Original]:
    for name, text in texts.articles().items():
        known = texts.names(text)
        passages = chunks(name, text)
        for passage, encoded in zip(passages, embedder.encode_tokens([c.indexed_text for c in passages]), strict=True):
            yield Original(passage, known, encoded.vector, quantise(encoded))


def passages(originals: list[Original]) -> Iterator[tuple[Original, int, Chunk]]:
    """Without end: each original as written, then each under the names of copy 1, and so on. The one with the answer
    that cold starts wait for comes first: the smallest corpus must have it too.
    """
    ordered = sorted(originals, key=lambda one: FACT not in one.chunk.text or "Tessary" not in one.chunk.text)
    for copy in range(1_000_000):
        for one in ordered:
            yield one, copy, _copied(one, copy) if copy else one.chunk


def _copied(one: Original, copy: int) -> Chunk:
    def other(text: str) -> str:
        return texts.renamed(text, one.names, copy)

    chunk = one.chunk
    title, section, text = other(chunk.title), other(chunk.section), other(chunk.text)
    return replace(chunk, document=f"{chunk.document}-{copy}", title=title, section=section, text=text)


def _fill(settings: dict[str, str], originals: list[Original], size: int, model: str) -> float:
    """Write so many passages as ingest would; seconds."""
    started = time.perf_counter()
    read = Settings.read(settings)
    opened = open_collections(open_client(read), read.chroma_collection, model)
    wanted = list(islice(passages(originals), size))
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
    encoded = [_near(one, dice) if copy else (one.vector, one.matrix) for one, copy, _ in batch]
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


def _near(one: Original, dice: np.random.Generator) -> tuple[np.ndarray, TokenMatrix]:
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


def _in_all(originals: list[Original], size: int) -> frozenset[str]:
    """The articles that a corpus of so many passages has whole: what is asked about must be in all of them, because a
    refusal is quicker than an answer.
    """
    held = Counter(chunk.document for _, copy, chunk in islice(passages(originals), size) if not copy)
    whole = Counter(one.chunk.document for one in originals)
    return frozenset(name for name, count in held.items() if count == whole[name])


def _warm(folder: Path, places: dict[int, dict[str, str]], about: frozenset[str]) -> dict[int, dict[str, Any]]:
    """p50 and p95 with the questions' matrices cached and everything loaded, CPU a question, memory."""
    taken: dict[int, list[float]] = {size: [] for size in places}
    found: dict[int, dict[str, Any]] = {}
    with ExitStack() as stack:
        asks = {size: stack.enter_context(Function("ask", folder, settings)) for size, settings in places.items()}
        for ask in asks.values():
            asyncio.run(_ask(ask.url, about))
            settle(ask.pid, 180)
        for ask in asks.values():
            asyncio.run(_ask(ask.url, about))
        before = {size: cpu_s(ask.pid) for size, ask in asks.items()}
        for _ in range(ROUNDS):
            for size, ask in asks.items():
                taken[size] += asyncio.run(_ask(ask.url, about))
        for size, ask in asks.items():
            used = (cpu_s(ask.pid) - before[size]) * 1000 / len(taken[size])
            found[size] = {**latencies(taken[size]), "cpu_ms": round(used, 2), "pss_mb": round(pss_mb(ask.pid))}
            found[size]["p99_ms"] = round(percentile(taken[size], 0.99) * 1000, 2)
    return found


async def _ask(url: str, about: frozenset[str]) -> list[float]:
    """Seconds of each question, one in flight."""
    connection = Connection(url)
    replies = [await connection.post(body) for body in bodies(QUESTIONS, about=about)]
    connection.close()
    good(replies)
    return [reply.seconds for reply in replies]


def rows(lines: list[dict[str, Any]]) -> list[Row]:
    """Ratios against the first size."""
    first, *others = lines
    made = []
    for line in others:
        cold, p50 = BOUNDS.get(line["passages"], ((None, None), (None, None)))
        sizes = f"{first['passages']:,} → {line['passages']:,} passages"
        slower = ratio(line["cold_s"]["median"], first["cold_s"]["median"])
        told = f"{first['cold_s']['median']:.3f} and {line['cold_s']['median']:.3f} s"
        made.append(Row(f"{sizes}: cold start", slower, "×", *cold, told=told))
        told = f"{first['p50_ms']} and {line['p50_ms']} ms"
        made.append(Row(f"{sizes}: p50", ratio(line["p50_ms"], first["p50_ms"]), "×", *p50, told=told))
    return made


if __name__ == "__main__":
    main()
