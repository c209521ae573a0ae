"""Fixtures that several tests share: the real parts, in temporary folders and on free ports."""

import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from functions.shared.embed import Embedder
from functions.shared.settings import Settings
from tests.processes import ROOT, Chroma, Function

MODEL = ROOT / "model"
START = Callable[[str, Mapping[str, str]], Function]


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
def settings(chroma: Chroma) -> Settings:
    """Settings for a test of its own: the shared Chroma, a fresh collection, the exported model."""
    return Settings(chroma_url=chroma.url, chroma_collection=f"t{uuid.uuid4().hex}", model_dir=str(MODEL))


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
