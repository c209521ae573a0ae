"""Bring a folder of documents, or another source, into the store.

    python -m functions.ingest.cli corpus [--dry-run] [--force]
    python -m functions.ingest.cli corpus --url http://127.0.0.1:8082 [--wait SECONDS]

Markdown (but no README.md), plain text, HTML, PDF, DOCX and a JSON Resume (`resume.json`, `*.resume.json`) are taken,
from sub-folders as well. A document's id is its path in the folder without the extension.

The first form compares the folder (or s3://bucket/prefix, or the address of a sitemap) with the store and makes them
equal: CHROMA_URL says where that is. Interrupted, it goes on where it was. What was removed from the folder is removed
from the store. The second form sends every document to ingest as a CloudEvent, and removes nothing.
Exit status 1 when any document was refused, could not be sent, or stays against the folder.
"""

import argparse
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import httpx

from functions.ingest.event import PUBLISHED, Published
from functions.ingest.listing import Folder, Place, folder_source
from functions.ingest.media import MEDIA_TYPES
from functions.shared.problem import Problem
from functions.shared.settings import BadSetting, Settings

# A long PDF is parsed and embedded before ingest answers.
TIMEOUT_S = 300.0


class NotSent(Exception):
    """A document that ingest did not take; the message says why."""


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description="Bring a folder of documents into the store.")
    options.add_argument("source", help="folder with the documents; or s3://bucket/prefix, or a sitemap's address")
    options.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    options.add_argument("--force", action="store_true", help="remove even if most of it is gone from the folder")
    options.add_argument("--url", help="send a folder to the ingest function there instead, as CloudEvents")
    options.add_argument("--wait", type=float, default=0.0, metavar="S", help="with --url: seconds to wait for ingest")
    arguments = options.parse_args()
    try:
        settings = Settings.read()
        if arguments.url:
            done = send(Path(arguments.source), arguments.url, arguments.wait, settings.event_type_prefix)
        else:
            done = load(arguments.source, settings, arguments.force, arguments.dry_run)
    except (NotSent, BadSetting) as problem:
        sys.exit(str(problem))
    except Problem as problem:
        sys.exit(problem.detail)
    except KeyboardInterrupt:
        sys.exit("interrupted; started again, it goes on from here.")
    sys.exit(0 if done else 1)


def load(source: str, settings: Settings, force: bool, dry_run: bool) -> bool:
    """Reconcile the source with the store, showing how far it is; whether all of it is as it should be."""
    from functions.ingest.recalibrate import recalibrate
    from functions.ingest.reconcile import listing_of, reconcile  # with the model and the client of Chroma
    from functions.ingest.upsert import Upserter
    from functions.shared.embed import open_bulk_embedder

    listing = listing_of(source, settings)
    if not (count := len(listing.look().places)) and not force:
        raise NotSent(f"{source} holds no documents: {', '.join(MEDIA_TYPES)} are taken.")
    upserter = Upserter(settings, open_bulk_embedder(settings))
    with _progress(count) as progress:

        def told(name: str, done: str) -> None:
            progress.write(f"{_short(name, source)}: {done}")
            progress.update(1)

        report = reconcile(
            source, settings, listing=listing, upserter=upserter, force=force, dry_run=dry_run, progress=told
        )
    print(f"{'Would be: ' if dry_run else ''}{report}")
    if report.moved:
        recalibrate(settings, upserter)
    return not (report.failed or report.problems or report.kept)


def send(folder: Path, url: str, wait_s: float, prefix: str) -> bool:
    """Send every document of `folder`; whether all were accepted. Raises NotSent when there is none to send."""
    listing = Folder(folder, folder_source(folder))
    look = listing.look()
    if not look.places:
        raise NotSent(f"{folder} holds no documents: {', '.join(MEDIA_TYPES)} are sent.")
    deadline = time.monotonic() + wait_s
    failures = len(look.problems)
    with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client, _progress(len(look.places)) as progress:
        for problem in look.problems:
            progress.write(problem)
        for place in look.places:
            name = _short(place.where, str(folder))
            try:
                progress.write(f"{name}: {send_one(client, listing, place, url, deadline, prefix)}")
            except NotSent as problem:
                failures += 1
                progress.write(f"{name}: {problem}")
            progress.update(1)
    accepted = len(look.places) + len(look.problems) - failures
    print(f"{accepted} of {len(look.places)} documents accepted.")
    return not failures


def send_one(client: httpx.Client, listing: Folder, place: Place, url: str, deadline: float, prefix: str) -> str:
    """What ingest did with the document; "later" is tried again until `deadline` (monotonic). Raises NotSent."""
    try:
        published = listing.read(place, "")
    except Problem as cause:
        raise NotSent(cause.detail) from cause
    return _told(_post(client, url, _headers(published, f"{prefix}.{PUBLISHED}"), published.content, deadline))


def _short(name: str, source: str) -> str:
    """A file's name as seen from its folder."""
    return str(Path(name).relative_to(source)) if Path(name).is_relative_to(source) else name


def _headers(published: Published, kind: str) -> dict[str, str]:
    return {
        "content-type": published.content_type,
        "ce-specversion": "1.0",
        "ce-type": kind,
        "ce-source": published.source,
        "ce-id": str(uuid.uuid4()),
        "ce-time": published.time,
        "ce-subject": quote(published.document),
    }


def _post(client: httpx.Client, url: str, headers: dict[str, str], content: bytes, deadline: float) -> httpx.Response:
    """The reply of ingest, which took the event. Raises NotSent."""
    while True:
        try:
            response = client.post(url, content=content, headers=headers)
        except httpx.HTTPError as cause:
            outcome = f"ingest at {url} does not answer ({type(cause).__name__})."
        else:
            if response.status_code in (200, 204):
                return response
            outcome = _problem(response)
            if response.status_code != 503:
                raise NotSent(outcome)
        if time.monotonic() >= deadline:
            raise NotSent(outcome)
        time.sleep(0.2)


def _told(response: httpx.Response) -> str:
    if response.status_code == 204:
        return "unchanged"
    report = response.json()
    told = f"{report['chunks']} passages, {report['embedded']} embedded"
    if report.get("redactions"):
        told += ", redacted " + ", ".join(f"{count} {kind}" for kind, count in report["redactions"].items())
    if report.get("withheld"):
        told += ", kept out: " + "; ".join(report["withheld"])
    if never := report.get("kept_out", {}).get("never"):
        told += f", left out: {never} for nobody"
    return told


def _problem(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{response.request.url} answered {response.status_code}, and it is no ingest."


class _Progress(Protocol):
    def write(self, s: str) -> None: ...

    def update(self, n: float) -> object: ...


class _Lines:
    """Without a terminal, or without tqdm: a line a document."""

    def write(self, s: str) -> None:
        print(s, flush=True)

    def update(self, n: float) -> None:
        pass


@contextmanager
def _progress(total: int) -> Iterator[_Progress]:
    """A bar with the lines above it."""
    if not sys.stdout.isatty():
        yield _Lines()
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield _Lines()
        return
    with tqdm(total=total, unit="doc") as bar:
        yield bar


if __name__ == "__main__":
    main()
