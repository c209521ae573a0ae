"""Rows as ingest leaves them, and the wire to Chroma with something happening on it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import chromadb
import httpx

from functions.ask import corpus
from functions.ask.holder import CorpusHolder
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LAYOUT, TOKENS_SUFFIX, metadata


class Writer:
    """Rows written directly, as ingest leaves them."""

    def __init__(self, settings: Settings) -> None:
        port = int(settings.chroma_url.rpartition(":")[2])
        self._client = chromadb.HttpClient(host="127.0.0.1", port=port)
        self._rows: Any = self._client.get_or_create_collection(
            settings.chroma_collection, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def document(self, name: str, *texts: str, generation: str = "g1", of: int | None = None) -> None:
        chunks = [Chunk(name, position, "Work", "", "", text) for position, text in enumerate(texts)]
        self._rows.upsert(
            ids=[chunk.id for chunk in chunks],
            documents=list(texts),
            embeddings=[vector(chunk.position) for chunk in chunks],
            metadatas=[metadata(chunk, chunk.content_hash("m"), generation, of or len(texts)) for chunk in chunks],
        )

    def retire(self, row: str) -> None:
        self._rows.update(ids=[row], metadatas=[{"live": False}])

    def version(self, version: str, layout: int = LAYOUT) -> None:
        self._rows.modify(metadata={"corpus_version": version, "model": "m", "layout": layout})

    def delete(self) -> None:
        self._client.delete_collection(self._rows.name)


class Between(httpx.AsyncHTTPTransport):
    """The wire to Chroma, with something happening after a read of rows."""

    def __init__(self, happens: Callable[[int], None] = lambda reads: None) -> None:
        super().__init__()
        self._happens = happens
        self.reads, self.heads, self.open = 0, 0, asyncio.Event()
        self.open.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self.open.wait()
        response = await super().handle_async_request(request)
        await response.aread()
        if request.url.path.endswith("/get"):
            self.reads += 1
            await asyncio.to_thread(self._happens, self.reads)
        elif request.method == "GET" and not request.url.path.endswith(TOKENS_SUFFIX):
            self.heads += 1
        return response


def vector(position: int) -> list[float]:
    return [1.0 if number == position % 4 else 0.0 for number in range(4)]


async def until(happens: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it is so."""
    async with asyncio.timeout(20):
        while not await happens():
            await asyncio.sleep(0.01)


def texts(found: corpus.Corpus) -> list[str]:
    return [row.chunk.text for row in found.rows]


def has_vectors(holder: CorpusHolder) -> Callable[[], Awaitable[bool]]:
    async def loaded() -> bool:
        return (await holder.current())[0].vectors is not None

    return loaded
