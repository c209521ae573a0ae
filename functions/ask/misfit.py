"""What speaks against quotes as the answer to a question, though their words meet it.

A question about a known thing that asks for something untold is met by a sentence about that thing, which then has no
person, no sum, no number of what is counted; or by one about another thing of the same kind.
"""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from functions.ask.lexical import WORD, stem, terms
from functions.ask.quotes import Quote
from functions.ask.rerank import Ranked
from functions.ask.retrieve import Query
from functions.ask.topics import of_word

# What is taken off the strength (measured, docs/decisions.md) where a person is missing, a detail that has a form of
# its own, a number of what is counted, or a name in the quoted passage.
NOBODY, FORMLESS, UNCOUNTED, OTHER = 0.07, 0.14, 0.15, 0.1
# "Who is his manager?" is no question about a certificate called "Digital Manager".
TITLED = 0.3

_WHO = re.compile(r"\W*who\b", re.I)
_SOMEBODY = re.compile(r"[A-ZÄÖÜ][\w'’.-]* [A-ZÄÖÜ]")
# What a follow-up adds stands in brackets.
_RELATED = re.compile(
    r"\W*who (?:is|was|are|were) (?:his|her|their|your|(?:[\w'’-]+ ){0,3}[\w-]+['’]s?) (?:[^\W\d_]+ )?"
    r"(?!(?:there|now|at|in)\b)([^\W\d_]+)\W*(?:(?:there|now|at|in)\b.*|\(.*)?\Z",
    re.I,
)
# Before the word for somebody who stands in a relation to the subject, and behind it.
_WHOSE = re.compile(
    r"(?:(?i:\b(?:my|his|her|their|our)|['’]s)\s+(?:\w+\s+){0,2}|\b[Tt]he\s+"
    r"|[A-ZÄÖÜ][\w.-]+,\s+(?:[a-zäöü]\w*\s+){0,2})\Z"
)
_NAMED = re.compile(r"\s*(?::|,|\b(?:is|was|are|were|include|such as)\b)?\s*[A-ZÄÖÜ]")
_TITLE = re.compile(r"\b(?!(?:My|His|Her|Their|Our|The)\b)[A-ZÄÖÜ]\w*\s+\Z")
# Letters that words for one relation have in common: supervisor, supervised.
ALIKE = 6
# Details that are written in one way only, and how.
_FORMS = tuple(
    (re.compile(asks, re.I), re.compile(holds, re.I))
    for asks, holds in (
        (r"\b(?:tele)?phone\b|\bmobile number\b", r"\d[\d ()/.-]{6,}\d"),
        (r"\be-?mail\b", r"@|\(at\)|\be-?mail\b"),
        (
            r"\bhow old (?:is|are) (?:he|she|they)\b|\bhow old (?-i:is [A-Z])|\b(?:his|her|their) age\b",
            r"\byears? old\b|\bborn\b|\baged? \d",
        ),
        (
            r"\b(?:salary|wages?)\b|\bwhat (?:does|did|do) \w+ earn\b|\bhow much (?:does|did|do) \w+ (?:earn|make)\b",
            r"[€$£]|\b(?:eur|usd|gbp|chf|euros?|dollars?|pounds?|salary|wages?)\b",
        ),
    )
)
_COUNTED = re.compile(r"\bhow (?:many|much)\s+((?:\w+\s+){0,2}\w+)", re.I)
_NUMBER = re.compile(
    r"\d[\d.,]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh"
    r"|nine)teen|hundred|thousand|million|half|dozen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty)\b",
    re.I,
)
# Characters before and after a number in which what it counts is named.
BEFORE, AFTER = 15, 25


def misfit(query: Query, passages: Sequence[Ranked], quotes: Sequence[Quote], names: Mapping[str, str]) -> float:
    """How much to take off the strength, 0 to about 0.8. `names` are the proper names of the question, by term."""
    if not quotes:
        return 0.0
    told = " ".join(quote.text for quote in quotes)
    named = [name for name in names if name in query.terms]
    first = set(terms(passages[quotes[0].n - 1].candidate.row.chunk.indexed_text)) if named else set()
    return (
        NOBODY * (_WHO.match(query.text) is not None and _SOMEBODY.search(told) is None)
        + TITLED * _is_nobodys(query.text, quotes)
        + FORMLESS * any(asks.search(query.text) and not holds.search(told) for asks, holds in _FORMS)
        + UNCOUNTED * _uncounted(query, passages, quotes)
        + OTHER * any(name not in first for name in named)
    )


def _is_nobodys(question: str, quotes: Sequence[Quote]) -> bool:
    """Whether the relation that "who is her …" asks for is nobody's where it is told first: a job, part of a title.

    It is nobody's either where nothing tells it, unless it asks for a topic: "employer" stands beside no job.
    """
    if not (asked := _RELATED.match(question)):
        return False
    for quote in quotes:
        if found := list(re.finditer(rf"\b{re.escape(asked[1])}s?\b", quote.text, re.I)):
            return not any(_is_somebody(quote.text[: one.start()], one[0], quote.text[one.end() :]) for one in found)
    alike = re.compile(rf"\b{re.escape(asked[1][:ALIKE])}", re.I)
    return not of_word(asked[1]) and not any(alike.search(quote.text) for quote in quotes)


def _is_somebody(before: str, word: str, after: str) -> bool:
    """Whether a word stands for a person: somebody's, or one with a name, and no part of a title."""
    in_title = word.istitle() and _TITLE.search(before)
    return not in_title and bool(_WHOSE.search(before) or _NAMED.match(after))


def _uncounted(query: Query, passages: Sequence[Ranked], quotes: Sequence[Quote]) -> float:
    """How badly what "how many" counts is met beside the numbers of the quoted passages, 0 to 1."""
    asked = _COUNTED.search(query.text)
    counted = next((term for word in WORD.findall(asked[1]) if (term := stem(word))), "") if asked else ""
    tokens = [token for token, term in enumerate(query.token_terms) if term == counted]
    if not counted or not tokens:
        return 0.0
    return 1.0 - max(_beside_numbers(tokens, passages[n - 1]) for n in {quote.n for quote in quotes})


def _beside_numbers(tokens: Sequence[int], one: Ranked) -> float:
    """The best match of the tokens near a number of the passage; 0 where it has none."""
    numbers = [match.span() for match in _NUMBER.finditer(one.candidate.row.chunk.indexed_text)]
    begins, best = one.matrix.spans[:, 0], one.matches[list(tokens)].mean(axis=0)  # in the order of the text
    firsts = np.searchsorted(begins, [start - BEFORE for start, _ in numbers]).tolist()
    lasts = np.searchsorted(begins, [end + AFTER for _, end in numbers]).tolist()
    return max((float(best[a:b].max()) for a, b in zip(firsts, lasts, strict=True) if a < b), default=0.0)
