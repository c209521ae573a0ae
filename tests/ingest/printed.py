"""PDFs as the tests make them: runs of text at places, as a program that knows no columns draws them."""

import io
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

PLAIN, BOLD, ITALIC = "Helvetica", "Helvetica-Bold", "Helvetica-Oblique"
Run = tuple[float, float, str, float, str]  # x, y, font, size, text


def drawn(*pages: Sequence[Run], title: str = "") -> bytes:
    """A PDF whose runs are drawn in the order given, all of a page in one text object."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle(title)
    for page in pages:
        text = canvas.beginText()
        for x, y, font, size, run in page:
            text.setFont(font, size)
            text.setTextOrigin(x, y)
            text.textOut(run)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def column(x: float, top: float, *lines: str, width: float = 330, size: float = 10, leading: float = 14) -> list[Run]:
    """Lines below each other: `**` a section's heading, `##` a title, ` | ` what stands at the right edge."""
    runs: list[Run] = []
    for number, line in enumerate(lines):
        y = top - number * leading
        left, _, right = line.partition(" | ")
        font, points, text = PLAIN, size, left
        if left.startswith("**"):
            font, points, text = BOLD, size + 2, left[2:]
        elif left.startswith("##"):
            font, text = BOLD, left[2:]
        if text.startswith("• "):
            runs += [(x, y, PLAIN, size, "•"), (x + 12, y, PLAIN, size, text[2:])]
        elif text:
            runs.append((x + (12 if line.startswith("  ") else 0), y, font, points, text.strip()))
        if right:
            runs.append((x + width - stringWidth(right, PLAIN, size), y, PLAIN, size, right))
    return runs
