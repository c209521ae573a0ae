"""Which sentences to quote: the best of each passage, whole, readable by themselves, at most 600 characters."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from functions.ask.durations import ASKS, duration
from functions.ask.lexical import terms
from functions.ask.rerank import Ranked
from functions.ask.retrieve import Query
from functions.ask.topics import of_heading
from functions.shared.embed import Floats
from functions.shared.matrix import TokenMatrix
from functions.shared.sentences import REDACTED, sentences

# What the sentence score adds to late interaction (docs/decisions.md, Retrieval).
COSINE_WEIGHT, TYPE_WEIGHT, PASSAGE_WEIGHT = 0.25, 0.1, 0.2
# A token of the heading counts for each sentence below it, but less than one of the sentence itself.
HEADING_SHARE = 0.8
# A further sentence joins the best one when it is nearly as good.
CLOSE = 0.2
# The next sentence of the same passage often completes the answer.
NEXT_BONUS = 0.2
# What the conversation has heard already comes after what is new, unless it holds the kind of thing asked for.
SAID_COST = 0.2
# A line below a heading that names what is asked for ("Languages") answers without a word of the question.
LISTED_BONUS = 0.15
MAX_SENTENCES, MAX_CHARACTERS = 3, 600
# Lines of one list count as one sentence; with more of them than sentences the answer has at most so many characters.
MAX_LINES = 400
# Lines of a list come in their order, if one is about as good as the other: a CV begins with what is newest.
LATER_COST, MOST_LATER = 0.01, 3
# What an answer has beside a quote: blank, number and full stop; and once what introduces it in another language.
MARKER, PREFACE = 6, 42
# A list is quoted with the line that introduces it, up to this length.
MAX_LIST = 450

# A sentence that opens like this leans on the one before it and is not quoted alone.
_LEANS = re.compile(
    r"(?:(?:before|after|since|for|besides|when|with|in) (?:that|this|it)|this|these|that|those|it|they|there|also|both"
    r"|he (?:is )?also|she (?:is )?also)\b",
    re.I,
)
_ENDS = (".", "!", "?", "…", ".”", '."')
_ITEM = re.compile(r"[-–•*] +")

# Questions that ask for a kind of thing, and how a sentence shows that it holds one.
_TYPES = tuple(
    (re.compile(rf"\b(?:{asks})\b", re.I), re.compile(holds))
    for asks, holds in (
        (r"when|since when|(?:what|which) year|how long|until when", r"\b(?:19|20)\d\d\b"),
        (r"how (?:many|much|accurate|old|often|far)|percentage|accuracy|number", r"\d"),
        (r"how (?:good|well|fluent(?:ly)?)", r"\b[ABC][12]\b|(?i:\b(?:native|fluent\w*|advanced|basic|beginner)\b)"),
        (r"where|(?:which|what) (?:city|country|company|university)", r"\b(?:in|on) [A-ZÄÖÜ]"),
        (
            r"current(?:ly)?|now|nowadays|today|these days|at present",
            r"(?i)\b(?:present|since|currently|today|now|heute)\b",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of passage `n` that carries proof. `score` is comparable within one question only."""

    n: int
    text: str
    score: float
    at: int = 0  # which sentence of the passage
    of: str = ""  # what a line that is no sentence is listed in: the outermost heading above it


def quotes(query: Query, passages: Sequence[Ranked], weights: Floats) -> tuple[Quote, ...]:
    """The sentences to answer with, best first; `passages` are numbered from 1 in their order."""
    return _choose([quote for n, one in enumerate(passages, 1) for quote in _of_passage(n, query, one, weights)])


def _of_passage(n: int, query: Query, one: Ranked, weights: Floats) -> list[Quote]:
    """Every sentence of one passage with its score."""
    chunk = one.candidate.row.chunk
    offset = len(chunk.indexed_text) - len(chunk.text)
    begins = one.matrix.spans[:, 0]  # in the order of the text
    spans = _spans(chunk.text)
    texts = [chunk.text[start:end] for start, end in spans]
    lasts, firsts = (np.searchsorted(begins, [span[edge] + offset for span in spans]) for edge in (1, 0))
    of_heading = HEADING_SHARE * one.matches[:, : np.searchsorted(begins, offset)].max(axis=1, initial=-1.0)
    found: list[Quote] = []
    named, listed = _announced(query, chunk.section), chunk.section.partition(" › ")[0] or str(n)
    for number, (first, last) in enumerate(zip(firsts.tolist(), lasts.tolist(), strict=True)):
        shown = _shown(texts, number, query.text)
        # No token: beyond the model's window. A redaction says that something is missing, which is no answer.
        if first == last or REDACTED.search(shown):
            continue
        best = np.maximum(one.matches[:, first:last].max(axis=1), of_heading)
        fits, is_line = _fits_type(query.text, texts[number]), _is_line(texts[number])
        score = (
            float(weights @ best)
            + COSINE_WEIGHT * _cosine(query.encoded.vector, one.matrix, first, last)
            + TYPE_WEIGHT * fits
            + TYPE_WEIGHT * _names_span(query.text, texts[number])
            + PASSAGE_WEIGHT * one.score
            + LISTED_BONUS * (named and is_line)
            - SAID_COST * (not fits and texts[number].rstrip(".") in query.said)
            - LATER_COST * min(number, MOST_LATER) * is_line
        )
        found.append(Quote(n, shown, score, number, listed if is_line else ""))
    return found


