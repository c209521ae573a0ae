"""A two-page, two-column CV of a made-up person, as PDF: what the parser has to read for the second corpus.

The person, the employers and every private detail are invented; the telephone numbers come from the ranges
Germany sets aside for fiction, and neither the account nor the passport number is valid. A tilde in a text marks where
a word may be hyphenated. `python -m tests.quality.second_cv cv.pdf [--interleaved]` writes one to look at.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

NAME = "Marit Oldenbroek"
ROLE = "Senior Data Engineer"

CONTACT = [
    "Am Pegelstein 27b",
    "22999 Hamburg",
    "+49 171 3920042",
    "040 66969 417",
    "marit.oldenbroek@example.org",
    "hello@oldenbroek.example",
    "www.oldenbroek.example",
]
PERSONAL = [
    "Date of birth: 14 March 1988",
    "Nationality: Dutch",
    "Marital status: married, two children",
    "Passport no.: NX7R42K18",
    "IBAN: DE00 2005 0550 0417 3920 42",
]
ELSEWHERE = [  # the forms on the portfolio page that the CV does not have
    "+491713920042",
    "hello (at) oldenbroek (dot) example",
    "14.03.1988",
]

PROFILE = (
    "Civil engineer turned data engineer, with more than ten years between dikes, ports and electricity grids. I "
    "build streaming and batch plat~forms that field crews trust, and I care most about data quality at the source. "
    "Currently leading the data platform team of a grid oper~ator in northern Germany."
)


@dataclass(frozen=True)
class Job:
    title: str
    dates: str
    place: str
    points: Sequence[str]
    stack: str = ""


JOBS = [
    Job(
        "Senior Data Engineer",
        "06/2023 – Present",
        "Halyard Grid Services GmbH, Hamburg",
        [
            "Lead a team of six engineers who run the metering platform for 1.4 million smart meters.",
            "Moved 38 nightly batch jobs to streaming and cut the delay of load data from nine hours to four minutes.",
            "Introduced data contracts with 23 source systems; inci~dents caused by schema changes fell by 71 percent.",
            "Lowered the monthly Azure bill from €46,000 to €29,500 by right-sizing clusters and moving cold data to a "
            "cheaper tier.",
            "Mentor two apprentices and run a fortnightly reading circle on distrib~uted sys~tems.",
        ],
        "Scala, Spark Structured Streaming, Kafka, Delta Lake, Terraform",
    ),
    Job(
        "Data Engineer",
        "02/2020 – 05/2023",
        "Quayline Analytics, Bremen",
        [
            "Built the berth forecast for two con~tainer terminals in Bremerhaven; the error of the predicted arrival "
            "time dropped from 5.2 to 1.9 hours.",
            "Designed the warehouse on Airflow and dbt: 140 models, 96 percent of them covered by auto~mated tests.",
            "Joined AIS positions of 11,000 vessels with tide and weather data in PostGIS, refreshed every 90 seconds.",
            "Rewrote the alerting as lead of the on-call rota; night-time alarms went from 31 to 6 a month.",
        ],
        "Python, Airflow, dbt, PostGIS, LightGBM, Docker",
    ),
    Job(
        "Hydraulic Engineer and Data Analyst",
        "09/2015 – 01/2020",
        "Rijnmond Waterbouw B.V., Rotterdam",
        [
            "Modelled storm surges for 64 km of river dikes in HEC-RAS and auto~mated 300 simu~lation runs a week with "
            "Python.",
            "Installed 420 piezometers in the dikes and set up the telem~etry that reads them every 15 minutes.",
            "Replaced paper reports by a web map, the Dike Atlas, which shortened an inspection cycle from three weeks "
            "to four days.",
            "Trained 35 inspectors and dike wardens in QGIS.",
        ],
    ),
    Job(
        "Site Engineer",
        "10/2012 – 08/2015",
        "Brandsma & Veen Infra, Groningen",
        [
            "Supervised the construc~tion of two movable bridges over the Eemskanaal with a budget of €17 million.",
            "Coordinated nine sub~contrac~tors and handed over the second bridge five weeks ahead of schedule.",
            "Introduced digital site logs on tablets, used by 60 colleagues within a year.",
        ],
    ),
]

EDUCATION = [
    (
        "2018 – 2019",
        "Postgraduate Certificate in Data Engineering",
        "Erasmus University Rotterdam, part-time beside the job",
    ),
    (
        "2010 – 2012",
        "MSc Hydraulic Engineering",
        "Delft University of Technology, final grade 8.4 of 10. Thesis: Wave Overtopping of Grass-Covered Dikes under "
        "Long-~Period Swell",
    ),
    ("2007 – 2010", "BSc Civil Engineering", "University of Twente, Enschede"),
]

PROJECTS = [
    (
        "GridPulse (2024)",
        "Anomaly detection on the tempera~tures of 5,200 distribution trans~formers. Found 17 failing ones "
        "before they broke down in its first winter.",
    ),
    (
        "Peilschaal (since 2021)",
        "Open-source Python library that cleans tide gauge records. 640 stars, in use at three Dutch water boards.",
    ),
    ("Tidepool (2022)", "A self-built water quality probe in the harbour of Oevelgönne with an open data feed."),
]

PUBLICATIONS = [
    "Late Data, Early Warnings: Streaming Quality Checks for Smart Meters. North Sea Data Days, Aarhus, 2024",
    "Cleaning Tide Gauge Records with Robust Splines. Notes in Coastal Com~puting 12, 2020, with R. Achterberg",
]

AWARDS = [
    "Best Talk, Data Harbour conference, Bremen, 2022",
    "Young Hydraulic Engineer Award of the Dijkfonds foundation, 2017",
]

VOLUNTEERING = [
    "Teaches Python to girls of 12 to 16 at Kodeklub Altona, Thursdays since 2022",
    "Treasurer of the rowing club Ruderfreunde Bille, 2021 – 2024",
]

SKILLS = [
    ("PROGRAMMING", ["Python", "SQL", "Scala", "R", "Bash"]),
    ("DATA PLATFORMS", ["Apache Spark", "Apache Kafka", "Apache Airflow", "dbt", "Delta Lake"]),
    ("CLOUD & OPERATIONS", ["Microsoft Azure", "Kubernetes", "Terraform", "Docker", "GitLab CI", "Prometheus"]),
    ("DATABASES", ["PostgreSQL with PostGIS", "TimescaleDB", "DuckDB", "Azure SQL"]),
    ("ENGINEERING TOOLS", ["AutoCAD Civil 3D", "HEC-RAS", "QGIS", "MATLAB"]),
    ("LANGUAGES", ["Dutch – native", "English – C2", "German – C1", "Danish – A2"]),
    (
        "CERTIFICATES",
        [
            "Microsoft Azure Data Engineer Associate (DP-203), 2021",
            "Certified Kubernetes Application Developer, 2023",
            "Professional Scrum Master I, 2020",
        ],
    ),
    ("INTERESTS", ["Open-water swimming", "Restoring wooden dinghies", "Choir singing (alto)", "Baking rye bread"]),
]
SKILLS_ON_FIRST_PAGE = 4


def private() -> list[str]:
    """Every string, in the forms the CV and the page have it, that must never be shown."""
    values = [line.split(": ", 1)[1] for line in PERSONAL if not line.startswith("Nationality")]
    return [*CONTACT[:-1], *values, "Nationality: Dutch", *ELSEWHERE]


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

PAGES = 2
BOLD, ITALIC, PLAIN = "Helvetica-Bold", "Helvetica-Oblique", "Helvetica"


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
