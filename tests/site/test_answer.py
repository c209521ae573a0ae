"""An answer on the page: as it arrives, where it comes from, who wrote it, and what a visitor can do with it."""

import threading

from playwright.sync_api import expect

from tests.site.browser import Visit, answer, ask, by, stage, state
from tests.site.fake_ask import FakeAsk, answering, event, record, source


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


def test_what_follows_the_end_of_a_block_of_code_is_not_lost(visit: Visit, fake: FakeAsk) -> None:
    fake.script = answering("```sh\nmake run\n``` starts it.\n\n```\nmake test")
    page = visit()
    ask(page)
    state(page, "idle")
    expect(answer(page).locator("pre")).to_have_text(["make run", "make test"])
    expect(answer(page).locator("p")).to_have_text(["starts it."])


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
