"""Two CVs full of private data go through the whole system; none of it is anywhere afterwards."""

import base64
import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.canaries import CANARIES, GONE, PUBLIC, QUESTIONS, found_in
from tests.canary_documents import write_documents
from tests.conftest import MODEL
from tests.fake_llms import KEY, Script, hosted, serving
from tests.ingest.events import PREFIX, PUBLISHED, WITHDRAWN, headers
from tests.processes import CLEAN, ROOT, Chroma, Function

SUBJECT = ROOT / "tests" / "quality" / "data" / "second"


@dataclass
class Seen:
    """Everything that came out of the system, and where it keeps things."""

    chroma: Chroma
    functions: list[Function] = field(default_factory=list)
    replies: list[tuple[int, str]] = field(default_factory=list)  # ingest's: status, and headers with body
    printed: str = ""  # by make ingest
    answers: list[str] = field(default_factory=list)  # ask's, whole
    prompts: str = ""  # what a language model was given
    metrics: str = ""

    def send(self, content: str | bytes, **event: Any) -> httpx.Response:
        """An event, taken or not."""
        more = event.pop("more", {})
        reply = httpx.post(self.functions[0].url, content=content, headers=headers(**event) | more, timeout=120)
        self.replies.append((reply.status_code, f"{reply.headers}{reply.text}"))
        return reply


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """One run for all of the checks."""
    folder = tmp_path_factory.mktemp("canaries")
    chroma = Chroma(folder)
    chroma.start()
    documents = folder / "documents"
    write_documents(documents)
    environment = {"CHROMA_URL": chroma.url, "MODEL_DIR": str(MODEL), "CORPUS_DIR": str(SUBJECT), "LOG_LEVEL": "DEBUG"}
    script = Script(echo=True)
    told = Seen(chroma)
    with (
        serving(hosted(script)) as llm,
        Function("ingest", folder, environment) as ingest,
        Function("ask", folder, environment) as quoting,
        Function("ask", folder, environment | {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{llm}/v1"}) as echoing,
        Function("health", folder, environment) as health,
    ):
        told.functions = [ingest, quoting, echoing, health]
        feed(told, documents)
        refuse(told)
        replace_and_withdraw(told)
        for ask in (quoting, echoing):
            question(told, ask)
        told.answers.append(httpx.get(health.url, timeout=30).text)
        told.metrics = "".join(map(metrics, told.functions))
        told.prompts = json.dumps(script.asked, ensure_ascii=False)
    chroma.stop()
    return told


def feed(seen: Seen, documents: Path) -> None:
    """`make ingest`, and the same documents once more as events, for the replies."""
    command = [sys.executable, "-m", "functions.ingest.cli", str(documents), "--url", seen.functions[0].url]
    done = subprocess.run(command, cwd=ROOT, env=CLEAN, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    seen.printed = done.stdout + done.stderr
    for path in sorted(documents.iterdir()):
        kind = {".pdf": "application/pdf", ".html": "text/html", ".txt": "text/plain", ".json": "application/json"}
        content_type = kind.get(path.suffix, "text/markdown")
        reply = seen.send(path.read_bytes(), subject=f"again/{path.stem}", content_type=content_type)
        assert reply.status_code == 200, reply.text


def refuse(seen: Seen) -> None:
    """Events that are refused, each with something private where the refusal might repeat it."""
    private = "Jorun, 0176 04069057, jorun.hallbrink@briefkasten.example, Kranichufer 83c, 67998 Speyer"
    refused: list[tuple[str | bytes, dict[str, Any]]] = [
        ("# Hi\n\nText.", {"subject": "cv-jorun.hallbrink@briefkasten.example"}),
        ("# Hi\n\nText.", {"subject": "cv/0176-04069057"}),
        ("# Hi\n\nText.", {"subject": "uri", "more": {"ce-uri": quote("mailto:jorun.hallbrink@briefkasten.example")}}),
        ("# Hi\n\nText.", {"subject": "audience", "more": {"ce-audience": quote(private)}}),
        (f"---\naudience: {private}\n---\nText.", {"subject": "front"}),
        (f"---\naudience: never\n---\n{private}", {"subject": "never"}),
        (f"---\nupdated: [{private}]\n---\nText.", {"subject": "updated"}),
        (f"---\ntitle: 'x\n{private}\n---\nText.", {"subject": "yaml"}),
        (f"{private}\xff".encode("latin-1"), {"subject": "latin"}),
        (f"%PDF-1.7 {private}".encode(), {"subject": "pdf", "content_type": "application/pdf"}),
        (private, {"subject": "image", "content_type": "image/png"}),
        (private, {"subject": "kind", "kind": f"{PREFIX}.document.other.v1"}),
        (json.dumps({"basics": {"email": [private]}}), {"subject": "resume", "content_type": "application/json"}),
        (json.dumps({"content": [private]}), {"subject": "json", "content_type": "application/json"}),
        (f'{{"content": "{private}', {"subject": "broken", "content_type": "application/json"}),
        ("Text.", {"subject": "time", "more": {"ce-time": "17.09.1987"}}),
        ("Text.", {"subject": "charset", "content_type": "text/plain; charset=jorun.hallbrink@briefkasten.example"}),
    ]
    for content, event in refused:
        assert 400 <= seen.send(content, **event).status_code < 500, event
    structured = {"specversion": "1.0", "type": PUBLISHED, "source": "/t", "id": "1", "subject": "s", "data": [private]}
    reply = httpx.post(
        seen.functions[0].url,
        content=json.dumps(structured | {"datacontenttype": "text/plain"}),
        headers={"content-type": "application/cloudevents+json"},
    )
    assert reply.status_code == 400
    seen.replies.append((reply.status_code, reply.text))
    # Withdrawing what was never taken in leaves nothing behind either.
    withdrawn = seen.send("", subject="cv-jorun.hallbrink@briefkasten.example", minute=1, kind=WITHDRAWN)
    assert withdrawn.status_code == 204


def replace_and_withdraw(seen: Seen) -> None:
    """Documents that stood for a while."""
    old = "# Profil\n\nMobil 0176 04069063, vorher@briefkasten.example, Reiherstieg 41, 20457 Hamburg. Prüft Kabel."
    assert seen.send(old, subject="replaced").status_code == 200
    assert seen.send("# Profil\n\nPrüft Kabel und Rohre.", subject="replaced", minute=1).status_code == 200
    assert seen.send(f"{old}\n\nTel. 0176 04069078", subject="withdrawn").status_code == 200
    assert seen.send("", subject="withdrawn", minute=1, kind=WITHDRAWN).status_code == 200
    never = "---\naudience: never\n---\n# X\n\nnie@briefkasten.example, 9 Fenwick Lane, Leeds LS6 4QY"
    assert seen.send("# X\n\nPublic at first.", subject="turned").status_code == 200
    assert seen.send(never, subject="turned", minute=1).status_code == 422


def question(seen: Seen, ask: Function) -> None:
    """Every question as JSON and as a stream, and as a search."""
    with httpx.Client(base_url=ask.url, timeout=60) as http:
        for text in QUESTIONS:
            for body in ({"question": text}, {"question": text, "top_k": 10, "stream": True}):
                seen.answers.append(http.post("/", json=body).raise_for_status().text)
            seen.answers.append(http.post("/search", json={"query": text, "top_k": 10}).raise_for_status().text)


def metrics(function: Function) -> str:
    port = re.search(r'"message":"metrics served".*?"port":(\d+)', function.log.read_text())
    assert port, function.log.read_text()
    return httpx.get(f"http://127.0.0.1:{port[1]}/metrics").text


def stored(chroma: Chroma) -> bytes:
    """Every byte on Chroma's disk: the database, its log, the indexes."""
    files = [path for path in (chroma.folder / "data").rglob("*") if path.is_file()]
    assert any(path.suffix == ".sqlite3" for path in files)
    return b"\n".join(path.read_bytes() for path in files)


def test_the_store_holds_what_is_public_and_nothing_private(seen: Seen) -> None:
    data = stored(seen.chroma)
    assert found_in(data, PUBLIC) == PUBLIC
    assert found_in(data, CANARIES + GONE) == []


def test_answers_and_sources_hold_what_is_public_and_nothing_private(seen: Seen) -> None:
    data = "\n".join(seen.answers).encode()
    assert found_in(data, PUBLIC) == PUBLIC
    assert found_in(data, CANARIES + GONE) == []


def test_a_language_model_is_given_what_is_public_and_nothing_private(seen: Seen) -> None:
    assert found_in(seen.prompts.encode(), PUBLIC) != []
    assert found_in(seen.prompts.encode(), CANARIES + GONE) == []


def test_no_log_holds_anything_private(seen: Seen) -> None:
    for function in seen.functions:
        assert found_in(function.log.read_bytes(), CANARIES + GONE) == []
    assert found_in((seen.chroma.folder / "chroma.log").read_bytes(), CANARIES + GONE) == []


def test_no_metric_holds_anything_private(seen: Seen) -> None:
    counted = re.findall(r'portfolio_ingest_redactions_total\{kind="(\w+)"\} ([1-9]\d*)', seen.metrics)
    assert {kind for kind, _ in counted} == {"phone", "email", "address", "birthday", "account", "paper", "status"}
    assert found_in(seen.metrics.encode(), CANARIES + GONE) == []


def test_no_reply_of_ingest_holds_anything_private(seen: Seen) -> None:
    assert {200, 204, 400, 415, 422} <= {status for status, _ in seen.replies}
    for _, reply in seen.replies:
        assert found_in(reply.encode(), CANARIES + GONE) == []


def test_make_ingest_prints_a_report_and_nothing_private(seen: Seen) -> None:
    (line,) = [line for line in seen.printed.splitlines() if line.startswith("hallbrink.md")]
    assert "redacted" in line
    assert "kept out: Gehalt von [e-mail removed]" in line
    assert "1 for nobody" in line
    assert found_in(seen.printed.encode(), CANARIES + GONE) == []


@pytest.mark.parametrize(
    "written",
    [
        b"Tel: 0176-04069057",
        b"0176/040 690 57",
        b"017604069057",
        "０１７６ ０４０６９０５７".encode(),
        "0176 04069057".encode("utf-16-le"),
        b"\x00" + "0176 04069057".encode("utf-16-le"),
        "0176 04069057".encode("utf-16-be"),
        b"tel%3A0176%2004069057",
        b"0\\u0031\\u0037604069057",
        b"&#48;&#49;7604069057",
        b"\xff\xfe\x00" + base64.b64encode(b"Call me at 0176 04069057 today") + b"\x00",
    ],
)
def test_the_search_finds_a_canary_however_it_is_written(written: bytes) -> None:
    assert found_in(written, CANARIES) == ["0176 04069057"]


def test_the_search_ignores_case_and_accents() -> None:
    assert found_in("DREI TOCHTER, dreî-töchter".encode(), CANARIES) == ["drei Töchter"]


def test_the_documents_hold_every_canary(tmp_path: Path) -> None:
    """What a document does not hold cannot leak: the check above would prove nothing."""
    from pypdfium2 import PdfDocument

    write_documents(tmp_path / "d")
    held = b""
    for path in (tmp_path / "d").iterdir():
        if path.suffix == ".pdf":
            with PdfDocument(path) as pdf:
                held += "\n".join(page.get_textpage().get_text_bounded() for page in pdf).encode()
                held += json.dumps(pdf.get_metadata_dict(), ensure_ascii=False).encode()
        else:
            held += path.read_bytes()
    assert found_in(held, CANARIES) == CANARIES
