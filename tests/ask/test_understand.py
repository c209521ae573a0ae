"""A question as it was typed finds the passage that was meant: misspelt or parted names, German compounds."""

import pytest

from functions.ask.followup import Reading, readings
from functions.ask.question import Turn
from functions.ask.retrieve import retrieve
from functions.ask.strength import asked_for
from functions.ask.understand import understand
from functions.shared.embed import Embedder
from functions.shared.subject import Subject, read_subject
from tests.ask.small_corpus import corpus, name, without_chroma
from tests.quality.sets import CORPUS

ASKED_BEFORE = [
    Turn("user", "Does Nora know PyTorch?"),
    Turn("assistant", "Her daily tools are PyTorch and OpenCV. [1]"),
]


@pytest.fixture(scope="module")
def subject() -> Subject:
    return read_subject(CORPUS)


@pytest.mark.parametrize(
    ("typed", "passage"),
    [
        ("Does she know Kubernets?", "tools"),
        ("Has she used Dockr?", "tools"),
        ("pyTorch?", "tools"),
        ("Py Torch?", "tools"),
        ("Open CV", "tools"),
        ("What is hull scan?", "open"),
        ("What did she do at Sidal Foods?", "intern"),
        ("Harbour Robotcis", "job"),
        ("Stavangr", "intern"),
        ("Does she speak Norwegan?", "languages"),
        ("Womit programmiert sie eingebettete Boards?", "c++"),
        ("Worum ging es in der Masterabeit mit Beton?", "thesis"),
    ],
)
async def test_a_slip_of_the_keyboard_finds_its_passage(
    embedder: Embedder, subject: Subject, typed: str, passage: str
) -> None:
    query = understand(corpus(embedder), embedder, subject, Reading(typed))
    found, _ = await retrieve(corpus(embedder), without_chroma(), query, 3)
    assert passage in [name(one) for one in found[:2]]


@pytest.mark.parametrize(
    ("typed", "term"), [("And Dockr?", "docker"), ("What about Kubernets?", "kubernet"), ("Und Open CV?", "opencv")]
)
def test_a_slip_in_a_follow_up_is_mended_in_every_reading(
    embedder: Embedder, subject: Subject, typed: str, term: str
) -> None:
    ways = readings(typed, ASKED_BEFORE, subject.names())
    queries = [understand(corpus(embedder), embedder, subject, way) for way in ways]
    assert [term in query.terms and term not in query.carried for query in queries] == [True] * len(ways)


@pytest.mark.parametrize(
    ("typed", "passage"),
    [
        ("Has she ever worked with Kubernetes?", "tools"),
        ("Hat sie Erfahrung mit Docker?", "tools"),
        ("How good is her Norwegian?", "languages"),
    ],
)
async def test_a_common_way_to_ask_finds_what_the_plain_question_finds(
    embedder: Embedder, subject: Subject, typed: str, passage: str
) -> None:
    query = understand(corpus(embedder), embedder, subject, Reading(typed))
    found, _ = await retrieve(corpus(embedder), without_chroma(), query, 3)
    assert name(found[0]) == passage


@pytest.mark.parametrize(
    ("question", "lists"),
    [
        ("Which companies has she worked for?", True),
        ("Für welche Firmen hat sie gearbeitet?", True),
        ("Where has Nora ever worked?", True),
        ("Show me her projects.", True),
        ("Which company does she work for?", False),
        ("What is her best project?", False),
    ],
)
def test_a_question_for_all_jobs_or_projects_is_told_from_one_for_one(
    embedder: Embedder, subject: Subject, question: str, lists: bool
) -> None:
    assert understand(corpus(), embedder, subject, Reading(question)).lists is lists


@pytest.mark.parametrize("absent", ["Does she know Databrics?", "Does she know Haskell?", "Kennt sie Prolog?"])
def test_a_technology_that_is_not_there_becomes_no_other(embedder: Embedder, subject: Subject, absent: str) -> None:
    query = understand(corpus(embedder), embedder, subject, Reading(absent))
    assert {term for term in query.terms if corpus().lexical.has(term)} <= {"know"}


@pytest.mark.parametrize(
    ("question", "unknown"),
    [("Does she know the Lieblingsfarbe?", True), ("Was ist ihre Lieblingsfarbe und wo arbeitet sie?", False)],
)
def test_the_capital_of_a_german_noun_makes_no_name(
    embedder: Embedder, subject: Subject, question: str, unknown: bool
) -> None:
    query = understand(corpus(), embedder, subject, Reading(question))
    assert asked_for(corpus(), query, query.terms).unknown is unknown
