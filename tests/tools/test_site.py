"""The site of `make run` over a real socket: the page as it is, with the two files that are made for it."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from functions.shared.settings import Settings
from functions.shared.subject import read_subject
from tests.fake_llms import KEY, serving
from tests.processes import ROOT, Process
from tools.site import create_app

PUBLISHED = read_subject(str(ROOT / "corpus")).published()
KEYED = Settings(featherless_api_key=KEY)
IPV6 = "[::1]"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the tool reads; it looks in the folder it was started from."""
    for name in ("site", "corpus"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    with serving(create_app(Settings(), "8081")) as url:
        yield url


def subject(settings: Settings) -> dict:
    with serving(create_app(settings, "8081")) as url:
        return httpx.get(f"{url}/subject.json").json()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "nora.local", "192.168.178.20", IPV6])
def test_the_page_finds_ask_on_the_host_it_was_asked_under(site: str, host: str) -> None:
    reply = httpx.get(f"{site}/config.js", headers={"Host": f"{host}:8080"})
    assert reply.text == f'export default {{ endpoint: "http://{host}:8081/" }};\n'
    assert reply.headers["content-type"].startswith("text/javascript")


def test_the_port_of_ask_is_the_one_it_was_given() -> None:
    with serving(create_app(Settings(), "4711")) as url:
        endpoint = httpx.get(f"{url}/config.js").text.split('"')[1]
    assert urlsplit(endpoint).port == 4711
    assert urlsplit(endpoint).hostname == urlsplit(url).hostname


def test_the_subject_is_what_is_published_of_it_and_no_more() -> None:
    told = subject(Settings())
    assert told.pop("services") == {"hosted": ""}
    assert told == PUBLISHED


def test_an_edited_subject_is_told_without_a_restart(site: str, folder: Path) -> None:
    file = folder / "corpus" / "subject.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("name: Vivek Padayattil", "name: Nora Ø", 1), "utf-8")
    assert httpx.get(f"{site}/subject.json").json()["name"] == "Nora Ø"


@pytest.mark.parametrize(
    ("settings", "service"),
    [
        (Settings(), ""),
        (KEYED, "Featherless"),
        (Settings(featherless_api_key=KEY, hosted_base_url="https://api.example.org:8443/v1"), "api.example.org"),
        (Settings(featherless_api_key=KEY, hosted_base_url="https://notfeatherless.ai/v1"), "notfeatherless.ai"),
        (Settings(hosted_base_url="https://api.example.org/v1"), ""),
        (Settings(featherless_api_key=KEY, llm_strategy="ollama-only"), ""),
        (Settings(featherless_api_key=KEY, llm_strategy="featherless-only"), "Featherless"),
    ],
    ids=["no key", "key", "another host", "a host of like name", "another host, no key", "ollama-only", "hosted only"],
)
def test_the_page_names_the_service_that_may_see_a_question(settings: Settings, service: str) -> None:
    assert subject(settings)["services"] == {"hosted": service}


def test_no_answer_holds_the_key() -> None:
    with serving(create_app(KEYED, "8081")) as url:
        for path in ("config.js", "subject.json", "", "nowhere"):
            reply = httpx.get(f"{url}/{path}")
            assert KEY not in reply.text + str(reply.headers)


@pytest.mark.parametrize("path", ["", "index.html", "chat.js", "chat.css", "icon.svg", "config.js", "subject.json"])
def test_every_file_is_served_and_asked_for_again_each_time(site: str, path: str) -> None:
    reply = httpx.get(f"{site}/{path}")
    assert reply.status_code == 200
    assert reply.headers.get_list("cache-control") == ["no-cache"]


@pytest.mark.parametrize("path", ["index.html", "chat.js", "chat.css", "icon.svg", "words.js"])
def test_files_come_as_they_are(site: str, path: str) -> None:
    assert httpx.get(f"{site}/{path}").content == (ROOT / "site" / path).read_bytes()


def test_an_edited_file_is_seen_by_whoever_held_the_old_one(site: str, folder: Path) -> None:
    first = httpx.get(f"{site}/chat.css")
    (folder / "site" / "chat.css").write_text("body { color: red }\n", "utf-8")
    again = httpx.get(f"{site}/chat.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.text) == (200, "body { color: red }\n")


@pytest.mark.parametrize("path", ["nowhere", "../corpus/subject.yaml", "%2e%2e/corpus/subject.yaml"])
def test_what_is_not_in_the_site_is_not_found(site: str, path: str) -> None:
    assert httpx.get(f"{site}/{path}").status_code == 404


def test_the_committed_subject_is_what_write_makes(folder: Path) -> None:
    written = folder / "site" / "subject.json"
    written.unlink()
    environment = {"PYTHONPATH": str(ROOT), "CORPUS_DIR": str(folder / "corpus")}
    command = ["/bin/sh", "-c", 'cd "$0" && exec "$1" -m tools.site --write', str(folder), sys.executable]
    with Process(command, folder / "write.log", environment) as process:
        assert process.wait() == 0, process.log.read_text()
    assert written.read_bytes() == (ROOT / "site" / "subject.json").read_bytes()
    assert json.loads(written.read_text("utf-8"))["services"] == {"hosted": "Featherless"}
