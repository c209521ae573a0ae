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

from collections.abc import Sequence
from dataclasses import replace

from functions.ingest import vectors
from functions.ingest.change import Change, Task, Written
from functions.ingest.connection import Collections
from functions.ingest.ledger import Page, held
from functions.ingest.readers import Readers
from functions.ingest.rows import Rows, delete, read_rows
from functions.shared.embed import Embedder, Floats
from functions.shared.problem import Problem
from functions.shared.store import metadata, row_id


class Round:
    """One round of requests over open collections."""

    def __init__(self, opened: Collections, embedder: Embedder, readers: Readers) -> None:
        self._opened, self._embedder, self._readers = opened, embedder, readers

    def write(self, changes: Sequence[Change]) -> list[Written | Problem]:
        """The steps, for changes of distinct documents."""
        tasks = self.look(changes)
        fresh = [task for task in tasks if not task.stale]
        known = self._embed(fresh)
        mine = self._take(fresh)
        try:
            self._show(mine, known)
            mine = self._not_overtaken(mine)
            done = [*mine, *(task for task in tasks if task.stale)]
            self._sweep(done)
            told = all(task.told for task in done)
            version = self._readers.version(self._opened) if told else self._readers.tell(self._opened)
            self._finish(mine)
            mine = self._not_overtaken(mine)
        except BaseException:
            self._opened.ledger.give_back(task.turn for task in mine if task.turn)
            raise
        self._opened.ledger.tidy([task.turn for task in mine if task.turn])
        return [task.problem or task.written(version) for task in tasks]

    def look(self, changes: Sequence[Change]) -> list[Task]:
        """The changes beside what stands."""
        documents = [change.event.document for change in changes]
        pages = self._opened.ledger.read(documents)
        rows = read_rows(self._opened.passages, documents)
        return [self._task(change, pages[name], rows[name]) for name, change in zip(documents, changes, strict=True)]

    def _task(self, change: Change, page: Page, rows: Rows) -> Task:
        stands = rows.standing(page)
        same = rows.say(change.chunks, stands, self._embedder.name)
        return Task(change, page, rows, stands, same, stands if same and change.chunks else "")

    def _embed(self, tasks: Sequence[Task]) -> dict[str, Floats]:
        """A vector for every content hash that will be written; every one has its matrix stored."""
        texts = {
            chunk.content_hash(self._embedder.name): (chunk.indexed_text, task)
            for task in reversed(tasks)
            for chunk in task.change.chunks
        }
        have_matrix = vectors.with_matrix(self._opened, texts)
        held_by = {fields["hash"]: key for task in tasks if not task.same for key, fields in task.rows.fields.items()}
        known = vectors.stored(self._opened, {key: held_by[key] for key in have_matrix & held_by.keys()})
        written = {key for task in tasks if not task.same for key in self._hashes(task)}
        missing = [key for key in texts if key not in have_matrix or (key in written and key not in known)]
        for key in missing:
            texts[key][1].embedded += 1
        ahead = {key: content for task in tasks for key, content in task.change.encoded.items()}
        return known | vectors.compute(self._opened, self._embedder, {key: texts[key][0] for key in missing}, ahead)

    def _hashes(self, task: Task) -> list[str]:
        return [chunk.content_hash(self._embedder.name) for chunk in task.change.chunks]

    def _take(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks whose turn it is; the others get a problem."""
        above = {task.document: task.rows.last_turn for task in tasks}
        turns = self._opened.ledger.take([task.page for task in tasks], above)
        # Whoever had a turn that expired may have written between our look and our turn; from now on it sees ours.
        doubtful = [task.document for task in tasks if task.page.unfinished and task.document in turns]
        now = read_rows(self._opened.passages, doubtful) if doubtful else {}
        for task in tasks:
            task.turn = turns.get(task.document)
            if not task.turn or now.get(task.document, task.rows) != task.rows:
                task.problem = held(task.document)
            elif task.change.chunks and not task.same:
                task.generation = task.turn.generation
        self._opened.ledger.give_back(task.turn for task in tasks if task.problem and task.turn)
        return [task for task in tasks if not task.problem]

    def _show(self, tasks: Sequence[Task], known: dict[str, Floats]) -> None:
        """The visible step of each document."""
        rows = [
            (chunk, key, task.generation, len(task.change.chunks))
            for task in tasks
            if not task.same
            for chunk, key in zip(task.change.chunks, self._hashes(task), strict=True)
        ]
        if rows:
            self._opened.passages.add(
                ids=[row_id(chunk, generation) for chunk, _, generation, _ in rows],
                embeddings=[known[key] for _, key, _, _ in rows],
                documents=[chunk.text for chunk, *_ in rows],
                metadatas=[metadata(*row) for row in rows],
            )
        emptied = [task for task in tasks if not task.change.chunks and task.superseded]
        if emptied:
            untold = [(task.turn, replace(task.entry, told=False)) for task in emptied if task.turn]
            self._opened.ledger.finish(untold, over=False)
            self._delete(emptied)

    def _not_overtaken(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks still in their turn. Of the others nothing may stay that the later turn decided against."""
        pages = self._opened.ledger.overtaken([task.turn for task in tasks if task.turn])
        lost = [task for task in tasks if task.document in pages]
        decided = [
            task
            for task in lost
            if pages[task.document].finished == pages[task.document].highest
            and pages[task.document].entry.generation != task.generation
        ]
        undone = [row_id(chunk, task.generation) for task in decided if not task.same for chunk in task.change.chunks]
        if undone:
            delete(self._opened.passages, [undone])
            self._readers.tell(self._opened)
        self._opened.ledger.give_back((task.turn for task in decided if task.turn), state="past")
        for task in lost:
            task.problem = held(task.document)
        return [task for task in tasks if not task.problem]

    def _sweep(self, tasks: Sequence[Task]) -> None:
        self._delete([task for task in tasks if task.superseded and (task.change.chunks or task.stale)])

    def _delete(self, tasks: Sequence[Task]) -> None:
        """What is superseded: matrices first, for without the rows nobody would know which."""
        leaving = {key for task in tasks for key in task.superseded}
        vectors.drop_unused(self._opened, {key for task in tasks for key in task.rows.hashes(task.superseded)}, leaving)
        delete(self._opened.passages, [task.superseded for task in tasks])

    def _finish(self, tasks: Sequence[Task]) -> None:
        if tasks:
            self._opened.ledger.finish([(task.turn, task.entry) for task in tasks if task.turn])
