"""A crash at any step, and what a writer that died leaves: the event comes again and all is well."""

import pytest

from functions.ingest.event import Event
from functions.ingest.ledger import Ledger
from functions.ingest.upsert import Upserter
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX, TOKENS_SUFFIX
from tests.ingest.events import published, withdrawn
from tests.ingest.upsert.stored import Counting, Crash, chunks, ids, texts

STEPS = {
    "matrices": (TOKENS_SUFFIX, "add"),
    "the lease": (LEDGER_SUFFIX, "add"),
    "the rows": ("", "add"),
    "the sweep": ("", "delete"),
    "the sweep of matrices": (TOKENS_SUFFIX, "delete"),
    "the corpus version": ("", "modify"),
    "the ledger": (LEDGER_SUFFIX, "upsert"),
}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("withdraws", [False, True], ids=["replace", "withdraw"])
async def test_a_crash_at_any_step_is_repaired_when_the_event_comes_again(
    settings: Settings, model: Counting, monkeypatch: pytest.MonkeyPatch, step: str, after: bool, withdraws: bool
) -> None:
    wanted = [] if withdraws else chunks("New.", "Two.")
    event: Event = withdrawn(minute=1) if withdraws else published("x", minute=1)
    state = "withdrawn" if withdraws else "live"
    first = Upserter(settings, model).upsert(published("x"), chunks("One.", "Two.", "Three."))

    from chromadb.api.models.Collection import Collection

    suffix, verb = STEPS[step]
    real = getattr(Collection, verb)

    def crashing(self: Collection, *args: object, **kwargs: object) -> object:
        if self.name != settings.chroma_collection + suffix:
            return real(self, *args, **kwargs)
        if after:
            real(self, *args, **kwargs)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Collection, verb, crashing)
        patched.setattr(Ledger, "give_back", lambda self, turns, **fields: None)
        try:
            Upserter(settings, model).upsert(event, wanted, state)
            assert withdraws, "the step was never reached"
            assert step in ("matrices", "the rows")
        except Crash:
            pass
    visible = await texts(settings)
    assert visible in (["One.", "Two.", "Three."], [chunk.text for chunk in wanted])

    # The turn of the dead process has expired by the time the event comes again.
    monkeypatch.setattr("functions.ingest.ledger.time.time", lambda: 4e9)
    again = Upserter(settings, model).upsert(event, wanted, state)
    assert await texts(settings) == [chunk.text for chunk in wanted]
    assert again.corpus_version != first.corpus_version
    assert [key.partition("@")[0] for key in ids(settings)] == [chunk.id for chunk in wanted]
    assert len(ids(settings, TOKENS_SUFFIX)) == len(wanted)
    assert Upserter(settings, model).upsert(event, wanted, state).outcome == "unchanged"


async def test_a_withdrawal_that_died_when_its_rows_were_gone_is_not_undone_by_an_older_document(
    settings: Settings, model: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chromadb.api.models.Collection import Collection

    Upserter(settings, model).upsert(published("x"), chunks("One."))
    real = Collection.delete

    def crashing(self: Collection, *args: object, **kwargs: object) -> None:
        real(self, *args, **kwargs)  # type: ignore[arg-type]
        if self.name == settings.chroma_collection:
            raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(Collection, "delete", crashing)
        patched.setattr(Ledger, "give_back", lambda self, turns, **fields: None)
        with pytest.raises(Crash):
            Upserter(settings, model).upsert(withdrawn(minute=2), [], "withdrawn")
    monkeypatch.setattr("functions.ingest.ledger.time.time", lambda: 4e9)
    assert Upserter(settings, model).upsert(published("x", minute=1), chunks("Old.")).outcome == "stale"
    assert await texts(settings) == []
