"""The evidence threshold, measured on the corpus itself.

How strong evidence looks depends on the corpus: a cut-off that fits encyclopaedic prose is wrong for a CV. So facts of
the corpus are asked back while the section that holds them is hidden. Such a question is of the corpus's own kind and
cannot be answered; one that another passage could answer as well is dropped. The threshold stands
where some nine in ten of the rest stay below it, drawn half-way to where the known corpora had it
(docs/decisions.md shows how well that separates, and what it does not).

What is measured must be what ask does: here, and nowhere else, ingest looks into ask.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle, islice

import numpy as np

from functions.ask.corpus import Corpus, read
from functions.ask.lexical import WORD, stem, terms
from functions.ask.rerank import MatrixCache, rerank
from functions.ask.retrieve import Query, read_queries, retrieve
from functions.ask.strength import strength
from functions.shared.embed import Embedder, is_tuned_for
from functions.shared.settings import Settings
from functions.shared.store import Row, Store
from functions.shared.subject import read_subject

# Questions asked, spread over the corpus; about 10 ms each.
QUESTIONS = 600
# Words of a question, besides its heading.
WORDS = (2, 4)
# A passage that has this share of a question's terms, by weight, may answer it.
ANSWERABLE = 1 / 3
# Standard deviations above the mean of the unanswerable questions. A quantile out there would hang on three or four
# of them: the same corpus gave between 0.80 and 0.89.
DEVIATIONS = 1.3
# What the known corpora gave: a measurement counts half beside it, for one sample is off by a few hundredths.
KNOWN = 0.78
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
        vectors = await store.vectors(head, [row.id for row in corpus.rows])
        corpus = replace(corpus, vectors=np.stack([vectors[row.id] for row in corpus.rows]))
        bench = Bench(corpus, store, MatrixCache(store, embedder, settings.matrix_cache_mb), settings.candidates)
        asked = list(questions(corpus))
        queries = read_queries(embedder, [text for _, text in asked], read_subject(settings.corpus_dir).names())
        strengths = [await bench.strength(query, row) for (row, _), query in zip(asked, queries, strict=True)]
    finally:
        await store.close()
    return threshold([one for one in strengths if one is not None], is_tuned_for(embedder.name))


def threshold(strengths: list[float], tuned: bool = True) -> float | None:
    """What most unanswerable questions stay below; None for too few of them.

    What the known corpora gave was measured with one model: with another, of another scale, only the corpus counts.
    """
    if len(strengths) < LEAST:
        return None
    found = np.mean(strengths) + DEVIATIONS * np.std(strengths)
    if not tuned:
        return round(float(found), 3)
    return round(float(np.clip((KNOWN + found) / 2, LOWEST, HIGHEST)), 3)


def questions(corpus: Corpus) -> Iterator[tuple[Row, str]]:
    """Passages and questions about them: some of their words, now and then with the heading. Always the same ones."""
    chance = random.Random(0)  # noqa: S311
    told = [row for row in corpus.rows if not row.chunk.is_contents]
    rows = chance.sample(told, min(QUESTIONS, len(told)))
    for row in islice(cycle(rows), QUESTIONS):
        words = [word for word in dict.fromkeys(WORD.findall(row.chunk.text)) if stem(word)]
        if len(words) < WORDS[0]:
            continue
        asked = " ".join(chance.sample(words, min(len(words), chance.randint(*WORDS))))
        heading = row.chunk.section.rpartition(" › ")[2]
        yield row, f"What about {asked} in {heading}?" if heading and chance.random() < 0.5 else f"What about {asked}?"


@dataclass
class Bench:
    """What ask would make of a question, had the corpus one section less."""

    corpus: Corpus
    store: Store
    cache: MatrixCache
    candidates: int
    _terms: dict[str, frozenset[str]] = field(default_factory=dict)

    async def strength(self, query: Query, asked: Row) -> float | None:
        """The strength of the evidence without the section of `asked`; None when what is left could answer."""
        found, _ = await retrieve(self.corpus, self.store, query, self.candidates)
        left = [one for one in found if _section(one.row) != _section(asked)]
        if not left or any(self._share(query, one.row) >= ANSWERABLE for one in left):
            return None
        ranked = await rerank(self.corpus, self.cache, query, left)
        return strength(self.corpus, query, ranked)

    def _share(self, query: Query, row: Row) -> float:
        """The share of the question's terms, weighted by rarity, that a passage has."""
        if row.chunk.id not in self._terms:
            self._terms[row.chunk.id] = frozenset(terms(row.chunk.indexed_text))
        weights = {term: self.corpus.lexical.idf(term) for term in query.terms}
        held = sum(weight for term, weight in weights.items() if term in self._terms[row.chunk.id])
        return held / max(sum(weights.values()), 1e-9)


def _section(row: Row) -> tuple[str, str]:
    return row.chunk.document, row.chunk.section
