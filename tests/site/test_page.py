"""The page in a real browser, against a scripted ask on another origin."""

import gzip
import html
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from functions.shared.subject import read_subject
from tests.processes import ROOT, wait_until
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
from tests.site.fake_ask import FakeAsk, answering, event, record, source
from tests.site.hostile import ADDRESSES, PAYLOADS

SITE = ROOT / "site"
SUBJECT = json.loads((SITE / "subject.json").read_text())


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAsk]:
    with FakeAsk() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def visit(browser: Browser, fake: FakeAsk) -> Iterator[Visit]:
    fake.reset()
    visit = Visit(browser, fake.url)
    yield visit
    visit.close()


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def focused(page: Page) -> str:
    """The element with the focus: what it is, and its name or text."""
    return str(
        page.evaluate(
            """() => {
                let node = document.activeElement;
                while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
                return `${node.localName} ${node.ariaLabel || node.textContent}`;
            }"""
        )
    )


def quiet_script() -> list:
    """The beginning of an answer that never goes on."""
    return [event("sources", []), event("token", {"text": "Half a sent"}), threading.Event()]


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
    expect(stage(page)).to_have_text("searching the documents…")
    expect(page.get_by_role("heading", name="Where does Vivek work?")).to_be_visible()
    searched.set()
    expect(stage(page)).to_have_text("writing…")
    first.set()
    expect(answer(page)).to_have_text("At VitaScale")
    state(page, "streaming")
    expect(stage(page)).to_be_hidden()
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


def test_a_reset_replaces_the_text_once_and_without_a_gap(visit: Visit, fake: FakeAsk) -> None:
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
    answer(page).evaluate(
        """node => {
            window.shown = [node.textContent];
            window.heights = [node.offsetHeight];
            const note = () => { window.shown.push(node.textContent); window.heights.push(node.offsetHeight); };
            new MutationObserver(note).observe(node, {childList: true, characterData: true, subtree: true});
        }"""
    )
    dropped.set()
    expect(stage(page)).to_have_text("another part takes over…")
    expect(answer(page)).to_have_class("answer void")
    expect(page.locator("summary")).to_have_text("[2]Work › Job 2")
    state(page, "waiting")
    taken.set()
    expect(by(page)).to_have_text("written by tinyllama, the fallback model · some parts are down")
    expect(answer(page)).to_have_text("Whole.")
    expect(answer(page)).to_have_class("answer")
    assert list(dict.fromkeys(page.evaluate("window.shown"))) == ["Half a sent", "Whole."]
    assert len(set(page.evaluate("window.heights"))) == 1


def test_text_that_was_dropped_does_not_come_back_when_nobody_takes_over(visit: Visit, fake: FakeAsk) -> None:
    fake.script = [event("token", {"text": "Half a sent"}), event("reset", {})]
    page = visit()
    ask(page)
    state(page, "failed")
    expect(answer(page)).to_have_text("")


