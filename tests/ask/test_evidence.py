"""Is there enough proof, and which sentences carry it? Over a dozen passages and the real model."""

from dataclasses import replace

import pytest

from functions.ask.corpus import Corpus
from functions.ask.evidence import DEFAULT_THRESHOLD, Evidence, enough, weigh
from functions.ask.lexical import Bm25
from functions.ask.quotes import MAX_CHARACTERS, MAX_SENTENCES
from functions.ask.rerank import MatrixCache, rerank
from functions.ask.retrieve import Candidate, read_query, retrieve
from functions.shared.embed import Embedder
from tests.ask.small_corpus import HEAD, Wire, corpus, packed, row, without_chroma

ENOUGH = DEFAULT_THRESHOLD


async def evidence(embedder: Embedder, question: str, top_k: int = 4) -> Evidence:
    """What the whole chain before the ladder finds."""
    held, query = corpus(embedder), read_query(embedder, question)
    candidates, _ = await retrieve(held, without_chroma(), query, 50)
    cache = MatrixCache(Wire(packed(embedder)).store(), embedder, 64)
    return weigh(held, query, await rerank(held, cache, query, candidates), top_k)


async def within(embedder: Embedder, text: str, question: str) -> Evidence:
    """The evidence in one passage of one's own."""
    one = row("job")
    one = replace(one, chunk=replace(one.chunk, title="Nora", section="", text=text))
    held, query = Corpus(HEAD, (one,), Bm25([one.chunk.indexed_text])), read_query(embedder, question)
    ranked = await rerank(held, MatrixCache(without_chroma(), embedder, 64), query, [Candidate(one, 0.5, 1.0)])
    return weigh(held, query, ranked, 1)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            "Where does Nora work?",
            "Nora works as a computer vision engineer at Harbour Robotics in Bergen, Norway, since March 2021.",
        ),
        (
            "Which language does she use for embedded boards?",
            "She writes C++ for embedded boards and Python for everything else.",
        ),
        ("What does she do on weekends?", "On weekends she sails an old wooden boat and bakes cardamom buns."),
        (
            "When did she receive the Nordic Vision Prize?",
            "In 2022 she received the Nordic Vision Prize for the drone inspections.",
        ),
    ],
)
async def test_a_question_the_documents_answer_has_strong_evidence_in_the_right_sentence(
    embedder: Embedder, question: str, sentence: str
) -> None:
    found = await evidence(embedder, question)
    assert found.strength > ENOUGH
    assert (found.quotes[0].n, found.quotes[0].text) == (1, sentence)


@pytest.mark.parametrize(
    "question",
    [
        "What is her favourite football club?",
        "How many children does she have?",
        "What is the capital of Australia?",
        "What is her salary?",
        "Which car does she drive?",
        "Who is her manager at Harbour Robotics?",
        "Which university did she study medicine at?",
        "Does she speak French?",
    ],
)
async def test_a_question_the_documents_cannot_answer_has_weak_evidence(embedder: Embedder, question: str) -> None:
    assert (await evidence(embedder, question)).strength < ENOUGH


@pytest.mark.parametrize(
    "question",
    ["what is it?", "😀😀", "?!…", "\u200b", "x" * 2000, "a " * 1000, "Bergen " * 285, "\n" * 2000, "नमस्ते 你好 שלום"],
    ids="stop-words emoji punctuation invisible one-word one-letter one-word-often line-breaks scripts".split(),
)
async def test_a_question_that_asks_nothing_is_weighed_and_found_wanting(embedder: Embedder, question: str) -> None:
    assert (await evidence(embedder, question)).strength < ENOUGH


async def test_the_passages_are_the_best_top_k_numbered_from_one(embedder: Embedder) -> None:
    found = await evidence(embedder, "Where does Nora work?", top_k=3)
    assert [passage.n for passage in found.passages] == [1, 2, 3]
    assert found.passages[0].chunk.document == "job"
    assert found.passages[0].score >= found.passages[1].score >= found.passages[2].score
    assert {quote.n for quote in found.quotes} <= {1, 2, 3}


async def test_more_passages_than_there_are_is_all_of_them(embedder: Embedder) -> None:
    assert len((await evidence(embedder, "Where does Nora work?", top_k=1000)).passages) == 12


