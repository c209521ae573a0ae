"""What a question may mean after the turns before it, without a language model.

"And before that?" names nothing to look for. It is read in several ways, the likeliest first, and the first that finds
enough is taken: with what it points at put in its place ("the first one"), near the passages the last answers came from
(functions/ask/antecedent.py), with the terms of the question before it. A question that says enough is taken as it is,
and read with the conversation only where it finds no answer by itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from functions.ask.enumerated import resolved
from functions.ask.lexical import WORD, stem
from functions.ask.phrases import LANGUAGES, phrase
from functions.ask.question import Turn

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
_DIRECTIONS: tuple[tuple[Literal["earlier", "later"], re.Pattern[str]], ...] = (
    (
        "earlier",
        re.compile(r"\b(?:before(?: (?:that|this|it|then))?|previously|earlier|davor|vorher|zuvor)\W*\Z", re.I),
    ),
    ("later", re.compile(r"\b(?:after(?:wards?| (?:that|this|it))|next|later|danach|nachher|später)\W*\Z", re.I)),
)
# Terms that name nothing: how long, since when, the first one, tell me more.
_EMPTY = frozenset(
    stem(word)
    for word in """since until long first second third last next one ones more many much used early late later exactly
    precisely good well often kind part time seit wann lange bis erste ersten zweite letzte mehr davor danach davon
    genau gut schon wo was wie wer warum wieso und auch noch war ist das sind hat er sie von bis""".split()
)
# Words that ask for no more than when and where.
_LIGHT = frozenset(
    stem(word)
    for word in """stay stayed go goes went come came take took happen happened last lasted start started begin began end
    ended finish finished city country town stadt land ort""".split()
)
# A question that points or opens like that is a follow-up while it has no more terms of its own.
FEW_TERMS = 3
# Names of the last answer that are carried on.
MOST_NAMES = 5
# Questions looked back: a follow-up may follow a follow-up.
DEPTH = 4
# Words of the last answer that say what it is about, where the questions do not.
MOST_ABOUT = 4

_MARKER = re.compile(r"\s*\[\d+\]")
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-ZÄÖÜ][\w+#.-]*[\w+#]")

Scope = Literal["", "near", "named", "earlier", "later"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to take a question: its own text, words from before that belong to it, and where to look."""

    text: str
    carried: tuple[str, ...] = ()
    said: str = ""  # the answers before
    # Near the last answers' passages, what names the question's own words, or what was before or after.
    scope: Scope = ""
    topic: tuple[str, ...] = ()  # what the conversation is about, newest first
    settled: bool = False  # what stands there is the answer, in whatever words


def readings(question: str, history: Sequence[Turn], names: frozenset[str]) -> list[Reading]:
    """The ways to take a question, likeliest first. `names` are the words for the subject itself."""
    turns = [turn for turn in history if turn.content.strip()]
    if not any(turn.role == "user" for turn in turns):
        return [Reading(question)]
    ways = list(_ways(question, turns, names))
    return ways if leans(question, names) else [Reading(question), *ways]


def bare(answer: str) -> str:
    """An answer without its markers and without what introduces a quotation."""
    for language in LANGUAGES:
        answer = answer.removeprefix(phrase("quoted", language))
    return _MARKER.sub("", answer).strip()


def leans(question: str, names: frozenset[str]) -> bool:
    """Whether a question says too little by itself."""
    terms = _content(question, names)
    if not terms:
        return True
    points = any(pattern.search(question) for pattern in (_POINTS, _OPENS, _PART, _ABOUT))
    return points and len(terms) <= FEW_TERMS


def empty(term: str) -> bool:
    """Whether a term of a follow-up names nothing by itself."""
    return term in _EMPTY or term in _LIGHT


def _ways(question: str, turns: Sequence[Turn], names: frozenset[str]) -> Iterator[Reading]:
    """The ways to take a follow-up."""
    answers = [bare(turn.content) for turn in turns if turn.role == "assistant"]
    said, topic = " ".join(answers), _topic(turns, names)
    own = [word for word in _content(question, names) if not empty(stem(word))]
    if answers and (listed := resolved(question, answers[-1])):
        yield Reading(listed)
    for direction, pattern in _DIRECTIONS:
        if found := pattern.search(question):
            asked = next((one for one in _asked(turns) if not leans(one, names)), question)
            rest = question[: found.start()]
            yield Reading(rest if own else asked, said=said, scope=direction, topic=topic, settled=not own)
    if own:
        yield Reading(question, scope="near", topic=topic)
    else:
        about = dict.fromkeys(topic or _content(" ".join(answers[-1:]), names)[:MOST_ABOUT])
        yield Reading(f"{question} ({' '.join(about)})", said=said, scope="near", topic=topic)
    if own and instead(question):
        yield Reading(question, said=said, scope="named", topic=topic)
    if carried := _carried(question, turns, names):
        yield Reading(question, carried, said, "named" if instead(question) else "")


def instead(question: str) -> bool:
    """Whether a question only names something else to ask the question before about."""
    return bool(_INSTEAD.match(question))


def _asked(turns: Sequence[Turn]) -> list[str]:
    """The questions before, newest first."""
    return [turn.content for turn in reversed(turns) if turn.role == "user"][:DEPTH]


def _topic(turns: Sequence[Turn], names: frozenset[str]) -> tuple[str, ...]:
    """The words of the question before, further back while the questions lean themselves."""
    words: list[str] = []
    for earlier in _asked(turns):
        words += _content(earlier, names)
        if not leans(earlier, names):
            break
    return tuple(words)


def _carried(question: str, turns: Sequence[Turn], names: frozenset[str]) -> tuple[str, ...]:
    """The topic, and names of the answer."""
    words = list(_topic(turns, names))
    if turns and turns[-1].role == "assistant":
        told = bare(turns[-1].content).partition(". ")[0]
        words += [name for name in _NAME.findall(told) if name.lower() not in names][:MOST_NAMES]
    own = {stem(word) for word in WORD.findall(question)}
    by_term = {stem(word): word for word in reversed(words) if stem(word) and stem(word) not in own}
    return tuple(reversed(by_term.values()))


def _content(text: str, names: frozenset[str]) -> list[str]:
    """The words that name something."""
    return [
        word for word in WORD.findall(text) if (term := stem(word)) and term not in _EMPTY and word.lower() not in names
    ]
