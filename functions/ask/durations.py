"""How long? The span between two dates of a sentence, counted in code: a model would guess, and "today" moves.

Months count from the first to the last named, both included, as CVs mean them: July 2016 to August 2018 is
2 years and 2 months.
"""

import re
from collections.abc import Iterator
from datetime import date

ASKS = re.compile(r"\bhow (?:long|many (?:years|months))\b|\bwie lange\b|\bduration\b", re.I)

_MONTHS = ("jan feb mar apr may jun jul aug sep oct nov dec", "jan feb mär apr mai jun jul aug sep okt nov dez")
_NUMBER_OF = {name: number for names in _MONTHS for number, name in enumerate(names.split(), 1)}
_NAME = r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zäö]*\.?"
_DATE = rf"(?:{_NAME}\s+\d{{4}}|\d{{1,2}}[/.]\d{{4}}|\d{{4}}-\d{{2}}(?:-\d{{2}})?|\d{{4}})"
_NOW = r"present|today|now|current(?:ly)?|heute|jetzt|date"
_RANGE = re.compile(
    rf"\b(?:from\s+|von\s+|between\s+)?(?P<start>{_DATE})\s*(?:-|–|—|to|until|till|bis|and)\s*(?P<end>{_DATE}|{_NOW})\b",
    re.I,
)
_SINCE = re.compile(rf"\b(?:since|seit)\s+(?P<start>{_DATE})\b", re.I)

# The end of what goes on.
NEVER = (9999, 12)


def duration(sentence: str, today: date) -> str:
    """The length of the one span that `sentence` names, in words; empty when it names none or several.

    A span that goes on says as of when it was counted.
    """
    spans = [*_RANGE.finditer(sentence), *_SINCE.finditer(sentence)]
    if len(spans) != 1:
        return ""
    start, named_end = spans[0]["start"], spans[0].groupdict().get("end")
    goes_on = named_end is None or re.fullmatch(_NOW, named_end, re.I) is not None
    first, last = _month(start), (today.year, today.month) if goes_on else _month(named_end or "")
    if first is None or last is None:
        return ""
    by_months = first[1] > 0 and last[1] > 0
    months = (last[0] - first[0]) * 12 + (last[1] - first[1] + (0 if goes_on else 1) if by_months else 0)
    if months < 1:
        return ""
    length = _in_words(months, by_months)
    return f"{length} so far, as of {today:%B %Y}" if goes_on else length


def spans(text: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The spans that `text` names, in their order: (year, month) of the first and of the last month.

    A year alone begins in January and ends in December; what goes on has no end that anything could follow.
    """
    for found in sorted([*_RANGE.finditer(text), *_SINCE.finditer(text)], key=lambda match: match.start()):
        end = found.groupdict().get("end") or "now"
        first = _month(found["start"])
        last = NEVER if re.fullmatch(_NOW, end, re.I) else _month(end)
        if first and last:
            yield (first[0], first[1] or 1), (last[0], last[1] or 12)


def goes_on(text: str) -> bool:
    """Whether `text` names a span that has not ended."""
    return any(last == NEVER for _, last in spans(text))


def _month(text: str) -> tuple[int, int] | None:
    """(year, month), month 0 when only the year is given."""
    year = re.search(r"\d{4}", text)
    if not year:
        return None
    rest = (text[: year.start()] + text[year.end() :]).strip(" /.-").lower()
    if not rest:
        return int(year[0]), 0
    number = int(re.match(r"\d+", rest)[0]) if rest[0].isdigit() else _NUMBER_OF.get(rest[:3], 0)  # type: ignore[index]
    return (int(year[0]), number) if 0 < number <= 12 else None


def _in_words(months: int, exact: bool) -> str:
    years, rest = divmod(months, 12)
    parts = [f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in ((years, "year"), (rest, "month")) if count]
    return f"{'' if exact else 'about '}{' and '.join(parts)}"
