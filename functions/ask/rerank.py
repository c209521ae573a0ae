"""Token late interaction over the candidates (ColBERT's MaxSim, Khattab and Zaharia, 2020), with the same model.

Each token of the question looks for its best match among the passage's tokens; the matches are averaged,
weighted by how rare the token's word is in the corpus.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np

from functions.ask.corpus import Corpus
from functions.ask.durations import goes_on
from functions.ask.retrieve import Candidate, Query
from functions.ask.topics import of_heading, written
from functions.shared.embed import Embedder, Floats
from functions.shared.matrix import TokenMatrix, quantise
from functions.shared.problem import StoreUnreachable
from functions.shared.sentences import REDACTED, sentences
from functions.shared.store import Store

INTERACTION_WEIGHT = 0.8
# Tokens of stop words and signs still say a little about how the question is meant.
STOP_WEIGHT = 0.05
# How well a word that asks for a topic is met by a heading that announces it: better than a related word, not as
# well as the word itself.
TOPIC_MATCH = 0.7
# Passages encoded at question time when Chroma cannot give their matrices: about 6 ms each.
MAX_ENCODED = 8


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its final score (about 0..1) and how each question token matches each of its tokens."""

    candidate: Candidate
    score: float
    matches: Floats  # (question tokens, passage tokens), cosines
    best: Floats  # (question tokens,), of each the best of its matches
    matrix: TokenMatrix


class MatrixCache:
    """Token matrices by content hash, least recently used out first. They never change, so never go stale."""

    def __init__(self, store: Store, embedder: Embedder, megabytes: int) -> None:
        self._store, self._embedder = store, embedder
        self._limit = megabytes * 1_000_000
        self._size = 0
        self._held: OrderedDict[str, TokenMatrix] = OrderedDict()

    async def of(self, candidates: Sequence[Candidate]) -> dict[str, TokenMatrix]:
        """Matrices by hash; what neither memory nor Chroma has is encoded, as far as that is affordable."""
        found = {c.row.hash: self._held[c.row.hash] for c in candidates if c.row.hash in self._held}
        missing = [c for c in candidates if c.row.hash not in found]
        if missing:
            fetched = await self._fetch([c.row.hash for c in missing])
            unknown = [c for c in missing if c.row.hash not in fetched][:MAX_ENCODED]
            if unknown:
                fetched |= await asyncio.to_thread(self._encode, unknown)
            found |= fetched
        for key, matrix in found.items():
            self._keep(key, matrix)
        return found

    async def _fetch(self, hashes: list[str]) -> dict[str, TokenMatrix]:
        try:
            return await self._store.matrices(dict.fromkeys(hashes))
        except StoreUnreachable:
            return {}

    def _encode(self, candidates: list[Candidate]) -> dict[str, TokenMatrix]:
        encoded = self._embedder.encode_tokens([c.row.chunk.indexed_text for c in candidates])
        return {c.row.hash: quantise(e) for c, e in zip(candidates, encoded, strict=True)}

    def _keep(self, key: str, matrix: TokenMatrix) -> None:
        if key not in self._held:
            self._held[key] = matrix
            self._size += matrix.nbytes
        self._held.move_to_end(key)
        while self._size > self._limit and len(self._held) > 1:
            self._size -= self._held.popitem(last=False)[1].nbytes


async def rerank(corpus: Corpus, cache: MatrixCache, query: Query, candidates: list[Candidate]) -> list[Ranked]:
    """The candidates whose matrices could be had, best first."""
    matrices = await cache.of(candidates)
    held = [(one, matrix) for one in candidates if (matrix := matrices.get(one.row.hash)) and len(matrix.values)]
    if not held:
        return []
    together, starts = _cosines(query, [matrix for _, matrix in held])
    every = [together[:, start : start + len(matrix.values)] for start, (_, matrix) in zip(starts, held, strict=True)]
    topics = [(token, topic) for token, topics in enumerate(query.token_topics) for topic in topics]
    for (candidate, matrix), matches in zip(held, every, strict=True):
        if topics:
            _count_topics(topics, candidate, matrix, matches)
        if query.present_work:
            _count_present(query, candidate, matrix, matches)
        if has_redaction(candidate.row.chunk.text):
            _withhold(candidate, matrix, matches)
    best = np.maximum.reduceat(together, starts, axis=1).T
    interactions = (best @ token_weights(corpus, query)).tolist()
    ranked = [
        Ranked(candidate, _score(interaction, candidate), matches, its_best, matrix)
        for (candidate, matrix), matches, its_best, interaction in zip(held, every, best, interactions, strict=True)
    ]
    return sorted(ranked, key=lambda one: -one.score)


