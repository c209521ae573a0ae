"""A page to draw a CV on, from the top downwards; what stands on one baseline is drawn by itself, as programs do."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from tests.ingest.printed import PLAIN

LEFT, RIGHT, TOP = 60.0, 535.0, 780.0
SERIF, SERIF_BOLD, SERIF_ITALIC = "Times-Roman", "Times-Bold", "Times-Italic"
GREY, BLUE, RED = "#dddddd", "#1f4e79", "#b03060"
UNICODE, PICTURES = "Vera", "Wingdings-Regular"


class Sheet:
    """Draws lines below each other; y goes down."""

    def __init__(self, title: str = "") -> None:
        self._out = io.BytesIO()
        self.canvas = Canvas(self._out, pagesize=A4, invariant=1)
        self.canvas.setTitle(title)
        self.y, self.size, self.leading = TOP, 10.0, 13.0

    def at(self, x: float, text: str, font: str = PLAIN, size: float = 0, spaced: float = 0, colour: str = "") -> None:
        """Text on the line that is being written."""
        self.canvas.setFillColor(HexColor(colour or "#000000"))
        self.canvas.setFont(font, size or self.size)
        self.canvas.drawString(x, self.y, text, charSpace=spaced)

    def ends(self, x: float, text: str, font: str = PLAIN, size: float = 0) -> None:
        """Text that ends at `x`."""
        self.at(x - stringWidth(text, font, size or self.size), text, font, size)

    def down(self, points: float = 0) -> None:
        """The next line."""
        self.y -= points or self.leading

    def line(self, x: float, text: str, font: str = PLAIN, size: float = 0, **more: object) -> None:
        """Text, and the next line."""
        self.at(x, text, font, size, **more)  # type: ignore[arg-type]
        self.down((size or self.size) * 1.3)

    def filled(self, x: float, text: str, until: float = RIGHT, font: str = PLAIN) -> None:
        """A paragraph, broken where the line is full."""
        told = ""
        for word in text.split(" "):
            if told and stringWidth(f"{told} {word}", font, self.size) > until - x:
                self.line(x, told, font)
                told = word
            else:
                told = f"{told} {word}".strip()
        self.line(x, told, font)

    def bullet(
        self, x: float, text: str, mark: str = "•", until: float = RIGHT, marked: str = PLAIN, font: str = PLAIN
    ) -> None:
        """An item; its text hangs."""
        self.at(x, mark, marked)
        self.filled(x + 12, text, until, font)

    def dated(self, x: float, text: str, dates: str, font: str = PLAIN, until: float = RIGHT) -> None:
        """The dates at the right edge of the line."""
        self.ends(until, dates)
        self.line(x, text, font)

    def rule(self, x: float = LEFT, end: float = RIGHT, above: float = 0) -> None:
        """A rule below the line just written."""
        y = self.y + self.size * 1.3 - 4 + above
        self.canvas.line(x, y, end, y)

    def turn(self) -> None:
        """The next page."""
        self.canvas.showPage()
        self.y = TOP

    def pdf(self) -> bytes:
        """What was drawn."""
        self.canvas.showPage()
        self.canvas.save()
        return self._out.getvalue()


@contextmanager
def column(sheet: Sheet, y: float) -> Iterator[None]:
    """What is drawn here begins at `y`; afterwards the sheet is where it was."""
    was, sheet.y = sheet.y, y
    yield
    sheet.y = was


def register() -> None:
    """A font with every letter, and the same under the name of one that shows pictures."""
    for name in (UNICODE, PICTURES):
        font = TTFont(name, "Vera.ttf")
        font.face.name = name.encode()
        registerFont(font)
