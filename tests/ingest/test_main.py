import io
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from cloudevents.http import from_http
from reportlab.pdfgen import canvas

from functions.ingest.media import DOCX
from functions.shared.settings import Settings
from tests.conftest import MODEL, START
from tests.ingest.events import PREFIX, PUBLISHED, WITHDRAWN, headers
from tests.ingest.printed import drawn
from tests.ingest.written import packed, paragraph, run
from tests.processes import CLEAN, ROOT, Chroma, Function, Process, free_port, wait_until

CV = "# CV\n\nJane lives in Mainz. Call 0170 1234567.\n\n## Salary\n<!-- audience: on-request -->\n\nHigh.\n"


@pytest.fixture(scope="module")
def ingest(chroma: Chroma, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    """One ingest for this file; tests keep apart by document id."""
    settings = {
        "CHROMA_URL": chroma.url,
        "CHROMA_COLLECTION": f"t{uuid.uuid4().hex}",
        "MODEL_DIR": str(MODEL),
        "MAX_DOCUMENT_BYTES": "100000",
    }
    with Function("ingest", tmp_path_factory.mktemp("ingest"), settings) as running:
        yield running


def send(ingest: Function, content: str | bytes = b"", **event: Any) -> httpx.Response:
    return httpx.post(f"{ingest.url}/", content=content, headers=headers(**event), timeout=60)


def locked() -> bytes:
    """A PDF that opens with a password only."""
    made = io.BytesIO()
    page = canvas.Canvas(made, encrypt="secret")
    page.drawString(100, 700, "Hidden.")
    page.save()
    return made.getvalue()


def logged(ingest: Function, document: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in ingest.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("document") == document]


def test_a_published_document_is_answered_with_an_event_that_reports_it(ingest: Function) -> None:
    reply = send(ingest, CV, subject="über/cv")
    assert reply.status_code == 200
    event = from_http(dict(reply.headers), reply.content)
    assert event["type"] == f"{PREFIX}.document.indexed.v1"
    assert httpx.URL(f"/{event['subject']}").path == "/über/cv"
    report = event.get_data()
    assert report.pop("corpus_version")
    assert report == {
        "document": "über/cv",
        "outcome": "indexed",
        "chunks": 1,
        "embedded": 1,
        "reused": 0,
        "retired": 0,
        "redactions": {"phone": 1},
        "withheld": ["Salary"],
        "kept_out": {"on-request": 1},
    }


def test_the_same_event_again_is_an_empty_204(ingest: Function) -> None:
    send(ingest, CV, subject="same")
    again = send(ingest, CV, subject="same")
    assert (again.status_code, again.content) == (204, b"")


def test_events_that_come_at_once_are_each_answered(ingest: Function) -> None:
    names = [f"once-{number}" for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda name: send(ingest, f"# {name}\n\nText of {name}.", subject=name), names))
    assert [reply.status_code for reply in replies] == [200] * 20
    assert [reply.json()["document"] for reply in replies] == names
    assert all(send(ingest, f"# {name}\n\nText of {name}.", subject=name).status_code == 204 for name in names)


def test_an_older_event_is_an_empty_204(ingest: Function) -> None:
    send(ingest, CV, subject="old", minute=2)
    late = send(ingest, "# Other", subject="old", minute=1)
    assert (late.status_code, late.content) == (204, b"")


def test_a_withdrawn_document_is_answered_with_an_event(ingest: Function) -> None:
    send(ingest, CV, subject="gone")
    reply = send(ingest, subject="gone", minute=1, kind=WITHDRAWN)
    assert (reply.status_code, reply.headers["ce-type"]) == (200, f"{PREFIX}.document.removed.v1")
    assert reply.json()["retired"] == 1


