"""Whoever visits, from wherever: two tabs, a phone, no script, somebody else's page."""

from playwright.sync_api import expect
from pytest_httpserver import HTTPServer

from functions.shared.subject import read_subject
from tests.fake_llms import WHOLE
from tests.processes import ROOT
from tests.site.browser import Visit, answer, ask, assert_accessible, by, field, needs_axe
from tests.site.stack import Stack


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
    visit: Visit, world: Stack, elsewhere: HTTPServer
) -> None:
    site = world.url.rstrip("/")
    policy = (
        f"default-src 'none'; script-src {site}; connect-src {site}; img-src data:; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    somebodys = (
        '<!doctype html><html lang="en"><title>Somebody</title><link rel="icon" href="data:,">'
        f'<main><h1>Somebody</h1></main><script type="module" src="{site}/ask-portfolio.js?bubble"></script>'
    )
    reply = {"content_type": "text/html; charset=utf-8", "headers": {"Content-Security-Policy": policy}}
    elsewhere.expect_request("/").respond_with_data(somebodys, **reply)
    visit.address = elsewhere.url_for("/")
    page = visit()
    page.get_by_role("button", name="Ask a question").click()
    expect(page.get_by_role("heading", name="Vivek Padayattil")).to_be_visible()
    ask(page)
    expect(answer(page)).to_have_text(WHOLE)
    page.get_by_role("button", name="Helpful", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Thank you, noted.")
    needs_axe()
    assert_accessible(page, "a bubble")
