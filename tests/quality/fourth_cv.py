"""A two-page CV of a made-up person as PDF, dates in a column at the left, headings in colour, all sans serif.

The person, the employers and every private detail are invented; the telephone numbers come from the ranges Germany
sets aside for fiction. `python -m tests.quality.fourth_cv cv.pdf` writes one to look at.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

NAME = "Leonor Adebayo-Krantz"
ROLE = "Backend and Platform Engineer, Leipzig"
CONTACT = ["+49 176 04069117", "leonor@krantz.example.com", "Tauchenweg 9, 04999 Leipzig"]
PERSONAL = [("Date of birth", "2 February 1990"), ("Nationality", "Nigerian and German")]

PROFILE = (
    "Backend engineer with eight years of experience in Go, Kotlin and PostgreSQL. I came to software from teaching "
    "the cello, and I still explain systems the way I explained bowing: slowly, with the hands. I look for teams that "
    "run what they write and that care about the people who are woken up at night."
)
JOBS: Sequence[tuple[str, str, Sequence[str]]] = [
    (
        "03/2022 – present",
        "Staff Engineer, Platform, at Murmeltier Mobility GmbH, Leipzig",
        [
            "Own the dispatch platform that assigns 61,000 bus and tram shifts a day for 34 public transport "
            "companies.",
            "Split a monolith of 900,000 lines into eleven services; the time from merge to production fell from two "
            "days to 25 minutes.",
            "Introduced on-call handbooks and game days; alerts at night went down by 72 percent in one year.",
            "Mentor of four engineers, two of whom have become seniors.",
        ],
    ),
    (
        "09/2018 – 02/2022",
        "Backend Engineer at Kassenzettel AG, Berlin",
        [
            "Built the receipt archive in Kotlin: 140 million receipts a month, kept for ten years, readable by the "
            "tax office.",
            "Moved the ledger from MySQL to PostgreSQL without a minute of downtime.",
            "Wrote the load generator with which the team found the deadlock of the Christmas season of 2020.",
        ],
    ),
    (
        "10/2016 – 08/2018",
        "Junior Developer at Ostwind Ticketing, Halle",
        [
            "Programmed the seat map of 48 theatres in PHP and later in Go.",
            "Replaced nightly exports by an event stream on RabbitMQ.",
        ],
    ),
    (
        "08/2012 – 07/2015",
        "Cello Teacher at the Musikschule Johann Crüger, Guben",
        [
            "Taught 27 pupils between six and seventy-one years of age.",
            "Led the youth string orchestra and its exchange with Gorzów.",
        ],
    ),
]
EDUCATION = [
    (
        "2015 – 2018",
        "M.Sc. Computer Science, Martin Luther University Halle-Wittenberg, grade 1.3. Thesis: Backpressure in "
        "Event-Driven Timetables.",
    ),
    ("2008 – 2012", "B.Mus. Cello and Music Education, Hochschule für Musik Hanns Eisler, Berlin."),
    ("2007", "Abitur at the Goethe-Gymnasium, Weimar."),
]
CERTIFICATES = [
    ("2024", "Certified Kubernetes Administrator (CKA)"),
    ("2021", "AWS Certified Solutions Architect, Associate"),
    ("2019", "Certified ScrumMaster"),
]
TALKS = [
    ("2025", "“Eleven Services Later: What We Should Not Have Split”, GopherCon Europe, Berlin"),
    ("2023", "“A Deadlock for Christmas”, PGConf.DE, Essen"),
    ("2020", "“Receipts Are Forever”, KotlinConf, online"),
]
SKILLS = [
    ("Languages", "Go, Kotlin, SQL, Python, a little Rust"),
    ("Data", "PostgreSQL, Kafka, RabbitMQ, Redis"),
    ("Platform", "Kubernetes, Terraform, Argo CD, AWS, Hetzner"),
    ("Observability", "Prometheus, Grafana, OpenTelemetry, Loki"),
    ("Spoken", "German (native), Yoruba (native), English (C1), Polish (A2)"),
]
VOLUNTEERING = [
    ("since 2019", "Organiser of the meetup Go Leipzig, every first Thursday of the month"),
    ("2016 – 2018", "Tutor for refugees in a programming course of the Freiwilligen-Agentur Halle"),
]
INTERESTS = "String quartet (she plays the cello), sourdough, night trains, restoring a 1962 tape recorder"

LINK = HexColor("#8a3b12")
TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=10.4, leading=14.6)
TITLE = ParagraphStyle("title", TEXT, fontName="Helvetica-Bold", fontSize=21, leading=26)
HEADING = ParagraphStyle("heading", TEXT, fontName="Helvetica-Bold", fontSize=13, leading=20, textColor=LINK)
BULLET = ParagraphStyle("bullet", TEXT, leftIndent=11, bulletIndent=1, spaceAfter=2)


def private() -> list[str]:
    """Every string of the documents that must never be shown."""
    return [*CONTACT, *(value for _, value in PERSONAL), "0176 040 691 17", "hallo@krantz.example.com"]


def make_cv(path: Path) -> None:
    """Write the CV."""
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), 20 * mm)
    SimpleDocTemplate(str(path), pagesize=A4, title=f"CV {NAME}", invariant=1, **margins).build(list(_story()))


def _story() -> Iterator[Flowable]:
    yield Paragraph(NAME, TITLE)
    yield Paragraph(ROLE, TEXT)
    yield Paragraph(" · ".join(CONTACT), TEXT)
    yield from (Paragraph(f"{label}: {value}", TEXT) for label, value in PERSONAL)
    yield Paragraph("Profile", HEADING)
    yield Paragraph(PROFILE, TEXT)
    yield Paragraph("Experience", HEADING)
    for dates, title, points in JOBS:
        told = [Paragraph(f"<b>{title}</b>", TEXT), *(Paragraph(one, BULLET, bulletText="•") for one in points)]
        yield _row(dates, told)
    yield PageBreak()
    for heading, rows in (("Education", EDUCATION), ("Certificates", CERTIFICATES), ("Talks", TALKS)):
        yield from _listed(heading, rows)
    yield from _listed("Skills", SKILLS)
    yield from _listed("Volunteering", VOLUNTEERING)
    yield Paragraph("Interests", HEADING)
    yield Paragraph(INTERESTS, TEXT)


def _listed(heading: str, rows: Sequence[tuple[str, str]]) -> Iterator[Flowable]:
    yield Paragraph(heading, HEADING)
    yield from (_row(left, [Paragraph(right, TEXT)]) for left, right in rows)
    yield Spacer(0, 3 * mm)


def _row(left: str, right: list[Flowable]) -> Table:
    """What stands at the left, and what belongs to it."""
    return Table([[Paragraph(left, TEXT), right]], [36 * mm, 134 * mm], style=[("VALIGN", (0, 0), (-1, -1), "TOP")])


if __name__ == "__main__":
    make_cv(Path(sys.argv[1]))
