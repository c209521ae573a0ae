"""Back the store up into one file, and restore it.

    python -m functions.ingest.backup save FILE
    python -m functions.ingest.backup restore FILE [--force]
    python -m functions.ingest.backup reindex          (make reindex) the store for the model in MODEL_DIR

Documents, metadata, vectors, token matrices and ledger of CHROMA_COLLECTION at CHROMA_URL (functions/ingest/archive.py
has the format, functions/ingest/restore.py how it is put back). Over a store that holds something a restore needs
--force. Exit status 1 with a sentence.
"""

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from functions.ingest.archive import SUFFIXES, Damaged, Manifest, Writer
from functions.ingest.connection import existing, open_client, reachable
from functions.ingest.listing import now
from functions.ingest.restore import CannotRestore, Say, restore
from functions.shared.embed import open_embedder
from functions.shared.problem import Problem
from functions.shared.settings import BadSetting, Settings

# Rows of one request and of one part of the file; a matrix has 20 KB.
PAGE = 500
# A corpus that changes while it is read is read again.
TRIES = 3
INCLUDE = {"tokens": ["metadatas"], "ledger": ["metadatas"], "passages": ["metadatas", "documents", "embeddings"]}


class CannotSave(Exception):
    """Why not, and what would help."""


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description="Back the store up into one file, or restore it.")
    actions = options.add_subparsers(dest="action", required=True)
    for name, told in (("save", "write FILE"), ("restore", "make the store what FILE holds")):
        action = actions.add_parser(name, help=told)
        action.add_argument("file", type=Path)
        if name == "restore":
            action.add_argument("--force", action="store_true", help="replace what the store holds")
    actions.add_parser("reindex", help="embed every passage anew where the model is another")
    arguments = options.parse_args()
    try:
        settings = Settings.read()
        if arguments.action == "reindex":
            reindex(settings, print)
        elif arguments.action == "save":
            save(arguments.file, settings, print)
        else:
            restore(arguments.file, settings, print, force=arguments.force)
    except (BadSetting, Damaged, CannotSave, CannotRestore) as problem:
        sys.exit(str(problem))
    except Problem as problem:
        sys.exit(problem.detail)
    except OSError as cause:
        sys.exit(f"{cause.filename or arguments.action}: {cause.strerror or cause}.")


def reindex(settings: Settings, say: Say = lambda told: None) -> bool:
    """Embed the store anew where its vectors are of another model; whether they were.

    Raises CannotSave, StoreUnreachable or ModelUnusable; what breaks before its end leaves the store as it was.
    """
    with reachable(settings):
        found = existing(open_client(settings), settings.chroma_collection)
    stored, model = (found.metadata or {}).get("model", "") if found else "", open_embedder(settings).name
    if stored in ("", model):
        say(f"{settings.chroma_collection} at {settings.chroma_url} is of {model}: nothing to do.")
        return False
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "store"
        save(file, settings)
        restore(file, settings, say, force=True)
    return True


def save(file: Path, settings: Settings, say: Say = lambda told: None) -> Manifest:
    """Write the backup; FILE appears when it is whole. Raises CannotSave, StoreUnreachable or OSError."""
    with reachable(settings):
        client = open_client(settings)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        for _ in range(TRIES):
            writer = Writer(part)
            try:
                manifest = _write(writer, client, settings)
            finally:
                writer.close()
            if manifest:
                os.replace(part, file)
                say(f"{file}: {manifest.told}.")
                return manifest
    finally:
        part.unlink(missing_ok=True)
    raise CannotSave("The corpus changed while it was read, three times: try again when no documents come in.")


def _write(writer: Writer, client: Any, settings: Settings) -> Manifest | None:
    """One try; None when the corpus did not stand still."""
    name = settings.chroma_collection
    with reachable(settings):
        found = {kind: existing(client, name + suffix) for kind, suffix in SUFFIXES.items()}
    passages = found["passages"]
    if passages is None:
        raise CannotSave(f"There is no collection {name} at {settings.chroma_url}: nothing to save.")
    fields = {kind: dict(one.metadata or {}) for kind, one in found.items() if one}
    manifest = Manifest(fields["passages"].get("model", ""), 0, now(), fields)
    seen: Counter[tuple[str, str, int]] = Counter()
    for kind, one in found.items():
        for page in _pages(one, kind, settings):
            writer.rows(kind, _rows(page, kind))
            if kind == "passages":
                writer.vectors(page["embeddings"])
                manifest.dimension = page["embeddings"].shape[1]
                seen.update((each["document"], each["generation"], each["of"]) for each in page["metadatas"])
    with reachable(settings):
        after = existing(client, name)
        rested = after is not None and after.metadata == passages.metadata and after.count() == seen.total()
    if not rested or not _whole(seen):
        return None
    writer.finish(manifest)
    return manifest


def _whole(seen: Counter[tuple[str, str, int]]) -> bool:
    """Whether every document has a generation that was read to its last row."""
    documents = {document for document, _, _ in seen}
    return documents == {document for (document, _, of), count in seen.items() if count == of}


def _pages(found: Any, kind: str, settings: Settings) -> Iterator[Any]:
    """A collection's rows as Chroma gives them."""
    offset = 0
    while found is not None:
        with reachable(settings):
            page = found.get(limit=PAGE, offset=offset, include=INCLUDE[kind])
        if page["ids"]:
            yield page
        if len(page["ids"]) < PAGE:
            return
        offset += PAGE


def _rows(page: Any, kind: str) -> list[dict[str, Any]]:
    """Rows as they stand in the file. Of the ledger only what stands: a turn under way is nobody's there."""
    rows = [{"id": key, "fields": fields} for key, fields in zip(page["ids"], page["metadatas"], strict=True)]
    if kind == "ledger":
        stands = [one for one in rows if one["fields"].get("state") in ("live", "withdrawn")]
        return [{**one, "fields": {**one["fields"], "expires": 0.0}} for one in stands]
    if kind == "passages":
        return [{**one, "text": text} for one, text in zip(rows, page["documents"], strict=True)]
    return rows


if __name__ == "__main__":
    main()
