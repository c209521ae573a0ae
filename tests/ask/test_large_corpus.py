"""A corpus too large to be read before the first answer: answered from what is near, then as any other."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from functions.ask import holder
from functions.ask.answer import answer
from functions.ask.corpus import read
from functions.ask.parts import Parts, open_parts
from functions.ask.question import Question
from functions.ask.stream import Done
from functions.shared.records import Answer
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.ask.corpus.rows import has_vectors, until
from tests.ask.small_corpus import without_chroma

WORK = "Where does Vivek work?"


@pytest.fixture
async def parts(fed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Parts]:
    monkeypatch.setattr(holder, "MAX_FIRST", 1)
    # Two answers may take longer than that on a busy machine.
    monkeypatch.setattr(holder, "BEHIND_S", 3600.0)
    opened = await open_parts(Settings.read({**fed, "ANSWER_CACHE": "off", "CHROMA_TIMEOUT_S": "60"}))
    yield opened
    await opened.close()


async def ask(parts: Parts, question: str) -> Answer:
    events = [event async for event in answer(parts, Question(question))]
    assert isinstance(events[-1], Done)
    return events[-1].answer


async def test_the_first_questions_are_answered_before_it_is_read(parts: Parts) -> None:
    found = await ask(parts, WORK)
    assert found.answered
    assert "VitaScale" in found.answer
    assert found.degraded
    held, _ = await parts.corpus.current()
    assert (held.rows, held.whole, held.version) == ((), False, found.corpus_version)
    assert not (await ask(parts, "What is the capital of France?")).answered


async def test_once_it_is_read_results_are_those_of_a_corpus_read_at_once(
    parts: Parts, fed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holder, "BEHIND_S", 0.0)

    await until(has_vectors(parts.corpus))
    held, _ = await parts.corpus.current()
    at_once = await read(parts.store, held.head)
    assert held.rows == at_once.rows
    assert len(held.rows) > 1
    for term in ("vitascal", "german", "nothing"):
        assert (held.lexical.scores([term]) == at_once.lexical.scores([term])).all()

    monkeypatch.setattr(holder, "MAX_FIRST", 2_500)
    other = await open_parts(parts.settings)
    await until(has_vectors(other.corpus))
    for question in (WORK, "Which languages does he speak?", "What is the capital of France?"):
        mine, its = await ask(parts, question), await ask(other, question)
        assert (mine.answer, mine.degraded) == (its.answer, its.degraded)
        assert [one.id for one in mine.sources] == [one.id for one in its.sources]
    await other.close()


async def test_without_chroma_before_it_is_read_the_contact_card_answers(parts: Parts) -> None:
    await parts.corpus.current()
    lost: Store = without_chroma()
    found = await ask(replace(parts, store=lost), WORK)
    await lost.close()
    assert (found.provider, found.answered, found.degraded) == ("contact", False, True)
