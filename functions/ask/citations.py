"""[n] in a model's answer is checked against passage n before it is shown.

Text is held back only while it may still become a marker: white space, `[`, numbers, to the `]`. A marker is kept
when passage n exists, holds every number of the sentence it follows, and shares at least half of its terms.
"""

import re
from collections.abc import Sequence

from functions.ask.lexical import terms
from functions.shared import metrics
from functions.shared.records import Passage
from functions.shared.sentences import sentences

MIN_SUPPORT = 0.5

# Both are bounded, and the second matches whatever the first may begin with: so the text comes out the same
# however the stream is cut. A longer bracket is plain text.
_MARKER = re.compile(r"\s{0,8}\[(?=[\s,;]*\d)([\d\s,;]{1,40})\]")
_OPEN = re.compile(r"\s{0,8}\[[\d\s,;]{0,40}\Z|\s{1,8}\Z")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Citations:
    """Filters one answer as it streams: pieces in, checked text out."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        texts = {passage.n: _proof(passage) for passage in passages}
        self._terms = {n: frozenset(terms(text)) for n, text in texts.items()}
        # "01.06.2023" is one number, and holds three.
        self._numbers = {n: frozenset(_NUMBER.findall(text) + re.findall(r"\d+", text)) for n, text in texts.items()}
        self._held = ""
        self._shown = ""
        self.cited: set[int] = set()

    @property
    def text(self) -> str:
        """All text released so far."""
        return self._shown

    def feed(self, piece: str) -> str:
        """What may be shown now that `piece` has come."""
        self._held += piece
        unfinished = _OPEN.search(self._held)
        ready = self._held[: unfinished.start()] if unfinished else self._held
        self._held = self._held[len(ready) :]
        return self._release(ready)

    def finish(self) -> str:
        """The marker of the passage that supports a text that names none, if there is one.

        What is still held is white space or a marker that was cut off: it goes.
        """
        self._held = ""
        if self.cited or not (n := self._best(self._shown)):
            return ""
        self.cited.add(n)
        return self._show(f" [{n}]")

    def _release(self, text: str) -> str:
        shown, position = "", 0
        for marker in _MARKER.finditer(text):
            shown += self._show(text[position : marker.start()])
            shown += self._show(self._checked(marker[1]))
            position = marker.end()
        return shown + self._show(text[position:])

    def _show(self, text: str) -> str:
        self._shown += text
        return text

    def _checked(self, numbers: str) -> str:
        """The marker with only those numbers whose passage supports the sentence before it."""
        sentence = _last_sentence(self._shown)
        given = [int(number) for number in re.findall(r"\d+", numbers)]
        kept = [n for n in dict.fromkeys(given) if self._support(n, sentence) >= MIN_SUPPORT]
        metrics.ask().citations.labels("kept").inc(len(kept))
        metrics.ask().citations.labels("dropped").inc(len(given) - len(kept))
        self.cited.update(kept)
        return "".join(f" [{n}]" for n in kept)

    def _support(self, n: int, sentence: str) -> float:
        """Share of the sentence's terms that passage n has; 0 when one of its numbers is not there."""
        if n not in self._terms:
            return 0.0
        wanted = frozenset(terms(sentence))
        if not wanted or not self._numbers[n].issuperset(_NUMBER.findall(sentence)):
            return 0.0
        return len(wanted & self._terms[n]) / len(wanted)

    def _best(self, text: str) -> int:
        """The passage that best supports the whole text, 0 when none does."""
        support, n = max(((self._support(n, text), n) for n in self._terms), default=(0.0, 0))
        return n if support >= MIN_SUPPORT else 0


def _last_sentence(text: str) -> str:
    """The sentence a marker at the end of `text` belongs to, earlier markers left out."""
    clean = re.sub(r"\s*\[\d+\]", "", text)
    spans = sentences(clean)
    return clean[slice(*spans[-1])] if spans else ""


def _proof(passage: Passage) -> str:
    """All that the prompt says of a passage."""
    return f"{passage.chunk.indexed_text} {passage.chunk.updated} {passage.computed}"
