"""The judge, scripted: what it says becomes figures, and nonsense becomes "not scored"."""

import json
import subprocess
import sys
from collections.abc import Mapping

import pytest
from langchain_core.messages import HumanMessage

from functions.ask.contracts.langchain_adapter import LadderChat
from functions.ask.providers import ProviderFailed
from functions.shared.settings import Settings
from tests.fake_llms import KEY, Script, hosted, ollama, serving
from tests.processes import CLEAN, ROOT, free_port
from tests.quality.judge import PROMPTS, Case, Judge, judged, precision, told, verdicts

CASE = Case(
    "Where does he work?", "At VitaScale [1]. He sails.", ["He works at VitaScale.", "He likes tea."], "VitaScale"
)


def said(*yes: bool) -> str:
    return json.dumps({"verdicts": [{"statement": "…", "verdict": "yes" if one else "no"} for one in yes]})


def settings(url: str, **more: str) -> Settings:
    return Settings.read({"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{url}/v1", **more})


def test_four_figures_come_from_four_calls_with_what_each_needs() -> None:
    script = Script(pieces=["Here it is: ", said(True, False), "\nthat is all"])
    with serving(hosted(script)) as url:
        judge = Judge(LadderChat(settings=settings(url)))
        table = judged([CASE], judge)
    assert {name: row["mean"] for name, row in table.items()} == {
        "faithfulness": 0.5,
        "answer relevancy": 0.5,
        "contextual precision": 1.0,
        "contextual recall": 0.5,
    }
    assert all((row["n"], row["not scored"]) == (1, 0) for row in table.values())
    prompts = [one["messages"][-1]["content"] for one in script.asked]
    assert judge.calls == len(prompts) == len(PROMPTS)
    assert "1. He works at VitaScale.\n2. He likes tea." in prompts[0]
    assert CASE.question in prompts[1]
    assert "2 verdicts" in prompts[2]
    assert f"Expected answer: {CASE.expected}" in prompts[3]


@pytest.mark.parametrize(
    "reply",
    [
        "I would say it is fine.",
        "{}",
        '{"verdicts": []}',
        '{"verdicts": "yes"}',
        '{"verdicts": [{"verdict": "maybe"}]}',
        '{"verdicts": [{"verdict": "yes"}',
        '{"verdicts": [7]}',
        "[" * 5000 + "{}",
        said(*[True] * 500),
    ],
)
def test_nonsense_is_counted_as_not_scored(reply: str) -> None:
    assert verdicts(reply) == []
    with serving(hosted(Script(pieces=[reply]))) as url:
        table = judged([CASE], Judge(LadderChat(settings=settings(url))))
    assert all((row["n"], row["not scored"]) == (0, 1) and "mean" not in row for row in table.values())
    assert told(table).count("–") == 4


def test_a_verdict_too_many_or_too_few_leaves_precision_unscored() -> None:
    with serving(hosted(Script(pieces=[said(True)]))) as url:
        table = judged([CASE], Judge(LadderChat(settings=settings(url))))
    assert table["contextual precision"] == {"n": 0, "not scored": 1}
    assert table["faithfulness"]["mean"] == 1.0


@pytest.mark.parametrize(
    ("relevant", "expected"),
    [((True, False), 1.0), ((False, True), 0.5), ((True, False, True), (1 + 2 / 3) / 2), ((False, False), 0.0)],
)
def test_precision_counts_how_early_the_relevant_ones_come(relevant: tuple[bool, ...], expected: float) -> None:
    assert precision(relevant) == pytest.approx(expected)


def test_a_judge_that_is_down_is_asked_three_times_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    script = Script(status=500)
    with serving(hosted(script)) as url:
        judge = Judge(LadderChat(settings=settings(url)))
        table = judged([CASE] * 10, judge)
    assert judge.calls == 3
    assert all(row == {"n": 0, "not scored": 10} for row in table.values())
    assert "no verdict: server" in capsys.readouterr().err


def test_the_next_rung_judges_where_the_first_is_down() -> None:
    with serving(hosted(Script(status=500))) as url, serving(ollama(Script(pieces=[said(True)]))) as local:
        reply = LadderChat(settings=settings(url, OLLAMA_HOST=local)).invoke([HumanMessage("x")])
    assert reply.text == said(True)
    assert reply.response_metadata["provider"] == "local"


async def test_without_a_model_it_says_so() -> None:
    with pytest.raises(ProviderFailed, match="no model is configured"):
        await LadderChat(settings=Settings()).ainvoke([HumanMessage("x")])


def run(strategy: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.quality.judge", strategy]
    return subprocess.run(
        command, cwd=ROOT, env={**CLEAN, **environment}, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize(
    ("strategy", "environment", "words"),
    [
        ("hybrid", {}, "JUDGE=hybrid has no model to ask: set FEATHERLESS_API_KEY or OLLAMA_HOST."),
        ("gpt", {}, "JUDGE='gpt' is not accepted: it takes hybrid or featherless-only or ollama-only."),
        ("hybrid", {"JUDGE_QUESTIONS": "many"}, "JUDGE_QUESTIONS='many' is not accepted"),
    ],
)
def test_a_judge_that_cannot_be_is_told(strategy: str, environment: dict[str, str], words: str) -> None:
    done = run(strategy, environment)
    assert done.returncode == 1
    assert words in done.stderr


def test_real_answers_are_judged_within_the_number_of_calls() -> None:
    script = Script(pieces=[said(True, True, True, True)])
    with serving(hosted(script)) as url:
        judging = {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{url}/v1", "JUDGE_QUESTIONS": "2"}
        done = run("featherless-only", judging | {"OLLAMA_HOST": f"http://127.0.0.1:{free_port()}"})
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout.splitlines()[-1])
    assert table["faithfulness"] == {"mean": 1.0, "n": 2, "not scored": 0}
    assert len(script.asked) == 8
