"""What answering needs, opened together on first use and kept for the life of the process."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from functions.ask.corpus import CorpusHolder
from functions.ask.ladder import Ladder
from functions.ask.providers import open_providers
from functions.ask.rerank import MatrixCache
from functions.shared.embed import Embedder, open_embedder
from functions.shared.settings import Settings
from functions.shared.store import Store
from functions.shared.subject import Subject, read_subject

if TYPE_CHECKING:
    from functions.ask.remote_rerank import RemoteReranker


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything behind a question."""

    settings: Settings
    subject: Subject
    embedder: Embedder
    store: Store
    corpus: CorpusHolder
    matrices: MatrixCache
    ladder: Ladder
    reranker: "RemoteReranker | None" = None

    async def close(self) -> None:
        """Give back every connection."""
        await self.corpus.close()
        await self.ladder.close()
        if self.reranker:
            await self.reranker.close()
        await self.store.close()


async def open_parts(settings: Settings) -> Parts:
    """Open all parts. Raises ModelUnusable and BadSetting; an unreachable Chroma or model is no reason to fail."""
    subject, embedder = await asyncio.gather(
        asyncio.to_thread(read_subject, settings.corpus_dir), asyncio.to_thread(open_embedder, settings)
    )
    store = Store(settings)
    matrices = MatrixCache(store, embedder, settings.matrix_cache_mb)
    ladder = Ladder(open_providers(settings), settings, subject)
    corpus = CorpusHolder(store, embedder.name)
    return Parts(settings, subject, embedder, store, corpus, matrices, ladder, _open_reranker(settings))


def _open_reranker(settings: Settings) -> "RemoteReranker | None":
    if not settings.rerank_url:
        return None
    from functions.ask.remote_rerank import RemoteReranker

    return RemoteReranker(settings)
