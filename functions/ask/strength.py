"""How strong the evidence for an answer is, as one number.

A question about a known thing that asks for something unknown is met well on the average: the name of the thing is rare
and found. So what counts beside the average is what the question asks *about* that name, whether the corpus knows the
names at all, and whether the sentence to be quoted holds a number or a date where one is asked for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from functions.ask.corpus import Corpus
from functions.ask.lexical import WORD, stem
from functions.ask.misfit import misfit
from functions.ask.quotes import Quote
from functions.ask.rerank import Ranked, token_weights
from functions.ask.retrieve import Query
from functions.shared.embed import Floats

# What the summands weigh (measured, docs/decisions.md): the mean match of all tokens; the term that is met worst; the
# mean match of what is asked; each asked term that is met; each term; by how many standard deviations the passage
# stands out.
MEAN, WEAKEST, ASKED, MET, TERM, STANDOUT = 0.56, 0.175, 0.28, 0.05, 0.028, 0.035
# What is taken off: for how much better other passages meet what is asked, for a name that no passage has, for an
# answer that lacks the number or the date asked for.
ELSEWHERE, UNKNOWN, MISSING = 0.14, 0.25, 0.14
# What a follow-up leaves unsaid was asked, and met, before: each carried term stands in for one of its own.
CARRIED, MOST_CARRIED = TERM + MET, 2
# A term counts as met from this cosine on; so many met terms, and so many terms, are enough.
MEETS, MOST_MET, MOST_TERMS = 0.4, 5, 8
LIGHT = 0.6
# What asks for nothing but a name is met as well as a middling question.
NOTHING_ASKED = 0.75

# Words that shape a question and say nothing of what it is about.
_LIGHT = frozenset(
    stem(word)
    for word in """many much long far often large big good well kind sort type name title called make made help want
    need hold held take took happen bring brought put run ran become became mean meant show shown go
    went gone come came say said look find keep kept turn start started began begin join joined tell
    told experience experienced familiar comfortable proficient skilled skill knowledge hands
    expertise handle able attend attended finish finished complete completed current right first
    last new way part thing people person time year own back""".split()
) - {""}  # the stop words among them
_ENDS = ".!?:…"

# Questions for a number or a date, and what is one. A year, a date or a name with digits is no number.
_ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|large|big|tall|deep|far|high|wide|heavy|fast|hot|cold|accurate)\b"
    r"|\b(?:percent(?:age)?|proportion|costs?|price|salary|revenue|score|grade|speed|temperature|number of)\b",
    re.I,
)
_NO_NUMBER = re.compile(r"\b\d{1,2}[/.]\d{4}\b|\b(?:1\d|20)\d\d\b|\b[^\W\d_][\w-]*\d\w*")
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven"
    r"|eigh|nine)ty(?:-\w+)?|hundreds?|thousands?|millions?|half|third|quarter|once|twice|no|none|dozens?|double\w*|all"
    r"|both|every)\b",
    re.I,
)
_ASKS_DATE = re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|month|day)\b|\bbirthday\b|\bdate of\b", re.I)
_DATE = re.compile(
    r"\b\d{4}\b|\b\d+ (?:BC|AD)\b|\b(?:years?|months?|weeks?|days?|century|today|now|present)\b"
    r"|\b(?:spring|summer|autumn|winter)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks, apart from the names of what it asks about."""

    terms: tuple[str, ...]
    unknown: bool  # it names something that no passage has


def strength(corpus: Corpus, query: Query, ranked: Sequence[Ranked], quotes: Sequence[Quote] = ()) -> float:
    """The strength of the evidence in the best of the ranked passages and in what is quoted, about 0..1.5."""
    if not ranked:
        return 0.0
    weights = _without_light(token_weights(corpus, query), query)
    best_of = np.stack([one.best for one in ranked])  # (passages, question tokens)
    means = best_of @ weights
    best = int(means.argmax())
    matches = _by_term(query, best_of)
    asked = asked_for(corpus, query, tuple(matches))
    return (
        MEAN * float(means[best])
        + WEAKEST * _weakest(matches, best, float(means[best]))
        + TERM * min(len(matches), MOST_TERMS)
        + CARRIED * min(len(query.carried), MOST_CARRIED)
        + STANDOUT * _standout(means, best)
        + _of_what_is_asked(corpus, asked.terms, matches, best)
        - UNKNOWN * asked.unknown
        - MISSING * (bool(quotes) and lacks(query.text, quotes[0].text))
        - misfit(query, ranked, quotes, _names(query.text))
    )


