"""One rung of the ladder: a provider with its breaker, its places, and the checks its text has to pass.

a place in the queue → the breaker's permit → pieces in time → citations → release → Token…, Written
"""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from functions.ask.breaker import Breaker, Permit, State
from functions.ask.evidence import Evidence
from functions.ask.providers import ConnectionLost, Message, Provider, ProviderFailed, Writing
from functions.ask.release import Release, Rules
from functions.ask.stream import Reset, Token
from functions.shared import metrics
from functions.shared.records import NO_USAGE, Usage
from functions.shared.records import Provider as ProviderName
from functions.shared.settings import Settings

log = logging.getLogger(__name__)

# A burst may pass in this time; whoever waits longer is served sooner by the next rung.
QUEUE_S = 1.0
# More than this was not asked for: a stream that never ends is no answer.
MOST_CHARACTERS_PER_TOKEN = 12

# What the prompt tells a model to say; small ones vary it.
DECLINED = re.compile(
    r"could(?: not|n't) find (?:that|this|it|the|any)|not (?:in|mentioned in) (?:my|the) (?:documents|passages)"
    r"|(?:nicht|nichts dazu) in (?:meinen|den) (?:unterlagen|dokumenten|passagen)",
    re.I,
)
# Failures that say nothing of whether the provider is up.
NOT_ITS_FAULT = frozenset({"bad_request", "budget", "window", "unsafe"})


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
        super().__init__("malformed", "no sentence of the answer is supported by a passage")


class Skipped(ProviderFailed):
    """The breaker lets nobody through. Not a cause of its own in the contract of a provider."""

    def __init__(self) -> None:
        super().__init__("connect", "the breaker is open")


@dataclass(frozen=True, slots=True)
class Limits:
    """When a rung has been silent for too long; loop time, and seconds between two pieces."""

    first_by: float
    stall_s: float
    total_by: float


class Rung:
    """A provider that may be asked."""

    def __init__(self, provider: Provider, settings: Settings, rules: Rules) -> None:
        self.provider = provider
        self.breaker = Breaker(settings.breaker_failures, settings.breaker_window_s, settings.breaker_cooldown_s)
        self._places = _Places(settings.hosted_in_flight if provider.name == "hosted" else settings.ollama_in_flight)
        self._max_tokens = settings.max_answer_tokens
        self._rules = rules
        # Read when it is asked for: an open breaker becomes half-open by waiting.
        metrics.ask().breaker_state.labels(provider.name).set_function(lambda: self.breaker.state)

    async def write(self, evidence: Evidence, compose: Compose, limits: Limits) -> AsyncGenerator[Step, None]:
        """The checked text, then Written. Raises ProviderFailed; tells the breaker how it went."""
        if self.breaker.state is State.OPEN:
            raise Skipped
        async with self._places.taken(limits.first_by):
            if (permit := self.breaker.enter()) is None:
                raise Skipped
            in_flight = metrics.ask().in_flight.labels(self.provider.name)
            in_flight.inc()
            try:
                async with aclosing(self._checked(evidence, compose(self.provider), limits, permit)) as steps:
                    async for step in steps:
                        yield step
            except ProviderFailed as failed:
                if failed.cause not in NOT_ITS_FAULT and not isinstance(failed, Unsupported):
                    permit.failed(failed.retry_after_s)
                raise
            finally:
                permit.left()
                in_flight.dec()

    async def say(self, messages: Sequence[Message], max_tokens: int, by: float) -> str:
        """A short text by loop time `by`, unchecked: no visitor may see it. Raises ProviderFailed."""
        async with self._places.taken(by):
            if (permit := self.breaker.enter()) is None:
                raise Skipped
            text, writing = "", Writing()
            try:
                pieces = self.provider.write(messages, max_tokens, writing)
                async with aclosing(_watched(pieces, Limits(by, by, by))) as watched:
                    async for piece in watched:
                        text += piece
                        if len(text) > max_tokens * MOST_CHARACTERS_PER_TOKEN:
                            raise ProviderFailed("malformed", "a text without end")
                permit.succeeded()
            finally:
                permit.left()
        _note_tokens(self.provider, writing.usage)
        return text

    async def _checked(
        self, evidence: Evidence, messages: Sequence[Message], limits: Limits, permit: Permit
    ) -> AsyncGenerator[Step, None]:
        from functions.ask.citations import Citations  # only a model's text is checked
        from functions.ask.support import Support

        citations = Citations(evidence.support or Support(evidence.passages))
        release, writing = Release(self._rules), Writing()
        if not self._rules.ready:
            await asyncio.to_thread(self._rules.prepare)
        async with aclosing(_watched(self._pieces(messages, writing), limits)) as pieces:
            received = 0
            async for piece in pieces:
                received += len(piece)
                if received > self._max_tokens * MOST_CHARACTERS_PER_TOKEN:
                    raise ProviderFailed("malformed", "an answer without end")
                if text := release.feed(await citations.feed(piece)):
                    yield Token(text)
        permit.succeeded()
        _note_tokens(self.provider, writing.usage)
        rest = release.finish(await citations.finish())
        refused = bool(DECLINED.search(citations.text))
        if not citations.proven and not refused:
            raise Unsupported
        if rest:
            yield Token(rest)
        yield Written(self.provider.name, writing.model or self.provider.model, release.text, writing.usage, refused)

    async def _pieces(self, messages: Sequence[Message], writing: Writing) -> AsyncIterator[str]:
        """What the provider writes; asked once more when the connection broke before the first byte."""
        try:
            async with aclosing(self._asked(messages, writing)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        except ConnectionLost as lost:
            log.info("%s lost the connection, asking once more", self.provider.name, extra={"detail": str(lost)})
        async with aclosing(self._asked(messages, writing)) as pieces:
            async for piece in pieces:
                yield piece

    def _asked(self, messages: Sequence[Message], writing: Writing) -> AsyncGenerator[str, None]:
        # An async generator, by its contract.
        return self.provider.write(messages, self._max_tokens, writing)  # type: ignore[return-value]


class _Places:
    """Requests under way at once, and a queue as long as they are many."""

    def __init__(self, count: int) -> None:
        self._count, self._waiting = count, 0
        self._free = asyncio.Semaphore(count)

    @asynccontextmanager
    async def taken(self, by: float) -> AsyncGenerator[None, None]:
        """A place, held as long as the context. Raises ProviderFailed when there is none in time."""
        if self._free.locked():
            if self._waiting >= self._count:
                raise ProviderFailed("busy", "all places and the queue are taken")
            by = min(by, asyncio.get_running_loop().time() + QUEUE_S)
        self._waiting += 1
        try:
            async with asyncio.timeout_at(by):
                await self._free.acquire()
        except TimeoutError as late:
            raise ProviderFailed("busy", "no place in time") from late
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()


async def _watched(pieces: AsyncIterator[str], limits: Limits) -> AsyncGenerator[str, None]:
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


def _note_tokens(provider: Provider, usage: Usage) -> None:
    metrics.ask().tokens.labels(provider.name, "prompt").inc(usage.prompt_tokens)
    metrics.ask().tokens.labels(provider.name, "completion").inc(usage.completion_tokens)
