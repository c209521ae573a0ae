"""Keyboards, screen readers, reduced motion, and axe-core in every state."""

import re
import threading

import pytest
from playwright.sync_api import Page, expect

from tests.processes import wait_until
from tests.site.browser import Visit, answer, ask, assert_accessible, by, field, needs_axe, stage, state
from tests.site.fake_ask import FakeAsk, answering, event, quiet_script, source
from tests.site.pages import ELSEWHERE_PLAIN, SUBJECT


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


@pytest.mark.parametrize(("wish", "animations"), [("reduce", 0), ("no-preference", 1)])
def test_reduced_motion_stills_the_page(visit: Visit, fake: FakeAsk, wish: str, animations: int) -> None:
    fake.script = quiet_script()
    page = visit(reduced_motion=wish)
    ask(page)
    expect(answer(page)).to_have_text("Half a sent")
    moving = "node => node.getRootNode().getAnimations({subtree: true}).length"
    assert page.locator(".terminal").evaluate(moving) == animations


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
