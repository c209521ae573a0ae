"""The evidence threshold, measured over real passages in a real Chroma."""

import pytest

from functions.ask.corpus import Corpus
from functions.ask.holder import CorpusHolder
from functions.ingest.calibrate import HIGHEST, KNOWN, LOWEST, calibrate, questions, threshold
from functions.ingest.chunk import chunk
from functions.ingest.parse import parse
from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.ingest.events import published
from tests.processes import ROOT

ARTICLES = sorted((ROOT / "tests" / "quality" / "data" / "prose" / "articles").glob("*.md"))


def ingest(settings: Settings, embedder: Embedder, count: int) -> Upserter:
    upserter = Upserter(settings, embedder)
    for path in ARTICLES[:count]:
        event = published(path.read_bytes(), document=path.stem)
        upserter.upsert(event, chunk(parse(event), settings))
    return upserter


async def corpus(settings: Settings, embedder: Embedder) -> Corpus:
    holder = CorpusHolder(Store(settings), embedder.name)
    found, _ = await holder.current()
    await holder.close()
    return found


async def test_the_threshold_of_real_prose_is_within_bounds_and_the_same_every_time(
    settings: Settings, embedder: Embedder
) -> None:
    ingest(settings, embedder, 6)
    found = await calibrate(settings, embedder)
    assert found is not None
    assert LOWEST <= found <= HIGHEST
    assert await calibrate(settings, embedder) == found


async def test_ask_reads_what_was_stored_and_a_threshold_that_hardly_moved_is_no_new_version(
    settings: Settings, embedder: Embedder
) -> None:
    upserter = ingest(settings, embedder, 1)
    before = await corpus(settings, embedder)
    assert before.threshold is None
    assert upserter.store_threshold(0.75)
    after = await corpus(settings, embedder)
    assert (after.threshold, after.version != before.version) == (0.75, True)
    assert not upserter.store_threshold(0.752)
    assert (await corpus(settings, embedder)).version == after.version


async def test_a_document_that_comes_later_leaves_the_threshold_as_it_was(
    settings: Settings, embedder: Embedder
) -> None:
    ingest(settings, embedder, 1).store_threshold(0.75)
    ingest(settings, embedder, 2)
    assert (await corpus(settings, embedder)).threshold == 0.75


async def test_a_corpus_too_small_to_tell_has_none(settings: Settings, embedder: Embedder) -> None:
    assert await calibrate(settings, embedder) is None
    event = published(b"# One\n\nA single sentence about a boat.")
    Upserter(settings, embedder).upsert(event, chunk(parse(event), settings))
    assert await calibrate(settings, embedder) is None


@pytest.fixture
def asked(settings: Settings, embedder: Embedder) -> Settings:
    ingest(settings, embedder, 2)
    return settings


async def test_questions_are_made_of_the_passages_own_words(asked: Settings, embedder: Embedder) -> None:
    held = await corpus(asked, embedder)
    made = list(questions(held))
    assert len(made) > len(held.rows)
    for row, text in made:
        words = text.removeprefix("What about ").removesuffix("?").split(" ")
        assert all(word in row.chunk.indexed_text for word in words if word != "in")


@pytest.mark.parametrize(
    ("strengths", "expected"),
    [([0.7] * 19, None), ([0.7] * 20, 0.74), ([0.2] * 40, LOWEST), ([1.4] * 40, HIGHEST)],
)
def test_the_threshold_of_given_strengths(strengths: list[float], expected: float | None) -> None:
    assert threshold(strengths) == expected


def test_the_threshold_is_half_way_between_where_nine_in_ten_stay_below_and_what_known_corpora_had() -> None:
    strengths = [0.5 + number / 500 for number in range(100)]
    found = threshold(strengths)
    assert found is not None
    measured = 2 * found - KNOWN
    assert 85 <= sum(one <= measured for one in strengths) <= 97
