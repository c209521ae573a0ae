"""The passages for a question and the proof in them: readings → understand → retrieve → rerank → evidence."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from functions.ask.antecedent import Antecedent
from functions.ask.corpus import Corpus, around
from functions.ask.evidence import Evidence, enough, weigh
from functions.ask.followup import Reading, readings
from functions.ask.order import conversation
from functions.ask.parts import Parts
from functions.ask.progress import Progress
from functions.ask.question import Question, Search
from functions.ask.rerank import Ranked, rerank
from functions.ask.retrieve import retrieve
from functions.ask.understand import understand
from functions.shared.embed import is_tuned_for
from functions.shared.records import Passage, SearchResults, Source

SNIPPET = 400


async def find(parts: Parts, corpus: Corpus, question: Question, progress: Progress) -> Evidence:
    """The passages for a question and the proof in them; for a follow-up, of the first reading that has enough.

    Raises StoreUnreachable for a corpus that is not read whole yet.
    """
    evidence = Evidence(0.0, (), ())
    if corpus.whole and not corpus.rows:
        return evidence
    if turns := conversation(question.question, corpus, parts.subject.names()):
        history, ways = turns[:-1], readings(turns[-1].content, turns[:-1], parts.subject.names())[:1]
    else:
        history, ways = question.history, await _ways(parts, question, progress)
    antecedent = Antecedent(corpus, history)
    for reading in ways:
        async with parts.turns.taken():
            evidence = await _find(parts, corpus, reading, antecedent, question.top_k, progress)
        if enough(evidence, corpus, parts.settings.evidence_threshold):
            break
    return evidence


async def _ways(parts: Parts, question: Question, progress: Progress) -> list[Reading]:
    """The ways to take the question; where the owner wants it, what a model makes of a follow-up comes first."""
    ways = readings(question.question, question.history, parts.subject.names())
    alone = ways[0] == Reading(question.question)
    if alone or parts.settings.rewrite_follow_ups == "false" or not parts.ladder.rungs:
        return ways
    from functions.ask.rewrite import rewrite  # for those who want it

    with progress.stage("rewrite"):
        written = await rewrite(parts.ladder.rungs, question, parts.settings.first_token_s)
    return [Reading(written), *ways] if written else ways


async def _find(
    parts: Parts, corpus: Corpus, reading: Reading, antecedent: Antecedent, top_k: int, progress: Progress
) -> Evidence:
    with progress.stage("embed"):
        query = await asyncio.to_thread(understand, corpus, parts.embedder, parts.subject, reading)
    with progress.stage("retrieve"):
        if not corpus.whole:
            progress.degraded = True
            corpus = await around(parts.store, corpus, query.encoded.vector, parts.settings.candidates)
            antecedent = antecedent.within(corpus)
            if not corpus.rows:
                return Evidence(0.0, (), ())
        also = antecedent.around(reading)
        candidates, whole = await retrieve(corpus, parts.store, query, parts.settings.candidates, also)
        progress.degraded = progress.degraded or not whole
    with progress.stage("rerank"):
        ranked = await rerank(corpus, parts.matrices, query, candidates)
        if parts.reranker:
            ranked = await parts.reranker.reorder(query.text, ranked)
    with progress.stage("evidence"):
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
    progress = Progress()
    corpus, progress.degraded = await parts.corpus.current()
    evidence = await find(parts, corpus, Question(wanted.query, top_k=wanted.top_k), progress)
    return SearchResults([source(passage) for passage in evidence.passages], corpus.version, progress.degraded)


def source(passage: Passage) -> Source:
    """A passage as the visitor sees it."""
    chunk = passage.chunk
    snippet = chunk.text if len(chunk.text) <= SNIPPET else chunk.text[: SNIPPET - 1].rstrip() + "…"
    return Source(passage.n, chunk.id, chunk.title, chunk.uri, chunk.section, snippet, round(passage.score, 4))
