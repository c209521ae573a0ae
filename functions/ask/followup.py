"""A follow-up → what it means by itself, from the turns before it, without a language model.

"And before that?" names nothing to look for: the terms of the question before it are carried on, and the names in the
answer it was given, for "there" and "that" point at those. A question that names what it asks for is left alone.
"""

import re
from collections.abc import Sequence

from functions.ask.lexical import WORD, stem
from functions.ask.question import Turn

# Points at something said before, and not at the subject: "he" and "you" are always the same person.
_POINTS = re.compile(
    r"\b(?:there|that|this|these|those|it|its|they|them|their|then|one|ones|both|former|latter|same|else|other|others"
    r"|dort|da|davon|damit|dabei|daran|darin|davor|danach|dafür|dies\w*|jen\w+|beide\w*|andere\w*|welche davon)\b",
    re.I,
)
_OPENS = re.compile(
    r"\s*(?:and|but|or|also|so|what about|how about|why|und|aber|oder|auch|wieso|warum|was ist mit)\b", re.I
)
# With so few terms of its own a question that points or opens like that is a follow-up.
FEW_TERMS = 3
# Names of the last answer that are carried on.
MOST_NAMES = 4
# Turns looked back: a follow-up may follow a follow-up.
DEPTH = 3

_MARKER = re.compile(r"\s*\[\d+\]")
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-ZÄÖÜ][\w+#.-]*[\w+#]")


def written_out(question: str, history: Sequence[Turn], names: frozenset[str]) -> str:
    """The question with what it leaves unsaid, or as it is. `names` are the words for the subject itself."""
    turns = [turn for turn in history if turn.content.strip()]
    if not turns or not leans(question, names):
        return question
    carried: dict[str, str] = {}
    for turn in _looked_back(turns, names):
        for word in _content(turn, names):
            carried.setdefault(stem(word), word)
    own = {stem(word) for word in WORD.findall(question)}
    added = [word for term, word in carried.items() if term not in own]
    return f"{question} ({' '.join(added)})" if added else question


def leans(question: str, names: frozenset[str]) -> bool:
    """Whether a question says too little by itself."""
    terms = [word for word in WORD.findall(question) if stem(word) and word.lower() not in names]
    if not terms:
        return True
    points = bool(_POINTS.search(question)) or bool(_OPENS.match(question))
    return points and len(terms) <= FEW_TERMS


def _looked_back(turns: Sequence[Turn], names: frozenset[str]) -> list[Turn]:
    """The last question and its answer; further back as long as the questions lean themselves."""
    found: list[Turn] = []
    questions = 0
    for turn in reversed(turns):
        if turn.role == "user":
            questions += 1
            found.append(turn)
            if questions == DEPTH or not leans(turn.content, names):
                break
        elif not questions:
            found.append(turn)
    return sorted(found, key=lambda turn: turn.role != "user")


def _content(turn: Turn, names: frozenset[str]) -> list[str]:
    """A question's words; of an answer, the names in its first sentence."""
    text = _MARKER.sub("", turn.content)
    words = WORD.findall(text) if turn.role == "user" else _NAME.findall(text.partition(". ")[0])[:MOST_NAMES]
    return [word for word in words if stem(word) and word.lower() not in names]
