"""Personal data in running text, found by pattern and taken out so that the sentence still reads.

English and German; telephone numbers of any country by `phonenumbers`. Patterns lean towards taking out too
much next to a label ("Phone:", "geboren am"), and need the whole shape of the thing without one.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from functions.ingest.identity import accounts, papers, status

NOTES = {
    "account": "[account removed]",
    "paper": "[number removed]",
    "status": "[personal status removed]",
    "birthday": "[date of birth removed]",
    "email": "[e-mail removed]",
    "address": "[address removed]",
    "phone": "[phone removed]",
}
Span = tuple[int, int]


def redact(text: str, region: str, allowed: frozenset[str] = frozenset()) -> tuple[str, dict[str, int]]:
    """`text` with notes in place of personal data, and how many of each kind; `allowed` kinds stay.

    `region` is the country whose telephone numbers need no prefix, such as DE.
    """
    finders: dict[str, Callable[[str], Iterator[Span]]] = {
        # Before telephone numbers, which would take parts of these.
        "account": accounts,
        "paper": papers,
        "status": status,
        "birthday": _birthdays,
        "email": _emails,
        "address": _addresses,
        "phone": lambda text: _phones(text, region),
    }
    counts: Counter[str] = Counter()
    for kind, find in finders.items():
        if kind not in allowed:
            spans = _merged(find(text))
            counts[kind] += len(spans)
            for start, end in reversed(spans):
                text = text[:start] + NOTES[kind] + text[end:]
    return text, {kind: count for kind, count in counts.items() if count}


def _merged(spans: Iterator[Span]) -> list[Span]:
    """In order, overlapping ones as one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


# White space is bounded, as every repetition here is: a run of anything must cost no more than its length.
_GAP, _ANY = r"\s{1,3}", r"\s{0,3}"
_MONTH = (
    r"(?:jan(?:uary|uar)?|feb(?:ruary|ruar)?|mar(?:ch)?|märz?|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?"
    r"|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?"
)
_DATE = (
    rf"(?:\d{{1,2}}\s?[./-]\s?\d{{1,2}}\s?[./-]\s?(?:\d{{4}}|\d{{2}})|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.)?{_GAP}(?:of{_GAP})?{_MONTH},?{_GAP}\d{{2,4}}|{_MONTH}{_GAP}\d{{1,2}}(?:st|nd|rd|th)?,?{_GAP}\d{{4}})"
)
_PLACE = r"(?:\s{0,3}(?:in|at|:)?\s{1,3}[A-ZÄÖÜ][\w.-]{1,30}(?:,?\s{1,3}[A-ZÄÖÜ][\w.-]{1,30}){0,3},?)?"
_BIRTH_LABEL = (
    r"(?:(?:date|year)\s{1,3}of\s{1,3}birth|birth\s?date|birthday|d\.?\s?o\.?\s?b\.?|geburts(?:datum|tag|jahr))"
)
_BIRTHDAYS = [
    re.compile(
        rf"\b{_BIRTH_LABEL}\W{{0,4}}{_ANY}(?:is|was|ist|on|am)?{_ANY}"
        rf"(?P<hit>{_DATE}|{_MONTH}{_GAP}\d{{4}}|\d{{4}}|\d{{1,2}}(?:st|nd|rd|th|\.)?{_GAP}(?:of{_GAP})?{_MONTH})(?!\w)",
        re.I,
    ),
    re.compile(
        rf"(?i:\b(?:born|geboren|geb\.|né|née)){_PLACE}\W{{0,3}}(?i:{_ANY}(?:on|am|:|the)?{_ANY}(?P<hit>{_DATE}))(?!\d)"
    ),
    re.compile(
        rf"(?i:\b(?:born|geboren|geb\.)(?:{_GAP}in|{_GAP}im|:)?(?:{_GAP}jahre?)?{_GAP}(?P<hit>(?:{_MONTH}{_GAP})?(?:19|20)\d\d)\b)"
    ),
    re.compile(r"(?P<hit>\*\s?\d{1,2}\.\s?\d{1,2}\.\s?\d{4})\b"),
]


def _birthdays(text: str) -> Iterator[Span]:
    for pattern in _BIRTHDAYS:
        for found in pattern.finditer(text):
            yield found.span("hit")


