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

from functions.ask.ellipsis import content, instead, leans, moves, own
from functions.ask.enumerated import resolved
from functions.ask.lexical import WORD, stem
from functions.ask.phrases import LANGUAGES, phrase
from functions.ask.question import Turn

# Names of the last answer that are carried on.
MOST_NAMES = 5
# Questions looked back: a follow-up may follow a follow-up.
DEPTH = 4
# Words of the last answer that say what it is about, where the questions do not.
MOST_ABOUT = 4

# Strength of evidence that the conversation gives: what is spoken of need not be proven again; and where the order of
# dates is the answer, no word need be.
GIVEN, SETTLED = 0.15, 1.5

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
    given: float = 0.0  # how much of the evidence the conversation gives already


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


def _ways(question: str, turns: Sequence[Turn], names: frozenset[str]) -> Iterator[Reading]:
    """The ways to take a follow-up."""
    asks = own(question, names)
    turns = turns if asks else _answered(turns)
    answers = [bare(turn.content) for turn in turns if turn.role == "assistant"]
    said, topic = " ".join(answers), _topic(turns, names)
    if answers and (listed := resolved(question, answers[-1])):
        yield Reading(listed)
    if moved := moves(question):
        direction, rest = moved
        # Where it asks for nothing else, the question before is asked again.
        again = next((one for one in _asked(turns) if not leans(one, names)), rest)
        yield Reading(rest if asks else again, said=said, scope=direction, given=0.0 if asks else SETTLED)
    if asks:
        yield Reading(question, scope="named" if instead(question) else "near", topic=topic, given=GIVEN)
    else:
        about = dict.fromkeys(topic or content(" ".join(answers[-1:]), names)[:MOST_ABOUT])
        yield Reading(f"{question} ({' '.join(about)})", said=said, scope="near", topic=topic)
    if carried := _carried(question, turns, names):
        yield Reading(question, carried, said, "named" if instead(question) else "")


def _answered(turns: Sequence[Turn]) -> Sequence[Turn]:
    """The turns without questions that were refused: "since when?" goes on from what was told."""
    refusals = {phrase("refusal", language) for language in LANGUAGES}
    refused = {n for n, turn in enumerate(turns) if turn.role == "assistant" and turn.content.strip() in refusals}
    kept = [turn for n, turn in enumerate(turns) if not {n, n + 1} & refused]
    return kept if any(turn.role == "user" for turn in kept) else turns


def _asked(turns: Sequence[Turn]) -> list[str]:
    """The questions before, newest first."""
    return [turn.content for turn in reversed(turns) if turn.role == "user"][:DEPTH]


def _topic(turns: Sequence[Turn], names: frozenset[str]) -> tuple[str, ...]:
    """The words of the question before, further back while the questions lean themselves."""
    words: list[str] = []
    for earlier in _asked(turns):
        words += content(earlier, names)
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
