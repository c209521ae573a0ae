"""The ledger: what was last done with each document, and whose turn it is to write it.

One row a turn in `<collection>-ledger`, id `<document>#turn#<number>`:

    number, holder       turns are numbered without an end; the rows written in one bear its number
    expires              seconds of the epoch until which the holder works alone; 0 when it is over
    state                live or withdrawn once the turn is finished, else empty; `past` when a later one is
    time, version        of the event applied
    source, validator    where the document comes from, and what tells there whether it has changed
    generation           of the rows that stand for the document, empty for none
    told                 whether readers have been told

The finished turn with the highest number stands. Chroma has no compare-and-set, but `add` keeps the first of two
rows with one id. So a turn is taken by adding the row after the highest number, and is had when that row is ours,
still the highest, and nothing was finished since the ledger was read. Whoever comes after an expired turn gets a
higher number; should the holder of that turn still be alive, it finds so (`overtaken`), and all it has written is
of a lower number. The highest row is never deleted.
"""

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from functions.ingest.event import Event
from functions.shared.problem import Unavailable
from functions.shared.store import generation_of

# The Broker delivers an event again for a minute: after a crash, the last tries must find the turn expired. It
# protects nobody's data, a writer that takes longer is overtaken.
LEASE_S = 30.0
# Turns that are over are deleted when this many have come together.
OLD_TURNS = 8
# Rows of one request.
PAGE = 1000
# A row needs a vector; nobody searches these.
_VECTOR = [1.0, 0.0]


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands for a document."""

    state: str = ""  # live, withdrawn, or empty for a document never heard of
    time: str = ""
    version: str = ""
    generation: str = ""
    source: str = ""
    validator: str = ""
    told: bool = True

    def is_newer_than(self, event: Event) -> bool:
        """Whether `event` comes too late. Versions decide when both have one, else times; equal is not newer."""
        if self.version and event.version:
            return (self.version, self.time) > (event.version, event.time)
        return self.time > event.time


@dataclass(frozen=True, slots=True)
class Page:
    """A document's rows in the ledger as they were read."""

    document: str
    entry: Entry = Entry()
    finished: int = 0  # the turn that wrote the entry
    entry_row: str = ""
    rows: Mapping[int, str] = field(default_factory=dict)  # ids by number
    highest: int = 0
    holder: str = ""  # of the highest
    expires: float = 0.0  # of the highest, 0 when it is over

    @property
    def unfinished(self) -> bool:
        """Whether the holder of the highest turn may be writing, or has died over it."""
        return self.expires != 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to write one document. `page` is what it was taken after, `until` on the monotonic clock."""

    page: Page
    number: int
    holder: str
    until: float

    @property
    def generation(self) -> str:
        """Of the rows written in it."""
        return generation_of(self.number, self.holder)

    @property
    def row(self) -> str:
        """Its row's id."""
        return f"{self.page.document}#turn#{self.number}"

    @property
    def in_time(self) -> bool:
        """Whether nobody can have overtaken it yet."""
        return time.monotonic() < self.until


