"""Vectors come behind the first answer, or stay in Chroma."""

import httpx
import numpy as np
import pytest

from functions.ask.holder import CorpusHolder
from functions.shared.problem import StoreUnreachable
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.ask.corpus.rows import Between, Writer, has_vectors, until, vector


async def test_vectors_are_loaded_behind_the_first_answer(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one", "two", "three")
    writer.version("v1")
    holder = CorpusHolder(Store(settings), "m")
    first, _ = await holder.current()
    assert first.vectors is None
    await until(has_vectors(holder))
    found, _ = await holder.current()
    assert found.rows is first.rows
    assert np.array_equal(found.vectors, np.asarray([vector(0), vector(1), vector(2)], np.float32))


async def test_vectors_that_could_not_be_loaded_are_loaded_later(
    settings: Settings, writer: Writer, at_once: None
) -> None:
    writer.document("a", "one")
    writer.version("v1")

    def broken(reads: int) -> None:
        if reads == 2:  # the rows are read, their vectors are not
            raise httpx.ReadError("Chroma went away")

    holder = CorpusHolder(Store(settings, Between(broken)), "m")
    await holder.current()
    await until(has_vectors(holder))


async def test_a_large_corpus_leaves_its_vectors_in_chroma(
    settings: Settings, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.ask.holder.MAX_LOCAL_VECTORS", 1)
    writer.document("a", "one", "two")
    writer.version("v1")
    wire = Between()
    holder = CorpusHolder(Store(settings, wire), "m")
    await holder.current()
    await holder.close()
    assert (await holder.current())[0].vectors is None
    assert wire.reads == 1


async def test_vectors_of_another_model_are_not_mixed_with_ours(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one")
    writer.version("v1")
    with pytest.raises(StoreUnreachable, match="embedded by m, this ask has another"):
        await CorpusHolder(Store(settings), "another").current()
