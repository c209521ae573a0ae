"""The evidence threshold, measured on the corpus itself.

How strong evidence looks depends on the corpus: a cut-off that fits encyclopaedic prose is wrong for a CV. So facts of
the corpus are asked back while the section that holds them is hidden. Such a question is of the corpus's own kind and
cannot be answered; one that another passage could answer as well is dropped. The threshold is what nineteen in twenty
of the rest stay below (docs/decisions.md shows how well that separates, and what it does not).

What is measured must be what ask does: here, and nowhere else, ingest looks into ask.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice

import numpy as np

from functions.ask.corpus import Corpus, read
from functions.ask.evidence import strength
from functions.ask.lexical import WORD, stem
from functions.ask.rerank import MatrixCache, Ranked, rerank, token_weights
from functions.ask.retrieve import Query, read_query, retrieve
from functions.shared.embed import Embedder
from functions.shared.settings import Settings
from functions.shared.store import Row, Store
from functions.shared.subject import read_subject

# Questions asked, spread over the corpus; about 10 ms each.
QUESTIONS = 250
# Words of a question, besides its heading.
WORDS = (2, 4)
# A passage that has this share of a question's terms, by weight, may answer it.
ANSWERABLE = 1 / 3
# The share of unanswerable questions that the threshold keeps out.
REFUSED = 0.95
# Fewer questions than this prove nothing.
LEAST = 20
LOWEST, HIGHEST = 0.65, 0.95


async def calibrate(settings: Settings, embedder: Embedder) -> float | None:
    """The threshold for the corpus as it stands; None for one too small to tell. Raises StoreUnreachable."""
    store = Store(settings)
    try:
        head = await store.head()
        if head is None:
            return None
        corpus = await read(store, head)
        vectors = await store.vectors(head, [row.chunk.id for row in corpus.rows])
        corpus = replace(corpus, vectors=np.stack([vectors[row.chunk.id] for row in corpus.rows]))
        cache = MatrixCache(store, embedder, settings.matrix_cache_mb)
        names = read_subject(settings.corpus_dir).names()
        strengths = [
            found
            for row, text in questions(corpus)
            if (found := await unanswered(corpus, store, cache, read_query(embedder, text, names), row, settings))
            is not None
        ]
    finally:
        await store.close()
    return threshold(strengths)


def threshold(strengths: list[float]) -> float | None:
    """What most unanswerable questions stay below, within bounds."""
    if len(strengths) < LEAST:
        return None
    return round(float(np.clip(np.quantile(strengths, REFUSED), LOWEST, HIGHEST)), 3)


def questions(corpus: Corpus) -> Iterator[tuple[Row, str]]:
    """Passages and questions about them: some of their words, now and then with the heading. Always the same ones."""
    chance = random.Random(0)  # noqa: S311
    rows = chance.sample(corpus.rows, min(QUESTIONS, len(corpus.rows)))
    for row in islice(cycle(rows), QUESTIONS):
        words = [word for word in dict.fromkeys(WORD.findall(row.chunk.text)) if stem(word)]
        if len(words) < WORDS[0]:
            continue
        asked = " ".join(chance.sample(words, min(len(words), chance.randint(*WORDS))))
        heading = row.chunk.section.rpartition(" › ")[2]
        yield row, f"What about {asked} in {heading}?" if heading and chance.random() < 0.5 else f"What about {asked}?"


async def unanswered(
    corpus: Corpus, store: Store, cache: MatrixCache, query: Query, asked: Row, settings: Settings
) -> float | None:
    """The strength of what is left as evidence without the section of `asked`; None when that could answer."""
    candidates, _ = await retrieve(corpus, store, query, settings.candidates)
    left = [one for one in candidates if _section(one.row) != _section(asked)]
    ranked = await rerank(corpus, cache, query, left)
    if not ranked or any(_share(corpus, query, one) >= ANSWERABLE for one in ranked):
        return None
    return strength(query, ranked, token_weights(corpus, query))


def _section(row: Row) -> tuple[str, str]:
    return row.chunk.document, row.chunk.section


def _share(corpus: Corpus, query: Query, one: Ranked) -> float:
    """The share of the question's terms, weighted by rarity, that a passage has."""
    held = {stem(word) for word in WORD.findall(one.candidate.row.chunk.indexed_text)}
    weights = {term: corpus.lexical.idf(term) for term in query.terms}
    return sum(weight for term, weight in weights.items() if term in held) / max(sum(weights.values()), 1e-9)
