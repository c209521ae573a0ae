"""A passage's address: the document's, with the part behind `#` that opens it at the right place.

    #work-experience            an element of the page has that id
    #page=3                     a PDF (RFC 8118, section 3)
    #:~:text=Vivek%20works      the words themselves (https://wicg.github.io/scroll-to-text-fragment)

A browser that does not find the place opens the page at its top.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from functions.shared.records import Document

# Enough words to be found once, few enough to be one run of text on the page.
MOST_WORDS, LEAST_WORDS = 8, 3
_SPOKEN = re.compile(r"[^:“]{1,200}: “")
_MARKER = re.compile(r"\s*(?:[-•]|\d{1,3}\.)\s+")


def link(document: Document, anchor: str, section: str, text: str) -> str:
    """Where `text`, a passage below the heading `section`, is to be read; empty when the document has no address."""
    if not document.uri or "#" in document.uri:
        return document.uri
    if not anchor and document.page:
        known = (told for told in _candidates(section or document.title, text) if told in document.page)
        words = next(known, "")
        anchor = f":~:text={_encoded(words)}" if words else ""
    return f"{document.uri}#{anchor}" if anchor else document.uri


def _candidates(section: str, text: str) -> Iterator[str]:
    """The passage's first words, fewer and fewer: a table's row stands differently on the page. Then its heading."""
    line = _MARKER.sub("", next(iter(text.split("\n"))), count=1)
    if spoken := _SPOKEN.match(line):  # the page has the name below the words
        line = line[spoken.end() :].rstrip("”")
    words = line.partition("[")[0].split()[:MOST_WORDS]  # what was redacted begins with a bracket
    for count in range(len(words), min(LEAST_WORDS, len(words)) - 1, -1):
        if count:
            yield " ".join(words[:count])
    if section:
        yield section.rpartition(" › ")[2]


def _encoded(words: str) -> str:
    """`-`, `,` and `&` part the directive's own fields, so they are encoded with the rest."""
    return quote(words, safe="").replace("-", "%2D")


def anchor_id(text: str) -> str:
    """An id as a fragment."""
    return quote(text, safe="!$&'()*+,;=:@/?~-._")


def github_slug(heading: str, taken: dict[str, int]) -> str:
    """The id that GitHub gives to a heading; `taken` counts those given before."""
    slug = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
    count = taken.get(slug, 0)
    taken[slug] = count + 1
    return f"{slug}-{count}" if count else slug
