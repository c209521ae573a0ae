"""The command line, as a process against a small server on a real port."""

import json
import socket
import subprocess
import sys
import threading
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.processes import CLEAN, ROOT, free_port

RECORD: dict[str, Any] = {
    "answered": True,
    "answer": "She sails. [1]",
    "provider": "extractive",
    "model": "quoted",
    "degraded": False,
    "sources": [
        {"n": 1, "title": "Life", "section": "Free time", "uri": "https://example.org/life"},
        {"n": 2, "title": "Work", "section": "", "uri": ""},
    ],
}


def ask(url: str, question: str = "Does she sail?") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "functions.ask.cli", "--url", url, "--", question]
    return subprocess.run(command, cwd=ROOT, env=CLEAN, capture_output=True, text=True, timeout=60, check=False)


def event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def streams(server: HTTPServer, *events: str) -> str:
    """A server that answers with these events; its address."""
    server.expect_request("/", method="POST").respond_with_data("".join(events), content_type="text/event-stream")
    return server.url_for("").rstrip("/")


def test_it_prints_the_text_its_sources_and_who_wrote(httpserver: HTTPServer) -> None:
    url = streams(
        httpserver,
        event("sources", RECORD["sources"]),
        event("token", {"text": "She "}),
        ": ping\n\n",
        event("token", {"text": "sails. [1]"}),
        event("done", RECORD),
    )
    done = ask(url)
    assert done.stdout.splitlines() == [
        "She sails. [1]",
        "",
        "  [1] Life › Free time  https://example.org/life",
        "  [2] Work",
        "  quoted from the documents",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_a_refusal_claims_no_quotation(httpserver: HTTPServer) -> None:
    refusal = {**RECORD, "answered": False, "sources": []}
    done = ask(streams(httpserver, event("token", {"text": "I could not find that."}), event("done", refusal)))
    assert done.stdout.splitlines() == ["I could not find that.", "", "  nothing in the documents proves an answer"]


def test_it_sends_the_question_as_it_was_given(httpserver: HTTPServer) -> None:
    url = streams(httpserver, event("done", RECORD))
    ask(url, '--what "is" Ålesund?')
    request, _ = httpserver.log[0]
    assert request.json == {"question": '--what "is" Ålesund?', "stream": True}
    assert request.headers["Accept"] == "text/event-stream"


@pytest.mark.parametrize(
    ("provider", "degraded", "said"),
    [
        ("hosted", False, "  written by some-model"),
        ("local", True, "  written by some-model, the fallback model, some parts are down"),
        ("contact", True, "  no documents at hand, some parts are down"),
    ],
)
def test_it_says_who_wrote(httpserver: HTTPServer, provider: str, degraded: bool, said: str) -> None:
    record = {**RECORD, "provider": provider, "model": "some-model", "degraded": degraded, "sources": []}
    done = ask(streams(httpserver, event("done", record)))
    assert done.stdout.splitlines()[-1] == said


def test_a_reset_says_that_the_text_begins_again(httpserver: HTTPServer) -> None:
    tokens = [event("token", {"text": "She dr"}), event("reset", {}), event("token", {"text": "She sails."})]
    done = ask(streams(httpserver, *tokens, event("done", RECORD)))
    assert done.stdout.splitlines()[:4] == ["She dr", "… that was cut off; again:", "", "She sails."]


@pytest.mark.parametrize("border", ["\u2028", "\u2029", "\x85"])
def test_characters_that_part_lines_only_in_unicode_do_not_break_the_stream(
    httpserver: HTTPServer, border: str
) -> None:
    done = ask(streams(httpserver, event("token", {"text": f"She{border}sails."}), event("done", RECORD)))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"She{border}sails." in done.stdout


def test_a_problem_ends_it_with_its_detail(httpserver: HTTPServer) -> None:
    problem = {"title": "Refused", "status": 422, "detail": "The field `question` is blank."}
    httpserver.expect_request("/").respond_with_json(problem, status=422, content_type="application/problem+json")
    done = ask(httpserver.url_for(""), " ")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "The field `question` is blank.\n")


def test_a_problem_that_passes_says_when_to_come_back(httpserver: HTTPServer) -> None:
    told = json.dumps({"detail": "Thirty an hour."})
    httpserver.expect_request("/", method="POST").respond_with_data(told, 429, {"Retry-After": "120"})
    done = ask(httpserver.url_for("").rstrip("/"))
    assert (done.returncode, done.stderr.strip()) == (1, "Thirty an hour. Ask again in 120 seconds.")


def test_an_error_event_ends_it_with_its_detail(httpserver: HTTPServer) -> None:
    done = ask(streams(httpserver, event("token", {"text": "She"}), event("error", {"detail": "Chroma is away."})))
    assert (done.returncode, done.stderr) == (1, "\nChroma is away.\n")


def test_any_other_error_page_is_named_by_its_status(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("<h1>Bad gateway</h1>", status=502)
    done = ask(httpserver.url_for(""))
    assert (done.returncode, done.stderr) == (1, f"{httpserver.url_for('/')} answered 502.\n")


def test_a_stream_that_ends_early_says_so(httpserver: HTTPServer) -> None:
    done = ask(streams(httpserver, event("token", {"text": "She"})))
    assert (done.returncode, done.stderr) == (1, "\nThe answer broke off before its end. Ask again.\n")


def test_a_connection_that_breaks_says_so() -> None:
    def cut(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + event("reset", {}).encode())

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(target=cut, args=(listening,))
        thread.start()
        done = ask(url)
        thread.join()
    assert (done.returncode, done.stderr[: len(url)]) == (1, url)
    assert ": the connection broke (" in done.stderr
    assert "Traceback" not in done.stderr


def test_where_nothing_listens_it_names_make_run() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = ask(url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Nothing answers at {url}. `make run` starts it.\n"


@pytest.mark.parametrize("url", ["127.0.0.1:8081", "ftp://127.0.0.1", ""])
def test_what_is_no_address_is_named(url: str) -> None:
    done = ask(url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{url!r} is no address: --url takes one like http://127.0.0.1:8081.\n"
