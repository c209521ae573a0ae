"""Until an answer comes, and when none does: stages, problems, lost connections, a visitor who leaves."""

import json
import threading

from playwright.sync_api import expect

from tests.processes import wait_until
from tests.site.browser import Visit, answer, ask, field, stage, state
from tests.site.fake_ask import FakeAsk, answering, event, quiet_script, source


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
