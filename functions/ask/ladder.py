"""hosted → local → extractive: the best rung that can write now writes; the reply says which it was.

All rungs together have one deadline for the first token; what a rung used up is gone for the next, and
while another model waits below, a rung may use up only a share. A rung that dies after its first token takes
its text with it: Reset, and the next rung writes from the beginning, with time of its own.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from functions.ask.evidence import Evidence
from functions.ask.providers import Provider, ProviderFailed
from functions.ask.providers.extractive import MODEL, quote
from functions.ask.release import Rules
from functions.ask.rung import Compose, Limits, Rung, Skipped, Step, Written
from functions.ask.stream import Reset, Token
from functions.shared import metrics
from functions.shared.records import Provider as ProviderName
from functions.shared.settings import Settings
from functions.shared.subject import Subject

__all__ = ["Compose", "Ladder", "Step", "Written"]

log = logging.getLogger(__name__)

# How much of the time left for the first token a rung may take while another model waits below it.
SHARE = 0.6


class Ladder:
    """The configured rungs, best first. The extractive rung is always below them."""

    def __init__(self, providers: Sequence[Provider], settings: Settings, subject: Subject | None = None) -> None:
        """`subject`: whose published contact details an answer may hold."""
        self._settings = settings
        rules = Rules(settings, subject)
        self.rungs = [Rung(provider, settings, rules) for provider in providers]
        self._loading: asyncio.Task[None] | None = None

    @property
    def top(self) -> ProviderName:
        """The best configured rung; an answer from any other is degraded."""
        return self.rungs[0].provider.name if self.rungs else "extractive"

    async def close(self) -> None:
        """Give the providers' connections back."""
        if self._loading:
            self._loading.cancel()
        for rung in self.rungs:
            await rung.provider.close()

    def load(self) -> None:
        """Have Ollama load its model, behind the scenes, where the settings allow it."""
        local = any(rung.provider.name == "local" for rung in self.rungs)
        if local and self._settings.ollama_warm == "true" and self._loading is None:
            self._loading = asyncio.create_task(_load(self._settings))
            self._loading.add_done_callback(self._loaded)

    def _loaded(self, _: object) -> None:
        self._loading = None

    async def climb(
        self, evidence: Evidence, compose: Compose, language: str = "und", spent_s: float = 0.0
    ) -> AsyncGenerator[Step, None]:
        """Pieces of the answer, then Written. Never raises for a rung that fails: the last cannot.

        `spent_s`: seconds of the deadlines that are gone already.
        """
        now = asyncio.get_running_loop().time
        begun = now() - spent_s
        first_by, total_by = begun + self._settings.first_token_s, begun + self._settings.total_s
        for position, rung in enumerate(self.rungs, 1):
            if now() >= min(first_by, total_by):
                _note_failover(rung.provider, "timeout")
                continue
            share = SHARE if position < len(self.rungs) else 1.0
            limits = Limits(now() + share * (first_by - now()), self._settings.stall_s, total_by)
            shown = False
            try:
                async with aclosing(rung.write(evidence, compose, limits)) as steps:
                    async for step in steps:
                        shown = True
                        yield step
                return
            except ProviderFailed as failure:
                _note_failover(rung.provider, "open" if isinstance(failure, Skipped) else failure.cause, failure)
            except Exception:  # a mistake of ours in one rung is no reason to leave the visitor without the next
                log.exception("%s broke", rung.provider.name)
                metrics.ask().failovers.labels(rung.provider.name, "malformed").inc()
            if shown:
                yield Reset()
                first_by = now() + self._settings.first_token_s
        text = quote(evidence.quotes, language)
        yield Token(text)
        yield Written("extractive", MODEL, text)


def _note_failover(provider: Provider, cause: str, failure: ProviderFailed | None = None) -> None:
    metrics.ask().failovers.labels(provider.name, cause).inc()
    level = logging.ERROR if cause == "bad_request" else logging.WARNING
    log.log(level, "%s does not answer", provider.name, extra={"cause": cause, "detail": str(failure or "")})


async def _load(settings: Settings) -> None:
    from functions.ask.providers.local import Local

    local = Local(settings)
    try:
        await local.load()
    except Exception as cause:  # it is a courtesy: the next question finds out by itself
        log.warning("the fallback model was not loaded", extra={"cause": type(cause).__name__})
    finally:
        await local.close()
