"""What a model wrote is shown only after it was checked: no private data, no secret, no repeated instruction.

A model that obeys an instruction hidden in a passage or in a question may say anything. What is not in the index it
cannot know, but it can repeat what the visitor wrote, what its server knows, or what it was told. Such a text is not
mended: the rung is left, and the next one writes.

Nothing that matches is ever released, not even for a moment: every piece is checked together with what stands before
it, and a number or an address is held back until enough follows to tell what it is.
"""

import re
import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING

from functions.ask.prompt import INSTRUCTION
from functions.ask.providers import ProviderFailed
from functions.shared.personal import KINDS, LONGEST
from functions.shared.settings import Settings
from functions.shared.subject import Subject

if TYPE_CHECKING:
    from functions.ingest.personal import Redactor

# A run of this many words of the instruction is no coincidence; of a secret, of this many characters.
RUN_OF_WORDS = 6
RUN_OF_CHARACTERS = 8
# An address under its label, or an e-mail address.
LONGEST_PATTERN = max(LONGEST.values())
# Enough for a run of either kind, and for what follows a label.
RUN_TAIL = 120
CLUE_TAIL = 40

# What every private pattern has somewhere: a digit, an @, a label, or one of a few words. Text without these is not
# worth the 2 µs a character that a search for all patterns takes; at the end, all is searched.
_NUMBER_OR_AT = re.compile(r"[\d@]")
_CLUE = re.compile(
    r":|[(\[{<]\s{0,3}(?:at|ät)|\b(?:dot|punkt|married|divorced|widowed|verheiratet|geschieden|verwitwet|single|ledig)\b",
    re.I,
)
# Numbers this close belong together: a street and its town, or a number and its parts, are no further apart.
_WORDS_BETWEEN = 5
_YEAR = re.compile(r"(?<![\d.,/+–-])(?<!\d )(?:19|20)\d\d(?=[\s,;)]+[^\W\d]|[.)]?\s*\Z)")
_MARKER = re.compile(r"\s?\[\d+\]")
_WORD = re.compile(r"[^\W_]+")


class Rules:
    """What no answer may hold; one for the life of a process. Its patterns are made when a model first writes."""

    def __init__(self, settings: Settings, subject: Subject | None = None) -> None:
        """The contact details that `subject` publishes may be repeated."""
        self.ready = False
        self._region = settings.phone_region
        kinds = {kind.strip() for kind in settings.allow_personal_data.split(",")}
        self._allowed = frozenset(kind for kind in KINDS if kind in kinds)
        self._subject = subject
        self._secrets = [_squeezed(secret) for secret in settings.secrets]

    def prepare(self) -> None:
        """Make the patterns: a tenth of a second, once. Blocking."""
        self.check("")
        _ = self.instruction, self.secrets
        self.ready = True

    def check(self, text: str) -> None:
        """Raises ProviderFailed for a `text` that holds personal data its owner did not publish."""
        if found := {one.kind for one in self._redactor.found(text)}:
            raise ProviderFailed("unsafe", f"private data: {', '.join(sorted(found))}")

    @cached_property
    def _redactor(self) -> "Redactor":
        from functions.ingest.personal import Redactor, published

        card = self._subject.card() if self._subject else ""
        return Redactor(self._region, self._allowed, published(card, self._region))

    @cached_property
    def instruction(self) -> frozenset[tuple[str, ...]]:
        """Every run of words of the prompt's instruction; what it tells the model to say is none of it."""
        return _runs(INSTRUCTION.safe_substitute(name=self._subject.name if self._subject else ""))

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Every run of characters of a secret. What is shorter than a run ("none") is a word that any text may have."""
        return frozenset(
            secret[at : at + RUN_OF_CHARACTERS]
            for secret in self._secrets
            for at in range(len(secret) - RUN_OF_CHARACTERS + 1)
        )


class Release:
    """Filters one answer as it streams: checked citations in, text that may be shown out."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._held = ""
        self.text = ""

    def feed(self, piece: str) -> str:
        """What may be shown now. Raises ProviderFailed("unsafe") for what may never be."""
        if not piece:
            return ""
        self._held += piece
        self._check_runs(self._tail(RUN_TAIL) + self._held)
        ready = self._held[: len(self._held) - _open(self._held)]
        if _NUMBER_OR_AT.search(_plain(ready)) or _CLUE.search(_plain(self._tail(CLUE_TAIL) + ready)):
            self._rules.check(_plain(self._tail(LONGEST_PATTERN) + ready))
        return self._release(len(ready))

    def finish(self, piece: str = "") -> str:
        """The rest, when the answer is complete. Raises as `feed` does."""
        self._held += piece
        self._check_runs(self._tail(RUN_TAIL) + self._held)
        self._rules.check(_plain(self.text + self._held))
        return self._release(len(self._held))

    def _tail(self, length: int) -> str:
        """As much of the text shown as something may have begun in, from the beginning of a word on."""
        return self.text if len(self.text) <= length else self.text[-length:].partition(" ")[2]

    def _release(self, length: int) -> str:
        ready, self._held = self._held[:length], self._held[length:]
        self.text += ready
        return ready

    def _check_runs(self, seen: str) -> None:
        plain = _plain(seen)
        if not self._rules.instruction.isdisjoint(_runs(plain)):
            raise ProviderFailed("unsafe", "the instruction is repeated")
        squeezed = _squeezed(plain)
        if any(secret in squeezed for secret in self._rules.secrets):
            raise ProviderFailed("unsafe", "a secret")


def _open(held: str) -> int:
    """How many characters at the end of `held` may be part of something that is not complete."""
    bare = _YEAR.sub(lambda year: "y" * len(year[0]), _MARKER.sub(lambda marker: "m" * len(marker[0]), held))
    words = list(re.finditer(r"\S+", bare))
    begun, since = len(held), 0
    for word in reversed(words):
        since += 1
        if _NUMBER_OR_AT.search(word[0]):
            begun, since = word.start(), 0
        elif since > _WORDS_BETWEEN:
            break
    return min(len(held) - begun, LONGEST_PATTERN)


def _plain(text: str) -> str:
    """As a reader takes it: without markers and invisible characters, wide digits as digits."""
    text = _MARKER.sub("", text)
    if text.isascii():
        return text
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFKC", text)


def _squeezed(text: str) -> str:
    return "".join(_WORD.findall(text)).casefold()


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = [word.casefold() for word in _WORD.findall(text)]
    return frozenset(tuple(words[at : at + RUN_OF_WORDS]) for at in range(len(words) - RUN_OF_WORDS + 1))
