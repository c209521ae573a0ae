"""A two-page CV in one column of a made-up person, as PDF, in the manner of a word processor or LaTeX.

Dates stand at the right edge, headings are small capitals over a rule, text is justified, and the skills are a table
with lines. The person, the employers and every private detail are invented; the telephone numbers come from the ranges
Germany sets aside for fiction. `python -m tests.quality.third_cv cv.pdf` writes one to look at.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    HRFlowable,
    KeepTogether,
    ListFlowable,
    ListItem,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

NAME = "Tiago Wellenbrink"
ROLE = "Clinical Trial Manager · Pharmacist"

CONTACT = [
    ["Amselgrund 14a", "51999 Köln"],
    ["+49 176 04069042", "0221 4710 388", "tiago.wellenbrink@example.com", "www.wellenbrink.example"],
]
PERSONAL = [
    ("Date of birth", "7 November 1985"),
    ("Nationality", "Portuguese and German"),
    ("Marital status", "divorced, one daughter"),
    ("ID card no.", "L3X9K42T7"),
    ("IBAN", "DE00 3705 0198 0460 6904 20"),
]
ELSEWHERE = [  # the forms on the portfolio page that the CV does not have
    "0176 / 040 690 42",
    "+4917604069042",
    "+49 221 4710 388",
    "kontakt@wellenbrink.example",
    "kontakt [at] wellenbrink [dot] example",
    "07.11.1985",
    "1985-11-07",
]

PROFILE = (
    "Licensed pharmacist turned clinical trial manager. Years on hospital wards and in sterile production taught me "
    "how a medicine really reaches a patient; since 2019 I have worked on phase II and phase III trials in oncology "
    "and in rare kidney diseases. I like protocols that a tired nurse can follow at three in the morning."
)


@dataclass(frozen=True)
class Job:
    title: str
    dates: str
    place: str
    points: Sequence[str]


JOBS = [
    Job(
        "Clinical Trial Manager",
        "Apr 2022 – present",
        "Lindwurm Therapeutics AG, Cologne",
        [
            "Lead AMBERLINE, the phase III trial of an oral complement inhibitor in IgA nephropathy, with 412 patients "
            "at 58 sites in seven countries.",
            "Enrolled the first patient eleven days ahead of plan and brought the screen failure rate down from 41 to "
            "26 percent by rewriting the pre-screening checklist.",
            "Answer for a budget of €23.4 million; the year 2024 closed with a deviation of 1.8 percent.",
            "Replaced full source data verification by risk-based monitoring, which saves 310 site visits a year.",
            "Line manager of five clinical research associates and one trial assistant.",
        ],
    ),
    Job(
        "Senior Clinical Research Associate",
        "Oct 2019 – Mar 2022",
        "Corvane Clinical Research GmbH, Düsseldorf",
        [
            "Monitored 14 hospital sites in Germany, Austria and Portugal for three oncology trials.",
            "Prepared two sites for inspections by BfArM and Infarmed; neither inspection ended with a critical "
            "finding.",
            "Kept the trials running during the pandemic with remote monitoring and with home delivery of the trial "
            "medication to 126 patients.",
            "Wrote the company's training course on informed consent, which 240 colleagues have taken.",
        ],
    ),
    Job(
        "Hospital Pharmacist, Sterile Production and Oncology",
        "Jan 2015 – Sep 2019",
        "Klinikum Sankt Adelgund, Bonn",
        [
            "Headed the cytostatics unit with four technicians and 31,000 preparations a year.",
            "Introduced barcode checks at the workbench; dosing errors discovered after release fell from 19 to 2 a "
            "year.",
            "Looked after the nephrology and transplant wards as ward pharmacist, with 60 medication reviews a week.",
            "Dispensed the study medication for 22 clinical trials.",
        ],
    ),
    Job(
        "Community Pharmacist",
        "May 2013 – Dec 2014",
        "Farmácia Ponte Nova, Porto",
        [
            "Compounded some 900 ointments and capsules a year to individual prescriptions.",
            "Set up a Saturday advice hour on diabetes that reached 130 patients.",
        ],
    ),
]

EDUCATION = [
    (
        "Postgraduate Diploma in Clinical Trials",
        "2018 – 2020",
        "London School of Hygiene & Tropical Medicine, distance learning, passed with distinction",
    ),
    (
        "Specialist Training in Clinical Pharmacy",
        "2015 – 2018",
        "Chamber of Pharmacists of North Rhine, at Klinikum Sankt Adelgund",
    ),
    (
        "Integrated Master in Pharmaceutical Sciences",
        "2007 – 2012",
        "University of Porto, final grade 17 of 20; one year as an exchange student in Bonn. Thesis: <i>Stability of "
        "Diluted Bortezomib in Polyolefin Bags</i>",
    ),
]

CERTIFICATES = [
    ("ICH-GCP E6(R3) Refresher", "2025"),
    ("PRINCE2 Practitioner", "2021"),
    ("German licence to practise as a pharmacist (Approbation)", "2014"),
]

PUBLICATIONS = [
    "Wellenbrink T, Amsberg H. Pre-screening by Checklist: Fewer Screen Failures in Glomerular Disease Trials. "
    "<i>Journal of Trial Practice</i> 9, 2024.",
    "Wellenbrink T, Duarte I. Barcode Verification in Cytostatics Preparation: a Before-and-After Study. <i>European "
    "Notes on Hospital Pharmacy</i> 31, 2019.",
]

AWARDS = [
    ("Trial Team of the Year, Rhine Life Science Circle", "2023"),
    ("Poster Prize, Congress of Hospital Pharmacists, Leipzig", "2017"),
]

SKILLS = [
    ("Trial management", "site selection, budgeting, vendor oversight, risk-based monitoring, inspection readiness"),
    ("Regulations", "ICH-GCP, EU Clinical Trials Regulation 536/2014, German Medicinal Products Act, GMP Annex 13"),
    ("Systems", "Medidata Rave, Veeva Vault eTMF, CTIS, REDCap"),
    ("Data analysis", "R, SAS (basic), Power BI"),
    ("Pharmacy", "cytostatics, parenteral nutrition, therapeutic drug monitoring"),
    ("Languages", "Portuguese (native), German (C2), English (C1), Spanish (B1)"),
]

VOLUNTEERING = [
    ("Board member of Pillendose e.V., which sends donated medicines to island clinics", "since 2021"),
    ("Coach of the under-14 handball team of TV Rheinbogen", "2016 – 2020"),
]

INTERESTS = "Beekeeping, long-distance cycling, Portuguese guitar, crosswords in four languages"


def private() -> list[str]:
    """Every string, in the forms the CV and the page have it, that must never be shown."""
    contact = [part for line in CONTACT for part in line if not part.startswith("www.")]
    return [*contact, *(value for _, value in PERSONAL), *ELSEWHERE]


def make_cv(path: Path) -> None:
    """Write the CV."""
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=f"Curriculum Vitae – {NAME}",
        author=NAME,
        invariant=1,
    )
    document.build(list(_story()), onFirstPage=_footer, onLaterPages=_footer)


# Layout: paragraphs and tables that flow down the page.

MARGIN = 22 * mm
WIDTH = A4[0] - 2 * MARGIN - 12  # the frame keeps six points on either side
DATES = 36 * mm
PLAIN = ParagraphStyle("plain", fontName="Times-Roman", fontSize=10.5, leading=13.4, alignment=TA_JUSTIFY)
NAMED = ParagraphStyle("named", PLAIN, fontName="Times-Bold", fontSize=22, leading=27, alignment=TA_CENTER)
CENTRED = ParagraphStyle("centred", PLAIN, alignment=TA_CENTER)
SMALL = ParagraphStyle("small", CENTRED, fontSize=9.5, leading=12)
HEADING = ParagraphStyle("heading", PLAIN, fontName="Times-Bold", fontSize=13, leading=15, spaceBefore=9)
LEFT = ParagraphStyle("left", PLAIN, alignment=0)
RIGHT = ParagraphStyle("right", PLAIN, alignment=TA_RIGHT)


def _story() -> Iterator[Flowable]:
    yield Paragraph(NAME, NAMED)
    yield Paragraph(ROLE, CENTRED)
    for line in CONTACT:
        yield Paragraph("  |  ".join(line), SMALL)
    yield from _heading("Profile")
    yield Paragraph(PROFILE, PLAIN)
    yield from _heading("Professional Experience")
    for job in JOBS:
        place = Paragraph(f"<i>{job.place}</i>", LEFT)
        yield KeepTogether([_dated(f"<b>{job.title}</b>", job.dates), place, _bullets(job.points), Spacer(0, 7)])
    yield from _heading("Education")
    for degree, dates, school in EDUCATION:
        told = Paragraph(school.replace(" & ", " &amp; "), PLAIN)
        yield KeepTogether([_dated(f"<b>{degree}</b>", dates), told, Spacer(0, 5)])
    yield from _heading("Certificates & Licences")
    yield from (_dated(*line) for line in CERTIFICATES)
    yield from _heading("Skills")
    yield _skills()
    yield from _heading("Publications")
    numbered = [ListItem(Paragraph(one, PLAIN)) for one in PUBLICATIONS]
    yield ListFlowable(numbered, bulletFormat="[%s]", bulletFontName="Times-Roman", bulletFontSize=10, leftIndent=20)
    yield from _heading("Awards")
    yield from (_dated(*line) for line in AWARDS)
    yield from _heading("Voluntary Work")
    yield from (_dated(*line) for line in VOLUNTEERING)
    yield from _heading("Interests")
    yield Paragraph(INTERESTS, PLAIN)
    yield from _heading("Personal Details")
    yield from (Paragraph(f"{label}: {value}", LEFT) for label, value in PERSONAL)


def _heading(text: str) -> Iterator[Flowable]:
    """Small capitals: the first letter of a word large, the others as smaller capitals."""
    words = [f'{word[0].replace("&", "&amp;")}<font size="10">{word[1:].upper()}</font>' for word in text.split()]
    yield Paragraph(" ".join(words), HEADING)
    yield HRFlowable(width="100%", thickness=0.6, color="black", spaceBefore=1, spaceAfter=3)


def _dated(text: str, dates: str) -> Table:
    """The text, and the dates at the right edge of its line."""
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), *_padding(0)]
    return Table([[Paragraph(text, LEFT), Paragraph(dates, RIGHT)]], [WIDTH - DATES, DATES], style=style)


def _bullets(points: Sequence[str]) -> ListFlowable:
    items = [ListItem(Paragraph(point, PLAIN)) for point in points]
    return ListFlowable(items, bulletType="bullet", start="•", bulletFontSize=9, leftIndent=14)


def _skills() -> Table:
    rows = [[Paragraph(f"<b>{kind}</b>", LEFT), Paragraph(skills, LEFT)] for kind, skills in SKILLS]
    style = [("GRID", (0, 0), (-1, -1), 0.4, "grey"), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), *_padding(3)]
    return Table(rows, [38 * mm, WIDTH - 38 * mm], style=style)


def _padding(points: int) -> list[tuple[str, tuple[int, int], tuple[int, int], int]]:
    sides = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
    return [(side, (0, 0), (-1, -1), points) for side in sides]


def _footer(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont("Times-Italic", 8.5)
    canvas.drawCentredString(A4[0] / 2, 10 * mm, f"{NAME} – Curriculum Vitae – page {document.page} of 2")


if __name__ == "__main__":
    make_cv(Path(sys.argv[1]))
