"""What a follow-up points back at: what stands around the passages of the last answers, before them and after."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from functions.ask.corpus import Corpus
from functions.ask.durations import spans
from functions.ask.followup import Reading
from functions.ask.last_answers import LastAnswers, Month, path_of
from functions.ask.lexical import stem, terms
from functions.ask.question import Turn
from functions.ask.rerank import Ranked
from functions.ask.retrieve import Query
from functions.ask.topics import of_heading
from functions.shared.records import Chunk
from functions.shared.sentences import sentences

# How much nearness adds to a passage's score, and how near is near enough (0..1).
NEAR_WEIGHT, NEAR_LEAST, PLACE_SHARE = 0.3, 0.3, 0.6
# How much each word further back in the conversation counts less.
FADES = 0.9
# Months by which what was before may reach into what came after.
OVERLAP = 11
# Passages looked at because they stand there.
MOST_AROUND = 50
# Letters from which on a term may stand for a longer one.
LONG = 6

# How a text goes on to what was before, or after.
_CUES = {
    "earlier": re.compile(
        r"(?:before|prior to|previously|earlier|formerly|zuvor|davor|vorher|früher)(?:\s+(?P<what>[^,]{1,40})(?=,))?",
        re.I,
    ),
    "later": re.compile(
        r"(?:after|since then|then|later|afterwards|danach|später|anschließend)(?:\s+(?P<what>[^,]{1,40})(?=,))?", re.I
    ),
}


class Antecedent:
    """Where the last answers stand in a corpus. What is costly is done on first use."""

    def __init__(self, corpus: Corpus, history: Sequence[Turn]) -> None:
        self._corpus, self._history = corpus, history
        self._last = LastAnswers(corpus, history)

    def within(self, corpus: Corpus) -> "Antecedent":
        """The same conversation, in other passages."""
        return Antecedent(corpus, self._history)

    def around(self, reading: Reading) -> list[int]:
        """Numbers of passages that a reading has to look at, however little the words of its text find them."""
        match reading.scope:
            case "near":
                numbers = self._numbers
            case "earlier" | "later" as direction:
                alike = (number for number, row in enumerate(self._corpus.rows) if self._alike(row.chunk))
                numbers = [n for n in alike if self._away(direction, self._corpus.rows[n].chunk) is not None]
                numbers = [*self._numbers[: MOST_AROUND // 2], *numbers]
            case _:
                numbers = []
        return numbers[:MOST_AROUND]

    @cached_property
    def _numbers(self) -> list[int]:
        """The passages of the last answers' documents, those nearest by their headings first."""
        documents = {chunk.document for chunk in self._last.passages}
        rows = enumerate(self._corpus.rows)
        place = {n: self._place(row.chunk) for n, row in rows if row.chunk.document in documents}
        return sorted(place, key=lambda number: -place[number])

    def _place(self, chunk: Chunk) -> float:
        """0..1: how much of its path a passage shares with those of the last answers."""
        path = path_of(chunk)
        return max(
            (weight * _shared(path, path_of(other)) for other, weight in self._last.passages.items()), default=0.0
        )

    def narrow(self, reading: Reading, query: Query, ranked: Sequence[Ranked]) -> Sequence[Ranked]:
        """The passages that a reading allows, best first."""
        match reading.scope:
            case "":
                return ranked
            case "near":
                return self._near(reading, ranked)
            case "named":
                own = set(query.terms) - query.carried
                named = [one for one in ranked if not own or _names(own, one.candidate.row.chunk)]
                return self._near(reading, named) or named
            case direction:
                return self._moved(direction, ranked, alike=reading.given > 0)

    def _near(self, reading: Reading, ranked: Sequence[Ranked]) -> list[Ranked]:
        """What stands near the last answers."""
        near = {one.candidate.row.id: self._nearness(one.candidate.row.chunk, reading.topic) for one in ranked}
        kept = [
            replace(one, score=one.score + NEAR_WEIGHT * near[one.candidate.row.id])
            for one in ranked
            if near[one.candidate.row.id] >= NEAR_LEAST
        ]
        return sorted(kept, key=lambda one: -one.score)

    def _nearness(self, chunk: Chunk, topic: Sequence[str]) -> float:
        """0..1: by its place among the headings, and by the terms of the conversation it has."""
        weights: dict[str, float] = {}
        for age, word in enumerate(topic):
            if term := stem(word):
                weights.setdefault(term, self._corpus.lexical.idf(term) * FADES**age)
        has = set(terms(chunk.indexed_text))
        said = sum(weight for term, weight in weights.items() if term in has) / (sum(weights.values()) or 1.0)
        return PLACE_SHARE * self._place(chunk) + (1 - PLACE_SHARE) * said

    def _moved(self, direction: str, ranked: Sequence[Ranked], alike: bool) -> list[Ranked]:
        """What the text itself says was before or after, or else the nearest in time of what is dated so.

        `alike`: of the same kind as what was spoken of, a job before a job.
        """
        if told := [one for one in ranked if self._goes_on(direction, one.candidate.row.chunk)]:
            return told
        away = {one.candidate.row.id: self._away(direction, one.candidate.row.chunk) for one in ranked}
        dated = [one for one in ranked if away[one.candidate.row.id] is not None]
        if alike:
            dated = [one for one in dated if self._alike(one.candidate.row.chunk)]
        return sorted(dated, key=lambda one: away[one.candidate.row.id] or 0)[:1]

    def _alike(self, chunk: Chunk) -> bool:
        """Whether a passage stands under headings of the same kind as the last answer's first passage."""
        if (first := self._last.first) is None:
            return False
        path, other = path_of(chunk), path_of(first)
        same = len(path) > 2 and path[:-1] == other[:-1]
        return same or bool(of_heading(chunk.heading) & of_heading(first.heading))

    def _away(self, direction: str, chunk: Chunk) -> int | None:
        """Months between what was spoken of and the nearest span of a passage before it, or after."""
        if not self._last.span:
            return None
        first, last = self._last.span
        if direction == "earlier":
            gaps = [_months(end, first) for start, end in spans(chunk.text) if start < first]
        else:
            gaps = [_months(last, start) for start, end in spans(chunk.text) if start > first]
        return min((gap for gap in gaps if gap >= -OVERLAP), default=None)

    def _goes_on(self, direction: str, chunk: Chunk) -> bool:
        """Whether a passage of the last answers goes on to what was before or after, or its document names it so."""
        if chunk.document not in {one.document for one in self._last.passages}:
            return False
        texts = [chunk.text[start:end] for start, end in sentences(chunk.text)]
        cues = [_CUES[direction].match(text) for text in texts]
        told = [False, *(text.rstrip(".") in self._last.said for text in texts)]  # whether the sentence before it was
        return any(cue and (self._is_spoken_of(cue["what"] or "") or told[n]) for n, cue in enumerate(cues))

    def _is_spoken_of(self, what: str) -> bool:
        """Whether the last answer has all the words of "before …," in a text."""
        named = set(terms(what))
        return bool(named) and named <= set(terms(self._last.said))


def _names(own: Iterable[str], chunk: Chunk) -> bool:
    """Whether a passage has one of the terms, or a longer or shorter form of it."""
    has = set(terms(chunk.indexed_text))
    return any(term in has or any(_related(term, other) for other in has) for term in own)


def _related(term: str, other: str) -> bool:
    shorter, longer = sorted((term, other), key=len)
    return len(shorter) >= LONG and longer.startswith(shorter)


def _months(one: Month, other: Month) -> int:
    """Months from one to the other."""
    return (other[0] - one[0]) * 12 + other[1] - one[1]


def _shared(path: Sequence[str], other: Sequence[str]) -> float:
    """How much of `path`, from the outermost on, two passages have in common."""
    same = 0
    for one, two in zip(path, other, strict=False):
        if one != two:
            break
        same += 1
    return same / len(path)
