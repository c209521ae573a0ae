"""Numbers, dates, names and negations of a text, in one spelling each: what a citation must not get wrong.

"06/2023" is June 2023, "three" is 3, "1,340" is 1340. A name is a capitalised word that does not begin the sentence, or
a word that looks like a technology wherever it stands.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from functions.ask.lexical import STOP_WORDS, WORD, composed, stem, terms

_MONTHS = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "jan febr mrz apr mai jun jul aug sept okt nov dez",
)
_MONTH_OF = {name: number for names in _MONTHS for number, name in enumerate(names.split(), 1)}
_MONTH = rf"\b(?:{'|'.join(sorted(_MONTH_OF, key=len, reverse=True))})\b\.?"
_BARE_MONTH = re.compile(_MONTH, re.I)
# "June 2023", "1 June 2023", "June 1, 2023"; "06/2023", "1.6.2023"; "2023-06-01".
_DATE = re.compile(
    rf"(?:\b(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)?\s+)?(?P<name>{_MONTH})\s+(?:(?P<us>\d{{1,2}}),\s*)?(?P<year>\d{{4}})\b"
    r"|(?<![\d/.])(?:(?P<first>\d{1,2})[/.])?(?P<number>0?[1-9]|1[0-2])[/.](?P<full>(?:19|20)\d\d)\b"
    r"|(?<!\d)(?P<iso>(?:19|20)\d\d)-(?P<then>0[1-9]|1[0-2])(?:-(?P<on>\d\d))?\b",
    re.I,
)
_YEAR = re.compile(r"(?:19|20)\d\d")

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NUMBER_OR_WORD = re.compile(rf"{_NUMBER.pattern}|{WORD.pattern}")
_SMALL = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_COUNTS = {word: number for number, word in enumerate(_SMALL)}
_COUNTS |= {word: 10 * number for number, word in enumerate(_TENS, 2)}
_COUNT = re.compile(rf"\b(?:({'|'.join(_TENS)})-({'|'.join(_SMALL[1:10])})|({'|'.join(_COUNTS)}))\b", re.I)

_ITEM = re.compile(r"\A\s*(?:\d{1,2}[.)]|[-–•*])\s+")
_NEGATION = re.compile(
    r"\b(?:not|never|no longer|no|none|neither|nor|without|cannot|lacks?|nicht|nie|kein\w*|ohne)\b|n['’]t\b", re.I
)

# Year, month and day as it is written, empty where none is.
Date = tuple[str, int, str]
# A number and the word beside it, with the side on which that stands.
Bond = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text asserts."""

    terms: frozenset[str]  # without numbers and without the subject's own names
    numbers: frozenset[str]
    dates: frozenset[Date]
    months: frozenset[int]  # named without a year
    names: tuple[str, ...]
    bonds: frozenset[Bond]
    denied: tuple[str, ...]  # the term after each negation, empty where none follows


def facts(text: str, subject: frozenset[str] = frozenset()) -> Facts:
    """The facts of a text. `subject` are the words for the subject itself, in lower case, which assert nothing."""
    text = composed(_ITEM.sub("", text))
    dates, rest = _dates(text)
    months, rest = _bare_months(rest)
    counted = [_counted(match) for match in _COUNT.finditer(rest)]
    return Facts(
        frozenset(_terms(rest, subject)),
        # "one of them" counts nothing
        frozenset([canonical(number) for number in _NUMBER.findall(rest)] + [n for n in counted if n != "1"]),
        frozenset(dates),
        frozenset(months),
        tuple(_names(rest, subject)),
        frozenset(_bonds(rest)),
        tuple(next(iter(terms(text[match.end() :])), "") for match in _NEGATION.finditer(text)),
    )


def canonical(number: str) -> str:
    """1340 for "1,340" and 7 for "007"; a comma before other than three digits is a decimal one."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", number):
        number = number.replace(",", "")
    whole, point, part = number.replace(",", ".").partition(".")
    return f"{whole.lstrip('0') or '0'}{point}{part}"


def undotted(text: str) -> str:
    """MSc for "M.Sc."."""
    return re.sub(r"(?<=\b\w)\.(?=\w{1,2}\b)", "", text)


def _dates(text: str) -> tuple[list[Date], str]:
    """All dates, and the text without them."""
    found: list[Date] = []

    def taken(match: re.Match[str]) -> str:
        year = match["year"] or match["full"] or match["iso"]
        month = _month(match["name"]) if match["name"] else int(match["number"] or match["then"])
        day = match["day"] or match["us"] or match["first"] or match["on"] or ""
        found.append((year, month, day.lstrip("0")))
        return "; "

    return found, _DATE.sub(taken, text)


def _bare_months(text: str) -> tuple[list[int], str]:
    """The months that are written like names, and the text without them. "May" at its beginning may be a verb."""
    found: list[int] = []

    def taken(match: re.Match[str]) -> str:
        if not match[0][0].isupper() or not text[: match.start()].strip():
            return match[0]
        found.append(_month(match[0]))
        return "; "

    return found, _BARE_MONTH.sub(taken, text)


def _month(name: str) -> int:
    return _MONTH_OF[name.rstrip(".").lower()]


def _counted(match: re.Match[str]) -> str:
    tens, ones, single = match.groups(default="")
    return str(_COUNTS[(tens or single).lower()] + (_COUNTS[ones.lower()] if ones else 0))


def _terms(text: str, subject: frozenset[str]) -> list[str]:
    known = subject | _COUNTS.keys()
    words = [word for word in WORD.findall(text) if not word.isdigit() and word.lower() not in known]
    return [term for word in words if (term := stem(word))]


def _bonds(text: str) -> list[Bond]:
    """Each number with the word before and the word after it. A year says when, and belongs to no word."""
    counted = _COUNT.sub(_counted, text)
    tokens = [each for each in _NUMBER_OR_WORD.findall(counted) if stem(each)]
    bonds = []
    for before, after in pairwise(tokens):
        first, second = _number_of(before), _number_of(after)
        if first and not second and not _YEAR.fullmatch(first):
            bonds.append(("after", first, stem(after)))
        if second and not first and not _YEAR.fullmatch(second):
            bonds.append(("before", second, stem(before)))
    return bonds


def _number_of(token: str) -> str:
    """The number that a token is or holds ("C2"), empty for a word."""
    number = _NUMBER.search(token)
    return f"{token[: number.start()].upper()}{canonical(number[0])}" if number else ""


def _names(text: str, subject: frozenset[str]) -> list[str]:
    known = subject | STOP_WORDS | _COUNTS.keys()
    words = enumerate(WORD.findall(undotted(text)))
    capitalised = [word for position, word in words if _technical(word) or (position and word[0].isupper())]
    return [word for word in capitalised if word.lower() not in known and not word.isdigit()]


def _technical(word: str) -> bool:
    """K3s, MySQL, SVM, C++."""
    if word.isalpha() and word[1:].islower():  # most are plain
        return False
    mixed = any(letter.isdigit() for letter in word) and any(letter.isalpha() for letter in word)
    return mixed or word[-1] in "+#" or any(letter.isupper() for letter in word[1:])
