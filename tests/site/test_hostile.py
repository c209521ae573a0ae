"""Hostile text of a model, a document or a visitor stays text."""

from playwright.sync_api import expect

from tests.site.browser import Visit, ask_by_script, stage
from tests.site.fake_ask import FakeAsk, answering, event, source
from tests.site.hostile import ADDRESSES, FORBIDDEN, PAYLOADS

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
