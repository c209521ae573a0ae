"""What answering needs, opened together on first use and kept for the life of the process."""

import asyncio
from dataclasses import dataclass

from functions.ask.corpus import CorpusHolder
from functions.ask.ladder import Ladder
from functions.ask.providers import open_providers
from functions.ask.rerank import MatrixCache
from functions.shared.embed import Embedder, open_embedder
from functions.shared.settings import Settings
from functions.shared.store import Store
from functions.shared.subject import Subject, read_subject


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

    async def close(self) -> None:
        """Give back every connection."""
        await self.corpus.close()
        await self.ladder.close()
        await self.store.close()


async def open_parts(settings: Settings) -> Parts:
    """Open all parts. Raises ModelUnusable and BadSetting; an unreachable Chroma or model is no reason to fail."""
    subject, embedder = await asyncio.gather(
        asyncio.to_thread(read_subject, settings.corpus_dir), asyncio.to_thread(open_embedder, settings)
    )
    store = Store(settings)
    matrices = MatrixCache(store, embedder, settings.matrix_cache_mb)
    ladder = Ladder(open_providers(settings), settings)
    return Parts(settings, subject, embedder, store, CorpusHolder(store, embedder.name), matrices, ladder)
