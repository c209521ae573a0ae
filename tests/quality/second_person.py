"""A made-up person, as her CV tells of her.

The person, the employers and every private detail are invented; the telephone numbers come from the ranges
Germany sets aside for fiction, and neither the account nor the passport number is valid. A tilde in a text marks where
a word may be hyphenated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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


def private() -> list[str]:
    """Every string, in the forms the CV and the page have it, that must never be shown."""
    values = [line.split(": ", 1)[1] for line in PERSONAL if not line.startswith("Nationality")]
    return [*CONTACT[:-1], *values, "Nationality: Dutch", *ELSEWHERE]
