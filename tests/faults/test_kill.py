"""kill -9 in the middle of the work: no document that was acknowledged is lost, and none is half there."""

import itertools
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx
import pytest

from tests.conftest import MODEL
from tests.processes import Chroma, Function, wait_until

# A sentence per passage, so that half a document would show.
SENTENCES = 12
KILLS = 3


def body(subject: str) -> str:
    sections = (
        f"## Part {part}\n\nVivek keeps notebook {subject} with page {part} about the tides of the Rhine."
        for part in range(SENTENCES)
    )
    return f"# Notebook {subject}\n\n" + "\n\n".join(sections)


@dataclass
class Producer:
    """Publishes one document after the other, and notes which were acknowledged."""

    url: str
    acknowledged: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self, url: str) -> None:
        self.url, self._stop = url, threading.Event()
        self._thread = threading.Thread(target=self._run, args=(len(self.acknowledged),), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        assert self._thread
        self._thread.join(60)

    def _run(self, begun: int) -> None:
        with httpx.Client(timeout=30) as http:
            for number in itertools.count(begun):
                if self._stop.is_set():
                    return
                subject = f"n{number:04d}"
                headers = {"ce-specversion": "1.0", "ce-id": subject, "ce-source": "/test", "ce-subject": subject}
                headers |= {"ce-type": "com.vivekpadayattil.document.published.v1", "content-type": "text/markdown"}
                try:
                    reply = http.post(self.url, content=body(subject).encode(), headers=headers)
                except httpx.HTTPError:
                    return
                if reply.status_code == 200:
                    self.acknowledged.append(subject)


def parts_of(chroma: Chroma, collection: str) -> dict[str, int]:
    """Live passages of each document, as Chroma itself has them."""
    base = f"{chroma.url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    found = httpx.get(f"{base}/{collection}", timeout=30).json()
    where = {"where": {"live": True}, "include": ["metadatas"], "limit": 100_000}
    rows = httpx.post(f"{base}/{found['id']}/get", json=where, timeout=60).json()["metadatas"]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["document"]] = counts.get(row["document"], 0) + 1
        assert row["of"] >= counts[row["document"]]
    return counts


@pytest.mark.parametrize("victim", ["ingest", "chroma"])
def test_no_acknowledged_document_is_lost(
    own_chroma: Chroma, tmp_path: Path, victim: Literal["ingest", "chroma"]
) -> None:
    settings = {
        "CHROMA_URL": own_chroma.url,
        "CHROMA_COLLECTION": "kills",
        "MODEL_DIR": str(MODEL),
        "CHROMA_TIMEOUT_S": "5",
    }
    producer = Producer("")
    for _ in range(KILLS):
        with Function("ingest", tmp_path, settings) as ingest:
            before = len(producer.acknowledged)
            producer.start(ingest.url)
            wait_until(lambda before=before: len(producer.acknowledged) >= before + 3, 120, "three documents")
            if victim == "ingest":
                ingest.signal(signal.SIGKILL)
            else:
                own_chroma.kill()
            producer.stop()
        if victim == "chroma":
            own_chroma.start()
        whole = parts_of(own_chroma, "kills")
        assert [subject for subject in producer.acknowledged if whole.get(subject) != SENTENCES] == []
    with Function("ask", tmp_path, settings) as ask:
        last = producer.acknowledged[-1]
        found = httpx.post(
            f"{ask.url}/search", json={"query": f"notebook {last} page 1", "top_k": 10}, timeout=60
        ).json()
        assert last in {result["id"].partition("#")[0] for result in found["results"]}
