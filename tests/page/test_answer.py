"""An answer of a model on its way to the page: growing, stopped, replaced, hostile."""

import json
import re
import threading
from itertools import groupby

import httpx
from playwright.sync_api import Page, expect

from tests.fake_llms import WHOLE
from tests.processes import wait_until
from tests.site.browser import (
    Visit,
    answer,
    ask,
    assert_accessible,
    by,
    needs_axe,
    stage,
    state,
)
from tests.site.hostile import FORBIDDEN, PAYLOADS
from tests.site.stack import Stack

# Every text that the answer shows from now on, and whether it is still meant.
NOTE = """node => {
    window.shown = [];
    const note = () => window.shown.push([node.textContent, node.classList.contains("void")]);
    new MutationObserver(note).observe(node, {childList: true, characterData: true, subtree: true, attributes: true});
    note();
}"""


def shown(page: Page) -> list[list[object]]:
    return list(page.evaluate("window.shown"))


def test_an_answer_streams_to_the_page_with_its_sources(visit: Visit, world: Stack) -> None:
    world.hosted.gap_s = 0.2
    page = visit()
    ask(page)
    answer(page).evaluate(NOTE)
    expect(by(page)).to_have_text("written by mistralai/Mistral-7B-Instruct-v0.2")
    expect(answer(page)).to_have_text(WHOLE)
    texts = [text for text, _ in shown(page) if text]
    assert len(set(texts)) >= 4, "the tokens arrived together"
    assert all(WHOLE.startswith(str(text)) for text in texts)
    page.locator(".cite").click()
    expect(page.locator("details[open] blockquote")).to_contain_text("VitaScale GmbH in Mainz")
    link = page.locator("details[open]").get_by_role("link")
    expect(link).to_have_attribute("href", "https://vivekpadayattil.com/")
    needs_axe()
    assert_accessible(page, "an answer")


def test_stop_reaches_the_language_model(visit: Visit, world: Stack) -> None:
    world.hosted.gap_s = 0.3
    world.hosted.pieces = ["Vivek ", "works ", "at ", "VitaScale "] * 50
    page = visit()
    ask(page)
    expect(answer(page)).to_contain_text("Vivek works")
    page.get_by_role("button", name="Stop").click()
    expect(stage(page)).to_contain_text("You stopped this answer.")
    wait_until(lambda: world.hosted.cancelled, what="the model noticing")
    world.reset()
    page.get_by_role("button", name="Ask again").click()
    expect(answer(page)).to_have_text(WHOLE)


def test_when_a_model_dies_in_mid_answer_the_text_is_replaced_once(visit: Visit, world: Stack) -> None:
    watched, seen, dead, replaced = (threading.Event() for _ in range(4))
    world.hosted.pieces = [watched, "At VitaScale GmbH ", seen, "he is ", dead, "a data scientist"]
    world.hosted.cut_after = 2
    world.local.pieces = ["Vivek works", replaced, " as a Data Scientist at VitaScale GmbH in Mainz, Germany [1]."]
    page = visit()
    ask(page)
    answer(page).evaluate(NOTE)
    watched.set()
    expect(answer(page)).to_have_text("At VitaScale GmbH")
    seen.set()
    expect(answer(page)).to_have_text("At VitaScale GmbH he is")
    dead.set()
    expect(answer(page)).to_have_text("Vivek works")
    replaced.set()
    expect(by(page)).to_have_text(
        "written by tinyllama, the fallback model · some parts are down", use_inner_text=False
    )
    assert [said for said, _ in groupby(shown(page))] == [
        ["", False],
        ["At VitaScale GmbH", False],
        ["At VitaScale GmbH he is", False],
        ["At VitaScale GmbH he is", True],
        ["Vivek works", False],
        [WHOLE, False],
    ]


def test_a_verdict_reaches_asks_log_and_metrics(visit: Visit, world: Stack) -> None:
    page = visit()
    with page.expect_response("**/api/feedback") as said:
        ask(page)
        page.get_by_role("button", name="Helpful", exact=True).click()
    assert said.value.status == 204
    verdict = said.value.request.post_data_json
    lines = [json.loads(line) for line in world.ask.log.read_text().splitlines() if line.startswith("{")]
    assert [line["verdict"] for line in lines if line.get("answer_id") == verdict["id"]] == ["up"]
    port = next(line["port"] for line in lines if line["message"] == "metrics served")
    assert 'portfolio_ask_feedback_total{verdict="up"} 1.0' in httpx.get(f"http://127.0.0.1:{port}/metrics").text


def test_a_refusal_asks_no_model(visit: Visit, world: Stack) -> None:
    page = visit()
    ask(page, "Which football club does he support?")
    expect(by(page)).to_contain_text("none was made up")
    assert world.hosted.asked == []


def test_the_conversation_goes_along(visit: Visit, world: Stack) -> None:
    page = visit()
    ask(page)
    state(page, "idle")
    ask(page, "Where does he work?")
    expect(page.locator(".turn")).to_have_count(2)
    expect(by(page)).to_contain_text("written by")
    assert [message["content"] for message in world.hosted.asked[1]["messages"]][1] == WHOLE


# Ask, and tell what is shown of the answer as soon as its last words are: all text and the addresses of links, and how
# much is there that never may be. Asked by script, since `expect` looks twice a second at most.
SHOWN = """async ([question, last, forbidden]) => {
    const page = document.querySelector("ask-portfolio");
    const turns = page.shadowRoot.querySelectorAll(".turn").length;
    window.said = page.ask(question);
    const turn = () => page.shadowRoot.querySelectorAll(".turn")[turns];
    for (const end = Date.now() + 20000; !turn()?.querySelector(".answer").textContent.includes(last);) {
        if (Date.now() > end) throw new Error(turn()?.textContent);
        await new Promise(requestAnimationFrame);
    }
    const texts = [...turn().querySelector(".answer").children].map((node) => node.textContent);
    const links = [...turn().querySelectorAll(".answer a")].map((node) => node.href);
    return [[...texts, ...links].join(" "), turn().querySelectorAll(forbidden).length];
}"""


def test_hostile_text_of_a_model_never_runs(visit: Visit, world: Stack) -> None:
    """All of it is on the page while the model writes; what no passage proves then gives way to the quotes."""
    page = visit()
    for payload in PAYLOADS:
        read = threading.Event()
        after = "\n\nand so on and so on and so on and"  # a number is held back until more words follow
        world.hosted.pieces = ["Vivek works at VitaScale GmbH in Mainz [1]. ", payload, after, read]
        text, forbidden = page.evaluate(SHOWN, ["Where does Vivek work?", "and so on and so on", FORBIDDEN])
        assert set(re.findall(r"\w+", payload)) <= set(re.findall(r"\w+", text)), payload
        assert forbidden == 0, payload
        read.set()
        page.evaluate("window.said")
    assert len(world.hosted.asked) == len(PAYLOADS)
    expect(page.locator(".turn")).to_have_count(len(PAYLOADS))
    assert page.locator(f".turn :is({FORBIDDEN})").count() == 0
    assert 0 < page.locator(".answer", has_text="and so on").count() < len(PAYLOADS), "some stay, others give way"
    page.evaluate("() => new Promise(requestAnimationFrame)")  # Visit.close looks for what ran
