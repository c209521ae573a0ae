"""Personal data found by pattern alone, cheap to import and bounded in length and time."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from re import _parser  # type: ignore[attr-defined]  # how long a pattern may match is nowhere else to be had
from types import ModuleType

import pytest

from functions.shared.personal import KINDS, LONGEST, NOTES, find, plain
from tests.ingest.lines import private_lines
from tests.processes import CLEAN, ROOT

MODULES = ("addresses", "births", "contacts", "numbers", "places", "status", "streets")


def spans(text: str, *kinds: str) -> list[str]:
    return [text[one.start : one.end] for one in find(text, kinds or KINDS)]  # type: ignore[arg-type]


def test_every_kind_has_a_note_and_a_length() -> None:
    assert set(NOTES) == set(LONGEST) == set(KINDS)


def test_spans_name_their_kind_and_place() -> None:
    text = "Mail jane@example.org, call +49 171 3920042."
    assert [(one.kind, text[one.start : one.end]) for one in find(text)] == [
        ("email", "jane@example.org"),
        ("phone", "+49 171 3920042"),
    ]


def test_only_the_kinds_asked_for_are_found() -> None:
    assert spans("jane@example.org, +49 171 3920042", "phone") == ["+49 171 3920042"]


def test_what_overlaps_is_one_span_of_the_first_kind() -> None:
    (one,) = find("IBAN DE89 3704 0044 0532 0130 00")
    assert one.kind == "account"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("０１７１", "0171"),
        ("٠١٧١", "0171"),
        ("०१७१", "0171"),
        ("𝟎𝟏𝟕𝟏", "0171"),
        ("0171\u00a0392\u202f00", "0171 392 00"),
        ("0171‑392–00−1", "0171-392-00-1"),
        ("jane＠example．org", "jane@example.org"),
        ("a\nb\tç", "a\nb\tç"),
        ("Straße, Ärzte, Œuvre, İ", "Straße, Ärzte, Œuvre, İ"),
    ],
)
def test_other_blanks_hyphens_digits_and_widths_are_read_as_the_plain_ones(written: str, read: str) -> None:
    assert plain(written) == read
    assert len(plain(written)) == len(written)


def test_most_private_lines_need_no_library() -> None:
    """What needs `phonenumbers` are numbers without a prefix, a label or a grouping of their own."""
    missed = [line for line, told in private_lines() if line != told and not find(line)]
    assert len(missed) < 0.05 * len(private_lines())


def test_importing_it_compiles_nothing_and_loads_no_library() -> None:
    code = (
        "import dataclasses, re, sys; compiled = []; real = re.compile;"
        "re.compile = lambda *given: (compiled.append(given), real(*given))[1];"
        "import functions.shared.personal;"
        "print(len(compiled), 'phonenumbers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=CLEAN, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False"]


def module(name: str) -> ModuleType:
    return import_module(f"functions.shared.personal.{name}")


def _patterns(module: ModuleType) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every pattern of a module, by the name it has there."""

    def told(name: str, value: object) -> Iterator[tuple[str, re.Pattern[str]]]:
        if isinstance(value, tuple | dict):
            for part in value.values() if isinstance(value, dict) else value:
                yield from told(name, part)
        elif hasattr(value, "cache_info"):
            yield name, value()  # type: ignore[operator]

    for name, value in vars(module).items():
        yield from told(name, value)


def longest(pattern: re.Pattern[str]) -> int:
    return int(_parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE).getwidth()[1])


@pytest.mark.parametrize("name", MODULES)
def test_every_repetition_is_bounded(name: str) -> None:
    patterns = list(_patterns(module(name)))
    assert patterns
    assert [name for name, pattern in patterns if longest(pattern) > 1000] == []


def of(name: str, *patterns: str) -> int:
    """The longest match of these patterns of a module."""
    return max(longest(pattern) for found, pattern in _patterns(module(name)) if found in patterns)


def test_no_span_is_longer_than_it_says() -> None:
    assert of("contacts", "_EMAILS") <= LONGEST["email"]
    assert of("contacts", "_SURE_LABEL", "_LABEL", "_INTERNATIONAL", "_SPOKEN") <= LONGEST["phone"]
    assert of("numbers", "_IBAN") <= LONGEST["account"]
    assert of("numbers", "_PAPERS") <= LONGEST["paper"]
    assert of("births", "_BIRTHDAYS") <= LONGEST["birthday"]
    assert of("status", "_STATUS") <= LONGEST["status"]


def test_no_address_is_longer_than_it_says() -> None:
    named = of("streets", "_STEM", "_BEFORE_ROAD") + of("streets", "_ROAD_END")
    street = max(named, of("streets", "_STREETS"), of("streets", "_BEFORE_CODE")) + of("streets", "_FLAT")
    place = max(of("places", "_CODE_FIRST", "_OWN_LINE"), of("places", "_CODE_LAST") + of("places", "_TOWN_BEFORE"))
    assert street + module("addresses")._REACH + place <= LONGEST["address"]


@pytest.mark.parametrize(
    "piece",
    [
        "Aa ",
        "12 ",
        "1",
        "a",
        "Aa-",
        "a.",
        "0 ",
        "address: ",
        "Born   ",
        "at ",
        "Tel 1 ",
        "(0",
        "+4 ",
        "A, ",
        "1 Aa St ",
        "Straße 1 ",
        "55116 Aa ",
        "DE89 ",
        "one ",
        "a@",
        "\n",
        "Weg-\n",
        "12345 ",
    ],
)
def test_an_endless_run_of_anything_is_read_through(piece: str) -> None:
    # With unbounded repetition in the patterns these take minutes each.
    text = (piece * 50_000)[:50_000]
    assert all(0 <= one.start < one.end <= len(text) for one in find(text))
