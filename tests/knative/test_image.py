"""The functions image without Docker: its locked packages in an environment of their own, run read-only, by its user,
with an empty home and no network but loopback. The first run installs 90 packages (two minutes on two busy cores);
they stay in the system's temporary files until the lock changes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import needs
from tests.processes import ROOT
from tools.image import cache, make, sizes

MUST_MB = 600


def may_seal() -> bool:
    tools = shutil.which("unshare") and shutil.which("setpriv")
    return (
        bool(tools) and os.geteuid() == 0 and subprocess.run(["unshare", "--net", "true"], check=False).returncode == 0
    )


@pytest.fixture(scope="module")
def image() -> Path:
    needs(may_seal(), "a network of its own and another user need root and util-linux")
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        folder = make(cache())
    finally:
        os.chdir(here)
    for path in (folder / "app", *(folder / "app").rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222 | (0o555 if path.is_dir() else 0o444))
    return folder


@pytest.fixture(scope="module")
def report(image: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    work = tmp_path_factory.mktemp("sealed")
    for folder in (work, *work.parents[:2]):
        folder.chmod(0o755)  # pytest's own are closed to every other user
    command = ["unshare", "--net", sys.executable, "-m", "tests.knative.sealed", str(image), str(work)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    logs = "\n".join(path.read_text() for path in work.glob("*.log") if path.name != "chroma.log")
    assert done.returncode == 0, done.stderr + logs
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_it_takes_the_corpus_in_and_answers_from_it(report: dict[str, Any]) -> None:
    assert re.fullmatch(r"([1-9]\d*) of \1 documents accepted\.", report["fed"])
    assert report["answer"]["answered"]
    assert "VitaScale" in report["answer"]["answer"]
    assert report["answer"]["provider"] == "extractive"


def test_its_docs_can_be_read_and_tried_out(report: dict[str, Any]) -> None:
    assert report["docs"] == [200] * 3


def test_it_runs_as_the_images_user(report: dict[str, Any]) -> None:
    assert report["uids"] == [[65532] * 4] * 2


def test_its_packages_are_the_locked_ones_alone(report: dict[str, Any], image: Path) -> None:
    assert report["modules"] == [str(image / "venv")]


def test_it_had_no_way_out(report: dict[str, Any]) -> None:
    assert report["outside"] == "ENETUNREACH"


def test_it_wrote_nothing_into_its_folder_or_its_home(report: dict[str, Any]) -> None:
    assert report["written"] == []


def test_packages_and_model_keep_to_their_size(image: Path) -> None:
    assert sum(sizes(image).values()) < MUST_MB * 1e6
