"""The page in a real browser, against a scripted ask on another origin."""

import gzip
import html
import json
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from functions.shared.subject import read_subject
from tests.conftest import needs
from tests.processes import ROOT, wait_until
from tests.site.fake_ask import FakeAsk, answering, event, record, source

SITE = ROOT / "site"
SUBJECT = json.loads((SITE / "subject.json").read_text())
CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# What only a script run by hostile text would leave behind, and what the policy reported.
WATCH = """
    window.hurt = [];
    window.alert = (what) => window.hurt.push(String(what));
    window.violations = [];
    const note = (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`);
    addEventListener("securitypolicyviolation", note);
"""


class _Site(SimpleHTTPRequestHandler):
    """site/ with another config.js, as a deployment serves it."""

    def __init__(self, *args: Any, config: bytes, **kwargs: Any) -> None:
        self._config = config
        super().__init__(*args, directory=str(SITE), **kwargs)

    def do_GET(self) -> None:
        if self.path != "/config.js":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", str(len(self._config)))
        self.end_headers()
        self.wfile.write(self._config)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAsk]:
    with FakeAsk() as server:
        yield server


@pytest.fixture(scope="module")
def address(fake: FakeAsk) -> Iterator[str]:
    config = f"export default {json.dumps({'endpoint': fake.url})};".encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, config=config))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    needs(chromium, "Chromium is not installed")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM)
        yield started
        started.close()


