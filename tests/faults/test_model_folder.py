"""Without a usable model folder ask and ingest do not start and say why, and health tells of the rest.

Which damages are told is in test_degradation.py.
"""

import json
from pathlib import Path

import httpx
import pytest

from tests.conftest import START
from tests.faults.test_degradation import PRECISION, broken_model
from tests.shared.test_serve import failed_start


@pytest.mark.parametrize("exists", [False, True], ids=["missing", "empty"])
@pytest.mark.parametrize("target", ["ask", "ingest"])
def test_ask_and_ingest_end_their_start_and_name_the_folder(tmp_path: Path, target: str, exists: bool) -> None:
    folder = tmp_path / "model"
    if exists:
        folder.mkdir()
    done = failed_start(target, {"MODEL_DIR": str(folder)})
    assert done.returncode == 1
    last = json.loads(done.stderr.splitlines()[-1])
    assert last["level"] == "critical"
    assert f"no usable {PRECISION[target]} model in {folder}" in last["message"]
    assert "`make model` exports it" in last["message"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("exists", [False, True], ids=["missing", "damaged"])
def test_health_needs_no_model_and_tells_of_the_rest(
    fed: dict[str, str], start_function: START, tmp_path: Path, exists: bool
) -> None:
    folder = tmp_path / "model"
    if exists:
        broken_model(folder, "model.int8.ort", b"garbage" * 1000)
    health = start_function("health", {**fed, "MODEL_DIR": str(folder)})
    reply = httpx.get(health.url, timeout=30)
    assert (reply.status_code, reply.json()["status"]) == (200, "pass")
    assert reply.json()["checks"]["corpus:responseTime"][0]["status"] == "pass"
