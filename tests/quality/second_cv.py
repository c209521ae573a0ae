"""The second person's CV as PDF, two pages in two columns: what the parser has to read for the second corpus.

`python -m tests.quality.second_cv cv.pdf [--interleaved]` writes one to look at.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from tests.quality.second_person import (
    AWARDS,
    CONTACT,
    EDUCATION,
    JOBS,
    NAME,
    PERSONAL,
    PROFILE,
    PROJECTS,
    PUBLICATIONS,
    ROLE,
    SKILLS,
    VOLUNTEERING,
)

PAGES = 2
SKILLS_ON_FIRST_PAGE = 4
BOLD, ITALIC, PLAIN = "Helvetica-Bold", "Helvetica-Oblique", "Helvetica"


def make_cv(path: Path, interleaved: bool = False) -> None:
    """Write the CV, drawn column by column, or in rows across both columns as some producers do."""
    runs = [*_header(), *_side(), *_main()]
    runs.sort(key=_row if interleaved else attrgetter("page"))
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    canvas.setTitle(f"{NAME} – CV")
    canvas.setAuthor(NAME)
    for page in range(PAGES):
        canvas.setFillGray(0.93)
        canvas.rect(0, 0, SIDE.x + SIDE.width + 12, A4[1], stroke=0, fill=1)
        canvas.setFillGray(0.1)
        text = canvas.beginText()  # one for the page: nothing but positions parts a title from its dates
        for run in runs:
            if run.page == page:
                text.setFont(run.font, run.size)
                text.setCharSpace(run.spacing)
                text.setTextOrigin(run.x, run.y)
                text.textOut(run.text)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()


# Layout: a cursor per column leaves behind runs of text, each drawn by itself.


@dataclass(frozen=True)
class _Run:
    page: int
    x: float
    y: float
    text: str
    font: str
    size: float
    spacing: float = 0


@dataclass(frozen=True)
class _Column:
    x: float
    width: float
    size: float
    leading: float


SIDE = _Column(x=30, width=158, size=8.6, leading=11.8)
MAIN = _Column(x=216, width=340, size=10, leading=14.4)
TOP, BOTTOM = 742, 54


def _row(run: _Run) -> tuple[int, int, float]:
    return run.page, -round(run.y), run.x


def _header() -> Iterator[_Run]:
    yield _Run(0, MAIN.x, 790, NAME, BOLD, 24)
    yield _Run(0, MAIN.x, 770, ROLE, PLAIN, 12.5)
    yield _Run(1, MAIN.x, 790, f"{NAME} · Curriculum Vitae", ITALIC, 8)
    yield _Run(1, MAIN.x + MAIN.width - stringWidth("Page 2 of 2", ITALIC, 8), 790, "Page 2 of 2", ITALIC, 8)


def _side() -> list[_Run]:
    cursor = _Cursor(SIDE, top=790)
    cursor.heading("CONTACT")
    for line in CONTACT:
        cursor.text(line)
    cursor.heading("PERSONAL")
    for line in PERSONAL:
        cursor.text(line)
    for number, (heading, items) in enumerate(SKILLS):
        if number == SKILLS_ON_FIRST_PAGE:
            cursor.turn_page(790)
        cursor.heading(heading)
        for item in items:
            cursor.bullet(item)
    return cursor.runs


def _main() -> list[_Run]:
    cursor = _Cursor(MAIN, top=TOP)
    cursor.heading("PROFILE")
    cursor.text(PROFILE)
    cursor.heading("WORK EXPERIENCE")
    for job in JOBS:
        cursor.keep(4)
        cursor.titled(job.title, job.dates)
        cursor.text(job.place, ITALIC)
        for point in job.points:
            cursor.bullet(point)
        if job.stack:
            cursor.labelled("Stack:", job.stack)
        cursor.gap(6)
    cursor.heading("EDUCATION")
    for dates, degree, school in EDUCATION:
        cursor.dated(dates, degree, school)
    cursor.heading("PROJECTS")
    for project, told in PROJECTS:
        cursor.text(project, BOLD)
        cursor.text(told)
        cursor.gap(3)
    for heading, items in (("PUBLICATIONS", PUBLICATIONS), ("AWARDS", AWARDS), ("VOLUNTEERING", VOLUNTEERING)):
        cursor.heading(heading)
        for item in items:
            cursor.bullet(item)
    return cursor.runs


class _Cursor:
    def __init__(self, column: _Column, top: float) -> None:
        self.runs: list[_Run] = []
        self._column = column
        self._page = 0
        self._y = top

    def turn_page(self, top: float) -> None:
        self._page, self._y = self._page + 1, top

    def keep(self, lines: int) -> None:
        """Go to the next page unless this many lines fit."""
        if self._y - lines * self._column.leading < BOTTOM:
            self.turn_page(TOP + 20)

    def gap(self, points: float) -> None:
        self._y -= points

    def heading(self, text: str) -> None:
        self.keep(3)
        self.gap(7)
        self._draw(0, text, BOLD, spacing=0.8)
        self._down()
        self.gap(2)

    def text(self, text: str, font: str = PLAIN, indent: float = 0) -> None:
        for line in self._wrapped(text, font, indent):
            self._draw(indent, line, font)
            self._down()

    def bullet(self, text: str) -> None:
        self.keep(2)
        self._draw(0, "•", PLAIN)
        self.text(text, indent=10)
        self.gap(1)

    def titled(self, title: str, dates: str) -> None:
        """The title, and the dates at the right edge of the same line."""
        self._draw(0, title, BOLD)
        self._draw(self._column.width - stringWidth(dates, PLAIN, self._column.size), dates, PLAIN)
        self._down()

    def labelled(self, label: str, text: str) -> None:
        self._draw(0, label, BOLD)
        self._draw(stringWidth(label + " ", BOLD, self._column.size), text, PLAIN)
        self._down()

    def dated(self, dates: str, title: str, text: str) -> None:
        """The dates at the left edge, the title beside them, and the text below the title."""
        self.keep(3)
        self._draw(0, dates, PLAIN)
        self._draw(72, title, BOLD)
        self._down()
        self.text(text, indent=72)
        self.gap(3)

    def _draw(self, indent: float, text: str, font: str, spacing: float = 0) -> None:
        run = _Run(self._page, self._column.x + indent, self._y, text, font, self._column.size, spacing)
        self.runs.append(run)

    def _down(self) -> None:
        self._y -= self._column.leading
        if self._y < BOTTOM:
            self.turn_page(TOP + 20)

    def _wrapped(self, text: str, font: str, indent: float) -> Iterator[str]:
        line = ""
        for word in text.split(" "):
            whole = word.replace("~", "")
            if not line or self._fits(f"{line} {whole}", font, indent):
                line = f"{line} {whole}".lstrip()
                continue
            head, tail = self._hyphenated(line, word, font, indent)
            yield f"{line} {head}".rstrip()
            line = tail
        yield line

    def _hyphenated(self, line: str, word: str, font: str, indent: float) -> tuple[str, str]:
        parts = word.split("~")
        for cut in range(len(parts) - 1, 0, -1):
            head = "".join(parts[:cut]).removesuffix("-") + "-"
            if self._fits(f"{line} {head}", font, indent):
                return head, "".join(parts[cut:])
        return "", "".join(parts)

    def _fits(self, text: str, font: str, indent: float) -> bool:
        return stringWidth(text, font, self._column.size) <= self._column.width - indent


if __name__ == "__main__":
    make_cv(Path(sys.argv[1]), interleaved="--interleaved" in sys.argv)
