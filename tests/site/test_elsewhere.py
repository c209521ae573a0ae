"""The element on other pages: as a bubble, where the page puts it, asking somewhere else."""

from playwright.sync_api import expect

from tests.processes import wait_until
from tests.site.browser import Visit, answer, ask, field
from tests.site.fake_ask import FakeAsk, answering, quiet_script
from tests.site.pages import ELSEWHERE


def test_one_line_puts_a_bubble_on_any_page(visit: Visit, fake: FakeAsk) -> None:
    fake.pages["/other"] = (ELSEWHERE % ("", "?bubble")).encode()
    fake.script = answering("At VitaScale.")
    page = visit(path="other")
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url.rpartition("/")[2]))
    page.reload()
    launcher = page.get_by_role("button", name="Ask a question")
    expect(launcher).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert set(loaded) == {"other", "ask-portfolio.js?bubble", "render.js", "words.js"}
    assert fake.warmed == 0
    launcher.focus()
    wait_until(lambda: fake.warmed == 1, what="the warm request")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Ask a question")).to_be_visible()
    expect(field(page)).to_be_focused()
    expect(page.get_by_role("heading", name="Vivek Padayattil")).to_be_visible()
    page.keyboard.type("Where?")
    page.keyboard.press("Enter")
    expect(answer(page)).to_have_text("At VitaScale.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(launcher).to_be_focused()
    launcher.click()
    expect(answer(page)).to_have_text("At VitaScale.")
    page.get_by_role("button", name="Close").click()
    expect(launcher).to_be_focused()


def test_the_element_stands_where_the_page_puts_it_and_styles_stay_apart(visit: Visit, fake: FakeAsk) -> None:
    fake.pages["/other"] = (ELSEWHERE % ("<ask-portfolio lang='de'>\n</ask-portfolio><p id='after'>x</p>", "")).encode()
    fake.script = answering("Bei VitaScale.")
    page = visit(path="other")
    expect(page.get_by_role("heading", name="Vivek Padayattil")).to_be_visible()
    ask(page, "Wo?")
    expect(answer(page)).to_have_text("Bei VitaScale.")
    color = "node => getComputedStyle(node).color"
    assert page.locator("#after").evaluate(color) == "rgb(255, 0, 0)"
    assert page.locator(".answer p").evaluate(color) != "rgb(255, 0, 0)"
    assert page.locator("#after").evaluate("node => getComputedStyle(node).fontSize") == "48px"
    above = page.locator("ask-portfolio").bounding_box()
    below = page.locator("#after").bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]


def test_the_endpoint_may_be_somewhere_else(visit: Visit, fake: FakeAsk) -> None:
    with FakeAsk() as other:
        other.script = answering("From there.")
        fake.pages["/other"] = (ELSEWHERE % (f"<ask-portfolio endpoint='{other.url}api'></ask-portfolio>", "")).encode()
        page = visit(path="other")
        ask(page)
        expect(answer(page)).to_have_text("From there.")
        assert len(other.questions) == 1
        assert fake.questions == []


def test_an_element_that_is_moved_goes_on_and_one_that_is_removed_ends_its_request(visit: Visit, fake: FakeAsk) -> None:
    fake.script = quiet_script()
    page = visit()
    ask(page)
    expect(answer(page)).to_have_text("Half a sent")
    page.evaluate("document.body.append(document.querySelector('ask-portfolio'))")
    page.evaluate("() => new Promise((done) => setTimeout(done))")
    assert not fake.left.is_set()
    page.evaluate("document.querySelector('ask-portfolio').remove()")
    wait_until(fake.left.is_set, what="the server noticing")


def test_a_script_may_ask(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("Here.")
    page = visit()
    page.evaluate("document.querySelector('ask-portfolio').ask('Where?')")
    expect(answer(page)).to_have_text("Here.")
    assert fake.questions[0]["question"] == "Where?"