class Visit:
    """Open pages, watched: afterwards nothing may have run, been blocked or been complained about."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.expected_errors = 0
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._pages: list[Page] = []
        self._said: list[str] = []

    def __call__(self, width: int = 1000, height: int = 800, **options: Any) -> Page:
        context = self._browser.new_context(viewport={"width": width, "height": height}, **options)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: self._said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._said.append(str(error)))
        self._contexts.append(context)
        self._pages.append(page)
        page.goto(self.address)
        return page

    def close(self) -> None:
        hurt = [page.evaluate("[window.hurt, window.violations]") for page in self._pages]
        for context in self._contexts:
            context.close()
        assert all(found in ([[], []], [None, None]) for found in hurt), hurt
        assert len(self._said) == self.expected_errors, self._said


@pytest.fixture
def visit(browser: Browser, address: str, fake: FakeAsk) -> Iterator[Visit]:
    fake.reset()
    visit = Visit(browser, address)
    yield visit
    visit.close()


def field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your question")


def ask(page: Page, question: str = "Where does Vivek work?") -> None:
    field(page).fill(question)
    page.get_by_role("button", name="Send").click()


def answer(page: Page) -> Locator:
    return page.locator(".turn:last-child .answer")


def by(page: Page) -> Locator:
    return page.locator(".turn:last-child .by")


def state(page: Page, name: str) -> None:
    expect(page.locator("ask-portfolio")).to_have_attribute("state", name)


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


# ── an answer ──


def test_tokens_are_shown_as_they_arrive(visit: Visit, fake: FakeAsk) -> None:
    searched, first, second = threading.Event(), threading.Event(), threading.Event()
    fake.script = [
        searched,
        event("sources", [source(1)]),
        first,
        event("token", {"text": "At VitaScale"}),
        second,
        *answering("At VitaScale", " in Mainz.", sources=(source(1),))[2:],
    ]
    page = visit()
    ask(page)
    state(page, "waiting")
    expect(page.get_by_text("searching the documents…")).to_be_visible()
    expect(page.get_by_role("heading", name="Where does Vivek work?")).to_be_visible()
    searched.set()
    expect(page.get_by_text("writing…")).to_be_visible()
    first.set()
    expect(answer(page)).to_have_text("At VitaScale")
    state(page, "streaming")
    expect(page.get_by_text("writing…")).to_be_hidden()
    second.set()
    expect(answer(page)).to_have_text("At VitaScale in Mainz.")
    state(page, "idle")
    expect(by(page)).to_have_text("written by mistral-7b")


def test_the_record_has_the_last_word(visit: Visit, fake: FakeAsk) -> None:
    done = event("done", record("Checked [2].", source(2)))
    fake.script = [event("sources", [source(1)]), event("token", {"text": "Unchecked."}), done]
    page = visit()
    ask(page)
    state(page, "idle")
    expect(answer(page)).to_have_text("Checked [2].")
    expect(page.locator("summary")).to_have_text("[2]Work › Job 2")


def test_sources_are_numbered_and_open_from_the_list_and_from_the_text(visit: Visit, fake: FakeAsk) -> None:
    sources = (source(1), source(2, uri="corpus/private.md"))
    fake.script = answering("First [1], then [1, 2], never [3].", sources=sources)
    page = visit()
    ask(page)
    state(page, "idle")
    expect(page.locator("summary")).to_have_text(["[1]Work › Job 1", "[2]Work › Job 2"])
    expect(page.locator(".cite")).to_have_text(["[1]", "[1]", "[2]"])
    expect(answer(page)).to_contain_text("never [3].")
    expect(page.get_by_text("What job 2 was about.")).to_be_hidden()
    page.get_by_role("button", name="[2] Work").click()
    expect(page.get_by_text("What job 2 was about.")).to_be_visible()
    expect(page.locator("details[data-n='2'] a")).to_have_count(0)
    page.locator("summary").first.click()
    expect(page.get_by_text("What job 1 was about.")).to_be_visible()
    expect(page.get_by_role("link", name="open the page: Work › Job 1")).to_have_attribute(
        "href", "https://example.org/work"
    )


def test_a_reset_replaces_the_text_once(visit: Visit, fake: FakeAsk) -> None:
    dropped, taken = threading.Event(), threading.Event()
    fake.script = [
        event("sources", [source(1)]),
        event("token", {"text": "Half a sent"}),
        dropped,
        event("reset", {}),
        event("sources", [source(2)]),
        taken,
        event("token", {"text": "Whole."}),
        event("done", record("Whole.", source(2), provider="local", model="tinyllama", degraded=True)),
    ]
    page = visit()
    ask(page)
    expect(answer(page)).to_have_text("Half a sent")
    dropped.set()
    expect(answer(page)).to_have_text("")
    expect(page.locator("summary")).to_have_text("[2]Work › Job 2")
    state(page, "waiting")
    taken.set()
    expect(answer(page)).to_have_text("Whole.")
    expect(by(page)).to_have_text("written by tinyllama, the fallback model · some parts are down")


def test_quoted_answers_say_so(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("He works there [1].", sources=(source(1),), provider="extractive", model="")
    page = visit()
    ask(page)
    expect(by(page)).to_have_text("quoted from the documents")


def test_a_refusal_looks_like_one(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("I could not find that in my documents.", answered=False, provider="extractive", model="")
    page = visit()
    ask(page, "What is his shoe size?")
    state(page, "idle")
    expect(page.locator(".turn")).to_have_attribute("data-outcome", "refused")
    expect(answer(page)).to_contain_text("No answer")
    expect(answer(page)).to_contain_text("I could not find that in my documents.")
    expect(by(page)).to_contain_text("none was made up")
    expect(page.locator(".sources")).to_have_count(0)


def test_the_contact_card_offers_its_links(visit: Visit, fake: FakeAsk) -> None:
    card = "Nobody can answer now.\n\nWebsite: https://example.org/\nMail: write on the website."
    fake.script = answering(card, answered=False, provider="contact", model="", degraded=True)
    page = visit()
    ask(page)
    expect(page.locator(".turn")).to_have_attribute("data-outcome", "contact")
    expect(by(page)).to_have_text("no part could answer; here is how to reach Vivek Padayattil · some parts are down")
    expect(answer(page).get_by_role("link")).to_have_attribute("href", "https://example.org/")


def test_the_little_markdown_becomes_nodes(visit: Visit, fake: FakeAsk) -> None:
    text = (
        "## Skills\nHe knows **Python [1]** and *SQL*, `a < b`, snake_case_name and 2 * 3 * 4.\nSecond line.\n\n"
        "- one\n- two [site](https://example.org/a_b)\n  goes on\n\n3. third\n4. fourth: https://example.org/x."
    )
    fake.script = answering(text, sources=(source(1),))
    page = visit()
    ask(page)
    state(page, "idle")
    expect(answer(page).locator("strong")).to_have_text(["Skills", "Python [1]"])
    expect(answer(page).locator("em")).to_have_text(["SQL"])
    expect(answer(page).locator("code")).to_have_text(["a < b"])
    expect(answer(page)).to_contain_text("snake_case_name and 2 * 3 * 4.")
    expect(answer(page).locator("ul > li")).to_have_text(["one", "two site goes on"])
    expect(answer(page).locator("ol > li")).to_have_count(2)
    expect(answer(page).locator("ol")).to_have_attribute("start", "3")
    hrefs = [link.get_attribute("href") for link in answer(page).get_by_role("link").all()]
    assert hrefs == ["https://example.org/a_b", "https://example.org/x"]


# ── the conversation ──


def test_the_conversation_so_far_goes_with_the_next_question(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("At VitaScale.")
    page = visit()
    for number in range(12):
        ask(page, f"Question {number}?")
        expect(page.locator(".turn")).to_have_count(number + 1)
        state(page, "idle")
    assert fake.questions[0] == {"question": "Question 0?", "history": [], "stream": True}
    assert fake.questions[1]["history"] == [
        {"role": "user", "content": "Question 0?"},
        {"role": "assistant", "content": "At VitaScale."},
    ]
    assert len(fake.questions[11]["history"]) == 20
    assert fake.questions[11]["history"][-2]["content"] == "Question 10?"


def test_a_starter_question_asks_itself(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("DP-100.")
    page = visit()
    page.get_by_role("button", name=SUBJECT["starters"][1]).click()
    expect(answer(page)).to_have_text("DP-100.")
    assert fake.questions[0]["question"] == SUBJECT["starters"][1]


def test_a_question_has_a_limit_and_says_when_it_is_near(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("Long.")
    page = visit()
    field(page).fill("a" * 1800)
    expect(page.locator(".count")).to_have_text("")
    field(page).press("End")
    page.keyboard.insert_text("b" * 100)
    expect(page.locator(".count")).to_have_text("1900 of 2000 characters")
    page.keyboard.insert_text("c" * 200)
    expect(page.locator(".count")).to_have_text("2000 characters is the limit")
    page.keyboard.press("Enter")
    expect(answer(page)).to_have_text("Long.")
    assert len(fake.questions[0]["question"]) == 2000


def test_a_sleeping_server_is_woken_by_the_visit(visit: Visit, fake: FakeAsk) -> None:
    visit()
    wait_until(lambda: fake.warmed == 1, 5, "the warm request")
    assert fake.questions == []


# ── when it goes wrong ──


def test_a_problem_is_told_in_words_and_retry_asks_again(visit: Visit, fake: FakeAsk) -> None:
    problem = {"title": "Too many questions", "status": 429, "detail": "Twenty questions an hour are answered."}
    fake.problem = (429, {"retry-after": "12"}, json.dumps(problem).encode())
    visit.expected_errors = 1  # Chromium itself reports the 429
    page = visit()
    ask(page)
    state(page, "failed")
    expect(page.locator(".stage")).to_contain_text("Twenty questions an hour are answered. Ask again in 12 seconds.")
    fake.problem = None
    fake.script = answering("At VitaScale.")
    page.get_by_role("button", name="Try again").click()
    expect(answer(page)).to_have_text("At VitaScale.")
    state(page, "idle")
    expect(page.locator(".turn")).to_have_count(1)
    assert [asked["question"] for asked in fake.questions] == ["Where does Vivek work?"] * 2
    assert fake.questions[1]["history"] == []


def test_an_error_event_is_told_in_words(visit: Visit, fake: FakeAsk) -> None:
    fake.script = [event("error", {"title": "Internal error", "status": 500, "detail": "Something broke on our side."})]
    page = visit()
    ask(page)
    state(page, "failed")
    expect(page.locator(".stage")).to_contain_text("Something broke on our side.")


def test_a_stream_without_an_end_is_shown_as_broken(visit: Visit, fake: FakeAsk) -> None:
    fake.script = [event("sources", [source(1)]), event("token", {"text": "Half a sent"})]
    page = visit()
    ask(page)
    state(page, "failed")
    expect(page.locator(".turn")).to_have_attribute("data-outcome", "failed")
    expect(answer(page)).to_have_text("Half a sent")
    expect(page.locator(".stage")).to_contain_text("The connection broke before the answer was complete.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_offline_says_so_and_keeps_the_question(visit: Visit, fake: FakeAsk) -> None:
    visit.expected_errors = 1  # Chromium itself reports the lost connection
    page = visit()
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    ask(page)
    state(page, "failed")
    expect(page.locator(".stage")).to_contain_text("You are offline.")
    page.context.set_offline(False)
    fake.script = answering("Back.")
    page.get_by_role("button", name="Try again").click()
    expect(answer(page)).to_have_text("Back.")


def test_stop_ends_the_request_and_keeps_what_was_written(visit: Visit, fake: FakeAsk) -> None:
    fake.script = [event("sources", []), event("token", {"text": "Half a sent"}), threading.Event()]
    page = visit()
    ask(page)
    expect(answer(page)).to_have_text("Half a sent")
    expect(page.get_by_role("button", name="Send")).to_be_hidden()
    page.get_by_role("button", name="Stop").click()
    wait_until(fake.left.is_set, 5, "the server noticing")
    state(page, "idle")
    expect(answer(page)).to_have_text("Half a sent")
    expect(page.locator(".stage")).to_contain_text("You stopped this answer.")
    expect(field(page)).to_be_focused()
    fake.script = answering("Whole.")
    page.get_by_role("button", name="Ask again").click()
    expect(answer(page)).to_have_text("Whole.")


def test_leaving_the_page_ends_the_request(visit: Visit, fake: FakeAsk) -> None:
    fake.script = [event("token", {"text": "Half"}), threading.Event()]
    page = visit()
    ask(page)
    expect(answer(page)).to_have_text("Half")
    page.goto("about:blank")
    wait_until(fake.left.is_set, 5, "the server noticing")


# ── everybody ──


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent || document.activeElement.ariaLabel"))


def test_the_keyboard_is_enough(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("At VitaScale [1].", sources=(source(1),))
    page = visit()
    expect(page.locator(".links a[target]")).to_have_count(len(SUBJECT["links"]))  # subject.json has arrived
    order = []
    while "Your question" not in order:
        page.keyboard.press("Tab")
        order.append(focused(page) if page.evaluate("document.activeElement.matches('a, button, textarea')") else "–")
        assert len(order) < 20
    links = [link["label"] for link in SUBJECT["links"]]
    assert order == ["–", *links, *SUBJECT["starters"], "Your question"]
    page.keyboard.type("Line one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("line two")
    page.keyboard.press("Enter")
    state(page, "idle")
    expect(answer(page)).to_have_text("At VitaScale [1].")
    assert fake.questions[0]["question"] == "Line one\nline two"
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "[1]Work › Job 1"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_text("What job 1 was about.")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "[1]"

    fake.script = [event("token", {"text": "Endless"}), threading.Event()]
    field(page).focus()
    page.keyboard.type("And then?")
    page.keyboard.press("Enter")
    expect(answer(page)).to_have_text("Endless")
    page.keyboard.press("Escape")
    wait_until(fake.left.is_set, 5, "the server noticing")
    state(page, "idle")


def test_a_screen_reader_hears_the_answer_once(visit: Visit, fake: FakeAsk) -> None:
    gate = threading.Event()
    fake.script = [event("token", {"text": "At "}), gate, *answering("At ", "VitaScale.")[1:]]
    page = visit()
    status = page.get_by_role("status")
    expect(status).to_have_attribute("aria-live", "polite")
    ask(page)
    expect(answer(page)).to_have_text("At")
    expect(status).to_have_text("")
    assert page.locator("[aria-live], [role=log], [role=alert]").count() == 1
    gate.set()
    expect(status).to_have_text("At VitaScale. written by mistral-7b")


@pytest.mark.parametrize(("width", "height"), [(320, 568), (320, 256), (768, 1024), (2560, 1440)])
def test_no_width_needs_sideways_scrolling(visit: Visit, fake: FakeAsk, width: int, height: int) -> None:
    long = "Donaudampfschifffahrtsgesellschaft" * 8
    sources = (source(1, title=long, snippet=long, uri=f"https://example.org/{long}"),)
    fake.script = answering(f"{long} `{long}` [1]\n\n- {long}", sources=sources, model=long)
    page = visit(width, height)
    assert overflow(page) == 0
    ask(page, long)
    state(page, "idle")
    page.locator("summary").click()
    assert overflow(page) == 0
    inside = page.evaluate("(s => s.scrollWidth - s.clientWidth)(document.querySelector('.screen'))")
    assert inside == 0
    if height > 480:
        expect(page.get_by_role("button", name="Send")).to_be_in_viewport()


def test_dark_and_light_differ_and_both_can_be_read(visit: Visit) -> None:
    def rgb(page: Page, selector: str, prop: str) -> tuple[float, ...]:
        value = page.locator(selector).first.evaluate(f"e => getComputedStyle(e)['{prop}']")
        return tuple(float(part) for part in re.findall(r"[\d.]+", value)[:3])

    def luminance(color: tuple[float, ...]) -> float:
        parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in color]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    windows = []
    for scheme in ("dark", "light"):
        page = visit(color_scheme=scheme)
        expect(page.locator("textarea")).to_be_visible()
        window, bar = rgb(page, "ask-portfolio", "backgroundColor"), rgb(page, "footer", "backgroundColor")
        windows.append(luminance(window))
        pairs = [("h1", window), ("h1 + p", window), (".links a", window), (".prompt", window), ("footer", bar)]
        for selector, behind in pairs:
            light, dark = sorted((luminance(rgb(page, selector, "color")), luminance(behind)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, selector)
    assert windows[0] < 0.05 < 0.8 < windows[1]


def test_reduced_motion_stills_the_page(visit: Visit, fake: FakeAsk) -> None:
    fake.script = [event("token", {"text": "Endless"}), threading.Event()]
    page = visit(reduced_motion="reduce")
    ask(page)
    expect(answer(page)).to_have_text("Endless")
    assert page.evaluate("document.getAnimations().length") == 0


def test_without_javascript_the_page_says_who_and_where(visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    expect(page.get_by_role("heading", name="Vivek Padayattil")).to_be_visible()
    expect(page.get_by_text(SUBJECT["tagline"])).to_be_visible()
    for link in SUBJECT["links"]:
        expect(page.get_by_role("link", name=link["label"])).to_have_attribute("href", link["url"])
    expect(page.get_by_text("needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


def test_the_page_says_that_it_is_an_ai_and_who_may_see_the_question(visit: Visit) -> None:
    page = visit()
    expect(page.locator("footer")).to_contain_text("Answers come from an AI and may be wrong")
    expect(page.locator("footer")).to_contain_text("may be sent to Featherless, a hosted LLM service")


def test_the_page_asks_nobody_else(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("![x](https://tracker.example/x.png) https://tracker.example/y")
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    ask(page)
    state(page, "idle")
    assert {url.split("/")[2] for url in asked} == {visit.address.split("/")[2], fake.url.split("/")[2]}


# ── hostile text ──

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt:alert(1))",
    "[click](data:text/html,<script>alert(1)</script>)",
    "[click](vbscript:alert(1))",
    "[<img src=x onerror=alert(1)>](https://example.org)",
    '[x](https://example.org/"onmouseover="alert(1))',
    "`<iframe srcdoc='<script>alert(1)</script>'>`",
    "**<style>*{display:none}</style>**",
    "{{constructor.constructor('alert(1)')()}}",
]


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_stays_text(visit: Visit, fake: FakeAsk, payload: str) -> None:
    hostile = source(1, title=payload, section=payload, snippet=payload, uri="javascript:alert(1)//https://x")
    fake.script = answering(f"{payload} [1]", sources=(hostile,), model=payload)
    page = visit()
    ask(page, payload)
    state(page, "idle")
    expect(page.locator(".turn h2")).to_contain_text(payload)
    expect(page.locator("blockquote")).to_have_text(payload)
    expect(by(page)).to_have_text(f"written by {payload}")
    page.locator("summary").click()
    for link in page.locator(".turn a").all():
        assert str(link.get_attribute("href")).startswith("https://example.org")
    for cite in page.locator(".cite").all():
        cite.click()
    assert page.locator(".turn :is(img, script, svg, iframe, style, object, form)").count() == 0
    fake.script = [event("error", {"title": payload, "status": 500, "detail": payload})]
    ask(page, payload)
    expect(page.locator(".turn:last-child .stage")).to_contain_text(payload)
    page.wait_for_timeout(50)  # Visit.close looks for what ran


def test_the_policy_would_stop_what_slips_through(visit: Visit) -> None:
    page = visit()
    blocked = page.evaluate(
        """() => {
            try { document.body["inner" + "HTML"] = "<b>x</b>"; return "written"; } catch (e) { return e.name; }
        }"""
    )
    assert blocked == "TypeError"
    wait_until(lambda: page.evaluate("window.violations.length") == 1, 5, "the report")
    page.evaluate("window.violations = []")
    visit.expected_errors = 1


# ── the files ──


def files(*endings: str) -> list[Path]:
    return [path for path in sorted(SITE.iterdir()) if path.suffix in endings]


def test_no_code_can_turn_text_into_markup() -> None:
    forbidden = re.compile(r"(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setHTML|srcdoc")
    assert [path.name for path in files(".js") if forbidden.search(path.read_text())] == []
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", (SITE / "index.html").read_text())


def test_the_page_says_what_the_subject_publishes_with_and_without_a_script() -> None:
    published = {key: value for key, value in SUBJECT.items() if key != "services"}
    assert published == read_subject(ROOT / "corpus").published(), "site/subject.json is behind corpus/subject.yaml"
    page = html.unescape((SITE / "index.html").read_text())
    links = [f'<a href="{link["url"]}">{link["label"]}<' for link in SUBJECT["links"]]
    texts = [SUBJECT["name"], SUBJECT["tagline"], *SUBJECT["starters"]]
    service = f"may be sent to {SUBJECT['services']['hosted']}, a hosted LLM service"
    for said in [*links, *(f">{text}<" for text in texts), service]:
        assert said in page, f"site/index.html lacks {said}"
    assert page.count("<button") == len(SUBJECT["starters"])


def test_the_page_weighs_little() -> None:
    weights = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in files(".html", ".css", ".js")}
    print(f"gzip: {weights}, {sum(weights.values())} bytes in all")
    assert sum(weights.values()) <= 15 * 1024, weights
