"""What the patterns share: white space, dates, capital words, and nouns that things are counted in.

Every repetition is bounded: a run of anything must cost no more than its length. Patterns are compiled when they
are first used, because ask loads this package on its way to the first answer and may never need it.
"""

import re
from collections.abc import Callable
from functools import cache

Span = tuple[int, int]

GAP, ANY = r"\s{1,3}", r"\s{0,3}"
# What stands between a label and its value: ":", "no.:", "is", the next cell of a table ("; ", "; v: ").
MEANS = r"\s{0,3}(?:[:;,=.#|>-]{1,3}|\b(?:is|was|ist|lautet)\b)?\s{0,3}(?:(?<=;\s)\w{1,20}:\s)?"

YEAR = r"(?:19|20)\d\d"
MONTH = (
    r"(?:jan(?:uary|uar)?|jänner|feb(?:ruary|ruar)?|mar(?:ch)?|märz?|mrz|apr(?:il)?|may|mai|june?|juni|july?|juli"
    r"|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\.?"
)
_ORDINAL = r"(?:st|nd|rd|th|\.)?"
DATE = (
    r"(?:\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?(?:\d{4}|'?\d{2})|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}"
    rf"|\d{{1,2}}{_ORDINAL}[\s-]{{0,3}}(?:(?:of|de){GAP})?{MONTH},?[\s-]{{0,3}}(?:\d{{4}}|'?\d{{2}})"
    rf"|{MONTH}{GAP}\d{{1,2}}{_ORDINAL},?{GAP}\d{{4}}|\d{{1,2}}\.\s?[IVX]{{1,4}}\.\s?\d{{4}})"
)
DAY_AND_MONTH = rf"(?:\d{{1,2}}{_ORDINAL}{GAP}(?:of{GAP})?{MONTH}(?!\w)|{MONTH}{GAP}\d{{1,2}}{_ORDINAL}(?!\w))"

UP = "[A-ZÄÖÜÀ-ÖØ-ÞŁŚŻŽŠČĐĽŘŐİ]"
# "12000 Besucher", "3 hours": nouns that are counted, where a town or a name would stand in an address.
COUNTED = (
    r"(?:(?i:besucher|nutz|user|kund|mitarbeit|euro|eur\b|usd|chf|dollar|zeile|rows?\b|record|daten|bild|image"
    r"|sample|event"
    r"|request|message|nachricht|do[ck]ument|seite|pages?\b|stunde|hours?\b|tage?\b|days?\b|monat|month|jahr"
    r"|years?\b|week"
    r"|woche|minute|kilomet|meter|metre|km\b|teilnehm|stud|person|people|einwohn|haushalt|household|download"
    r"|aufruf|view"
    r"|transa[ck]tion|sensor|fahrzeug|vehicle|patient|ticket|test|commit|stars?\b|arti[ck]|produ[ck]t|order|bestell"
    r"|customer|client|gerät|device|mess|token|chunk|param|feature|klasse|class|frame|tonne|tons?\b|watt|volt|obje[ck]t"
    r"|schüler|eintr|entr|likes?\b|follow|abonn|mails?\b|stück|teile|parts?\b|wört|words?\b|sätze|sentence"
    r"|lines?\b|punkt"
    r"|point|steps?\b|schritt|epo|iteration|server|nodes?\b|pods?\b|member|mitglied|question|frage|example"
    r"|beispiel|query"
    r"|quer|abfrag|zugriff|cli[ck]k|leser|reader|review|tweet|song|video|foto|photo|cells?\b|zelle|file|datei|bytes?\b"
    r"|game|spiel|book|buch|bücher|flug|flight|trip|call|anruf|case|fälle|jobs?\b|task|aufgab|feld|unit|core"
    r"|thread|process"
    r"|label|run|lauf|zyklen|cycle|prozent|percent|grad\b|degree|projekt|project|model|team|raum|räume|room)"
    r"|[kMGT]?(?:B|W|Hz)\b|[kMG]Wh?\b|Nm\b)"
)


def lazily(pattern: str, flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """A function that answers with the compiled pattern."""
    return cache(lambda: re.compile(pattern, flags))
