import io

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen import canvas
from reportlab.platypus import ListFlowable, ListItem, PageBreak, Paragraph, SimpleDocTemplate, Table

from functions.ingest.parse import parse
from functions.shared.problem import Malformed, Problem, Refused, WrongMediaType
from functions.shared.records import Document, Section
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


def test_markdown_sections_have_their_heading_path_without_the_title() -> None:
    found = markdown("# CV\n\nHello.\n\n## Work\n\nAcme.\n\n### Tasks\n\nETL.\n\n## Skills\n\nPython.\n")
    assert found.title == "CV"
    assert found.sections == (
        Section((), "Hello."),
        Section(("Work",), "Acme."),
        Section(("Work", "Tasks"), "ETL."),
        Section(("Skills",), "Python."),
    )


def test_front_matter_names_title_uri_date_and_audience() -> None:
    found = markdown(
        "---\ntitle: My CV\nuri: https://example.org/cv\nupdated: 2026-01-31\nAudience: On-Request\nother: 1\n---\nHi\n"
    )
    assert (found.title, found.uri, found.updated) == ("My CV", "https://example.org/cv", "2026-01-31")
    assert found.audience == "on-request"


@pytest.mark.parametrize(
    ("front", "says"),
    [
        ("title: [", "not valid YAML"),
        ("audience: friends", "public, on-request, never"),
        ("audience:", "public, on-request, never"),
        ("- a list", "key: value"),
        ("title: {a: 1}", "one line of text"),
        ("updated: soon", "2026-01-31"),
        ("uri: javascript:alert(1)", "http or https"),
    ],
)
def test_bad_front_matter_is_refused_with_what_is_accepted(front: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        markdown(f"---\n{front}\n---\nText\n")


def test_front_matter_that_is_never_closed_is_refused() -> None:
    with pytest.raises(Refused, match="never closed"):
        markdown("---\naudience: never\n\nMy salary.\n")


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert markdown("---\n\nText.\n").sections == (Section((), "Text."),)


def test_hard_wrapped_paragraphs_are_unwrapped_and_meant_breaks_kept() -> None:
    assert (
        markdown("One line\ngoes on.\\\nSecond line.\n\nNext.").sections[0].text
        == "One line goes on.\nSecond line.\n\nNext."
    )


def test_lists_stay_with_the_line_that_introduces_them() -> None:
    found = markdown("Skills:\n\n- Python,\n  SQL\n- ML\n  - NLP\n\n1. One\n2. Two\n\nAfter.")
    assert found.sections[0].text == "Skills:\n- Python, SQL\n- ML\n  - NLP\n\n1. One\n2. Two\n\nAfter."


def test_links_keep_their_text_and_autolinks_their_address() -> None:
    found = markdown("See [my site](https://a.b/c), <https://d.e/f> and `code` or **bold**.")
    assert found.sections[0].text == "See my site, https://d.e/f and code or bold."


def test_table_rows_read_alone() -> None:
    found = markdown("| Language | Level |\n| --- | --- |\n| German | B2 |\n| English | fluent |\n")
    assert found.sections[0].text == "Language: German; Level: B2\nLanguage: English; Level: fluent"


def test_code_is_kept_as_it_is() -> None:
    assert markdown("```python\ndef f():\n    return 1\n```\n").sections[0].text == "def f():\n    return 1"


def test_a_section_may_carry_its_own_audience_and_hands_it_down() -> None:
    found = markdown(
        "# CV\n\nHi.\n\n## Salary\n<!-- audience: on-request -->\nHigh.\n\n### Bonus\n\nYes.\n\n"
        "#### Secret <!-- audience: never -->\n\nNo.\n\n## Work\n\nAcme."
    )
    assert [(section.path, section.audience) for section in found.sections] == [
        ((), "public"),
        (("Salary",), "on-request"),
        (("Salary", "Bonus"), "on-request"),
        (("Salary", "Bonus", "Secret"), "never"),
        (("Work",), "public"),
    ]


def test_a_section_cannot_be_more_public_than_the_one_around_it() -> None:
    found = markdown("# CV\nHi.\n## A\n<!-- audience: never -->\n### B\n<!-- audience: public -->\nText.")
    assert found.sections[-1].audience == "never"


@pytest.mark.parametrize(
    "text",
    [
        "## Salary\n\nHigh.\n\n<!-- audience: never -->\n",
        "High. <!-- audience: never -->\n",
        "<!-- audience: never -->\n# CV\n",
        "- High <!-- audience: never -->\n",
        "## Salary\n<!-- audience: family -->\nHigh.\n",
    ],
)
def test_an_audience_that_would_have_no_effect_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="audience"):
        markdown(text)


