"""The texts of the benches: prose, as many as wanted, the same everywhere."""

from itertools import islice

import pytest

from bench import prose, texts


def test_a_copy_is_its_article_under_other_names_and_numbers() -> None:
    text = "---\ntitle: Gallium\n---\n\nThe metal was found by Paul Lecoq in 1875, after Dmitri Mendeleev."
    copy = texts.renamed(text, texts.names(text), 1)
    assert len(copy) == len(text)
    assert copy.startswith("---\ntitle: ")
    for replaced in ("Gallium", "Lecoq", "Mendeleev", "1875"):
        assert replaced not in copy
    assert " metal was found by " in copy


def test_a_name_is_the_same_wherever_it_stands_and_another_in_each_copy() -> None:
    text = "She met Torrey. Later that Torrey left."
    first, second = (texts.renamed(text, frozenset({"Torrey"}), copy) for copy in (1, 2))
    name = first.split()[2].rstrip(".")
    assert first == text.replace("Torrey", name)
    assert second != first


def test_documents_differ_and_have_ids_of_their_own() -> None:
    found = list(islice(texts.corpus(), 60))
    assert len({name for name, _ in found}) == len({text for _, text in found}) == 60
    assert dict(found[: len(texts.articles())]) == texts.articles()


@pytest.mark.parametrize("count", [1, 12, 150])
def test_there_are_as_many_paragraphs_as_wanted_each_once(count: int) -> None:
    found = texts.paragraphs(count)
    assert len(found) == len(set(found.values())) == count
    assert list(texts.paragraphs(200).items())[:count] == list(found.items())


def test_each_version_of_the_cv_says_which_it_is_and_fills_two_pages() -> None:
    first, second = texts.cv(0), texts.cv(1)
    assert "Revision 0 of this page." in first
    assert "Revision 0" not in second
    assert 4000 < len(first) < 9000


def test_questions_are_none_of_those_that_are_held_out() -> None:
    held_out = (texts.PROSE / "held_out" / "questions.jsonl").read_text(encoding="utf-8")
    asked = texts.questions(texts.articles())
    assert len(asked) == len(set(asked)) > 300
    assert [question for question in asked if question in held_out] == []


def test_the_corpus_has_the_passages_that_it_is_said_to_have() -> None:
    documents = prose.documents(400)
    counts = [len(prose.chunks(name, text)) for name, text in documents.items()]
    assert sum(counts[:-1]) < 400 <= sum(counts)


def test_questions_are_those_of_the_documents_and_come_again_when_all_were_asked() -> None:
    asked = len(texts.questions(prose.documents()))
    bodies = list(prose.bodies(asked + 1))
    assert bodies[0] == bodies[-1]
    assert len({str(body) for body in bodies}) == asked
    assert 0 < len(texts.questions({"gallium"})) < 30
