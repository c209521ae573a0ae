"""Lines of a PDF: what the typesetter did is undone, dates find their job, and what stands at the edge is left out."""

import pytest

from functions.ingest.parse import parse
from functions.ingest.parsers.dates import is_period, split_period
from functions.shared.records import Document, Section
from tests.ingest.events import published
from tests.ingest.printed import BOLD, ITALIC, PLAIN, Run, column, drawn


def read(content: bytes) -> Document:
    return parse(published(content, "application/pdf"))


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


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        pytest.param([(60, 0, BOLD, f"{TITLE},"), (60, 1, ITALIC, EMPLOYER)], f"{TITLE}, {EMPLOYER}", id="a comma"),
        pytest.param([(60, 0, BOLD, TITLE), (60, 1, ITALIC, f"{EMPLOYER} |")], f"{TITLE}, {EMPLOYER}", id="a bar"),
        pytest.param([(60, 0, BOLD, f"{TITLE}, | {EMPLOYER}")], f"{TITLE}, {EMPLOYER}", id="a comma before a bar"),
        pytest.param([(60, 0, BOLD, f"{TITLE}:")], TITLE, id="a colon"),
        pytest.param([(60, 0, BOLD, f"{TITLE} –")], TITLE, id="a dash"),
        pytest.param([(60, 0, BOLD, "B.Sc., grade 1.7.")], "B.Sc., grade 1.7", id="a number with a stop"),
        pytest.param([(60, 0, BOLD, "Fitter, Acme Inc.")], "Fitter, Acme Inc.", id="a short form"),
        pytest.param([(60, 0, PLAIN, "Riegl Medal,")], "Riegl Medal", id="a line that stands alone"),
    ],
)
def test_what_parts_a_line_from_its_dates_is_one_comma(lines: list[tuple[float, int, str, str]], text: str) -> None:
    runs: list[Run] = [(60, 800, BOLD, 20, "Tom"), (60, 750, BOLD, 14, "Experience"), (400, 732, PLAIN, 10, DATES)]
    runs += [(x, 732 - 13 * line, font, 10, told) for x, line, font, told in lines]
    runs += [(60, 690, PLAIN, 10, "•"), (72, 690, PLAIN, 10, "Cut the costs of the whole warehouse by 12 percent.")]
    (section,) = read(drawn(runs)).sections
    assert section.text.split("\n")[0] == f"{text}, {DATES}"


@pytest.mark.parametrize("bullet", ["• ", ""], ids=["bullets", "bare"])
def test_a_list_whose_items_end_with_commas_has_them_once(bullet: str) -> None:
    lines = column(60, 750, "**Skills", *(f"{bullet}{name}" for name in ("Python,", "SQL,", "Scala")))
    assert read(drawn(lines)).sections[0].text == "Skills: Python, SQL, Scala"


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
