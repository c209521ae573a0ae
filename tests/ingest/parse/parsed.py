"""Documents made in code, parsed."""

import io

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen import canvas
from reportlab.platypus import ListFlowable, ListItem, PageBreak, Paragraph, SimpleDocTemplate, Table

from functions.ingest.parse import parse
from functions.shared.records import Document
from tests.ingest.events import published


def markdown(text: str, **more: str) -> Document:
    return parse(published(text, **more))


def html(text: str) -> Document:
    return parse(published(text, "text/html"))


def printed(*lines: tuple[str, str, float], title: str = "") -> bytes:
    """A PDF of one page: (font, text, size) a line; an empty text leaves a gap."""
    out = io.BytesIO()
    page = canvas.Canvas(out)
    page.setTitle(title)
    y = 800.0
    for font, text, size in lines:
        if text:
            page.setFont(font, size)
            page.drawString(72, y, text)
        y -= size * 1.3
    page.showPage()
    page.save()
    return out.getvalue()


def cv() -> bytes:
    """Two pages as a word processor would make them."""
    styles = getSampleStyleSheet()
    out = io.BytesIO()

    def text(content: str, style: str = "BodyText") -> Paragraph:
        return Paragraph(content, styles[style])

    long = "Built an ETL workflow that cleans, processes and stores the sensor data of every device in MySQL."
    SimpleDocTemplate(out, pagesize=A4, title="CV of Jane Roe").build(
        [
            text("Jane Roe", "Title"),
            text("Data Scientist · Mainz, Germany"),
            text("Work", "Heading1"),
            text("<b>Acme GmbH, Mainz</b>"),
            text(f"{long} It ran daily."),
            ListFlowable([ListItem(text(long)), ListItem(text("Docker"))], bulletType="bullet"),
            text("Languages", "Heading1"),
            Table([["German", "B2"], ["English", "fluent"]]),
            PageBreak(),
            text("Education", "Heading1"),
            text("<b>M.Sc. Mechatronics</b>, University of Siegen"),
        ]
    )
    return out.getvalue()
