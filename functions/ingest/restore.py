"""A backup file → the store, in one step for readers.

The whole file is checked before anything is written, new collections are built beside the old ones and put in their
place at the end. Vectors of another model than MODEL_DIR's are not taken: the passages are embedded anew from their
texts, and the evidence threshold is measured with them.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from functions.ingest import vectors
from functions.ingest.archive import SUFFIXES, Archive, Manifest
from functions.ingest.connection import collection, existing, open_client, reachable
from functions.shared.embed import Embedder, Floats, open_bulk_embedder
from functions.shared.matrix import pack, quantise
from functions.shared.settings import Settings
from functions.shared.store import LAYOUT, row

Say = Callable[[str], None]


class CannotRestore(Exception):
    """Why not, and what would help."""


def restore(file: Path, settings: Settings, say: Say = lambda told: None, *, force: bool = False) -> Manifest:
    """Make the store what the file holds. Raises Damaged or CannotRestore before anything is written,
    StoreUnreachable or ModelUnusable.
    """
    archive = Archive(file)
    try:
        embedder = open_bulk_embedder(settings)
        manifest, name = archive.manifest, settings.chroma_collection
        say(f"{file}: {manifest.told}, whole.")
        with reachable(settings):
            client = open_client(settings)
            old = {kind: existing(client, name + suffix) for kind, suffix in SUFFIXES.items()}
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
    if existing(client, aside) is not None:
        client.delete_collection(aside)
    fields = manifest.fields.get(kind, {})
    if kind == "passages":
        fields = {**fields, "model": embedder.name, "layout": LAYOUT}
        if not same:
            fields["corpus_version"] = uuid.uuid4().hex
    elif not same:
        fields = {}  # the evidence threshold was measured with the other model
    return collection(client, aside, fields or None, of_matrices=kind == "tokens")


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
