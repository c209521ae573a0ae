"""The corpora that growth is measured on, as ask reads them."""

import asyncio
from collections import Counter
from itertools import islice

import numpy as np
import pytest

from bench import corpora, growth
from functions.ask.corpus import read
from functions.shared.embed import Embedder
from functions.shared.settings import Settings
from functions.shared.store import Store


@pytest.fixture(scope="module")
def originals(embedder: Embedder) -> list[corpora.Original]:
    return list(corpora.originals(embedder))


def test_passages_are_those_of_the_articles_and_then_of_copies(originals: list[corpora.Original]) -> None:
    found = list(islice(corpora.passages(originals), 2 * len(originals) + 1))
    assert Counter(copy for _, copy, _ in found) == {0: len(originals), 1: len(originals), 2: 1}
    assert len({(chunk.document, chunk.indexed_text) for _, _, chunk in found}) > 0.99 * len(found)
    assert corpora.FACT in found[0][2].text
    for original, _, chunk in found:
        assert len(chunk.indexed_text) == len(original.chunk.indexed_text)


def test_only_what_the_smallest_corpus_has_whole_is_asked_about(originals: list[corpora.Original]) -> None:
    whole = Counter(one.chunk.document for one in originals)
    about = growth._in_all(originals, 100)
    assert 2 <= len(about) < len(whole)
    assert sum(whole[name] for name in about) <= 100
    assert growth._in_all(originals, 10_000) == whole.keys()


def test_a_copy_is_near_its_original_and_as_long(originals: list[corpora.Original]) -> None:
    one = originals[5]
    vector, matrix = corpora.near(one, np.random.default_rng(1))
    assert float(vector @ vector) == pytest.approx(1.0, abs=1e-5)
    assert float(vector @ one.vector) == pytest.approx(1 / (1 + corpora.NOISE**2) ** 0.5, abs=0.03)
    assert np.array_equal(matrix.spans, one.matrix.spans)
    again, _ = corpora.near(one, np.random.default_rng(1))
    assert np.array_equal(vector, again)


def test_ask_reads_what_was_written_as_its_own(
    settings: Settings, embedder: Embedder, originals: list[corpora.Original]
) -> None:
    place = {"CHROMA_URL": settings.chroma_url, "CHROMA_COLLECTION": settings.chroma_collection}
    count = len(originals) + 10
    corpora.fill(place, originals, count, embedder.name)

    async def seen():
        store = Store(settings)
        head = await store.head()
        corpus = await read(store, head)
        hashes = [row.hash for row in corpus.rows]
        matrices = await store.matrices(hashes[:50])
        vectors = await store.vectors(head, [row.id for row in corpus.rows])
        await store.close()
        return corpus, matrices, vectors

    corpus, matrices, vectors = asyncio.run(seen())
    assert len(corpus.rows) == len(vectors) == count
    assert all(row.hash == row.chunk.content_hash(embedder.name) for row in corpus.rows)
    for row in corpus.rows[:50]:
        assert int(matrices[row.hash].spans.max()) <= len(row.chunk.indexed_text)
