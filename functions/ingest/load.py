"""Many changes into the store, portion by portion: while Chroma takes one, the next is read and encoded.

Nothing is kept of what is done, and what is as it should be is not written.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from functions.ingest.change import Change, Written, portions
from functions.ingest.upsert import Upserter
from functions.shared.problem import Problem

# A change, what comparing it with the store said, and what came of it where it was written.
Loaded = tuple[Change, str, Written | Problem | None]
WRITTEN = ("new", "changed")


def load(changes: Iterable[Change], upserter: Upserter, dry_run: bool = False) -> Iterator[Loaded]:
    """Each of the changes when it is done, in their order. Raises StoreUnreachable."""
    with ThreadPoolExecutor(1, "load") as beside:
        writing: _Writing | None = None
        for portion in portions(changes):
            if writing and writing.documents & {change.event.document for change in portion}:
                yield from writing.done()
                writing = None
            found = upserter.compare(portion)
            todo = [one for one, said in zip(portion, found, strict=True) if said in WRITTEN and not dry_run]
            todo = upserter.ahead(todo)
            if writing:
                yield from writing.done()
            writing = _Writing(portion, found, beside.submit(upserter.write, todo))
        if writing:
            yield from writing.done()


@dataclass(frozen=True, slots=True)
class _Writing:
    """A portion on its way."""

    portion: Sequence[Change]
    found: Sequence[str]
    written: Future[list[Written | Problem]]  # of those that are to be written

    @property
    def documents(self) -> set[str]:
        """Their ids."""
        return {change.event.document for change in self.portion}

    def done(self) -> Iterator[Loaded]:
        """What came of it, when all of it is written."""
        written = iter(self.written.result())
        for change, found in zip(self.portion, self.found, strict=True):
            yield change, found, next(written, None) if found in WRITTEN else None
