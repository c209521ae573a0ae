"""No word that a slip may have come from is overlooked."""

from hypothesis import given
from hypothesis import strategies as st

from functions.ask.spelling import distance
from functions.ask.vocabulary import SHORTEST, Vocabulary

WORDS = st.text("abcdefäß", min_size=SHORTEST, max_size=9)


@given(st.dictionaries(WORDS, st.integers(1, 9), max_size=30), WORDS, st.integers(1, 2))
def test_every_word_within_the_slips_is_near(counts: dict[str, int], typed: str, most: int) -> None:
    wanted = {word for word in counts if distance(word, typed, most) <= most and (most == 1 or word[0] == typed[0])}
    near = list(Vocabulary(counts).near(typed, most))
    assert wanted <= set(near) <= set(counts)
    assert len(near) == len(set(near))


def test_what_has_another_length_or_other_letters_is_not_near() -> None:
    assert list(Vocabulary({"kubernetes": 1, "kub": 1, "vitascale": 1, "k3s5": 1}).near("kubernets", 2)) == [
        "kubernetes"
    ]
