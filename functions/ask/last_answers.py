"""The last answers of a conversation, and the passages they came from.

A conversation sends text, not sources. A quoted sentence is found again word for word, another one by its terms.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

from functions.ask.corpus import Corpus
from functions.ask.durations import spans
from functions.ask.followup import bare
from functions.ask.lexical import terms
from functions.ask.phrases import LANGUAGES, phrase
from functions.ask.question import Turn
from functions.shared.records import Chunk
from functions.shared.sentences import sentences

# What a sentence counts that is not the first of its answer, and one of the answer before.
FURTHER, BEFORE = 0.6, 0.7
# Answers looked back.
DEPTH = 2
# A sentence that a model wrote is of the passage that has this share of its terms, weighted.
COVERED = 0.5

Month = tuple[int, int]


class LastAnswers:
    """What was answered last, in a corpus. What is costly is done on first use."""

    def __init__(self, corpus: Corpus, history: Sequence[Turn]) -> None:
        self._corpus, self._history = corpus, history

    @cached_property
    def _answers(self) -> list[str]:
        """The last answers that were answers, newest first, without their markers."""
        refusals = {phrase("refusal", language) for language in LANGUAGES}
        told = [turn.content for turn in reversed(self._history) if turn.role == "assistant"]
        return [bare(text) for text in told if text.strip() and text not in refusals][:DEPTH]

    @property
    def said(self) -> str:
        """The newest of them; empty without one."""
        return self._answers[0] if self._answers else ""

    @cached_property
    def passages(self) -> dict[Chunk, float]:
        """The passages of the last answers, each with how much it counts."""
        found: dict[Chunk, float] = {}
        for age, answer in enumerate(self._answers):
            for position, (start, end) in enumerate(sentences(answer)):
                weight = BEFORE**age * (FURTHER if position else 1.0)
                for chunk in self._located(answer[start:end].rstrip(". ")):
                    found[chunk] = max(weight, found.get(chunk, 0.0))
        return found

    @property
    def first(self) -> Chunk | None:
        """The passage that the newest answer begins with."""
        return next(iter(self.passages), None)

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

    @cached_property
    def span(self) -> tuple[Month, Month] | None:
        """The time that the last answer names, or the section it came from."""
        return next((span for text in self._dated() for span in spans(text)), None)

    def _dated(self) -> Iterator[str]:
        """Where the time may stand, the likeliest first."""
        yield self.said
        yield from (chunk.text for chunk in self.passages)
        if self.first:
            yield from (row.chunk.text for row in self._corpus.rows if path_of(row.chunk) == path_of(self.first))


def path_of(chunk: Chunk) -> tuple[str, ...]:
    """Document, title and headings, outermost first."""
    return (chunk.document, *(part for part in chunk.section.split(" › ") if part))
