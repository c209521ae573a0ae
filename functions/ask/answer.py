"""A question's way through the steps: embed → retrieve → rerank → evidence → prompt → ladder."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace

from functions.ask.corpus import EMPTY, Corpus
from functions.ask.evidence import Evidence, enough, weigh
from functions.ask.ladder import Compose, Written
from functions.ask.lexical import WORD
from functions.ask.parts import Parts
from functions.ask.prompt import prompt
from functions.ask.providers import Message, Provider
from functions.ask.question import Question
from functions.ask.rerank import rerank
from functions.ask.retrieve import Query, read_query, retrieve
from functions.ask.spelling import mend
from functions.ask.stream import Done, Event, Events, Reset, Sources, Token
from functions.ask.support import Support
from functions.shared import metrics
from functions.shared.problem import StoreUnreachable
from functions.shared.records import Answer, Passage, Source

REFUSAL = "I could not find that in my documents."
NOTHING_YET = "I have no documents yet."
UNREACHABLE = "I cannot reach my documents right now."
SNIPPET = 400


@dataclass
class Trace:
    """How one answer went: stage times in milliseconds, and whether anything was less than whole."""

    started: float = field(default_factory=time.perf_counter)
    degraded: bool = False
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


async def answer(parts: Parts, question: Question) -> Events:
    """The events of one answer. A question without evidence is refused before any language model sees it."""
    trace = Trace()
    try:
        corpus, trace.degraded = await parts.corpus.current()
    except StoreUnreachable:
        corpus, trace.degraded = EMPTY, True
    if not corpus.rows:
        for event in _contact(parts, trace):
            yield event
        return
    evidence = await find(parts, corpus, question.question, question.top_k, trace)
    if not enough(evidence, corpus, parts.settings.evidence_threshold):
        for event in _told(_record(Written("extractive", "", REFUSAL, refused=True), corpus, trace)):
            yield event
        return
    async with aclosing(_written(parts, corpus, question, evidence, trace)) as events:
        async for event in events:
            yield event


async def find(parts: Parts, corpus: Corpus, text: str, top_k: int, trace: Trace) -> Evidence:
    """The passages for a question and the proof in them."""
    if not corpus.rows:
        return Evidence(0.0, (), ())
    with trace.stage("embed"):
        query = await asyncio.to_thread(_read, parts, corpus, text)
    with trace.stage("retrieve"):
        candidates, whole = await retrieve(corpus, parts.store, query, parts.settings.candidates)
        trace.degraded = trace.degraded or not whole
    with trace.stage("rerank"):
        ranked = await rerank(corpus, parts.matrices, query, candidates)
        if parts.reranker:
            ranked = await parts.reranker.reorder(text, ranked)
    with trace.stage("evidence"):
        evidence = weigh(corpus, query, ranked, top_k)
        matrices = [one.matrix for one in ranked[:top_k]]
        support = Support(evidence.passages, matrices, parts.embedder, parts.subject.names())
        return replace(evidence, support=support)


def _read(parts: Parts, corpus: Corpus, text: str) -> Query:
    """The question with its misspelt words mended, after the model. Blocking.

    The bare name is a question too.
    """
    names = parts.subject.names()
    words = [word.lower() for word in WORD.findall(text)]
    if words and names.issuperset(words):
        text = f"Who is {parts.subject.name}?"
    mended = mend(text, lambda: corpus.words, lambda word: corpus.lexical.has(word) or parts.embedder.knows(word))
    return read_query(parts.embedder, mended, names)


async def _written(parts: Parts, corpus: Corpus, question: Question, evidence: Evidence, trace: Trace) -> Events:
    """Sources, the ladder's text, and the record."""
    sources = [source(passage) for passage in evidence.passages]
    yield Sources(sources)
    first_token_s = 0.0
    async with aclosing(parts.ladder.climb(evidence, _compose(parts, question, evidence, trace))) as steps:
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
            for event in _told(replace(record, answer=REFUSAL)):
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
    )


def _told(record: Answer) -> Iterator[Event]:
    """A reply that quotes nothing, as events."""
    if record.provider != "contact":
        metrics.ask().unanswered.labels("und").inc()
    yield Sources([])
    yield Token(record.answer)
    yield Done(record)


def _contact(parts: Parts, trace: Trace) -> Iterator[Event]:
    """Nothing to quote from: say so, and how to reach the person instead."""
    text = f"{UNREACHABLE if trace.degraded else NOTHING_YET}\n\n{parts.subject.contact_text()}"
    trace.degraded = True
    return _told(_record(Written("contact", "", text, refused=True), EMPTY, trace))


async def counted(events: Events, contract: str) -> Events:
    """The same events; the outcome goes into the metrics. A visitor who leaves is no outcome."""
    try:
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Done):
                    outcome = "answered" if event.answer.answered else "refused"
                    metrics.ask().requests.labels(outcome, event.answer.provider, contract).inc()
                yield event
    except Exception:
        metrics.ask().requests.labels("failed", "extractive", contract).inc()
        raise
