"""Is there enough proof to answer, and which sentences carry it?

The same token matches that ranked the passages say how well each of their sentences meets the question.
Without enough of it the question is refused before any language model sees it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from functions.ask.corpus import Corpus
from functions.ask.durations import ASKS, duration
from functions.ask.rerank import Ranked, late_interaction, token_weights
from functions.ask.retrieve import Query
from functions.shared.embed import Floats
from functions.shared.records import Passage
from functions.shared.sentences import sentences

# What the sentence score adds to late interaction (measured, docs/decisions.md).
COSINE_WEIGHT, TYPE_WEIGHT, PASSAGE_WEIGHT = 0.25, 0.1, 0.2
# A token of the heading counts for each sentence below it, but less than one of the sentence itself.
HEADING_SHARE = 0.8
# What the strength of the evidence adds to the mean match: the weakest term, the number of terms, and by how many
# standard deviations the best passage stands out among the candidates (measured, docs/decisions.md).
WEAKEST_WEIGHT, TERM_WEIGHT, STANDOUT_WEIGHT = 0.3, 0.02, 0.02
MOST_TERMS = 8
# A further sentence joins the best one when it is nearly as good.
CLOSE = 0.08
MAX_SENTENCES, MAX_CHARACTERS = 3, 600

# A sentence that opens like this leans on the one before it and is not quoted alone.
_LEANS = re.compile(
    r"(?:(?:before|after|since|for|besides|when|with|in) (?:that|this|it)|this|these|that|those|it|they|there|also|both"
    r"|he (?:is )?also)\b",
    re.I,
)

# What ingest puts in the place of personal data (functions/ingest/personal.py).
REDACTED = re.compile(r"\[[a-z -]{3,25} removed\]")

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
    """`strength` is about 0..1.5; `quotes` are the sentences to answer with, best first."""

    strength: float
    passages: tuple[Passage, ...]
    quotes: tuple[Quote, ...]


def weigh(corpus: Corpus, query: Query, ranked: Sequence[Ranked], top_k: int) -> Evidence:
    """The evidence in the `top_k` best passages, numbered from 1 in their order."""
    weights = token_weights(corpus, query)
    best = ranked[:top_k]
    passages = tuple(
        Passage(one.candidate.row.chunk, one.score, n, _computed(query.text, one)) for n, one in enumerate(best, 1)
    )
    strength = _strength(query, ranked, weights)
    quotes = [quote for n, one in enumerate(best, 1) for quote in _quotes(n, query, one, weights)]
    return Evidence(strength, passages, _choose(quotes))


def _strength(query: Query, ranked: Sequence[Ranked], weights: Floats) -> float:
    """How well the best passage meets the question as a whole, and the term of it that is met worst.

    A question about a known thing that asks for something unknown is met well on the average, and by no passage in
    one of its terms.
    """
    if not ranked:
        return 0.0
    means = np.array([late_interaction(one.matches, weights) for one in ranked], np.float32)
    best = int(means.argmax())
    spread = float(means.std())
    standout = float(means[best] - means.mean()) / spread if spread > 1e-6 else 0.0
    terms = set(query.terms)
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


def _quotes(n: int, query: Query, one: Ranked, weights: Floats) -> list[Quote]:
    """Every sentence of one passage with its score; one that leans on its predecessor brings it along."""
    chunk = one.candidate.row.chunk
    offset = len(chunk.indexed_text) - len(chunk.text)
    begins = one.matrix.spans[:, 0].astype(np.int64)
    in_heading = begins < offset
    tokens = one.matrix.floats()
    asks_how_long = ASKS.search(query.text) is not None
    quotes: list[Quote] = []
    before = None
    for start, end in sentences(chunk.text):
        inside = (begins >= start + offset) & (begins < end + offset)
        if not inside.any():
            continue  # beyond the model's window
        text = chunk.text[start:end]
        if REDACTED.search(text):
            continue  # it says that something is missing, which is no answer
        seen = np.hstack([one.matches[:, inside], HEADING_SHARE * one.matches[:, in_heading]])
        score = (
            late_interaction(seen, weights)
            + COSINE_WEIGHT * _cosine(query.encoded.vector, tokens[inside].mean(axis=0))
            + TYPE_WEIGHT * _fits_type(query.text, text)
            + PASSAGE_WEIGHT * one.score
        )
        shown = f"{before} {text}" if before and _LEANS.match(text) else text
        if asks_how_long and (length := duration(text, date.today())):
            shown = f"{shown.rstrip('.')} ({length})."
        quotes.append(Quote(n, shown, score))
        before = text
    return quotes


def _computed(question: str, one: Ranked) -> str:
    """The lengths of the spans a passage names, for a question that asks how long."""
    if not ASKS.search(question):
        return ""
    text = one.candidate.row.chunk.text
    lengths = (duration(text[start:end], date.today()) for start, end in sentences(text))
    return "; ".join(length for length in lengths if length)


def _cosine(unit: Floats, other: Floats) -> float:
    return float(unit @ other) / max(float(np.linalg.norm(other)), 1e-9)


def _fits_type(question: str, sentence: str) -> bool:
    """Whether a question for a date, a number or a place meets a sentence that holds one."""
    return any(asks.search(question) and holds.search(sentence) for asks, holds in _TYPES)


def _choose(quotes: list[Quote]) -> tuple[Quote, ...]:
    """The best sentence and those nearly as good, short enough to be read at a glance."""
    chosen: list[Quote] = []
    for quote in sorted(quotes, key=lambda quote: -quote.score):
        if chosen and quote.score < chosen[0].score - CLOSE:
            break
        if any(quote.text in one.text for one in chosen):
            continue
        others = [one for one in chosen if one.text not in quote.text]  # what the new one includes goes
        if chosen and sum(len(one.text) for one in others) + len(quote.text) > MAX_CHARACTERS:
            break
        chosen = [*others, quote]
        if len(chosen) == MAX_SENTENCES:
            break
    return tuple(sorted(chosen, key=lambda quote: -quote.score))
