"""Audience and personal data: what must never be indexed is not.

A document or section that is not public is kept out as a whole. In the rest, telephone numbers, e-mail addresses,
postal addresses, dates of birth, numbers of accounts and papers, and civil status give way to a note such as
"[phone removed]". Towns, employers and dates of employment stay: they are what visitors ask about. So does what the
owner's contact card says: who publishes an address there wants it found.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import cast, get_args
from urllib.parse import unquote

from functions.ingest.personal import Redactor, noted, published
from functions.shared.personal import NOTES, Found, Kind, plain
from functions.shared.problem import Refused
from functions.shared.records import Audience, Document, Section
from functions.shared.settings import BadSetting, Settings
from functions.shared.subject import read_subject

log = logging.getLogger(__name__)

LONGEST_TITLE = 200
# Years and running numbers have fewer digits, telephone numbers and dates of birth more.
LEAST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Screened:
    """What may be indexed of a document, and what was done to it."""

    document: Document
    redactions: dict[Kind, int]  # by kind, see functions.shared.personal.NOTES
    withheld: tuple[str, ...]  # headings of what is on request; the document's title, when it is all of it
    kept_out: dict[Audience, int]  # sections by the audience that kept them out


def privacy(document: Document, redactor: Redactor) -> Screened:
    """`document` without what is private.

    Raises Refused for the audience `never`, and for nothing else.
    """
    if document.audience == "never":
        raise Refused(
            "The document's audience is never: it is not indexed, and what was indexed under its id is removed."
            " Documents for visitors have the audience public, or on-request."
        )
    public, hidden = _by_audience(document)
    on_request = [_heading(document, section) for section in hidden if section.audience == "on-request"]
    withheld = [document.title] if document.audience == "on-request" else on_request
    screen = _Screen(redactor)
    kept = replace(
        document,
        title=screen.text(document.title),
        uri=screen.uri(document.uri),
        sections=tuple(map(screen.section, public)),
    )
    names = list(map(screen.text, withheld))
    again = screen.again()
    title, listed = again(kept.title), tuple(dict.fromkeys(map(again, names)))
    sections = (
        replace(section, path=tuple(map(again, section.path)), text=again(section.text)) for section in kept.sections
    )
    return Screened(
        replace(
            kept,
            title=title[:LONGEST_TITLE],
            sections=tuple(
                after if title == document.title and _may_tell(before, after, redactor) else replace(after, anchor="")
                for before, after in zip(public, sections, strict=True)
            ),
        ),
        dict(screen.counts),
        listed,
        dict(Counter(section.audience for section in hidden)),
    )


def _may_tell(before: Section, after: Section, redactor: Redactor) -> bool:
    """Whether an anchor may stay: it is often made of its heading's words, so it may tell what was removed there."""
    digits = sum(map(str.isdigit, after.anchor))
    return before.path == after.path and digits < LEAST_DIGITS and not _in_name(after.anchor, redactor)


def check_id(document: str, redactor: Redactor) -> None:
    """Raises Refused when a document's id holds personal data; the message does not repeat it."""
    if kinds := ", ".join(dict.fromkeys(one.kind for one in _in_name(document, redactor))):
        raise Refused(
            f"The document's id holds personal data ({kinds}). Visitors see ids: name the document after its topic."
        )


def shown_id(document: str, redactor: Redactor) -> str:
    """A document's id for a log or a message; one that would be refused is not repeated."""
    return "[id with personal data]" if _in_name(document, redactor) else document


