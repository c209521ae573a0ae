"""The headings below one heading become a passage of their own, for who asks for all of them."""

from functions.ingest.chunk import chunk
from functions.ingest.contents import MOST, with_contents
from functions.shared.records import Document, Section
from functions.shared.settings import Settings


def document(*paths: str) -> Document:
    """A CV with these headings, each with a sentence of its own."""
    sections = [Section(tuple(path.split(" › ")), f"Text {n}.", anchor=f"at-{n}") for n, path in enumerate(paths)]
    return Document("cv", "CV", "https://example.org/cv", tuple(sections))


def contents(*paths: str) -> list[str]:
    """What is added, in its order."""
    held = document(*paths)
    return [section.text for section in with_contents(held).sections if section not in held.sections]


def test_jobs_and_projects_are_listed_before_the_first_of_them() -> None:
    held = document("Profile", "Work experience › Diver, Harbour", "Work experience › Cook, Ferries", "Skills")
    sections = with_contents(held).sections
    assert [section for section in sections if section in held.sections] == list(held.sections)
    assert [section.path for section in sections].index(("Work experience",)) == 1
    assert sections[1].text == "Work experience (2): Diver, Harbour; Cook, Ferries"
    assert sections[1].anchor == "at-1", "the first of them is where the list begins on the page"


def test_a_heading_in_two_parts_is_listed_once() -> None:
    assert contents("Projects › Boat", "Projects › Boat", "Projects › Bridge", "Other", "Projects › Boat") == [
        "Projects (2): Boat; Bridge"
    ]


def test_each_level_lists_what_is_directly_below_it() -> None:
    assert contents("Work › Harbour › Projects › Boat", "Work › Harbour › Projects › Bridge", "Work › Ferries") == [
        "Work (2): Harbour; Ferries",
        "Projects (2): Boat; Bridge",
    ]


def test_nothing_else_is_listed() -> None:
    assert contents("Projects › Boat", "Projects") == []
    assert contents("Skills › Tools", "Skills › Languages") == []
    assert contents("Projects", "Work") == []
    assert contents(*(f"Projects › Boat {n}" for n in range(MOST + 1))) == []
    assert len(contents(*(f"Projects › Boat {n}" for n in range(MOST)))) == 1


def test_a_passage_that_lists_headings_is_told_from_one_that_looks_like_it() -> None:
    chunks = chunk(document("Projects › Boat (2): a", "Projects › Bridge", "Tools"), Settings.read({}))
    assert [one.text for one in chunks if one.is_contents] == ["Projects (2): Boat (2): a; Bridge"]
    labelled = chunk(Document("cv", "CV", "", (Section(("Tools",), "Tools: Kafka; Spark"),)), Settings.read({}))
    assert [one.is_contents for one in labelled] == [False]
