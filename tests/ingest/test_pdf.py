import random
import shutil
import time
from collections.abc import Callable
from itertools import chain, zip_longest
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from functions.ingest.chunk import chunk
from functions.ingest.parse import parse
from functions.ingest.parsers.pdf import pdf
from functions.shared.problem import Refused
from functions.shared.records import Document
from functions.shared.settings import Settings
from tests.conftest import needs
from tests.ingest.events import published
from tests.ingest.layouts import LAYOUTS
from tests.ingest.layouts.pages import PAGES
from tests.ingest.printed import BOLD, Run, column, drawn
from tests.quality import second_cv, third_cv
from tests.quality.second_person import JOBS

MAIN = column(
    200,
    750,
    "**Experience",
    "##ML Engineer | 2020 – Present",
    "Bazaar Ltd, Pune",
    "• Built the ranking of the search page, which raised sales by",
    "  9 percent in one year.",
    "• Led four engineers.",
    "##Data Analyst | 03/2017 – 12/2019",
    "Sahyadri Bank, Mumbai",
    "• Scored credit risk for 2 million customers and cut defaults by",
    "  a tenth.",
    "**Education",
    "##M.Tech. Computer Science | 2015 – 2017",
    "Institute of Technology, Mumbai",
)
SIDE = column(
    60, 750, "**Skills", "Python", "SQL", "Spark", "", "**Languages", "• English", "• Hindi", "", "**Tools", "Git"
)
NAME: list[Run] = [(60, 800, BOLD, 22, "Ravi Menon")]


def read(content: bytes) -> Document:
    return parse(published(content, "application/pdf"))


def texts(document: Document) -> dict[str, str]:
    return {" › ".join(section.path): section.text for section in document.sections}


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param([*NAME, *MAIN, *SIDE], id="the main column first"),
        pytest.param([*NAME, *SIDE, *MAIN], id="the side column first"),
        pytest.param(sorted([*NAME, *MAIN, *SIDE], key=lambda run: (-run[1], run[0])), id="row by row"),
        pytest.param([*NAME, *(run for run in chain(*zip_longest(MAIN, SIDE)) if run)], id="in turns"),
    ],
)
def test_columns_are_read_one_by_one_in_whatever_order_they_were_drawn(runs: list[Run]) -> None:
    found = read(drawn(runs))
    assert found.title == "Ravi Menon"
    assert texts(found) == {
        "Experience › ML Engineer, Bazaar Ltd, Pune": "ML Engineer, Bazaar Ltd, Pune, 2020 – Present\n"
        "- Built the ranking of the search page, which raised sales by 9 percent in one year.\n- Led four engineers.",
        "Experience › Data Analyst, Sahyadri Bank, Mumbai": "Data Analyst, Sahyadri Bank, Mumbai, 03/2017 – 12/2019\n"
        "- Scored credit risk for 2 million customers and cut defaults by a tenth.",
        "Education › M.Tech. Computer Science, Institute of Technology, Mumbai": "M.Tech. Computer Science,"
        " Institute of Technology, Mumbai, 2015 – 2017",
        "Skills": "Skills: Python, SQL, Spark",
        "Languages": "Languages: English, Hindi",
        "Tools": "Git",
    }


@pytest.mark.parametrize(
    ("draw", "title", "outline"),
    [pytest.param(draw, title, outline, id=name) for name, draw, title, outline in LAYOUTS],
)
def test_a_cv_in_any_layout_has_its_outline(draw: Callable[[], bytes], title: str, outline: dict[str, str]) -> None:
    found = read(draw())
    assert found.title == title
    assert list(texts(found).items()) == list(outline.items())


@pytest.mark.parametrize(
    ("page", "title", "outline"), [pytest.param(page, title, outline, id=name) for name, page, title, outline in PAGES]
)
def test_a_page_that_a_browser_printed_has_its_outline(page: str, title: str, outline: dict[str, str]) -> None:
    found = read(printed_by_browser(page))
    assert found.title == title
    assert list(texts(found).items()) == list(outline.items())