_EMAILS = [
    re.compile(r"(?:mailto:)?(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[^\W\d_]{2,}", re.I),
    re.compile(
        r"(?<![\w.+%-])[\w.+%-]{1,64}\s{0,3}[(\[{<]\s{0,3}(?:at|ät|@)\s{0,3}[)\]}>]\s{0,3}[\w-]{1,63}"
        r"(?:\s{0,3}(?:\.|[(\[{<]\s{0,3}(?:dot|punkt|\.)\s{0,3}[)\]}>]|\s(?:dot|punkt)\s)\s{0,3}[\w-]{1,63})+",
        re.I,
    ),
    re.compile(
        r"(?<![\w.+%-])(?:[\w+%-]{1,64}\s{1,3}(?:dot|punkt)\s{1,3}){0,3}[\w.+%-]{1,64}\s{1,3}at\s{1,3}[\w-]{1,63}"
        r"(?:\s{1,3}(?:dot|punkt)\s{1,3}[\w-]{1,63})+",
        re.I,
    ),
]


def _emails(text: str) -> Iterator[Span]:
    for pattern in _EMAILS:
        for found in pattern.finditer(text):
            yield found.span()


_NAME = r"[A-ZÄÖÜ][\w'’.-]{0,30}"
_WORD = r"[A-ZÄÖÜ][\w'’]{0,30}"
_TOWN = r"[A-ZÄÖÜ][\w'’-]{0,30}"
_POSTCODE = r"(?:(?:D|DE)-?\s?\d{5}|(?:A|CH)-\d{4}|\d{5})"
_GERMAN_TOWN = (
    rf"(?:{_ANY}[,\n·|–-]{_ANY}|{_GAP}){_POSTCODE}{_GAP}{_TOWN}(?:[ -](?:(?:am|an der|im|in der)\s)?{_TOWN})?"
)
_HOUSE = r"\s{1,3}\d{1,3}(?:\s?[a-hA-H]\b)?(?:\s?[-–/]\s?\d{1,3}(?:\s?[a-hA-H]\b)?)?(?![\d%])"
_ROAD = r"(?:straße|strasse|str\.|weg|allee|gasse|damm|ufer|chaussee)"
# Ways that are no address: "Rückweg 3".
_NO_ROAD = r"(?!(?i:rück|hin|um|aus|heim|arbeits|lern|karriere)weg)"
_ENGLISH_TOWN = (
    rf",?{_GAP}{_TOWN}(?:,?{_GAP}{_TOWN}){{0,3}},?{_GAP}(?:[A-Z]{{2,3}},?{_GAP})?"
    r"(?:\d{5}(?:-\d{4})?|\d{6}|\d{3}\s\d{3}|[A-Z]{1,2}\d[A-Z\d]?\s{0,3}\d[A-Z]{2})\b"
)
_FLAT = r"(?:,?\s{1,3}(?i:apt|apartment|flat|suite|unit|floor|no)\.?\s{0,3}#?\s{0,3}\w{1,5})?"
_STREET = r"(?:Street|St\.?|Road|Rd\.?|Avenue|Ave\.?|Lane|Ln\.?|Boulevard|Blvd\.?|Nagar|Marg)(?!\w)"
# Words that are a street only when a town and its code follow.
_MAYBE_STREET = r"(?:Drive|Dr\.?|Way|Court|Ct\.?|Place|Pl\.?|Square|Sq\.?|Terrace|Close|Crescent|Hwy)(?!\w)"
# A year before a capital word is seldom a house number: "In 2022 Google Street View …".
_NO_YEAR = r"(?!(?:19|20)\d\d\s)"
_ADDRESSES = [
    # after a label, to the end of the sentence, when there is a number in it
    re.compile(
        r"(?i:(?:(?<!mail )(?<!mail-)(?<!ip )(?<!web )(?<!mac )\b(?:address|anschrift|adresse|postanschrift|wohnort"
        r"|residence)[ \t]*:|\b(?:wohnhaft(?: in)?|residing at|lives at)\b:?))"
        r"[ \t]*(?P<hit>(?=[^\n;]{0,150}\d)(?:[^\n;.]|\.(?=\s?\d|\w)|(?<=[Ss]t)\.|(?<=tr)\.){0,150}"
        r"\d(?:[^\n;.]|\.(?=\w)){0,150})"
    ),
    # Musterstraße 12, 55116 Mainz; Lange Straße 5; An der Allee 5
    re.compile(rf"(?P<hit>\b{_NO_ROAD}(?:{_NAME}[ -])?[A-ZÄÖÜ][\w'’.-]{{0,30}}{_ROAD}{_HOUSE}(?:{_GERMAN_TOWN})?)"),
    re.compile(
        rf"(?P<hit>\b(?:(?:Am|An|Im|In|Zum|Zur|Auf|Unter)(?:{_GAP}de[rmn])?{_GAP}|\w{{1,30}}er{_GAP}|{_NAME}[ -])"
        rf"(?i:{_ROAD}){_HOUSE}(?:{_GERMAN_TOWN})?)"
    ),
    # any name with a house number, when a postcode and a town follow
    re.compile(rf"(?P<hit>\b(?:(?:{_WORD}|[Aa]m|[Aa]n der|[Ii]m|[Zz]u[mr])[ -]){{0,3}}{_WORD}{_HOUSE}{_GERMAN_TOWN})"),
    # 12 Main Street, Springfield 12345; 12 Oak Drive, Austin, TX 78701
    re.compile(
        rf"(?P<hit>\b{_NO_YEAR}\d{{1,5}}[a-zA-Z]?,?{_GAP}(?:{_NAME}{_GAP}){{1,4}}{_STREET}{_FLAT}(?:{_ENGLISH_TOWN})?)"
    ),
    re.compile(
        rf"(?P<hit>\b\d{{1,5}}[a-zA-Z]?,?{_GAP}(?:{_NAME}{_GAP}){{1,4}}(?:{_STREET}|{_MAYBE_STREET}){_FLAT}{_ENGLISH_TOWN})"
    ),
    re.compile(r"(?P<hit>\b(?i:p\.?\s?o\.?\s?box|postfach)\s{1,3}\d[\d ]*\d)"),
    # a line or a town that bears its code
    re.compile(rf"^(?P<hit>{_POSTCODE}{_GAP}{_TOWN}(?:[ -]{_TOWN}){{0,2}})$", re.MULTILINE),
    re.compile(rf"(?P<hit>\bD-\d{{5}}{_GAP}{_TOWN})"),
]


