"""Bytes by media type into titled sections, and a precise problem for what cannot be read."""

import io

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

from functions.ingest.parse import parse
from functions.shared.problem import Malformed, Problem, Refused, WrongMediaType
from functions.shared.records import Section
from tests.ingest.events import published
from tests.ingest.parse.parsed import cv, html, markdown, printed


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
