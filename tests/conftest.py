"""Fixtures that several tests share: the real parts, in temporary folders and on free ports."""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from functions.shared.embed import Embedder
from functions.shared.settings import Settings
from tests.processes import ROOT, Chroma, Function, Process, RedisServer, free_port

MODEL = ROOT / "model"
START = Callable[[str, Mapping[str, str]], Function]
# Begun first, so that no worker is left alone with one of them at the end; the longest leads.
LONG = (
    "tests/quality/test_gate.py",
    "tests/faults/test_matrix.py",
    "tests/ingest/test_histories.py",
    "tests/test_canaries.py",
    "tests/faults/test_secrets.py",
    "tests/faults/test_injection.py",
    "tests/knative/test_monitoring.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, the others in their order."""
    rank = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.nodeid.partition("::")[0], len(LONG)))


def needs(condition: object, reason: str) -> None:
    """Skip with a reason where a part of the machine is missing; in CI that is a failure instead."""
    if not condition:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The real model, fp32."""
    from functions.shared.embed.onnx import OnnxEmbedder

    return OnnxEmbedder(MODEL, "fp32")


@pytest.fixture(scope="session")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroma]:
    """One Chroma server for the whole run; tests keep apart by collection name."""
    server = Chroma(tmp_path_factory.mktemp("chroma"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_chroma(tmp_path: Path) -> Iterator[Chroma]:
    """A Chroma server that a test may stop and start."""
    server = Chroma(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own, which it may kill and start again."""
    needs(shutil.which("redis-server"), "redis-server is not installed")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def settings(chroma: Chroma) -> Settings:
    """Settings for a test of its own: the shared Chroma, a fresh collection, the exported model."""
    return Settings(chroma_url=chroma.url, chroma_collection=f"t{uuid.uuid4().hex}", model_dir=str(MODEL))


@pytest.fixture(scope="session")
def fed(chroma: Chroma, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where ask finds corpus/, ingested through the front door once for the whole run. For reading only."""
    environment = {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": f"fed{uuid.uuid4().hex}", "MODEL_DIR": str(MODEL)}
    with Function("ingest", tmp_path_factory.mktemp("fed"), environment) as ingest:
        feed(ingest.url)
    return environment


def feed(ingest_url: str) -> None:
    """Send corpus/ to ingest as `make run` does."""
    command = [sys.executable, "-m", "functions.ingest.cli", "corpus", "--url", ingest_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def start_function(tmp_path: Path) -> Iterator[START]:
    """Start functions as real processes: `start_function("ask", {"CHROMA_URL": …})`."""
    running: list[Function] = []

    def start(target: str, environment: Mapping[str, str]) -> Function:
        running.append(Function(target, tmp_path, {"MODEL_DIR": str(MODEL), **environment}))
        return running[-1]

    yield start
    for function in running:
        function.stop()


@pytest.fixture
def serve_plain(tmp_path: Path) -> Iterator[Callable[[str, Mapping[str, str]], str]]:
    """A function under the stock `functions-framework` command; its address."""
    running: list[Process] = []

    def serve(target: str, environment: Mapping[str, str]) -> str:
        port = free_port()
        command = [str(Path(sys.executable).with_name("functions-framework")), "--target", target]
        command += ["--source", f"functions/{target}/main.py", "--host", "127.0.0.1", "--port", str(port)]
        process = Process(command, tmp_path / f"{target}-plain.log", environment)
        running.append(process)
        url = f"http://127.0.0.1:{port}"
        process.wait_for(lambda: httpx.get(url).status_code, f"functions-framework serving {target}")
        return url

    yield serve
    for process in running:
        process.stop()
