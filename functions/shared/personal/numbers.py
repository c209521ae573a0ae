"""Accounts, cards and papers: found by shape and check digits, or next to a label, in English and German."""

import re
from collections.abc import Iterator

from functions.shared.personal.words import MEANS, Span, lazily

# Length of an IBAN by country (ISO 13616).
_IBAN_LENGTHS = {
    country: int(pair[2:])
    for pair in """AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29
    ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21
    LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SE24 SI19 SK24
    SM27 ST25 TL23 TN24 TR26 UA29 VA22 VG24 XK20""".split()
    for country in (pair[:2],)
}
_IBAN = lazily(
    rf"(?P<label>\b(?:IBAN|Konto(?:nummer|-?nr\.?)?|account(?:\s(?:no\.?|number))?){MEANS})?"
    r"(?P<hit>(?<![A-Z0-9])[A-Z]{2}[ -]?\d{2}(?:[ -]?\n?[A-Z0-9]){11,30}(?![A-Z0-9]))",
    re.I,
)
_LEAST_IBAN_DIGITS = 10
_AFTER_IBAN = lazily(
    r"[\s,;/|·(-]{1,6}(?:(?:BIC|SWIFT)\b[\s:;/-]{0,4})?(?P<hit>[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)(?![A-Za-z0-9])"
)
_BIC = lazily(
    r"\b(?i:BIC|SWIFT)(?i:[ -]?(?:code|nr\.?|no\.?))?(?:\s?/\s?(?i:BIC"
    rf"|SWIFT))?{MEANS}(?P<hit>[A-Z]{{6}}[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?)(?![A-Za-z0-9])"
)
_BANK = lazily(
    r"\b(?:konto(?:nummer|[ -]?nr\.?)|kto\.?(?:[ -]?nr\.?)?|blz|bankleitzahl|bank\saccount(?:\s(?:no\.?"
    r"|number))?|account\s(?:no\.?|number|#)|a/c(?:\sno\.?)?|sort[ -]code|routing(?:\s(?:no\.?|number))?"
    rf"|ifsc(?:\scode)?){MEANS}(?P<hit>(?=(?:[A-Z/ -]{{0,5}}\d){{5}})[A-Z0-9][A-Z0-9 /-]{{3,24}}\d)(?!\w)",
    re.I,
)
_CARD = lazily(r"(?<![\w.,/+#-])(?!(?:(?:19|20)\d\d[ -]){3})(?P<hit>[2-6]\d{3}(?:[ -]?\d){9,15})(?![\w]|[.,/-]\d)")


def accounts(text: str) -> Iterator[Span]:
    """Spans of bank accounts and cards. An IBAN without a label must have the right length and check digits."""
    for found in _IBAN().finditer(text):
        length = _iban(found["hit"], labelled=bool(found["label"]))
        if length:
            yield found.start("hit"), found.start("hit") + length
            if beside := _AFTER_IBAN().match(text, found.start("hit") + length):
                yield beside.span("hit")
    for pattern in (_BIC, _BANK):
        for found in pattern().finditer(text):
            yield found.span("hit")
    for found in _CARD().finditer(text):
        if luhn(re.sub(r"\D", "", found["hit"])):
            yield found.span("hit")


def _iban(text: str, labelled: bool) -> int:
    """How many characters of `text` are an IBAN; 0 for none. A word may follow it without a mark."""
    marks = [at for at, mark in enumerate(text) if mark.isalnum()]
    country = text[:2].upper()
    length = _IBAN_LENGTHS.get(country, 0)
    if length and len(marks) >= length:
        end = marks[length - 1] + 1
        number = "".join(text[at] for at in marks[:length]).upper()
        if not text[end : end + 1].isalnum() and (is_iban(number) or (labelled and _many_digits(number))):
            return end
    return len(text) if labelled and len(marks) >= 15 and text[:2].isupper() and _many_digits(text) else 0


