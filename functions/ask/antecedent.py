"""What a follow-up points back at: the passages the last answers came from, and what stands around them.

A conversation sends text, not sources. A quoted sentence is found again word for word, another one by its terms.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from functions.ask.corpus import Corpus
from functions.ask.durations import spans
from functions.ask.followup import Reading
from functions.ask.lexical import stem, terms
from functions.ask.phrases import LANGUAGES, phrase
from functions.ask.question import Turn
from functions.ask.rerank import Ranked
from functions.shared.records import Chunk
from functions.shared.sentences import sentences

# How much nearness adds to a passage's score, and how near is near enough (0..1).
NEAR_WEIGHT, NEAR_LEAST = 0.3, 0.3
# What a sentence counts that is not the first of its answer, and one of the answer before.
FURTHER, BEFORE = 0.6, 0.7
# Answers looked back.
DEPTH = 2
# A sentence that a model wrote is of the passage that has this share of its terms, weighted.
COVERED = 0.5

_MARKER = re.compile(r"\s*\[\d+\]")
# How a text goes on to what was before, or after.
_CUES = {
    "earlier": re.compile(r"(?:before|prior|previously|earlier|formerly|zuvor|davor|vorher|früher)\b", re.I),
    "later": re.compile(r"(?:after|then|since then|later|next|danach|später|anschließend)\b", re.I),
}

Month = tuple[int, int]


class Antecedent:
    """Where the last answers stand in a corpus. What is costly is done on first use."""

    def __init__(self, corpus: Corpus, history: Sequence[Turn]) -> None:
        self._corpus, self._history = corpus, history

    def narrow(self, reading: Reading, ranked: Sequence[Ranked]) -> Sequence[Ranked]:
        """The passages that a reading allows, best first."""
        match reading.scope:
            case "":
                return ranked
            case "near":
                return self._near(reading, ranked)
            case direction:
                return self._moved(direction, ranked)

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
        """0..1: half by its place among the headings, half by the terms of the conversation it has."""
        path = _path(chunk)
        place = max((weight * _shared(path, _path(other)) for other, weight in self._passages.items()), default=0.0)
        wanted = {term for word in topic if (term := stem(word))}
        weights = {term: self._corpus.lexical.idf(term) for term in wanted}
        has = set(terms(chunk.indexed_text))
        said = sum(weights[term] for term in wanted & has) / (sum(weights.values()) or 1.0)
        return (place + said) / 2

    def _moved(self, direction: str, ranked: Sequence[Ranked]) -> list[Ranked]:
        """What the text itself says was before or after, or else what is dated so, best first."""
        if told := [one for one in ranked if self._goes_on(direction, one.candidate.row.chunk)]:
            return told
        if not (span := self._span):
            return []
        dated = {one.candidate.row.id: list(spans(one.candidate.row.chunk.text)) for one in ranked}
        if direction == "earlier":
            kept = [one for one in ranked if any(end <= span[0] for _, end in dated[one.candidate.row.id])]
        else:
            kept = [one for one in ranked if any(start >= span[1] for start, _ in dated[one.candidate.row.id])]
        return kept

    def _goes_on(self, direction: str, chunk: Chunk) -> bool:
        """Whether a sentence of the last answer is followed by one that goes on like that."""
        if chunk not in self._passages:
            return False
        texts = [chunk.text[start:end] for start, end in sentences(chunk.text)]
        return any(
            one.rstrip(".") in self._said and _CUES[direction].match(following)
            for one, following in zip(texts, texts[1:], strict=False)
        )

    @cached_property
    def _span(self) -> tuple[Month, Month] | None:
        """The time that the last answer names, or the section it came from."""
        texts = [self._said, *(chunk.text for chunk in self._passages)]
        return next((span for text in texts for span in spans(text)), None)

    @cached_property
    def _answers(self) -> list[str]:
        """The last answers that were answers, newest first, without their markers."""
        refusals = {phrase("refusal", language) for language in LANGUAGES}
        told = [turn.content for turn in reversed(self._history) if turn.role == "assistant"]
        return [_bare(text) for text in told if text.strip() and text not in refusals][:DEPTH]

    @property
    def _said(self) -> str:
        return self._answers[0] if self._answers else ""

    @cached_property
    def _passages(self) -> dict[Chunk, float]:
        """The passages of the last answers, each with how much it counts."""
        found: dict[Chunk, float] = {}
        for age, answer in enumerate(self._answers):
            for position, (start, end) in enumerate(sentences(answer)):
                weight = BEFORE**age * (FURTHER if position else 1.0)
                for chunk in self._located(answer[start:end].rstrip(". ")):
                    found[chunk] = max(weight, found.get(chunk, 0.0))
        return found

    def _located(self, sentence: str) -> Iterator[Chunk]:
        chunks = [row.chunk for row in self._corpus.rows]
        if quoted := [chunk for chunk in chunks if sentence and sentence in chunk.text]:
            yield from quoted
            return
        wanted = set(terms(sentence))
        weights = {term: self._corpus.lexical.idf(term) for term in wanted}
        scores = self._corpus.lexical.scores(wanted)
        if not len(scores) or not wanted:
            return
        best = chunks[int(scores.argmax())]
        covered = sum(weights[term] for term in wanted & set(terms(best.indexed_text)))
        if covered >= COVERED * sum(weights.values()):
            yield best


def _bare(text: str) -> str:
    """An answer without its markers and without what introduces a quotation."""
    for language in LANGUAGES:
        text = text.removeprefix(phrase("quoted", language))
    return _MARKER.sub("", text).strip()


def _path(chunk: Chunk) -> tuple[str, ...]:
    """Document, title and headings, outermost first."""
    return (chunk.document, *(part for part in chunk.section.split(" › ") if part))


def _shared(path: Sequence[str], other: Sequence[str]) -> float:
    """How much of `path`, from the outermost on, two passages have in common."""
    same = 0
    for one, two in zip(path, other, strict=False):
        if one != two:
            break
        same += 1
    return same / len(path)