def test_nothing_ranked_is_no_evidence(embedder: Embedder) -> None:
    assert weigh(corpus(), read_query(embedder, "Where?"), [], 4) == Evidence(0.0, (), ())


async def test_the_sentence_that_answers_is_chosen_out_of_its_passage(embedder: Embedder) -> None:
    found = await within(
        embedder,
        "Nora was born in Molde. She studied cybernetics in Trondheim. Her cat is called Fridtjof. She likes rain.",
        "What is the name of her cat?",
    )
    assert found.quotes[0].text == "Her cat is called Fridtjof."


async def test_a_sentence_that_leans_on_the_one_before_it_brings_it_along(embedder: Embedder) -> None:
    found = await evidence(embedder, "Who became the first data engineer?")
    assert [quote.text for quote in found.quotes] == [
        "She sorted herring with a camera. After that she became their first data engineer."
    ]


async def test_the_first_sentence_of_a_passage_has_nothing_to_lean_on(embedder: Embedder) -> None:
    found = await within(embedder, "It won the Nordic prize. Rain fell.", "What won the Nordic prize?")
    assert found.quotes[0].text == "It won the Nordic prize."


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When did Nora join Harbour Robotics?", "Nora joined Harbour Robotics in March 2021."),
        ("How many people does Nora lead at Harbour Robotics?", "Nora leads 14 people at Harbour Robotics."),
    ],
)
async def test_a_question_for_a_date_or_a_number_prefers_a_sentence_that_holds_one(
    embedder: Embedder, question: str, expected: str
) -> None:
    text = (
        "Nora joined Harbour Robotics gladly. Nora joined Harbour Robotics in March 2021. "
        "Nora leads people at Harbour Robotics. Nora leads 14 people at Harbour Robotics."
    )
    assert (await within(embedder, text, question)).quotes[0].text == expected


async def test_an_answer_is_at_most_three_sentences_and_600_characters(embedder: Embedder) -> None:
    alike = "\n".join(f"Nora builds robot number {number} at Harbour Robotics in Bergen." for number in range(9))
    found = await within(embedder, alike, "Which robots does Nora build at Harbour Robotics?")
    assert len(found.quotes) == MAX_SENTENCES == 3
    padding = "in Bergen with her team " * 11
    long = "\n".join(f"Nora builds robot {number} at Harbour Robotics {padding}." for number in range(3))
    found = await within(embedder, long, "Which robots does Nora build at Harbour Robotics?")
    assert len(found.quotes) == 1
    assert sum(len(quote.text) for quote in found.quotes) <= MAX_CHARACTERS == 600


async def test_no_sentence_is_quoted_twice(embedder: Embedder) -> None:
    text = "Nora sails.\nNora sails.\nNora sails an old boat."
    quotes = (await within(embedder, text, "Does Nora sail?")).quotes
    assert len({quote.text for quote in quotes}) == len(quotes)
    assert [one.text for one in quotes if one.text == "Nora sails."] in ([], ["Nora sails."])


@pytest.mark.parametrize("text", ["", " \n ", "😀", "。", "word " * 3000, "Nora\u2028sails\x00\u200b"])
async def test_no_passage_breaks_it(embedder: Embedder, text: str) -> None:
    found = await within(embedder, text, "Does Nora sail?")
    assert -1 <= found.strength <= 1.5


async def test_a_line_that_something_private_was_taken_out_of_is_no_evidence(embedder: Embedder) -> None:
    withheld = "IBAN: [account removed]\nHer boat lies in Bergen."
    assert (await within(embedder, withheld, "What is her IBAN?")).strength < ENOUGH
    assert (await within(embedder, withheld, "Where does her boat lie?")).strength > ENOUGH


@pytest.mark.parametrize(
    ("measured", "setting", "answered"),
    [(None, 0.0, True), (0.95, 0.0, False), (0.5, 0.0, True), (0.95, 0.85, True), (0.5, 0.95, False)],
)
async def test_the_owners_threshold_comes_before_the_corpus_s_and_that_before_the_default(
    embedder: Embedder, measured: float | None, setting: float, answered: bool
) -> None:
    found = replace(await within(embedder, "Nora sails.", "Does Nora sail?"), strength=0.9)
    assert enough(found, replace(corpus(), threshold=measured), setting) is answered


async def test_without_a_sentence_to_quote_there_is_not_enough() -> None:
    assert not enough(Evidence(2.0, (), ()), corpus(), 0.0)
