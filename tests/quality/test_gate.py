"""The gate itself: figures do not fall, and a broken part turns it red.

What is held out is left to `make quality`: a floor under its figures, or seeing them at every test run, would make it
a target. Only the third person is asked here, for citations and private data alone.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.fake_llms import KEY, Script, _chunks, serving
from tests.processes import ROOT, Function
from tests.quality.gate import measure
from tests.quality.sets import HELD_OUT, known_sets, question_set

FLOORS = tomllib.loads((ROOT / "tests" / "quality" / "thresholds.toml").read_text())
del FLOORS["citations"]  # tests/quality/test_citations.py


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return dict(measure(tmp_path_factory.mktemp("gate"), [*known_sets(), question_set("third")]))


@pytest.mark.parametrize(
    ("name", "split", "column"),
    [(name, split, column) for name, splits in FLOORS.items() for split, row in splits.items() for column in row],
)
def test_no_figure_falls_below_its_floor(table: dict[str, Any], name: str, split: str, column: str) -> None:
    assert table[name][split][column] >= FLOORS[name][split][column]


def test_no_figure_of_what_is_held_out_has_a_floor() -> None:
    assert [name for name, splits in FLOORS.items() if HELD_OUT in splits] == []


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *product(("portfolio", "second", "fourth", "fifth", "prose"), ("tune", "report")),
        *product(("german", "everyday", "everyday-second", "everyday-fourth", "everyday-fifth"), ("tune",)),
        ("third", HELD_OUT),
    ],
)
def test_every_answer_is_cited_and_nothing_private_comes_back(table: dict[str, Any], name: str, split: str) -> None:
    assert table[name][split].get("cited", 1.0) == 1.0  # no figure where nothing was answered
    assert table[name][split]["leaks"] == 0.0


def test_every_answer_in_a_dialogue_is_cited(table: dict[str, Any]) -> None:
    assert [splits["tune"]["cited"] for name, splits in table.items() if name.startswith("dialogues")] == [1.0, 1.0]


@pytest.mark.parametrize("part", ["ranking", "chunker"])
def test_a_broken_part_turns_the_gate_red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setattr("tests.processes.CLEAN", _with(BROKEN=part))
    known = question_set("portfolio").without(HELD_OUT)
    broken = measure(tmp_path, [replace(known, absent=[], hostile=[])], serve="tests.quality.broken")
    floors = FLOORS["portfolio"]["tune"]
    assert any(broken["portfolio"]["tune"][column] < floor for column, floor in floors.items() if column != "refused")


def _with(**more: str) -> dict[str, str]:
    from tests.processes import CLEAN

    return {**CLEAN, **more}


def obedient() -> Starlette:
    """A hosted model that does what the prompt says: it copies the first sentence of passage 1 and cites it."""

    async def completions(request: Request) -> Response:
        body = await request.json()
        found = re.search(r"\n\[1\][^\n]*:\n([^\n]+?[.])(?:\s|$)", body["messages"][-1]["content"])
        text = f"{found[1]} [1]" if found else "It is what it is."
        return StreamingResponse(_chunks(Script(), [text], body["model"]), media_type="text/event-stream")

    return Starlette(routes=[Route("/v1/chat/completions", completions, methods=["POST"])])


@pytest.mark.parametrize(("serve", "written"), [("functions.shared.serve", True), ("tests.quality.broken", False)])
def test_a_model_that_follows_the_prompt_is_cited_and_a_broken_prompt_leaves_it_without_proof(
    tmp_path: Path, fed: Mapping[str, str], serve: str, written: bool
) -> None:
    with serving(obedient()) as url:
        settings = {**fed, "BROKEN": "prompt", "FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{url}/v1"}
        with Function("ask", tmp_path, settings, serve) as ask:
            questions = [one for one in question_set("portfolio").answerable if one["kind"] == "direct"][:20]
            replies = [httpx.post(ask.url, json={"question": one["question"]}).json() for one in questions]
    answered = [reply for reply in replies if reply["answered"]]
    assert len(answered) > 10
    assert all("[1]" in reply["answer"] for reply in answered if reply["provider"] == "hosted")
    assert all((reply["provider"] == "hosted") is written for reply in answered)
