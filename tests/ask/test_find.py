"""The passages for a question and the proof in them, over the real corpus."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from functions.ask.corpus import EMPTY
from functions.ask.evidence import enough
from functions.ask.find import SNIPPET, find, search, source
from functions.ask.parts import Parts, open_parts
from functions.ask.progress import Progress
from functions.ask.question import Question, Search, Turn
from functions.shared.records import Passage
from functions.shared.settings import Settings
from tests.ask.small_corpus import row

STEPS = ["embed", "retrieve", "rerank", "evidence"]
WORK = "Where does Vivek work?"


@pytest.fixture
async def parts(fed: dict[str, str]) -> AsyncIterator[Parts]:
    opened = await open_parts(Settings.read({**fed, "CHROMA_TIMEOUT_S": "60"}))
    yield opened
    await opened.close()


async def test_proof_is_found_by_each_step_in_turn(parts: Parts) -> None:
    corpus, _ = await parts.corpus.current()
    progress = Progress()
    evidence = await find(parts, corpus, Question(WORK, top_k=2), progress)
    assert enough(evidence, corpus, 0.0)
    assert "VitaScale" in evidence.passages[0].chunk.text
    assert len(evidence.passages) == 2
    assert list(progress.timings_ms) == STEPS
    assert not progress.degraded


async def test_a_follow_up_is_read_until_there_is_proof(parts: Parts) -> None:
    corpus, _ = await parts.corpus.current()
    assert not enough(await find(parts, corpus, Question("Since when?"), Progress()), corpus, 0.0)
    history = [Turn("user", WORK), Turn("assistant", "At VitaScale. [1]")]
    evidence = await find(parts, corpus, Question("Since when?", history=history), Progress())
    assert enough(evidence, corpus, 0.0)
    assert "VitaScale" in evidence.passages[0].chunk.text


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("What did he do before VitaScale?", "Furnace Fabrica"),
        ("Where did he work after Furnace Fabrica?", "VitaScale"),
    ],
)
async def test_what_was_before_or_after_a_named_job_is_found_without_a_conversation(
    parts: Parts, question: str, document: str
) -> None:
    corpus, _ = await parts.corpus.current()
    evidence = await find(parts, corpus, Question(question), Progress())
    assert enough(evidence, corpus, 0.0)
    assert document in evidence.quotes[0].text


async def test_before_the_first_job_nothing_is_made_up(parts: Parts) -> None:
    corpus, _ = await parts.corpus.current()
    evidence = await find(parts, corpus, Question("What did he do before Furnace Fabrica?"), Progress())
    assert not enough(evidence, corpus, 0.0)


async def test_without_a_passage_nothing_is_looked_up(parts: Parts) -> None:
    progress = Progress()
    evidence = await find(parts, EMPTY, Question(WORK), progress)
    assert (evidence.passages, progress.timings_ms) == ((), {})


async def test_what_citations_are_checked_by_is_there_only_where_a_model_writes(
    parts: Parts, fed: dict[str, str]
) -> None:
    corpus, _ = await parts.corpus.current()
    assert (await find(parts, corpus, Question(WORK), Progress())).support is None
    writing = await open_parts(Settings.read({**fed, "OLLAMA_HOST": "http://127.0.0.1:9", "CHROMA_TIMEOUT_S": "60"}))
    support = (await find(writing, corpus, Question(WORK), Progress())).support
    await writing.close()
    assert support is not None


async def test_a_search_names_the_corpus_it_saw(parts: Parts) -> None:
    corpus, _ = await parts.corpus.current()
    found = await search(parts, Search("breath alcohol accuracy", top_k=3))
    assert [one.n for one in found.results] == [1, 2, 3]
    assert (found.corpus_version, found.degraded) == (corpus.version, False)


@pytest.mark.parametrize(("length", "ends"), [(SNIPPET, "x"), (SNIPPET + 1, "x…")], ids=["whole", "cut"])
def test_a_visitor_sees_the_beginning_of_a_long_passage(length: int, ends: str) -> None:
    chunk = replace(row("job").chunk, text="x" * length)
    shown = source(Passage(chunk, 0.123456, 1))
    assert len(shown.snippet) == SNIPPET
    assert shown.snippet.endswith(ends)
    assert (shown.n, shown.score) == (1, 0.1235)
