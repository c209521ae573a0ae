"""[n] in a model's answer is checked against passage n before it is shown.

A marker belongs to the words before it: since the last marker that was kept, as far as their sentence goes. One without
words of its own before it ("According to [1], …", "[1] Vivek …") belongs to the sentence that follows. Text is held
back only while it may still become a marker: white space, `[`, numbers, to the `]`; behind a marker of the second kind,
to the end of its sentence.
"""

import asyncio
import re
from collections.abc import Iterable

from functions.ask.support import Support
from functions.shared import metrics
from functions.shared.sentences import sentences

# Both are bounded, and the second matches whatever the first may begin with: so the text comes out the same
# however the stream is cut. A longer bracket is plain text.
_MARKER = re.compile(r"(\s{0,8})\[(?=[\s,;]*\d)([\d\s,;]{1,40})\]")
_OPEN = re.compile(r"\s{0,8}\[[\d\s,;]{0,40}\Z|\s{1,8}\Z")

# What comes before a marker that is the subject of its sentence.
_LEAD_IN = re.compile(
    r"\W*(?:(?:according|to|as|per|in|from|see|by|based|on|the|passages?|sources?|documents?|laut|gemäß)\b\W*)*", re.I
)
# That the passages do not tell something says nothing of the subject.
_UNTOLD = re.compile(
    r"(?=.*\b(?:not|no|nicht|keine?)\b|.*n['’]t\b).*\b(?:passages?|documents?|sources?|information|context|dokument\w*)\b",
    re.I,
)
# The end of a sentence is certain with the whole word after it, at a line's end, or when it has become too long.
_NEXT_WORD = re.compile(r"[.!?…][^\s\w]*\s+\S+\s")
_LINE = re.compile(r"\w[^\n]*\n")
_LONGEST = 400
_PARTS = re.compile(r"[;,]?\s+(?:and|but|while|where|und|aber)\s+|;\s+")


