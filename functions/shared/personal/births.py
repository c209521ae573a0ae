"""Dates of birth and ages, under a label or in a sentence, in English and German."""

import re
from collections.abc import Iterator

from functions.shared.personal.words import DATE, DAY_AND_MONTH, GAP, MEANS, MONTH, UP, YEAR, Span, lazily

_LABEL = (
    r"(?:(?:date|year)\s{1,3}of\s{1,3}birth|(?:birth|b)[ -]?date|birthday|birth\s?year"
    r"|\bd\s?\.?\s?o\s?\.?\s?b\b\.?|geburts(?:datum|tag|jahr)|geb\.-?datum"
    r"|date\sde\snaissance|geboortedatum|fecha\sde\snacimiento|data\sdi\snascita)"
)
_BORN = r"\b(?:born|geboren|geb\.|gebürtig|né|née|b\.)"
_BIRTHDAYS = (
    # Date of birth: 3 May 1990; Geburtsdatum / -ort: 3.5.1990, Mainz; a date in digits alone, or with blanks, too
    lazily(
        rf"{_LABEL}(?:\s?(?:/|and|und|&)\s?(?:-?\s?ort"
        rf"|place)(?:\sof\sbirth)?)?(?:\s?\([^()\n]{{1,20}}\))?\W{{0,4}}{MEANS}(?:(?:am|on|the){GAP})?"
        rf"(?:{UP}[\w-]{{1,30}},\s)?(?P<hit>{DATE}|{MONTH}{GAP}\d{{4}}|{YEAR}[01]\d[0-3]\d|\d\d\s\d\d\s\d{{4}}"
        rf"|{DAY_AND_MONTH}|\d{{4}})(?!\w)",
        re.I,
    ),
    lazily(rf"{_BORN}(?:[^\n.;!?\d]|(?<=St)\.|\n(?=\S)){{0,60}}?\b(?P<hit>{DATE})(?!\d)", re.I),
    # I was born in 1990; geboren 1990 in Mainz; (b. 1990)
    lazily(
        rf"{_BORN}(?:\sand\sraised)?(?:{GAP}(?:in|im|zu)(?!{GAP}(?:{MONTH}|\d|jahre))(?:{GAP}[\w.-]{{2,30}},?){{1,4}})?"
        rf"(?:{GAP}in|{GAP}im|:)?(?:{GAP}jahre?)?{GAP}(?P<hit>(?:{MONTH}{GAP})?{YEAR})\b",
        re.I,
    ),
    lazily(rf"(?P<hit>[*†✳★]\s?(?:{DATE}|(?:{MONTH}\s)?(?:19[3-9]\d|200\d)(?=\)|\sin\s{UP}|,)))(?!\w)", re.I),
    # a star that Markdown took for a bullet: an item that is a full date, and at most a town
    lazily(
        rf"^- (?P<hit>\d{{1,2}}\.\s?(?:\d{{1,2}}\.|{MONTH})\s?(?:19[3-9]\d"
        rf"|200\d))(?=(?:,?\s(?:in\s)?{UP}[\w-]{{1,30}})?$)",
        re.I | re.M,
    ),
    # Age: 34; 34 years old; Jahrgang 1990
    lazily(
        rf"(?:^|[|·•;,(]\s?|- )(?:age|alter|lebensalter){MEANS}(?P<hit>\d\d(?:\s(?:years?|yrs|jahre?)(?:\s(?:old"
        r"|alt))?)?)(?![\w.%+-])",
        re.I | re.M,
    ),
    lazily(
        r"\b(?:i\sam|i'm|he\sis|she\sis|he's|she's|ich\sbin|er\sist|sie\sist|aged)\s(?P<hit>\d\d(?:[\s-](?:years?"
        r"|jahre?)[\s-](?:old|alt|of\sage)|(?<=aged\s\d\d))\b)",
        re.I,
    ),
    lazily(r"(?:^|[|·•;,(]\s?|- )(?:jahrgang|jg\.?):?\s{1,3}(?P<hit>(?:19[3-9]\d|200\d))(?!\d|\w)", re.I | re.M),
    lazily(r"(?:^|[|·•;,(]\s?|- )(?P<hit>\d\d\s(?:years\sold|jahre\salt))(?=$|[|·•;,)\n])", re.I | re.M),
)


# Things are born, too: "the idea was born in 2009".
_THING = lazily(
    r"\b(?:projects?|idea|company|startup|start-up|products?|team|tool|library|app|platform|which|it|this|that"
    r"|projekt|idee|firma|unternehmen|wurde|daraus)(?:\s(?:was|were|is|has\sbeen))?\s$",
    re.I,
)
# Without a label only these are years of birth of somebody who may read this.
_YEARS = range(1925, 2013)
_LAST_YEAR = lazily(r"\d{4}(?=\D*$)")


def birthdays(text: str) -> Iterator[Span]:
    """Spans of dates and years of birth, and of ages."""
    for number, pattern in enumerate(_BIRTHDAYS):
        for found in pattern().finditer(text):
            year = _LAST_YEAR().search(found["hit"])
            if number and year and int(year[0]) not in _YEARS:
                continue
            if number in (1, 2) and _THING().search(text, max(0, found.start() - 30), found.start()):
                continue
            yield found.span("hit")
