"""The ways a question asks for a person, a form or a number, and what counts as one."""

import pytest

from functions.ask.misfit import FORMLESS, NOBODY, OTHER, TITLED, UNCOUNTED, misfit
from functions.ask.quotes import Quote
from functions.shared.embed import Embedder
from tests.ask.test_misfit import of, passage


@pytest.mark.parametrize(
    ("question", "holds", "lacks"),
    [
        ("What is her mobile number?", "Mobile: +47 400 00 000.", "Mobile pages and numbers."),
        ("What is her telephone?", "Telephone: 040 12345678.", "Telephone lines, 12 of 2019."),
        ("What is her email?", "nora (at) example.org", "She answers within a day."),
        ("What is her e-mail?", "E-mail: see the imprint.", "She answers within a day."),
        ("How old is she?", "She was born in May.", "She teaches pupils of age."),
        ("How old is she?", "Aged 41.", "She is ageing well."),
        ("How old is Nora?", "She is 41 years old.", "Her boat is old."),
        ("What is her age?", "She is 41 years old.", "She works in Bergen."),
        ("What is her salary?", "She earns 60,000 euros.", "She earns it well."),
        ("What wages did they pay?", "Wages: 60,000 NOK.", "They paid in time."),
        ("How much does she earn?", "She earns $60,000.", "She earns a lot."),
        ("How much did she make?", "60,000 GBP.", "She made boats."),
    ],
)
async def test_a_detail_that_has_a_form_is_missed_where_it_is_not_found(
    embedder: Embedder, question: str, holds: str, lacks: str
) -> None:
    counted = question.startswith("How much")
    assert await of(embedder, question, lacks) >= FORMLESS
    assert await of(embedder, question, holds) <= (UNCOUNTED if counted else 0.0)


@pytest.mark.parametrize(
    ("question", "text", "taken_off"),
    [
        ("Did she say who paid for it?", "a company paid for it.", 0.0),
        ("Whose boat is it?", "it is an old boat.", 0.0),
        ("Who paid for it?", "Sildal paid for it.", NOBODY),
        ("Who was her manager?", "She holds the certificate Digital Manager, Nora Lindqvist.", TITLED),
        ("Who is Nora's manager?", "She holds the certificate Digital Manager, Nora Lindqvist.", TITLED),
        ("Who is her manager?", "The Digital Manager is hers; her manager is Arne Dahl.", 0.0),
    ],
)
async def test_who_asks_for_a_person_and_not_for_a_title(
    embedder: Embedder, question: str, text: str, taken_off: float
) -> None:
    assert await of(embedder, question, text) == taken_off


@pytest.mark.parametrize("number", ["3", "three", "fourteen", "nineteen", "forty", "a dozen", "1,200"])
async def test_a_number_may_be_written_in_words(embedder: Embedder, number: str) -> None:
    assert await of(embedder, "How many boats has she?", f"She has {number} boats.") < 0.02


async def test_a_number_far_from_what_is_counted_is_none_of_it(embedder: Embedder) -> None:
    far = "In 2019 she moved to the old harbour of Bergen, where since then many wooden boats lie beside the quay."
    assert await of(embedder, "How many boats has she?", far) > 0.02


async def test_the_best_of_the_quoted_passages_counts_and_of_names_the_first(embedder: Embedder) -> None:
    query, (first,) = await passage(embedder, "How many boats has she?", "She sails boats.")
    _, (second,) = await passage(embedder, "How many boats has she?", "She has 3 boats in Tidepool.")
    one, other = Quote(1, "She sails boats.", 1.0), Quote(2, "She has 3 boats in Tidepool.", 1.0)
    assert misfit(query, [first, second], [one, other], {}) < 0.02
    assert misfit(query, [first, second], [one], {}) == UNCOUNTED
    named, _ = await passage(embedder, "Has she boats in Tidepool?", "x")
    assert misfit(named, [first, second], [one, other], {"tidepool": "Tidepool"}) == OTHER
    assert misfit(named, [first, second], [other, one], {"tidepool": "Tidepool"}) == 0.0
