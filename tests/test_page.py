"""The page in a real browser, before real nginx, before the real ask: only the language models are scripted."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from functions.shared.subject import read_subject
from tests.fake_llms import ANSWER
from tests.nginx import ASK, NameServer, Site
from tests.processes import ROOT, free_port, wait_until
from tests.site.browser import (
    Visit,
    answer,
    ask,
    ask_by_script,
    assert_accessible,
    by,
    chromium,
    field,
    needs_axe,
    stage,
    state,
)
from tests.site.hostile import PAYLOADS
from tests.site.stack import Stack, stack

WHOLE = "".join(ANSWER)
# Every text that the answer shows from now on, and whether it is still meant.
NOTE = """node => {
    window.shown = [];
    const note = () => window.shown.push([node.textContent, node.classList.contains("void")]);
    new MutationObserver(note).observe(node, {childList: true, characterData: true, subtree: true, attributes: true});
    note();
}"""


class Elsewhere(BaseHTTPRequestHandler):
    """Somebody's page, under a policy that allows the chat's origin and nothing else."""

    page = b""
    policy = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", self.policy)
        self.send_header("Content-Length", str(len(self.page)))
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def world(fed: dict[str, str], elsewhere: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = {**fed, "CORS_ORIGINS": elsewhere, "FIRST_TOKEN_S": "60", "STALL_S": "60"}
    with stack(tmp_path_factory.mktemp("stack"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(bfcache=True) as started:
        yield started


@pytest.fixture
def visit(browser: Browser, world: Stack) -> Iterator[Visit]:
    world.reset()
    visit = Visit(browser, world.url)
    yield visit
    visit.close()


def shown(page: Page) -> list[list[object]]:
    return list(page.evaluate("window.shown"))


def test_an_answer_streams_to_the_page_with_its_sources(visit: Visit, world: Stack) -> None:
    world.hosted.gap_s = 0.2
    page = visit()
    ask(page)
    answer(page).evaluate(NOTE)
    expect(by(page)).to_have_text("written by mistralai/Mistral-7B-Instruct-v0.2")
    expect(answer(page)).to_have_text(WHOLE)
    texts = [text for text, _ in shown(page) if text]
    assert len(set(texts)) >= 4, "the tokens arrived together"
    assert all(WHOLE.startswith(str(text)) for text in texts)
    page.locator(".cite").click()
    expect(page.locator("details[open] blockquote")).to_contain_text("VitaScale GmbH in Mainz")
    link = page.locator("details[open]").get_by_role("link")
    expect(link).to_have_attribute("href", "https://vivekpadayattil.com/")
    needs_axe()
    assert_accessible(page, "an answer")


def test_stop_reaches_the_language_model(visit: Visit, world: Stack) -> None:
    world.hosted.gap_s = 0.3
    world.hosted.pieces = ["Vivek ", "works ", "at ", "VitaScale "] * 50
    page = visit()
    ask(page)
    expect(answer(page)).to_contain_text("Vivek works")
    page.get_by_role("button", name="Stop").click()
    expect(stage(page)).to_contain_text("You stopped this answer.")
    wait_until(lambda: world.hosted.cancelled, what="the model noticing")
    world.reset()
    page.get_by_role("button", name="Ask again").click()
    expect(answer(page)).to_have_text(WHOLE)


def test_when_a_model_dies_in_mid_answer_the_text_is_replaced_once(visit: Visit, world: Stack) -> None:
    world.hosted.pieces, world.hosted.cut_after = ["At VitaScale GmbH ", "he is ", "a data scientist", " and"], 3
    world.hosted.gap_s = world.local.gap_s = 0.1
    page = visit()
    ask(page)
    answer(page).evaluate(NOTE)
    expect(by(page)).to_have_text(
        "written by tinyllama, the fallback model · some parts are down", use_inner_text=False
    )
    expect(answer(page)).to_have_text(WHOLE)
    meant = [str(text) for text, void in shown(page) if text and not void]
    turns = [before[:4] != after[:4] for before, after in pairwise(meant)]
    assert meant[0].startswith("At V")
    assert turns.count(True) == 1
    texts = [str(text) for text, _ in shown(page)]
    assert "" not in texts[texts.index(meant[0]) :], "there was a moment without text"


def test_a_verdict_reaches_asks_log_and_metrics(visit: Visit, world: Stack) -> None:
    page = visit()
    with page.expect_response("**/api/feedback") as said:
        ask(page)
        page.get_by_role("button", name="Helpful", exact=True).click()
    assert said.value.status == 204
    verdict = said.value.request.post_data_json
    lines = [json.loads(line) for line in world.ask.log.read_text().splitlines() if line.startswith("{")]
    assert [line["verdict"] for line in lines if line.get("answer_id") == verdict["id"]] == ["up"]
    port = next(line["port"] for line in lines if line["message"] == "metrics served")
    assert 'portfolio_ask_feedback_total{verdict="up"} 1.0' in httpx.get(f"http://127.0.0.1:{port}/metrics").text


def test_a_refusal_asks_no_model(visit: Visit, world: Stack) -> None:
    page = visit()
    ask(page, "Which football club does he support?")
    expect(by(page)).to_contain_text("none was made up")
    assert world.hosted.asked == []


def test_the_conversation_goes_along(visit: Visit, world: Stack) -> None:
    page = visit()
    ask(page)
    state(page, "idle")
    ask(page, "Where does he work?")
    expect(page.locator(".turn")).to_have_count(2)
    expect(by(page)).to_contain_text("written by")
    assert [message["content"] for message in world.hosted.asked[1]["messages"]][1] == WHOLE


def test_a_lost_connection_is_told_and_the_question_asked_again(visit: Visit, world: Stack) -> None:
    visit.expected_errors = 1
    page = visit()
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    ask(page)
    expect(stage(page)).to_contain_text("You are offline.")
    page.context.set_offline(False)
    expect(answer(page)).to_have_text(WHOLE)


def test_a_slow_network_shows_the_question_at_once(visit: Visit, world: Stack) -> None:
    page = visit()
    page.wait_for_load_state("networkidle")
    network = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 2000, "downloadThroughput": 4000, "uploadThroughput": 4000}
    network.send("Network.emulateNetworkConditions", slow)
    asked: list[str] = []
    page.on("response", lambda response: asked.append(response.url))
    ask(page)
    expect(page.locator(".turn h2")).to_contain_text("Where does Vivek work?")
    expect(stage(page)).to_have_text("searching the documents…")
    assert asked == []
    expect(answer(page)).to_have_text(WHOLE)


def test_the_back_forward_cache_brings_the_conversation_back(visit: Visit, world: Stack, elsewhere: str) -> None:
    page = visit()
    page.evaluate("addEventListener('pageshow', (event) => { window.restored = event.persisted; })")
    ask(page)
    expect(answer(page)).to_have_text(WHOLE)
    world.hosted.gap_s = 0.3
    world.hosted.pieces = ["Vivek ", "works ", "at ", "VitaScale "] * 50
    ask(page, "Where does he work now?")
    expect(answer(page)).to_contain_text("Vivek works")
    Elsewhere.page, Elsewhere.policy = b"<!doctype html><title>x</title><link rel=icon href=data:,>", ""
    page.goto(elsewhere)
    wait_until(lambda: world.hosted.cancelled, what="the model noticing")
    page.go_back(wait_until="commit")
    assert page.evaluate("window.restored") is True, "the page was loaded anew"
    expect(page.locator(".turn")).to_have_count(2)
    expect(stage(page)).to_contain_text("The connection broke before the answer was complete.")
    world.reset()
    page.get_by_role("button", name="Try again").click()
    expect(answer(page)).to_have_text(WHOLE)


def test_two_tabs_are_two_conversations(visit: Visit, world: Stack) -> None:
    one = visit()
    two = visit.open(one.context)
    world.hosted.gap_s = 0.05
    ask(one, "Where does Vivek work?")
    ask(two, "Where does he work?")
    for page in (one, two):
        expect(by(page)).to_contain_text("written by")
        expect(page.locator(".turn")).to_have_count(1)
    assert all(len(asked["messages"]) == 1 for asked in world.hosted.asked)


def test_a_german_on_a_phone_in_the_dark_needs_no_more_than_the_keyboard(visit: Visit, world: Stack) -> None:
    page = visit(320, 640, locale="de-DE", color_scheme="dark")
    expect(page.locator(".starters button").first).to_be_visible()
    page.keyboard.press("Shift+Tab")  # from the address bar to the end of the page
    page.keyboard.press("Shift+Tab")
    expect(field(page)).to_be_focused()
    page.keyboard.type("Where does Vivek work?")
    page.keyboard.press("Enter")
    expect(by(page)).to_have_text("geschrieben von mistralai/Mistral-7B-Instruct-v0.2")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.querySelector('ask-portfolio').shadowRoot.activeElement.matches('.cite')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("details[open] blockquote")).to_be_visible()
    needs_axe()
    assert_accessible(page, "German, dark, 320 px")


def test_without_javascript_the_contact_card_stands(visit: Visit, world: Stack) -> None:
    page = visit(java_script_enabled=False)
    subject = read_subject(ROOT / "corpus")
    expect(page.get_by_role("heading", name=subject.name)).to_be_visible()
    expect(page.get_by_text(subject.contact.strip())).to_be_visible()
    for link in subject.links:
        expect(page.get_by_role("link", name=link.label)).to_have_attribute("href", link.url)
    expect(page.get_by_text("needs JavaScript")).to_be_visible()


def test_one_line_puts_it_on_a_page_of_another_origin_with_a_policy_of_its_own(
    visit: Visit, world: Stack, elsewhere: str
) -> None:
    site = world.url.rstrip("/")
    Elsewhere.policy = (
        f"default-src 'none'; script-src {site}; connect-src {site}; img-src data:; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    Elsewhere.page = (
        '<!doctype html><html lang="en"><title>Somebody</title><link rel="icon" href="data:,">'
        f'<main><h1>Somebody</h1></main><script type="module" src="{site}/ask-portfolio.js?bubble"></script>'
    ).encode()
    visit.address = elsewhere
    page = visit()
    page.get_by_role("button", name="Ask a question").click()
    expect(page.get_by_role("heading", name="Vivek Padayattil")).to_be_visible()
    ask(page)
    expect(answer(page)).to_have_text(WHOLE)
    page.get_by_role("button", name="Helpful", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Thank you, noted.")
    needs_axe()
    assert_accessible(page, "a bubble")


def test_hostile_text_of_a_model_never_runs(visit: Visit, world: Stack) -> None:
    page = visit()
    for payload in PAYLOADS:
        world.hosted.pieces = ["Vivek works at VitaScale GmbH in Mainz [1]. ", payload]
        ask_by_script(page, "Where does Vivek work?")
    expect(page.locator(".turn")).to_have_count(len(PAYLOADS))
    assert len(world.hosted.asked) == len(PAYLOADS)
    assert page.locator(".turn :is(img, script, svg, iframe, style, object, embed, form, meta, base)").count() == 0
    # What no passage proves is shown while it streams, and then gives way to the quotes (tests/site has it stay).
    assert page.locator(".answer", has_text="alert(1)").count() == 0
    page.evaluate("() => new Promise(requestAnimationFrame)")  # Visit.close looks for what ran


def test_an_ask_that_is_away_is_told_with_how_long_to_wait(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names = NameServer(ASK)
    site = Site(tmp_path_factory.mktemp("away"), free_port(), names)
    visit = Visit(browser, f"{site.url}/")
    try:
        page = visit()
        ask(page)
        state(page, "failed")
        expect(stage(page)).to_contain_text("The chatbot cannot be reached just now.")
        expect(stage(page)).to_contain_text("Ask again in 5 seconds.")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        visit.expected_errors = len(visit.said)  # Chromium itself reports each 503
        assert all("503" in said for said in visit.said)
        visit.close()
    finally:
        site.process.stop()
        names.close()
