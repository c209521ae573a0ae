"""What the page offers to ask: every starter question, in every language, is answered from the documents."""

from collections.abc import Iterator

import httpx
import pytest

from functions.shared.subject import read_subject
from tests.processes import ROOT, Function

SUBJECT = read_subject(ROOT / "corpus")
# What an answer has to hold, in the order of the questions.
FACTS = ["VitaScale", "breath alcohol", "88%", "heart disease", "Azure", "Malayalam"]
ASKED = [
    pytest.param(question, fact, id=f"{language} {question}")
    for language, questions in {"en": SUBJECT.starters, **SUBJECT.starters_by_language}.items()
    for question, fact in zip(questions, FACTS, strict=True)
]


@pytest.fixture(scope="module")
def ask(fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    with Function("ask", tmp_path_factory.mktemp("starters"), fed) as function:
        yield function


@pytest.mark.parametrize(("question", "fact"), ASKED)
def test_it_is_answered_with_its_fact_and_sources(ask: Function, question: str, fact: str) -> None:
    record = httpx.post(ask.url, json={"question": question}, timeout=60).json()
    assert record["answered"]
    assert fact in record["answer"]
    assert record["sources"]


def test_every_language_the_page_speaks_has_its_own(ask: Function) -> None:
    assert set(SUBJECT.starters_by_language) == set(SUBJECT.languages[1:]) == {"de"}
