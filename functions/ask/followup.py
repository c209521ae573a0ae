"""What a question may mean after the turns before it, without a language model.

"And before that?" names nothing to look for: the terms of the question before it are carried on, and the names in the
answer it was given, for "there" and "that" point at those. A question that says enough is taken as it is, and read
with the conversation only where it finds no answer by itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from functions.ask.lexical import WORD, stem
from functions.ask.question import Turn

# Points at something said before, and not at the subject: "he" and "you" are always the same person.
_POINTS = re.compile(
    r"\b(?:there|that|this|these|those|it|its|they|them|their|then|ones?|both|former|latter|same|other|others"
    r"|dort|da|davon|damit|dabei|daran|dar(?:in|über|auf)|davor|danach|dafür|das|dies\w*|jen\w+|beide\w*|andere\w*)\b",
    re.I,
)
_OPENS = re.compile(r"\s*(?:and|but|or|also|so|why|und|aber|oder|auch|wieso|warum)\b", re.I)
# Terms that name nothing: how long, since when, the first one, tell me more.
_EMPTY = frozenset(
    stem(word)
    for word in """since until long first second third last next one ones more many much used early late later exactly
    precisely good well often kind part time seit wann lange bis erste ersten zweite letzte mehr davor danach davon
    genau gut schon wo was wie wer warum wieso und auch noch war ist das sind hat er sie""".split()
)
# A question that points or opens like that is a follow-up while it has no more terms of its own.
FEW_TERMS = 3
# Names of the last answer that are carried on.
MOST_NAMES = 5
# Questions looked back: a follow-up may follow a follow-up.
DEPTH = 4

_MARKER = re.compile(r"\s*\[\d+\]")
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-ZÄÖÜ][\w+#.-]*[\w+#]")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to take a question: its own text, and words from before that belong to it."""

    text: str
    carried: tuple[str, ...] = ()
    said: str = ""  # the answers before


def readings(question: str, history: Sequence[Turn], names: frozenset[str]) -> list[Reading]:
    """The ways to take a question, likeliest first. `names` are the words for the subject itself."""
    turns = [turn for turn in history if turn.content.strip()]
    if not turns:
        return [Reading(question)]
    carried = _carried(question, turns, names)
    if not carried:
        return [Reading(question)]
    said = " ".join(_MARKER.sub("", turn.content) for turn in turns if turn.role == "assistant")
    with_them = Reading(question, carried, said)
    return [with_them] if leans(question, names) else [Reading(question), with_them]


def leans(question: str, names: frozenset[str]) -> bool:
    """Whether a question says too little by itself."""
    terms = _content(question, names)
    if not terms:
        return True
    points = bool(_POINTS.search(question)) or bool(_OPENS.match(question))
    return points and len(terms) <= FEW_TERMS


def _carried(question: str, turns: Sequence[Turn], names: frozenset[str]) -> tuple[str, ...]:
    """The words of the question before, further back while the questions lean themselves, and names of the answer."""
    words: list[str] = []
    questions = [turn.content for turn in turns if turn.role == "user"][-DEPTH:]
    for earlier in reversed(questions):
        words += _content(earlier, names)
        if not leans(earlier, names):
            break
    if turns and turns[-1].role == "assistant":
        told = _MARKER.sub("", turns[-1].content).partition(". ")[0]
        words += [name for name in _NAME.findall(told) if name.lower() not in names][:MOST_NAMES]
    own = {stem(word) for word in WORD.findall(question)}
    by_term = {stem(word): word for word in reversed(words) if stem(word) and stem(word) not in own}
    return tuple(reversed(by_term.values()))


def _content(text: str, names: frozenset[str]) -> list[str]:
    """The words that name something."""
    return [
        word for word in WORD.findall(text) if (term := stem(word)) and term not in _EMPTY and word.lower() not in names
    ]