def test_a_structured_event_is_understood(ingest: Function) -> None:
    body = {"specversion": "1.0", "type": PUBLISHED, "source": "/t", "id": "1", "subject": "structured"}
    reply = httpx.post(
        ingest.url,
        content=json.dumps({**body, "data": {"content": "# Hi\n\nText.", "title": "Hello"}}),
        headers={"content-type": "application/cloudevents+json"},
    )
    assert (reply.status_code, reply.json()["chunks"]) == (200, 1)


def test_a_document_that_turns_never_is_refused_and_what_was_indexed_removed(ingest: Function) -> None:
    send(ingest, CV, subject="turned")
    refused = send(ingest, f"---\naudience: never\n---\n{CV}", subject="turned", minute=1)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert send(ingest, CV, subject="turned", minute=0).status_code == 204


def test_a_document_that_turns_on_request_leaves_the_index_and_is_listed(ingest: Function) -> None:
    send(ingest, CV, subject="private")
    reply = send(ingest, f"---\ntitle: My CV\naudience: on-request\n---\n{CV}", subject="private", minute=1)
    assert reply.status_code == 200
    assert {name: reply.json()[name] for name in ("chunks", "retired", "withheld")} == {
        "chunks": 0,
        "retired": 1,
        "withheld": ["My CV"],
    }


def test_a_section_for_nobody_is_left_out_counted_and_not_named(ingest: Function) -> None:
    content = "# CV\n\nJane lives in Mainz.\n\n## My divorce\n<!-- audience: never -->\n\nLong ago.\n"
    reply = send(ingest, content, subject="never-section").json()
    assert (reply["chunks"], reply["withheld"], reply["kept_out"]) == (1, [], {"never": 1})


def test_an_id_with_personal_data_is_refused_and_leaves_no_trace(ingest: Function) -> None:
    reply = send(ingest, CV, subject="cv-jane@example.org")
    assert (reply.status_code, "personal data (email)" in reply.json()["detail"]) == (422, True)
    assert send(ingest, subject="cv-jane@example.org", minute=1, kind=WITHDRAWN).status_code == 204
    assert "jane@example" not in ingest.log.read_text()


@pytest.mark.parametrize(
    ("content", "event", "status", "says"),
    [
        (CV, {"kind": f"{PREFIX}.document.published.v2"}, 422, PUBLISHED),
        (b"[]", {"content_type": "application/cloudevents-batch+json"}, 415, "one CloudEvent a request"),
        (CV, {"content_type": "image/png"}, 415, "text/markdown"),
        (b"\xff", {}, 400, "byte 0 cannot be read"),
        (b"%PDF-", {"content_type": "application/pdf"}, 422, "broken, or no PDF"),
        (locked(), {"content_type": "application/pdf"}, 422, "open without a password"),
        (drawn([]), {"content_type": "application/pdf"}, 422, "text recognition"),
        (packed(paragraph(run("x" * 6_000_000))), {"content_type": DOCX}, 422, "unpacks to too much"),
        (b"PK", {"content_type": DOCX}, 422, "broken, or no DOCX"),
        ("---\naudience: all\n---\nx", {}, 422, "on-request"),
        (b"x" * 100_001, {}, 413, "100000 bytes"),
        (bytes(50_000_000), {"content_type": "application/pdf"}, 413, "100000 bytes"),
        (b"", {}, 400, "no data"),
        (b" \n", {}, 422, "no text"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value)[:40],
)
def test_a_refused_event_is_a_4xx_problem_and_writes_nothing(
    ingest: Function, content: str | bytes, event: dict[str, str], status: int, says: str
) -> None:
    assert send(ingest, CV, subject="stands").status_code in (200, 204)
    reply = send(ingest, content, subject="stands", minute=1, **event)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
    assert says in reply.json()["detail"]
    assert send(ingest, CV, subject="stands").status_code == 204  # as new as what stands: nothing came between


def test_a_docx_is_indexed(ingest: Function) -> None:
    reply = send(ingest, packed(paragraph(run("Jane lives in Mainz."))), subject="docx", content_type=DOCX)
    assert (reply.status_code, reply.json()["chunks"]) == (200, 1)


def test_only_post_is_accepted(ingest: Function) -> None:
    reply = httpx.get(f"{ingest.url}/")
    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    assert reply.headers["content-type"] == "application/problem+json"
    assert httpx.post(f"{ingest.url}/other").status_code == 404


def test_the_log_says_what_was_done_and_nothing_of_the_text(ingest: Function) -> None:
    send(ingest, CV, subject="logged")
    (line,) = logged(ingest, "logged")
    assert (line["kind"], line["outcome"], line["redactions"]) == ("published", "indexed", {"phone": 1})
    assert line["seconds"] > 0
    assert "lives in" not in ingest.log.read_text()
    assert "1234567" not in ingest.log.read_text()


def test_events_chunks_and_redactions_are_counted(ingest: Function) -> None:
    started = [json.loads(line) for line in ingest.log.read_text().splitlines() if "metrics served" in line]
    port = started[0]["port"]
    indexed = 'portfolio_ingest_events_total{outcome="indexed",type="published"}'

    def value(name: str) -> float:
        lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith(name)).rpartition(" ")[2])

    names = [
        indexed,
        'portfolio_ingest_chunks_total{action="embedded"}',
        'portfolio_ingest_redactions_total{kind="phone"}',
        "portfolio_ingest_event_to_searchable_seconds_count",
    ]
    before = [value(name) for name in names]
    send(ingest, CV, subject="counted")
    assert [value(name) for name in names] == [count + 1 for count in before]
    wait_until(lambda: value("portfolio_corpus_documents") >= 1 and value("portfolio_corpus_chunks") >= 1)


