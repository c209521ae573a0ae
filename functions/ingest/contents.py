"""What stands below a heading, as a passage of its own: "Work experience (2): Engineer, Acme; Trainee, Initech".

No sentence of a CV says which companies somebody worked for, or which projects there were; its headings do, one by one.
Such a passage answers a question for the list and no other (`Chunk.is_contents`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from functions.ask.topics import of_heading
from functions.shared.records import Document, Section

# What is asked for as a list. What else stands below headings is told in its own words.
LISTED = frozenset({"work", "projects"})
# Of fewer there is nothing to list; more than these are no list that anybody reads.
LEAST, MOST = 2, 12


def with_contents(document: Document) -> Document:
    """The document with a list of the headings below each heading that has several, before the first of them."""
    return replace(document, sections=tuple(_listed(document.sections)))


def _listed(sections: Sequence[Section]) -> Iterator[Section]:
    told: set[tuple[str, ...]] = set()
    for section in sections:
        for depth in range(1, len(section.path)):
            above = section.path[:depth]
            below = _below(above, sections)
            if above not in told and of_heading(above[-1]) & LISTED and LEAST <= len(below) <= MOST:
                yield replace(section, path=above, text=f"{above[-1]} ({len(below)}): {'; '.join(below)}")
            told.add(above)
        yield section


def _below(above: tuple[str, ...], sections: Sequence[Section]) -> list[str]:
    """The headings directly below one, in their order."""
    depth = len(above)
    return list(
        dict.fromkeys(one.path[depth] for one in sections if len(one.path) > depth and one.path[:depth] == above)
    )
