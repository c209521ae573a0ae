import shutil
from dataclasses import replace

from playwright.sync_api import expect, sync_playwright
from pytest_httpserver import HTTPServer

from functions.ingest.chunk import chunk
from functions.ingest.parse import parse
from functions.ingest.privacy import open_redactor, privacy
from functions.shared.settings import Settings
from tests.conftest import needs
from tests.ingest.events import published
from tests.ingest.printed import column, drawn

SETTINGS = Settings(chunk_size=80, chunk_overlap=0)
PAGE = "https://example.org/"


def uris(content: str | bytes, content_type: str, **more: str) -> dict[str, str]:
    """The address of each passage, by how the passage begins."""
    document = privacy(parse(published(content, content_type, **more)), open_redactor(SETTINGS)).document
    return {one.text[:14]: one.uri for one in chunk(document, SETTINGS)}


def test_a_heading_with_an_id_is_the_place_of_its_passages() -> None:
    html = """<h1 id="top">Jane</h1><p>Lives in Mainz.</p>
        <h2><a name="work"></a>Work</h2><p>Works at Vita.</p>
        <section id="edu"><div><h2>Education</h2></div><p>Studied in Siegen.</p><h3 id="über uns">More</h3>
        <p>Ok then.</p>
        </section>"""
    assert uris(html, "text/html", uri=PAGE) == {
        "Lives in Mainz": f"{PAGE}#top",
        "Works at Vita.": f"{PAGE}#work",
        "Studied in Sie": f"{PAGE}#edu",
        "Ok then.": f"{PAGE}#%C3%BCber%20uns",
    }


def test_a_page_without_ids_is_opened_at_the_words() -> None:
    html = """<title>CV</title><h2>Work</h2><p>Vivek works as a <b>Data Scientist</b> at VitaScale in Mainz.</p>
        <ul><li>Built an end-to-end, cloud & edge pipeline</li></ul>"""
    assert list(uris(html, "text/html", uri=PAGE).values()) == [
        f"{PAGE}#:~:text=Vivek%20works%20as%20a%20Data%20Scientist%20at%20VitaScale",
        f"{PAGE}#:~:text=Built%20an%20end%2Dto%2Dend%2C%20cloud%20%26%20edge%20pipeline",
    ]


def test_a_quotation_is_opened_at_its_words_though_its_author_comes_first_here() -> None:
    html = "<h2>Praise</h2><blockquote>She always asks first. <cite>Ada Moss</cite></blockquote>"
    assert uris(html, "text/html", uri=PAGE) == {"Ada Moss: “She": f"{PAGE}#:~:text=She%20always%20asks%20first."}


def test_words_that_the_page_shows_otherwise_give_way_to_the_heading() -> None:
    html = """<h2>Languages spoken</h2><table><tr><th>Language</th><th>Level</th></tr>
        <tr><td>German</td><td>B2</td></tr></table>"""
    assert uris(html, "text/html", uri=PAGE) == {"Language: Germ": f"{PAGE}#:~:text=Languages%20spoken"}


def test_what_was_redacted_is_in_no_address() -> None:
    html = """<h2 id="call-0170-1234567">Call 0170 1234567</h2><p>Any time of the day.</p>
        <h2>Telephone</h2><p>Under 0170 7654321 at night.</p>"""
    found = uris(html, "text/html", uri=PAGE)
    assert found["Any time of th"] == f"{PAGE}#:~:text=Any%20time%20of%20the%20day."
    assert found["Under [phone r"] == f"{PAGE}#:~:text=Under"


def test_only_an_https_page_is_opened_at_words() -> None:
    assert uris("<p>Jane lives in Mainz.</p>", "text/html", uri="http://example.org/") == {
        "Jane lives in ": "http://example.org/"
    }
    assert uris("Jane lives in Mainz.", "text/markdown", uri=PAGE) == {"Jane lives in ": PAGE}
    assert uris("<p>Jane lives in Mainz.</p>", "text/html") == {"Jane lives in ": ""}


def test_an_address_with_a_place_of_its_own_keeps_it() -> None:
    assert uris('<h1 id="x">Jane</h1><p>Lives here.</p>', "text/html", uri=f"{PAGE}#about") == {
        "Lives here.": f"{PAGE}#about"
    }


def test_markdown_names_its_headings_itself() -> None:
    text = "# CV\n\nJane.\n\n## Work {#jobs}\n\nVitaScale.\n\n"
    text += '<h2 id="edu">Education</h2>\n\nSiegen.\n\n## Other\n\nNothing.'
    assert uris(text, "text/markdown", uri=PAGE) == {
        "Jane.": PAGE,
        "VitaScale.": f"{PAGE}#jobs",
        "Siegen.": f"{PAGE}#edu",
        "Nothing.": PAGE,
    }
    document = parse(published(text))
    assert [section.path for section in document.sections][1] == ("Work",)


def test_markdown_on_github_has_the_ids_that_github_gives() -> None:
    text = "## Work & life: C++ in 2023!\n\nOne.\n\n## Über_mich\n\nTwo.\n\n## Work & life: C++ in 2023!\n\nThree."
    page = "https://github.com/me/site/blob/main/cv.md"
    assert uris(text, "text/markdown", found_at=page) == {
        "One.": f"{page}#work--life-c-in-2023",
        "Two.": f"{page}#über_mich",
        "Three.": f"{page}#work--life-c-in-2023-1",
    }
    assert set(uris(f"---\nuri: {PAGE}\n---\n{text}", "text/markdown", found_at=page).values()) == {PAGE}


def test_a_pdf_is_opened_at_the_page() -> None:
    first = column(60, 700, "A sentence on the first page that is long enough to be taken for running text.")
    second = column(60, 700, "Another sentence stands on the second page, and it is running text just as well.")
    found = uris(drawn(first, second), "application/pdf", uri=f"{PAGE}cv.pdf")
    assert found == {"A sentence on ": f"{PAGE}cv.pdf#page=1", "Another senten": f"{PAGE}cv.pdf#page=2"}


def test_a_list_that_runs_over_a_page_stays_one() -> None:
    first = column(60, 700, "What she did there over all these years, told one by one in a list:", "• Data", "• Cloud")
    second = column(60, 700, "• Streams")
    document = parse(published(drawn(first, second), "application/pdf"))
    assert [section.anchor for section in document.sections] == ["page=1"]


def test_a_browser_opens_a_page_at_the_words(httpserver: HTTPServer) -> None:
    chromium = shutil.which("chromium")
    needs(chromium, "Chromium is not installed")
    far = "<p>Something else to read, and nothing that was asked for.</p>" * 200
    html = f"<!doctype html><title>CV</title>{far}<p>Built an end-to-end, cloud &amp; edge pipeline.</p>{far}"
    httpserver.expect_request("/").respond_with_data(html, content_type="text/html")
    document = replace(parse(published(html, "text/html", uri=PAGE)), uri=httpserver.url_for("/"))
    place = next(one.uri for one in chunk(document, SETTINGS) if "pipeline" in one.text)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
        page = browser.new_page()
        page.goto(place)
        page.wait_for_function("() => scrollY > 1000")
        expect(page.get_by_text("end-to-end")).to_be_in_viewport()
        browser.close()