class Ledger:
    """The ledger over its Chroma collection. What the client raises is left to the caller."""

    def __init__(self, collection: Any) -> None:
        self._rows = collection

    def read(self, documents: Iterable[str]) -> dict[str, Page]:
        """What stands for each of the documents."""
        wanted = list(documents)
        found = self._rows.get(where={"document": {"$in": wanted}}, include=["metadatas"])
        return {name: Page(name) for name in wanted} | _pages(found)

    def take(self, pages: Sequence[Page], above: Mapping[str, int]) -> dict[str, Turn]:
        """Turns after `pages`, by document; a document that somebody else has, or has written, is left out.

        `above`: the highest number that the document's rows bear already.
        """
        holder, until = uuid.uuid4().hex[:12], time.monotonic() + LEASE_S
        turns = {
            page.document: Turn(page, max(page.highest, above[page.document]) + 1, holder, until)
            for page in pages
            if page.expires < time.time()
        }
        if turns:
            self._rows.add(**_columns((turn, {"expires": time.time() + LEASE_S}) for turn in turns.values()))
        now = self.read(turns) if turns else {}
        had = {
            document: turn
            for document, turn in turns.items()
            if now[document].holder == holder and now[document].finished == turn.page.finished
        }
        # A row that another has taken under the same number is not ours to end.
        self.give_back(turns[document] for document in turns.keys() - had.keys() if now[document].holder == holder)
        return had

    def finish(self, entries: Sequence[tuple[Turn, Entry]], over: bool = True) -> None:
        """Write what stands after each turn, and that it is over. One request."""
        end = {"expires": 0.0} if over else {}
        done = _columns((turn, {**end, **asdict(entry)}) for turn, entry in entries)
        past = [turn for turn, _ in entries if turn.page.entry_row]
        done["ids"] += [turn.page.entry_row for turn in past]
        done["embeddings"] += [_VECTOR] * len(past)
        done["metadatas"] += [
            {"document": turn.page.document, "number": turn.page.finished, "expires": 0.0, "state": "past"}
            for turn in past
        ]
        self._rows.upsert(**done)

    def overtaken(self, turns: Sequence[Turn]) -> dict[str, Page]:
        """Pages of the documents of which a later turn was taken. Asks Chroma for those out of time only."""
        late = {turn.page.document: turn for turn in turns if not turn.in_time}
        pages = self.read(late) if late else {}
        return {document: page for document, page in pages.items() if page.highest > late[document].number}

    def tidy(self, turns: Sequence[Turn]) -> None:
        """Delete the rows of turns long over."""
        if old := [row for turn in turns if len(turn.page.rows) >= OLD_TURNS for row in turn.page.rows.values()]:
            self._rows.delete(ids=old)

    def give_back(self, turns: Iterable[Turn], **fields: str) -> None:
        """End turns without an entry, or with these fields changed. When Chroma is away, they expire."""
        if columns := _columns((turn, {"expires": 0.0, **fields}) for turn in turns):
            with suppress(Exception):
                self._rows.update(ids=columns["ids"], metadatas=columns["metadatas"])

    def documents(self) -> int:
        """How many are live."""
        return len(self._rows.get(where={"state": "live"}, include=[])["ids"])

    def entries(self, state: str = "live") -> Iterator[tuple[str, Entry]]:
        """Every document in that state with its entry, by pages of rows."""
        offset = 0
        while True:
            found = self._rows.get(where={"state": state}, include=["metadatas"], limit=PAGE, offset=offset)
            for page in _pages(found).values():
                yield page.document, page.entry
            if len(found["ids"]) < PAGE:
                return
            offset += PAGE


def held(document: str) -> Unavailable:
    """The problem of an event whose document is somebody else's for the moment."""
    return Unavailable(f"Another event is writing the document {document} at this moment.", retry_after_s=1)


def _pages(found: Mapping[str, Any]) -> dict[str, Page]:
    """Rows put together by document."""
    rows: dict[str, dict[int, tuple[str, dict[str, Any]]]] = {}
    for key, told in zip(found["ids"], found["metadatas"], strict=True):
        # Before turns, an entry was a row without a number beside numbered leases.
        rows.setdefault(told["document"], {})[told.get("number", 0)] = key, told
    return {document: _page(document, turns) for document, turns in rows.items()}


def _page(document: str, turns: Mapping[int, tuple[str, dict[str, Any]]]) -> Page:
    finished = max((n for n, (_, told) in turns.items() if told.get("state") in ("live", "withdrawn")), default=0)
    entry_row, entry = turns.get(finished, ("", {}))
    highest = max(turns)
    _, last = turns[highest]
    return Page(
        document,
        Entry(**{f.name: entry[f.name] for f in fields(Entry) if f.name in entry and entry.get("state")}),
        finished,
        entry_row if entry.get("state") else "",
        {number: key for number, (key, _) in turns.items()},
        highest,
        last.get("holder", ""),
        last.get("expires", 0.0),
    )


def _columns(turns: Iterable[tuple[Turn, Mapping[str, Any]]]) -> dict[str, list[Any]]:
    """Chroma's arguments for the rows of some turns; empty for none."""
    rows = [
        (turn.row, {"document": turn.page.document, "number": turn.number, "holder": turn.holder, **told})
        for turn, told in turns
    ]
    if not rows:
        return {}
    return {
        "ids": [key for key, _ in rows],
        "embeddings": [_VECTOR] * len(rows),
        "metadatas": [told for _, told in rows],
    }
