"""What answering needs, opened together on first use and kept for the life of the process."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from functions.ask.budget import Budget, Metered
from functions.ask.cache import AnswerCache
from functions.ask.holder import CorpusHolder
from functions.ask.ladder import Ladder
from functions.ask.limits import Limits
from functions.ask.providers import Provider, open_providers
from functions.ask.rerank import MatrixCache
from functions.ask.turns import Turns
from functions.shared.embed import Embedder, open_embedder
from functions.shared.embed.batching import Batching
from functions.shared.redis import Redis
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
    limits: Limits
    budget: Budget
    cache: AnswerCache | None = None
    redis: Redis | None = None
    reranker: "RemoteReranker | None" = None
    turns: Turns = field(default_factory=lambda: Turns(0))

    async def close(self) -> None:
        """Give back every connection."""
        if self.cache:
            await self.cache.close()
        await self.corpus.close()
        await self.ladder.close()
        await self.budget.close()
        if self.redis:
            await self.redis.close()
        if self.reranker:
            await self.reranker.close()
        await self.store.close()


async def open_parts(settings: Settings) -> Parts:
    """Open all parts. Raises ModelUnusable and BadSetting; an unreachable Chroma or model is no reason to fail."""
    subject, embedder, redis = await asyncio.gather(
        asyncio.to_thread(read_subject, settings.corpus_dir),
        asyncio.to_thread(_open_embedder, settings),
        asyncio.to_thread(_open_redis, settings),
    )
    store = Store(settings)
    matrices = MatrixCache(store, embedder, settings.matrix_cache_mb)
    budget = Budget(settings, redis)
    providers = _metered(open_providers(settings), budget)
    return Parts(
        settings,
        subject,
        embedder,
        store,
        CorpusHolder(store, embedder.name),
        matrices,
        Ladder(providers, settings, subject),
        Limits(settings, redis),
        budget,
        _open_cache(settings, providers, redis),
        redis,
        _open_reranker(settings),
        # Without a language model there is nothing to be early for, and many encoded together take less.
        Turns() if providers else Turns(0),
    )


def _open_embedder(settings: Settings) -> Embedder:
    return Batching(open_embedder(settings, questions=True))


def _open_redis(settings: Settings) -> Redis | None:
    return Redis(settings) if settings.redis_url else None


def _metered(providers: Sequence[Provider], budget: Budget) -> Sequence[Provider]:
    return [Metered(provider, budget) for provider in providers] if budget.limited else providers


def _open_cache(settings: Settings, providers: Sequence[Provider], redis: Redis | None) -> AnswerCache | None:
    models = [f"{provider.name}:{provider.model}" for provider in providers]
    return AnswerCache(settings, models, redis) if settings.answer_cache == "on" else None


def _open_reranker(settings: Settings) -> "RemoteReranker | None":
    if not settings.rerank_url:
        return None
    from functions.ask.remote_rerank import RemoteReranker

    return RemoteReranker(settings)
