"""The questions are sound: what they call an answer stands in the documents, and what they call private does too."""

import re
from collections import Counter
from pathlib import Path

import pypdfium2
import pytest
from selectolax.lexbor import LexborHTMLParser

from functions.shared.subject import read_subject
from tests.quality.scorers import fold, holds, leaks
from tests.quality.sets import CORPUS, HELD_OUT, Question, QuestionSet, question_sets

SETS = {one.key: one for one in question_sets()}
PERSONS = [one for one in SETS.values() if one.canaries]
PROVEN = [one for one in SETS.values() if any("evidence" in question for question in [*one.answerable, *one.turns])]
IN_DIALOGUE = [one for one in SETS.values() if one.dialogues]
DIALOGUES = next(one for one in IN_DIALOGUE if one.subject == CORPUS)
PROSE = [one for one in SETS.values() if one.name == "prose"]
KINDS = {
    "answerable": {"direct", "paraphrased", "multi", "typo", "list", "date"},
    "absent": {"near", "near miss", "far", "private", "general"},
    "hostile": {"injection", "private", "free-llm", "roleplay"},
}
FIELDS = {"answerable": {"must"}, "absent": {"kind"}, "hostile": {"kind", "never"}}

every_set = pytest.mark.parametrize("one", SETS.values(), ids=list(SETS))
every_person = pytest.mark.parametrize("one", PERSONS, ids=[one.name for one in PERSONS])
every_proven = pytest.mark.parametrize("one", PROVEN, ids=[one.key for one in PROVEN])
every_dialogue = pytest.mark.parametrize("one", IN_DIALOGUE, ids=[one.key for one in IN_DIALOGUE])
every_prose = pytest.mark.parametrize("one", PROSE, ids=[one.key for one in PROSE])


def questions(one: QuestionSet) -> list[Question]:
    return [*one.answerable, *one.absent, *one.hostile]


def stands_alone(question: Question) -> str:
    """The question as somebody asks it who has not read what was said before."""
    return str(question.get("written_out", question["question"]))


def proven(one: QuestionSet) -> list[Question]:
    """Everything the documents answer."""
    return [*one.answerable, *(turn for turn in one.turns if turn["kind"] != "absent")]


def evidence(question: Question) -> list[str]:
    """Whole sentences: one piece, or a list of pieces."""
    return [question["evidence"]] if isinstance(question["evidence"], str) else question["evidence"]


def articles(one: QuestionSet, tmp_path: Path) -> dict[str, str]:
    """Name of a Markdown document → its text without the front matter."""
    paths = sorted(one.documents(tmp_path).glob("*.md"))
    texts = {path.stem: path.read_text(encoding="utf-8") for path in paths if path.name != "README.md"}
    return {name: text.split("---\n", 2)[2] for name, text in texts.items()}


def pdf_text(path: Path) -> str:
    """All the text that a PDF shows; a word parted at the end of a line is whole again."""
    with pypdfium2.PdfDocument(path) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return re.sub(r"[\ufffe\u00ad\x02]\s*", "", "\n".join(pages))


def shown(folder: Path) -> str:
    """What a reader sees in a person's documents."""
    page = LexborHTMLParser((folder / "portfolio.html").read_text(encoding="utf-8"))
    assert page.body is not None
    return f"{pdf_text(folder / 'cv.pdf')}\n{page.body.text(separator=' ')}"


def test_no_two_questions_share_an_id() -> None:
    ids = Counter(each["id"] for one in SETS.values() for each in [*questions(one), *one.dialogues, *one.turns])
    assert [one for one, times in ids.items() if times > 1] == []


@pytest.mark.parametrize("name", sorted({one.name for one in SETS.values()}))
def test_nothing_is_asked_twice_about_the_same_documents(name: str) -> None:
    asked = Counter(fold(each["question"]) for one in SETS.values() if one.name == name for each in questions(one))
    assert [question for question, times in asked.items() if times > 1] == []


@every_set
def test_every_question_has_its_fields_a_known_kind_and_a_split(one: QuestionSet) -> None:
    parts: dict[str, list[Question]] = {"answerable": one.answerable, "absent": one.absent, "hostile": one.hostile}
    for part, listed in parts.items():
        for question in listed:
            assert {"id", "question", "split"} | FIELDS[part] <= set(question), question["id"]
            assert question.get("kind", "direct") in KINDS[part], question["id"]
            assert question["split"] in ("tune", "report", HELD_OUT), question["id"]
            assert all(question.get("must", ["-"])), question["id"]


@every_set
def test_the_subject_can_be_read(one: QuestionSet) -> None:
    assert read_subject(one.subject).name


@every_proven
def test_evidence_stands_in_the_document_word_for_word(one: QuestionSet, tmp_path: Path) -> None:
    texts = articles(one, tmp_path)
    everything = "\n".join(texts.values())
    for question in proven(one):
        text = texts[question["document"]] if "document" in question else everything
        assert [piece for piece in evidence(question) if piece not in text] == [], question["id"]


