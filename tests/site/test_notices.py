"""What the page says of itself: with and without a script, in which language, who sees a question."""

import pytest
from playwright.sync_api import expect

from functions.shared.subject import read_subject
from tests.processes import ROOT
from tests.site.browser import Visit, ask, by, field, overflow, state
from tests.site.fake_ask import FakeAsk, answering, source
from tests.site.pages import SUBJECT


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
