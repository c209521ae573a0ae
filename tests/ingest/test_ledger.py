"""The ledger over a real Chroma: the newest event stands, and one writer a document at a time."""

from typing import Any

import pytest

from functions.ingest import ledger as module
from functions.ingest.event import order
from functions.ingest.ledger import LEASE_S, OLD_LEASES, Entry, Ledger
from functions.ingest.upsert import open_client
from functions.shared.problem import Unavailable
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX
from tests.ingest.events import at, withdrawn

ENTRY = Entry("live", at(5), order("2"), "generation-1")


@pytest.fixture
def rows(settings: Settings) -> Any:
    """The ledger's collection, empty."""
    return open_client(settings).create_collection(settings.chroma_collection + LEDGER_SUFFIX, embedding_function=None)


@pytest.fixture
def ledger(rows: Any) -> Ledger:
    return Ledger(rows)


def write(ledger: Ledger, document: str = "doc", entry: Entry = ENTRY) -> None:
    with ledger.lease(ledger.read(document)) as lease:
        ledger.write(lease, entry)


def take_and_expire(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A lease whose holder is still at it when it has run out."""
    with monkeypatch.context() as patched:
        patched.setattr(module, "LEASE_S", -1.0)
        holding = ledger.lease(ledger.read("doc"))
        return holding, holding.__enter__()


@pytest.mark.parametrize(
    ("stands", "comes", "stale"),
    [
        (("", 5), ("", 4), True),
        (("", 5), ("", 5), False),
        (("", 5), ("", 6), False),
        (("2", 5), ("1", 6), True),
        (("2", 5), ("3", 4), False),
        (("2", 5), ("2", 4), True),
        (("2", 5), ("2", 5), False),
        (("2", 5), ("2", 6), False),
        (("1.10", 5), ("1.9", 6), True),
        (("1.9", 5), ("1.10", 4), False),
        (("2", 5), ("", 4), True),
        (("2", 5), ("", 6), False),
        (("", 5), ("2", 4), True),
        (("", 5), ("2", 6), False),
    ],
)
def test_the_newest_stands_by_version_when_both_have_one_and_then_by_time(
    stands: tuple[str, int], comes: tuple[str, int], stale: bool
) -> None:
    entry = Entry("live", at(stands[1]), order(stands[0]))
    assert entry.is_newer_than(withdrawn(minute=comes[1], version=order(comes[0]))) is stale


def test_a_document_never_heard_of_has_nothing_standing_and_lets_any_event_in(ledger: Ledger) -> None:
    page = ledger.read("doc")
    assert (page.document, page.entry, page.leases) == ("doc", Entry(), {})
    assert not page.entry.is_newer_than(withdrawn())


def test_what_was_written_is_read_back_whole(ledger: Ledger) -> None:
    write(ledger)
    assert ledger.read("doc").entry == ENTRY


def test_a_later_entry_replaces_the_one_before_it(ledger: Ledger) -> None:
    write(ledger)
    write(ledger, entry=Entry("withdrawn", at(6), order("3")))
    assert ledger.read("doc").entry == Entry("withdrawn", at(6), order("3"))


def test_documents_keep_apart(ledger: Ledger) -> None:
    write(ledger)
    with ledger.lease(ledger.read("doc")):
        write(ledger, "other", Entry("live", at(1)))
        assert ledger.read("doc").entry == ENTRY
    assert ledger.read("other").entry == Entry("live", at(1))


def test_a_lease_excludes_a_second_holder(ledger: Ledger) -> None:
    before = ledger.read("doc")
    with ledger.lease(before) as lease:
        lease.check()
        for page in (before, ledger.read("doc")):
            with pytest.raises(Unavailable) as refused, ledger.lease(page):
                pytest.fail("two holders")
            assert refused.value.retry_after_s == 1
        lease.check()
        ledger.write(lease, ENTRY)
    assert ledger.read("doc").entry == ENTRY


def test_another_process_is_excluded_too(settings: Settings, ledger: Ledger) -> None:
    name = settings.chroma_collection + LEDGER_SUFFIX
    elsewhere = Ledger(open_client(settings).get_collection(name, embedding_function=None))
    with ledger.lease(ledger.read("doc")), pytest.raises(Unavailable), elsewhere.lease(elsewhere.read("doc")):
        pytest.fail("two holders")


def test_whoever_read_before_somebody_wrote_gets_no_lease(ledger: Ledger) -> None:
    page = ledger.read("doc")
    write(ledger)
    with pytest.raises(Unavailable), ledger.lease(page):
        pytest.fail("what was read is no longer so")
    write(ledger, entry=Entry("live", at(6)))


def test_an_expired_lease_can_be_taken_and_its_holder_is_told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    _, late = take_and_expire(ledger, monkeypatch)
    with pytest.raises(Unavailable):
        late.check()
    with ledger.lease(ledger.read("doc")) as lease:
        assert lease.number == late.number + 1
        lease.check()


def test_a_late_holder_that_fails_does_not_give_back_the_lease_of_the_next(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding, late = take_and_expire(ledger, monkeypatch)
    with ledger.lease(ledger.read("doc")):
        assert not holding.__exit__(Unavailable, Unavailable("late"), None)
        assert ledger.read("doc").leases[late.number] == 0.0
        with pytest.raises(Unavailable), ledger.lease(ledger.read("doc")):
            pytest.fail("two holders")


def test_a_lease_lasts_as_long_as_it_says(ledger: Ledger) -> None:
    with ledger.lease(ledger.read("doc")) as lease:
        lease.check(needs_s=LEASE_S / 2)
        with pytest.raises(Unavailable):
            lease.check(needs_s=LEASE_S + 1)


def test_a_holder_that_fails_gives_the_lease_back_and_its_failure_is_told(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.lease(ledger.read("doc")):
        raise ZeroDivisionError
    page = ledger.read("doc")
    assert (page.entry, set(page.leases.values())) == (Entry(), {0.0})
    write(ledger)


def test_writing_gives_the_lease_back(ledger: Ledger) -> None:
    write(ledger)
    assert set(ledger.read("doc").leases.values()) == {0.0}
    write(ledger)


def test_a_lease_that_cannot_be_given_back_hides_no_failure(settings: Settings, rows: Any, ledger: Ledger) -> None:
    holding = ledger.lease(ledger.read("doc"))
    holding.__enter__()
    open_client(settings).delete_collection(rows.name)
    failure = ZeroDivisionError()
    assert not holding.__exit__(ZeroDivisionError, failure, None)  # it goes on as it came


def test_old_leases_do_not_pile_up_and_numbers_never_come_again(ledger: Ledger, rows: Any) -> None:
    numbers = []
    for _ in range(3 * OLD_LEASES):
        with ledger.lease(ledger.read("doc")) as lease:
            numbers.append(lease.number)
            ledger.write(lease, ENTRY)
        assert len(ledger.read("doc").leases) <= OLD_LEASES + 1
    assert numbers == sorted(set(numbers))
    assert rows.count() <= OLD_LEASES + 2


def test_only_live_documents_are_counted(ledger: Ledger) -> None:
    assert ledger.documents() == 0
    for document in ("one", "two", "three"):
        write(ledger, document)
    assert ledger.documents() == 3
    write(ledger, "two", Entry("withdrawn", at(6)))
    assert ledger.documents() == 2
    with ledger.lease(ledger.read("four")):
        assert ledger.documents() == 2
    write(ledger, "one")
    assert ledger.documents() == 2


@pytest.mark.parametrize("document", ["doc#entry", "doc#lease#1", "ø/Lebenslauf (2).pdf", "a" * 500, "'; --", "$and"])
def test_any_id_is_a_document_of_its_own(ledger: Ledger, document: str) -> None:
    write(ledger)
    write(ledger, document, Entry("withdrawn", at(1)))
    assert ledger.read(document).entry == Entry("withdrawn", at(1))
    assert ledger.read("doc").entry == ENTRY
