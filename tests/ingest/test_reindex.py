"""Another embedding model: ask and ingest say so, one command embeds the store anew, and both follow."""

import asyncio
import subprocess
import sys
import uuid
from collections.abc import Mapping

import httpx
import pytest

from functions.ingest.calibrate import threshold
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.conftest import MODEL, START
from tests.processes import CLEAN, ROOT, Chroma
from tests.shared.test_other_model import OTHER

WHERE = {"question": "Where does Vivek work?"}
EVENT = {"ce-specversion": "1.0", "ce-id": "1", "ce-type": "com.vivekpadayattil.document.published.v1"}
EVENT |= {"ce-source": "/tests", "ce-subject": "new", "content-type": "text/markdown"}


def run(module: str, *arguments: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**CLEAN, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def _stored(environment: Mapping[str, str]) -> tuple[str, set[int], set[int], float | None]:
    """The model, the dimensions of vectors and of token matrices, and the threshold."""
    store = Store(Settings.read(environment))
    try:
        head = await store.head()
        assert head
        rows = await store.rows(head)
        vectors = await store.vectors(head, [row.id for row in rows])
        matrices = await store.matrices([row.hash for row in rows])
        assert len(vectors) == len(rows) > 20
        assert len(matrices) == len({row.hash for row in rows})
        widths = {len(vector) for vector in vectors.values()}
        return head.model, widths, {one.values.shape[1] for one in matrices.values()}, await store.threshold()
    finally:
        await store.close()


def test_a_changed_model_is_noticed_and_the_store_follows(start_function: START, own_chroma: Chroma) -> None:
    where = {"CHROMA_URL": own_chroma.url, "CHROMA_COLLECTION": f"r{uuid.uuid4().hex}"}
    other, shipped = (
        {**where, "MODEL_DIR": str(OTHER), "QUESTION_PRECISION": "fp32"},
        {**where, "MODEL_DIR": str(MODEL)},
    )
    run("functions.ingest.cli", "corpus", environment=other)
    model, vectors, matrices, measured = asyncio.run(_stored(other))
    assert model.startswith("tests/tiny-xlm-roberta@")
    assert (vectors, matrices) == ({16}, {16})
    assert httpx.post(f"{start_function('ask', other).url}/search", json={"query": "work"}).json()["results"]

    ask = start_function("ask", shipped)
    searched = httpx.post(f"{ask.url}/search", json={"query": "work"})
    assert searched.status_code == 503
    assert "embedded by tests/tiny-xlm-roberta@" in searched.json()["detail"]
    assert "`make reindex`" in searched.json()["detail"]
    assert httpx.post(ask.url, json=WHERE).json()["provider"] == "contact"
    taken = httpx.post(start_function("ingest", shipped).url, content=b"# New\n\nSome text.", headers=EVENT, timeout=60)
    assert taken.status_code == 503
    assert "`make reindex`" in taken.json()["detail"]

    told = run("functions.ingest.backup", "reindex", environment=shipped)
    assert "every passage is embedded anew" in told
    model, vectors, matrices, anew = asyncio.run(_stored(shipped))
    assert "all-MiniLM-L6-v2@" in model
    assert (vectors, matrices) == ({384}, {384})
    assert anew is not None
    assert anew != measured
    assert 0.65 <= anew <= 0.95
    assert "nothing to do" in run("functions.ingest.backup", "reindex", environment=shipped)
    assert "13 unchanged" in run("functions.ingest.cli", "corpus", environment=shipped)
    ask = start_function("ask", shipped)
    assert "VitaScale" in httpx.post(ask.url, json=WHERE, timeout=60).json()["answer"]


def test_an_empty_store_has_nothing_to_embed_anew(own_chroma: Chroma) -> None:
    told = run(
        "functions.ingest.backup", "reindex", environment={"CHROMA_URL": own_chroma.url, "MODEL_DIR": str(OTHER)}
    )
    assert "nothing to do" in told


@pytest.mark.parametrize(("tuned", "expected"), [(True, 0.95), (False, 5.0)])
def test_the_threshold_of_another_model_is_the_corpus_own(tuned: bool, expected: float) -> None:
    assert threshold([5.0] * 50, tuned) == expected
