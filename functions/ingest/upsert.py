"""Chunks → Chroma, each document in one step as readers see it; the layout is in functions/shared/store.py.

    1  look             the ledger, and the rows there are; an event older than what stands is stale and does nothing
    2  embed            content not known yet; token matrices, keyed by its hash, never change, so they may go first
    3  take a turn      one writer a document, and nobody has written since 1
    4  show             ONE request adds every row of the new generation: before it readers see the old document,
                        after it the new one. A document without chunks is entered in the ledger, then ONE request
                        deletes its rows
    5  sweep            older rows, and matrices that no row refers to, are deleted
    6  tell             a fresh corpus version in the collection's metadata: readers drop what they hold
    7  finish           the ledger gets the event's time and version, and the generation that was told; the turn is over

Events of several documents share these requests: ten take little longer than one.

A crash between any two steps is repaired when the same event comes again: until step 7 the ledger still lets it in,
rows that are as they should be are not written twice, and a generation that was not told is told. A writer that was
overtaken (its process stood still for longer than a turn lasts) answers "later": what it wrote is of a lower turn,
so readers of a newer document do not see it, and the event's next delivery clears it away.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from functions.ingest import vectors
from functions.ingest.connection import Collections, open_client, open_collections, reachable
from functions.ingest.event import Event
from functions.ingest.ledger import Entry, Page, Turn, held
from functions.ingest.rows import Rows, delete, read_rows
from functions.ingest.together import Together
from functions.shared.embed import Embedder, Floats
from functions.shared.problem import Problem, StoreUnreachable
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LAYOUT, THRESHOLD, metadata, row_id, turn_of

# What shares one round of requests: few enough rows to be quick and small; a long document goes alone.
ROWS_AT_ONCE, DOCUMENTS_AT_ONCE = 500, 100
# A threshold that moved by less changes no answer worth a new corpus version.
SAME_THRESHOLD = 0.005


@dataclass(frozen=True, slots=True)
class Change:
    """An event with what becomes of its document: all its chunks, or none."""

    event: Event
    chunks: Sequence[Chunk]
    state: str = "live"  # or withdrawn: a tombstone


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


class Upserter:
    """The writer. Blocking; every method raises StoreUnreachable when Chroma does not answer as it should."""

    def __init__(self, settings: Settings, embedder: Embedder) -> None:
        """Connect. The collections are made by the first event."""
        self._settings = settings
        self.embedder = embedder
        self._opened: Collections | None = None
        self._together = Together(self.write)
        self.told = ""  # the corpus version that readers were last told of from here
        with reachable(settings):
            self._client = open_client(settings)

    def upsert(self, event: Event, chunks: Sequence[Chunk], state: str = "live") -> Written:
        """Make `chunks` all there is of the event's document; none and `withdrawn` is a tombstone. Events of other
        threads that come meanwhile share a round.

        Raises Unavailable when another event is writing the same document, or when the collection holds the
        vectors of another model.
        """
        done = self._together(Change(event, chunks, state))
        if isinstance(done, Problem):
            raise done
        return done

    def write(self, changes: Sequence[Change]) -> list[Written | Problem]:
        """What came of each, in their order; one that has to wait is Unavailable while the others are done."""
        done: list[Written | Problem] = []
        with self._reachable():
            for portion in portions(changes):
                done += self._round(self._open(), portion)
        return done

    def compare(self, changes: Sequence[Change]) -> list[str]:
        """What `write` would find: new, changed, unchanged or stale; distinct documents. Writes nothing."""
        with self._reachable():
            return [task.compared for task in self._look(self._open(), changes)]

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
                return Written("stale", self._version(opened))
            turn = opened.ledger.take([page], {event.document: turn_of(page.entry.generation)}).get(event.document)
            if turn is None:
                raise held(event.document)
            entry = replace(page.entry, time=event.time, version=event.version or page.entry.version)
            opened.ledger.finish([(turn, entry)])
            opened.ledger.tidy([turn])
            if opened.ledger.overtaken([turn]):
                raise held(event.document)
            return Written("unchanged", self._version(opened))

    def store_threshold(self, threshold: float) -> bool:
        """Keep the corpus's evidence threshold where ask looks for it; False when it is the old one."""
        with self._reachable():
            opened = self._open()
            if abs((opened.tokens.metadata or {}).get(THRESHOLD, 0.0) - threshold) < SAME_THRESHOLD:
                return False
            opened.tokens.modify(metadata={THRESHOLD: threshold})
            self._tell(opened)
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

    def _round(self, opened: Collections, changes: Sequence[Change]) -> list[Written | Problem]:
        """The steps, for changes of distinct documents."""
        tasks = self._look(opened, changes)
        fresh = [task for task in tasks if not task.stale]
        known = self._embed(opened, fresh)
        mine = self._take(opened, fresh)
        try:
            self._show(opened, mine, known)
            mine = self._not_overtaken(opened, mine)
            done = [*mine, *(task for task in tasks if task.stale)]
            self._sweep(opened, done)
            version = self._version(opened) if all(task.told for task in done) else self._tell(opened)
            self._finish(opened, mine)
            mine = self._not_overtaken(opened, mine)
        except BaseException:
            opened.ledger.give_back(task.turn for task in mine if task.turn)
            raise
        opened.ledger.tidy([task.turn for task in mine if task.turn])
        return [task.problem or task.written(version) for task in tasks]

    def _look(self, opened: Collections, changes: Sequence[Change]) -> list[Task]:
        documents = [change.event.document for change in changes]
        pages = opened.ledger.read(documents)
        rows = read_rows(opened.passages, documents)
        return [self._task(change, pages[name], rows[name]) for name, change in zip(documents, changes, strict=True)]

    def _task(self, change: Change, page: Page, rows: Rows) -> Task:
        stands = rows.standing(page)
        same = rows.say(change.chunks, stands, self.embedder.name)
        return Task(change, page, rows, stands, same, stands if same and change.chunks else "")

    def _embed(self, opened: Collections, tasks: Sequence[Task]) -> dict[str, Floats]:
        """A vector for every content hash that will be written; every one has its matrix stored."""
        texts = {
            chunk.content_hash(self.embedder.name): (chunk.indexed_text, task)
            for task in reversed(tasks)
            for chunk in task.change.chunks
        }
        have_matrix = vectors.with_matrix(opened, texts)
        held_by = {fields["hash"]: key for task in tasks if not task.same for key, fields in task.rows.fields.items()}
        known = vectors.stored(opened, {key: held_by[key] for key in have_matrix & held_by.keys()})
        written = {key for task in tasks if not task.same for key in self._hashes(task)}
        missing = [key for key in texts if key not in have_matrix or (key in written and key not in known)]
        for key in missing:
            texts[key][1].embedded += 1
        return known | vectors.compute(opened, self.embedder, {key: texts[key][0] for key in missing})

    def _hashes(self, task: Task) -> list[str]:
        return [chunk.content_hash(self.embedder.name) for chunk in task.change.chunks]

    def _take(self, opened: Collections, tasks: Sequence[Task]) -> list[Task]:
        """The tasks whose turn it is; the others get a problem."""
        above = {task.document: task.rows.last_turn for task in tasks}
        turns = opened.ledger.take([task.page for task in tasks], above)
        # Whoever had a turn that expired may have written between our look and our turn; from now on it sees ours.
        doubtful = [task.document for task in tasks if task.page.unfinished and task.document in turns]
        now = read_rows(opened.passages, doubtful) if doubtful else {}
        for task in tasks:
            task.turn = turns.get(task.document)
            if not task.turn or now.get(task.document, task.rows) != task.rows:
                task.problem = held(task.document)
            elif task.change.chunks and not task.same:
                task.generation = task.turn.generation
        opened.ledger.give_back(task.turn for task in tasks if task.problem and task.turn)
        return [task for task in tasks if not task.problem]

    def _show(self, opened: Collections, tasks: Sequence[Task], known: dict[str, Floats]) -> None:
        """The visible step of each document."""
        rows = [
            (chunk, key, task.generation, len(task.change.chunks))
            for task in tasks
            if not task.same
            for chunk, key in zip(task.change.chunks, self._hashes(task), strict=True)
        ]
        if rows:
            opened.passages.add(
                ids=[row_id(chunk, generation) for chunk, _, generation, _ in rows],
                embeddings=[known[key] for _, key, _, _ in rows],
                documents=[chunk.text for chunk, *_ in rows],
                metadatas=[metadata(*row) for row in rows],
            )
        emptied = [task for task in tasks if not task.change.chunks and task.superseded]
        if emptied:
            untold = [(task.turn, replace(task.entry, told=False)) for task in emptied if task.turn]
            opened.ledger.finish(untold, over=False)
            self._delete(opened, emptied)

    def _not_overtaken(self, opened: Collections, tasks: Sequence[Task]) -> list[Task]:
        """The tasks still in their turn. Of the others nothing may stay that the later turn decided against."""
        pages = opened.ledger.overtaken([task.turn for task in tasks if task.turn])
        lost = [task for task in tasks if task.document in pages]
        decided = [
            task
            for task in lost
            if pages[task.document].finished == pages[task.document].highest
            and pages[task.document].entry.generation != task.generation
        ]
        undone = [row_id(chunk, task.generation) for task in decided if not task.same for chunk in task.change.chunks]
        if undone:
            delete(opened.passages, [undone])
            self._tell(opened)
        opened.ledger.give_back((task.turn for task in decided if task.turn), state="past")
        for task in lost:
            task.problem = held(task.document)
        return [task for task in tasks if not task.problem]

    def _sweep(self, opened: Collections, tasks: Sequence[Task]) -> None:
        self._delete(opened, [task for task in tasks if task.superseded and (task.change.chunks or task.stale)])

    def _delete(self, opened: Collections, tasks: Sequence[Task]) -> None:
        """What is superseded: matrices first, for without the rows nobody would know which."""
        leaving = {key for task in tasks for key in task.superseded}
        vectors.drop_unused(opened, {key for task in tasks for key in task.rows.hashes(task.superseded)}, leaving)
        delete(opened.passages, [task.superseded for task in tasks])

    def _tell(self, opened: Collections) -> str:
        """Tell readers that what they hold is old."""
        version = uuid.uuid4().hex
        opened.passages.modify(metadata={"corpus_version": version, "model": self.embedder.name, "layout": LAYOUT})
        self.told = version
        return version

    def _version(self, opened: Collections) -> str:
        fields = self._client.get_collection(opened.passages.name, embedding_function=None).metadata or {}
        return str(fields.get("corpus_version", ""))

    def _finish(self, opened: Collections, tasks: Sequence[Task]) -> None:
        if tasks:
            opened.ledger.finish([(task.turn, task.entry) for task in tasks if task.turn])


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
