"""Dialogues are played as the page does it, and every column counts what its name says."""

from typing import Any

import pytest

from tests.quality.dialogues import COLUMNS, History, play, score

PLACE = "He was in Navi Mumbai. [1]"
TURNS: list[dict[str, Any]] = [
    {"question": "What was his first job?", "kind": "opening", "must": ["procurement"]},
    {"question": "In which city?", "kind": "follow-up", "must": ["Mumbai"], "written_out": "Where was his first job?"},
    {"question": "And the pay?", "kind": "absent", "written_out": "What did his first job pay?"},
    {"question": "Which languages does he speak?", "kind": "switch", "must": ["Hindi"]},
]
DIALOGUE = {"id": "d", "turns": TURNS}


class Bot:
    """Says to a question what it was told to say, with a history and without; None is a refusal."""

    def __init__(self, told: dict[str, str | None], alone: dict[str, str | None]) -> None:
        self.told, self.alone = told, alone
        self.asked: list[tuple[str, History]] = []

    def ask(self, question: str, history: History) -> dict[str, Any]:
        self.asked.append((question, history))
        said = (self.told if history else self.alone).get(question)
        return {"answered": said is not None, "answer": said or "Not in my documents.", "sources": [{"n": 1}]}


@pytest.fixture
def bot() -> Bot:
    """Understands follow-ups."""
    return Bot(
        told={"In which city?": PLACE, "Which languages does he speak?": "Hindi. [1]"},
        alone={
            "What was his first job?": "He was in procurement. [1]",
            "Where was his first job?": PLACE,
            "Which languages does he speak?": "Hindi. [1]",
        },
    )


def test_a_turn_goes_with_the_questions_before_it_and_the_bots_own_answers_refusals_too(bot: Bot) -> None:
    list(play(DIALOGUE, bot.ask))
    assert [(question, len(history)) for question, history in bot.asked] == [
        ("What was his first job?", 0),
        ("In which city?", 2),
        ("Where was his first job?", 0),
        ("And the pay?", 4),
        ("What did his first job pay?", 0),
        ("Which languages does he speak?", 6),
        ("Which languages does he speak?", 0),
    ]
    assert bot.asked[5][1] == [
        {"role": "user", "content": "What was his first job?"},
        {"role": "assistant", "content": "He was in procurement. [1]"},
        {"role": "user", "content": "In which city?"},
        {"role": "assistant", "content": PLACE},
        {"role": "user", "content": "And the pay?"},
        {"role": "assistant", "content": "Not in my documents."},
    ]


def test_a_bot_that_understands_its_visitor_has_full_marks(bot: Bot) -> None:
    assert score([DIALOGUE], bot.ask) == {"n": 1, **dict.fromkeys(COLUMNS, 1.0)}


def test_a_bot_that_forgets_loses_its_follow_ups_and_their_ratio(bot: Bot) -> None:
    bot.told["In which city?"] = None
    row = score([DIALOGUE], bot.ask)
    assert (row["right"], row["right written out"], row["ratio"]) == (0.0, 1.0, 0.0)


def test_a_follow_up_that_is_not_answered_when_written_out_either_is_left_to_the_ratio(bot: Bot) -> None:
    second = {"id": "e", "turns": [TURNS[0], {**TURNS[1], "question": "Where?", "written_out": "Where, at all?"}]}
    row = score([DIALOGUE, second], bot.ask)
    assert (row["n"], row["right"], row["right written out"], row["ratio"]) == (2, 0.5, 0.5, 1.0)


def test_a_history_that_poisons_a_new_topic_shows_beside_the_same_question_alone(bot: Bot) -> None:
    bot.told["Which languages does he speak?"] = PLACE
    row = score([DIALOGUE], bot.ask)
    assert (row["right self-contained"], row["right self-contained alone"]) == (0.0, 1.0)


def test_a_history_that_passes_for_evidence_shows_in_refusals(bot: Bot) -> None:
    bot.told["And the pay?"] = PLACE
    row = score([DIALOGUE], bot.ask)
    assert (row["refused"], row["refused written out"]) == (0.0, 1.0)


def test_an_answer_without_its_source_is_counted(bot: Bot) -> None:
    bot.told["In which city?"] = "Navi Mumbai."
    assert score([DIALOGUE], bot.ask)["cited"] == pytest.approx(2 / 3)
