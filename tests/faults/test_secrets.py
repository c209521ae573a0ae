"""What is secret or private stays out of logs, errors, metrics and replies, whatever a server sends back."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from functions.shared.log import JsonLines
from functions.shared.settings import BadSetting, Settings
from tests.conftest import START
from tests.faults.table import refuse
from tests.faults.wire import Behaviour, Talk, Wire
from tests.processes import CLEAN, ROOT, Function, free_port

KEY = "rc_+/=%22'\\odd~k3y"  # every sign an HTTP header takes
WHERE = {"question": "Where does Vivek work?"}


@dataclass
class World:
    ask: Function
    health: Function
    wire: Wire


@pytest.fixture
def world(start_function: START, fed: dict[str, str]) -> Iterator[World]:
    with Wire("hosted").running() as wire:
        settings = {
            "FEATHERLESS_API_KEY": KEY,
            "HOSTED_BASE_URL": f"{wire.url}/v1",
            "LOG_LEVEL": "DEBUG",
            "ANSWER_CACHE": "off",
        }
        ask = start_function("ask", fed | settings)
        port = re.search(r'"metrics served","port":(\d+)', ask.log.read_text())
        assert port
        metrics = {"ASK_METRICS_URL": f"http://127.0.0.1:{port[1]}/metrics"}
        yield World(ask, start_function("health", fed | settings | metrics), wire)


def echo(status: int) -> Behaviour:
    """A server that repeats the key wherever it can."""
    return refuse(status, json.dumps({"error": {"message": f"bad key {KEY}"}}), x_key=KEY, retry_after=KEY)


async def key_as_answer(talk: Talk) -> None:
    talk.head()
    talk.model = KEY
    for text in ("Vivek works as a Data Scientist at VitaScale GmbH in Mainz [1]. ", KEY):
        await talk.say(text)
    await talk.end()


async def key_as_model(talk: Talk) -> None:
    talk.model = KEY
    await talk.whole()


async def key_as_status_line(talk: Talk) -> None:
    await talk.raw(f"HTTP/1.1 {KEY}\r\n\r\n".encode())


async def key_as_chunk(talk: Talk) -> None:
    talk.head()
    await talk.raw(f"data: {KEY}\n\n".encode())


@pytest.mark.parametrize(
    "behaviour",
    [echo(401), echo(400), echo(500), echo(429), key_as_answer, key_as_model, key_as_status_line, key_as_chunk],
    ids=["401", "400", "500", "429", "answer", "model", "status line", "chunk"],
)
def test_a_server_that_repeats_the_key_gets_it_nowhere(world: World, behaviour: Behaviour) -> None:
    world.wire.behaviour = behaviour
    replies = [httpx.post(world.ask.url, json=WHERE, timeout=30), httpx.get(world.health.url, timeout=30)]
    port = re.search(r'"metrics served","port":(\d+)', world.ask.log.read_text())
    assert port
    replies.append(httpx.get(f"http://127.0.0.1:{port[1]}/metrics"))
    told = [reply.text + str(reply.headers) for reply in replies]
    told += [world.ask.log.read_text(), world.health.log.read_text()]
    for text in told:
        assert KEY not in text
        assert json.dumps(KEY)[1:-1] not in text
    assert world.wire.asked


def test_questions_are_logged_only_when_the_owner_wants_it(start_function: START, fed: dict[str, str]) -> None:
    silent = start_function("ask", {**fed, "LOG_LEVEL": "DEBUG"})
    telling = start_function("ask", {**fed, "LOG_QUESTIONS": "true"})
    for ask in (silent, telling):
        asked = {"question": "Where does Vivek work, sesquipedalian?"}
        for body in (asked, {"question": 7, "history": "sesquipedalian"}, {"question": "sesquipedalian" * 500}):
            httpx.post(ask.url, json=body, headers={"X-Request-Id": "asked"}, timeout=30)
        httpx.post(f"{ask.url}/search", json={"query": "sesquipedalian"}, timeout=30)
    assert "sesquipedalian" not in silent.log.read_text()
    lines = [json.loads(line) for line in telling.log.read_text().splitlines()]
    (line,) = [line for line in lines if line["message"] == "question"]
    assert (line["question"], line["request_id"]) == (asked["question"], "asked")


@pytest.mark.parametrize("key", ["rc_abc\ndef", "rc abc", "rc_\u00a0abc", "rc_äbc", "rc_\x00abc", "rc_\u200babc"])
@pytest.mark.parametrize("name", ["FEATHERLESS_API_KEY", "RERANK_API_KEY"])
def test_a_key_that_no_header_takes_is_refused_without_being_told(name: str, key: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.read({name: key})
    assert (
        str(refused.value)
        == f"{name}='…' is not accepted: it takes a key of printable ASCII characters without blanks."
    )


def test_such_a_key_ends_the_start_with_that_sentence() -> None:
    environment = {"FUNCTION_TARGET": "ask", "PORT": str(free_port()), "FEATHERLESS_API_KEY": "rc_abc\ndef"}
    command = [sys.executable, "-m", "functions.shared.serve"]
    done = subprocess.run(
        command, cwd=ROOT, env=CLEAN | environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("FEATHERLESS_API_KEY='…' is not accepted")
    assert "rc_abc" not in done.stderr


def test_the_line_break_at_the_end_of_a_mounted_secret_is_none_of_the_key() -> None:
    assert Settings.read({"FEATHERLESS_API_KEY": "rc_abc\n"}).featherless_api_key == "rc_abc"


def test_a_password_in_an_address_is_not_told_either() -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.read({"CHROMA_URL": "http://user:hunter2@chroma:8000"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("secret", [KEY, 'quo"ted', "back\\slash", "ünïcode"])
def test_whatever_a_library_logs_a_secret_is_blotted_out(secret: str) -> None:
    record = logging.getLogger("x").makeRecord("x", 40, "", 1, "sent %r", (secret,), None, extra={"header": secret})
    try:
        raise ValueError(secret)
    except ValueError:
        record.exc_info = sys.exc_info()
    line = JsonLines([secret]).format(record)
    told = json.loads(line)
    for value in (told["message"], told["header"], told["traceback"]):
        assert secret not in value
        assert "…" in value
