"""Audience and personal data: what must never be indexed is not.

A document or section that is not public is kept out as a whole. In the rest, telephone numbers, e-mail addresses,
postal addresses, dates of birth, numbers of accounts and papers, and civil status give way to a note such as
"[phone removed]". Towns, employers and dates of employment stay: they are what visitors ask about.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

from functions.ingest.personal import redact
from functions.shared.problem import Refused
from functions.shared.records import Audience, Document, Section
from functions.shared.settings import Settings

# Years and running numbers have fewer digits, telephone numbers and dates of birth more.
LEAST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Screened:
    """What may be indexed of a document, and what was done to it."""

    document: Document
    redactions: dict[str, int]  # by kind: the keys of functions.ingest.personal.NOTES
    withheld: tuple[str, ...]  # headings of the sections kept out; the title, when it is all of them


def privacy(document: Document, settings: Settings) -> Screened:
    """`document` without what is private. Raises Refused for the audience `never`, and for nothing else."""
    if document.audience == "never":
        raise Refused(
            "The document's audience is never: it is not indexed, and what was indexed under its id is removed."
            " Documents for visitors have the audience public, or on-request."
        )
    allowed = frozenset(kind.strip() for kind in settings.allow_personal_data.split(","))
    counts: Counter[str] = Counter()
    known: dict[str, str] = {}

    def screened(text: str) -> str:
        """Headings come once for every section below them, and count once."""
        if text not in known:
            known[text], found = redact(text, settings.phone_region, allowed)
            counts.update(found)
        return known[text]

    public, withheld = _by_audience(document)
    kept = replace(
        document,
        title=screened(document.title),
        uri=screened(document.uri),
        sections=tuple(
            replace(
                section,
                path=tuple(map(screened, section.path)),
                text=screened(section.text),
                anchor=_anchor(section, document.title, screened),
            )
            for section in public
        ),
    )
    return Screened(kept, dict(counts), tuple(map(screened, withheld)))


def _anchor(section: Section, title: str, screened: Callable[[str], str]) -> str:
    """The section's anchor, unless it may tell what was removed: ids are often made of their heading's words."""
    touched = any(screened(told) != told for told in (title, *section.path, section.anchor))
    return "" if touched or sum(map(str.isdigit, section.anchor)) >= LEAST_DIGITS else section.anchor


def _by_audience(document: Document) -> tuple[tuple[Section, ...], list[str]]:
    """The public sections, and the names of the others."""
    if document.audience != "public":
        return (), [document.title]
    public = tuple(section for section in document.sections if section.audience == "public")
    hidden = (section for section in document.sections if section.audience != "public")
    return public, list(dict.fromkeys(section.path[-1] if section.path else document.title for section in hidden))


def audience(value: object) -> Audience:
    """An audience as somebody wrote it. Raises Refused: what cannot be read must not become public."""
    found = str(value).strip().lower()
    for known in get_args(Audience):
        if found == known:
            return known  # type: ignore[no-any-return]
    raise Refused(f"The audience {str(value)[:40]!r} is not accepted: it is {', '.join(get_args(Audience))}.")
