"""The ledger: what was last done with each document, and who may write it now.

Rows of one document in `<collection>-ledger`:

    <document>#entry           state: live or withdrawn; time and version of the newest event applied to it;
                               generation: that of the rows which readers have been told about;
                               validator: of a fetched document, for the next fetch
    <document>#lease#<number>  a lease: holder, expires (seconds of the epoch, 0 when given back)

Chroma has no compare-and-set, but `add` keeps the first of two rows with one id. So a lease is taken by adding
the row after the highest number, and holds when that row is ours and still the highest: whoever read an old
number either finds its row taken or sees a higher one. The highest row is never deleted. And since every writer
leaves a number behind, a lease that follows the number once read says that nobody wrote in between.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from typing import Any

from functions.ingest.event import Event
from functions.shared.problem import Unavailable

# Longer than the writes under a lease can take, short enough to wait for after a crash.
LEASE_S = 90.0
# Leases given back are deleted when this many have come together.
OLD_LEASES = 8
# A row needs a vector; nobody searches these.
_VECTOR = [1.0, 0.0]


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands for a document."""

    state: str = ""  # live, withdrawn, or empty for a document never heard of
    time: str = ""
    version: str = ""
    generation: str = ""
    validator: str = ""

    def is_newer_than(self, event: Event) -> bool:
        """Whether `event` comes too late. Versions decide when both have one, else times; equal is not newer."""
        if self.version and event.version:
            return (self.version, self.time) > (event.version, event.time)
        return self.time > event.time


@dataclass(frozen=True, slots=True)
class Page:
    """A document's rows in the ledger as they were read."""

    document: str
    entry: Entry
    leases: dict[int, float]  # when each expires, by number


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one document until `expires`."""

    document: str
    number: int
    holder: str
    expires: float

    @property
    def row(self) -> str:
        """Its row's id."""
        return _row(self.document, self.number)

    def check(self, needs_s: float = 0.0) -> None:
        """Raises Unavailable unless it lasts another `needs_s` seconds: until then nobody else can take it."""
        if time.time() + needs_s > self.expires:
            raise _held(self.document)


class Ledger:
    """The ledger over its Chroma collection. What the client raises is left to the caller."""

    def __init__(self, collection: Any) -> None:
        self._rows = collection

    def read(self, document: str) -> Page:
        """What stands, and who has been writing."""
        found = self._rows.get(where={"document": document}, include=["metadatas"])["metadatas"]
        entries = [row for row in found if row["kind"] == "entry"]
        entry = Entry(**{f.name: entries[0].get(f.name, "") for f in fields(Entry)}) if entries else Entry()
        return Page(document, entry, {row["number"]: row["expires"] for row in found if row["kind"] == "lease"})

    @contextmanager
    def lease(self, page: Page) -> Iterator[Lease]:
        """Hold the document of `page`, unwritten since it was read. Raises Unavailable when that is not to be had."""
        lease = self._take(page)
        try:
            yield lease
        except BaseException:
            self._give_back(lease)
            raise

    def write(self, lease: Lease, entry: Entry) -> None:
        """Replace what stands and give the lease back, in one request."""
        told = {"document": lease.document, "kind": "entry", **asdict(entry)}
        self._rows.upsert(
            ids=[f"{lease.document}#entry", lease.row],
            embeddings=[_VECTOR, _VECTOR],
            metadatas=[told, _fields(lease, expires=0.0)],
        )

    def documents(self) -> int:
        """How many are live."""
        return len(self._rows.get(where={"state": "live"}, include=[])["ids"])

    def _take(self, page: Page) -> Lease:
        highest = max(page.leases, default=0)
        if page.leases.get(highest, 0.0) > time.time():
            raise _held(page.document)
        lease = Lease(page.document, highest + 1, uuid.uuid4().hex, time.time() + LEASE_S)
        self._rows.add(ids=[lease.row], embeddings=[_VECTOR], metadatas=[_fields(lease, lease.expires)])
        where = {"$and": [{"document": page.document}, {"kind": "lease"}]}
        newest = max(self._rows.get(where=where, include=["metadatas"])["metadatas"], key=lambda row: row["number"])
        if newest["holder"] != lease.holder:
            raise _held(page.document)
        if len(page.leases) >= OLD_LEASES:
            self._rows.delete(ids=[_row(page.document, number) for number in page.leases])
        return lease

    def _give_back(self, lease: Lease) -> None:
        with suppress(Exception):  # when Chroma is away, it expires by itself
            self._rows.update(ids=[lease.row], metadatas=[_fields(lease, expires=0.0)])


def _fields(lease: Lease, expires: float) -> dict[str, Any]:
    return {
        "document": lease.document,
        "kind": "lease",
        "number": lease.number,
        "holder": lease.holder,
        "expires": expires,
    }


def _row(document: str, number: int) -> str:
    return f"{document}#lease#{number}"


def _held(document: str) -> Unavailable:
    return Unavailable(f"Another event is writing the document {document} at this moment.", retry_after_s=1)
