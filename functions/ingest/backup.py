"""Back the store up into one file, and restore it.

    python -m functions.ingest.backup save FILE
    python -m functions.ingest.backup restore FILE [--force]
    python -m functions.ingest.backup reindex          (make reindex) the store for the model in MODEL_DIR

Documents, metadata, vectors, token matrices and ledger of CHROMA_COLLECTION at CHROMA_URL (functions/ingest/archive.py
has the format). A restore checks the whole file before it writes anything, builds new collections beside the old ones
and puts them in their place at the end. Over a store that holds something it needs --force. Vectors of another model
than MODEL_DIR's are not taken: the passages are embedded anew from their texts, and the evidence threshold is measured
with them. Exit status 1 with a sentence.
"""

import argparse
import os
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from functions.ingest import vectors
from functions.ingest.archive import Archive, Damaged, Manifest, Writer
from functions.ingest.connection import collection, open_client, reachable
from functions.ingest.listing import now
from functions.shared.embed import Embedder, Floats, open_embedder
from functions.shared.matrix import pack, quantise
from functions.shared.problem import Problem
from functions.shared.settings import BadSetting, Settings
from functions.shared.store import LAYOUT, LEDGER_SUFFIX, TOKENS_SUFFIX, row

# Rows of one request and of one part of the file; a matrix has 20 KB.
PAGE = 500
# A corpus that changes while it is read is read again.
TRIES = 3
# In the order in which a restore puts them in their places: with the passages it becomes visible.
SUFFIXES = {"tokens": TOKENS_SUFFIX, "ledger": LEDGER_SUFFIX, "passages": ""}
INCLUDE = {"tokens": ["metadatas"], "ledger": ["metadatas"], "passages": ["metadatas", "documents", "embeddings"]}
Say = Callable[[str], None]


class CannotRestore(Exception):
    """Why not, and what would help."""


class CannotSave(Exception):
    """The same for a backup."""


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
        found = _existing(open_client(settings), settings.chroma_collection)
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
                say(f"{file}: {_told(manifest)}.")
                return manifest
    finally:
        part.unlink(missing_ok=True)
    raise CannotSave("The corpus changed while it was read, three times: try again when no documents come in.")


def _write(writer: Writer, client: Any, settings: Settings) -> Manifest | None:
    """One try; None when the corpus did not stand still."""
    name = settings.chroma_collection
    with reachable(settings):
        found = {kind: _existing(client, name + suffix) for kind, suffix in SUFFIXES.items()}
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
        after = _existing(client, name)
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


def restore(file: Path, settings: Settings, say: Say = lambda told: None, *, force: bool = False) -> Manifest:
    """Make the store what the file holds. Raises Damaged or CannotRestore before anything is written,
    StoreUnreachable or ModelUnusable.
    """
    archive = Archive(file)
    try:
        embedder = open_embedder(settings)
        manifest, name = archive.manifest, settings.chroma_collection
        say(f"{file}: {_told(manifest)}, whole.")
        with reachable(settings):
            client = open_client(settings)
            old = {kind: _existing(client, name + suffix) for kind, suffix in SUFFIXES.items()}
            if not force and (rows := sum(one.count() for one in old.values() if one)):
                raise CannotRestore(
                    f"The collections of {name} at {settings.chroma_url} hold {rows} rows: --force replaces them."
                )
            same = (manifest.model, manifest.dimension) == (embedder.name, embedder.dimension)
            if not same and manifest.dimension:
                say(
                    f"The vectors are those of {manifest.model} ({manifest.dimension} dimensions), the model here is"
                    f" {embedder.name} ({embedder.dimension}): every passage is embedded anew."
                )
            new = {kind: _fresh(client, manifest, kind, name, embedder, same) for kind in SUFFIXES}
            _fill(new, archive, embedder if not same else None)
            for kind, suffix in SUFFIXES.items():
                if old[kind] is not None:
                    client.delete_collection(name + suffix)
                new[kind].modify(name=name + suffix)
    finally:
        archive.close()
    if not same and manifest.dimension:
        from functions.ingest.recalibrate import recalibrate
        from functions.ingest.upsert import Upserter

        recalibrate(settings, Upserter(settings, embedder))
    say(f"{name} at {settings.chroma_url} holds it now.")
    return manifest


def _fresh(client: Any, manifest: Manifest, kind: str, name: str, embedder: Embedder, same: bool) -> Any:
    """An empty collection beside the one it will replace."""
    aside = f"{name}{SUFFIXES[kind]}.restore"
    if _existing(client, aside) is not None:
        client.delete_collection(aside)
    fields = manifest.fields.get(kind, {})
    if kind == "passages":
        fields = {**fields, "model": embedder.name, "layout": LAYOUT}
        if not same:
            fields["corpus_version"] = uuid.uuid4().hex
    elif not same:
        fields = {}  # the evidence threshold was measured with the other model
    return collection(client, aside, fields or None)


def _fill(new: dict[str, Any], archive: Archive, embedder: Embedder | None) -> None:
    """Every row; with `embedder` the passages are embedded by it."""
    for rows in archive.rows("ledger"):
        _add(new["ledger"], rows, np.tile(np.array([1.0, 0.0], np.float32), (len(rows), 1)))
    for rows in archive.rows("tokens") if embedder is None else ():
        vectors.store(new["tokens"], {one["id"]: one["fields"]["matrix"] for one in rows})
    for rows, saved in archive.passages():
        if embedder is None:
            _add(new["passages"], rows, saved)
            continue
        for start in range(0, len(rows), vectors.AT_ONCE):
            _add(new["passages"], *_embedded(rows[start : start + vectors.AT_ONCE], new["tokens"], embedder))


def _embedded(rows: list[dict[str, Any]], tokens: Any, embedder: Embedder) -> tuple[list[dict[str, Any]], Floats]:
    """The same passages as `embedder` sees them; their matrices are stored."""
    known = [row(one["text"], one["fields"]) for one in rows]
    encoded = embedder.encode_tokens([one.chunk.indexed_text for one in known])
    hashed = [replace(one, hash=one.chunk.content_hash(embedder.name)) for one in known]
    vectors.store(tokens, {one.hash: pack(quantise(each)) for one, each in zip(hashed, encoded, strict=True)})
    fresh = [{**old, "fields": {**old["fields"], "hash": new.hash}} for old, new in zip(rows, hashed, strict=True)]
    return fresh, np.stack([one.vector for one in encoded])


def _add(into: Any, rows: list[dict[str, Any]], vectors_: Floats) -> None:
    if not rows:
        return
    into.add(
        ids=[one["id"] for one in rows],
        embeddings=vectors_,
        metadatas=[one["fields"] for one in rows],
        documents=[one["text"] for one in rows] if "text" in rows[0] else None,
    )


def _existing(client: Any, name: str) -> Any:
    """The collection, or None."""
    from chromadb.errors import NotFoundError

    with suppress(NotFoundError):
        return client.get_collection(name, embedding_function=None)
    return None


def _told(manifest: Manifest) -> str:
    return f"{manifest.rows('passages')} passages, made {manifest.made[:16]} with {manifest.model}"


if __name__ == "__main__":
    main()
