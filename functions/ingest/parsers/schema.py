"""A JSON Resume as https://jsonresume.org/schema describes it (1.0.0), read and checked.

Every field is optional and every other field is allowed. An empty text, and null, count as left out.
"""

import re
from datetime import date
from typing import Any

import msgspec

from functions.shared.problem import Refused

_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_DATES = "it is YYYY, YYYY-MM or YYYY-MM-DD in quotes, and left out where something goes on"
_KINDS = {"str": "text", "array": "a list", "object": "an object", "int": "a number", "float": "a number"}
_KINDS |= {"bool": "true or false", "null": "null", "Date": "a date"}
_ERROR = re.compile(r"Expected `(?P<expected>[\w |]+)`, got `(?P<got>\w+)`(?: - at `\$\.?(?P<path>[^`]*)`)?")
_AT = re.compile(r"(?P<said>.*) - at `\$\.?(?P<path>[^`]*)`", re.DOTALL)
# How deep null is taken for "left out": deeper there is nothing that is read.
_DEEPEST = 6


class Date:
    """A date as precise as it was written: 0 for a month or day that was not; all 0 for none."""

    def __init__(self, year: int = 0, month: int = 0, day: int = 0) -> None:
        self.year, self.month, self.day = year, month, day

    def __bool__(self) -> bool:
        return self.year > 0

    def __str__(self) -> str:
        """In words, as a sentence has it: "July 2016"."""
        named = f"{date(2000, self.month, 1):%B} {self.year:04d}" if self.month else f"{self.year:04d}"
        return f"{self.day} {named}" if self.day else named

    @property
    def by_month(self) -> "Date":
        """Without the day: periods are told, and counted, in months."""
        return Date(self.year, self.month)


class Location(msgspec.Struct, frozen=True):
    """Where somebody lives. Street and postal code are not even read."""

    city: str = ""
    region: str = ""
    country: str = msgspec.field(default="", name="countryCode")


class Profile(msgspec.Struct):
    """An account on a network."""

    network: str = ""
    username: str = ""
    url: str = ""


class Basics(msgspec.Struct):
    """The person. E-mail address, telephone number and picture are not read."""

    name: str = ""
    label: str = ""
    summary: str = ""
    url: str = ""
    location: Location = Location()
    profiles: list[Profile] = []


class Period(msgspec.Struct):
    """What goes from one date to another."""

    start: Date = msgspec.field(default=Date(), name="startDate")
    end: Date = msgspec.field(default=Date(), name="endDate")
    url: str = ""


class Work(Period):
    """A job."""

    name: str = ""
    company: str = ""  # its name before 1.0.0
    position: str = ""
    location: str = ""
    description: str = ""
    summary: str = ""
    highlights: list[str] = []


class Volunteer(Period):
    """Unpaid work."""

    organization: str = ""
    position: str = ""
    summary: str = ""
    highlights: list[str] = []


class Education(Period):
    """A course of study."""

    institution: str = ""
    area: str = ""
    degree: str = msgspec.field(default="", name="studyType")
    score: str = ""
    courses: list[str] = []


class Project(Period):
    """Something made."""

    name: str = ""
    description: str = ""
    highlights: list[str] = []
    keywords: list[str] = []
    roles: list[str] = []
    entity: str = ""
    type: str = ""


class Award(msgspec.Struct):
    """An honour."""

    title: str = ""
    date: Date = Date()
    awarder: str = ""
    summary: str = ""


class Certificate(msgspec.Struct):
    """Proof of a skill."""

    name: str = ""
    date: Date = Date()
    issuer: str = ""
    url: str = ""


class Publication(msgspec.Struct):
    """A text that came out."""

    name: str = ""
    publisher: str = ""
    date: Date = msgspec.field(default=Date(), name="releaseDate")
    url: str = ""
    summary: str = ""


class Skill(msgspec.Struct):
    """A group of skills, or one."""

    name: str = ""
    level: str = ""
    keywords: list[str] = []


class Language(msgspec.Struct):
    """A language somebody speaks."""

    language: str = ""
    fluency: str = ""


class Interest(msgspec.Struct):
    """What somebody likes."""

    name: str = ""
    keywords: list[str] = []


class Reference(msgspec.Struct):
    """What somebody else says."""

    name: str = ""
    reference: str = ""


class Meta(msgspec.Struct, frozen=True):
    """About the document itself."""

    modified: str = msgspec.field(default="", name="lastModified")


class Resume(msgspec.Struct):
    """The document. `title`, `uri` and `audience` are ours, as in a Markdown document's front matter."""

    basics: Basics
    work: list[Work] = []
    volunteer: list[Volunteer] = []
    education: list[Education] = []
    awards: list[Award] = []
    certificates: list[Certificate] = []
    publications: list[Publication] = []
    skills: list[Skill] = []
    languages: list[Language] = []
    interests: list[Interest] = []
    references: list[Reference] = []
    projects: list[Project] = []
    meta: Meta = Meta()
    title: str = ""
    uri: str = ""
    audience: str | None = None


def read(text: str) -> Resume:
    """The resume in `text`. Raises Refused, naming what is wrong, where, and what is accepted."""
    try:
        given = msgspec.json.decode(text)
        if not isinstance(given, dict) or given.get("basics") is None:
            raise Refused(
                "The JSON is no JSON Resume: that is an object with `basics`, see https://jsonresume.org/schema."
            )
        return msgspec.convert(_told(given, _DEEPEST), Resume, dec_hook=_converted)
    except msgspec.ValidationError as cause:
        raise Refused(_said(str(cause))) from cause
    except (msgspec.DecodeError, RecursionError) as cause:
        raise Refused(f"The JSON Resume is not valid JSON: {cause}.") from cause


def _told(given: Any, deep: int) -> Any:
    """Without what is null, and texts without white space around or doubled in them."""
    if isinstance(given, str):
        return " ".join(given.split())
    if isinstance(given, dict) and deep:
        return {name: _told(value, deep - 1) for name, value in given.items() if value is not None}
    return [_told(value, deep - 1) for value in given] if isinstance(given, list) and deep else given


def _converted(kind: type, given: Any) -> Any:
    """A date. Its error gets the path from msgspec."""
    if kind is not Date:
        raise NotImplementedError  # msgspec's word for "a type this hook does not convert"
    if given == "":
        return Date()
    found = _DATE.fullmatch(given) if isinstance(given, str) else None
    try:
        year, month, day = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
        date(year, month if found and found[2] else 1, day if found and found[3] else 1)
    except ValueError:
        raise ValueError(f"{str(given)[:40]!r} is no date: {_DATES}") from None
    return Date(year, month, day)


def _said(error: str) -> str:
    """A message of msgspec in our words."""
    if found := _ERROR.fullmatch(error):
        expected = " or ".join(_KINDS.get(kind, kind) for kind in found["expected"].split(" | ") if kind != "null")
        got = _KINDS.get(found["got"], found["got"])
        return f"The JSON Resume's `{found['path']}` is not accepted: it is {expected}, not {got}."
    if found := _AT.fullmatch(error):
        return f"The JSON Resume's `{found['path']}` is not accepted: {found['said']}."
    return f"The JSON Resume is not accepted: {error}."