def _many_digits(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= _LEAST_IBAN_DIGITS


def is_iban(number: str) -> bool:
    """Whether its check digits are right (ISO 7064, mod 97-10); capitals and digits only."""
    return int("".join(str(int(mark, 36)) for mark in number[4:] + number[:4])) % 97 == 1


def luhn(digits: str) -> bool:
    """Whether the check digit of a card is right (ISO/IEC 7812)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return len(set(digits)) > 1 and (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0


_NO = r"(?:[ -]{0,2}(?:number|no\b|nr\b|nummer|num\b|code|id|#))?\.?"
_PAPER = (
    r"(?:reise)?pass(?:port)?(?:nummer|[ -]?nr)?|(?:personal|aufenthalts)?ausweis(?:nummer|[ -]?nr)?"
    r"|(?:identity|id)[ -]?card|national\sid(?:entity)?"
    r"|id(?:entity|entification)?[ -](?:no|nr|number)|emirates\sid|driv(?:ing|er'?s?)\s?licen[cs]e|f(?:ü"
    r"|ue)hrerschein(?:nummer|[ -]?nr)?|fahrerlaubnis(?:nummer)?"
    r"|residence\spermit|aufenthaltstitel|visa|tax(?:payer)?\s(?:id(?:entification)?|number|ref\w{0,8})|tin"
    r"|steuer-?(?:id(?:entifikations)?(?:nummer|[ -]?nr)?|nummer|nr)"
    r"|(?:steuerliche\s)?identifikationsnummer|id-?nr|ust-?id(?:-?nr)?|vat(?:[ -]?id)?|social\s(?:security"
    r"|insurance)|sozialversicherungs?(?:nummer|ausweis|[ -]?nr)?"
    r"|(?:renten|kranken)versicherungs?(?:nummer|[ -]?nr)?|versicherten(?:nummer|[ -]?nr)|sv-?(?:nummer|nr)"
    r"|rvnr|ssn|sin|national\sinsurance|nino?|ahv(?:-?nr)?|nhs"
    r"|aadhaa?r|pan(?:\scard)?|voter\sid|bsn|pesel|cpf|dni|nie|nif|codice\sfiscale|fiscal\scode"
    r"|matrikel(?:nummer|[ -]?nr)|student\sid|(?:personal|mitarbeiter)nummer"
    r"|employee\sid|krankenkassen?nummer|health\sinsurance"
)
_PAPERS = lazily(
    rf"\b(?i:{_PAPER})(?i:{_NO}){MEANS}(?P<hit>(?=(?:[A-Z/. -]{{0,6}}\d){{4}})[A-Z0-9][A-Z0-9/. -]{{3,24}}[A-Z0-9])\b"
)
# A class of licence since some year is none, nor is a version or a run of years.
_ONLY_YEARS = lazily(
    r"(?:[A-Z]{0,3}[ ./-]{0,3}(?:19|20)\d\d(?:\.\d{1,2})?[ ./-]{0,3}){1,4}"
    r"|(?:[A-Z]{1,3}\d?[ ,/-]{0,2}){0,8}(?:19|20)\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}[./](?:19|20)\d\d"
)
_SHAPES = (
    # social security number (United States), national insurance number, AHV, codice fiscale, German pension insurance
    lazily(r"(?<![\w-])(?P<hit>(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4})(?![\w-])"),
    lazily(
        r"(?<!\w)(?P<hit>[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: \d\d){3} ?[A-D]"
        r"|[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D])(?!\w)"
    ),
    lazily(r"(?<![\w.])(?P<hit>756\.\d{4}\.\d{4}\.\d{2})(?!\w)"),
    lazily(r"(?<!\w)(?P<hit>[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z])(?!\w)"),
    lazily(r"(?<!\w)(?P<hit>[0-8]\d ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3})(?!\w)"),
)


def papers(text: str) -> Iterator[Span]:
    """Spans of the numbers of passports, identity cards, licences, tax and insurance files."""
    for found in _PAPERS().finditer(text):
        if not _ONLY_YEARS().fullmatch(found["hit"]):
            yield found.span("hit")
    for pattern in _SHAPES:
        for found in pattern().finditer(text):
            yield found.span("hit")