def _without_light(weights: Floats, query: Query) -> Floats:
    """The weights, with less on the words that any question has; they need not be met."""
    lighter = weights * np.array([LIGHT if term in _LIGHT else 1.0 for term in query.token_terms], np.float32)
    return lighter / lighter.sum() if lighter.any() else weights


def _weakest(matches: dict[str, Floats], best: int, otherwise: float) -> float:
    """The match of the term that the best passage meets worst, of those that not any question has."""
    met = {term: float(one[best]) for term, one in matches.items()}
    heavy = [one for term, one in met.items() if term not in _LIGHT]
    return min(heavy or met.values(), default=otherwise)


def _by_term(query: Query, best_of: Floats) -> dict[str, Floats]:
    """The match of each of the question's own terms in every passage; not of those beyond the model's window."""
    own = [term for term in query.terms if term not in query.carried] or query.terms
    seen = [term for term in dict.fromkeys(own) if term in query.token_terms]
    return {term: best_of[:, [its == term for its in query.token_terms]].mean(axis=1) for term in seen}


def _standout(means: Floats, best: int) -> float:
    """By how many standard deviations the best passage stands out."""
    spread = float(means.std())
    return float(means[best] - means.mean()) / spread if spread > 1e-6 else 0.0


def _of_what_is_asked(corpus: Corpus, terms: Sequence[str], matches: dict[str, Floats], best: int) -> float:
    """How well the best passage meets the terms that are asked for, and how much better others do."""
    if not terms:
        return ASKED * NOTHING_ASKED
    met = [float(matches[term][best]) for term in terms]
    better = [float(matches[term].max()) - one for term, one in zip(terms, met, strict=True)]
    rarity = [corpus.lexical.idf(term) ** 0.5 for term in terms]
    return (
        ASKED * float(np.average(met, weights=rarity))
        + MET * min(sum(one >= MEETS for one in met), MOST_MET)
        - ELSEWHERE * sum(better) / len(better)
    )


def asked_for(corpus: Corpus, query: Query, terms: Sequence[str]) -> Asked:
    """Which of the terms are asked for: neither names, nor numbers, nor words that any question has."""
    names = _names(query.text)
    plain = tuple(term for term in terms if term not in names and not term.isdigit())
    asked = tuple(term for term in plain if term not in _LIGHT)
    nameless = len(plain) == len(terms)
    unknown = any(term in names and not corpus.lexical.has(names[term]) for term in terms)
    return Asked(asked or (plain if nameless else ()), unknown)


def lacks(question: str, answer: str) -> bool:
    """Whether the question asks for a number or a date and the answer has none."""
    no_number = _ASKS_NUMBER.search(question) and not _NUMBER.search(_NO_NUMBER.sub(" ", answer))
    return bool(no_number or (_ASKS_DATE.search(question) and not _DATE.search(answer)))


@lru_cache(maxsize=256)
def _names(text: str) -> Mapping[str, str]:
    """Term → word of all proper names: capitals inside a sentence, or inside a word ("VitaScale", "K3s").

    Where every word has a capital, capitals say nothing.
    """
    words = [(match.start(), match.group()) for match in WORD.finditer(text)]
    if not any(word.islower() for _, word in words[1:]):
        return {}
    return {stem(word): word for start, word in words if _is_name(word, text[:start].rstrip())}


def _is_name(word: str, before: str) -> bool:
    if word.isdigit():
        return False
    inside = any(letter.isupper() or letter.isdigit() for letter in word[1:])
    return inside or (word[0].isupper() and before != "" and before[-1] not in _ENDS)
