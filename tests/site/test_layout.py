"""Narrow, wide, dark, light, long, on paper."""

import re
import threading

import pytest
from playwright.sync_api import Page, expect

from tests.site.browser import Visit, answer, ask, by, overflow, state
from tests.site.fake_ask import FakeAsk, answering, event, source


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
