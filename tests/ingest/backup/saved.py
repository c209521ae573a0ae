"""What is saved, and another place to restore it to."""

import uuid
from typing import Any

from functions.ingest.connection import open_client
from functions.shared.records import Chunk
from functions.shared.settings import Settings

TEXTS = ("He builds pipelines.", "Er lebt in Mainz.", "SQL and Python.")


def chunks(document: str, *texts: str) -> list[Chunk]:
    return [Chunk(document, n, "Title", "https://h/", "Work", text) for n, text in enumerate(texts)]


def elsewhere(settings: Settings) -> Settings:
    """Another, empty place in the same Chroma."""
    return Settings(
        chroma_url=settings.chroma_url, chroma_collection=f"t{uuid.uuid4().hex}", model_dir=settings.model_dir
    )


def contents(settings: Settings, suffix: str) -> dict[str, tuple[Any, ...]]:
    """Every row of a collection."""
    found = open_client(settings).get_collection(settings.chroma_collection + suffix, embedding_function=None)
    include = ["metadatas", "documents", "embeddings"]
    rows = found.get(include=include)
    told = [{k: v for k, v in fields.items() if k != "made"} for fields in rows["metadatas"]]
    vectors = [tuple(vector) for vector in rows["embeddings"]]
    return dict(zip(rows["ids"], zip(told, rows["documents"], vectors, strict=True), strict=True))


def names(settings: Settings) -> set[str]:
    return {one.name for one in open_client(settings).list_collections() if settings.chroma_collection in one.name}
