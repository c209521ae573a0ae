"""A second opinion: a language model judges the answers. Optional, off by default; no figure of ours needs it.

    python -m tests.quality.judge hybrid        (make quality JUDGE=hybrid)

JUDGE is what LLM_STRATEGY takes; the judge is the ladder configured with it (FEATHERLESS_API_KEY, OLLAMA_HOST, …). It
is asked about the first JUDGE_QUESTIONS (20) known questions of the golden set, four calls each at most. Defined as
DeepEval and ragas define them, each figure a mean over the questions that were scored, 0 to 1:

    faithfulness          share of the answer's claims that the passages support
    answer relevancy      share of the answer's statements that bear on the question
    contextual precision  mean over the relevant passages of the share of relevant ones up to each
    contextual recall     share of the expected answer's statements that the passages support

A reply that is not what was asked for leaves that figure "not scored" for that question, and nothing else happens.
"""

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from functions.ask.contracts.langchain_adapter import LadderChat
from functions.ask.providers import ProviderFailed, open_providers
from functions.shared.settings import BadSetting, Settings
from tests.processes import Chroma, Function
from tests.quality.gate import _feed
from tests.quality.sets import HELD_OUT, Question, question_set

# Calls in a row that no model answers, after which none is asked any more.
GIVEN_UP = 3
# What a judge may list; more is a judge that does not stop.
MOST_VERDICTS = 40

LIST = """
Reply with JSON only, nothing before or after it: {{"verdicts": [{{"statement": "…", "verdict": "yes" or "no"}}]}}"""
PASSAGES = """Below are a question and numbered passages, and the answer that is expected.
For each passage, in their order, say "yes" if it helps to arrive at the expected answer, else "no": {count} verdicts.

Question: {question}
Expected answer: {expected}
Passages:
{passages}
"""
PROMPTS = {
    "faithfulness": """Below are passages and an answer. List every claim the answer makes.
For each say "yes" if the passages support it, "no" if they contradict it or do not say it.

Passages:
{passages}

Answer: {answer}
""",
    "answer relevancy": """Below are a question and an answer. List every statement of the answer.
For each say "yes" if it bears on the question, else "no".

Question: {question}
Answer: {answer}
""",
    "contextual precision": PASSAGES,
    "contextual recall": """Below are passages and the answer that is expected.
List every statement of the expected answer. For each say "yes" if the passages support it, else "no".

Passages:
{passages}

Expected answer: {expected}
""",
}


@dataclass(frozen=True)
class Case:
    """One question with what was answered from which passages, and what was expected."""

    question: str
    answer: str
    passages: Sequence[str]
    expected: str


@dataclass
class Judge:
    """Scores cases. `silent`: calls in a row without a reply."""

    model: BaseChatModel
    calls: int = 0
    silent: int = 0

    def scores(self, case: Case) -> dict[str, float | None]:
        """Each figure of a case, None where the judge did not say it."""
        return {name: self._score(name, case) for name in PROMPTS}

    def _score(self, name: str, case: Case) -> float | None:
        passages = "\n".join(f"{n}. {text}" for n, text in enumerate(case.passages, 1))
        told = {"question": case.question, "answer": case.answer, "expected": case.expected, "passages": passages}
        found = verdicts(self._asked((PROMPTS[name] + LIST).format(count=len(case.passages), **told)))
        if name != "contextual precision":
            return sum(found) / len(found) if found else None
        return precision(found) if len(found) == len(case.passages) else None

    def _asked(self, prompt: str) -> str:
        if self.silent >= GIVEN_UP:
            return ""
        self.calls += 1
        try:
            text = str(self.model.invoke([HumanMessage(prompt)]).text)
        except ProviderFailed as failed:
            print(f"no verdict: {failed}", file=sys.stderr)
            self.silent += 1
            return ""
        self.silent = 0
        return text


def verdicts(reply: str) -> list[bool]:
    """The verdicts in a reply; none where it is anything else than the list that was asked for."""
    found = re.search(r"\{.*\}", reply, re.S)
    try:
        listed = json.loads(found[0])["verdicts"] if found else []
        said = [str(one["verdict"]).strip().lower() for one in listed]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    sound = len(said) <= MOST_VERDICTS and set(said) <= {"yes", "no"}
    return [one == "yes" for one in said] if sound else []


def precision(relevant: Sequence[bool]) -> float:
    """Mean, over the relevant passages, of the share of relevant ones down to each: 1 when they come first."""
    shares = [sum(relevant[:k]) / k for k, one in enumerate(relevant, 1) if one]
    return sum(shares) / len(shares) if shares else 0.0


def judged(cases: Iterable[Case], judge: Judge) -> dict[str, dict[str, float]]:
    """Figure → its mean, how many cases it is of, and how many were not scored."""
    scored = [judge.scores(case) for case in cases]
    table: dict[str, dict[str, float]] = {}
    for name in PROMPTS:
        found = [score for each in scored if (score := each[name]) is not None]
        mean = {"mean": round(sum(found) / len(found), 3)} if found else {}
        table[name] = {**mean, "n": len(found), "not scored": len(scored) - len(found)}
    return table


def told(table: Mapping[str, Mapping[str, float]]) -> str:
    """The table as it is printed."""
    head = f"{'':22}{'mean':>8}{'n':>6}{'not scored':>12}"
    rows = [
        f"{name:22}{format(row['mean'], '.3f') if 'mean' in row else '–':>8}{row['n']:>6}{row['not scored']:>12}"
        for name, row in table.items()
    ]
    return "\n".join([head, *rows])


def cases(questions: Sequence[Question], ask: Callable[[str], dict[str, Any]]) -> list[Case]:
    """The questions that were answered; a refusal has nothing to judge."""
    found = []
    for question in questions:
        record = ask(question["question"])
        if record["answered"]:
            passages = [source["snippet"] for source in record["sources"]]
            found.append(Case(question["question"], record["answer"], passages, " ".join(question["evidence"])))
    return found


def main(strategy: str, environment: Mapping[str, str]) -> None:
    """Measure and print; nothing is kept, for the figures hang on the judge."""
    try:
        settings = Settings.read({**environment, "LLM_STRATEGY": strategy})
        count = int(environment.get("JUDGE_QUESTIONS") or 20)
    except BadSetting as problem:
        sys.exit(str(problem).replace("LLM_STRATEGY", "JUDGE"))
    except ValueError:
        sys.exit(f"JUDGE_QUESTIONS={environment['JUDGE_QUESTIONS']!r} is not accepted: it takes a number of questions.")
    if not open_providers(settings):
        sys.exit(f"JUDGE={strategy} has no model to ask: set FEATHERLESS_API_KEY or OLLAMA_HOST.")
    one = question_set("portfolio").without(HELD_OUT)
    with tempfile.TemporaryDirectory() as scratch:
        found = _answered(replace(one, answerable=one.answerable[:count]), Path(scratch))
    judge = Judge(LadderChat(settings=settings))
    table = judged(found, judge)
    print(f"{len(found)} answers judged in {judge.calls} calls\n{told(table)}\n{json.dumps(table)}")


def _answered(one: Any, scratch: Path) -> list[Case]:
    """The questions put to a real ask that quotes, without a language model of its own."""
    chroma = Chroma(scratch)
    chroma.start()
    try:
        fed = _feed(one, chroma, scratch, "functions.shared.serve")
        with Function("ask", scratch, fed) as ask, httpx.Client(base_url=ask.url, timeout=60) as http:
            return cases(one.answerable, lambda question: dict(http.post("/", json={"question": question}).json()))
    finally:
        chroma.stop()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "hybrid", os.environ)
