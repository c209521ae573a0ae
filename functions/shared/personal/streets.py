"""The first half of an address: a street with its number, as the countries write it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from functions.shared.personal.words import ANY, COUNTED, GAP, UP, lazily


@dataclass(frozen=True, slots=True)
class Street:
    """Where it stands; whether it is an address without a place; how many parts may stand before its place."""

    start: int
    end: int
    alone: bool
    parts: int


_NAME = rf"{UP}[\w'’.-]{{0,30}}"
_LETTER = r"(?:\s?[a-hA-H](?!\w))?"
_HOUSE = (
    rf",?\s{{1,3}}(?:(?:Haus)?[Nn]r\.?\s{{0,2}})?\d{{1,3}}{_LETTER}(?:\s?[-/+]\s?\d{{1,3}}{_LETTER}){{0,3}}"
    rf"(?![\d%]|[.,]\d|\w)(?!\s{{1,2}}{COUNTED})"
)
# 12 a, 12-II, 12 bis
_DUTCH_HOUSE = (
    rf"\s\d{{1,4}}(?:\s?-?\s?(?:[a-zA-Z]{{1,2}}|[IVX]{{1,4}}|bis|hs|\d{{1,3}})(?!\w))?(?![\w%]"
    rf"|[.,]\d)(?!\s{{1,2}}{COUNTED})"
)
_ROAD = r"(?:straße|strasse|straẞe|str\.|weg|allee|gasse|damm|ufer|chaussee|promenade)"
# Words that say they are a street, with its number: Musterstraße 12, Keizersgracht 123-II, Storgatan 5.
_ROAD_END = lazily(
    rf"(?:(?i:{_ROAD}|\bstr\b){_HOUSE}|(?:straat|laan|gracht|plein|kade|singel|dreef|steenweg){_DUTCH_HOUSE}"
    rf"|(?:gatan|vägen|gade|vej|vegen|katu){_HOUSE})"
)
# What stands before the word: within it ("Muster", "Kaiser-Wilhelm-") or apart ("Lange ", "Mainzer ", "An der ").
_STEM = lazily(
    r"(?<![\w-])(?:(?:Am|An|Im|In"
    rf"|Auf)\sde[rmn]\s(?:{UP}\w{{1,30}}er\s)?)?(?:(?:{UP}[\w'’]{{0,30}}-\n?){{0,4}}\w[\w'’.]{{1,30}}(?:-\n)?"
    rf"|(?:{UP}[\w'’]{{0,30}}-\n?){{1,4}})$"
)
# Ways and lines that are no address without a place: "Rückweg 3", "Bundesstraße 9", "Fertigungsstraße 2".
_NO_ROAD = lazily(
    r"(?i:(?<!\w)(?:(?:rück|hin|um|aus|heim|arbeits|lern|karriere|lösungs|rechen|rettungs|vertriebs|rad|wander|bildungs"
    r"|entwicklungs|signal|daten|transport|liefer|fahr|mess|ausbildungs|studien|über|durch|unter|be|ab|hin)(?=weg)"
    r"|(?:stau|sack)(?=damm|gasse)|(?:bundes|landes|kreis|staats|land|schnell|auto|fertigungs|produktions"
    r"|montage|walz|test"
    r"|schweiß|lackier|transfer|wasch|daten|wasser|seiden|milch|prüf|rollen|band|förder|draht|verpackungs"
    r"|abfüll|versuchs)(?=stra)))"
)
# "Marktplatz 3 wurde abgelöst": a version, no house.
_NO_VERB = r"(?!\s(?!in\b)[a-zäöü])"
_SQUARE = (
    r"(?:Markt|Dom|Schlo(?:ss|ß)|Rathaus|Bahnhofs?|Kirch|Schiller|Goethe|Luther|Wilhelms|Karls|Königs|Kaiser|Friedrichs"
    r"|Post|Linden|Rosen|Münster|Theater|Rhein|Neu|Alt|Burg|Mühl|Garten|Marien|Augustus|Savigny|Viktoria"
    r"|Bismarck|Kolping|Hansa|Schul)(?:platz|markt|ring|hof|graben|tor|wall|berg|garten|bogen)"
)
_NOT_NUMBERED = (
    r"(?!(?:Erst|Zweit|Dritt|Viert|Fünft|Letzt|Best|Unser|Jed|Dies|Ihr|Sein|Mein|Ein|Kein|Nächst|Ander|Frei"
    r"|Weiter)er\b)"
)
_STREET = (
    r"(?:Street|St\.?(?!\s[A-Z])|Road(?!\s?[Mm]ap)|Rd\.?|Avenue|Ave\.?|Lane|Ln\.?|Boulevard|Blvd\.?|Nagar|Marg)(?!\w)"
    r"(?!\s(?:Journal|View|Fighter|Smart|Art|Food|Maps?|Lights?|Network|Names?|Level|Bank|Safety))"
)
_MAYBE_STREET = (
    r"(?:St\.?|Drive|Dr\.?|Way|Court|Ct\.?|Place|Pl\.?|Square|Sq\.?|Terrace|Tce|Close|Crescent|Cres\.?|Hwy"
    r"|Highway|Gardens"
    r"|Grove|Mews|Row|Hill|Park|Parkway|Pkwy|Circle|Cir\.?|Trail|Quay|Walk|Green|Colony|Society|Layout|Cross|Main|Chowk"
    r"|Estate|Crossing|Ring|Residency|Apartments)(?!\w)"
)
_QUARTER = r"(?:,?\s(?:NE|NW|SE|SW|N|S|E|W|North|South|East|West)\b\.?)?"
_FLAT = lazily(
    r",?\s{1,3}(?i:apt|apartment|flat|suite|ste|unit|floor|no|top|stiege|wohnung|whg|hinterhaus|rg|vh|hh|gh|app"
    r"|\d{1,2}\.\s?(?:og|stock|etage)|eg)\b\.?\s{0,3}#?\s{0,3}[\w-]{0,5}"
)
_ENGLISH_NAME = rf"(?:(?:{_NAME}|\d{{1,3}}(?:st|nd|rd|th)){GAP}){{1,4}}"
# A year before a capital word is seldom a house number: "In 2022 Google Street View …".
_NUMBERED = rf"(?<![\w.,/-])(?:No\.?\s?|#)?(?!(?:19|20)\d\d\s)\d{{1,5}}(?:[-/]\d{{1,4}})?[a-zA-Z]?,?{GAP}"
_NOT_THESE = r"(?!(?:Silk|Fast|Wall|Sesame|Abbey|Google|Product|Project|Open|Tech)\s(?:Road|Lane|Street))"
_ROUTE = (
    r"(?:rue|avenue|av\.|boulevard|bd\.?|boul\.|place|impasse|chemin|ch\.|quai|allée|allées|route|rte|cours"
    r"|passage|square|faubourg|fg|villa|sentier)"
)
_DU = r"(?:(?:de la|de l['’]|de|du|des|d['’]|la|le|les|l['’]|aux?|St|Ste)[\s-]{0,2}){0,2}"
_FRENCH_NAME = rf"{_DU}{UP}[\w'’.-]{{1,30}}(?:[\s-](?:{_DU})?{UP}[\w'’.-]{{1,30}}){{0,3}}"
_FRENCH_NUMBER = rf"(?<![\w.,/-])\d{{1,4}}\s?(?:bis|ter|quater|[a-dA-D])?,?{GAP}"
_LINKED = (
    r"(?:(?:de la|de l['’]|de|da|do|dos|das|del|della|delle|dei|la|las|los|d['’]|du"
    rf"|des)\s?){{0,2}}{UP}[\w'’.-]{{1,30}}"
)
_ROMANCE_NAME = rf"\s?{_LINKED}(?:\s{_LINKED}){{0,3}},?\s(?:n[.º°o]{{0,2}}\s?)?\d{{1,4}}[a-zA-Z]?(?![\w%]|[.,]\d)"

# (pattern, whether it is an address without a place, parts that may stand before the place)
_STREETS = (
    # Hoofdweg 12 with a Dutch place; Straße des 17. Juni 135
    (lazily(rf"\b{UP}[\w'’.]{{1,30}}(?:weg|dijk|hof|steeg|wal|lei){_DUTCH_HOUSE}"), False, 1),
    (
        lazily(
            rf"\bStra(?:ß|ss)e\s(?:des|der|am|zum|zur)\s(?:\d{{1,2}}\.\s)?{UP}\w{{1,30}}(?:\s{UP}\w{{1,30}})?{_HOUSE}"
        ),
        True,
        2,
    ),
    # Pariser Platz 1; Marktplatz 3; Karlstor-Platz 3
    (lazily(rf"\b(?:{_SQUARE}|{UP}[\w'’.]{{0,30}}-(?:Platz|Ring|Tor|Markt|Hof|Berg)){_HOUSE}{_NO_VERB}"), True, 2),
    (
        lazily(
            rf"\b{_NOT_NUMBERED}{UP}\w{{2,30}}er\s(?:Platz|Ring|Tor|Markt|Berg|Landstra(?:ß|ss)e|Hof){_HOUSE}{_NO_VERB}"
        ),
        True,
        2,
    ),
    # 12 Main Street; 350 5th Avenue NW; 12 Oak Drive needs a place
    (lazily(rf"{_NUMBERED}{_NOT_THESE}{_ENGLISH_NAME}{_STREET}{_QUARTER}"), True, 4),
    (
        lazily(rf"{_NUMBERED}(?:{_ENGLISH_NAME})?(?:{_STREET}|{_MAYBE_STREET}|Broadway|Bowery|Strand){_QUARTER}"),
        False,
        4,
    ),
    # 12 bis, rue de la Paix; 5 place de la République; 10 quai Voltaire needs a place
    (
        lazily(rf"{_FRENCH_NUMBER}(?i:rue|avenue|boulevard|bd|impasse|chemin|allée|faubourg){GAP}{_FRENCH_NAME}"),
        True,
        2,
    ),
    (
        lazily(rf"{_FRENCH_NUMBER}(?:place|quai|cours|route|square)\s(?:de la|du|des|de l['’])\s?{_FRENCH_NAME}"),
        True,
        2,
    ),
    (lazily(rf"{_FRENCH_NUMBER}(?i:{_ROUTE}){GAP}{_FRENCH_NAME}"), False, 2),
    # Calle Mayor 5; ul. Długa 5; Via Roma 12 and Rue de Lausanne 15 need a place; so does Karl Johans gate 5
    (lazily(rf"(?<![\w/])(?:[Cc]alle|C/|[Rr]ua|Viale|Piazza|ul\.|[Uu]lica){_ROMANCE_NAME}"), True, 2),
    (
        lazily(
            r"(?<![\w/])(?:[Pp]laza|Avenida|Av(?:da)?\.|Paseo|Travessa|Largo|al\.|os\.|Rue|Chemin|Route|Avenue"
            rf"|Quai|Place|Via|Corso|Rambla|Strada|Str\.){_ROMANCE_NAME}"
        ),
        False,
        2,
    ),
    (lazily(rf"\b{_NAME}\s(?:gatan|gata|vägen|stigen|gade|vej|veien|gate|katu|tie|plads|allé){_HOUSE}"), False, 1),
    # P.O. Box 123; Postfach 12 34; Postbus 20011
    (
        lazily(
            r"\b(?i:(?:g\.?)?p\.?\s?o\.?\s?box|postfach|postbus|apartado|casella\spostale"
            r"|boîte\spostale)(?i:\s(?:no\.?|nr\.?))?:?\s{1,3}\d(?:[\d -]{0,9}\d)?"
        ),
        True,
        3,
    ),
    # Flat 4, …; Plot No. 23, …; H.No. 12-3-456, …
    (
        lazily(
            r"\b(?:Flat|Plot|House|Door|Room|Apartment|Apt|Unit|Shop|Villa|Block|Tower|H\.?\s?No|D\.?\s?No"
            rf"|S\.?\s?No)\b\.?{ANY}(?:[Nn]o\.?|#|[Nn]umber)?[:.]?{ANY}[A-Z]{{0,2}}[ -]?\d[\w/-]{{0,12}}"
        ),
        False,
        6,
    ),
)
_BEFORE_ROAD = lazily(
    rf"(?<![\w-])(?:(?:Am|An|Im|In|Zum|Zur|Auf|Unter|Hinter|Vor)(?:\sde[rmn])?\s|{_NOT_NUMBERED}\w{{1,30}}er\s"
    rf"|(?:{UP}(?:[\w'’]{{0,30}}|\w{{0,3}}\.)[ -]){{1,4}})$"
)
# Any name with a number, right before "55116 Mainz".
_BEFORE_CODE = lazily(
    rf"(?<![\w-])(?:(?:{UP}[\w'’]{{0,30}}|[Aa]m|An de[rn]|[Ii]m|In der|[Zz]u[mr]|Auf de[rmn]"
    rf"|Unter den)[ -](?:(?:der|den|von)\s)?){{0,3}}{UP}[\w'’]{{0,30}}{_HOUSE}[,;\s·|/-]{{1,4}}$"
)
# Names without a number before a town and its code: "Church Lane, ".
_BEFORE_TOWN = lazily(rf"(?<![\w-])(?:{_NAME}\s){{1,3}}(?:{_STREET}|{_MAYBE_STREET}),\s{{1,3}}$")
_REACH = 90


def streets(text: str) -> Iterator[Street]:
    """Streets with their numbers, and the flat or floor that follows; in no order."""
    for pattern, alone, parts in _STREETS:
        for found in pattern().finditer(text):
            yield Street(found.start(), _end(text, found.end()), alone, parts)
    for found in _ROAD_END().finditer(text):
        at = found.start()
        within = text[at - 1 : at].isalnum() or text[at - 2 : at] == "-\n" or text[at - 1 : at] == "-"
        if before := (_STEM if within else _BEFORE_ROAD)().search(text, max(0, at - _REACH), at):
            word = at - len(re.split(r"\W", text[before.start() : at])[-1])
            yield Street(before.start(), _end(text, found.end()), not _NO_ROAD().match(text, word), parts=2)


def before_code(text: str, at: int) -> int:
    """Where a street that ends right before `at` begins; `at` when there is none."""
    found = _BEFORE_CODE().search(text, max(0, at - _REACH), at)
    return found.start() if found else at


def before_town(text: str, at: int) -> int:
    """The same for a street without a number."""
    found = _BEFORE_TOWN().search(text, max(0, at - _REACH), at)
    return found.start() if found else at


def _end(text: str, at: int) -> int:
    further = _FLAT().match(text, at)
    return further.end() if further else at
