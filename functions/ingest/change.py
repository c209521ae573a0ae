"""One document's change on its way: an event with its chunks, what stands against it, and what came of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from functions.ingest.event import Event
from functions.ingest.ledger import Entry, Page, Turn
from functions.ingest.rows import Rows
from functions.ingest.vectors import Content
from functions.shared.problem import Problem
from functions.shared.records import Chunk

# What shares one round of requests: few enough rows to be quick and small; a long document goes alone.
ROWS_AT_ONCE, DOCUMENTS_AT_ONCE = 500, 100


@dataclass(frozen=True, slots=True)
class Change:
    """An event with what becomes of its document: all its chunks, or none."""

    event: Event
    chunks: Sequence[Chunk]
    state: str = "live"  # or withdrawn: a tombstone
    encoded: Mapping[str, Content] = field(default_factory=dict)  # ahead, by content hash, as far as it was worth it


@dataclass(frozen=True, slots=True)
class Written:
    """What came of an event. `outcome`: indexed, removed, unchanged or stale."""

    outcome: str
    corpus_version: str
    chunks: int = 0
    embedded: int = 0
    reused: int = 0
    retired: int = 0


@dataclass(slots=True)
class Task:
    """A change on its way through the steps."""

    change: Change
    page: Page
    rows: Rows
    stands: str  # the generation that stood before
    same: bool  # whether that says already what the event wants
    generation: str  # the one that stands after
    turn: Turn | None = None
    embedded: int = 0
    problem: Problem | None = None

    @property
    def document(self) -> str:
        """The document's id."""
        return self.change.event.document

    @property
    def stale(self) -> bool:
        """Whether a newer event came first."""
        return self.page.entry.is_newer_than(self.change.event)

    @property
    def superseded(self) -> list[str]:
        """Ids of the rows that nobody needs once this is done."""
        return self.rows.settled(self.page) if self.stale else self.rows.besides(self.generation)

    @property
    def told(self) -> bool:
        """Whether what readers hold is right already."""
        if self.stale or self.superseded:
            return not self.superseded
        entry = self.page.entry
        return self.same and entry.told and entry.generation == self.generation

    @property
    def compared(self) -> str:
        """What it would do."""
        if self.stale:
            return "stale"
        entry, now = self.page.entry, self.entry
        same = self.told and (entry.state, entry.source, entry.validator) == (now.state, now.source, now.validator)
        return "unchanged" if same else "changed" if entry.state == "live" else "new"

    @property
    def entry(self) -> Entry:
        """What the ledger says after it."""
        event, state = self.change.event, self.change.state
        validator = getattr(event, "validator", "") if state == "live" else ""
        return Entry(state, event.time, event.version, self.generation, event.source, validator)

    def written(self, version: str) -> Written:
        """The report."""
        if self.stale:
            return Written("stale", version)
        known = self.told and self.page.entry.state == self.change.state
        outcome = "unchanged" if known else "indexed" if self.change.state == "live" else "removed"
        count = len(self.change.chunks)
        retired = max(0, len(self.rows.of(self.stands)) - count)
        return Written(outcome, version, count, self.embedded, count - self.embedded, retired)


def portions(changes: Iterable[Change]) -> Iterator[list[Change]]:
    """What goes together: distinct documents, in their order, and not too many rows."""
    together: list[Change] = []
    documents: set[str] = set()
    rows = 0
    for change in changes:
        full = len(together) == DOCUMENTS_AT_ONCE or rows + len(change.chunks) > ROWS_AT_ONCE
        if together and (full or change.event.document in documents):
            yield together
            together, documents, rows = [], set(), 0
        together.append(change)
        documents.add(change.event.document)
        rows += len(change.chunks)
    if together:
        yield together