def _addresses(text: str) -> Iterator[Span]:
    for pattern in _ADDRESSES:
        for found in pattern.finditer(text):
            yield found.span("hit")


_NUMBER = r"[+(]?\d[\d ()/.–-]{4,40}\d"
_PHONE_LABEL = re.compile(
    r"(?:\b(?:tele(?:phone|fon)|tel|phone|mobile?|handy|cell|fax|telefax|whatsapp|call|ruf|fon)\b|[☎📞📱✆])"
    r"\.?(?:\s{0,3}(?:number|no\.?|nr\.?|nummer|at|me at|us at|\(\w{1,20}\)))?\s{0,3}[:.=]?\s{0,3}"
    r"(?:;\s\w{1,20}:\s)?"  # the next cell of a table's row
    rf"(?P<hit>{_NUMBER})",
    re.I,
)
_INTERNATIONAL = re.compile(
    r"(?<![\w+])(?P<hit>(?:tel:)?(?:\+|00(?=[1-9]))\s?[1-9]\d{0,3}[\d ()/.–-]{5,18}\d)(?![\w%]|[/.]\d)"
)
_CHAT_LINK = re.compile(r"(?:wa\.me/|tel:)(?P<hit>\+?\d[\d-]{5,20})", re.I)
# Without the 0 or the bracket of an area code, a row of digits is more often anything else.
_MAYBE_DIALLED = re.compile(r"(?<![\w.,/-])[+(0](?:[\d ()/–-]|\.(?=\d)){5,200}")
# Ranges of months and years, dates and runs of decimals look like numbers to dial.
_NO_PHONE = re.compile(
    r"(?<!\d)(?:\d{1,2}\s?[./-]\s?(?:19|20)\d\d(?!\d)|(?:19|20)\d\d\s?[-–/.]\s?(?:19|20)?\d\d(?!\d)"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}(?!\d)|0[.]\d+\s{0,3}(?:$|[-–\s]{1,3}0[.]))"
)


def _phones(text: str, region: str) -> Iterator[Span]:
    for pattern in (_PHONE_LABEL, _INTERNATIONAL, _CHAT_LINK):
        for found in pattern.finditer(text):
            if length := _dialled(found["hit"]):
                yield found.start("hit"), found.start("hit") + length
    for found in _MAYBE_DIALLED.finditer(text):
        yield from _of_the_country(found[0], found.start(), region)


def _of_the_country(digits: str, at: int, region: str) -> Iterator[Span]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    undated = _NO_PHONE.sub(lambda date: "#" * len(date[0]), digits)
    for match in PhoneNumberMatcher(undated, region, Leniency.POSSIBLE):
        length = _dialled(match.raw_string)
        if match.raw_string[0] in "+0(" and length:
            yield at + match.start, at + match.start + length


def _dialled(number: str) -> int:
    """How many characters of `number` are one: a date may follow it, or be all there is."""
    date = _NO_PHONE.search(number)
    before = _digits(number[: date.start()]) if date else 0
    if date and before >= 7:
        return len(number[: date.start()].rstrip(" ./–-("))
    return len(number) if _digits(number) >= 6 and (not date or before >= 3) else 0


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))
