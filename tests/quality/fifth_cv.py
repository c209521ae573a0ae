"""A two-page CV of a made-up person as PDF: a grey column at the left, everything else beside it, terse lines.

The person, the employers and every private detail are invented; the telephone number comes from the ranges Germany
sets aside for fiction. Dates stand at the right edge, where no space is drawn before them.
`python -m tests.quality.fifth_cv cv.pdf` writes one to look at.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, FrameBreak, PageTemplate, Paragraph, Spacer, Table

NAME = "Henrike Oyelaran-Voss"
ROLE = "Product Owner, clinical software"
CONTACT = ["Krähenwinkel 31", "28999 Bremen", "+49 152 28895456", "henrike@voss.example.com"]
PERSONAL = ["Born 9 May 1986", "Divorced, one son"]

PROFILE = (
    "Intensive care nurse turned product owner. Eleven years at the bedside, six in software: I know what an alarm at "
    "four in the morning does to a night shift, and I build products that ring less often. Looking for teams that let "
    "nurses decide what nurses use."
)
# Employer, dates, title, points.
JOBS: Sequence[tuple[str, str, str, Sequence[str]]] = [
    (
        "Lotsenhaus Health GmbH, Bremen",
        "04/2021 – present",
        "Senior Product Owner, ward software",
        [
            "Responsible for the handover product Wachwechsel, in use on 212 wards of 38 hospitals.",
            "Backlog and roadmap for two teams: eleven developers, two designers, one tester.",
            "Cut the time of a shift handover from 34 to 19 minutes (study with 14 wards, 2023).",
            "Led the certification of the product as a class IIa medical device under the MDR.",
        ],
    ),
    (
        "Nordklinik Software AG, Oldenburg",
        "07/2018 – 03/2021",
        "Product Owner, medication",
        [
            "Electronic prescription for 9 hospitals; interfaces in HL7 v2 and FHIR.",
            "Introduced usability tests with nurses every second Wednesday.",
            "Wrong-dose warnings reduced from 480 to 65 a week without missing one that mattered.",
        ],
    ),
    (
        "Klinikum Weserbogen, Bremen",
        "10/2011 – 06/2018",
        "ICU nurse, from 2014 deputy ward manager",
        [
            "Surgical intensive care, 18 beds; duty roster for 46 colleagues.",
            "Key user for the introduction of the patient data management system.",
            "Trained 120 colleagues on new ventilators.",
        ],
    ),
    (
        "St. Annen Hospital, Lübeck",
        "09/2007 – 09/2011",
        "Registered nurse, cardiology",
        ["Cardiology and stroke unit; night shifts by choice."],
    ),
]
EDUCATION = [
    ("2016 – 2019", "B.Sc. Health Informatics, part-time", "Hochschule Flensburg. Final grade 1.7."),
    ("", "", "Bachelor's thesis: “Alarm fatigue on intensive care wards: a log file analysis”."),
    ("2012 – 2014", "Specialist training in intensive care and anaesthesia", "Bildungsakademie Bremen."),
    ("2004 – 2007", "Nursing diploma", "Krankenpflegeschule Lübeck."),
]
TALKS = [
    "DMEA, Berlin, 2024: “Nineteen Minutes: What Handover Really Needs”",
    "Pflegetag Hannover, 2022: “Nobody Asked the Night Shift”",
    "Article in the journal Die Schwester, issue 3/2020: “Alarms That Nobody Hears”",
]
VOLUNTEERING = [
    "Since 2022: board member of the association Pflege Digital e.V.",
    "2015 – 2017: nurse with a mobile clinic in Lesbos, four weeks a year",
]
AWARDS = ["German Nursing Innovation Prize 2023, second place, for Wachwechsel"]
SIDE_FIRST: Sequence[tuple[str, Sequence[str]]] = [
    ("Contact", [*CONTACT, *PERSONAL]),
    ("Languages", ["German: native", "English: C1", "Yoruba: basic", "Swedish: B1"]),
    ("Methods", ["Scrum", "Kanban", "Story mapping", "Contextual inquiry", "OKR"]),
    ("Tools", ["Jira, Confluence", "Figma, Miro", "SQL (PostgreSQL)", "Power BI", "a little Python"]),
]
SIDE_SECOND: Sequence[tuple[str, Sequence[str]]] = [
    (
        "Certificates",
        [
            "Professional Scrum Product Owner II, 2022",
            "IREB CPRE Foundation Level, 2019",
            "HL7 FHIR Foundation, 2020",
            "ISO 13485 internal auditor, 2021",
        ],
    ),
    ("Standards", ["MDR, IEC 62304, IEC 62366", "HL7 v2, FHIR, IHE", "GDPR"]),
    ("Interests", ["Sea kayaking", "Choir (alto)", "Repairing sewing machines"]),
]

INK, GREY = HexColor("#14505c"), HexColor("#e6eaeb")
TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=9.6, leading=13)
DATES = ParagraphStyle("dates", TEXT, alignment=TA_RIGHT)
SIDE = ParagraphStyle("side", TEXT, fontSize=8.8, leading=12)
TITLE = ParagraphStyle("title", TEXT, fontName="Helvetica-Bold", fontSize=20, leading=25, textColor=INK)
HEADING = ParagraphStyle("heading", TEXT, fontName="Helvetica-Bold", fontSize=12, leading=20, textColor=INK)
BULLET = ParagraphStyle("bullet", TEXT, leftIndent=11, bulletIndent=1, spaceAfter=1.5)
SIDE_WIDTH, GAP = 52 * mm, 8 * mm


def private() -> list[str]:
    """Every string of the documents that must never be shown."""
    return [*CONTACT[2:], CONTACT[0], "9 May 1986", "moin@voss.example.com"]


def make_cv(path: Path) -> None:
    """Write the CV."""
    width, height = A4
    side = Frame(10 * mm, 12 * mm, SIDE_WIDTH - 10 * mm, height - 30 * mm, 0, 0, 0, 0)
    left = SIDE_WIDTH + GAP
    main = Frame(left, 12 * mm, width - left - 14 * mm, height - 30 * mm, 0, 0, 0, 0)
    template = PageTemplate(frames=[side, main], onPage=_shade)
    BaseDocTemplate(str(path), pagesize=A4, title=f"CV {NAME}", invariant=1, pageTemplates=[template]).build(
        list(_story())
    )


def _shade(canvas: Canvas, _: BaseDocTemplate) -> None:
    canvas.setFillColor(GREY)
    canvas.rect(0, 0, SIDE_WIDTH + 2 * mm, A4[1], stroke=0, fill=1)


def _story() -> Iterator[Flowable]:
    yield from _aside(SIDE_FIRST)
    yield Paragraph(NAME, TITLE)
    yield Paragraph(ROLE, TEXT)
    yield Paragraph("Profile", HEADING)
    yield Paragraph(PROFILE, TEXT)
    yield Paragraph("Experience", HEADING)
    for employer, dates, title, points in JOBS:
        yield _row(Paragraph(f"<b>{employer}</b>", TEXT), Paragraph(dates, DATES), 100 * mm)
        yield Paragraph(f"<i>{title}</i>", TEXT)
        yield from (Paragraph(point, BULLET, bulletText="•") for point in points)
        yield Spacer(0, 2 * mm)
    yield FrameBreak()
    yield from _aside(SIDE_SECOND)
    yield Paragraph("Education", HEADING)
    for dates, title, rest in EDUCATION:
        told = f"<b>{title}</b>, {rest}" if title else rest
        yield _row(Paragraph(dates, TEXT), Paragraph(told, TEXT), 26 * mm)
    for heading, lines in (("Talks and articles", TALKS), ("Volunteering", VOLUNTEERING), ("Awards", AWARDS)):
        yield Paragraph(heading, HEADING)
        yield from (Paragraph(line, BULLET, bulletText="•") for line in lines)


def _row(left: Paragraph, right: Paragraph, width: float) -> Table:
    top = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    return Table([[left, right]], [width, 132 * mm - width], style=top)


def _aside(sections: Sequence[tuple[str, Sequence[str]]]) -> Iterator[Flowable]:
    """What stands in the grey column of a page."""
    for heading, lines in sections:
        yield Paragraph(heading, HEADING)
        yield from (Paragraph(line, SIDE) for line in lines)
        yield Spacer(0, 4 * mm)
    yield FrameBreak()


if __name__ == "__main__":
    make_cv(Path(sys.argv[1]))