def printed_by_browser(page: str) -> bytes:
    chromium = shutil.which("chromium")
    needs(chromium, "Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
        tab = browser.new_page()
        tab.set_content(page)
        content = tab.pdf(format="A4")
        browser.close()
    return content


def test_a_cv_of_a_word_processor_has_its_sections_tables_and_dates(tmp_path: Path) -> None:
    third_cv.make_cv(tmp_path / "cv.pdf")
    found = texts(read((tmp_path / "cv.pdf").read_bytes()))
    assert {path.split(" › ")[0] for path in found} == {
        "",
        "Profile",
        "Professional Experience",
        "Education",
        "Certificates & Licences",
        "Skills",
        "Publications",
        "Awards",
        "Voluntary Work",
        "Interests",
        "Personal Details",
    }
    assert found["Skills"].split("\n") == [f"{label}: {value}" for label, value in third_cv.SKILLS]
    for section, told in (
        ("Certificates & Licences", third_cv.CERTIFICATES),
        ("Awards", third_cv.AWARDS),
        ("Voluntary Work", third_cv.VOLUNTEERING),
    ):
        assert found[section].split("\n") == [f"{text}, {dates}" for text, dates in told]
    assert found["Profile"] == third_cv.PROFILE
    assert (
        "Thesis: Stability of Diluted Bortezomib in Polyolefin Bags"
        in found["Education › Integrated Master in Pharmaceutical Sciences"]
    )
    assert "Journal of Trial Practice" in found["Publications"]
    assert found[""].startswith("Tiago Wellenbrink, Clinical Trial Manager, Pharmacist\n")


def test_a_column_goes_on_on_the_next_page_past_the_side_column() -> None:
    first = [*NAME, *column(200, 750, "**Experience", "##ML Engineer | 2020 – 2024", "• One.", "• Two.", "• Three.")]
    first += column(60, 750, "**Skills", "• Python", "• SQL", "• Spark", "• Airflow")
    second = [
        *column(60, 780, "**Tools", "• Git", "• Docker", "• Helm"),
        *column(200, 780, "• Four.", "• Five.", "• Six."),
    ]
    found = texts(read(drawn(first, second)))
    assert found == {
        "Experience › ML Engineer": "ML Engineer, 2020 – 2024\n- One.\n- Two.\n- Three.\n- Four.\n- Five.\n- Six.",
        "Skills": "Skills: Python, SQL, Spark, Airflow",
        "Tools": "Tools: Git, Docker, Helm",
    }


@pytest.mark.parametrize("interleaved", [False, True], ids=["column by column", "interleaved"])
def test_a_two_page_cv_keeps_every_sentence_every_job_and_every_list(tmp_path: Path, interleaved: bool) -> None:
    second_cv.make_cv(tmp_path / "cv.pdf", interleaved)
    found = texts(read((tmp_path / "cv.pdf").read_bytes()))
    for job in JOBS:
        head = f"{job.title}, {job.place}"
        lines = found[f"Work Experience › {head}"].replace("\n\n", "\n").split("\n")
        assert lines[0] == f"{head}, {job.dates}"
        assert lines[1 : len(job.points) + 1] == [f"- {point.replace('~', '')}" for point in job.points]
    assert found["Programming"] == "Programming: Python, SQL, Scala, R, Bash"
    assert found["Languages"] == "Languages: Dutch – native, English – C2, German – C1, Danish – A2"
    assert found["Education › MSc Hydraulic Engineering"].startswith(
        "MSc Hydraulic Engineering, 2010 – 2012: Delft University of Technology, final grade 8.4 of 10."
    )
    assert not any("Page 2" in text or "Curriculum Vitae" in text for text in found.values())


def test_a_two_page_cv_is_parsed_and_chunked_in_half_a_second(tmp_path: Path) -> None:
    second_cv.make_cv(tmp_path / "cv.pdf", interleaved=True)
    content = (tmp_path / "cv.pdf").read_bytes()
    chunk(read(content), Settings())
    started = time.process_time()
    chunk(read(content), Settings())
    assert time.process_time() - started < 0.5


def test_a_damaged_pdf_is_read_or_refused_and_nothing_else(tmp_path: Path) -> None:
    second_cv.make_cv(tmp_path / "cv.pdf")
    whole = (tmp_path / "cv.pdf").read_bytes()
    for seed in range(40):
        chance = random.Random(seed)
        damaged = bytearray(whole[: chance.randrange(len(whole))] if seed % 4 == 0 else whole)
        for _ in range(chance.choice((1, 10, 200))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            pdf(bytes(damaged))
        except Refused:
            continue
