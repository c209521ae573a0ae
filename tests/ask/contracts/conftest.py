"""ask for the contracts' tests: one that only quotes, and one with scripted models above that."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import START, needs
from tests.fake_llms import Script, two_models
from tests.processes import ROOT, Function

NODE = ROOT / "tests" / "node"


@pytest.fixture(scope="module")
def ask(fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    """Quotes only; behind one proxy, and a visitor that comes through it may ask twice."""
    settings = {"RATE_LIMIT_PER_HOUR": "2", "CORS_ORIGINS": "https://example.org"}
    with Function("ask", tmp_path_factory.mktemp("ask"), fed | settings) as function:
        yield function


@dataclass
class World:
    ask: Function
    hosted: Script
    local: Script


@pytest.fixture
def world(start_function: START, fed: dict[str, str]) -> Iterator[World]:
    """Two models above the quotes, all waits scaled down."""
    with two_models() as (main, fallback, models):
        waits = {"FIRST_TOKEN_S": "5", "STALL_S": "3", "PING_S": "0.1"}
        yield World(start_function("ask", fed | models | waits), main, fallback)


@pytest.fixture(scope="session")
def node() -> Callable[..., Any]:
    """Run a script of tests/node: `node("openai.mjs", url)` gives what it prints, as JSON."""
    found = shutil.which("node")
    needs(found, "node is not installed")
    needs((NODE / "node_modules" / "ai").is_dir(), "npm has not installed tests/node")

    def run(script: str, *arguments: str) -> Any:
        command = [str(found), str(NODE / script), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run
