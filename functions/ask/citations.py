"""[n] in a model's answer is checked against passage n before it is shown.

Text is held back only from white space or `[` to the end of the marker. A marker is kept when passage n
exists, holds every number of the sentence it follows, and shares at least half of its terms.
"""

import re
from collections.abc import Mapping, Sequence

from functions.ask.lexical import terms
from functions.shared import metrics
from functions.shared.records import Passage
from functions.shared.sentences import sentences

MIN_SUPPORT = 0.5
# No marker is longer; a bracket that stays open longer than this is plain text.
MAX_MARKER = 24

_MARKER = re.compile(r"\s*\[\s*(\d+(?:\s*[,;]\s*\d+)*)\s*\]")
_OPEN = re.compile(r"\s*\[[^\]]*\Z|\s+\Z")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Citations:
    """Filters one answer as it streams: pieces in, checked text out."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._texts: Mapping[int, str] = {passage.n: passage.chunk.indexed_text for passage in passages}
        self._terms = {n: frozenset(terms(text)) for n, text in self._texts.items()}
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
        ready = self._held
        if unfinished and len(self._held) - unfinished.start() <= MAX_MARKER:
            ready = self._held[: unfinished.start()]
        self._held = self._held[len(ready) :]
        return self._release(ready)

    def finish(self) -> str:
        """The rest. A text that names no passage gets the one that supports it, if there is one."""
        rest = self._release(self._held.rstrip())
        self._held = ""
        if not self.cited and (n := self._best(self._shown)):
            rest += self._show(f" [{n}]")
            self.cited.add(n)
        return rest

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
        if n not in self._texts:
            return 0.0
        wanted = frozenset(terms(sentence))
        if not wanted or any(number not in self._texts[n] for number in _NUMBER.findall(sentence)):
            return 0.0
        return len(wanted & self._terms[n]) / len(wanted)

    def _best(self, text: str) -> int:
        """The passage that best supports the whole text, 0 when none does."""
        support, n = max(((self._support(n, text), n) for n in self._texts), default=(0.0, 0))
        return n if support >= MIN_SUPPORT else 0


def _last_sentence(text: str) -> str:
    """The sentence a marker at the end of `text` belongs to, earlier markers left out."""
    clean = re.sub(r"\s*\[\d+\]", "", text)
    spans = sentences(clean)
    return clean[slice(*spans[-1])] if spans else ""
