"""A whole source against the store: what it holds is added or changed, what it no longer holds is removed.

Only documents of that source are ever removed, never after a listing that was incomplete, and no more than 30 % of them
unless forced. A document that the store has from another source is left to that source. Whatever is as it should be is
neither written nor embedded, so a run that was interrupted is simply started again.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from functions.ingest.change import Change, Written
from functions.ingest.chunk import chunk
from functions.ingest.events import Located, Published, Withdrawn
from functions.ingest.ledger import Entry
from functions.ingest.listing import Bucket, Fetch, Folder, Listing, Look, Place, Site, Unreadable, folder_source, now
from functions.ingest.load import load
from functions.ingest.parse import parse
from functions.ingest.privacy import Screened, check_id, open_redactor, privacy, shown_id
from functions.ingest.upsert import Upserter
from functions.shared.embed import open_bulk_embedder
from functions.shared.problem import Problem, Refused
from functions.shared.settings import Settings

# More than this share of a source's documents gone at once is more likely a mistake than a wish.
MOST_REMOVED = 0.3
# Told of each place of the source as it is done, and of each document removed: its name and what was done.
Progress = Callable[[str, str], None]


@dataclass
class Report:
    """What was done, or with `dry_run` what would be. Ids of documents."""

    source: str
    dry_run: bool = False
    documents: int = 0  # that the source holds
    unchanged: int = 0
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)  # and why
    elsewhere: dict[str, str] = field(default_factory=dict)  # and the source each belongs to
    problems: list[str] = field(default_factory=list)  # of the listing, which is incomplete then
    kept: list[str] = field(default_factory=list)  # gone from the source, and nevertheless not removed
    embedded: int = 0  # passages

    @property
    def moved(self) -> bool:
        """Whether the corpus is another one than before."""
        return not self.dry_run and bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        counts = {
            "added": len(self.added),
            "changed": len(self.changed),
            "removed": len(self.removed),
            "failed": len(self.failed),
            "left to other sources": len(self.elsewhere),
        }
        told = [f"{self.documents} documents", f"{self.unchanged} unchanged"]
        told += [f"{count} {what}" for what, count in counts.items() if count]
        if self.kept:
            why = (
                f"the listing is incomplete: {self.problems[0]}"
                if self.problems
                else f"they are more than {MOST_REMOVED:.0%} of the source's; that takes --force."
            )
            return f"{', '.join(told)}. {len(self.kept)} that are gone stay, because {why}"
        return f"{', '.join(told)}." + "".join(f" {problem}" for problem in self.problems[:1])


def reconcile(
    source: str,
    settings: Settings,
    *,
    listing: Listing | None = None,
    upserter: Upserter | None = None,
    force: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda name, done: None,
) -> Report:
    """Make the store hold what `source` does: a folder, s3://bucket/prefix, or the address of a list of pages.

    Raises Refused for a source that is none, Unavailable when Chroma or the model is not there.
    """
    listing = listing or listing_of(source, settings)
    started, look = now(), listing.look()
    upserter = upserter or Upserter(settings, open_bulk_embedder(settings))
    run = _Run(settings, listing, upserter, look, progress, Report(listing.source, dry_run))
    run.publish()
    run.remove(started, force)
    if not dry_run:
        upserter.sweep_matrices()
    return run.report


def listing_of(source: str, settings: Settings, fetch: Fetch | None = None) -> Listing:
    """The listing that `source` names; empty is CORPUS_DIR. Raises Refused for a place outside SOURCES."""
    if source.startswith("s3://"):
        return Bucket(source, fetch or _fetcher(source, settings, outside=True))
    if source.startswith(("https://", "http://")):
        return Site(source, fetch or _fetcher(source, settings))
    folder = Path(source or settings.corpus_dir)
    return Folder(folder, folder_source(folder))


def _fetcher(source: str, settings: Settings, outside: bool = False) -> Fetch:
    """How what lies elsewhere is fetched. `outside`: the listing itself may be asked for at a place above SOURCES."""
    from functions.ingest.fetch import fetch  # for the sources that need it
    from functions.ingest.sources import checked

    checked(source, settings)

    def fetched(address: str, validator: str) -> Published | None:
        where = address if outside else checked(address, settings)
        asked = Located(uuid.uuid4().hex, source, where, now(), "", location=where)
        found = asyncio.run(fetch(asked, validator, settings))
        if isinstance(found, Withdrawn):
            raise Unreadable(f"{address} is gone.")
        return found

    return fetched


@dataclass
class _Run:
    """One comparison, and what it leads to."""

    settings: Settings
    listing: Listing
    upserter: Upserter
    look: Look
    progress: Progress
    report: Report

    def __post_init__(self) -> None:
        self.report.documents = len(self.look.places)
        self.report.problems += self.look.problems
        self.stored: dict[str, Entry] = self.upserter.entries()
        self.redactor = open_redactor(self.settings)
        self.names = {place.document: place.where for place in self.look.places}
        self.remarks: dict[str, str] = {}  # of documents, about what was kept out

    def publish(self) -> None:
        """Add and change."""
        self._apply(self._changes())

    def remove(self, started: str, force: bool) -> None:
        """Withdraw what the source no longer holds, as far as that is safe. `started`: before it was looked at."""
        live = {document: entry for document, entry in self.stored.items() if entry.state == "live"}
        ours = [document for document, entry in live.items() if self.listing.owns(document, entry)]
        gone = sorted(set(ours) - self.names.keys())
        if gone and (self.report.problems or (len(gone) > MOST_REMOVED * len(ours) and not force)):
            self.report.kept = gone
            return
        self._apply(Change(self._withdrawn(document, started), [], "withdrawn") for document in gone)

    def _changes(self) -> Iterator[Change]:
        for place in self.look.places:
            entry = self.stored.get(place.document, Entry())
            if entry.source and not self.listing.owns(place.document, entry):
                self.report.elsewhere[place.document] = entry.source
                self._done(place.document, f"left to {entry.source}")
                continue
            try:
                yield from self._change(place, entry)
            except Problem as problem:
                self._failed(place.document, problem)

    def _change(self, place: Place, entry: Entry) -> Iterator[Change]:
        """What the document's event would do."""
        check_id(place.document, self.redactor)
        try:
            found = self.listing.read(place, entry.validator if entry.state == "live" else "")
        except Problem as problem:
            self.report.problems.append(problem.detail)  # whatever is not read, is not known
            raise
        if found is None:
            self.report.unchanged += 1
            self._done(place.document, "unchanged")
            return
        published = replace(found, version=entry.version)
        document = parse(published)
        try:
            screened = privacy(document, self.redactor)
        except Refused:
            if entry.state == "live":  # it was public before
                yield Change(self._withdrawn(place.document, published.time), [], "withdrawn")
            raise
        self.remarks[place.document] = _remark(screened)
        yield Change(published, chunk(screened.document, self.settings))

    def _withdrawn(self, document: str, time: str) -> Withdrawn:
        version = self.stored[document].version
        return Withdrawn(uuid.uuid4().hex, self.listing.source, document, time, version)

    def _apply(self, changes: Iterable[Change]) -> None:
        for change, found, written in load(changes, self.upserter, self.report.dry_run):
            self._note(change, found, written)

    def _note(self, change: Change, found: str, written: Written | Problem | None) -> None:
        document = change.event.document
        if isinstance(written, Problem):
            self._failed(document, written)
        elif found not in ("new", "changed"):
            self.report.unchanged += 1
            self._done(document, "unchanged")
        elif change.state == "withdrawn":
            self.report.removed.append(document)
            self._done(document, "removed")
        else:
            (self.report.added if found == "new" else self.report.changed).append(document)
            embedded = written.embedded if written else 0
            self.report.embedded += embedded
            told = f"{len(change.chunks)} passages, {embedded} embedded" if written else found
            self._done(document, told + self.remarks.get(document, ""))

    def _failed(self, document: str, problem: Problem) -> None:
        detail, _ = self.redactor.redact(problem.detail)  # it goes to the log
        self.report.failed[shown_id(document, self.redactor)] = detail
        self._done(document, detail)

    def _done(self, document: str, done: str) -> None:
        self.progress(self.names.get(document, document), done)


def _remark(screened: Screened) -> str:
    told = ""
    if screened.redactions:
        told += ", redacted " + ", ".join(f"{count} {kind}" for kind, count in screened.redactions.items())
    if screened.withheld:
        told += ", kept out: " + "; ".join(screened.withheld)
    if never := screened.kept_out.get("never"):
        told += f", left out: {never} for nobody"
    return told