def test_the_gauges_follow_a_refused_document_that_was_public_before(start_function: START, settings: Settings) -> None:
    running = start_function(
        "ingest", {"CHROMA_URL": settings.chroma_url, "CHROMA_COLLECTION": settings.chroma_collection}
    )
    send(running, CV, subject="turned")
    port = next(json.loads(line)["port"] for line in running.log.read_text().splitlines() if "metrics served" in line)

    def documents() -> float:
        lines = httpx.get(f"http://127.0.0.1:{port}/metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith("portfolio_corpus_documents")).rpartition(" ")[2])

    wait_until(lambda: documents() == 1)
    assert send(running, f"---\naudience: never\n---\n{CV}", subject="turned", minute=1).status_code == 422
    wait_until(lambda: documents() == 0)


def test_without_chroma_the_answer_is_later(start_function: START) -> None:
    running = start_function("ingest", {"CHROMA_URL": f"http://127.0.0.1:{free_port()}"})
    reply = send(running, CV, subject="cv")
    assert (reply.status_code, reply.headers["content-type"]) == (503, "application/problem+json")
    assert int(reply.headers["retry-after"]) > 0


def test_the_plain_functions_framework_command_serves_it_too(chroma: Chroma, tmp_path: Path) -> None:
    port = free_port()
    command = [str(Path(sys.executable).with_name("functions-framework")), "--target", "ingest", "--port", str(port)]
    environment = {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": f"t{uuid.uuid4().hex}", "MODEL_DIR": str(MODEL)}
    command += ["--source", str(ROOT / "functions/ingest/main.py"), "--host", "127.0.0.1"]
    with Process(command, tmp_path / "ff.log", {**environment, "PYTHONPATH": str(ROOT)}) as running:
        url = f"http://127.0.0.1:{port}/"
        running.wait_for(lambda: httpx.get(url).status_code == 405, "functions-framework answering")
        assert httpx.post(url, content=CV, headers=headers("cv"), timeout=60).status_code == 200


def test_importing_the_steps_loads_neither_chroma_nor_the_model() -> None:
    code = (
        "import sys, functions.ingest.upsert, functions.ingest.parse, functions.ingest.chunk;"
        "print([name for name in ('chromadb', 'onnxruntime', 'pypdfium2', 'phonenumbers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=CLEAN, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