def test_headings_without_text_become_lines_of_the_section_above() -> None:
    found = markdown("# CV\nHi.\n## Projects\n### Tracker\n### Dashboard\n")
    assert found.sections[-1] == Section(("Projects",), "Tracker\nDashboard")


@pytest.mark.parametrize(
    ("document", "content", "event_title", "title"),
    [
        ("cv", "---\ntitle: Front\n---\n# First\nx", "Event", "Event"),
        ("cv", "---\ntitle: Front\n---\n# First\nx", "", "Front"),
        ("cv", "# First\nx", "", "First"),
        ("work/vita-scale_gmbh", "x", "", "Vita scale gmbh"),
    ],
)
def test_the_title_comes_from_the_event_the_front_matter_the_heading_or_the_id(
    document: str, content: str, event_title: str, title: str
) -> None:
    assert markdown(content, document=document, title=event_title).title == title


def test_the_stricter_audience_of_event_and_document_holds() -> None:
    assert markdown("---\naudience: never\n---\nx", audience="public").audience == "never"
    assert markdown("x", audience="on-request").audience == "on-request"


def test_html_keeps_what_a_reader_sees() -> None:
    found = html(
        """<!doctype html><title>Jane &amp; co</title><style>p{}</style>
        <header><nav><a href=#>Home</a></nav><h1>Jane Roe</h1><p>Data  Scientist<br>in Mainz</p></header>
        <main><h2>Work</h2><a href=x><div><h3>Acme <b>GmbH</b></h3><p>ETL &lt;3</p></div></a>
        <ul><li>One<li><p>Two</p></ul>loose <em>text</em><p hidden>no</p><p style="display:none">no</p>
        <div aria-hidden=true>no</div><script>no()</script><form>no</form><div role=navigation>no</div>
        <dl><dt>Place<dd>Mainz</dl><table><tr><th>German</th><td>B2</td></tr></table>
        <p><span>Python</span><span>SQL</span></p></main><footer>© no</footer>"""
    )
    assert found.title == "Jane & co"
    assert found.sections == (
        Section(("Jane Roe",), "Data Scientist\nin Mainz"),
        Section(("Work", "Acme GmbH"), "ETL <3\n- One\n- Two\n\nloose text\nPlace: Mainz\n\nGerman: B2\n\nPython SQL"),
    )


def test_a_page_nested_beyond_measure_is_refused() -> None:
    with pytest.raises(Refused, match="deep"):
        html("<div>" * 5000 + "x")
    with pytest.raises(Refused, match="deep"):
        html("<ul><li>x" * 3000)
    with pytest.raises(Refused, match="deep"):
        html("<b>" * 5000 + "x")


def test_plain_text_is_unwrapped() -> None:
    found = parse(
        published(
            "I build data pipelines that clean and store what the sensors measure, and\n"
            "I watch over them in produc-\ntion, day and night. It works.\n\n"
            "Mainz\nGermany\n\nTools:\n* Python\n* SQL that is\n  long\n",
            "text/plain",
        )
    )
    assert found.sections[0].text == (
        "I build data pipelines that clean and store what the sensors measure, and I watch over them in production,"
        " day and night. It works.\n\nMainz\n\nGermany\n\nTools:\n- Python\n- SQL that is long"
    )


def test_a_pdf_gives_headings_paragraphs_lists_and_rows() -> None:
    found = parse(published(cv(), "application/pdf"))
    long = "Built an ETL workflow that cleans, processes and stores the sensor data of every device in MySQL."
    assert found.title == "CV of Jane Roe"
    assert found.sections == (
        Section((), "Data Scientist · Mainz, Germany", anchor="page=1"),
        Section(("Work", "Acme GmbH, Mainz"), f"{long} It ran daily.\n\n- {long}\n- Docker", anchor="page=1"),
        Section(("Languages",), "German, B2\nEnglish, fluent", anchor="page=1"),
        Section(("Education",), "M.Sc. Mechatronics, University of Siegen", anchor="page=2"),
    )


def test_words_broken_at_a_pdf_lines_end_are_put_together() -> None:
    text = [
        "He takes models from the first open-source experiment to data prepa-",
        "ration and to everything that happens in production, and he likes open-",
        "source tools.",
    ]
    found = parse(published(printed(*(("Helvetica", line, 10.0) for line in text)), "application/pdf"))
    assert found.sections[0].text == (
        "He takes models from the first open-source experiment to data preparation and to everything that happens in"
        " production, and he likes open-source tools."
    )