@every_proven
def test_what_an_answer_must_hold_is_in_its_evidence(one: QuestionSet) -> None:
    wrong = [each["id"] for each in proven(one) if not all(holds(" ".join(evidence(each)), each["must"]))]
    assert wrong == []


@every_dialogue
def test_a_dialogue_has_two_to_four_turns_a_language_and_a_split(one: QuestionSet) -> None:
    for dialogue in one.dialogues:
        assert 2 <= len(dialogue["turns"]) <= 4, dialogue["id"]
        assert dialogue["language"] in ("en", "de"), dialogue["id"]
        assert dialogue["split"] in ("tune", "report", HELD_OUT), dialogue["id"]


@every_dialogue
def test_a_dialogue_opens_once_and_every_later_turn_says_what_it_is(one: QuestionSet) -> None:
    for dialogue in one.dialogues:
        first, *later = [turn["kind"] for turn in dialogue["turns"]]
        assert first == "opening", dialogue["id"]
        assert set(later) <= {"follow-up", "switch", "absent"}, dialogue["id"]


@every_dialogue
def test_what_needs_its_dialogue_is_written_out_and_what_stands_alone_is_not(one: QuestionSet) -> None:
    for turn in one.turns:
        assert ("written_out" in turn) is (turn["kind"] in ("follow-up", "absent")), turn["id"]
        assert ("must" in turn) is (turn["kind"] != "absent"), turn["id"]
        assert all(turn.get("must", ["-"])), turn["id"]


def test_a_turn_about_the_shipped_corpus_has_its_evidence() -> None:
    for turn in DIALOGUES.turns:
        assert ("must" in turn) is ("evidence" in turn), turn["id"]


@every_dialogue
def test_what_is_written_out_points_at_nothing_said_before(one: QuestionSet) -> None:
    pointing = re.compile(r"\b(it|that|there|this|these|those|them|ones?|davor|darin|dafür|dort)\b", re.I)
    alone = [turn for turn in one.turns if "written_out" in turn]
    assert [turn["id"] for turn in alone if pointing.search(turn["written_out"])] == []


def test_no_held_out_turn_is_a_known_question_or_a_known_turn() -> None:
    about_the_same = [SETS[key].without(HELD_OUT) for key in SETS if SETS[key].subject == CORPUS]
    known = {fold(stands_alone(each)) for one in about_the_same for each in [*questions(one), *one.turns]}
    held_out = [turn for turn in DIALOGUES.turns if turn["split"] == HELD_OUT]
    assert [turn["id"] for turn in held_out if fold(stands_alone(turn)) in known] == []


@every_person
def test_what_an_answer_must_hold_is_in_the_documents(one: QuestionSet, tmp_path: Path) -> None:
    text = shown(one.documents(tmp_path))
    assert [question["id"] for question in one.answerable if not all(holds(text, question["must"]))] == []


def test_what_a_turn_about_the_second_person_must_hold_is_in_the_documents(tmp_path: Path) -> None:
    one = next(one for one in IN_DIALOGUE if one.subject != CORPUS)
    text = shown(one.documents(tmp_path))
    assert [turn["id"] for turn in one.turns if not all(holds(text, turn.get("must", [])))] == []


@every_person
def test_everything_private_is_in_the_documents_as_it_is_listed(one: QuestionSet, tmp_path: Path) -> None:
    folder = one.documents(tmp_path)
    raw = pdf_text(folder / "cv.pdf") + (folder / "portfolio.html").read_text(encoding="utf-8")
    assert leaks(raw, one.canaries) == one.canaries


@every_person
def test_no_answer_must_hold_anything_private(one: QuestionSet) -> None:
    assert [each["id"] for each in one.answerable if leaks(" ".join(each["must"]), one.canaries)] == []


@every_person
def test_the_cv_has_two_pages_and_is_the_same_every_time(one: QuestionSet, tmp_path: Path) -> None:
    first, second = (one.documents(tmp_path / name) / "cv.pdf" for name in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    with pypdfium2.PdfDocument(first) as document:
        assert len(document) == 2


@every_prose
def test_an_article_has_five_paragraphs_of_about_a_hundred_words(one: QuestionSet, tmp_path: Path) -> None:
    for name, text in articles(one, tmp_path).items():
        words = [len(paragraph.split()) for paragraph in text.strip().split("\n\n")]
        assert len(words) == 5, name
        assert min(words) >= 98, name
        assert max(words) <= 125, name


def test_a_held_out_question_from_far_names_something_that_occurs_nowhere(tmp_path: Path) -> None:
    held_out = SETS["prose-held-out"]
    known = fold("\n".join(articles(held_out, tmp_path).values()))
    for question in held_out.absent:
        if question["kind"] == "far":
            names = re.findall(r"(?<=[a-z,\"] )\"?([A-Z]\w+)", question["question"])
            assert any(name.casefold() not in known for name in names), question["id"]
