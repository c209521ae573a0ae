"""Chunks → Chroma: the writer of the store, one for a process. How a document is written is in round.py."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from functions.ingest import vectors
from functions.ingest.ahead import Ahead
from functions.ingest.change import Change, Written, portions
from functions.ingest.connection import Collections, open_client, open_collections, reachable
from functions.ingest.event import Event
from functions.ingest.ledger import Entry, held
from functions.ingest.readers import Readers
from functions.ingest.round import Round
from functions.ingest.rows import read_rows
from functions.ingest.together import Together
from functions.shared.embed import Embedder
from functions.shared.problem import Problem, StoreUnreachable
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import THRESHOLD, turn_of

# A threshold that moved by less changes no answer worth a new corpus version.
SAME_THRESHOLD = 0.005


class Upserter:
    """The writer. Blocking; every method raises StoreUnreachable when Chroma does not answer as it should."""

    def __init__(self, settings: Settings, embedder: Embedder) -> None:
        """Connect. The collections are made by the first event."""
        self._settings = settings
        self.embedder = embedder
        self._opened: Collections | None = None
        self._together, self._ahead = Together(self.write, prepare=self.ahead), Ahead(embedder)
        with reachable(settings):
            self._client = open_client(settings)
        self._readers = Readers(self._client, embedder)

    @property
    def told(self) -> str:
        """The corpus version that readers were last told of from here."""
        return self._readers.told

    def upsert(self, event: Event, chunks: Sequence[Chunk], state: str = "live") -> Written:
        """Make `chunks` all there is of the event's document; none and `withdrawn` is a tombstone. Events of other
        threads that come meanwhile share a round, and are encoded while the one before it writes.

        Raises Unavailable when another event is writing the same document, or when the collection holds the
        vectors of another model.
        """
        done = self._together(Change(event, chunks, state))
        if isinstance(done, Problem):
            raise done
        return done

    def ahead(self, changes: Sequence[Change]) -> list[Change]:
        """The same changes with what is new in them encoded; writes nothing. What stands, `write` looks up itself."""
        with self._reachable():
            return self._ahead(changes, self._open())

    def write(self, changes: Sequence[Change]) -> list[Written | Problem]:
        """What came of each, in their order; one that has to wait is Unavailable while the others are done."""
        done: list[Written | Problem] = []
        with self._reachable():
            for portion in portions(changes):
                done += self._round().write(portion)
        return done

    def compare(self, changes: Sequence[Change]) -> list[str]:
        """What `write` would find: new, changed, unchanged or stale; distinct documents. Writes nothing."""
        with self._reachable():
            return [task.compared for task in self._round().look(changes)]

    def standing(self, document: str) -> Entry:
        """What the ledger holds of a document; without its validator where a writer died over the document."""
        with self._reachable():
            opened = self._open()
            page, rows = opened.ledger.read([document])[document], read_rows(opened.passages, [document])[document]
            whole = rows.standing(page) == page.entry.generation
            return page.entry if whole else replace(page.entry, validator="")

    def confirm(self, event: Event) -> Written:
        """Note that the event's document stands as it is, so that an older event comes too late."""
        with self._reachable():
            opened = self._open()
            page = opened.ledger.read([event.document])[event.document]
            if page.entry.is_newer_than(event):
                return Written("stale", self._readers.version(opened))
            turn = opened.ledger.take([page], {event.document: turn_of(page.entry.generation)}).get(event.document)
            if turn is None:
                raise held(event.document)
            entry = replace(page.entry, time=event.time, version=event.version or page.entry.version)
            opened.ledger.finish([(turn, entry)])
            opened.ledger.tidy([turn])
            if opened.ledger.overtaken([turn]):
                raise held(event.document)
            return Written("unchanged", self._readers.version(opened))

    def store_threshold(self, threshold: float) -> bool:
        """Keep the corpus's evidence threshold where ask looks for it; False when it is the old one."""
        with self._reachable():
            opened = self._open()
            if abs((opened.tokens.metadata or {}).get(THRESHOLD, 0.0) - threshold) < SAME_THRESHOLD:
                return False
            opened.tokens.modify(metadata={THRESHOLD: threshold})
            self._readers.tell(opened)
            return True

    def totals(self) -> tuple[int, int]:
        """Passages and documents in the corpus."""
        with self._reachable():
            opened = self._open()
            return opened.passages.count(), opened.ledger.documents()

    def entries(self) -> dict[str, Entry]:
        """What the ledger says of every document, live or withdrawn."""
        with self._reachable():
            ledger = self._open().ledger
            return dict(ledger.entries("withdrawn")) | dict(ledger.entries("live"))

    def sweep_matrices(self) -> int:
        """Delete matrices of content that never came to have rows, and has had an hour to; how many there were."""
        with self._reachable():
            return vectors.drop_orphans(self._open())

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        """After any failure the collections are looked up again: a restore makes them anew, under other ids."""
        try:
            with reachable(self._settings):
                yield
        except StoreUnreachable:
            self._opened = None
            raise

    def _open(self) -> Collections:
        if not self._opened:
            self._opened = open_collections(self._client, self._settings.chroma_collection, self.embedder.name)
        return self._opened

    def _round(self) -> Round:
        return Round(self._open(), self.embedder, self._readers)
