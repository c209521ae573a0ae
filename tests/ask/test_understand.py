"""What a question looks for, in words that the corpus and the model know."""

import pytest

from functions.ask.followup import Reading
from functions.ask.strength import asked_for
from functions.ask.understand import understand
from functions.shared.embed import Embedder
from functions.shared.subject import read_subject
from tests.ask.small_corpus import corpus
from tests.processes import ROOT


@pytest.mark.parametrize(
    ("question", "unknown"),
    [("Does she know the Lieblingsfarbe?", True), ("Was ist ihre Lieblingsfarbe und wo arbeitet sie?", False)],
)
def test_the_capital_of_a_german_noun_makes_no_name(embedder: Embedder, question: str, unknown: bool) -> None:
    query = understand(corpus(), embedder, read_subject(ROOT / "corpus"), Reading(question))
    assert asked_for(corpus(), query, query.terms).unknown is unknown
