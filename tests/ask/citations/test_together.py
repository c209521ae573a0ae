"""Several passages behind one sentence: each proves a part of it, and every part is proven."""

import pytest

from functions.ask.support import Support
from tests.ask.citations.checked import shown


@pytest.mark.parametrize("markers", ["[1][4]", "[1, 4]", "[4] [1]"])
def test_a_part_that_no_passage_proves_leaves_the_sentence_without_any(four: Support, markers: str) -> None:
    sentence = "Nora works at Harbour Robotics and studied cybernetics at NTNU and dances flamenco in Madrid"
    assert "[" not in shown(four, f"{sentence} {markers}.")


def test_a_passage_that_proves_no_part_is_not_kept_with_those_that_do(four: Support) -> None:
    sentence = "Nora works at Harbour Robotics and studied cybernetics at NTNU and she studied in Trondheim"
    assert "[2]" not in shown(four, f"{sentence} [1][4][2].")
