"""The ledger over a real Chroma: the newest event stands, and one writer a document at a time."""

import time
from dataclasses import replace
from typing import Any

import pytest

from functions.ingest import ledger as module
from functions.ingest.connection import open_client
from functions.ingest.event import order
from functions.ingest.ledger import LEASE_S, OLD_TURNS, Entry, Ledger, Page, Turn
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


def page_of(ledger: Ledger, document: str = "doc") -> Page:
    return ledger.read([document])[document]


def take(ledger: Ledger, page: Page, above: int = 0) -> Turn | None:
    return ledger.take([page], {page.document: above}).get(page.document)


def taken(ledger: Ledger, document: str = "doc") -> Turn:
    turn = take(ledger, page_of(ledger, document))
    assert turn
    return turn


def write(ledger: Ledger, document: str = "doc", entry: Entry = ENTRY) -> Turn:
    turn = taken(ledger, document)
    ledger.finish([(turn, entry)])
    ledger.tidy([turn])
    return turn


def expired(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, document: str = "doc") -> Turn:
    """A turn whose holder is still at it when its time is over."""
    with monkeypatch.context() as patched:
        patched.setattr(module, "LEASE_S", -1.0)
        return taken(ledger, document)


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
    page = page_of(ledger)
    assert (page.document, page.entry, page.highest, page.unfinished) == ("doc", Entry(), 0, False)
    assert not page.entry.is_newer_than(withdrawn())


def test_what_was_written_is_read_back_whole(ledger: Ledger) -> None:
    told = replace(ENTRY, source="/folder/cv", validator='"e"', told=False)
    write(ledger, entry=told)
    assert page_of(ledger).entry == told


def test_a_later_entry_replaces_the_one_before_it(ledger: Ledger) -> None:
    write(ledger)
    write(ledger, entry=Entry("withdrawn", at(6), order("3")))
    assert page_of(ledger).entry == Entry("withdrawn", at(6), order("3"))


def test_several_documents_are_read_taken_and_finished_together(ledger: Ledger) -> None:
    pages = ledger.read(["one", "two"])
    turns = ledger.take(list(pages.values()), {"one": 0, "two": 6})
    assert {name: turn.number for name, turn in turns.items()} == {"one": 1, "two": 7}
    ledger.finish([(turn, replace(ENTRY, source=name)) for name, turn in turns.items()])
    assert {name: page.entry.source for name, page in ledger.read(["one", "two"]).items()} == {
        "one": "one",
        "two": "two",
    }


def test_documents_keep_apart(ledger: Ledger) -> None:
    write(ledger)
    taken(ledger)
    write(ledger, "other", Entry("live", at(1)))
    assert page_of(ledger).entry == ENTRY
    assert page_of(ledger, "other").entry == Entry("live", at(1))


def test_a_turn_excludes_a_second_holder(ledger: Ledger) -> None:
    before = page_of(ledger)
    turn = take(ledger, before)
    assert turn
    assert take(ledger, before) is None
    assert take(ledger, page_of(ledger)) is None
    assert ledger.overtaken([turn]) == {}
    ledger.finish([(turn, ENTRY)])
    assert page_of(ledger).entry == ENTRY


def test_whoever_loses_does_not_end_the_turn_of_whoever_won(ledger: Ledger) -> None:
    before = page_of(ledger)
    assert take(ledger, before)
    assert take(ledger, before) is None
    assert page_of(ledger).expires > time.time()


def test_another_process_is_excluded_too(settings: Settings, ledger: Ledger) -> None:
    name = settings.chroma_collection + LEDGER_SUFFIX
    elsewhere = Ledger(open_client(settings).get_collection(name, embedding_function=None))
    taken(ledger)
    assert take(elsewhere, page_of(elsewhere)) is None


