"""A sentence that meets the words of a question may still not be of the kind it asks for."""

from dataclasses import replace

import pytest

from functions.ask.misfit import FORMLESS, NOBODY, OTHER, TITLED, UNCOUNTED, misfit
from functions.ask.quotes import Quote
from functions.ask.rerank import MatrixCache, Ranked, rerank
from functions.ask.retrieve import Candidate, Query, read_query
from functions.shared.embed import Embedder
from tests.ask.small_corpus import HEAD, corpus, row, without_chroma


async def passage(embedder: Embedder, question: str, text: str) -> tuple[Query, list[Ranked]]:
    one = row("job")
    chunk = replace(one.chunk, title="Nora", section="", text=text)
    held = replace(one, chunk=chunk, hash=chunk.content_hash(HEAD.model))
    query = read_query(embedder, question)
    cache = MatrixCache(without_chroma(), embedder, 64)
    return query, await rerank(corpus(), cache, query, [Candidate(held, 0.5, 0.5)])


async def of(embedder: Embedder, question: str, text: str, names: tuple[str, ...] = ()) -> float:
    """What speaks against a passage of one sentence that is quoted."""
    query, ranked = await passage(embedder, question, text)
    return misfit(query, ranked, [Quote(1, text, 1.0)], dict.fromkeys(names, ""))


@pytest.mark.parametrize(
    ("question", "text", "taken_off"),
    [
        ("Who supervised her thesis?", "Her thesis is about cracks in concrete.", NOBODY),
        ("Who supervised her thesis?", "Her thesis was supervised by Arne Dahl.", 0.0),
        ("Who is her manager?", "Nora holds the certificate Digital Manager of Social Media.", TITLED),
        ("Who is her manager? (work Harbour)", "Nora holds the certificate Digital Manager of Social Media.", TITLED),
        (
            "Who is her manager?",
            "ICU nurse at Klinikum Nord, from 2014 deputy ward manager, 10/2011 – 06/2018.",
            TITLED,
        ),
        ("Who is her manager?", "The name comes from Theo Dahl, my first manager, who always whispered.", 0.0),
        ("Who is her manager?", "Silke Dahl, ward manager: “She came to my night shift.”", 0.0),
        ("Who was Nora's supervisor?", "The supervisor of her thesis was Arne Dahl.", 0.0),
        ("Who is her manager?", "Her manager is Arne Dahl.", 0.0),
        ("Who is her manager?", "Manager: Arne Dahl.", 0.0),
        ("What did she do?", "she sorted herring.", 0.0),
        ("What is her phone number?", "Introduced handbooks for on-call in 2019.", FORMLESS),
        ("What is her phone number?", "Telephone: +47 400 00 000.", 0.0),
        ("How old is she?", "Taught pupils between six and seventy years of age.", FORMLESS),
        ("How old is she?", "She is 41 years old.", 0.0),
        ("What is her e-mail address?", "She answers messages within a day.", FORMLESS),
        ("What does she earn there?", "She leads a team of fourteen.", FORMLESS),
        ("What does she earn there?", "She earns €60,000.", 0.0),
        ("Did she earn a degree?", "She holds a degree.", 0.0),
    ],
)
async def test_what_lacks_the_form_of_an_answer_is_weaker(
    embedder: Embedder, question: str, text: str, taken_off: float
) -> None:
    assert await of(embedder, question, text) == taken_off


async def test_the_sentence_that_comes_first_decides_whose_a_relation_is(embedder: Embedder) -> None:
    hers, job = "Her manager is Arne Dahl.", "Deputy ward manager of Klinikum Nord, 2011 to 2018."
    query, ranked = await passage(embedder, "Who is her manager?", f"{hers} {job}")
    assert misfit(query, ranked, [Quote(1, hers, 1.0), Quote(1, job, 0.9)], {}) == 0.0
    assert misfit(query, ranked, [Quote(1, job, 1.0), Quote(1, hers, 0.9)], {}) == TITLED


async def test_the_number_must_be_of_what_is_counted(embedder: Embedder) -> None:
    question = "How many listeners does the podcast have?"
    other = await of(embedder, question, "The podcast is about the night in hospitals, with 54 episodes so far.")
    its_own = await of(embedder, question, "The podcast is about the night in hospitals, with 54 listeners so far.")
    assert its_own < 0.02 < 0.04 < other <= UNCOUNTED


async def test_without_any_number_nothing_is_counted(embedder: Embedder) -> None:
    assert await of(embedder, "How many boats has she?", "She sails boats.") == UNCOUNTED


async def test_a_name_that_the_quoted_passage_lacks_speaks_against_it(embedder: Embedder) -> None:
    question, text = "How is Tidepool licensed?", "Peilschaal is licensed under MIT."
    assert await of(embedder, question, text, ("tidepool",)) == OTHER
    assert await of(embedder, question, "Tidepool is licensed under MIT.", ("tidepool",)) == 0.0


async def test_where_nothing_is_quoted_nothing_is_taken_off(embedder: Embedder) -> None:
    query, ranked = await passage(embedder, "Who supervised her?", "Rain.")
    assert misfit(query, ranked, [], {}) == 0.0