class _Screen:
    """Redacts the parts of one document and counts. Headings come once for every section below them, and count once."""

    def __init__(self, redactor: Redactor) -> None:
        self.counts: Counter[Kind] = Counter()
        self._redactor = redactor
        self._known: dict[str, str] = {}
        self._values: dict[str, Kind] = {}  # what was found, without marks and capitals

    def text(self, text: str) -> str:
        if text not in self._known:
            self._known[text] = self._counted(text)
        return self._known[text]

    def section(self, section: Section) -> Section:
        return replace(section, path=tuple(map(self.text, section.path)), text=self._below(section))

    def uri(self, uri: str) -> str:
        """A link with a gap leads nowhere: it is left out as a whole."""
        found = _in_name(uri, self._redactor)
        self.counts.update(one.kind for one in found)
        return "" if found else uri

    def again(self) -> Callable[[str], str]:
        """Takes out what a label gave away where it stands once more without: the date of birth below a photo."""
        told = {value: kind for value, kind in self._values.items() if _tells(value, kind)}

        def note(found: re.Match[str]) -> str:
            kind = told.get(_letters(found[0]), "paper")
            self.counts[kind] += 1
            return NOTES[kind]

        def taken_out(text: str) -> str:
            letters = _letters(text) if told else ""
            # A directory has thousands of values, and few of them in any one text.
            here = [value for value in told if value in letters]
            return _spelt(here).sub(note, text) if here else text

        return taken_out

    def _below(self, section: Section) -> str:
        """Its text, read with the heading as its label: "Date of birth" above "3 May 1990"."""
        label = f"{section.path[-1]}:\n" if section.path else ""
        return self._counted(f"{label}{section.text}", len(label))

    def _counted(self, text: str, start: int = 0) -> str:
        found = self._redactor.found(text, start)
        self.counts.update(one.kind for one in found)
        self._values |= {_letters(text[one.start : one.end]): one.kind for one in found}
        return noted(text, found)[start:]


def _spelt(values: Iterable[str]) -> re.Pattern[str]:
    """Any of the values, however it is parted; of two that begin alike the longer."""
    parted = (r"\W{0,3}".join(map(re.escape, value)) for value in sorted(values, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{'|'.join(parted)})(?!\w)", re.IGNORECASE)


def _letters(value: str) -> str:
    return re.sub(r"[\W_]", "", plain(value).lower())


def _tells(value: str, kind: Kind) -> bool:
    """Whether a value is so much its own that it is the same wherever it stands: no year, no "ledig"."""
    digits = sum(map(str.isdigit, value))
    return (
        digits >= LEAST_DIGITS
        or (kind == "birthday" and digits == LEAST_DIGITS - 1 and not value.isdigit())  # "3 May 1990"
        or (kind == "email" and len(value) >= 10)
        or (kind == "paper" and digits >= 4)
    )


def _by_audience(document: Document) -> tuple[list[Section], list[Section]]:
    """The public sections, and the others with the audience that keeps them out."""
    stricter = [
        replace(section, audience=max(section.audience, document.audience, key=get_args(Audience).index))
        for section in document.sections
    ]
    return [one for one in stricter if one.audience == "public"], [one for one in stricter if one.audience != "public"]


def _heading(document: Document, section: Section) -> str:
    return section.path[-1] if section.path else document.title


def _in_name(name: str, redactor: Redactor) -> list[Found]:
    """Personal data of an id or a uri: its escapes undone, as it is and with its marks as blanks."""
    text = unquote(name)
    return redactor.found(text) or redactor.found(re.sub(r"[_/?&=#]", " ", text.partition("://")[2] or text))


def open_redactor(settings: Settings) -> Redactor:
    """How `settings` have texts redacted. What the contact card of `subject.yaml` says is public."""
    allowed = cast("frozenset[Kind]", frozenset(kind.strip() for kind in settings.allow_personal_data.split(",")))
    try:
        public = published(read_subject(settings.corpus_dir).card(), settings.phone_region)
    except BadSetting as problem:
        log.warning("no contact card, so nothing is public by it", extra={"detail": str(problem)})
        public = frozenset()
    return Redactor(settings.phone_region, allowed, public)


def audience(value: object) -> Audience:
    """An audience as somebody wrote it. Raises Refused: what cannot be read must not become public."""
    found = str(value).strip().lower()
    for known in get_args(Audience):
        if found == known:
            return known  # type: ignore[no-any-return]
    # A word is repeated; anything longer may be what somebody wanted to hide.
    written = f" {found!r}" if re.fullmatch(r"[a-z-]{1,20}", found) else ""
    raise Refused(f"The audience{written} is not accepted: it is {', '.join(get_args(Audience))}.")
