"""Account numbers, papers and civil status: what old-style CVs state and no visitor needs.

Found by shape (an IBAN) or next to a label ("Passport no.", "Familienstand:"), in English and German.
"""

import re
from collections.abc import Iterator

_IBAN = re.compile(r"(?:\bIBAN\W{0,3})?(?P<hit>\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,4})?\b)")
_LEAST_IBAN_DIGITS = 10

_PAPER = (
    r"passport|reisepass|(?:personal)?ausweis|id(?:entity)?[ -]card|national id|driv(?:ing|er'?s) licen[cs]e"
    r"|f(?:ü|ue)hrerschein|tax (?:id|number)|steuer-?(?:id|nummer)|social security|sozialversicherungs?|ssn|aadhaar"
)
_PAPERS = re.compile(
    rf"\b(?i:{_PAPER})(?i:[ -]?(?:number|no|nr|nummer|#))?\.?\s{{0,3}}[:#]?\s{{0,3}}"
    r"(?P<hit>(?=(?:[A-Z/ -]{0,6}\d){4})[A-Z0-9][A-Z0-9/ -]{4,22}[A-Z0-9])\b"
)

_STATUS = (
    r"nationality|citizenship|marital status|family status|civil status|religion|denomination|children|gender|sex"
    r"|nationalität|staatsangehörigkeit|staatsbürgerschaft|familienstand|konfession|kinder|geschlecht"
)
_MARRIED = r"married|divorced|widowed|verheiratet|geschieden|verwitwet"
_STATUS_LINES = (
    re.compile(rf"(?im)^[ \t•*-]{{0,4}}(?P<hit>(?:{_STATUS})[ \t]{{0,3}}[:–-][^\n;.]{{2,80}})"),
    re.compile(rf"(?i)\b(?P<hit>(?:{_STATUS})[ \t]{{0,3}}:[ \t]{{0,3}}[^\n;.,|·]{{2,60}})"),
    re.compile(rf"(?im)^[ \t•*-]{{0,4}}(?P<hit>(?:{_MARRIED}|unmarried|single|ledig)(?:[,;]? [^\n.]{{0,40}})?)$"),
    re.compile(rf"(?i)\b(?P<hit>(?:is|am|i'm|bin|ist) (?:happily )?(?:{_MARRIED})\b)"),
)


def accounts(text: str) -> Iterator[tuple[int, int]]:
    """Spans of bank account numbers."""
    for found in _IBAN.finditer(text):
        if sum(map(str.isdigit, found["hit"])) >= _LEAST_IBAN_DIGITS:
            yield found.span("hit")


def papers(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the numbers of passports, identity cards, licences, tax and insurance files."""
    for found in _PAPERS.finditer(text):
        yield found.span("hit")


def status(text: str) -> Iterator[tuple[int, int]]:
    """Spans that state nationality, marital status, children, religion or gender under their label."""
    for pattern in _STATUS_LINES:
        for found in pattern.finditer(text):
            yield found.span("hit")