@lru_cache(maxsize=4096)
def _spans(text: str) -> tuple[tuple[int, int], ...]:
    """The sentences of a passage; the next questions find it too."""
    return tuple(sentences(text))


def _shown(texts: Sequence[str], number: int, question: str) -> str:
    """A sentence as it is quoted: with the one it leans on, with the list it introduces, with the span it names."""
    text = _ITEM.sub("", texts[number], count=1) if _ITEM.match(texts[number]) else texts[number]
    if number and _LEANS.match(text) and not _ITEM.match(texts[number]):
        text = f"{texts[number - 1]} {text}"
    if ASKS.search(question) and (length := duration(text, date.today())):
        text = f"{text.rstrip('.')} ({length})."
    if not _ITEM.match(texts[number]) and (items := _items(texts[number + 1 :], MAX_LIST - len(text) - 3)):
        text = f"{text.rstrip('.:')}: {'; '.join(items)}."
    if len(text) > MAX_CHARACTERS:
        text = f"{text[: MAX_CHARACTERS - 1].rpartition(' ')[0]}…"
    return text


def _items(following: Sequence[str], room: int) -> list[str]:
    """The list items that follow at once, as many as there is room for."""
    items: list[str] = []
    for text in following:
        room -= len(text)  # "- " is as long as the "; " in its place
        if not _ITEM.match(text) or room < 0:
            break
        items.append(_ITEM.sub("", text, count=1).rstrip(".;"))
    return items


def _announced(query: Query, section: str) -> bool:
    """Whether the headings above a passage name what is asked for; in a conversation about it they all do."""
    if query.said:
        return False
    topics = of_heading(section)
    return any(its & topics for its in query.token_topics) or not set(query.terms).isdisjoint(terms(section))


def _is_line(text: str) -> bool:
    return _ITEM.match(text) is not None or not text.endswith(_ENDS)


def _cosine(unit: Floats, matrix: TokenMatrix, first: int, last: int) -> float:
    """Of the question with the sum of a sentence's tokens."""
    summed = matrix.scales[first:last].astype(np.float32) @ matrix.values[first:last].astype(np.float32)
    return float(unit @ summed) / max(float(np.sqrt(summed @ summed)), 1e-9)


def _names_span(question: str, sentence: str) -> bool:
    """Whether a question for a length meets a sentence whose span can be counted."""
    return ASKS.search(question) is not None and duration(sentence, date.today()) != ""


def _fits_type(question: str, sentence: str) -> int:
    """How many of the date, number, place and present that a question asks for a sentence holds."""
    return sum(bool(holds.search(sentence)) for holds in _asked_for(question))


@lru_cache(maxsize=64)
def _asked_for(question: str) -> tuple[re.Pattern[str], ...]:
    """How a sentence shows that it holds what the question asks for."""
    return tuple(holds for asks, holds in _TYPES if asks.search(question))


def _choose(quotes: list[Quote]) -> tuple[Quote, ...]:
    """The best sentence, those nearly as good, and what continues them, short enough to be read at a glance."""
    chosen: list[Quote] = []
    left = list(quotes)

    def rated(quote: Quote) -> float:
        return quote.score + NEXT_BONUS * any(_continues(quote, one) for one in chosen)

    while left:
        quote = max(left, key=rated)
        if chosen and rated(quote) < chosen[0].score - CLOSE:
            break
        left.remove(quote)
        if any(quote.text.rstrip(".;") in one.text for one in chosen):
            continue
        others = [one for one in chosen if one.text.rstrip(".;") not in quote.text]  # what the new one includes goes
        if others and not _fit([*others, quote]):
            continue
        chosen = [*others, quote]
    return tuple(chosen)


def _fit(quotes: Sequence[Quote]) -> bool:
    """Whether an answer may have all of them."""
    told = {quote.of or (quote.n, quote.at) for quote in quotes}
    length = PREFACE + sum(len(quote.text) + MARKER for quote in quotes)
    return len(told) <= MAX_SENTENCES and length <= (MAX_CHARACTERS if len(quotes) <= MAX_SENTENCES else MAX_LINES)


def _continues(quote: Quote, other: Quote) -> bool:
    """Whether `quote` is the sentence after `other`."""
    return quote.n == other.n and quote.at == other.at + 1
