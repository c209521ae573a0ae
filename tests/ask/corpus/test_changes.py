"""A corpus that changes while it is read: read again until it is whole."""

from functions.ask import corpus
from functions.ask.corpus import read
from functions.ask.holder import CorpusHolder
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.ask.corpus.rows import Between, Writer, texts


async def test_a_document_read_in_two_generations_is_read_again(settings: Settings, writer: Writer) -> None:
    writer.document("a", "new", "old", generation="g2")
    writer.document("a", "old", generation="g1", of=2)

    def finish(reads: int) -> None:
        if reads == 1:
            writer.document("a", "new", "new too", generation="g2")

    wire = Between(finish)
    store = Store(settings, wire)
    head = await store.head()
    assert head
    assert texts(await read(store, head)) == ["new", "new too"]
    assert wire.reads == 2


async def test_a_document_that_lacks_a_row_is_read_again(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one", of=2)
    wire = Between(lambda reads: writer.document("a", "one", "two"))
    store = Store(settings, wire)
    head = await store.head()
    assert head
    assert texts(await read(store, head)) == ["one", "two"]


async def test_a_version_that_changes_while_it_is_read_is_read_again(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one")
    writer.version("v1")

    def change(reads: int) -> None:
        if reads == 1:
            writer.document("a", "two", generation="g2")
            writer.version("v2")

    store = Store(settings, Between(change))
    head = await store.head()
    assert head
    found = await read(store, head)
    assert (texts(found), found.version) == (["two"], "v2")


async def test_a_corpus_that_never_rests_is_served_and_read_anew_at_the_next_question(
    settings: Settings, writer: Writer, at_once: None
) -> None:
    writer.document("a", "0")
    writer.version("v0")

    def change(reads: int) -> None:
        if reads <= 3:
            writer.document("a", str(reads), generation=f"g{reads}")
            writer.version(f"v{reads}")

    holder = CorpusHolder(Store(settings, Between(change)), "m")
    found, _ = await holder.current()
    assert texts(found) == ["2"]
    found, _ = await holder.current()
    assert (texts(found), found.version) == (["3"], "v3")


async def test_a_document_that_stays_broken_is_served_as_it_is(settings: Settings, writer: Writer) -> None:
    writer.document("a", "one", of=3)
    writer.version("v1")
    wire = Between()
    found, stale = await CorpusHolder(Store(settings, wire), "m").current()
    assert (texts(found), stale) == (["one"], False)
    assert wire.reads >= corpus.TRIES
