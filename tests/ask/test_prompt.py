"""Passages and question → messages that fit."""

import pytest

from functions.ask.prompt import MAX_TURNS, TOKENS_PER_MESSAGE, most_tokens, prompt
from functions.ask.providers import Message, ProviderFailed
from functions.ask.question import Turn
from functions.shared.records import Chunk, Passage
from functions.shared.subject import Link, Subject

SUBJECT = Subject(
    name="Nora Lindqvist",
    tagline="Sees ships",
    links=(Link("Site", "https://example.org/"),),
    starters=("Where does Nora work?",),
    short_name="Nora",
    pronouns="she/her",
    languages=("en",),
    topics=("ships",),
    contact="Write to her.",
)
QUESTION = "Where does Nora work?"


def passage(n: int, text: str, updated: str = "") -> Passage:
    return Passage(Chunk(f"d{n}", 0, "Work", "https://example.org/", "Jobs", text, updated), 1 / n, n)


PASSAGES = [passage(n, f"Sentence number {n}. " * 10) for n in (1, 2, 3, 4)]


def turns(*contents: str) -> list[Turn]:
    """A conversation that the visitor opened."""
    return [Turn("assistant" if number % 2 else "user", text) for number, text in enumerate(contents)]


def asked(window: int = 8192, history: list[Turn] | None = None, passages: list[Passage] = PASSAGES) -> list[Message]:
    return prompt(SUBJECT, QUESTION, history or [], passages, window, 400)


def size(messages: list[Message]) -> int:
    """Tokens, at most."""
    return sum(most_tokens(message["content"]) + TOKENS_PER_MESSAGE for message in messages)


def test_without_a_history_one_user_turn_holds_everything() -> None:
    (message,) = asked()
    assert message["role"] == "user"
    assert "Nora Lindqvist's professional life" in message["content"]
    assert message["content"].endswith("\n\nQuestion: Where does Nora work?")


def test_passages_are_numbered_as_the_visitor_sees_them_with_heading_and_date() -> None:
    (message,) = asked(passages=[passage(1, "She builds drones.", "2026-01-31"), passage(2, "She sails.")])
    assert (
        "\n\n[1] Work › Jobs (as of 2026-01-31):\nShe builds drones.\n\n[2] Work › Jobs:\nShe sails.\n\n"
        in message["content"]
    )


@pytest.mark.parametrize(
    "history",
    [
        turns("a"),
        turns("a", "b"),
        turns("a", "b", "c"),
        turns("a", "b", "c", "d", "e", "f"),
        [Turn("assistant", "b")],
        [Turn("assistant", "b"), Turn("assistant", "c"), Turn("user", "d")],
        [Turn("user", "a"), Turn("user", "b"), Turn("assistant", "c"), Turn("assistant", "d")],
        [Turn("user", "a"), Turn("assistant", ""), Turn("user", " "), Turn("assistant", "d")],
    ],
)
def test_roles_alternate_from_user_to_user_none_is_empty_and_there_is_no_system_role(history: list[Turn]) -> None:
    messages = asked(history=history)
    assert [message["role"] for message in messages] == ["user", "assistant"] * (len(messages) // 2) + ["user"]
    assert all(message["content"].strip() for message in messages)


def test_the_newest_turns_come_before_the_question_in_their_order() -> None:
    messages = asked(history=turns("q1", "a1", "q2", "a2", "q3", "a3"))
    assert [message["content"] for message in messages[:-1]] == ["q2", "a2", "q3", "a3"]
    assert len(messages) - 1 == MAX_TURNS == 4


def test_a_question_left_without_an_answer_is_left_out() -> None:
    assert [m["content"] for m in asked(history=turns("q1", "a1", "q2"))[:-1]] == ["q1", "a1"]


def test_an_answer_that_never_came_is_left_out_with_its_question() -> None:
    assert [m["content"] for m in asked(history=turns("q1", "a1", "q2", ""))[:-1]] == ["q1", "a1"]


@pytest.mark.parametrize("window", [1000, 1200, 1500, 2048, 8192])
def test_the_window_is_respected(window: int) -> None:
    messages = asked(window, turns("q" * 300, "a" * 300, "q" * 300, "a" * 300))
    assert size(messages) <= window - 400


def test_what_does_not_fit_goes_oldest_turns_first_then_the_weakest_passages() -> None:
    history = turns("old question", "old answer " * 20, "new question", "new answer")
    everything = asked(history=history)
    needed = size(everything)

    def with_room(tokens: int) -> list[Message]:
        return asked(400 + tokens, history)

    assert with_room(needed) == everything
    assert with_room(needed - 1)[:-1] == everything[2:-1]
    last = size(everything[-1:])
    assert with_room(last) == everything[-1:]
    *_, shorter = with_room(last - 1)
    assert "[3] Work" in shorter["content"]
    assert "[4] Work" not in shorter["content"]


def test_the_instruction_the_question_and_the_best_passage_never_go() -> None:
    (message,) = asked(400 + size(asked(passages=PASSAGES[:1])))
    assert message["content"].startswith("You answer visitors")
    assert "[1] Work" in message["content"]
    assert "[2] Work" not in message["content"]
    assert message["content"].endswith(QUESTION)


def test_what_cannot_fit_is_left_to_another_rung_instead_of_being_cut_by_the_server() -> None:
    with pytest.raises(ProviderFailed) as failed:
        asked(399 + size(asked(passages=PASSAGES[:1])))
    assert failed.value.cause == "window"


# Real counts of Llama's and Mistral's vocabularies are below these: letters in German come at 3 to 4 a token, digits
# at one, and signs they do not know at one token a byte.
@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("Where does Nora work?", 6),
        ("Donaudampfschifffahrtsgesellschaftskapitän", 14),
        ("2023-06-01", 10),
        ("വിവേക്", 18),
        ("数据科学家", 15),
        ("👩‍🚀", 11),
        ("", 0),
    ],
)
def test_the_bound_on_tokens_holds_for_every_script(text: str, least: int) -> None:
    assert most_tokens(text) >= least


def test_half_a_surrogate_pair_counts_like_anything_else() -> None:
    assert most_tokens("\ud800") >= 1


@pytest.mark.parametrize("text", ["$passages $name ${question}", "%s {name} {}", "\\1 \\g<0>", "$"])
def test_signs_that_templates_know_mean_nothing_in_a_question_or_a_passage(text: str) -> None:
    (message,) = prompt(SUBJECT, text, [], [passage(1, text)], 8192, 400)
    assert message["content"].count(text) == 2
