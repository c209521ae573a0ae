"""hosted → local → extractive: the best rung that can write now writes; the reply says which it was.

All rungs together have one deadline for the first token; what a rung used up is gone for the next, and
while another model waits below, a rung may use up only a share. A rung that dies after its first token takes
its text with it: Reset, and the next rung writes from the beginning, with time of its own.
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from functions.ask.breaker import Breaker, State
from functions.ask.citations import Citations
from functions.ask.evidence import Evidence
from functions.ask.providers import Message, Provider, ProviderFailed, Writing
from functions.ask.providers.extractive import MODEL, quote
from functions.ask.stream import Reset, Token
from functions.ask.support import Support
from functions.shared import metrics
from functions.shared.records import NO_USAGE, Usage
from functions.shared.records import Provider as ProviderName
from functions.shared.settings import Settings

log = logging.getLogger(__name__)

# How much of the time left for the first token a rung may take while another model waits below it.
SHARE = 0.6

# What the prompt tells a model to say; small ones vary it.
DECLINED = re.compile(
    r"could(?: not|n't) find (?:that|this|it|the|any)|not (?:in|mentioned in) (?:my|the) (?:documents|passages)", re.I
)


@dataclass(frozen=True, slots=True)
class Written:
    """The end of a climb: who wrote what. `refused` when the model found no answer in the passages."""

    provider: ProviderName
    model: str
    text: str
    usage: Usage = NO_USAGE
    refused: bool = False


Step = Token | Reset | Written
Compose = Callable[[Provider], Sequence[Message]]


class Unsupported(ProviderFailed):
    """The rung wrote, but no passage proves it."""

    def __init__(self) -> None:
        super().__init__("malformed", "the passages do not support the answer")


class Ladder:
    """The configured rungs, best first, each with its breaker. The extractive rung is always below them."""

    def __init__(self, providers: Sequence[Provider], settings: Settings) -> None:
        self._settings = settings
        self.rungs = [
            (
                provider,
                Breaker(settings.breaker_failures, settings.breaker_window_s, settings.breaker_cooldown_s),
            )
            for provider in providers
        ]

    @property
    def top(self) -> ProviderName:
        """The best configured rung; an answer from any other is degraded."""
        return self.rungs[0][0].name if self.rungs else "extractive"

    async def close(self) -> None:
        """Give the providers' connections back."""
        for provider, _ in self.rungs:
            await provider.close()

    async def climb(self, evidence: Evidence, compose: Compose) -> AsyncGenerator[Step, None]:
        """Pieces of the answer, then Written. Never raises for a rung that fails: the last cannot."""
        now = asyncio.get_running_loop().time
        first_by, total_by = now() + self._settings.first_token_s, now() + self._settings.total_s
        for position, (provider, breaker) in enumerate(self.rungs, 1):
            trial = breaker.state is not State.CLOSED
            if now() >= min(first_by, total_by) or not breaker.allows():
                _note_failover(provider, "open" if breaker.state else "timeout")
                continue
            share = SHARE if position < len(self.rungs) else 1.0
            limits = _Limits(now() + share * (first_by - now()), self._settings.stall_s, total_by)
            shown = False
            try:
                async with aclosing(self._write(provider, breaker, evidence, compose(provider), limits)) as steps:
                    async for step in steps:
                        shown = True
                        yield step
                return
            except ProviderFailed as failure:
                _note_failover(provider, failure.cause, failure)
            except Exception:  # a mistake of ours in one rung is no reason to leave the visitor without the next
                log.exception("%s broke", provider.name)
                metrics.ask().failovers.labels(provider.name, "malformed").inc()
            finally:
                if trial:
                    breaker.released()
                _show_breaker(provider, breaker)
            if shown:
                yield Reset()
                first_by = now() + self._settings.first_token_s
        text = quote(evidence.quotes)
        yield Token(text)
        yield Written("extractive", MODEL, text)

    async def _write(
        self, provider: Provider, breaker: Breaker, evidence: Evidence, messages: Sequence[Message], limits: "_Limits"
    ) -> AsyncGenerator[Step, None]:
        """One rung's checked text, then Written. Raises ProviderFailed; tells the breaker how it went."""
        citations, writing = Citations(evidence.support or Support(evidence.passages)), Writing()
        in_flight = metrics.ask().in_flight.labels(provider.name)
        in_flight.inc()
        try:
            pieces = provider.write(messages, self._settings.max_answer_tokens, writing)
            async with aclosing(_watched(pieces, limits)) as watched:
                async for piece in watched:
                    if text := await citations.feed(piece):
                        yield Token(text)
            if rest := await citations.finish():
                yield Token(rest)
            breaker.succeeded()
            _note_tokens(provider, writing.usage)
            refused = bool(DECLINED.search(citations.text))
            if not citations.proven and not refused:
                raise Unsupported
            yield Written(provider.name, writing.model or provider.model, citations.text, writing.usage, refused)
        except ProviderFailed as failure:
            if failure.cause != "bad_request" and not isinstance(failure, Unsupported):
                breaker.failed(failure.retry_after_s)
            raise
        finally:
            in_flight.dec()


@dataclass(frozen=True, slots=True)
class _Limits:
    """When a rung has been silent for too long; loop time, and seconds between two pieces."""

    first_by: float
    stall_s: float
    total_by: float


async def _watched(pieces: AsyncIterator[str], limits: _Limits) -> AsyncGenerator[str, None]:
    """The pieces, each in its time. Raises ProviderFailed for silence, and for no text at all."""
    now = asyncio.get_running_loop().time
    by, spoken = limits.first_by, False
    async with aclosing(pieces):  # type: ignore[type-var]  # an async generator, by its contract
        while True:
            try:
                async with asyncio.timeout_at(min(by, limits.total_by)):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                break
            except TimeoutError as silence:
                raise ProviderFailed("stall" if spoken else "timeout", "too slow") from silence
            yield piece
            by, spoken = now() + limits.stall_s, True
    if not spoken:
        raise ProviderFailed("malformed", "an answer without text")


def _note_failover(provider: Provider, cause: str, failure: ProviderFailed | None = None) -> None:
    metrics.ask().failovers.labels(provider.name, cause).inc()
    level = logging.ERROR if cause == "bad_request" else logging.WARNING
    log.log(level, "%s does not answer", provider.name, extra={"cause": cause, "detail": str(failure or "")})


def _note_tokens(provider: Provider, usage: Usage) -> None:
    metrics.ask().tokens.labels(provider.name, "prompt").inc(usage.prompt_tokens)
    metrics.ask().tokens.labels(provider.name, "completion").inc(usage.completion_tokens)


def _show_breaker(provider: Provider, breaker: Breaker) -> None:
    metrics.ask().breaker_state.labels(provider.name).set(breaker.state)
