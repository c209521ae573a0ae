"""[n] in a model's answer is checked against passage n before it is shown."""

import pytest

from functions.ask.support import Support
from functions.shared import metrics
from tests.ask.citations.checked import checked, passage, shown


def test_a_marker_whose_passage_supports_its_sentence_is_kept(four: Support) -> None:
    answer = checked(four, "Nora works at Harbour Robotics [1].")
    assert answer.text == "Nora works at Harbour Robotics [1]."
    assert answer.cited == {1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nora works at Harbour Robotics. [1]", "Nora works at Harbour Robotics. [1]"),
        ("Nora works at Harbour Robotics[1].", "Nora works at Harbour Robotics [1]."),
        ("Nora works at Harbour Robotics [ 1 ].", "Nora works at Harbour Robotics [1]."),
        ("Nora works at Harbour Robotics\n[1].", "Nora works at Harbour Robotics [1]."),
    ],
    ids=["after the stop", "without a space", "with spaces inside", "on a line of its own"],
)
def test_a_marker_may_be_written_in_several_ways(four: Support, text: str, expected: str) -> None:
    assert shown(four, text) == expected


def test_a_marker_is_checked_against_its_own_sentence_only(four: Support) -> None:
    text = "Nora works at Harbour Robotics [1]. Her thesis detects cracks in concrete [2]."
    assert shown(four, text) == text
    assert shown(four, "Nora works at Harbour Robotics [1]. Her thesis detects cracks in concrete [1].") == (
        "Nora works at Harbour Robotics [1]. Her thesis detects cracks in concrete."
    )


@pytest.mark.parametrize("marker", ["[5]", "[0]", "[99999999]", "[١٢]"])
def test_a_marker_of_a_passage_that_was_not_given_is_dropped(four: Support, marker: str) -> None:
    assert shown(four, f"Nora works at Harbour Robotics [1] {marker}.") == "Nora works at Harbour Robotics [1]."


def test_a_marker_whose_passage_says_something_else_is_dropped(four: Support) -> None:
    assert shown(four, "Nora plays the violin in an orchestra [1].") == "Nora plays the violin in an orchestra."


@pytest.mark.parametrize(
    "sentence",
    [
        "Nora works at Harbour Robotics since March 2019",
        "Nora works at Harbour Robotics since March 21",
        "Nora works at Harbour Robotics in Bergen since 2021.5",
        "Her thesis detects cracks in concrete with 9 % accuracy",
    ],
)
def test_a_marker_whose_number_is_not_in_the_passage_is_dropped(four: Support, sentence: str) -> None:
    answer = checked(four, f"{sentence} [1, 2].")
    assert answer.text == f"{sentence}."
    assert not answer.cited


@pytest.mark.parametrize("marker", ["[1, 2]", "[1][2]", "[1] [2]", "[2;1]", "[1,1,2]"])
def test_of_several_numbers_only_the_supported_are_kept(four: Support, marker: str) -> None:
    assert shown(four, f"Nora works at Harbour Robotics {marker}.") == "Nora works at Harbour Robotics [1]."


def test_several_numbers_that_hold_are_shown_one_by_one() -> None:
    same = Support([passage(1, "Nora sails."), passage(2, "Nora sails in Bergen.")])
    assert shown(same, "Nora sails [1, 2].") == "Nora sails [1] [2]."


@pytest.mark.parametrize(
    "text",
    [
        "She sails the boat [the Havørn] on weekends [3].",
        "She sails an old boat [wooden] on weekends [3].",
        "She sails an old wooden boat on weekends [3]. See [here](https://example.org/a_[b]).",
        "She sails an old wooden boat on weekends [3]. a[i] = [] and [",
        "She sails an old wooden boat on weekends [3]. [x1] [1x]",
    ],
)
def test_brackets_that_are_no_markers_pass(four: Support, text: str) -> None:
    assert shown(four, text.removesuffix(" and [")) == text.removesuffix(" and [")


def test_a_marker_that_was_never_closed_is_dropped(four: Support) -> None:
    text = "Nora works at Harbour Robotics [1]. She sails"
    assert shown(four, f"{text} [3") == text
    assert shown(four, "Nora works at Harbour Robotics [") == "Nora works at Harbour Robotics [1]"


def test_a_text_without_a_marker_gets_the_passage_that_supports_it(four: Support) -> None:
    answer = checked(four, "Her thesis detects cracks.")
    assert answer.text == "Her thesis detects cracks. [2]"
    assert answer.cited == {2}


def test_a_text_whose_only_marker_is_wrong_gets_the_right_one(four: Support) -> None:
    assert shown(four, "Her thesis detects cracks [3].") == "Her thesis detects cracks. [2]"


@pytest.mark.parametrize(
    "text", ["Nora plays the violin in an orchestra.", "Her thesis took 7 cracks.", "", "  ", "😀"]
)
def test_a_text_that_no_passage_supports_gets_no_marker(four: Support, text: str) -> None:
    answer = checked(four, text)
    assert answer.text == text.rstrip()
    assert not answer.cited


