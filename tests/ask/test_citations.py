"""[n] in a model's answer is checked against passage n before it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ask.citations import Citations
from functions.shared.records import Chunk, Passage


def passage(n: int, text: str) -> Passage:
    return Passage(Chunk(f"d{n}", 0, "Work", "https://example.org/", "", text, "2026-01-31"), 0.9, n)


PASSAGES = [
    passage(1, "Nora works at Harbour Robotics in Bergen since March 2021."),
    passage(2, "Her thesis detects cracks in concrete with 91 % accuracy."),
    passage(3, "She sails an old wooden boat [the Havørn] on weekends."),
]


def checked(*pieces: str) -> Citations:
    """An answer that came in `pieces`, to its end."""
    citations = Citations(PASSAGES)
    for piece in pieces:
        citations.feed(piece)
    citations.finish()
    return citations


def shown(text: str) -> str:
    return checked(text).text


def test_a_marker_whose_passage_supports_its_sentence_is_kept() -> None:
    answer = checked("Nora works at Harbour Robotics [1].")
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
def test_a_marker_may_be_written_in_several_ways(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_marker_is_checked_against_its_own_sentence_only() -> None:
    text = "Nora works at Harbour Robotics [1]. Her thesis detects cracks in concrete [2]."
    assert shown(text) == text
    assert shown("Nora works at Harbour Robotics [1]. Her thesis detects cracks in concrete [1].") == (
        "Nora works at Harbour Robotics [1]. Her thesis detects cracks in concrete."
    )


@pytest.mark.parametrize("marker", ["[4]", "[0]", "[99999999]", "[١٢]"])
def test_a_marker_of_a_passage_that_was_not_given_is_dropped(marker: str) -> None:
    assert shown(f"Nora works at Harbour Robotics [1] {marker}.") == "Nora works at Harbour Robotics [1]."


def test_a_marker_whose_passage_says_something_else_is_dropped() -> None:
    assert shown("Nora plays the violin in an orchestra [1].") == "Nora plays the violin in an orchestra."


@pytest.mark.parametrize(
    "sentence",
    [
        "Nora works at Harbour Robotics since March 2019",
        "Nora works at Harbour Robotics since March 21",
        "Nora works at Harbour Robotics in Bergen since 2021.5",
        "Her thesis detects cracks in concrete with 9 % accuracy",
    ],
)
def test_a_marker_whose_number_is_not_in_the_passage_is_dropped(sentence: str) -> None:
    answer = checked(f"{sentence} [1, 2].")
    assert answer.text == f"{sentence}."
    assert not answer.cited


@pytest.mark.parametrize("marker", ["[1, 2]", "[1][2]", "[1] [2]", "[2;1]", "[1,1,2]"])
def test_of_several_numbers_only_the_supported_are_kept(marker: str) -> None:
    assert shown(f"Nora works at Harbour Robotics {marker}.") == "Nora works at Harbour Robotics [1]."


def test_several_numbers_that_hold_are_shown_one_by_one() -> None:
    same = Citations([passage(1, "Nora sails."), passage(2, "Nora sails in Bergen.")])
    assert same.feed("Nora sails [1, 2].") == "Nora sails [1] [2]."


@pytest.mark.parametrize(
    "text",
    [
        "She sails the boat [the Havørn] on weekends [3].",
        "She sails an old boat [AI] on weekends [3].",
        "She sails an old wooden boat on weekends [3]. See [here](https://example.org/a_[b]).",
        "She sails an old wooden boat on weekends [3]. a[i] = [] and [",
        "She sails an old wooden boat on weekends [3]. [x1] [1x]",
    ],
)
def test_brackets_that_are_no_markers_pass(text: str) -> None:
    assert shown(text.removesuffix(" and [")) == text.removesuffix(" and [")


def test_a_marker_that_was_never_closed_is_dropped() -> None:
    assert shown("Nora works at Harbour Robotics [1]. She sails [3") == "Nora works at Harbour Robotics [1]. She sails"
    assert shown("Nora works at Harbour Robotics [") == "Nora works at Harbour Robotics [1]"


def test_a_text_without_a_marker_gets_the_passage_that_supports_it() -> None:
    answer = checked("Her thesis detects cracks.")
    assert answer.text == "Her thesis detects cracks. [2]"
    assert answer.cited == {2}


def test_a_text_whose_only_marker_is_wrong_gets_the_right_one() -> None:
    assert shown("Her thesis detects cracks [3].") == "Her thesis detects cracks. [2]"


@pytest.mark.parametrize(
    "text", ["Nora plays the violin in an orchestra.", "Her thesis took 7 cracks.", "", "  ", "😀"]
)
def test_a_text_that_no_passage_supports_gets_no_marker(text: str) -> None:
    answer = checked(text)
    assert answer.text == text.rstrip()
    assert not answer.cited


def test_without_passages_every_marker_is_dropped() -> None:
    citations = Citations([])
    assert citations.feed("Nora works [1].") + citations.finish() == "Nora works."


LONG = (
    "Nora works at Harbour Robotics [1].  Her thesis [the one on concrete] detects cracks [2, 3][1];"
    " the boat [Havørn [1 is old.\n\n- She sails   [3]\n- [AI] and [a very long remark with 1, 2 and [3] in it] end [1"
)


@pytest.mark.parametrize("position", range(len(LONG) + 1))
def test_the_text_is_the_same_wherever_the_stream_is_split(position: int) -> None:
    assert checked(LONG[:position], LONG[position:]).text == checked(*LONG).text == shown(LONG)


MARKERS = st.lists(st.sampled_from(["Nora works", "at", "Harbour", " ", "  " * 9, "[", "]", "1", "2", ",", "\n", "."]))


@given(MARKERS)
def test_any_text_is_the_same_whole_and_in_pieces(pieces: list[str]) -> None:
    whole = "".join(pieces)
    assert checked(*pieces).text == checked(*whole).text == shown(whole)


@given(st.lists(st.sampled_from(["Nora sails", " ", "[1]", "[2, 1]", " [1;", "2 ]", "1", "]", ".", "\n"])))
def test_no_marker_of_a_passage_that_does_not_support_it_is_ever_shown(pieces: list[str]) -> None:
    citations = Citations([passage(1, "Something else entirely.")])
    text = "".join(citations.feed(piece) for piece in pieces) + citations.finish()
    assert "[1]" not in text
    assert "[2]" not in text


@pytest.mark.parametrize("marker", ["[" + "9" * 5000 + "]", "[1" + " " * 5000 + "]", "[" + "1," * 3000 + "1]"])
def test_a_marker_longer_than_any_marker_is_plain_text(marker: str) -> None:
    assert shown(f"Nora works at Harbour Robotics {marker}.").startswith("Nora works at Harbour Robotics [")
    assert checked(*f"Nora works {marker}").text == shown(f"Nora works {marker}")


@pytest.mark.parametrize(
    ("pieces", "released"),
    [
        (["Nora", " works"], ["Nora", " works"]),
        (["Nora ", "works"], ["Nora", " works"]),
        (["Nora [", "AI] sails"], ["Nora", " [AI] sails"]),
        (["Nora [A", "I] sails"], ["Nora [A", "I] sails"]),
        (["Nora [1", "x] sails"], ["Nora", " [1x] sails"]),
        (["Nora works at Harbour [", "1", "]"], ["Nora works at Harbour", "", " [1]"]),
        (["Nora works at Harbour [1] in Bergen"], ["Nora works at Harbour [1] in Bergen"]),
    ],
)
def test_text_is_held_back_no_longer_than_it_may_become_a_marker(pieces: list[str], released: list[str]) -> None:
    citations = Citations(PASSAGES)
    assert [citations.feed(piece) for piece in pieces] == released
