"""Is there enough proof to answer, and which sentences carry it?

The same token matches that ranked the passages say how well the best of them meets the question. Without enough of
it the question is refused before any language model sees it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from functions.ask.corpus import Corpus
from functions.ask.durations import ASKS, duration
from functions.ask.quotes import Quote, quotes
from functions.ask.rerank import Ranked, token_weights
from functions.ask.retrieve import Query
from functions.ask.strength import strength
from functions.shared.records import Passage
from functions.shared.sentences import sentences

if TYPE_CHECKING:
    from functions.ask.support import Support

# Before the corpus was measured (functions/ingest/calibrate.py): on the safe side of what the known ones gave.
DEFAULT_THRESHOLD = 0.8


@dataclass(frozen=True, slots=True)
class Evidence:
    """`strength` is about 0..1.5; `quotes` are the sentences to answer with, best first."""

    strength: float
    passages: tuple[Passage, ...]
    quotes: tuple[Quote, ...]
    # What a model's citations are checked against; without it, the words of the passages alone.
    support: "Support | None" = field(default=None, compare=False)


def weigh(corpus: Corpus, query: Query, ranked: Sequence[Ranked], top_k: int) -> Evidence:
    """The evidence in the `top_k` best passages, numbered from 1 in their order."""
    best = ranked[:top_k]
    passages = tuple(
        Passage(one.candidate.row.chunk, one.score, n, _computed(query.text, one)) for n, one in enumerate(best, 1)
    )
    quoted = quotes(query, best, token_weights(corpus, query))
    return Evidence(strength(corpus, query, ranked, quoted), passages, quoted)


def enough(evidence: Evidence, corpus: Corpus, setting: float) -> bool:
    """Whether to answer: the owner's own threshold comes first, then the corpus's, then the default."""
    threshold = setting or corpus.threshold or DEFAULT_THRESHOLD
    return bool(evidence.quotes) and evidence.strength >= threshold


def _computed(question: str, one: Ranked) -> str:
    """The lengths of the spans a passage names, for a question that asks how long."""
    if not ASKS.search(question):
        return ""
    text = one.candidate.row.chunk.text
    lengths = (duration(text[start:end], date.today()) for start, end in sentences(text))
    return "; ".join(length for length in lengths if length)