def _score(interaction: float, candidate: Candidate) -> float:
    return INTERACTION_WEIGHT * interaction + (1 - INTERACTION_WEIGHT) * candidate.fused


def _cosines(query: Query, matrices: Sequence[TokenMatrix]) -> tuple[Floats, list[int]]:
    """(question tokens, all passages' tokens side by side), and where each passage starts.

    A passage at a time: as floats it fits the processor's cache, fifty at once do not. Its tokens are the rows of the
    product, because they are more than the question's (1.1 against 1.6 ms).
    """
    lengths = [len(matrix.values) for matrix in matrices]
    ends = list(accumulate(lengths))
    starts = [end - length for end, length in zip(ends, lengths, strict=True)]
    tokens = np.ascontiguousarray(query.encoded.tokens.T)
    together = np.empty((ends[-1], tokens.shape[1]), np.float32)
    floats = np.empty((max(lengths), tokens.shape[0]), np.float32)
    for matrix, start, end in zip(matrices, starts, ends, strict=True):
        of_one = floats[: end - start]
        of_one[:] = matrix.values
        np.matmul(of_one, tokens, out=together[start:end])
    together *= np.concatenate([matrix.scales for matrix in matrices])[:, None]
    return together.T, starts


def _count_topics(asked: Sequence[tuple[int, str]], candidate: Candidate, matrix: TokenMatrix, matches: Floats) -> None:
    """Into the matches: a word that asks for a topic is met by what stands for it in a heading or in the text.

    `asked` are numbers of question tokens with a topic each.
    """
    heading, text = candidate.row.chunk.heading, candidate.row.chunk.indexed_text
    announced = of_heading(heading)
    begins, ends = matrix.spans[:, 0], matrix.spans[:, 1]
    for token, topic in asked:
        if topic in announced:
            in_heading = begins < len(heading)
            matches[token, in_heading] = np.maximum(matches[token, in_heading], TOPIC_MATCH)
        for start, end in written(topic, text):
            inside = (begins < end) & (ends > start)
            matches[token, inside] = np.maximum(matches[token, inside], TOPIC_MATCH)


def _count_present(query: Query, candidate: Candidate, matrix: TokenMatrix, matches: Floats) -> None:
    """Into the matches: today's job stands in a line whose time goes on, and has neither "work" nor "current"."""
    chunk = candidate.row.chunk
    if "work" not in of_heading(chunk.heading):
        return
    asked = np.flatnonzero([bool(topics) for topics in query.token_topics])
    offset = len(chunk.indexed_text) - len(chunk.text)
    begins = matrix.spans[:, 0].astype(np.int64) - offset
    for start, end in sentences(chunk.text):
        if goes_on(chunk.text[start:end]):
            matches[np.ix_(asked, (begins >= start) & (begins < end))] = 1.0


def _withhold(candidate: Candidate, matrix: TokenMatrix, matches: Floats) -> None:
    """Out of the matches: the tokens of a sentence that ingest took something private out of.

    "IBAN: [account removed]" names what is asked for and answers nothing.
    """
    chunk = candidate.row.chunk
    offset = len(chunk.indexed_text) - len(chunk.text)
    begins = matrix.spans[:, 0].astype(np.int64) - offset
    for start, end in sentences(chunk.text):
        if REDACTED.search(chunk.text, start, end):
            matches[:, (begins >= start) & (begins < end)] = 0.0


@lru_cache(maxsize=10_000)
def has_redaction(text: str) -> bool:
    """Whether ingest took something private out of a passage."""
    return REDACTED.search(text) is not None


def token_weights(corpus: Corpus, query: Query) -> Floats:
    """Weight of each question token, float32 (t,), summing to 1."""
    raw = np.array(
        [query.share(term) * corpus.lexical.idf(term) if term else STOP_WEIGHT for term in query.token_terms],
        np.float32,
    )
    return raw / raw.sum() if len(raw) else raw
