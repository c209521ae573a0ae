"""Line by line: what has to go is gone and the rest of the line stands; ordinary lines come through unchanged."""

import pytest

from functions.ingest.personal import Redactor, normal, published, redact
from functions.shared.personal import Kind
from tests.ingest.lines import ordinary_lines, private_lines


@pytest.mark.parametrize(("line", "left"), private_lines())
def test_what_is_private_gives_way_to_a_note(line: str, left: str) -> None:
    assert redact(line, "DE")[0] == left


@pytest.mark.parametrize("line", ordinary_lines())
def test_towns_employers_dates_and_figures_stay(line: str) -> None:
    assert redact(line, "DE") == (line, {})


def test_there_are_enough_lines_to_mean_something() -> None:
    assert len(private_lines()) >= 240
    assert len(ordinary_lines()) >= 200


@pytest.mark.parametrize(("line", "left"), private_lines())
def test_a_private_line_is_found_within_a_paragraph(line: str, left: str) -> None:
    """As a list item, and with text before and after it."""
    for around in ("Jane Doe\n\n{}\n\nData Engineer since 2019", "- {}\n- Python, SQL"):
        if not line.startswith(("* ", "tel:")):
            assert redact(around.format(line), "DE")[0] == around.format(left)


@pytest.mark.parametrize(
    "piece", ["Aa ", "12 ", "1", "a", "Aa-", "a.", "0 ", "address: ", "Born   ", "at ", "Tel 1 ", "(0", "+4 "]
)
def test_an_endless_run_of_anything_is_read_through(piece: str) -> None:
    run = (piece * 50_000)[:50_000]
    assert len(redact(run, "DE")[0]) >= len("[phone removed]")


def test_kinds_are_counted() -> None:
    assert redact("0170 1234567, a@b.de, c@d.de", "DE")[1] == {"phone": 1, "email": 2}


def test_allowed_kinds_stay() -> None:
    kept = redact("a@b.de 0170 1234567", "DE", frozenset({"email"}))
    assert kept == ("a@b.de [phone removed]", {"phone": 1})


def test_the_region_says_which_numbers_need_no_prefix() -> None:
    assert redact("9876543210", "IN")[0] == "[phone removed]"
    assert redact("Call (020) 7946 0123", "GB")[0] == "Call [phone removed]"


CARD = "Write to Jane.Doe@example.org, call +49 30 23125014 or come to Musterstraße 12, 55116 Mainz."


@pytest.mark.parametrize(
    "written",
    [
        "jane.doe@example.org",
        "JANE.DOE@EXAMPLE.ORG",
        "mailto:jane.doe@example.org",
        "030 23125-014",
        "+49 (0)30 23125014",
        "0049 30 231 250 14",
        "Musterstraße 12, 55116 Mainz",
        "Musterstraße 12\n55116 Mainz",
    ],
)
def test_what_the_contact_card_says_stays_however_it_is_written(written: str) -> None:
    assert Redactor("DE", public=published(CARD, "DE")).redact(written) == (written, {})


@pytest.mark.parametrize(
    "written", ["jane.doe@example.com", "030 23125-015", "Musterstraße 13, 55116 Mainz", "jane.doe2@example.org"]
)
def test_what_only_resembles_it_goes(written: str) -> None:
    assert "removed]" in Redactor("DE", public=published(CARD, "DE")).redact(written)[0]


def test_a_card_without_personal_data_lets_nothing_stay() -> None:
    assert published("You can reach Jane through her website.", "DE") == frozenset()


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("phone", "030 23125-014", "+49 30 23125014"),
        ("email", "A@B.de", "mailto:a@b.de"),
        ("account", "DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        ("phone", "one two", "one  two"),
    ],
)
def test_values_compare_without_their_spelling(kind: Kind, one: str, other: str) -> None:
    assert normal(kind, one, "DE") == normal(kind, other, "DE")


def test_a_label_before_the_start_is_read_and_not_told() -> None:
    text = "Date of birth:\n3 May 1990"
    (one,) = Redactor("DE").found(text, 15)
    assert (text[one.start :], one.kind) == ("3 May 1990", "birthday")
    text = "Nationality:\nDutch"
    (one,) = Redactor("DE").found(text, 13)
    assert text[one.start : one.end] == "Dutch"
