"""The functions image without Docker: its locked packages in an environment of their own, run read-only, by its user,
with an empty home and no network but loopback. The first run installs 90 packages (two minutes on two busy cores);
they stay in the system's temporary files until the lock changes."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from requirements.trim import KEPT, UNNEEDED, trim
from tests.conftest import needs
from tests.processes import ROOT
from tools.image import cache, make, sizes

# design's "must" is 600; this is what keeps a new package from eating what was saved.
MUST_MB = 450


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
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
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


def imports() -> set[str]:
    """Everything the functions' modules import from packages, at the top or when it is first used."""
    found = set()
    for path in (ROOT / "functions").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {f"from {node.module} import {name.name}" for name in node.names}
            elif isinstance(node, ast.Import):
                found |= {f"import {name.name}" for name in node.names}
    return {line for line in found if line.split()[1].partition(".")[0] not in {"functions", "swagger_ui"}}


def test_what_was_cut_out_of_the_packages_is_missed_by_no_import(image: Path) -> None:
    lines = imports()
    assert {"import numpy", "from phonenumbers import parse", "from chromadb.config import Settings"} & lines
    assert len(lines) > 60
    program = "\n".join(sorted(lines)) + (
        "\nfrom phonenumbers import PhoneNumberMatcher"
        "\nassert len(list(PhoneNumberMatcher('Call +49 30 901820 or +91 22 2778 3000.', None))) == 2"
    )
    environment = {"PYTHONPATH": str(image / "app"), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [image / "venv/bin/python", "-c", program]
    done = subprocess.run(command, cwd=image / "app", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_cut_out_is_gone_and_a_stale_name_stops_the_build(image: Path, tmp_path: Path) -> None:
    (site,) = (image / "venv/lib").glob("python3.*/site-packages")
    left = [pattern for pattern in UNNEEDED if any(path.is_dir() for path in site.glob(pattern))]
    assert left == []
    for place, names in KEPT.items():
        assert {path.name for path in (site / place).iterdir()} == set(names)
    with pytest.raises(SystemExit, match=f"has no {UNNEEDED[0]}"):
        trim(tmp_path)


def test_packages_and_model_keep_to_their_size(image: Path) -> None:
    assert sum(sizes(image).values()) < MUST_MB * 1e6
