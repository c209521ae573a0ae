"""Which sentences are quoted, and how they read. Over a passage or two and the real model."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from functions.ask.corpus import Corpus
from functions.ask.durations import duration
from functions.ask.lexical import Bm25
from functions.ask.quotes import MAX_CHARACTERS, MAX_LINES, MAX_LIST, MAX_SENTENCES, Quote, quotes
from functions.ask.rerank import MatrixCache, rerank, token_weights
from functions.ask.retrieve import Candidate, read_query
from functions.shared.embed import Embedder
from functions.shared.store import Row
from tests.ask.small_corpus import HEAD, row, without_chroma


def passage(number: int, text: str) -> Row:
    one = row("job")
    chunk = replace(one.chunk, document=f"doc{number}", title="Nora", section="", text=text)
    return replace(one, chunk=chunk, hash=chunk.content_hash(HEAD.model))


async def quoted(embedder: Embedder, question: str, *texts: str) -> tuple[Quote, ...]:
    """What is quoted from passages with these texts."""
    return await of(embedder, question, [passage(number, text) for number, text in enumerate(texts)])


async def of(embedder: Embedder, question: str, passages: Sequence[Row]) -> tuple[Quote, ...]:
    rows = tuple(passages)
    held, query = Corpus(HEAD, rows, Bm25([one.chunk.indexed_text for one in rows])), read_query(embedder, question)
    cache = MatrixCache(without_chroma(), embedder, 64)
    ranked = await rerank(held, cache, query, [Candidate(one, 0.5, 0.5) for one in rows])
    return quotes(query, ranked, token_weights(held, query))


async def texts(embedder: Embedder, question: str, *passages: str) -> list[str]:
    return [one.text for one in await quoted(embedder, question, *passages)]


async def test_the_sentence_that_answers_comes_first(embedder: Embedder) -> None:
    text = "Rain fell in Molde. Nora's boat is called Fridtjof. Herring was cheap in 2018."
    found = await quoted(embedder, "What is the name of Nora's boat?", text)
    assert found[0].text == "Nora's boat is called Fridtjof."
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


async def test_a_quote_names_its_passage_by_rank(embedder: Embedder) -> None:
    found = await quoted(
        embedder, "What is Nora's boat called?", "Herring was cheap.", "Nora's boat is called Fridtjof."
    )
    assert (found[0].n, found[0].text) == (1, "Nora's boat is called Fridtjof.")


TOOLS = "Nora's daily tools at Harbour Robotics:\n- PyTorch for learning\n- OpenCV for images;\n- ROS 2 for drones."


async def test_a_list_is_quoted_whole_with_the_line_that_introduces_it(embedder: Embedder) -> None:
    found = await texts(embedder, "What are Nora's daily tools at Harbour Robotics?", TOOLS)
    assert found == [
        "Nora's daily tools at Harbour Robotics: PyTorch for learning; OpenCV for images; ROS 2 for drones."
    ]


@pytest.mark.parametrize("mark", ["- ", "– ", "• ", "* ", "-   "])
async def test_items_lose_their_mark_whichever_it_is(embedder: Embedder, mark: str) -> None:
    text = f"Nora's daily tools are these\n{mark}PyTorch\n{mark}OpenCV"
    assert await texts(embedder, "What are Nora's daily tools?", text) == [
        "Nora's daily tools are these: PyTorch; OpenCV."
    ]


async def test_a_dash_inside_an_item_stays(embedder: Embedder) -> None:
    text = "Nora's daily tools:\n- ROS 2 - for drones\n- scikit-learn"
    found = await texts(embedder, "What are Nora's daily tools?", text)
    assert found[0] == "Nora's daily tools: ROS 2 - for drones; scikit-learn."


async def test_what_follows_the_list_is_no_part_of_it(embedder: Embedder) -> None:
    text = "Nora's daily tools:\n- PyTorch\n- OpenCV\nHerring was cheap in Molde.\n- A herring"
    assert (await texts(embedder, "What are Nora's daily tools?", text))[0] == "Nora's daily tools: PyTorch; OpenCV."


async def test_a_long_list_ends_with_a_whole_item_within_its_bound(embedder: Embedder) -> None:
    items = [f"the inspection of harbour number {number} in Norway" for number in range(40)]
    text = "Nora's inspections of harbours:\n" + "\n".join(f"- {item}" for item in items)
    best = (await texts(embedder, "Which inspections of harbours are Nora's?", text))[0]
    kept = best.removeprefix("Nora's inspections of harbours: ").removesuffix(".").split("; ")
    assert len(best) <= MAX_LIST == 450
    assert kept == items[: len(kept)]
    assert 1 < len(kept) < len(items)


async def test_the_bound_holds_to_the_character(embedder: Embedder) -> None:
    for length in range(224, 232):
        text = f"Nora's inspections\n- {'a' * 200}\n- {'b' * length}"
        assert len((await texts(embedder, "What are Nora's inspections?", text))[0]) <= MAX_LIST


async def test_lines_that_are_as_good_come_in_their_order(embedder: Embedder) -> None:
    lines = ["Nordic Vision Prize, 2022", "Baltic Vision Prize, 2020", "Arctic Vision Prize, 2019"]
    one = passage(0, "\n".join(lines))
    chunk = replace(one.chunk, section="Awards")
    held = replace(one, chunk=chunk, hash=chunk.content_hash(HEAD.model))
    assert [quote.text for quote in await of(embedder, "What prizes has she won?", [held])] == lines


async def test_how_well_asks_for_a_level(embedder: Embedder) -> None:
    text = "Nora is allowed to work in German hospitals and German schools. Nora's German is at level B2."
    assert (await texts(embedder, "How well does Nora speak German?", text))[0] == "Nora's German is at level B2."


async def test_a_lone_item_is_quoted_without_its_dash(embedder: Embedder) -> None:
    text = "- Rain fell in Oslo.\n- Nora won a chess tournament in Molde.\n- Herring was cheap."
    assert (await texts(embedder, "Where did Nora win a chess tournament?", text))[0] == (
        "Nora won a chess tournament in Molde."
    )


@pytest.mark.parametrize("lean", ["After that she became", "There she became", "It was then that she became"])
async def test_a_sentence_that_leans_on_another_brings_it(embedder: Embedder, lean: str) -> None:
    text = f"Rain fell. Nora sorted herring at Sildal. {lean} their first data engineer."
    found = await texts(embedder, "Who became the first data engineer?", text)
    assert found[0] == f"Nora sorted herring at Sildal. {lean} their first data engineer."


async def test_a_sentence_that_stands_by_itself_comes_alone(embedder: Embedder) -> None:
    text = "Nora sorted herring at Sildal. Nora became their first data engineer."
    assert (await texts(embedder, "Who became the first data engineer?", text))[0] == (
        "Nora became their first data engineer."
    )


@pytest.mark.parametrize("kind", ["phone", "e-mail", "address", "birthday", "paper", "status"])
async def test_a_note_that_something_was_removed_is_never_quoted(embedder: Embedder, kind: str) -> None:
    text = f"Nora's {kind} is [{kind} removed].\nNora's boat is in Bergen."
    assert not any("removed]" in one for one in await texts(embedder, f"What is Nora's {kind}?", text))


async def test_a_note_is_not_brought_along_by_a_sentence_or_a_list_either(embedder: Embedder) -> None:
    leaning = "Call Nora at [phone removed]. There she answers all questions about drones."
    assert await texts(embedder, "Where does she answer questions about drones?", leaning) == []
    listed = "How to reach Nora:\n- telephone [phone removed]\n- a letter to her boat"
    assert not any("removed]" in one for one in await texts(embedder, "How can I reach Nora?", listed))


async def test_when_all_there_is_was_removed_nothing_is_quoted(embedder: Embedder) -> None:
    assert await texts(embedder, "What is Nora's phone number?", "Nora's phone number is [phone removed].") == []


SPAN = "Nora worked at Harbour Robotics from July 2016 to August 2018."


async def test_how_long_adds_the_span_that_was_counted(embedder: Embedder) -> None:
    assert await texts(embedder, "How long did Nora work at Harbour Robotics?", SPAN) == [
        "Nora worked at Harbour Robotics from July 2016 to August 2018 (2 years and 2 months)."
    ]
    since = "Nora works at Harbour Robotics since March 2021."
    counted = duration(since, date.today())
    assert await texts(embedder, "How many years has Nora worked at Harbour Robotics?", since) == [
        f"Nora works at Harbour Robotics since March 2021 ({counted})."
    ]


async def test_without_how_long_nothing_is_added(embedder: Embedder) -> None:
    assert await texts(embedder, "When did Nora work at Harbour Robotics?", SPAN) == [SPAN]


async def test_at_most_three_sentences_are_quoted(embedder: Embedder) -> None:
    alike = "\n".join(f"Nora inspects hull number {number} with her drones." for number in range(9))
    assert len(await texts(embedder, "Which hulls does Nora inspect with drones?", alike)) == MAX_SENTENCES == 3


LANGUAGES = "German: native\n\nEnglish: C1\n\nYoruba: basic\n\nSwedish: B1"


async def test_lines_of_one_list_count_as_one_sentence(embedder: Embedder) -> None:
    found = await texts(embedder, "Which languages does Nora know, German, English, Yoruba, Swedish?", LANGUAGES)
    assert sorted(found) == ["English: C1", "German: native", "Swedish: B1", "Yoruba: basic"]


async def test_many_lines_stay_within_their_bound(embedder: Embedder) -> None:
    alike = "\n".join(f"- Nora inspects hull number {number} in the harbour of Bergen" for number in range(20))
    found = await texts(embedder, "Which hulls does Nora inspect in Bergen?", alike)
    assert len(found) > MAX_SENTENCES
    assert sum(map(len, found)) <= MAX_LINES == 400


async def test_the_lines_below_a_heading_that_names_what_is_asked_for_are_quoted(embedder: Embedder) -> None:
    prose, lines = passage(1, "Nora speaks of tides at schools."), passage(2, "German: native\nNorwegian: C1")
    headed = replace(lines.chunk, section="Languages")
    listed = replace(lines, chunk=headed, hash=headed.content_hash(HEAD.model))
    assert len(await of(embedder, "What does Nora speak?", [prose, lines])) == 1
    found = await of(embedder, "What does Nora speak?", [prose, listed])
    assert {one.text for one in found} >= {"German: native", "Norwegian: C1"}


async def test_further_sentences_stay_within_600_characters(embedder: Embedder) -> None:
    padding = "in the harbour of Bergen with her whole team and " * 4
    alike = "\n".join(f"Nora inspects hull number {number} {padding}drones." for number in range(9))
    found = await texts(embedder, "Which hulls does Nora inspect with drones?", alike)
    assert 1 < len(found) < MAX_SENTENCES
    assert sum(map(len, found)) <= MAX_CHARACTERS == 600


async def test_one_sentence_over_600_characters_is_not_joined_by_another(embedder: Embedder) -> None:
    long = "Nora inspects hulls " + "with drones and cameras " * 30 + "in Bergen."
    found = await texts(embedder, "What does Nora inspect with drones and cameras?", long + "\nNora inspects hulls.")
    assert len(found) == 1


@pytest.mark.parametrize("question", ["Does Nora sail an old boat?", "Does Nora sail an old boat on weekends?"])
@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("Nora sails an old boat.", "On weekends: Nora sails an old boat."),
        ("Nora sails an old boat", "Nora sails an old boat on weekends."),
        ("Nora sails an old boat", "Nora sails an old boat"),
    ],
)
async def test_a_sentence_that_another_holds_is_not_repeated(
    embedder: Embedder, question: str, part: str, whole: str
) -> None:
    for pair in ((part, whole), (whole, part)):
        found = await texts(embedder, question, *pair)
        assert found
        assert not any(a in b for at, a in enumerate(found) for to, b in enumerate(found) if at != to)


@pytest.mark.parametrize(
    "stop",
    ["", "."],
    ids=["bare items", "items with a full stop"],
)
async def test_an_item_is_not_repeated_beside_its_list(embedder: Embedder, stop: str) -> None:
    text = f"Nora's boats:\n- Nora's boat Fridtjof{stop}\n- Nora's boat Gjøa{stop}"
    found = await texts(embedder, "What are Nora's boats?", text)
    assert found == ["Nora's boats: Nora's boat Fridtjof; Nora's boat Gjøa."]


@pytest.mark.parametrize(
    ("question", "now"),
    [
        ("What is Nora's current job?", "since 2021"),
        ("What is Nora's current job?", "2021 to present"),
        ("Where does Nora currently work?", "since 2021"),
        ("Where does Nora currently work?", "2021 to present"),
    ],
)
async def test_the_present_is_preferred_when_the_question_asks_for_it(
    embedder: Embedder, question: str, now: str
) -> None:
    earlier = "Nora's job: engineer in Bergen, 2018 to 2021."
    current = f"Nora's job: engineer in Bergen, {now}."
    for text in (f"{earlier}\n{current}", f"{current}\n{earlier}"):
        assert (await texts(embedder, question, text))[0] == current


async def test_nothing_ranked_is_nothing_quoted(embedder: Embedder) -> None:
    assert await quoted(embedder, "What is Nora's job?") == ()


@pytest.mark.parametrize("text", ["", " \n ", "- \n- ", "-", ":", "[phone removed]", "• •\n• •", "Nora:\n- \n- "])
async def test_no_passage_breaks_it(embedder: Embedder, text: str) -> None:
    found = await quoted(embedder, "How long does Nora sail now?", text)
    assert all(one.n == 1 for one in found)


async def test_the_next_sentence_completes_the_answer_and_a_stranger_does_not(embedder: Embedder) -> None:
    text = "Nora's drone inspects hulls. The camera of the drone films the cracks.\nHerring was cheap in 2018."
    assert await texts(embedder, "What does Nora's drone inspect?", text) == [
        "Nora's drone inspects hulls.",
        "The camera of the drone films the cracks.",
    ]


async def test_todays_job_is_the_one_whose_time_goes_on(embedder: Embedder) -> None:
    entries = ["ICU nurse, Weserbogen, 10/2011 – 06/2018", "Product Owner, Lotsenhaus, 04/2021 – present"]
    rows = [passage(number, f"{entry}\n- Worked with the role of a lead") for number, entry in enumerate(entries)]
    chunks = [replace(one.chunk, section="Experience") for one in rows]
    headed = [replace(one, chunk=c, hash=c.content_hash(HEAD.model)) for one, c in zip(rows, chunks, strict=True)]
    assert "Lotsenhaus" in (await of(embedder, "What is her current role?", headed))[0].text
    assert "Weserbogen" in (await of(embedder, "What was her role at Weserbogen?", headed))[0].text
