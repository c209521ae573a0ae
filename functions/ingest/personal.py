"""Personal data taken out of running text, so that the sentence still reads.

What functions/shared/personal finds by pattern, and the telephone numbers of any country that `phonenumbers` knows
(https://github.com/daviddrysdale/python-phonenumbers). What the owner publishes elsewhere may stay.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.shared.personal import KINDS, NOTES, Found, Kind, apart, find, plain
from functions.shared.personal.contacts import NO_PHONE, dialled, is_other_number
from functions.shared.personal.words import Span

# The fewest digits of a number without a label.
_LEAST_DIGITS = 8
# Without the 0 or the bracket of an area code, a row of digits is more often anything else.
_MAYBE_DIALLED = re.compile(r"(?<![\w.,/-])[+(0](?:[\d ()/-]|\.(?=\d)){5,200}")
# Alone on a line or between bars it is a number where it is valid: "98765 43210 | jane@example.org".
_ALONE = re.compile(
    r"(?:^|[|·•] ?)(?:- )?(?P<hit>[6-9]\d{4}[ -]?\d{5}|[1-9]\d{2,4}[ /-]\d{3,4}[ -]?\d{2,5})(?= ?(?:$|[|·•]))", re.M
)
_BITS = re.compile(r"[01 ]+")
# From one time of the day or page to another: 0800-1700, 0123-0145.
_FROM_TO = re.compile(r"0\d{3} ?- ?[012]\d{3}")


@dataclass(frozen=True, slots=True)
class Redactor:
    """How texts are redacted.

    `region` is the country whose telephone numbers need no prefix, such as DE; `allowed` kinds stay, and so does what
    `public` holds, as `normal` writes it.
    """

    region: str
    allowed: frozenset[Kind] = frozenset()
    public: frozenset[str] = frozenset()

    def redact(self, text: str) -> tuple[str, dict[Kind, int]]:
        """`text` with notes in place of personal data, and how many of each kind."""
        found = self.found(text)
        return noted(text, found), dict(Counter(one.kind for one in found))

    def found(self, text: str, start: int = 0) -> list[Found]:
        """What has to go from `start` on, in order. What stands before is read as well: it may be a label."""
        found = find(text, [kind for kind in KINDS if kind not in self.allowed])
        if "phone" not in self.allowed:
            found = apart([*found, *_national(text, self.region)])
        return [
            Found(max(start, one.start), one.end, one.kind)
            for one in found
            if one.end > start and not self._may_stay(one.kind, text[one.start : one.end])
        ]

    def _may_stay(self, kind: Kind, value: str) -> bool:
        return bool(self.public) and normal(kind, value, self.region) in self.public


def noted(text: str, found: Sequence[Found]) -> str:
    """`text` with a note in place of each of `found`."""
    for one in reversed(found):
        text = f"{text[: one.start]}{NOTES[one.kind]}{text[one.end :]}"
    return text


def redact(text: str, region: str, allowed: frozenset[Kind] = frozenset()) -> tuple[str, dict[Kind, int]]:
    """`text` with notes in place of personal data but for the `allowed` kinds, and how many of each kind."""
    return Redactor(region, allowed).redact(text)


def published(text: str, region: str) -> frozenset[str]:
    """The personal data of a text that everybody may read, as `normal` writes it."""
    return frozenset(normal(one.kind, text[one.start : one.end], region) for one in Redactor(region).found(text))


def normal(kind: Kind, value: str, region: str) -> str:
    """A value as it compares: telephone numbers in E.164, anything else without blanks, marks and capitals."""
    if kind == "phone":
        from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

        try:
            return f"phone {format_number(parse(plain(value), region), PhoneNumberFormat.E164)}"
        except NumberParseException:
            pass
    if kind == "email":
        return f"email {plain(value).casefold().removeprefix('mailto:')}"
    return f"{kind} {re.sub(r'[^a-z0-9ß-ÿ]', '', plain(value).casefold())}"


def _national(text: str, region: str) -> Iterator[Found]:
    """Numbers as they are dialled in `region`."""
    for start, end in _dialled_in(region, plain(text)):
        yield Found(start, end, "phone")


def _dialled_in(region: str, text: str) -> Iterator[Span]:
    from phonenumbers import Leniency, NumberParseException, PhoneNumberMatcher, is_valid_number, parse

    for row in _MAYBE_DIALLED.finditer(text):
        undated = NO_PHONE().sub(lambda date: "#" * len(date[0]), row[0])
        for match in PhoneNumberMatcher(undated, region, Leniency.POSSIBLE):
            length = dialled(match.raw_string, _LEAST_DIGITS)
            at = row.start() + match.start
            if match.raw_string[0] in "+0(" and length and not _is_something_else(text, at, match.raw_string[:length]):
                yield at, at + length
    for found in _ALONE.finditer(text):
        for country in (region, "IN", "US"):
            try:
                if is_valid_number(parse(found["hit"], country)) and dialled(found["hit"], 9):
                    yield found.span("hit")
                    break
            except NumberParseException:
                continue


def _is_something_else(text: str, at: int, number: str) -> bool:
    return bool(
        _BITS.fullmatch(number)
        or _FROM_TO.fullmatch(number)
        or text[at + len(number) : at + len(number) + 1].isalpha()
        or is_other_number(text, at)
    )
