"""The reader of ask (httpx) against the `chromadb` client on the same server, after a real upsert."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import numpy as np
import pytest

from functions.ingest.connection import open_client
from functions.ingest.upsert import Upserter
from functions.shared import store as module
from functions.shared.embed import Embedder
from functions.shared.matrix import pack
from functions.shared.problem import StoreUnreachable
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LAYOUT, TOKENS_SUFFIX, Head, Row, Store, generation_of, newest, row, turn_of
from tests.ingest.events import published
from tests.processes import free_port

CHUNKS = [
    Chunk("cv", position, "CV", "https://example.org/cv", "Work › Acme", text, "2026-01-31")
    for position, text in enumerate(["He builds pipelines.", "Er lebt in Mainz.", "Docker and Kubernetes.", "SQL."])
]


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    reader = Store(settings)
    yield reader
    await reader.close()


@pytest.fixture
def client(settings: Settings, embedder: Embedder) -> Any:
    """The passages as the official client sees them, one row retired but not swept yet."""
    Upserter(settings, embedder).upsert(published("x", document="cv"), CHUNKS)
    rows = open_client(settings).get_collection(settings.chroma_collection, embedding_function=None)
    rows.update(ids=row_ids(rows, CHUNKS[-1:]), metadatas=[{"live": False}])
    return rows


def row_ids(rows: Any, chunks: Sequence[Chunk]) -> list[str]:
    """Ids of the rows of these chunks."""
    found = {key.partition("@")[0]: key for key in rows.get(include=[])["ids"]}
    return [found[chunk.id] for chunk in chunks]


async def head_of(store: Store) -> Head:
    head = await store.head()
    assert head is not None
    return head


async def test_the_head_is_the_collections_metadata(store: Store, client: Any) -> None:
    head = await head_of(store)
    assert head.collection == str(client.id)
    assert {"corpus_version": head.corpus_version, "model": head.model, "layout": LAYOUT} == client.metadata


async def test_rows_are_the_live_rows_of_the_client(store: Store, client: Any) -> None:
    found = client.get(where={"live": True}, include=["documents", "metadatas"])
    expected = [row(*pair) for pair in zip(found["documents"], found["metadatas"], strict=True)]
    assert await store.rows(await head_of(store)) == expected
    assert [row.chunk for row in expected] == CHUNKS[:-1]


async def test_rows_are_read_page_by_page(store: Store, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    assert [row.chunk for row in await store.rows(await head_of(store))] == CHUNKS[:-1]


async def test_vectors_are_those_of_the_client(store: Store, client: Any) -> None:
    wanted = row_ids(client, CHUNKS)
    found = client.get(ids=wanted, include=["embeddings"])
    vectors = await store.vectors(await head_of(store), [*wanted, "cv#99999"])
    assert sorted(vectors) == wanted
    for key, vector in zip(found["ids"], found["embeddings"], strict=True):
        np.testing.assert_allclose(vectors[key], vector, atol=1e-7)


async def test_the_nearest_are_those_of_the_client_with_their_cosine(
    store: Store, client: Any, embedder: Embedder
) -> None:
    (question,) = embedder.encode(["Where does he live?"])
    found = client.query(query_embeddings=[question], n_results=3, where={"live": True}, include=["distances"])
    hits = await store.nearest(await head_of(store), question, 3)
    assert [key for key, _, _ in hits] == found["ids"][0]
    np.testing.assert_allclose([1 - score for _, _, score in hits], found["distances"][0], atol=1e-6)
    ids = await store.nearest_ids(await head_of(store), question, 3)
    assert [(key, score) for key, score in ids if key in found["ids"][0]] == [(key, score) for key, _, score in hits]
    vectors = await store.vectors(await head_of(store), [key for key, _, _ in hits])
    np.testing.assert_allclose(
        [score for _, _, score in hits], [vectors[key] @ question for key, _, _ in hits], atol=1e-5
    )


async def test_no_hit_is_a_retired_row(store: Store, client: Any, embedder: Embedder) -> None:
    (question,) = embedder.encode(["SQL."])
    assert row_ids(client, CHUNKS[-1:])[0] not in [
        key for key, _, _ in await store.nearest(await head_of(store), question, 4)
    ]


async def test_matrices_are_those_of_the_client_and_unknown_ones_absent(
    store: Store, client: Any, settings: Settings, embedder: Embedder
) -> None:
    hashes = [chunk.content_hash(embedder.name) for chunk in CHUNKS]
    tokens = open_client(settings).get_collection(settings.chroma_collection + TOKENS_SUFFIX, embedding_function=None)
    found = tokens.get(ids=hashes, include=["metadatas"])
    matrices = await store.matrices([*hashes, "0" * 32])
    assert {key: pack(matrix) for key, matrix in matrices.items()} == {
        key: fields["matrix"] for key, fields in zip(found["ids"], found["metadatas"], strict=True)
    }
    assert sorted(matrices) == sorted(hashes)


async def test_a_damaged_matrix_counts_as_absent(
    store: Store, client: Any, settings: Settings, embedder: Embedder
) -> None:
    damaged, whole, *_ = (chunk.content_hash(embedder.name) for chunk in CHUNKS)
    tokens = open_client(settings).get_collection(settings.chroma_collection + TOKENS_SUFFIX, embedding_function=None)
    tokens.update(ids=[damaged], metadatas=[{"matrix": "AAAA"}])
    assert list(await store.matrices([damaged, whole])) == [whole]


async def test_before_anything_was_ingested_there_is_no_head_and_no_matrix(store: Store) -> None:
    assert await store.head() is None
    assert await store.matrices(["0" * 32]) == {}


async def test_a_collection_of_another_layout_is_not_guessed_at(store: Store, settings: Settings) -> None:
    open_client(settings).create_collection(
        settings.chroma_collection, metadata={"layout": LAYOUT + 1}, embedding_function=None
    )
    with pytest.raises(StoreUnreachable, match="ingest again"):
        await store.head()


async def test_a_collection_that_is_gone_is_a_problem(store: Store, client: Any, settings: Settings) -> None:
    head = await head_of(store)
    open_client(settings).delete_collection(settings.chroma_collection)
    with pytest.raises(StoreUnreachable, match="404"):
        await store.rows(head)


async def test_matrices_are_found_again_in_a_collection_made_anew(
    store: Store, client: Any, settings: Settings, embedder: Embedder
) -> None:
    key = CHUNKS[0].content_hash(embedder.name)
    assert key in await store.matrices([key])
    open_client(settings).delete_collection(settings.chroma_collection + TOKENS_SUFFIX)
    with pytest.raises(StoreUnreachable):
        await store.matrices([key])
    Upserter(settings, embedder).upsert(published("x", document="cv", minute=1), CHUNKS)
    assert key in await store.matrices([key])


async def test_an_unreachable_chroma_is_a_problem() -> None:
    reader = Store(Settings(chroma_url=f"http://127.0.0.1:{free_port()}"))
    for call in (reader.head(), reader.matrices(["0"])):
        with pytest.raises(StoreUnreachable, match="does not answer"):
            await call
    await reader.close()


async def test_a_chroma_that_answers_with_an_error_is_a_problem() -> None:
    reader = Store(Settings(), httpx.MockTransport(lambda request: httpx.Response(500)))
    with pytest.raises(StoreUnreachable, match="500"):
        await reader.head()
    await reader.close()


def rows_of(turn: int, *positions: int, of: int, document: str = "d") -> list[Row]:
    generation = generation_of(turn, "h")
    return [Row(Chunk(document, n, "", "", "", f"{turn}.{n}"), "", generation, of) for n in positions]


def test_of_two_generations_the_newer_is_read(store: Store) -> None:
    old, new = rows_of(9, 0, 1, 2, of=3), rows_of(10, 0, 1, of=2)
    other = rows_of(1, 0, of=1, document="e")
    assert newest([*new, *old, *other]) == [*new, *other]


def test_a_generation_read_in_part_gives_way_to_one_read_whole(store: Store) -> None:
    whole = rows_of(1, 0, 1, of=2)
    assert newest([*whole, *rows_of(2, 1, of=2)]) == whole
    assert newest([*rows_of(1, 0, of=2), *rows_of(2, 1, of=2)]) == rows_of(2, 1, of=2)


def test_a_generation_from_before_turns_is_older_than_any_other() -> None:
    assert turn_of("3f" * 16) == turn_of("generation-1") == 0
    assert turn_of(generation_of(123456789, "h")) == 123456789


async def test_a_retired_row_among_the_nearest_makes_no_live_one_missing(
    store: Store, client: Any, embedder: Embedder
) -> None:
    retired = client.get(where={"live": False}, include=["documents"])
    (question,) = embedder.encode(retired["documents"][:1])
    live = client.get(where={"live": True}, include=[])["ids"]
    hits = await store.nearest(await head_of(store), question, len(live))
    assert {key for key, _, _ in hits} == set(live)


async def test_passages_by_their_ids_are_the_rows_of_the_whole_reading(store: Store, client: Any) -> None:
    head = await head_of(store)
    rows = await store.rows(head)
    assert sorted(await store.passages(head, [row.id for row in rows]), key=lambda row: row.id) == sorted(
        rows, key=lambda row: row.id
    )


async def test_of_passages_by_their_ids_the_newest_generation_of_each_document_is_read(
    store: Store, client: Any, settings: Settings, embedder: Embedder
) -> None:
    head = await head_of(store)
    old = row_ids(client, CHUNKS[:1])
    found = client.get(ids=old, include=["documents", "metadatas", "embeddings"])
    newer = {**found["metadatas"][0], "generation": generation_of(9, "later"), "of": 1}
    client.add(ids=["newer"], documents=found["documents"], embeddings=found["embeddings"], metadatas=[newer])
    assert [row.generation for row in await store.passages(head, [*old, "newer"])] == [newer["generation"]]


async def test_more_vectors_than_one_request_takes_are_all_read(store: Store, settings: Settings, client: Any) -> None:
    rows = client.get(include=["metadatas", "embeddings"], limit=1)
    names = [f"row {number}" for number in range(1500)]
    client.add(ids=names, embeddings=[rows["embeddings"][0]] * 1500, metadatas=rows["metadatas"] * 1500)
    assert (await store.vectors(await head_of(store), names)).keys() == set(names)


@pytest.mark.parametrize("fields", [{"live": True}, {"live": True, "document": "cv"}])
async def test_rows_that_somebody_else_wrote_are_a_problem(store: Store, client: Any, fields: dict[str, Any]) -> None:
    client.add(ids=["foreign"], embeddings=client.get(include=["embeddings"])["embeddings"][:1], metadatas=[fields])
    with pytest.raises(StoreUnreachable, match="did not write"):
        await store.rows(await head_of(store))


async def test_rows_without_any_metadata_are_nobodys(store: Store, client: Any) -> None:
    client.add(ids=["bare"], embeddings=client.get(include=["embeddings"])["embeddings"][:1], documents=["bare"])
    assert [row.chunk for row in await store.rows(await head_of(store))] == CHUNKS[:-1]
