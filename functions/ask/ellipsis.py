"""How a question shows that it hangs on what was said before, in English and German."""

import re
from typing import Literal

from functions.ask.lexical import WORD, stem

Direction = Literal["earlier", "later"]

_VERBS = (
    "is|are|was|were|do|does|did|has|have|had|can|could|will|would|use[sd]?|work(?:s|ed)?|know|come|came|go|goes|went"
    "|ist|sind|war|waren|hat|haben|hatte|kann|gibt|läuft|lief"
)
# Points at something said before, and not at the subject: "he" and "you" are always the same person.
_POINTS = re.compile(
    r"\b(?:there|that|this|these|those|it|its|they|them|their|then|ones?|both|former|latter|same|other|others"
    r"|dort|da|davon|damit|dabei|daran|dar(?:in|über|auf)|davor|danach|dafür|das|dies\w*|jen\w+|beide\w*|andere\w*)\b",
    re.I,
)
_OPENS = re.compile(r"\A\s*(?:and|but|or|also|so|why|und|aber|oder|auch|wieso|warum)\b", re.I)
_ABOUT = re.compile(r"\A\s*(?:what about|how about|was ist mit)\b", re.I)
# "And French?", "What about his thesis?", "Und sein eigener?": another word in the place of one of the question before.
_INSTEAD = re.compile(
    r"\s*(?:and|or|but|also|what about|how about|und|oder|was ist mit)\b(?!.*\b(?:" + _VERBS + r")\b)", re.I
)
# "In which subject?": a question without a verb hangs on the one before.
_PART = re.compile(
    r"\A\s*(?:(?:and|but|und|aber)\s+)?(?:in|from|with|through|under|on|at|by|for|of|to|since|until|via|against"
    r"|auf|mit|bei|aus|von|unter|über|durch|bis|seit|an|für)\s+(?:which|what|whom|where|when|how|welch\w+|wem|wann|wo|was)\b"
    r"(?!.*\b(?:" + _VERBS + r")\b)",
    re.I,
)
_TAIL = r"(?:\s+(?:that|this|it|then|there|them|(?:he|she|they|\w+ing)(?:\s+\w+)?\s+(?:that|this|it|there|them)))?\W*\Z"
_DIRECTIONS: tuple[tuple[Direction, re.Pattern[str]], ...] = (
    (
        "earlier",
        re.compile(r"\b(?:(?:before|prior to)" + _TAIL + r"|(?:previously|earlier|davor|vorher|zuvor)\W*\Z)", re.I),
    ),
    (
        "later",
        re.compile(
            r"\b(?:after"
            + _TAIL
            + r"|(?:(?:and|what) then|afterwards?|after\s?wards|next|later|danach|nachher|später)\W*\Z)",
            re.I,
        ),
    ),
)
# Terms that name nothing: how long, since when, the first one, tell me more.
_EMPTY = frozenset(
    stem(word)
    for word in """since until long first second third last next one ones more many much used early late later exactly
    precisely good well often kind part time seit wann lange bis erste ersten zweite letzte mehr davor danach davon
    genau gut schon wo was wie wer warum wieso und auch noch war ist das sind hat er sie von bis eigen eigene eigener
    eigenes""".split()
)
# Words that ask for no more than when and where.
_LIGHT = frozenset(
    stem(word)
    for word in """stay stayed go goes went come came take took happen happened last lasted start started begin began
    end ended finish finished leave left join joined become became got city country town stadt land ort""".split()
)
# A question that points, opens or breaks off like that is a follow-up while it has no more terms of its own.
FEW_TERMS = 3


def leans(question: str, names: frozenset[str]) -> bool:
    """Whether a question says too little by itself."""
    terms = content(question, names)
    if not terms:
        return True
    points = any(pattern.search(question) for pattern in (_POINTS, _OPENS, _PART, _ABOUT))
    return points and len(terms) <= FEW_TERMS


def instead(question: str) -> bool:
    """Whether a question only names something else to ask the question before about."""
    return bool(_INSTEAD.match(question))


def moves(question: str) -> tuple[Direction, str] | None:
    """Whether a question asks for what was before or after, and what it asks besides."""
    for direction, pattern in _DIRECTIONS:
        if found := pattern.search(question):
            return direction, question[: found.start()]
    return None


def content(text: str, names: frozenset[str]) -> list[str]:
    """The words that name something."""
    return [
        word for word in WORD.findall(text) if (term := stem(word)) and term not in _EMPTY and word.lower() not in names
    ]


def own(text: str, names: frozenset[str]) -> list[str]:
    """Of these, what a follow-up asks for besides when and where."""
    return [word for word in content(text, names) if stem(word) not in _LIGHT]


def empty(term: str) -> bool:
    """Whether a term of a follow-up names nothing by itself."""
    return term in _EMPTY or term in _LIGHT
