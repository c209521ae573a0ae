import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.chunk import SentenceSplitter, chunk
from functions.shared.problem import Refused
from functions.shared.records import Chunk, Document, Section
from functions.shared.sentences import sentences
from functions.shared.settings import Settings


def split(text: str, size: int = 100, overlap: int = 0) -> list[str]:
    return SentenceSplitter(chunk_size=size, chunk_overlap=overlap).split_text(text)


def test_a_chunk_knows_its_document_position_and_heading_path() -> None:
    document = Document(
        "cv", "CV", "https://x.org", (Section((), "Hi."), Section(("Work", "Acme"), "ETL.")), updated="2026-01-31"
    )
    assert chunk(document, Settings()) == [
        Chunk("cv", 0, "CV", "https://x.org", "", "Hi.", "2026-01-31"),
        Chunk("cv", 1, "CV", "https://x.org", "Work › Acme", "ETL.", "2026-01-31"),
    ]


def test_what_fits_stays_in_one_chunk() -> None:
    assert split("One. Two.\n\nThree.") == ["One. Two.\n\nThree."]


def test_chunks_end_with_sentences() -> None:
    text = "The first sentence is about Python. The second one, e.g. this, is about SQL. The third one is about Docker."
    assert split(text, 80) == [
        "The first sentence is about Python. The second one, e.g. this, is about SQL.",
        "The third one is about Docker.",
    ]


def test_a_paragraph_stays_whole_even_a_little_over_the_size() -> None:
    text = "The first sentence is about Python. The second one, e.g. this, is about SQL. The third is about Docker."
    assert 100 < len(text) <= 125
    assert split(f"Some words before it.\n\n{text}") == ["Some words before it.", text]


def test_an_item_keeps_its_sentences_and_the_items_below_it() -> None:
    items = [f"- Item {n} has a sentence. And another one.\n  - below it" for n in range(3)]
    assert split("\n".join(items), 70) == items


def test_an_item_with_too_much_below_it_is_repeated_above_the_rest() -> None:
    inner = [f"  - inner item number {n}" for n in range(6)]
    first, second = split("\n".join(["- Outer item", *inner]), 100)
    assert first.startswith("- Outer item\n  - inner item number 0")
    assert second.startswith("- Outer item\n")
    assert second.endswith("  - inner item number 5")


def test_a_line_that_introduces_a_paragraph_is_not_left_alone() -> None:
    paragraph = "I wrote the whole of it in one winter. It took a second one to make it readable by others."
    assert split(f"A paragraph of some words before.\n\nMy part:\n\n{paragraph}") == [
        "A paragraph of some words before.",
        f"My part:\n\n{paragraph}",
    ]


def test_a_short_rest_takes_a_sentence_of_the_chunk_before_where_both_do_not_fit() -> None:
    text = "The first sentence is about Python and more. The second one is about SQL and that. " * 2 + "Tiny rest."
    parts = split(text, 140)
    assert parts[-1].endswith("Tiny rest.")
    assert len(parts[-1]) > 30


def test_neighbours_share_whole_sentences_up_to_the_overlap() -> None:
    text = "The first sentence is about Python and more. Short one here. The third sentence is about Docker and Linux."
    assert split(text, 80, 20) == [
        "The first sentence is about Python and more. Short one here.",
        "Short one here. The third sentence is about Docker and Linux.",
    ]
    assert split(text, 80, 10)[1] == "The third sentence is about Docker and Linux."


def test_a_paragraph_that_fits_is_not_torn_to_fill_the_chunk_before() -> None:
    first, second = (
        "A sentence of some length that fills it well. And more.",
        "Next paragraph here. It has two sentences.",
    )
    assert split(f"{first}\n\n{second}", 80) == [first, second]


def test_a_list_stays_with_its_introduction_even_a_little_over_the_size() -> None:
    skills = "Skills:\n" + "\n".join(f"- skill number {n}" for n in range(6))
    assert 100 < len(skills) <= 125
    assert split(f"Some words before it.\n\n{skills}") == ["Some words before it.", skills]


def test_a_long_list_is_parted_between_items_and_repeats_its_introduction() -> None:
    items = [f"- item number {n} of the list" for n in range(8)]
    parts = split("\n".join(["Skills:", *items]))
    assert all(part.startswith("Skills:\n- item") for part in parts)
    assert [line for part in parts for line in part.split("\n")[1:]] == items


def test_a_short_rest_joins_the_chunk_before_it() -> None:
    text = "The first sentence goes on for quite a while, to fill the chunk up to its very end here. Tiny rest."
    assert len(text) <= 125
    assert split(text, 90) == [text]


def test_a_sentence_is_cut_only_beyond_four_times_the_size() -> None:
    words = "word " * 70
    assert split(words.strip()) == [words.strip()]
    long = ", ".join(f"clause number {n}" for n in range(40))
    parts = split(long)
    assert len(parts) > 3
    assert all(part.endswith(",") for part in parts[:-1])
    assert " ".join(parts) == long


def test_too_many_passages_are_refused() -> None:
    sections = tuple(Section((str(n),), "x") for n in range(5001))
    with pytest.raises(Refused, match="5000"):
        chunk(Document("cv", "CV", "", sections), Settings())


@given(
    st.lists(
        st.sampled_from(
            [
                "One two three.",
                "A longer sentence, with a clause in it.",
                "- item",
                "Skills:",
                "\n",
                "\n\n",
                " ",
                "x" * 90,
            ]
        ),
        max_size=30,
    ),
    st.integers(10, 120),
    st.integers(0, 40),
)
def test_every_sentence_is_in_some_chunk_whole_and_in_order(parts: list[str], size: int, overlap: int) -> None:
    text = " ".join(parts)
    chunks = split(text, size, min(overlap, size))
    at = 0
    for start, end in sentences(text):
        if end - start <= 4 * size:
            at = next(index for index in range(at, len(chunks)) if text[start:end] in chunks[index])