def test_an_answer_of_old_documents_says_as_of_when(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("Old.", degraded=True, as_of="2026-11-22T10:00:00Z")
    page = visit(timezone_id="Europe/Berlin")
    ask(page)
    expect(by(page)).to_have_text("written by mistral-7b · some parts are down, as of Nov 22, 2026, 11:00 AM")


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
    expect(by(page)).to_have_text("no part could answer, so this is the contact card · some parts are down")
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
    wait_until(lambda: fake.warmed == 1, what="the warm request")
    assert fake.questions == []


def test_the_stages_are_told_as_they_are(visit: Visit, fake: FakeAsk) -> None:
    fake.asleep = threading.Event()
    awake, searched = threading.Event(), threading.Event()
    page = visit()
    wait_until(lambda: fake.warmed == 1, what="the warm request")
    fake.hold, fake.script = awake, [searched, *answering("Here.", sources=(source(1),))[:1], threading.Event()]
    ask(page)
    expect(stage(page)).to_have_text("waking up the server…")
    awake.set()
    expect(stage(page)).to_have_text("searching the documents…")
    searched.set()
    expect(stage(page)).to_have_text("writing…")


def test_a_server_that_was_heard_is_not_said_to_be_asleep(visit: Visit, fake: FakeAsk) -> None:
    page = visit()
    page.wait_for_load_state("networkidle")
    fake.hold = threading.Event()
    ask(page)
    expect(stage(page)).to_have_text("searching the documents…")
    expect(page.get_by_role("status")).to_have_text("searching the documents…")
    fake.hold.set()
    state(page, "failed")


# ── what can be done with an answer ──


def test_thumbs_go_to_the_server_with_the_answers_id(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("At VitaScale.")
    page = visit()
    ask(page)
    up, down = page.get_by_role("button", name="Helpful", exact=True), page.get_by_role("button", name="Not helpful")
    expect(up).to_have_attribute("aria-pressed", "false")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("status")).to_have_text("Thank you, noted.")
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-pressed", "false")
    assert fake.feedback == [{"id": "a1", "verdict": "up"}, {"id": "a1", "verdict": "down"}]
    page.reload()
    expect(down).to_have_attribute("aria-pressed", "true")


def test_a_verdict_that_was_not_taken_is_not_shown_as_taken(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("At VitaScale.")
    visit.expected_errors = 1
    page = visit()
    ask(page)
    state(page, "idle")
    fake.problem = (503, {}, b"{}")
    page.get_by_role("button", name="Helpful", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("That could not be sent.")
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)


def test_an_answer_is_copied_with_its_sources(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("At **VitaScale** [1].", sources=(source(1),))
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    ask(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied.")
    copied = "At **VitaScale** [1].\n\n[1] Work › Job 1 https://example.org/work"
    assert page.evaluate("navigator.clipboard.readText()") == copied


# ── this visit, and no longer ──


def test_the_conversation_outlives_a_reload_but_not_the_tab(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("At VitaScale [1].", sources=(source(1),))
    page = visit()
    ask(page)
    state(page, "idle")
    page.reload()
    expect(answer(page)).to_have_text("At VitaScale [1].")
    expect(by(page)).to_have_text("written by mistral-7b")
    ask(page, "And before?")
    expect(page.locator(".turn")).to_have_count(2)
    state(page, "idle")
    assert [said["content"] for said in fake.questions[1]["history"]] == ["Where does Vivek work?", "At VitaScale [1]."]
    assert page.evaluate("[localStorage.length, document.cookie, sessionStorage.length]") == [0, "", 1]
    other = visit.open(page.context)
    state(other, "idle")
    expect(other.locator(".turn")).to_have_count(0)


def test_a_question_cut_off_by_a_reload_can_be_asked_again(visit: Visit, fake: FakeAsk) -> None:
    fake.script = quiet_script()
    page = visit()
    ask(page)
    expect(answer(page)).to_have_text("Half a sent")
    page.reload()
    expect(stage(page)).to_contain_text("The connection broke before the answer was complete.")
    fake.script = answering("Whole.")
    page.get_by_role("button", name="Try again").click()
    expect(answer(page)).to_have_text("Whole.")
    expect(page.locator(".turn")).to_have_count(1)


def test_clear_forgets_everything(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("At VitaScale.")
    page = visit()
    ask(page)
    state(page, "idle")
    fake.script = quiet_script()
    ask(page, "And then?")
    expect(answer(page)).to_have_text("Half a sent")
    page.get_by_role("button", name="Clear").click()
    wait_until(fake.left.is_set, what="the server noticing")
    expect(page.locator(".turn")).to_have_count(0)
    state(page, "idle")
    expect(page.get_by_role("status")).to_have_text("The conversation is cleared.")
    expect(field(page)).to_be_focused()
    fake.script = answering("Anew.")
    ask(page, "Anew?")
    expect(answer(page)).to_have_text("Anew.")
    assert fake.questions[-1]["history"] == []
    page.reload()
    expect(page.locator(".turn")).to_have_count(1)


def test_what_is_stored_may_be_anything(visit: Visit, fake: FakeAsk) -> None:
    page = visit()
    state(page, "idle")
    for stored in [
        '{"turns": 5}',
        '{"turns": [null, {}, {"question": 5}]}',
        "{",
        "null",
        '{"lang": "xx", "draft": null}',
    ]:
        page.evaluate("stored => sessionStorage.setItem(sessionStorage.key(0) ?? 'x', stored)", stored)
        page.reload()
        state(page, "idle")
        expect(page.locator(".turn")).to_have_count(0)


def test_a_page_without_storage_still_answers(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("Here.")
    page = visit()
    page.add_init_script("Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('blocked'); }})")
    page.reload()
    ask(page)
    expect(answer(page)).to_have_text("Here.")


# ── when it goes wrong ──


def test_a_problem_is_told_in_words_and_retry_asks_again(visit: Visit, fake: FakeAsk) -> None:
    problem = {"title": "Too many questions", "status": 429, "detail": "Twenty questions an hour are answered."}
    fake.problem = (429, {"retry-after": "12"}, json.dumps(problem).encode())
    visit.expected_errors = 1  # Chromium itself reports the 429
    page = visit()
    ask(page)
    state(page, "failed")
    expect(stage(page)).to_contain_text("Twenty questions an hour are answered. Ask again in 12 seconds.")
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
    expect(stage(page)).to_contain_text("Something broke on our side.")


def test_a_stream_without_an_end_is_shown_as_broken(visit: Visit, fake: FakeAsk) -> None:
    fake.script = [event("sources", [source(1)]), event("token", {"text": "Half a sent"})]
    page = visit()
    ask(page)
    state(page, "failed")
    expect(page.locator(".turn")).to_have_attribute("data-outcome", "failed")
    expect(answer(page)).to_have_text("Half a sent")
    expect(stage(page)).to_contain_text("The connection broke before the answer was complete.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_offline_says_so_and_asks_again_by_itself_when_the_connection_is_back(visit: Visit, fake: FakeAsk) -> None:
    visit.expected_errors = 1  # Chromium itself reports the lost connection
    page = visit()
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    ask(page)
    state(page, "failed")
    expect(stage(page)).to_contain_text("You are offline.")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    fake.script = answering("Back.")
    page.context.set_offline(False)
    expect(answer(page)).to_have_text("Back.")
    expect(page.locator(".turn")).to_have_count(1)
    assert len(fake.questions) == 1


def test_a_server_that_cannot_be_reached_is_told_and_retry_asks_again(visit: Visit, fake: FakeAsk) -> None:
    visit.expected_errors = 1
    fake.script = answering("Back.")
    page = visit()
    page.route("**/api/", lambda route: route.abort("connectionrefused"), times=1)
    ask(page)
    expect(stage(page)).to_contain_text("The server cannot be reached.")
    page.get_by_role("button", name="Try again").click()
    expect(answer(page)).to_have_text("Back.")


def test_a_long_answer_is_read_from_its_question_on(visit: Visit, fake: FakeAsk) -> None:
    page = visit(320, 640)
    for question in ("First?", "Second?"):
        fake.script = answering(*["A paragraph.\n\n"] * 20, sources=(source(1), source(2)))
        ask(page, question)
        state(page, "idle")
        expect(by(page)).not_to_be_empty()
        expect(page.locator(".turn:last-child h2")).to_be_in_viewport(ratio=1)


def test_a_reader_who_scrolled_away_is_left_where_they_are(visit: Visit, fake: FakeAsk) -> None:
    more = threading.Event()
    long = "A paragraph.\n\n" * 20
    fake.script = [event("token", {"text": long}), more, *answering(long, "End.")[2:]]
    page = visit(320, 640)
    ask(page)
    expect(answer(page)).to_contain_text("A paragraph.")
    page.locator(".screen").evaluate("node => new Promise(done => { node.onscrollend = done; node.scrollTop = 0; })")
    more.set()
    expect(answer(page)).to_contain_text("End.")
    assert page.locator(".screen").evaluate("node => node.scrollTop") == 0


def test_stop_ends_the_request_and_keeps_what_was_written(visit: Visit, fake: FakeAsk) -> None:
    fake.script = quiet_script()
    page = visit()
    ask(page)
    expect(answer(page)).to_have_text("Half a sent")
    expect(page.get_by_role("button", name="Send")).to_be_hidden()
    page.get_by_role("button", name="Stop").click()
    wait_until(fake.left.is_set, what="the server noticing")
    state(page, "idle")
    expect(answer(page)).to_have_text("Half a sent")
    expect(stage(page)).to_contain_text("You stopped this answer.")
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
    wait_until(fake.left.is_set, what="the server noticing")


# ── everybody ──


def test_the_keyboard_is_enough(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("At VitaScale [1].", sources=(source(1),))
    page = visit()
    expect(page.locator(".starters button")).to_have_count(len(SUBJECT["starters"]))
    order: list[str] = []
    while "textarea Your question" not in order:
        page.keyboard.press("Tab")
        order.append(focused(page))
        assert len(order) < 30
    links = [f"a {link['label']}" for link in SUBJECT["links"]]
    starters = [f"button {text}" for text in SUBJECT["starters"]]
    bar = ["button Deutsch", "button Clear", "div Conversation"]
    assert order == [*bar, *links, *starters, "textarea Your question"]
    page.keyboard.type("Line one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("line two")
    page.keyboard.press("Enter")
    state(page, "idle")
    expect(answer(page)).to_have_text("At VitaScale [1].")
    assert fake.questions[0]["question"] == "Line one\nline two"
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("")
    back = []
    for _ in range(4):
        page.keyboard.press("Shift+Tab")
        back.append(focused(page))
    assert back[:2] == ["button Not helpful", "button Helpful"]
    assert "summary [1]Work › Job 1" in back
    page.locator("summary").focus()
    outline = page.locator("summary").evaluate("node => getComputedStyle(node).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_text("What job 1 was about.")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "button [1] Work"
    page.keyboard.press("Enter")
    assert focused(page) == "summary [1]Work › Job 1"

    fake.script = quiet_script()
    field(page).focus()
    page.keyboard.type("And then?")
    page.keyboard.press("Enter")
    expect(answer(page)).to_have_text("Half a sent")
    page.keyboard.press("Escape")
    wait_until(fake.left.is_set, what="the server noticing")
    state(page, "idle")


def test_a_screen_reader_hears_the_answer_once(visit: Visit, fake: FakeAsk) -> None:
    gate = threading.Event()
    fake.script = [event("token", {"text": "At "}), gate, *answering("At ", "VitaScale.")[1:]]
    page = visit()
    status = page.get_by_role("status")
    expect(status).to_have_attribute("aria-live", "polite")
    ask(page)
    expect(answer(page)).to_have_text("At")
    expect(status).to_have_text(re.compile("documents…|server…"))
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
    assert page.locator(".screen").evaluate("node => node.scrollWidth - node.clientWidth") == 0
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
        window, bar = rgb(page, ".terminal", "backgroundColor"), rgb(page, ".notes", "backgroundColor")
        windows.append(luminance(window))
        pairs = [("h1", window), ("h1 + p", window), ("header a", window), (".line .prompt", window), (".notes", bar)]
        for selector, behind in pairs:
            light, dark = sorted((luminance(rgb(page, selector, "color")), luminance(behind)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, selector)
    assert windows[0] < 0.05 < 0.8 < windows[1]


@pytest.mark.parametrize(("wish", "animations"), [("reduce", 0), ("no-preference", 1)])
def test_reduced_motion_stills_the_page(visit: Visit, fake: FakeAsk, wish: str, animations: int) -> None:
    fake.script = quiet_script()
    page = visit(reduced_motion=wish)
    ask(page)
    expect(answer(page)).to_have_text("Half a sent")
    moving = "node => node.getRootNode().getAnimations({subtree: true}).length"
    assert page.locator(".terminal").evaluate(moving) == animations


def test_without_javascript_the_page_says_who_and_where(visit: Visit) -> None:
    page = visit(java_script_enabled=False)
    expect(page.get_by_role("heading", name="Vivek Padayattil")).to_be_visible()
    expect(page.get_by_text(SUBJECT["tagline"])).to_be_visible()
    for link in SUBJECT["links"]:
        expect(page.get_by_role("link", name=link["label"])).to_have_attribute("href", link["url"])
    contact = read_subject(ROOT / "corpus").contact.strip()
    expect(page.get_by_text(contact)).to_be_visible()
    expect(page.get_by_text("needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    assert overflow(page) == 0


def test_with_javascript_the_page_does_not_say_that_it_needs_it(visit: Visit) -> None:
    page = visit()
    state(page, "idle")
    expect(page.get_by_text("needs JavaScript")).to_be_hidden()


def test_the_page_says_that_it_is_an_ai_and_who_may_see_the_question(visit: Visit) -> None:
    page = visit()
    expect(page.locator(".notes")).to_contain_text("Answers come from an AI and may be wrong")
    expect(page.locator(".notes")).to_contain_text("Questions may be sent to Featherless, a hosted LLM service.")


def test_the_page_asks_nobody_else(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("![x](https://tracker.example/x.png) https://tracker.example/y")
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    ask(page)
    state(page, "idle")
    assert {url.split("/")[2] for url in asked} == {fake.url.split("/")[2]}


# ── axe-core ──


def test_axe_finds_nothing_in_any_state(visit: Visit, fake: FakeAsk) -> None:
    needs_axe()
    fake.pages["/other"] = (ELSEWHERE_PLAIN % "?bubble").encode()
    for scheme, width in [("light", 1000), ("dark", 320)]:
        page = visit(width, color_scheme=scheme, reduced_motion="reduce")
        state(page, "idle")
        assert_accessible(page, f"{scheme}: start")
        fake.hold = threading.Event()
        ask(page)
        assert_accessible(page, f"{scheme}: waiting")
        fake.script = quiet_script()
        fake.hold.set()
        expect(answer(page)).to_have_text("Half a sent")
        assert_accessible(page, f"{scheme}: streaming")
        page.get_by_role("button", name="Stop").click()
        assert_accessible(page, f"{scheme}: stopped")
        fake.script = answering(
            "## Skills\nHe knows **Python** [1].\n\n- `one` https://example.org/x\n\n```\ncode\n```",
            sources=(source(1), source(2)),
            degraded=True,
        )
        ask(page, "And?")
        page.locator(".turn:last-child .cite").click()
        page.get_by_role("button", name="Helpful", exact=True).click()
        expect(page.locator("[aria-pressed=true]")).to_have_count(1)
        assert_accessible(page, f"{scheme}: answer")
        fake.script = answering("I could not find that.", answered=False, provider="extractive")
        ask(page, "Shoe size?")
        expect(by(page)).to_contain_text("made up")
        assert_accessible(page, f"{scheme}: refusal")
        fake.script = answering("Card.\n\nWebsite: https://example.org/", answered=False, provider="contact")
        ask(page, "Contact?")
        expect(by(page)).to_contain_text("contact card")
        assert_accessible(page, f"{scheme}: contact card")
        fake.script = []
        ask(page, "Broken?")
        expect(stage(page)).to_contain_text("The connection broke")
        field(page).fill("x" * 1990)
        assert_accessible(page, f"{scheme}: failure and a long question")
        page.get_by_role("button", name="Deutsch").click()
        expect(page.locator(".send")).to_have_text("Senden")
        assert_accessible(page, f"{scheme}: German")
        bubble = visit(width, path="other", color_scheme=scheme)
        assert_accessible(bubble, f"{scheme}: closed bubble")
        bubble.locator(".launcher").click()
        expect(bubble.locator(".starters button").first).to_be_visible()
        assert_accessible(bubble, f"{scheme}: open bubble")


ELSEWHERE_PLAIN = """<!doctype html><html lang="en"><title>Somebody's page</title><link rel="icon" href="data:,">
<main><h1>Somebody's page</h1><p>Text.</p></main><script type="module" src="/ask-portfolio.js%s"></script>"""


# ── hostile text ──


def test_hostile_text_stays_text(visit: Visit, fake: FakeAsk) -> None:
    assert len(PAYLOADS) >= 60
    page = visit()
    for payload in PAYLOADS:
        hostile = source(1, title=payload, section=payload, snippet=payload, uri=payload, id=payload)
        fake.script = answering(f"{payload} [1]", sources=(hostile,), model=payload, id=payload, as_of=payload)
        ask_by_script(page, f"x {payload}")
        shown = page.locator(".turn:last-child").evaluate(TOUCH, FORBIDDEN)
        assert shown["question"] == f"x {payload}"
        assert shown["snippet"] == payload
        assert shown["heading"] == f"{payload} › {payload}"
        assert shown["by"] == f"written by {payload}"
        assert all(href.startswith("https://example.org") for href in shown["links"]), payload
        assert shown["forbidden"] == 0, payload
    for payload in PAYLOADS:
        fake.script = [event("error", {"title": payload, "status": 500, "detail": payload})]
        ask_by_script(page, payload)
        expect(stage(page)).to_contain_text(payload)
        assert page.locator(".turn:last-child").evaluate(TOUCH, FORBIDDEN)["forbidden"] == 0, payload
    page.evaluate("() => new Promise(requestAnimationFrame)")  # Visit.close looks for what ran


# Open everything, point at everything, and tell what is there.
TOUCH = """(turn, forbidden) => {
    for (const node of turn.querySelectorAll("summary, .cite")) node.click();
    for (const node of turn.querySelectorAll("*")) node.dispatchEvent(new PointerEvent("pointerover", {bubbles: true}));
    const text = (selector) => turn.querySelector(selector)?.textContent;
    return {
        question: text("h2 [dir]"), heading: text("summary [dir]"), snippet: text("blockquote"), by: text(".by"),
        links: [...turn.querySelectorAll("a")].map((node) => node.href),
        forbidden: turn.querySelectorAll(forbidden).length,
    };
}"""
# What no answer is ever made of.
FORBIDDEN = ", ".join(
    "img image script svg math iframe style object embed form input select video audio base meta link".split()
)


def test_a_hostile_address_never_becomes_a_link_that_runs(visit: Visit, fake: FakeAsk) -> None:
    page = visit()
    for address in ADDRESSES:
        fake.script = answering(f"[x]({address}) {address} [1]", sources=(source(1, uri=address),))
        page.get_by_role("button", name="Clear").click()
        ask_by_script(page, "x")
        for link in page.locator(".turn a").all():
            assert str(link.get_attribute("href")).startswith(("https://", "mailto:")), address


def test_hostile_text_that_was_remembered_stays_text_too(visit: Visit, fake: FakeAsk) -> None:
    page = visit()
    for payload in PAYLOADS[:20]:
        fake.script = answering(payload, sources=(source(1, title=payload, snippet=payload),))
        ask_by_script(page, f"x {payload}")
    page.reload()
    expect(page.locator(".turn")).to_have_count(20)
    assert page.locator(f".turn :is({FORBIDDEN})").count() == 0


def test_the_policy_would_stop_what_slips_through(visit: Visit) -> None:
    page = visit()
    blocked = page.evaluate(
        """() => {
            try { document.body["inner" + "HTML"] = "<b>x</b>"; return "written"; } catch (e) { return e.name; }
        }"""
    )
    assert blocked == "TypeError"
    page.wait_for_function("window.violations.length == 1")
    page.evaluate("window.violations = []")
    visit.expected_errors = 1


# ── on other pages ──

ELSEWHERE = """<!doctype html><html lang="en"><title>Somebody's page</title><link rel="icon" href="data:,">
<style>* { color: red !important; } p { font-size: 3rem } button { display: none }</style>
<main><h1>Somebody's page</h1><p>Text.</p>%s</main>
<script type="module" src="/ask-portfolio.js%s"></script>"""


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


# ── languages ──


def test_the_language_follows_the_browser_and_can_be_switched(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("Bei VitaScale [1].", sources=(source(1),), provider="extractive")
    page = visit(locale="de-AT")
    expect(page.get_by_role("button", name="Senden")).to_be_visible()
    expect(page.locator(".notes")).to_contain_text("Antworten kommen von einer KI")
    ask(page, "Wo arbeitet er?")
    expect(by(page)).to_have_text("zitiert aus den Dokumenten")
    field(page).fill("ein Entwurf")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.get_by_role("button", name="Deutsch")).to_be_focused()
    expect(by(page)).to_have_text("quoted from the documents")
    expect(field(page)).to_have_value("ein Entwurf")
    expect(page.locator(".terminal")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(by(page)).to_have_text("quoted from the documents")


@pytest.mark.parametrize(("locale", "send"), [("de-DE", "Senden"), ("en-US", "Send"), ("fr-FR", "Send")])
def test_a_language_without_words_gets_english(visit: Visit, locale: str, send: str) -> None:
    expect(visit(locale=locale).locator(".send")).to_have_text(send)


def test_imprint_and_privacy_are_linked_where_the_subject_has_them(visit: Visit) -> None:
    page = visit()
    expect(page.locator(".notes a")).to_have_count(0)
    legal = {"imprint": "https://example.org/imprint", "privacy": "https://example.org/privacy"}
    page.route("**/subject.json", lambda route: route.fulfill(json=SUBJECT | legal))
    page.reload()
    expect(page.get_by_role("link", name="Imprint")).to_have_attribute("href", legal["imprint"])
    expect(page.get_by_role("link", name="Privacy")).to_have_attribute("href", legal["privacy"])


def test_on_paper_the_conversation_stands_whole(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("\n\n".join(["A paragraph."] * 60), sources=(source(1),))
    page = visit(color_scheme="dark")
    ask(page)
    state(page, "idle")
    page.emulate_media(media="print")
    expect(page.locator("form")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    assert page.locator(".screen").evaluate("node => node.scrollHeight - node.clientHeight") <= 0
    assert page.evaluate("document.documentElement.scrollHeight") > 1600
    assert page.locator("blockquote").bounding_box()


# ── the files ──


def files(*endings: str) -> list[Path]:
    return [path for path in sorted(SITE.iterdir()) if path.suffix in endings]


def test_no_code_can_turn_text_into_markup() -> None:
    forbidden = re.compile(r"(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setHTML|srcdoc")
    assert [path.name for path in files(".js") if forbidden.search(path.read_text())] == []
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", (SITE / "index.html").read_text())


def test_the_page_says_what_the_subject_publishes_with_and_without_a_script() -> None:
    subject = read_subject(ROOT / "corpus")
    published = {key: value for key, value in SUBJECT.items() if key != "services"}
    assert published == subject.published(), "`make subject` brings site/ up to corpus/subject.yaml"
    page = html.unescape((SITE / "index.html").read_text())
    links = [f'<a href="{link.url}">{link.label}<' for link in subject.links]
    for said in [*links, f">{subject.name}<", f">{subject.tagline}<", f">{subject.contact.strip()}<"]:
        assert said in page, f"site/index.html lacks {said}: `make subject`"


def test_both_languages_say_the_same_things() -> None:
    words = (SITE / "words.js").read_text()
    english, german = re.findall(r"const (?:en|de) = \{\n(.*?)\n\};", words, re.S)
    keys = [re.findall(r"^  (\w+):", block, re.M) for block in (english, german)]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 30


def test_the_element_weighs_little() -> None:
    weights = {path.name: len(gzip.compress(path.read_bytes(), 6)) for path in files(".js")}
    print(f"gzip: {weights}, {sum(weights.values())} bytes in all")
    assert sum(weights.values()) <= 15 * 1024, weights


def test_the_page_asks_for_every_module_at_once() -> None:
    named = re.findall(r'(?:modulepreload" href|src)="(\w[\w-]*\.js)"', (SITE / "index.html").read_text())
    assert sorted(named) == [path.name for path in files(".js")]