class Citations:
    """Filters one answer as it streams: pieces in, checked text out."""

    def __init__(self, support: Support) -> None:
        self._support = support
        self._held = ""
        self._shown = ""
        self._plain = ""  # what was shown, without markers
        self._kept: list[tuple[int, frozenset[int]]] = []  # where in it markers were kept that end their words
        self._kept_at = 0  # where the last marker was kept, and where the last one stood at all
        self._marked_at = 0
        self._last = ""  # what the last marker was checked for
        self._failed: list[int] = []  # numbers that do not prove it
        self._leads = False  # whether this answer puts its markers in front
        self.cited: set[int] = set()
        self.proven = False  # known when finished

    @property
    def text(self) -> str:
        """All text released so far."""
        return self._shown

    async def feed(self, piece: str) -> str:
        """What may be shown now that `piece` has come."""
        self._held += piece
        return await self._advance(final=False)

    async def finish(self) -> str:
        """The rest, and for a text that names no passage the markers of those that prove all its sentences.

        What is still held at the end is white space or a marker that was cut off: it goes.
        """
        shown = await self._advance(final=True)
        self._held = ""
        claims = [span for span in sentences(self._plain) if self._claims(self._plain[slice(*span)])]
        backing = [await self._backing(*span) for span in claims]
        if not self.cited and claims and all(backing):
            self.cited.update(map(min, backing))
            shown += self._show("".join(f" [{n}]" for n in sorted(self.cited)))
        invented = any(self._support.invents(self._plain[slice(*span)]) for span in claims)
        self.proven = bool(self.cited) and not invented and 2 * sum(map(bool, backing)) >= len(claims)
        return shown

    def _claims(self, sentence: str) -> bool:
        return self._support.claims(sentence) and not _UNTOLD.match(sentence)

    async def _backing(self, start: int, end: int) -> frozenset[int]:
        """The passages behind a sentence: those of the marker at its end, else all that prove it."""
        return self._covering(start, end) or await self._proven(self._plain[start:end])

    async def _proven(self, sentence: str, among: Iterable[int] | None = None) -> frozenset[int]:
        """The model works in a thread; for the rest of it, changing threads would take longer than the work."""
        if self._support.needs_model(sentence, among):
            return await asyncio.to_thread(self._support.proven, sentence, among)
        return self._support.proven(sentence, among)

    def _covering(self, start: int, end: int) -> frozenset[int]:
        at_end = (kept for at, kept in self._kept if start < at and not re.search(r"\w", self._plain[at:end]))
        return next((kept for kept in at_end), frozenset())

    async def _advance(self, final: bool) -> str:
        shown = ""
        while marker := _MARKER.search(self._held):
            shown += self._say(self._held[: marker.start()])
            self._held = self._held[marker.start() :]
            following = self._held[len(marker[0]) :]
            leads = self._is_leading(marker[1])
            end = _end_of_sentence(following, final) if leads else 0
            if end is None:
                return shown
            if leads:
                self._last, self._failed = _MARKER.sub("", following[:end]), []
            shown += self._show(await self._checked(marker, leads))
            self._held = following if self._shown else following.lstrip()
        unfinished = _OPEN.search(self._held)
        ready = self._held[: unfinished.start()] if unfinished else self._held
        self._held = self._held[len(ready) :]
        return shown + self._say(ready)

    def _is_leading(self, space: str) -> bool:
        """Whether a marker belongs to what follows it; a neighbour of another belongs to what that does."""
        if self._last and not re.search(r"\w", self._plain[self._marked_at :]):
            return False
        clause = self._clause()
        if not re.search(r"\w", self._plain):
            self._leads = True
        at_border = bool(re.search(r"[.!?…:]\W*\Z|\n\W*\Z", self._plain + space))
        return _LEAD_IN.fullmatch(clause) is not None or not self._support.claims(clause) or (self._leads and at_border)

    async def _checked(self, marker: re.Match[str], leads: bool) -> str:
        """The marker with only those numbers whose passages prove its words."""
        whole = self._last
        if not leads and re.search(r"\w", self._plain[self._marked_at :]):
            self._last, self._failed, whole = self._clause(), [], _last_sentence(self._plain)
        self._marked_at = len(self._plain)
        given = [int(number) for number in re.findall(r"\d+", marker[2])]
        kept = await self._prove(self._last, given) or await self._prove(whole, given)
        if not kept:
            self._failed += given
            kept = await self._prove_together(whole)
        metrics.ask().citations.labels("kept").inc(len(kept))
        metrics.ask().citations.labels("dropped").inc(len(given) - len(set(given) & set(kept)))
        if not kept:
            return ""
        self._kept_at = len(self._plain)
        if not leads:
            self._kept.append((self._kept_at, frozenset(kept)))
        self.cited.update(kept)
        return (marker[1] if leads else " ") + " ".join(f"[{n}]" for n in kept)

    async def _prove(self, sentence: str, given: Iterable[int]) -> list[int]:
        """Those of the given passages that prove the sentence, in their order."""
        possible = self._support.possible(sentence, given)
        if not possible or not self._support.claims(sentence):
            return []
        proven = await self._proven(sentence, possible)
        return [n for n in dict.fromkeys(given) if n in proven]

    async def _prove_together(self, sentence: str) -> list[int]:
        """All the passages that failed alone, when each proves a part of the sentence and every part is proven."""
        given, parts = set(self._failed), _PARTS.split(sentence)
        if not 1 < len(given) <= len(parts):
            return []
        proven = [await self._prove(part, given) for part in parts]
        return self._failed if all(proven) and given == {n for found in proven for n in found} else []

    def _clause(self) -> str:
        """The words of the last sentence that no kept marker has covered yet."""
        spans = sentences(self._plain)
        return self._plain[max(spans[-1][0], self._kept_at) :] if spans else ""

    def _say(self, text: str) -> str:
        self._plain += text
        return self._show(text)

    def _show(self, text: str) -> str:
        self._shown += text
        return text


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def _last_sentence(text: str) -> str:
    return next(reversed(_sentences(text)), "")


def _end_of_sentence(text: str, final: bool) -> int | None:
    """Where the sentence ends that `text` begins with; None while more text may still change that.

    Whichever sign of an end is complete first decides, so that the cuts of the stream do not.
    """
    signs = []
    if line := _LINE.search(text):
        signs.append((line.end(), line.end() - 1))
    if marker := next((m for m in _MARKER.finditer(text) if re.search(r"\w", text[: m.start()])), None):
        signs.append((marker.end(), marker.start()))
    for word in _NEXT_WORD.finditer(text):
        if len(spans := sentences(text[: word.end()])) > 1:
            signs.append((word.end(), spans[0][1]))
            break
    if len(text) >= _LONGEST:
        signs.append((_LONGEST, _LONGEST))
    return min(signs)[1] if signs else len(text) if final else None
