"""Account numbers, papers and civil status are taken out; what reads alike stays."""

import pytest

from functions.ingest.personal import redact


@pytest.mark.parametrize(
    ("text", "private", "kind"),
    [
        ("IBAN: DE00 2005 0550 1234 5678 90", "2005 0550", "account"),
        ("Konto GB29NWBK60161331926819 bei der Bank", "60161331926819", "account"),
        ("Passport no.: NX7R42K18", "NX7R42K18", "paper"),
        ("Reisepass Nr. C01X00T47", "C01X00T47", "paper"),
        ("Steuer-ID: 12 345 678 901", "345 678", "paper"),
        ("Social security number: 12-345678-A-901", "345678", "paper"),
        ("Nationality: Dutch", "Dutch", "status"),
        ("Familienstand: verheiratet, zwei Kinder", "verheiratet", "status"),
        ("• Marital status – single", "single", "status"),
        ("Berlin · Nationality: Dutch · Driving licence B", "Dutch", "status"),
        ("married, two children", "two children", "status"),
        ("She is happily married and works in Hamburg.", "married", "status"),
    ],
)
def test_it_is_taken_out_and_counted(text: str, private: str, kind: str) -> None:
    kept, counts = redact(text, "DE")
    assert private not in kept
    assert counts.get(kind) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Vivek holds German permanent residence.",
        "Azure Data Scientist Associate (DP-100) and AI-102, CKAD.",
        "The model runs on a Pynq Z2 FPGA with Apache TVM.",
        "A single page application; a single sign-on with OAuth 2.0.",
        "The national identity portal was built with Django 4.2 in 2023.",
        "Passport.js for authentication since 2019",
        "ISO 27001 and DIN EN 62304 2006 A1 2015",
        "Worked with children at a summer camp in 2014.",
        "GTX 1080 Ti 2017 2018 2019 2020",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert redact(text, "DE") == (text, {})


def test_an_allowed_kind_stays() -> None:
    assert redact("Nationality: Dutch", "DE", frozenset({"status"}))[0] == "Nationality: Dutch"
