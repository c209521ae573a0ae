"""Is there enough proof to answer, and which sentences carry it?

The same token matches that ranked the passages say how well each of their sentences meets the question.
Without enough of it the question is refused before any language model sees it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.ask.corpus import Corpus
from functions.ask.rerank import Ranked, late_interaction, token_weights
from functions.ask.retrieve import Query
from functions.shared.embed import Floats
from functions.shared.records import Passage
from functions.shared.sentences import sentences

# What the sentence score adds to late interaction (measured, docs/decisions.md).
COSINE_WEIGHT, TYPE_WEIGHT, PASSAGE_WEIGHT = 0.25, 0.1, 0.2
# A token of the heading counts for each sentence below it, but less than one of the sentence itself.
HEADING_SHARE = 0.8
# The strength of the evidence: how well the question is met on the average, and how much of it is met at all.
MEAN_SHARE, COVERED_SHARE = 0.75, 0.25
COVERED_FROM = 0.55
# A further sentence joins the best one when it is nearly as good.
CLOSE = 0.08
MAX_SENTENCES, MAX_CHARACTERS = 3, 600

# A sentence that opens like this leans on the one before it and is not quoted alone.
_LEANS = re.compile(
    r"(?:(?:before|after|since|for|besides|when|with|in) (?:that|this|it)|this|these|that|those|it|they|there|also|both"
    r"|he (?:is )?also)\b",
    re.I,
)

_NUMBER, _DATE = re.compile(r"\d"), re.compile(r"\b(?:19|20)\d\d\b")
_PLACE = re.compile(r"\b(?:in|on) [A-ZÄÖÜ]")
_TYPES = (
    (re.compile(r"\b(?:when|since when|what year|which year|how long|until when)\b", re.I), _DATE),
    (re.compile(r"\bhow (?:many|much|accurate|old|often|far)\b|\b(?:percentage|accuracy|number)\b", re.I), _NUMBER),
    (re.compile(r"\b(?:where|(?:which|what) (?:city|country|company|university))\b", re.I), _PLACE),
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of passage `n` that carries proof. `score` is comparable within one question only."""

    n: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """`strength` is within about 0..1; `quotes` are the sentences to answer with, in reading order."""

    strength: float
    passages: tuple[Passage, ...]
    quotes: tuple[Quote, ...]


def weigh(corpus: Corpus, query: Query, ranked: Sequence[Ranked], top_k: int) -> Evidence:
    """The evidence in the `top_k` best passages, numbered from 1 in their order."""
    weights = token_weights(corpus, query)
    best = ranked[:top_k]
    passages = tuple(Passage(one.candidate.row.chunk, one.score, n) for n, one in enumerate(best, 1))
    strength = max((_strength(query, one, weights) for one in best), default=0.0)
    quotes = [quote for n, one in enumerate(best, 1) for quote in _quotes(n, query, one, weights)]
    return Evidence(strength, passages, _choose(quotes))


def _strength(query: Query, one: Ranked, weights: Floats) -> float:
    """Weighted mean of the token matches, and the weight of those that clearly match."""
    if not one.matches.size:
        return 0.0
    named = np.array([bool(term) for term in query.token_terms])
    of_terms = weights[named]
    covered = one.matches.max(axis=1)[named] > COVERED_FROM
    coverage = float(of_terms[covered].sum() / of_terms.sum()) if of_terms.size else 0.0
    return MEAN_SHARE * late_interaction(one.matches, weights) + COVERED_SHARE * coverage


def _quotes(n: int, query: Query, one: Ranked, weights: Floats) -> list[Quote]:
    """Every sentence of one passage with its score; one that leans on its predecessor brings it along."""
    chunk = one.candidate.row.chunk
    offset = len(chunk.indexed_text) - len(chunk.text)
    begins = one.matrix.spans[:, 0].astype(np.int64)
    in_heading = begins < offset
    tokens = one.matrix.floats()
    quotes: list[Quote] = []
    before = None
    for start, end in sentences(chunk.text):
        inside = (begins >= start + offset) & (begins < end + offset)
        if not inside.any():
            continue  # beyond the model's window
        text = chunk.text[start:end]
        seen = np.hstack([one.matches[:, inside], HEADING_SHARE * one.matches[:, in_heading]])
        score = (
            late_interaction(seen, weights)
            + COSINE_WEIGHT * _cosine(query.encoded.vector, tokens[inside].mean(axis=0))
            + TYPE_WEIGHT * _fits_type(query.text, text)
            + PASSAGE_WEIGHT * one.score
        )
        shown = f"{before} {text}" if before and _LEANS.match(text) else text
        quotes.append(Quote(n, shown, score))
        before = text
    return quotes


def _cosine(unit: Floats, other: Floats) -> float:
    return float(unit @ other) / max(float(np.linalg.norm(other)), 1e-9)


def _fits_type(question: str, sentence: str) -> bool:
    """Whether a question for a date, a number or a place meets a sentence that holds one."""
    return any(asks.search(question) and holds.search(sentence) for asks, holds in _TYPES)


def _choose(quotes: list[Quote]) -> tuple[Quote, ...]:
    """The best sentence and those nearly as good, short enough to be read at a glance."""
    chosen: list[Quote] = []
    for quote in sorted(quotes, key=lambda quote: -quote.score):
        length = sum(len(one.text) for one in chosen) + len(quote.text)
        if chosen and (quote.score < chosen[0].score - CLOSE or length > MAX_CHARACTERS):
            break
        if not any(quote.text in one.text or one.text in quote.text for one in chosen):
            chosen.append(quote)
        if len(chosen) == MAX_SENTENCES:
            break
    return tuple(chosen)
