"""The same question to the same documents gets the same answer, and is worked out once.

Same means: after normalisation, for the same corpus version, language, rungs and models, and passages to draw on. A new
corpus version is a new key, so a changed corpus never meets an old answer. Kept in Redis for all pods or, without it,
in this process; a Redis that is lost only misses. Whoever asks while the answer is still being written reads along.
"""

import hashlib
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import date
from typing import Protocol

import msgspec

from functions.ask.lexical import composed
from functions.ask.question import Question
from functions.ask.single_flight import Flights
from functions.ask.stream import Done, Event, Events, Sources, Token
from functions.shared import metrics
from functions.shared.records import Answer
from functions.shared.redis import Lost, Redis
from functions.shared.settings import Settings

# Answers kept in one process, at most some 10 KB each.
MOST_ANSWERS = 500
# What may end a question without changing it. Other signs may: "C#" is not "C".
ENDING = re.compile(r"[\s.?!…。？！؟]+$")
# The settings that shape an answer; what a deployment changes besides is in Knative's name of the revision.
SHAPING = (
    *("llm_strategy", "hosted_base_url", "max_answer_tokens", "model_precision"),
    *("candidates", "evidence_threshold", "rerank_url", "rerank_model"),
)


class AnswerCache:
    """Answers by question, and those being written just now."""

    def __init__(self, settings: Settings, models: Sequence[str], redis: Redis | None) -> None:
        """`models`: the configured rungs, best first."""
        self._kept: Kept = InRedis(redis, settings.answer_cache_s) if redis else InProcess(settings.answer_cache_s)
        self._flights = Flights()
        self._shape = [*models, os.environ.get("K_REVISION", ""), *(getattr(settings, name) for name in SHAPING)]

    async def events(
        self, question: Question, corpus_version: str, write: Callable[[], Events], language: str = "und"
    ) -> Events:
        """The events of one answer; `cached` in the record unless `write` was called for this very question."""
        key = self._key(question, corpus_version, language)
        flight, joined = self._flights.board(key, lambda: self._look_up(key, write))
        if joined:
            metrics.ask().cache.labels("joined").inc()
        async with aclosing(flight.events()) as events:
            async for event in events:
                yield Done(replace(event.answer, cached=True)) if joined and isinstance(event, Done) else event

    async def close(self) -> None:
        """Give up the answers being written."""
        await self._flights.close()

    def _key(self, question: Question, corpus_version: str, language: str) -> str:
        """Spans until today are worked out in an answer, so it holds for this day."""
        parts = (corpus_version, language, *self._shape, question.top_k, date.today(), normalised(question.question))
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()

    async def _look_up(self, key: str, write: Callable[[], Events]) -> Events:
        if answer := await self._kept.get(key):
            metrics.ask().cache.labels("hit").inc()
            for event in told(replace(answer, cached=True)):
                yield event
            return
        metrics.ask().cache.labels("miss").inc()
        async with aclosing(write()) as events:
            async for event in events:
                if isinstance(event, Done) and not event.answer.degraded:
                    await self._kept.put(key, event.answer)  # first, so that whoever asks next finds it
                yield event


def normalised(question: str) -> str:
    """What two spellings of one question have in common."""
    return ENDING.sub("", " ".join(composed(question).casefold().split()))


def told(answer: Answer) -> Iterator[Event]:
    """An answer that is there already, as events."""
    yield Sources(answer.sources)
    yield Token(answer.answer)
    yield Done(answer)


class Kept(Protocol):
    """Where answers are kept."""

    async def get(self, key: str) -> Answer | None:
        """The answer, None where there is none or nobody knows."""
        ...

    async def put(self, key: str, answer: Answer) -> None:
        """Keep it, if possible."""
        ...


class InProcess:
    """The newest answers, as JSON: a quarter of what the records take."""

    def __init__(self, seconds: int, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds; tests hand in their own."""
        self._seconds, self._clock = seconds, clock
        self._answers: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    async def get(self, key: str) -> Answer | None:
        until, answer = self._answers.get(key, (0.0, b""))
        if not answer:
            return None
        if until <= self._clock():
            del self._answers[key]
            return None
        self._answers.move_to_end(key)
        return msgspec.json.decode(answer, type=Answer)

    async def put(self, key: str, answer: Answer) -> None:
        self._answers[key] = self._clock() + self._seconds, msgspec.json.encode(answer)
        if len(self._answers) > MOST_ANSWERS:
            self._answers.popitem(last=False)


class InRedis:
    """Every pod's answers."""

    def __init__(self, redis: Redis, seconds: int) -> None:
        self._redis, self._seconds = redis, seconds

    async def get(self, key: str) -> Answer | None:
        try:
            answer = await self._redis.command("GET", self._redis.key("answer", key))
            return msgspec.json.decode(answer, type=Answer) if answer else None
        except (Lost, msgspec.MsgspecError, UnicodeDecodeError):  # one written by another version may not fit
            return None

    async def put(self, key: str, answer: Answer) -> None:
        try:
            value = msgspec.json.encode(answer)
            await self._redis.command("SET", self._redis.key("answer", key), value, "EX", self._seconds)
        except Lost:
            return
