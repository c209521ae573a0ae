import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from functions.ingest.cli import NotSent, send_one
from functions.ingest.listing import Folder, Place
from functions.shared.settings import Settings
from functions.shared.store import Store
from tests.conftest import MODEL
from tests.ingest.events import PREFIX
from tests.processes import CLEAN, ROOT, Chroma, Function, free_port

COLLECTION = f"t{uuid.uuid4().hex}"


@pytest.fixture(scope="module")
def ingest(chroma: Chroma, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    settings = {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": COLLECTION, "MODEL_DIR": str(MODEL)}
    with Function("ingest", tmp_path_factory.mktemp("ingest"), settings) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "corpus"
    (root / "wörk").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "cv.md").write_text("# CV\n\nJane lives in Mainz. Call 0170 1234567.")
    (root / "wörk" / "acme.html").write_text("<h1>Acme</h1><p>ETL.")
    (root / "note.txt").write_text("A note.")
    for ignored in ("README.md", "subject.yaml", "photo.jpg", ".git/x.md"):
        (root / ignored).write_text("no")
    return root


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "functions.ingest.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=CLEAN, capture_output=True, text=True, timeout=120, check=False)


async def test_a_folder_is_sent_and_its_documents_named_by_their_paths(
    folder: Path, ingest: Function, chroma: Chroma
) -> None:
    done = run(folder, "--url", ingest.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "cv.md: 1 passages, 1 embedded, redacted 1 phone",
        "note.txt: 1 passages, 1 embedded",
        "wörk/acme.html: 1 passages, 1 embedded",
        "3 of 3 documents accepted.",
    ]
    store = Store(Settings(chroma_url=chroma.url, chroma_collection=COLLECTION))
    head = await store.head()
    assert head is not None
    assert {row.chunk.document for row in await store.rows(head)} == {"cv", "note", "wörk/acme"}
    await store.close()
    assert "cv.md: unchanged" in run(folder, "--url", ingest.url).stdout


def test_a_refused_document_is_named_with_its_problem_and_the_others_are_sent(folder: Path, ingest: Function) -> None:
    (folder / "bad.md").write_text("---\naudience: all\n---\nx")
    done = run(folder, "--url", ingest.url)
    assert done.returncode == 1
    assert "bad.md: The audience 'all' is not accepted: it is public, on-request, never." in done.stdout
    assert "3 of 4 documents accepted." in done.stdout


def test_an_ingest_that_is_not_there_is_said_so(folder: Path) -> None:
    done = run(folder, "--url", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "does not answer" in done.stdout


def test_later_is_waited_for(folder: Path, httpserver: HTTPServer) -> None:
    answers = [Response(status=503, content_type="application/problem+json", response='{"detail": "not yet"}')] * 2

    def answer(request: Request) -> Response:
        return answers.pop() if answers else Response(status=204)

    httpserver.expect_request("/").respond_with_handler(answer)
    done = run(folder, "--url", httpserver.url_for("/"), "--wait", 30)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "cv.md: unchanged")


def test_what_is_no_ingest_is_said_so(folder: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("hello", status=418)
    assert "it is no ingest" in run(folder, "--url", httpserver.url_for("/")).stdout


def test_an_unreadable_file_is_named(folder: Path) -> None:
    with httpx.Client() as client, pytest.raises(NotSent, match=r"cannot be read: No such file or directory\."):
        send_one(
            client, Folder(folder, "/f"), Place("gone", str(folder / "gone.md")), "http://127.0.0.1:1", 0.0, PREFIX
        )


def test_no_folder_and_an_empty_one_are_told_apart(tmp_path: Path) -> None:
    assert "is no folder" in run(tmp_path / "none").stderr
    assert "holds no documents" in run(tmp_path).stderr
    assert "is no folder" in run(tmp_path / "none", "--url", "http://127.0.0.1:1").stderr
    assert "holds no documents" in run(tmp_path, "--url", "http://127.0.0.1:1").stderr


def direct(settings: Settings, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Without --url: straight into the store."""
    command = [sys.executable, "-m", "functions.ingest.cli", *map(str, arguments)]
    environment = {
        **CLEAN,
        "CHROMA_URL": settings.chroma_url,
        "CHROMA_COLLECTION": settings.chroma_collection,
        "MODEL_DIR": str(MODEL),
    }
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


async def live(settings: Settings) -> set[str]:
    store = Store(settings)
    head = await store.head()
    found = {row.chunk.document for row in await store.rows(head)} if head else set()
    await store.close()
    return found


async def test_without_an_address_the_store_is_made_equal_to_the_folder(folder: Path, settings: Settings) -> None:
    planned = direct(settings, folder, "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.splitlines()[-1] == "Would be: 3 documents, 0 unchanged, 3 added."
    assert await live(settings) == set()
    assert direct(settings, folder).stdout.splitlines() == [
        "cv.md: 1 passages, 1 embedded, redacted 1 phone",
        "note.txt: 1 passages, 1 embedded",
        "wörk/acme.html: 1 passages, 1 embedded",
        "3 documents, 0 unchanged, 3 added.",
    ]
    assert await live(settings) == {"cv", "note", "wörk/acme"}
    (folder / "note.txt").unlink()
    (folder / "cv.md").write_text("# CV\n\nJane lives in Bonn.")
    kept = direct(settings, folder)
    assert kept.returncode == 1
    assert "1 that are gone stay, because they are more than 30% of the source's" in kept.stdout
    forced = direct(settings, folder, "--force")
    assert (forced.returncode, forced.stdout.splitlines()[-2:]) == (
        0,
        ["note: removed", "2 documents, 2 unchanged, 1 removed."],
    )
    assert await live(settings) == {"cv", "wörk/acme"}


def test_what_cannot_be_done_is_said_in_a_sentence(folder: Path, settings: Settings) -> None:
    nobody = Settings(chroma_url=f"http://127.0.0.1:{free_port()}", chroma_collection="x")
    done = direct(nobody, folder)
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr
