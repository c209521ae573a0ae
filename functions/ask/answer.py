"""A question's way through the steps: cache → embed → retrieve → rerank → evidence → prompt → ladder."""

import asyncio
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace

from functions.ask.antecedent import Antecedent
from functions.ask.corpus import EMPTY, Corpus, around
from functions.ask.evidence import Evidence, enough, weigh
from functions.ask.followup import Reading, readings
from functions.ask.ladder import Compose, Written
from functions.ask.language import spoken
from functions.ask.parts import Parts
from functions.ask.phrases import contact, phrase
from functions.ask.prompt import prompt
from functions.ask.providers import Message, Provider
from functions.ask.question import Question, Search
from functions.ask.rerank import Ranked, rerank
from functions.ask.retrieve import retrieve
from functions.ask.stream import Done, Event, Events, Reset, Sources, Token
from functions.ask.understand import understand
from functions.shared import metrics
from functions.shared.embed import is_tuned_for
from functions.shared.problem import StoreUnreachable
from functions.shared.records import NO_USAGE, Answer, Passage, SearchResults, Source

SNIPPET = 400


@dataclass
class Trace:
    """How one answer goes: its language, stage times in milliseconds, and whether anything was less than whole."""

    language: str = "und"
    started: float = field(default_factory=time.perf_counter)
    degraded: bool = False
    as_of: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage, for the reply and for the histogram."""
        begun = time.perf_counter()
        yield
        seconds = time.perf_counter() - begun
        self.timings_ms[name] = round(seconds * 1000, 2)
        metrics.ask().stage.labels(name).observe(seconds)

    def since_start(self, name: str) -> float:
        """Note the time since the question came; seconds."""
        seconds = time.perf_counter() - self.started
        self.timings_ms[name] = round(seconds * 1000, 2)
        return seconds


async def answer(parts: Parts, question: Question, language: str = "") -> Events:
    """The events of one answer: one that was given before, one that is being written now, or a new one.

    `language`: what it is told in, where that is known better than by the question.
    """
    trace = Trace(language or spoken_in(question))
    try:
        corpus, trace.degraded = await parts.corpus.current()
    except StoreUnreachable:
        corpus, trace.degraded = EMPTY, True
    trace.as_of = parts.corpus.as_of if trace.degraded else ""

    def write() -> Events:
        return _new(parts, corpus, question, trace)

    # With a history the same words may ask for something else.
    if parts.cache and corpus.rows and not question.history:
        events = parts.cache.events(question, corpus.version, write, trace.language)
    else:
        metrics.ask().cache.labels("bypass").inc()
        events = write()
    async with aclosing(events):
        async for event in events:
            yield _own(event, trace)


def _own(event: Event, trace: Trace) -> Event:
    """The record of an answer that was written for somebody else, as the reply to this question."""
    if not isinstance(event, Done) or not event.answer.cached:
        return event
    trace.since_start("first_token")
    trace.since_start("total")
    degraded = event.answer.degraded or trace.degraded
    answer = replace(event.answer, id=uuid.uuid4().hex, timings_ms=trace.timings_ms, usage=NO_USAGE)
    return Done(replace(answer, degraded=degraded, as_of=trace.as_of))


async def _new(parts: Parts, corpus: Corpus, question: Question, trace: Trace) -> Events:
    """A new answer. A question without evidence is refused before any language model sees it."""
    if corpus.whole and not corpus.rows:
        for event in _contact(parts, trace):
            yield event
        return
    try:
        evidence = await find(parts, corpus, question, trace)
    except StoreUnreachable:  # before a large corpus was read: there is nothing in memory to go on from
        trace.degraded = True
        for event in _contact(parts, trace):
            yield event
        return
    if not enough(evidence, corpus, parts.settings.evidence_threshold):
        refusal = phrase("refusal", trace.language)
        for event in _told(_record(Written("extractive", "", refusal, refused=True), corpus, trace)):
            yield event
        return
    async with aclosing(_written(parts, corpus, question, evidence, trace)) as events:
        async for event in events:
            yield event


async def find(parts: Parts, corpus: Corpus, question: Question, trace: Trace) -> Evidence:
    """The passages for a question and the proof in them; for a follow-up, of the first reading that has enough."""
    evidence = Evidence(0.0, (), ())
    if corpus.whole and not corpus.rows:
        return evidence
    antecedent = Antecedent(corpus, question.history)
    for reading in await _ways(parts, question, trace):
        async with parts.turns.taken():
            evidence = await _find(parts, corpus, reading, antecedent, question.top_k, trace)
        if enough(evidence, corpus, parts.settings.evidence_threshold):
            break
    return evidence


async def _ways(parts: Parts, question: Question, trace: Trace) -> list[Reading]:
    """The ways to take the question; where the owner wants it, what a model makes of a follow-up comes first."""
    ways = readings(question.question, question.history, parts.subject.names())
    alone = ways[0] == Reading(question.question)
    if alone or parts.settings.rewrite_follow_ups == "false" or not parts.ladder.rungs:
        return ways
    from functions.ask.rewrite import rewrite  # for those who want it

    with trace.stage("rewrite"):
        written = await rewrite(parts.ladder.rungs, question, parts.settings.first_token_s)
    return [Reading(written), *ways] if written else ways


async def _find(
    parts: Parts, corpus: Corpus, reading: Reading, antecedent: Antecedent, top_k: int, trace: Trace
) -> Evidence:
    with trace.stage("embed"):
        query = await asyncio.to_thread(understand, corpus, parts.embedder, parts.subject, reading)
    with trace.stage("retrieve"):
        if not corpus.whole:
            trace.degraded = True
            corpus = await around(parts.store, corpus, query.encoded.vector, parts.settings.candidates)
            antecedent = antecedent.within(corpus)
            if not corpus.rows:
                return Evidence(0.0, (), ())
        also = antecedent.around(reading)
        candidates, whole = await retrieve(corpus, parts.store, query, parts.settings.candidates, also)
        trace.degraded = trace.degraded or not whole
    with trace.stage("rerank"):
        ranked = await rerank(corpus, parts.matrices, query, candidates)
        if parts.reranker:
            ranked = await parts.reranker.reorder(query.text, ranked)
    with trace.stage("evidence"):
        near = antecedent.narrow(reading, query, ranked)
        evidence = weigh(corpus, query, near, top_k)
        evidence = replace(evidence, strength=evidence.strength + reading.given)
        return _with_support(parts, evidence, near) if parts.ladder.rungs else evidence


def _with_support(parts: Parts, evidence: Evidence, ranked: Sequence[Ranked]) -> Evidence:
    """The evidence with what a model's citations are checked by."""
    from functions.ask.support import Support  # quotes need no check

    matrices = [one.matrix for one in ranked[: len(evidence.passages)]]
    # Near words are told by limits on cosines; with a model of another scale the words themselves must do.
    embedder = parts.embedder if is_tuned_for(parts.embedder.name) else None
    return replace(evidence, support=Support(evidence.passages, matrices, embedder, parts.subject.names()))


async def search(parts: Parts, wanted: Search) -> SearchResults:
    """The passages alone. Raises StoreUnreachable."""
    trace = Trace()
    corpus, trace.degraded = await parts.corpus.current()
    evidence = await find(parts, corpus, Question(wanted.query, top_k=wanted.top_k), trace)
    return SearchResults([source(passage) for passage in evidence.passages], corpus.version, trace.degraded)


def spoken_in(question: Question) -> str:
    """The language of a question: en, de or und. What says too little speaks as the conversation did."""
    return spoken([question.question, *(turn.content for turn in reversed(question.history) if turn.role == "user")])


async def _written(parts: Parts, corpus: Corpus, question: Question, evidence: Evidence, trace: Trace) -> Events:
    """Sources, the ladder's text, and the record."""
    sources = [source(passage) for passage in evidence.passages]
    yield Sources(sources)
    first_token_s = 0.0
    compose, spent_s = _compose(parts, question, evidence, trace), trace.timings_ms.get("rewrite", 0.0) / 1000
    async with aclosing(parts.ladder.climb(evidence, compose, trace.language, spent_s)) as steps:
        async for step in steps:
            if not isinstance(step, Written):
                if isinstance(step, Token) and "first_token" not in trace.timings_ms:
                    first_token_s = trace.since_start("first_token")
                yield step
                continue
            metrics.ask().first_token.labels(step.provider).observe(first_token_s)
            trace.degraded = trace.degraded or step.provider != parts.ladder.top
            record = _record(step, corpus, trace)
            if not step.refused:
                yield Done(replace(record, sources=sources))
                return
            yield Reset()
            for event in _told(replace(record, answer=phrase("refusal", trace.language))):
                yield event


def _compose(parts: Parts, question: Question, evidence: Evidence, trace: Trace) -> Compose:
    """How the ladder gets its messages: each rung has a window of its own."""

    def compose(provider: Provider) -> list[Message]:
        longest = parts.settings.max_answer_tokens
        with trace.stage("prompt"):
            return prompt(
                parts.subject,
                question.question,
                question.history,
                evidence.passages,
                provider.context_tokens,
                longest,
                trace.language,
            )

    return compose


def source(passage: Passage) -> Source:
    """A passage as the visitor sees it."""
    chunk = passage.chunk
    snippet = chunk.text if len(chunk.text) <= SNIPPET else chunk.text[: SNIPPET - 1].rstrip() + "…"
    return Source(passage.n, chunk.id, chunk.title, chunk.uri, chunk.section, snippet, round(passage.score, 4))


def _record(written: Written, corpus: Corpus, trace: Trace) -> Answer:
    metrics.ask().total.labels(written.provider).observe(trace.since_start("total"))
    return Answer(
        id=uuid.uuid4().hex,
        answer=written.text,
        sources=[],
        answered=not written.refused,
        provider=written.provider,
        model=written.model,
        degraded=trace.degraded,
        cached=False,
        corpus_version=corpus.version,
        timings_ms=trace.timings_ms,
        usage=written.usage,
        as_of=trace.as_of,
    )


def _told(record: Answer) -> Iterator[Event]:
    """A reply that quotes nothing, as events."""
    yield Sources([])
    yield Token(record.answer)
    yield Done(record)


def _contact(parts: Parts, trace: Trace) -> Iterator[Event]:
    """Nothing to quote from: say so, and how to reach the person instead."""
    why = phrase("unreachable" if trace.degraded else "nothing yet", trace.language)
    text = f"{why}\n\n{contact(parts.subject, trace.language)}"
    trace.degraded = True
    return _told(_record(Written("contact", "", text, refused=True), EMPTY, trace))
