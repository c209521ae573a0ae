"""A network that is slow, lost or left, an ask that is away."""

import pytest
from playwright.sync_api import Browser, expect
from pytest_httpserver import HTTPServer

from tests.fake_llms import WHOLE
from tests.nginx import ASK, NameServer, Site
from tests.processes import free_port, wait_until
from tests.site.browser import Visit, answer, ask, stage, state
from tests.site.stack import Stack


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


def test_the_back_forward_cache_brings_the_conversation_back(visit: Visit, world: Stack, elsewhere: HTTPServer) -> None:
    page = visit()
    page.evaluate("addEventListener('pageshow', (event) => { window.restored = event.persisted; })")
    ask(page)
    expect(answer(page)).to_have_text(WHOLE)
    world.hosted.gap_s = 0.3
    world.hosted.pieces = ["Vivek ", "works ", "at ", "VitaScale "] * 50
    ask(page, "Where does he work now?")
    expect(answer(page)).to_contain_text("Vivek works")
    empty = "<!doctype html><title>x</title><link rel=icon href=data:,>"
    elsewhere.expect_request("/").respond_with_data(empty, content_type="text/html")
    page.goto(elsewhere.url_for("/"))
    wait_until(lambda: world.hosted.cancelled, what="the model noticing")
    page.go_back(wait_until="commit")
    assert page.evaluate("window.restored") is True, "the page was loaded anew"
    expect(page.locator(".turn")).to_have_count(2)
    expect(stage(page)).to_contain_text("The connection broke before the answer was complete.")
    world.reset()
    page.get_by_role("button", name="Try again").click()
    expect(answer(page)).to_have_text(WHOLE)


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
