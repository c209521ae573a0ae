"""Headings and blocks of text, in reading order → sections. Every parser writes into one of these.

A block is a paragraph, a list with the line that introduces it, a table or a piece of code; blocks are
parted by an empty line, the lines inside a block by a single one.
"""

from typing import get_args

from functions.shared.records import Audience, Section

_STRICTNESS = get_args(Audience)  # public, on-request, never
# A line this short before a list is its introduction even without a colon.
LONGEST_INTRODUCTION = 80


class Outline:
    """Collects a document. `heading` and the block methods are called as the document is read."""

    def __init__(self) -> None:
        self._sections: list[Section] = []
        self._path: list[tuple[int, str, Audience]] = []  # level, heading, audience
        self._anchor = ""  # of the heading just read
        self._place = ""  # of what is being read
        self._begun = ""  # the place at which the section's text began
        self._blocks: list[list[str]] = []
        self._list_open = False
        self._fresh = False  # a heading was just read, and nothing below it yet
        self.first_heading = ""
        self.audiences = 0  # how many were given

    def heading(self, level: int, text: str, anchor: str = "") -> None:
        """Close the section before and open one below the last heading of a lower level.

        `anchor` is the heading's own, as in `Section`.
        """
        self._close(level)
        self._anchor = anchor
        self._path = [above for above in self._path if above[0] < level]
        self._path.append((level, text, "public"))
        self._fresh = True
        self.first_heading = self.first_heading or text

    def audience(self, audience: Audience) -> bool:
        """Give the section just opened its audience; False when there is none or it has text already."""
        if not self._fresh:
            return False
        level, text, _ = self._path[-1]
        self._path[-1] = (level, text, audience)
        self.audiences += 1
        return True

    def at(self, place: str) -> None:
        """What follows stands at `place`, an anchor as in `Section`: the section begins anew there, a list does not."""
        parted = bool(self._blocks) and place != self._begun and not self._list_open
        if parted and not _introduces(self._blocks[-1]):
            self._end()
        self._place = place

    def paragraph(self, text: str) -> None:
        """A paragraph; a new line in it is meant."""
        if text:
            self._open([text])
            self._list_open = self._fresh = False

    def item(self, line: str) -> None:
        """A list item or a table row; the first joins the short paragraph that introduces it."""
        if not line:
            return
        if not self._list_open and not (self._blocks and _introduces(self._blocks[-1])):
            self._open([])
        self._blocks[-1].append(line)
        self._list_open, self._fresh = True, False

    def end_list(self) -> None:
        """What follows no longer belongs to the list or table."""
        self._list_open = False

    def sections(self) -> tuple[Section, ...]:
        """Everything read so far."""
        self._close(0)
        return tuple(self._sections)

    def _open(self, block: list[str]) -> None:
        if not self._blocks:
            self._begun = self._place
        self._blocks.append(block)

    def _close(self, next_level: int) -> None:
        path, audience = self._where()
        if not self._end() and path and next_level <= self._path[-1][0] and self._fresh:
            self._bare_heading(path[:-1], path[-1], audience)
        self._fresh = False

    def _end(self) -> bool:
        """Make a section of the text read so far; False when there is none."""
        text = "\n\n".join("\n".join(block) for block in self._blocks)
        if text:
            path, audience = self._where()
            self._sections.append(Section(path, text, audience, self._anchor or self._begun))
        self._blocks, self._list_open = [], False
        return bool(text)

    def _where(self) -> tuple[tuple[str, ...], Audience]:
        """Path and audience of what is being read."""
        audience = max((above[2] for above in self._path), key=_STRICTNESS.index, default=_STRICTNESS[0])
        return tuple(text for _, text, _ in self._path if text), audience

    def _bare_heading(self, path: tuple[str, ...], text: str, audience: Audience) -> None:
        """A heading with nothing below it is all there is to read: it becomes a line of the section above."""
        last = self._sections[-1] if self._sections else None
        if last and (last.path, last.audience) == (path, audience):
            self._sections[-1] = Section(path, f"{last.text}\n{text}", audience, last.anchor)
        else:
            self._sections.append(Section(path, text, audience))


def _introduces(block: list[str]) -> bool:
    line = block[0] if len(block) == 1 else "."
    return line.endswith(":") or (len(line) <= LONGEST_INTRODUCTION and line[-1] not in ".!?")