def test_without_passages_every_marker_is_dropped() -> None:
    assert shown(Support([]), "Nora works [1].") == "Nora works."


@pytest.mark.parametrize(
    "text",
    [
        "According to [1], Nora works at Harbour Robotics.",
        "As in [1], Nora works at Harbour Robotics. She sails an old boat [3].",
        "[1] Nora works at Harbour Robotics.",
        "[1] Nora works at Harbour Robotics. [3] She sails an old wooden boat.",
        "- [1] Nora works at Harbour Robotics.\n- [3] She sails an old wooden boat.",
        "Nora [1] works at Harbour Robotics.",
        "According to [1] Nora works at Harbour Robotics [1].",
    ],
)
def test_a_marker_before_its_words_is_checked_with_the_sentence_that_follows(four: Support, text: str) -> None:
    assert shown(four, text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("According to [2], Nora works at Harbour Robotics [1].", "According to, Nora works at Harbour Robotics [1]."),
        ("[2] Nora works at Harbour Robotics [1].", "Nora works at Harbour Robotics [1]."),
        (
            "[1] Nora works at Sildal Foods.\n[3] She sails a boat.",
            "Nora works at Sildal Foods.\n[3] She sails a boat.",
        ),
    ],
)
def test_a_marker_before_words_its_passage_does_not_say_is_dropped(four: Support, text: str, expected: str) -> None:
    assert shown(four, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nora works at Harbour Robotics [1] and studied at NTNU [4].", ""),
        ("Nora works at Harbour Robotics [1], sails an old boat [3] and studied cybernetics [4].", ""),
        ("Nora works at Harbour Robotics [1] in Bergen [1].", ""),
        (
            "Nora works at Harbour Robotics [1] and studied in Oslo [4].",
            "Nora works at Harbour Robotics [1] and studied in Oslo.",
        ),
        # The second number would stand behind both halves.
        (
            "Nora works at Sildal Foods [1] and studied at NTNU [4].",
            "Nora works at Sildal Foods and studied at NTNU.",
        ),
    ],
)
def test_a_marker_inside_a_sentence_covers_the_words_since_the_last(four: Support, text: str, expected: str) -> None:
    assert shown(four, text) == (expected or text)


@pytest.mark.parametrize("marker", ["[1][4]", "[1, 4]", "[1] [4]"])
def test_passages_that_prove_a_sentence_only_together_are_kept_together(four: Support, marker: str) -> None:
    sentence = "Nora works at Harbour Robotics and studied cybernetics at NTNU"
    assert shown(four, f"{sentence} {marker}.") == f"{sentence} [1] [4]."
    assert shown(four, f"{sentence} [1][3].") == f"{sentence}."


def test_passages_are_not_added_up_within_one_statement(four: Support) -> None:
    assert shown(four, "Nora works at Harbour Robotics since August 2013 [1][4].").endswith("2013.")


@pytest.mark.parametrize(
    "text",
    [
        "Nora is employed by Harbour Robotics as of 03/2021.",
        "Her thesis detects cracks in concrete with 91 percent accuracy. She sails on weekends.",
    ],
)
def test_a_text_without_a_marker_gets_those_of_all_its_sentences(four: Support, text: str) -> None:
    answer = checked(four, text)
    assert answer.cited
    assert answer.proven


def test_a_text_without_a_marker_gets_none_when_one_of_its_sentences_is_not_proven(four: Support) -> None:
    text = "Her thesis detects cracks in concrete. She plays the violin."
    assert shown(four, text) == text


@pytest.mark.parametrize(
    ("text", "proven"),
    [
        ("Nora works at Harbour Robotics [1].", True),
        ("Nora works at Harbour Robotics.", True),
        ("Sure! Nora works at Harbour Robotics [1].", True),
        ("Nora works at Harbour Robotics [1]. The passages do not mention Google.", True),
        ("Nora plays the violin [1].", False),
        ("Nora works at Harbour Robotics [1]. She earned 90,000 crowns in 2020.", False),
        ("Nora works at Harbour Robotics [1] since 2009.", False),
        ("Nora works at Harbour Robotics [1]. Before that she was at Google.", False),
        ("Nora works at Harbour Robotics [1]. She is kind. She is brilliant. She inspires everybody.", False),
        ("", False),
    ],
)
def test_an_answer_is_proven_when_it_cites_invents_nothing_and_half_of_it_is_backed(
    four: Support, text: str, proven: bool
) -> None:
    assert checked(four, text).proven is proven


def test_markers_are_counted(four: Support) -> None:
    counted = metrics.ask().citations
    before = [counted.labels(result)._value.get() for result in ("kept", "dropped")]
    shown(four, "Nora works at Harbour Robotics [1][2]. Her thesis detects fraud [2, 9].")
    after = [counted.labels(result)._value.get() for result in ("kept", "dropped")]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 3]
