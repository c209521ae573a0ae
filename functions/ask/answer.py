"""A question's way through the steps: cache → find → prompt → ladder."""

import uuid
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace

from functions.ask.corpus import EMPTY, Corpus
from functions.ask.evidence import Evidence, enough
from functions.ask.find import find, source
from functions.ask.ladder import Compose, Written
from functions.ask.language import spoken
from functions.ask.parts import Parts
from functions.ask.phrases import contact, phrase
from functions.ask.progress import Progress
from functions.ask.prompt import prompt
from functions.ask.providers import Message, Provider
from functions.ask.question import Question
from functions.ask.stream import Done, Event, Events, Reset, Sources, Token
from functions.shared import metrics
from functions.shared.problem import StoreUnreachable
from functions.shared.records import NO_USAGE, Answer


async def answer(parts: Parts, question: Question, language: str = "") -> Events:
    """The events of one answer: one that was given before, one that is being written now, or a new one.

    `language`: what it is told in, where that is known better than by the question.
    """
    progress = Progress(language or spoken_in(question))
    try:
        corpus, progress.degraded = await parts.corpus.current()
    except StoreUnreachable:
        corpus, progress.degraded = EMPTY, True
    progress.as_of = parts.corpus.as_of if progress.degraded else ""

    def write() -> Events:
        return _new(parts, corpus, question, progress)

    # With a history the same words may ask for something else.
    if parts.cache and corpus.rows and not question.history:
        events = parts.cache.events(question, corpus.version, write, progress.language)
    else:
        metrics.ask().cache.labels("bypass").inc()
        events = write()
    async with aclosing(events):
        async for event in events:
            yield _own(event, progress)


def _own(event: Event, progress: Progress) -> Event:
    """The record of an answer that was written for somebody else, as the reply to this question."""
    if not isinstance(event, Done) or not event.answer.cached:
        return event
    progress.since_start("first_token")
    progress.since_start("total")
    degraded = event.answer.degraded or progress.degraded
    answer = replace(event.answer, id=uuid.uuid4().hex, timings_ms=progress.timings_ms, usage=NO_USAGE)
    return Done(replace(answer, degraded=degraded, as_of=progress.as_of))


async def _new(parts: Parts, corpus: Corpus, question: Question, progress: Progress) -> Events:
    """A new answer. A question without evidence is refused before any language model sees it."""
    if corpus.whole and not corpus.rows:
        for event in _contact(parts, progress):
            yield event
        return
    try:
        evidence = await find(parts, corpus, question, progress)
    except StoreUnreachable:  # before a large corpus was read: there is nothing in memory to go on from
        progress.degraded = True
        for event in _contact(parts, progress):
            yield event
        return
    if not enough(evidence, corpus, parts.settings.evidence_threshold):
        refusal = phrase("refusal", progress.language)
        for event in _told(_record(Written("extractive", "", refusal, refused=True), corpus, progress)):
            yield event
        return
    async with aclosing(_written(parts, corpus, question, evidence, progress)) as events:
        async for event in events:
            yield event


def spoken_in(question: Question) -> str:
    """The language of a question: en, de or und. What says too little speaks as the conversation did."""
    return spoken([question.question, *(turn.content for turn in reversed(question.history) if turn.role == "user")])


async def _written(parts: Parts, corpus: Corpus, question: Question, evidence: Evidence, progress: Progress) -> Events:
    """Sources, the ladder's text, and the record."""
    sources = [source(passage) for passage in evidence.passages]
    yield Sources(sources)
    first_token_s = 0.0
    compose, spent_s = _compose(parts, question, evidence, progress), progress.timings_ms.get("rewrite", 0.0) / 1000
    async with aclosing(parts.ladder.climb(evidence, compose, progress.language, spent_s)) as steps:
        async for step in steps:
            if not isinstance(step, Written):
                if isinstance(step, Token) and "first_token" not in progress.timings_ms:
                    first_token_s = progress.since_start("first_token")
                yield step
                continue
            metrics.ask().first_token.labels(step.provider).observe(first_token_s)
            progress.degraded = progress.degraded or step.provider != parts.ladder.top
            record = _record(step, corpus, progress)
            if not step.refused:
                yield Done(replace(record, sources=sources))
                return
            yield Reset()
            for event in _told(replace(record, answer=phrase("refusal", progress.language))):
                yield event


def _compose(parts: Parts, question: Question, evidence: Evidence, progress: Progress) -> Compose:
    """How the ladder gets its messages: each rung has a window of its own."""

    def compose(provider: Provider) -> list[Message]:
        longest = parts.settings.max_answer_tokens
        with progress.stage("prompt"):
            return prompt(
                parts.subject,
                question.question,
                question.history,
                evidence.passages,
                provider.context_tokens,
                longest,
                progress.language,
            )

    return compose


def _record(written: Written, corpus: Corpus, progress: Progress) -> Answer:
    metrics.ask().total.labels(written.provider).observe(progress.since_start("total"))
    return Answer(
        id=uuid.uuid4().hex,
        answer=written.text,
        sources=[],
        answered=not written.refused,
        provider=written.provider,
        model=written.model,
        degraded=progress.degraded,
        cached=False,
        corpus_version=corpus.version,
        timings_ms=progress.timings_ms,
        usage=written.usage,
        as_of=progress.as_of,
    )


def _told(record: Answer) -> Iterator[Event]:
    """A reply that quotes nothing, as events."""
    yield Sources([])
    yield Token(record.answer)
    yield Done(record)


def _contact(parts: Parts, progress: Progress) -> Iterator[Event]:
    """Nothing to quote from: say so, and how to reach the person instead."""
    why = phrase("unreachable" if progress.degraded else "nothing yet", progress.language)
    text = f"{why}\n\n{contact(parts.subject, progress.language)}"
    progress.degraded = True
    return _told(_record(Written("contact", "", text, refused=True), EMPTY, progress))
