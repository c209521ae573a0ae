"""The records that travel between the steps. All frozen: a step answers with a new one."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Literal

Audience = Literal["public", "on-request", "never"]
Provider = Literal["hosted", "local", "extractive", "contact"]


@dataclass(frozen=True, slots=True)
class Section:
    """A run of text under one heading path. `path` is outermost first, without the document's title.

    `anchor` is what stands behind `#` in an address that opens the document there, or empty.
    """

    path: tuple[str, ...]
    text: str
    audience: Audience = "public"
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document. `updated` is an ISO 8601 date or empty.

    `page` is all that its uri shows, where that is known and a link may point at words of it. It is never stored.
    """

    id: str
    title: str
    uri: str
    sections: tuple[Section, ...]
    audience: Audience = "public"
    updated: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage as it stands in the store: a few sentences of one section."""

    document: str
    position: int
    title: str
    uri: str  # opens the document at the passage, as far as that is known
    section: str  # heading path joined with " › ", may be empty
    text: str
    updated: str = ""

    @property
    def id(self) -> str:
        """The row's id: stable while the document keeps its length, so that a replacement overwrites."""
        return f"{self.document}#{self.position:05d}"

    @property
    def heading(self) -> str:
        """Title and section, outermost first; a section that repeats the title adds nothing."""
        return " › ".join(part for part in (self.title, self.section) if part)

    @property
    def indexed_text(self) -> str:
        """What both indexes and the token matrix see: a sentence seldom repeats what its heading says."""
        return f"{self.heading}\n{self.text}"

    @property
    def is_contents(self) -> bool:
        """Whether it lists the headings below its own: "Projects (3): …", as functions/ingest/contents.py adds it."""
        return bool(re.match(r" \(\d{1,2}\): ", self.text.removeprefix(self.section.rpartition(" › ")[2])))

    def content_hash(self, model: str) -> str:
        """Key of everything computed from the text by `model`; equal hash means nothing to re-embed."""
        return hashlib.sha256(f"{model}\0{self.indexed_text}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk chosen for a question. `score` is the final one, about 0..1; `n` its number in the answer.

    `computed` is what was worked out from the text for this question, such as the length of a span.
    """

    chunk: Chunk
    score: float
    n: int = 0
    computed: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as the visitor sees it."""

    n: int
    id: str
    title: str
    uri: str
    section: str
    snippet: str
    score: float


@dataclass(frozen=True, slots=True)
class SearchResults:
    """The reply to one search, best passage first."""

    results: list[Source]
    corpus_version: str
    degraded: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; 0 where none was asked or it did not say."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to one question, and the data of the `done` event."""

    id: str
    answer: str
    sources: list[Source]
    answered: bool
    provider: Provider
    model: str
    degraded: bool
    cached: bool
    corpus_version: str
    timings_ms: dict[str, float] = field(default_factory=dict)
    usage: Usage = NO_USAGE
    as_of: str = ""  # where newer documents may exist: when these were last known to be the newest, UTC, ISO 8601
