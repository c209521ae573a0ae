"""Postal addresses: a street with its number, a place with its code, both, or what a label says.

street   "Musterstraße 12", alone or with a place    "Oak Drive 12" only with a place after it
place    "D-55116 Mainz" alone                       "55116 Mainz" on its own line, or after a street
label    "Anschrift:", "Home address:"               what follows, while it looks like an address
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from functions.shared.personal.places import Place, places
from functions.shared.personal.streets import Street, before_code, before_town, streets
from functions.shared.personal.words import UP, Span, lazily

# Characters that may stand between a street and its place: "12 Hill Road, Bandra West, Mumbai 400050".
_REACH = 110
_PART = rf"(?:{UP}|\d{{1,3}}\s?(?:st|nd|rd|th)?\s?{UP}|near\s|opp)[\w.'’/ &-]{{0,40}}"
_BETWEEN = {
    parts: lazily(rf"(?:\s{{1,2}}in\b)?[,;\s·|/-]{{0,4}}(?:{_PART}[,;·|\n][\s|]{{0,3}}){{0,{parts}}}")
    for parts in (0, 1, 2, 3, 4, 6)
}
# Parts before a place that is private alone: "Rose Cottage, Church Lane, " with a number or the word for a street.
_BEFORE = lazily(
    r"(?:^|[\n:;|·•(]\s?|- |\b(?:at|in|is)\s)(?P<hit>(?=[^\n]{0,120}(?:\d|\b(?:Lane|Road|Street|House|Cottage"
    r"|Nagar|Villa|Close|Avenue)\b))"
    r"(?:[#A-Z0-9](?:(?!\s(?:at|in|is|and|with|for|from)\s)[\w .#'’/&-]){0,40},\s{1,3}){1,6})$"
)
_LABEL = lazily(
    r"(?im)(?:(?:^|[.;|·•(,]\s?|- )(?:(?:home|postal|mailing|private|current|permanent|residential|street"
    r"|contact|correspondence|present|full|post|heimat|wohn|privat|meine|my)[ -]?)?"
    r"(?:address(?:es)?|anschrift|adresse|wohnort|residence|wohnsitz|domicile|postanschrift|wohnanschrift"
    r"|privatanschrift|straße|strasse|street)(?:\s?\([^()\n]{1,20}\))?"
    r"(?:\s{0,2}[:;|]\s{0,3}(?:(?<=;\s)\w{1,20}:\s)?|[ \t]{0,2}\n{1,2}|\sis\s|\sist\s|\slautet\s)"
    r"|\b(?:(?:home|postal|mailing|private|permanent|residential|correspondence)\saddress|anschrift"
    r"|postanschrift|wohnadresse)(?:\s{0,2}[:;]\s{0,3}|\sis\s|\sist\s)"
    r"|\b(?:wohnhaft(?:\s(?:in|unter))?|residing\sat|resides\sat|lives?\sat|living\sat)\b:?\s{1,2})"
)
# A line that goes on with the address: no label, no sentence, at most so long.
_LINE = lazily(r"(?![^\n;|·]{0,40}(?:@|:|https?|www\.))[^\n;|·]{2,70}")
# A year is no house number.
_HAS_NUMBER = lazily(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d")
_NO_POST = lazily(
    r"(?i)(?:ip|mac|web|mail|memory|url|0x|https?:|\d{1,3}\.\d{1,3}\.\d{1,3}\.|(?:the|a|an|this|all|our|its"
    r"|their|over|about|up\sto)\s)"
)
LONGEST_LABELLED = 240


def addresses(text: str) -> Iterator[Span]:
    """Spans of postal addresses; they may overlap."""
    if not _HAS_NUMBER().search(text):
        return
    found = sorted(places(text), key=lambda place: (place.start, -place.end))
    starts = [place.start for place in found]
    for street in streets(text):
        near = found[bisect_left(starts, street.end) : bisect_left(starts, street.end + _REACH)]
        place = next((place for place in near if _goes_on(text, street, place)), None)
        if place or street.alone:
            yield street.start, place.end if place else street.end
    for place in found:
        start = _first(text, place)
        if place.alone or start < place.start:
            yield start, place.end
    yield from _labelled(text, found)


def _first(text: str, place: Place) -> int:
    """Where the address begins that ends with `place`."""
    if place.code_first:
        return before_code(text, place.start)
    if not place.alone:
        return place.start
    before = _BEFORE().search(text, max(0, place.start - 160), place.start)
    return before.start("hit") if before else before_town(text, place.start)


def _goes_on(text: str, street: Street, place: Place) -> bool:
    return _BETWEEN[street.parts]().fullmatch(text, street.end, place.start) is not None


def _labelled(text: str, found: Sequence[Place]) -> Iterator[Span]:
    """The line after a label when there is a number in it, and the next ones as far as a place stands in them."""
    for label in _LABEL().finditer(text):
        start = label.end()
        if _NO_POST().match(text, start):
            continue
        ends = list(_lines(text, start))
        whole = [end for begin, end in ends[1:] if any(begin <= place.end <= end for place in found)]
        end = max([end for _, end in ends[:1]] + whole, default=start)
        if _HAS_NUMBER().search(text, start, end):
            yield start, start + len(text[start:end].rstrip())


def _lines(text: str, start: int) -> Iterator[Span]:
    """Up to four lines that may be an address, from `start` on."""
    at = start
    for _ in range(4):
        line = _LINE().match(text, at)
        if not line or not (at == start or _is_address_line(line[0])):
            return
        end = at + _sentence(line[0])
        yield at, end
        if end < line.end() or end - start > LONGEST_LABELLED:
            return
        at = end + len(text[end : end + 2]) - len(text[end : end + 2].lstrip("\n"))


def _is_address_line(line: str) -> bool:
    """Whether a line after the first may belong to it: short, and it begins with a number or a capital."""
    return len(line) <= 45 and (line[0].isdigit() or line[0].isupper()) and not line.rstrip().endswith((".", "!", "?"))


_STOP = lazily(r"(?<![Ss]tr)(?<!\b[Ss]t)(?<!\b[Nn]o)(?<!\b[Nn]r)(?<!\b[Rr]d)(?<!\bApt)(?<!\b[A-Z])\.(?=\s\D|$)")


def _sentence(line: str) -> int:
    """Where its first sentence ends."""
    stop = _STOP().search(line)
    return stop.start() if stop else len(line)
