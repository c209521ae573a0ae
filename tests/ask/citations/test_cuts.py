"""An answer comes in pieces: wherever it is cut, the same text comes out, held back no longer than needed."""

import threading
from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.ask.citations import Citations
from functions.ask.support import Support
from functions.shared.embed import Embedder, Encoded
from functions.shared.matrix import quantise
from tests.ask.citations.checked import PASSAGES, SUBJECT, checked, passage, shown

LONG = (
    "Nora works at Harbour Robotics [1].  Her thesis [the one on concrete] detects cracks [2, 3][1];"
    " the boat [Havørn [1 is old.\n\n- She sails   [3]\n- [AI] and [a very long remark with 1, 2 and [3] in it] end [1"
)
LEADING = (
    "[1] Nora works at Harbour Robotics. [3, 1] She sails an old boat. [2]\nHer thesis. As in [2][1], it detects "
    "cracks e.g. in concrete. B.E. [4] she [4] studied at NTNU and sails [3][4] [9]"
)

# How words are compared has no part in where a text may be cut.
WORDS = Support(PASSAGES, subject=SUBJECT)


@pytest.mark.parametrize("text", [LONG, LEADING])
def test_the_text_is_the_same_wherever_the_stream_is_split(text: str) -> None:
    whole = shown(WORDS, text)
    assert checked(WORDS, *text).text == whole
    assert [checked(WORDS, text[:at], text[at:]).text for at in range(len(text))] == [whole] * len(text)


MARKERS = st.lists(
    st.sampled_from(
        [
            "Nora works",
            "at",
            "Harbour",
            "sails",
            " ",
            "  " * 9,
            "[",
            "]",
            "[1]",
            " [3]",
            "1",
            "2",
            ",",
            "\n",
            ".",
            ". He ",
        ]
    )
)


@settings(deadline=None)
@given(MARKERS)
def test_any_text_is_the_same_whole_and_in_pieces(pieces: list[str]) -> None:
    whole = "".join(pieces)
    assert checked(WORDS, *pieces).text == checked(WORDS, *whole).text == shown(WORDS, whole)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["Nora sails", " ", "[1]", "[2, 1]", " [1;", "2 ]", "1", "]", ".", "\n"])))
def test_no_marker_of_a_passage_that_does_not_support_it_is_ever_shown(pieces: list[str]) -> None:
    text = checked(Support([passage(1, "Something else entirely.")]), *pieces).text
    assert "[1]" not in text
    assert "[2]" not in text


@pytest.mark.parametrize("marker", ["[" + "9" * 5000 + "]", "[1" + " " * 5000 + "]", "[" + "1," * 3000 + "1]"])
def test_a_marker_longer_than_any_marker_is_plain_text(four: Support, marker: str) -> None:
    assert shown(four, f"Nora works at Harbour Robotics {marker}.").startswith("Nora works at Harbour Robotics [")
    assert checked(four, *f"Nora works {marker}").text == shown(four, f"Nora works {marker}")


@pytest.mark.parametrize(
    ("pieces", "released"),
    [
        (["Nora", " works"], ["Nora", " works"]),
        (["Nora ", "works"], ["Nora", " works"]),
        (["Nora [", "AI] sails"], ["Nora", " [AI] sails"]),
        (["Nora [A", "I] sails"], ["Nora [A", "I] sails"]),
        (["Nora [1", "x] sails"], ["Nora", " [1x] sails"]),
        (["Nora works at Harbour Robotics [", "1", "]"], ["Nora works at Harbour Robotics", "", " [1]"]),
        (["Nora works at Harbour Robotics [1] in Bergen"], ["Nora works at Harbour Robotics [1] in Bergen"]),
        (
            ["As in [1]", " Nora works at Harbour Robotics", ". She", " is"],
            ["As in", "", "", " [1] Nora works at Harbour Robotics. She is"],
        ),
        (["As in [1] Nora works at Harbour Robotics. She is"], ["As in [1] Nora works at Harbour Robotics. She is"]),
        (["[1] Nora works at Harbour Robotics\n"], ["[1] Nora works at Harbour Robotics"]),
    ],
)
async def test_text_is_held_back_no_longer_than_it_may_become_a_marker(
    four: Support, pieces: list[str], released: list[str]
) -> None:
    citations = Citations(four)
    assert [await citations.feed(piece) for piece in pieces] == released


async def test_the_model_does_its_part_in_a_thread(embedder: Embedder) -> None:
    loop, threads = threading.get_ident(), []

    class Watched:
        def encode_tokens(self, texts: Sequence[str], questions: bool = False) -> list[Encoded]:
            threads.append(threading.get_ident())
            return embedder.encode_tokens(texts, questions)

    matrices = [quantise(one) for one in embedder.encode_tokens([one.chunk.indexed_text for one in PASSAGES])]
    citations = Citations(Support(PASSAGES, matrices, cast("Embedder", Watched())))
    await citations.feed("Nora works at Harbour Robotics [1]. She earned 7 prizes [1]. She sails [9].")
    assert threads == []  # all of its words, no such number, no such passage: nothing is left to compare
    await citations.feed(" Nora is employed by Harbour Robotics [1].")
    assert len(threads) == 1
    assert loop not in threads
