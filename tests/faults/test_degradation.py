"""A part that is broken: ask stays polite, and the start, health and metrics say which part it is."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.ask.breaker import Breaker, State
from functions.ask.ladder import Ladder
from functions.ask.providers import open_providers
from functions.shared.settings import Settings
from tests.ask.test_ladder import climb
from tests.conftest import MODEL, START, feed, needs
from tests.fake_llms import KEY
from tests.faults.wire import Wire
from tests.processes import CLEAN, ROOT, Chroma, Function, free_port, wait_until

WHERE = {"question": "Where does Vivek work?"}


def metrics_url(function: Function) -> str:
    port = re.search(r'"metrics served","port":(\d+)', function.log.read_text())
    assert port
    return f"http://127.0.0.1:{port[1]}/metrics"


def metric(function: Function, sample: str) -> float:
    lines = httpx.get(metrics_url(function)).text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{sample} ")).rpartition(" ")[2])


def ask_it(function: Function) -> dict[str, Any]:
    reply = httpx.post(function.url, json=WHERE, timeout=60)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def check(health: Function, part: str) -> dict[str, Any]:
    return dict(httpx.get(health.url, timeout=30).json()["checks"][f"{part}:responseTime"][0])


class TestChromaGone:
    def test_after_warm_up_metrics_say_that_the_corpus_is_stale_and_health_that_chroma_is_gone(
        self, own_chroma: Chroma, start_function: START
    ) -> None:
        settings = {"CHROMA_URL": own_chroma.url, "CHROMA_TIMEOUT_S": "2"}
        ingest = start_function("ingest", settings)
        feed(ingest.url)
        ask, health = start_function("ask", settings), start_function("health", settings)
        assert ask_it(ask)["degraded"] is False
        assert metric(ask, "portfolio_corpus_stale") == 0
        own_chroma.stop()
        wait_until(lambda: ask_it(ask)["degraded"], 20, "ask noticing")
        assert metric(ask, "portfolio_corpus_stale") == 1
        assert check(health, "corpus")["status"] == "fail"
        own_chroma.start()
        wait_until(lambda: not ask_it(ask)["degraded"], 20, "ask finding Chroma again")
        assert metric(ask, "portfolio_corpus_stale") == 0

    def test_before_warm_up_the_contact_card_answers_and_it_recovers_by_itself(
        self, own_chroma: Chroma, start_function: START
    ) -> None:
        settings = {"CHROMA_URL": own_chroma.url, "CHROMA_TIMEOUT_S": "2"}
        feed(start_function("ingest", settings).url)
        own_chroma.stop()
        ask = start_function("ask", settings)
        record = ask_it(ask)
        assert (record["provider"], record["answered"], record["degraded"]) == ("contact", False, True)
        assert metric(ask, "portfolio_corpus_stale") == 1
        own_chroma.start()
        wait_until(lambda: ask_it(ask)["provider"] == "extractive", 20, "ask finding Chroma")
        assert metric(ask, "portfolio_corpus_stale") == 0


# What each embeds with, questions and documents.
PRECISION = {"ask": Settings().question_precision, "ingest": Settings().model_precision}


def broken_model(folder: Path, name: str, content: bytes | None) -> Path:
    """The exported model with one file that is not what it was."""
    folder.mkdir()
    for path in MODEL.resolve().iterdir():
        os.symlink(path, folder / path.name)
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.{precision}.ort", b""),
        ("model.{precision}.ort", b"garbage" * 1000),
        ("model.{precision}.ort", None),
        ("tokenizer.json", b"{"),
        ("model.json", b"[]"),
    ],
    ids=["empty", "garbage", "missing", "half a tokenizer", "no description"],
)
@pytest.mark.parametrize("target", ["ask", "ingest"])
def test_a_damaged_model_ends_the_start_with_a_sentence_and_the_pod_is_never_ready(
    tmp_path: Path, target: str, name: str, content: bytes | None
) -> None:
    port, name = free_port(), name.format(precision=PRECISION[target])
    environment = {"FUNCTION_TARGET": target, "HOST": "127.0.0.1", "PORT": str(port), "METRICS_PORT": "0"}
    environment |= {
        "MODEL_DIR": str(broken_model(tmp_path / "model", name, content)),
        "CHROMA_URL": "http://127.0.0.1:9",
    }
    done = subprocess.run(
        [sys.executable, "-m", "functions.shared.serve"],
        cwd=ROOT, env=CLEAN | environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    last = json.loads(done.stderr.splitlines()[-1])
    assert last["level"] == "critical"
    assert f"no usable {PRECISION[target]} model in" in last["message"]
    assert "`make model` exports it" in last["message"]
    assert "Traceback" not in done.stderr


def test_a_model_cut_short_is_noticed_at_the_start(tmp_path: Path) -> None:
    whole = (MODEL / "model.int8.ort").read_bytes()
    folder = broken_model(tmp_path / "model", "model.int8.ort", whole[: len(whole) // 2])
    environment = {"FUNCTION_TARGET": "ask", "PORT": str(free_port()), "METRICS_PORT": "0", "MODEL_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "functions.shared.serve"],
        cwd=ROOT, env=CLEAN | environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "no usable int8 model in" in done.stderr


class SmallDisk(Chroma):
    """Chroma on a disk of a few megabytes, that a test may fill."""

    filler: Path

    def fill(self) -> None:
        """To the last byte."""
        with self.filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass

    def free(self) -> None:
        self.filler.unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    needs(done.returncode == 0, "a small disk is mounted for Chroma: that takes root")
    server = SmallDisk(folder)
    server.filler = folder / "filler"
    try:
        server.start()
        yield server
    finally:
        server.stop()
        subprocess.run(["umount", "-l", str(folder)], check=False)


def publish(ingest: Function, subject: str, text: str) -> httpx.Response:
    headers = {"ce-specversion": "1.0", "ce-id": subject, "ce-source": "/test", "ce-subject": subject}
    headers |= {"ce-type": "com.vivekpadayattil.document.published.v1", "content-type": "text/markdown"}
    return httpx.post(ingest.url, content=f"# {subject}\n\n{text}".encode(), headers=headers, timeout=60)


def test_a_full_disk_makes_ingest_say_later_and_ask_answer_on_and_nothing_accepted_is_lost(
    small_disk: SmallDisk, start_function: START
) -> None:
    settings = {"CHROMA_URL": small_disk.url, "CHROMA_TIMEOUT_S": "5"}
    ingest = start_function("ingest", settings)
    feed(ingest.url)
    ask = start_function("ask", settings)
    health = start_function("health", {**settings, "INGEST_METRICS_URL": metrics_url(ingest)})
    assert check(health, "ingest")["status"] == "pass"
    first = ask_it(ask)
    small_disk.fill()
    accepted = []
    for number in range(40):
        reply = publish(ingest, f"extra-{number}", f"Vivek once planted tree number {number} in Gonsenheim. " * 20)
        if reply.status_code != 200:
            break
        accepted.append(f"extra-{number}")
    assert reply.status_code == 503, "a write that does not fit is refused"
    assert int(reply.headers["retry-after"]) > 0
    assert metric(ingest, 'portfolio_ingest_events_total{outcome="later",type="published"}') >= 1
    assert ask_it(ask)["answer"] == first["answer"]
    assert check(health, "corpus")["status"] == "pass", "it can be read"
    assert check(health, "ingest")["status"] == "warn"
    assert "its disk is full" in check(health, "ingest")["output"]

    small_disk.free()

    def again() -> bool:
        return publish(ingest, "after", "Vivek once planted a pear tree.").status_code == 200

    wait_until(again, 60, "ingest accepting again")
    assert check(health, "ingest")["status"] == "pass"
    small_disk.stop()
    small_disk.start()
    wait_until(lambda: documents(ask) >= {*accepted, "after"}, 30, "everything accepted being there")


def documents(ask: Function) -> set[str]:
    found = httpx.post(f"{ask.url}/search", json={"query": "Vivek once planted a tree", "top_k": 10}, timeout=30).json()
    return {result["id"].partition("#")[0] for result in found["results"]} if not found["degraded"] else set()


async def test_a_clock_that_jumps_moves_neither_breakers_nor_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    breaker = Breaker(1, 60, 30)
    permit = breaker.enter()
    assert permit
    permit.failed()
    with Wire("hosted").running() as wire:
        settings = Settings(featherless_api_key=KEY, hosted_base_url=wire.url)
        ladder = Ladder(open_providers(settings), settings)
        for jump in (86_400.0, -86_400.0):
            monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
            assert breaker.state is State.OPEN
            assert (await climb(ladder))[-1].provider == "hosted"  # type: ignore[union-attr]
        await ladder.close()