def test_whoever_read_before_somebody_wrote_gets_no_turn(ledger: Ledger) -> None:
    page = page_of(ledger)
    write(ledger)
    assert take(ledger, page) is None
    for minute in range(2 * OLD_TURNS):  # enough that the row the old page would add has been deleted again
        write(ledger, entry=Entry("live", at(minute)))
    assert take(ledger, page) is None
    write(ledger, entry=Entry("live", at(50)))


def test_what_was_finished_while_a_turn_was_taken_is_noticed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    late = expired(ledger, monkeypatch)
    page = page_of(ledger)
    ledger.finish([(late, ENTRY)])
    assert take(ledger, page) is None
    assert taken(ledger).number == late.number + 2


def test_an_expired_turn_can_be_taken_over_and_its_holder_finds_so(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = expired(ledger, monkeypatch)
    assert page_of(ledger).unfinished
    assert ledger.overtaken([late]) == {}
    turn = taken(ledger)
    assert turn.number == late.number + 1
    assert turn.generation > late.generation
    assert list(ledger.overtaken([late])) == ["doc"]
    assert ledger.overtaken([turn]) == {}


def test_a_late_holder_that_finishes_after_the_next_changes_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = expired(ledger, monkeypatch)
    write(ledger)
    ledger.finish([(late, Entry("withdrawn", at(9)))])
    assert page_of(ledger).entry == ENTRY


def test_a_late_holder_that_gives_up_does_not_end_the_next_turn(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = expired(ledger, monkeypatch)
    taken(ledger)
    ledger.give_back([late])
    assert take(ledger, page_of(ledger)) is None


def test_a_turn_lasts_as_long_as_it_says(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = taken(ledger)
    assert turn.in_time
    later = time.monotonic() + LEASE_S
    monkeypatch.setattr(module.time, "monotonic", lambda: later)
    assert not turn.in_time


def test_a_turn_given_back_may_be_taken_at_once_and_left_nothing_behind(ledger: Ledger) -> None:
    ledger.give_back([taken(ledger)])
    page = page_of(ledger)
    assert (page.entry, page.unfinished) == (Entry(), False)
    write(ledger)


def test_an_entry_may_stand_before_its_turn_is_over(ledger: Ledger) -> None:
    turn = taken(ledger)
    ledger.finish([(turn, ENTRY)], over=False)
    assert page_of(ledger).entry == ENTRY
    assert take(ledger, page_of(ledger)) is None
    ledger.finish([(turn, ENTRY)])
    write(ledger)


def test_a_turn_that_cannot_be_given_back_hides_no_failure(settings: Settings, rows: Any, ledger: Ledger) -> None:
    turn = taken(ledger)
    open_client(settings).delete_collection(rows.name)
    ledger.give_back([turn])


def test_old_turns_do_not_pile_up_and_numbers_never_come_again(ledger: Ledger, rows: Any) -> None:
    numbers = [write(ledger).number for _ in range(24)]
    assert numbers == sorted(set(numbers))
    assert rows.count() <= 10
    assert page_of(ledger).entry == ENTRY


def test_only_live_documents_are_counted_and_listed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ledger.documents() == 0
    for document in ("one", "two", "three"):
        write(ledger, document)
    write(ledger, "two", Entry("withdrawn", at(6)))
    write(ledger, "one", Entry("live", at(7)))
    taken(ledger, "four")
    monkeypatch.setattr(module, "PAGE", 1)
    assert ledger.documents() == 2
    assert dict(ledger.entries()) == {"one": Entry("live", at(7)), "three": ENTRY}


@pytest.mark.parametrize("document", ["doc#entry", "doc#turn#1", "ø/Lebenslauf (2).pdf", "a" * 500, "'; --", "$and"])
def test_any_id_is_a_document_of_its_own(ledger: Ledger, document: str) -> None:
    write(ledger)
    write(ledger, document, Entry("withdrawn", at(1)))
    assert page_of(ledger, document).entry == Entry("withdrawn", at(1))
    assert page_of(ledger).entry == ENTRY
