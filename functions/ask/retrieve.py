"""Question → candidate passages: dense and lexical scores, min-max normalised, fused.

A convex combination of normalised scores beats rank fusion (Bruch, Gai and Ingber, 2023); what each view
adds stands in docs/decisions.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.ask.corpus import Corpus
from functions.ask.lexical import WORD, composed, stem
from functions.ask.topics import of_word, present_work
from functions.shared.embed import Embedder, Encoded, Floats
from functions.shared.problem import StoreUnreachable
from functions.shared.store import Row, Store

DENSE_WEIGHT = 0.6
# A follow-up asks for its own words, about what was named before.
CARRIED_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Query:
    """A question after the model: its vectors, its terms, and what each of its tokens weighs."""

    text: str
    encoded: Encoded
    terms: tuple[str, ...]
    token_terms: tuple[str, ...]  # the term each token belongs to, empty for a stop word or a sign
    token_topics: tuple[frozenset[str], ...]  # what that word may ask for (functions/ask/topics.py)
    carried: frozenset[str] = frozenset()  # terms from an earlier question; they weigh less
    said: str = ""  # the answers before, which need not be given again
    present_work: bool = False  # it asks for today's job and nothing else
    lists: bool = False  # it asks for all jobs or projects

    def share(self, term: str) -> float:
        """How much a term counts beside one of the question's own."""
        return CARRIED_SHARE if term in self.carried else 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer. All scores are within 0..1 for the candidates of one question."""

    row: Row
    cosine: float
    fused: float


def read_query(embedder: Embedder, text: str, names: frozenset[str] = frozenset()) -> Query:
    """Encode a question. Blocking: 2–5 ms.

    `names` are the words for the subject itself: every passage is about that person, so they tell none apart.
    """
    return read_queries(embedder, [text], names)[0]


def read_queries(embedder: Embedder, texts: Sequence[str], names: frozenset[str] = frozenset()) -> list[Query]:
    """Encode many questions at once."""
    texts = [composed(text) for text in texts]
    encoded = embedder.encode_tokens(texts, questions=True)
    return [_query(text, one, names) for text, one in zip(texts, encoded, strict=True)]


def _query(text: str, encoded: Encoded, names: frozenset[str]) -> Query:
    words = [(match.start(), match.end(), match.group()) for match in WORD.finditer(text)]
    of_token = [
        next((word for start, end, word in words if start < last and first < end), "")
        for first, last in encoded.spans.tolist()
    ]
    found = {word: "" if word.lower() in names else stem(word) for _, _, word in words} | {"": ""}
    return Query(
        text,
        encoded,
        tuple(term for _, _, word in words if (term := found[word])),
        tuple(found[word] for word in of_token),
        tuple(of_word(word) for word in of_token),
        present_work=present_work([word for _, _, word in words], [word for _, _, word in words if found[word]]),
    )


async def retrieve(
    corpus: Corpus, store: Store, query: Query, count: int, also: Sequence[int] = ()
) -> tuple[list[Candidate], bool]:
    """The `count` best passages of a corpus that is not empty, best first, and whether both views took part.

    `also` are numbers of passages that are candidates in any case, beyond the `count`. Without local vectors and
    without Chroma the lexical view stands alone.
    """
    also = [*also, *corpus.present_work] if query.present_work else also
    lexical = corpus.lexical.scores(query.terms, query.share)
    try:
        cosines, whole = await _cosines(corpus, store, query.encoded.vector, count), True
    except StoreUnreachable:
        cosines, whole = np.full(len(corpus.rows), np.nan, np.float32), False
    # Where Chroma did the dense search, a purely lexical hit has no cosine: it is at most the worst dense one.
    unknown = np.isnan(cosines)
    cosines[unknown] = np.min(cosines, where=~unknown, initial=1.0) if not unknown.all() else 0.0
    wanted = np.zeros(len(cosines), bool)
    wanted[_best(np.where(unknown, -1.0, cosines), count)] = wanted[_best(lexical, count)] = wanted[list(also)] = True
    if not query.lists and len(corpus.contents) < len(corpus.rows):
        wanted[list(corpus.contents)] = False
    pool = np.flatnonzero(wanted)
    dense = cosines[pool]
    fused = DENSE_WEIGHT * _min_max(dense) + (1 - DENSE_WEIGHT) * _min_max(lexical[pool])
    order = np.argsort(-fused, kind="stable")
    order = np.concatenate([order[:count], [i for i in order[count:] if pool[i] in also]]).astype(np.intp)
    chosen = zip(pool[order].tolist(), dense[order].tolist(), fused[order].tolist(), strict=True)
    return [Candidate(corpus.rows[number], cosine, score) for number, cosine, score in chosen], whole


async def _cosines(corpus: Corpus, store: Store, vector: Floats, count: int) -> Floats:
    """Cosine similarity (n,) of every passage, NaN where only Chroma knows it and did not say."""
    if corpus.vectors is not None:
        return np.asarray(corpus.vectors @ vector, np.float32)
    cosines = np.full(len(corpus.rows), np.nan, np.float32)
    for number, similarity in await _nearest(corpus, store, vector, count):
        cosines[number] = similarity
    return cosines


async def _nearest(corpus: Corpus, store: Store, vector: Floats, count: int) -> list[tuple[int, float]]:
    """(number, cosine similarity) of the nearest passages, as Chroma knows them."""
    hits = await store.nearest_ids(corpus.head, vector, count)
    numbers = [corpus.number_of.get(key) for key, _ in hits]
    if all(n is not None and _names_generation(key, corpus.rows[n]) for n, (key, _) in zip(numbers, hits, strict=True)):
        return [(n, similarity) for n, (_, similarity) in zip(numbers, hits, strict=True) if n is not None]
    # Some are retired, or newer: their metadata tells. A hit of a newer generation belongs to a corpus this answer
    # does not see.
    told = await store.nearest(corpus.head, vector, count)
    known = ((corpus.number_of.get(key), generation, similarity) for key, generation, similarity in told)
    return [
        (n, similarity)
        for n, generation, similarity in known
        if n is not None and corpus.rows[n].generation == generation
    ]


def _names_generation(key: str, row: Row) -> bool:
    """Whether a row's id says which generation it is; older ones do not."""
    return key.endswith(f"@{row.generation}")


def _best(scores: Floats, count: int) -> npt.NDArray[np.intp]:
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.argpartition(-scores, count)[:count]


def _min_max(scores: Floats) -> Floats:
    low, high = float(scores.min()), float(scores.max())
    return np.zeros_like(scores) if high - low < 1e-9 else (scores - low) / (high - low)
