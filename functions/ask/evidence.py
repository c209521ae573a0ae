"""Is there enough proof to answer, and which sentences carry it?

The same token matches that ranked the passages say how well the best of them meets the question. Without enough of
it the question is refused before any language model sees it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from functions.ask.corpus import Corpus
from functions.ask.durations import ASKS, duration
from functions.ask.quotes import Quote, quotes
from functions.ask.rerank import Ranked, token_weights
from functions.ask.retrieve import Query
from functions.shared.embed import Floats
from functions.shared.records import Passage
from functions.shared.sentences import sentences

if TYPE_CHECKING:
    from functions.ask.support import Support

# What the strength of the evidence adds to the mean match: the weakest term, the number of terms, and by how many
# standard deviations the best passage stands out among the candidates (measured, docs/decisions.md).
WEAKEST_WEIGHT, TERM_WEIGHT, STANDOUT_WEIGHT = 0.3, 0.02, 0.02
MOST_TERMS = 8
# Before the corpus was measured (functions/ingest/calibrate.py): on the safe side of what the known ones gave.
DEFAULT_THRESHOLD = 0.8


@dataclass(frozen=True, slots=True)
class Evidence:
    """`strength` is about 0..1.5; `quotes` are the sentences to answer with, best first."""

    strength: float
    passages: tuple[Passage, ...]
    quotes: tuple[Quote, ...]
    # What a model's citations are checked against; without it, the words of the passages alone.
    support: "Support | None" = field(default=None, compare=False)


def weigh(corpus: Corpus, query: Query, ranked: Sequence[Ranked], top_k: int) -> Evidence:
    """The evidence in the `top_k` best passages, numbered from 1 in their order."""
    weights = token_weights(corpus, query)
    best = ranked[:top_k]
    passages = tuple(
        Passage(one.candidate.row.chunk, one.score, n, _computed(query.text, one)) for n, one in enumerate(best, 1)
    )
    return Evidence(strength(query, ranked), passages, quotes(query, best, weights))


def enough(evidence: Evidence, corpus: Corpus, setting: float) -> bool:
    """Whether to answer: the owner's own threshold comes first, then the corpus's, then the default."""
    threshold = setting or corpus.threshold or DEFAULT_THRESHOLD
    return bool(evidence.quotes) and evidence.strength >= threshold


def strength(query: Query, ranked: Sequence[Ranked]) -> float:
    """How well the best passage meets the question as a whole, and the term of it that is met worst.

    A question about a known thing that asks for something unknown is met well on the average, and by no passage in
    one of its terms.
    """
    if not ranked:
        return 0.0
    means = np.array([one.interaction for one in ranked], np.float32)
    best = int(means.argmax())
    spread = float(means.std())
    standout = float(means[best] - means.mean()) / spread if spread > 1e-6 else 0.0
    terms = set(query.terms) - query.carried or set(query.terms)
    weakest = min((_met(query, term, ranked[best].matches) for term in terms), default=float(means[best]))
    return (
        float(means[best])
        + WEAKEST_WEIGHT * weakest
        + TERM_WEIGHT * min(len(terms), MOST_TERMS)
        + STANDOUT_WEIGHT * standout
    )


def _met(query: Query, term: str, matches: Floats) -> float:
    """The mean of the best matches of a term's tokens."""
    of_term = [token for token, its in enumerate(query.token_terms) if its == term]
    return float(matches[of_term].max(axis=1).mean()) if of_term and matches.size else 0.0


def _computed(question: str, one: Ranked) -> str:
    """The lengths of the spans a passage names, for a question that asks how long."""
    if not ASKS.search(question):
        return ""
    text = one.candidate.row.chunk.text
    lengths = (duration(text[start:end], date.today()) for start, end in sentences(text))
    return "; ".join(length for length in lengths if length)