def test_capitals_and_bold_lines_are_headings_in_a_pdf_of_one_size() -> None:
    body = "He has worked as a data scientist for more than two years and he likes it a lot."
    lines = [("Helvetica", "EXPERIENCE", 10.0), ("Helvetica-Bold", "Acme", 10.0), ("Helvetica", body, 10.0)]
    found = parse(published(printed(*lines, title="untitled"), "application/pdf"))
    assert (found.title, found.sections[0].path[-1], found.sections[0].text) == ("Experience", "Acme", body)


def encrypted() -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out, encrypt=StandardEncryption("secret"))
    page.drawString(72, 700, "Text")
    page.save()
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "content_type", "problem", "says"),
    [
        (b"%PDF-1.4 broken", "application/pdf", Refused, "broken, or no PDF"),
        (b"", "application/pdf", Refused, "broken, or no PDF"),
        (encrypted(), "application/pdf", Refused, "encrypted"),
        (printed(), "application/pdf", Refused, "no text"),
        (b" \n ", "text/markdown", Refused, "no text"),
        (b"<script>x</script>", "text/html", Refused, "no text"),
        (b"x", "image/png", WrongMediaType, "text/markdown, text/plain, text/html, application/pdf"),
        (b"x", "text/plain; charset=klingon", WrongMediaType, "klingon"),
        (b"x", "text/plain; charset=base64", WrongMediaType, "base64"),
        ("Grüße".encode("latin-1"), "text/plain", Malformed, "byte 2"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_a_precise_problem(
    content: bytes, content_type: str, problem: type[Problem], says: str
) -> None:
    with pytest.raises(problem) as caught:
        parse(published(content, content_type))
    assert type(caught.value) is problem
    assert says in caught.value.detail


def test_the_charset_of_the_media_type_or_the_page_is_honoured() -> None:
    assert parse(published("Grüße".encode("latin-1"), "text/plain; charset=ISO-8859-1")).sections[0].text == "Grüße"
    page = "<meta charset='windows-1252'><p>Grüße".encode("cp1252")
    assert parse(published(page, "text/html")).sections[0].text == "Grüße"
    assert parse(published(b"\xef\xbb\xbfHi", "text/plain")).sections[0].text == "Hi"


@pytest.mark.parametrize(
    "hidden",
    [
        "0151\u00ad2345\u00ad6789",
        "0151\u200d23456789",
        "\uff10\uff11\uff15\uff11 \uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
    ],
)
def test_invisible_and_full_width_characters_hide_nothing(hidden: str) -> None:
    document = parse(published(f"# A\n\nCall {hidden} now.".encode(), "text/markdown"))
    text = document.sections[0].text.replace(" ", "")
    assert text == "Call015123456789now."


def test_a_term_and_all_that_is_said_of_it_is_one_line() -> None:
    told = html(
        "<dl><dt>Areas<dd>Nephrology<dd>Oncology<dt>Known for<dd>Short protocols.<dd>And good ones."
        "<dt>Do you freelance?<dd>No. But I review two a year.<dt>Alone<dt>Twins<dd>Both</dl>"
    ).sections[0]
    assert told.text.split("\n") == [
        "Areas: Nephrology; Oncology",
        "Known for: Short protocols. And good ones.",
        "Do you freelance? No. But I review two a year.",
        "Alone, Twins: Both",
    ]


@pytest.mark.parametrize(
    "quotation",
    [
        "<blockquote>She asks first. Always. <cite>Ada Moss, nurse</cite></blockquote>",
        "<blockquote><p>She asks first. <p>Always.</p><footer>— Ada Moss, nurse</footer></blockquote>",
        "<figure><blockquote>“She asks first. Always.”</blockquote><figcaption>Ada Moss, nurse</figcaption></figure>",
    ],
)
def test_somebody_elses_words_stand_apart_with_their_author(quotation: str) -> None:
    told = html(f"<p>We worked together.</p>{quotation}<p>Since then we do not.</p>").sections[0]
    assert told.text.split("\n\n") == [
        "We worked together.",
        "Ada Moss, nurse: “She asks first. Always.”",
        "Since then we do not.",
    ]


def test_a_quotation_without_an_author_stays_as_it_is() -> None:
    for quotation in ("Read.", "Read <cite>Nature</cite> first.", "Read.<cite hidden>Ada</cite>"):
        told = html(f"<p>A.</p><blockquote>{quotation}</blockquote>").sections[0].text
        assert told in ("A.\n\nRead.", "A.\n\nRead Nature first.")
    headed = html("<title>T</title><p>A.</p><blockquote><h2>B</h2><p>C. <cite>D</cite></blockquote>")
    assert headed.sections == (Section((), "A."), Section(("B",), "C. D"))
