"""The starter questions speak the page's language, where the owner gave them in it."""

import json

from playwright.sync_api import Browser, Page, Route, expect

from tests.processes import ROOT
from tests.site.browser import Visit
from tests.site.fake_ask import FakeAsk, answering

SUBJECT = json.loads((ROOT / "site" / "subject.json").read_text())
GERMAN = SUBJECT["starters_by_language"]["de"]


def offered(page: Page, *questions: str) -> None:
    expect(page.locator(".starters button")).to_have_text(list(questions))


def test_german_visitors_see_and_ask_german_ones(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("Bei VitaScale.")
    page = visit(locale="de-DE")
    offered(page, *GERMAN)
    page.get_by_role("button", name=GERMAN[0]).click()
    expect(page.locator(".answer")).to_have_text("Bei VitaScale.")
    assert fake.questions[0]["question"] == GERMAN[0]


def test_switching_the_language_switches_them(visit: Visit) -> None:
    page = visit()
    offered(page, *SUBJECT["starters"])
    page.get_by_role("button", name="Deutsch").click()
    offered(page, *GERMAN)
    page.get_by_role("button", name="English").click()
    offered(page, *SUBJECT["starters"])


def test_an_owner_without_translations_offers_the_same_to_everybody(
    visit: Visit, browser: Browser, fake: FakeAsk
) -> None:
    def untranslated(route: Route) -> None:
        route.fulfill(json={key: value for key, value in SUBJECT.items() if key != "starters_by_language"})

    context = browser.new_context(locale="de-DE")
    context.route("**/subject.json", untranslated)
    page = context.new_page()
    page.goto(fake.url)
    offered(page, *SUBJECT["starters"])
    context.close()
