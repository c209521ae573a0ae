"""One visit: questions one after the other, what a reload keeps, what nothing keeps."""

from playwright.sync_api import expect

from tests.processes import wait_until
from tests.site.browser import Visit, answer, ask, by, field, stage, state
from tests.site.fake_ask import FakeAsk, answering, quiet_script, source
from tests.site.pages import SUBJECT


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
