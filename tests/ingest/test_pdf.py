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
from functions.ingest.parsers.dates import is_period, split_period
from functions.ingest.parsers.pdf import pdf
from functions.shared.problem import Refused
from functions.shared.records import Document, Section
from functions.shared.settings import Settings
from tests.conftest import needs
from tests.ingest.events import published
from tests.ingest.layouts import LAYOUTS
from tests.ingest.layouts.pages import PAGES
from tests.ingest.printed import BOLD, ITALIC, PLAIN, Run, column, drawn
from tests.quality import second_cv, third_cv

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
    for job in second_cv.JOBS:
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


WIDE = "He moved everything to streaming and likes the tools of everybody, above all"


@pytest.mark.parametrize(
    ("runs", "text"),
    [
        pytest.param(
            [(60, 0, "Courier", "o"), (78, 0, PLAIN, "Cut costs."), (60, 1, "Courier", "o"), (78, 1, PLAIN, "Led.")],
            "- Cut costs.\n- Led.",
            id="an o for a bullet",
        ),
        pytest.param([(60, 0, PLAIN, "– Cut costs."), (60, 1, PLAIN, "– Led.")], "- Cut costs.\n- Led.", id="dashes"),
        pytest.param([(60, 0, "Symbol", "·"), (78, 0, PLAIN, "Cut costs.")], "- Cut costs.", id="a symbol"),
        pytest.param([(60, 0, PLAIN, "{Built an ETL workflow.")], "Built an ETL workflow.", id="a stray brace"),
        pytest.param(
            [(60, 0, BOLD, "Cloud Platforms"), (138.3, 0, PLAIN, "Microsoft Azure, AWS")],
            "Cloud Platforms: Microsoft Azure, AWS",
            id="names that touch",
        ),
        pytest.param(
            [(60, 0, PLAIN, "Deutsch"), (160, 0, PLAIN, "Muttersprache")], "Deutsch, Muttersprache", id="cells"
        ),
        pytest.param([(60, 0, PLAIN, "i n d e e d")], "indeed", id="letters set apart"),
        pytest.param(
            [(60, 0, PLAIN, f"{WIDE} inci-"), (60, 1, PLAIN, "dents.")], f"{WIDE} incidents.", id="a broken word"
        ),
        pytest.param(
            [(60, 0, PLAIN, f"{WIDE} Long-"), (60, 1, PLAIN, "Period Swell.")],
            f"{WIDE} Long-Period Swell.",
            id="a compound",
        ),
        pytest.param(
            [(60, 0, PLAIN, f"{WIDE} scikit-"), (60, 1, PLAIN, "learn.")],
            f"{WIDE} scikit-learn.",
            id="a compound that is known",
        ),
    ],
)
def test_what_the_typesetter_did_is_undone(runs: list[tuple[float, int, str, str]], text: str) -> None:
    lines: list[Run] = [(x, 720 - 14 * line, font, 10, told) for x, line, font, told in runs]
    body: Run = (60, 600, PLAIN, 10, "A sentence that is here to be the text of this page, and nothing more.")
    assert read(drawn([(60, 750, BOLD, 14, "Heading"), *lines, body])).sections[0].text.split("\n\n")[0] == text


TITLE, EMPLOYER, DATES = "Data Scientist", "Fjordkraft AS", "06/2023 – Present"


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(
            [(60, 0, BOLD, TITLE), (400, 0, PLAIN, DATES), (60, 1, ITALIC, EMPLOYER)], id="dates at the right"
        ),
        pytest.param([(60, 0, PLAIN, DATES), (141.8, 0, BOLD, TITLE), (60, 1, PLAIN, EMPLOYER)], id="dates that touch"),
        pytest.param([(60, 0, PLAIN, DATES), (170, 0, BOLD, TITLE), (170, 1, PLAIN, EMPLOYER)], id="dates at the left"),
        pytest.param([(60, 0, BOLD, TITLE), (60, 1, ITALIC, EMPLOYER), (60, 2, PLAIN, DATES)], id="dates below"),
        pytest.param([(60, 0, BOLD, f"{TITLE} ({DATES})"), (60, 1, PLAIN, EMPLOYER)], id="dates in brackets"),
        pytest.param([(60, 0, PLAIN, TITLE), (400, 0, PLAIN, DATES), (60, 1, PLAIN, EMPLOYER)], id="a plain title"),
    ],
)
def test_a_job_can_be_quoted_alone_wherever_its_dates_stand(head: list[tuple[float, int, str, str]]) -> None:
    task = "Cut the costs of the whole warehouse by 12 percent."
    runs: list[Run] = [(60, 800, BOLD, 20, "Tom"), (60, 750, BOLD, 14, "Experience")]
    runs += [(x, 732 - 13 * line, font, 10, told) for x, line, font, told in head]
    (section,) = read(drawn([*runs, (60, 690, PLAIN, 10, "•"), (72, 690, PLAIN, 10, task)])).sections
    first, second = section.text.split("\n")
    assert section.path[0] == "Experience"
    assert all(told in first for told in (TITLE, EMPLOYER, DATES))
    assert second == f"- {task}"


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    def page(number: int) -> list[Run]:
        body = column(60, 700, f"Sentence {number} is the text of this page.", size=11)
        edge: list[Run] = [(60, 820, PLAIN, 8, "Jane Roe · CV"), (60, 30, PLAIN, 8, f"Page {number} of 3")]
        return [*edge, *body]

    found = read(drawn(*(page(number) for number in (1, 2, 3)))).sections
    assert "\n\n".join(section.text for section in found) == "\n\n".join(
        f"Sentence {number} is the text of this page." for number in (1, 2, 3)
    )


def test_contact_lines_stay_apart_and_a_line_with_a_label_begins_anew() -> None:
    lines = column(60, 750, "**Contact", "Bremen, Germany", "lena@example.org", "+49 171 3920099", "Nationality: Dutch")
    lines += column(60, 600, "A sentence that is wide enough to be running text on a page like this one.")
    assert read(drawn(lines)).sections == (
        Section(
            (),
            "Bremen, Germany\n\nlena@example.org\n\n+49 171 3920099\n\nNationality: Dutch\n\n"
            "A sentence that is wide enough to be running text on a page like this one.",
            anchor="page=1",
        ),
    )


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("Data Engineer, 06/2021 – Present", ("Data Engineer", "06/2021 – Present")),
        ("06/2023 - PresentData Scientist", ("Data Scientist", "06/2023 - Present")),
        ("Werkstudent | März 2019 – heute", ("Werkstudent", "März 2019 – heute")),
        ("GridPulse (2024)", ("GridPulse", "2024")),
        ("seit 2020", ("", "seit 2020")),
        ("Python and SQL", ("Python and SQL", "")),
        ("1,900 turbines", ("1,900 turbines", "")),
    ],
)
def test_a_period_at_either_end_of_a_line_is_told_from_its_title(text: str, split: tuple[str, str]) -> None:
    assert split_period(text) == split


def test_a_period_is_a_date_or_two() -> None:
    assert all(
        map(is_period, ["2024", "(2018 – 2019)", "Jan. 2020 – Dec. 2021", "2020-01 to 2021-02", "since May 2022"])
    )
    assert not any(map(is_period, ["", "12", "Room 2024", "2018 and more", "20210"]))


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
