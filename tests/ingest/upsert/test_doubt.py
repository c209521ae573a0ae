"""A writer whose turn expired may still write between another's look and its turn."""

import threading
from contextlib import suppress

import pytest
from chromadb.api.models.Collection import Collection

from functions.ingest.ledger import Ledger
from functions.ingest.upsert import Upserter
from functions.shared.problem import Unavailable
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX
from tests.ingest.events import published
from tests.ingest.upsert.stored import Counting, Crash, chunks, ids, texts


class LateWriter:
    """Stands still before it shows its rows until its turn has expired; shows them when it is told, and dies."""

    def __init__(self, settings: Settings, model: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
        self._passages, self._ledger = settings.chroma_collection, settings.chroma_collection + LEDGER_SUFFIX
        self._upserter = Upserter(settings, model)
        self._standing, self._may_write = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._add, self._give_back = Collection.add, Ledger.give_back
        monkeypatch.setattr(Collection, "add", lambda *args, **kwargs: self._adding(*args, **kwargs))
        monkeypatch.setattr(Ledger, "give_back", lambda *args, **kwargs: self._giving_back(*args, **kwargs))
        with monkeypatch.context() as patched:
            patched.setattr("functions.ingest.ledger.LEASE_S", -1.0)
            self._thread.start()
            assert self._standing.wait(30)

    @property
    def _is_me(self) -> bool:
        return threading.current_thread() is self._thread

    def _write(self) -> None:
        with suppress(Crash):
            self._upserter.upsert(published("x", minute=1), chunks("Two."))

    def _adding(self, collection: Collection, *args: object, **kwargs: object) -> None:
        """Both writers' requests: the other one has looked when it is about to take its turn."""
        if self._is_me and collection.name == self._passages:
            self._standing.set()
            assert self._may_write.wait(30)
            self._add(collection, *args, **kwargs)
            raise Crash
        if not self._is_me and collection.name == self._ledger:
            self._may_write.set()
            self._thread.join(30)
        self._add(collection, *args, **kwargs)

    def _giving_back(self, *args: object, **kwargs: object) -> None:
        if not self._is_me:  # the dead do nothing more
            self._give_back(*args, **kwargs)


@pytest.mark.parametrize("newer", [["One."], ["Three."], []], ids=["as it stands", "another text", "without text"])
async def test_what_a_late_writer_shows_between_look_and_turn_does_not_outlive_a_newer_event(
    settings: Settings, upserter: Upserter, model: Counting, monkeypatch: pytest.MonkeyPatch, newer: list[str]
) -> None:
    upserter.upsert(published("x"), chunks("One."))
    LateWriter(settings, model, monkeypatch)
    event = published("x", minute=2)
    with pytest.raises(Unavailable, match="Another event"):
        upserter.upsert(event, chunks(*newer))
    upserter.upsert(event, chunks(*newer))
    assert (await texts(settings), len(ids(settings))) == (newer, len(newer))
    assert upserter.upsert(published("x", minute=1), chunks("Two.")).outcome == "stale"
    assert await texts(settings) == newer
