"""The Broker's rules of delivery, acted out against the running ingest and the running dead-letter logger.

The rules are those of Knative's default Broker (knative/eventing: filter_handler.go and retries.go), with the numbers
of the Trigger in knative/base/broker.yaml; only its pauses are shortened.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.conftest import MODEL
from tests.knative.test_events import matches
from tests.processes import ROOT, Chroma, Function

TRIGGER: dict[str, Any] = next(
    manifest["spec"]
    for manifest in yaml.safe_load_all((ROOT / "knative/base/broker.yaml").read_text())
    if manifest["kind"] == "Trigger"
)
PREFIX = "com.vivekpadayattil"
RETRIED = {404, 408, 409, 429}
PAUSE_S = 0.03  # for the PT1S of the Trigger
NOTE = b"# Bridges\n\nThe bridge over the Corrow was built in 1911 by Ada Morven.\n"


@dataclass
class Delivered:
    """What became of one event: the status of each try, the replies that re-entered, whether it is a dead letter."""

    tries: list[int] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    dead: bool = False


class Broker:
    """One Trigger with ingest as its subscriber; `between` is called after each failed try."""

    def __init__(self, subscriber: str, dead_letter: str) -> None:
        self.subscriber, self.dead_letter = subscriber, dead_letter
        self.between: Callable[[int], None] = lambda tries: None

    def publish(self, attributes: dict[str, str], data: bytes = b"", content_type: str = "text/markdown") -> Delivered:
        """Deliver one event with all that follows from it."""
        done = Delivered()
        if not matches(TRIGGER["filters"], attributes):
            return done
        headers = {f"ce-{name}": value for name, value in attributes.items()} | {"content-type": content_type}
        response = self._try_until_taken(headers, data, done)
        if response is None:
            done.dead = True
            self._bury(headers, data, done)
        elif response.content:
            reply = {name[3:]: value for name, value in response.headers.items() if name.startswith("ce-")}
            done.replies.append(reply["type"])
            again = self.publish(reply, response.content, response.headers["content-type"])
            assert again.tries == [], "a reply came back to ingest: it would go in circles"
        return done

    def _try_until_taken(self, headers: dict[str, str], data: bytes, done: Delivered) -> httpx.Response | None:
        for attempt in range(1 + TRIGGER["delivery"]["retry"]):
            status, response = self._try(headers, data)
            done.tries.append(status)
            if 200 <= status < 300:
                return response
            if status and status < 500 and status not in RETRIED:
                return None  # the producer's mistake: no second try
            self.between(len(done.tries))
            if attempt < TRIGGER["delivery"]["retry"]:
                done.pauses.append(2.0**attempt)
                time.sleep(PAUSE_S * 2**attempt)
        return None

    def _try(self, headers: dict[str, str], data: bytes) -> tuple[int, httpx.Response | None]:
        try:
            response = httpx.post(self.subscriber, headers=headers, content=data, timeout=60)
        except httpx.HTTPError:
            return 0, None
        # A reply is a CloudEvent or empty; anything else is taken for a broken subscriber.
        if response.is_success and response.content and "ce-type" not in response.headers:
            return 502, response
        return response.status_code, response

    def _bury(self, headers: dict[str, str], data: bytes, done: Delivered) -> None:
        told = base64.b64encode(b"the problem")[:1024].decode()
        why = {
            "ce-knativeerrordest": self.subscriber,
            "ce-knativeerrorcode": str(done.tries[-1]),
            "ce-knativeerrordata": told,
        }
        answer = httpx.post(self.dead_letter, headers=headers | why, content=data)
        assert (answer.status_code, answer.content) == (204, b"")


def published(document: str, **more: str) -> dict[str, str]:
    return {
        "specversion": "1.0",
        "type": f"{PREFIX}.document.published.v1",
        "source": "/test",
        "id": uuid.uuid4().hex,
        "time": "2026-11-22T10:00:00Z",
        "subject": document,
    } | more


COLLECTION = f"broker{uuid.uuid4().hex}"


@pytest.fixture(scope="module")
def dead_letter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    with Function("dead_letter", tmp_path_factory.mktemp("dead"), {}) as running:
        yield running  # type: ignore[misc]


@pytest.fixture(scope="module")
def broker(chroma: Chroma, dead_letter: Function, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    settings = {"CHROMA_URL": chroma.url, "CHROMA_COLLECTION": COLLECTION, "MODEL_DIR": str(MODEL)}
    with Function("ingest", tmp_path_factory.mktemp("ingest"), settings) as ingest:
        yield Broker(ingest.url, dead_letter.url)  # type: ignore[attr-defined]


@pytest.fixture
def fragile(own_chroma: Chroma, dead_letter: Function, start_function: Callable[..., Function]) -> Broker:
    """The same before a Chroma that may be stopped."""
    settings = {"CHROMA_URL": own_chroma.url, "CHROMA_COLLECTION": COLLECTION, "CHROMA_TIMEOUT_S": "2"}
    return Broker(start_function("ingest", settings).url, dead_letter.url)


def letters(dead_letter: Function, document: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in Path(dead_letter.log).read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["message"] == "dead letter" and line["event_subject"] == document]


def passages(chroma: Chroma, document: str) -> list[tuple[str, str]]:
    """(id, text) of the document's live passages, as the server has them."""
    base = f"{chroma.url}/api/v2/tenants/default_tenant/databases/default_database/collections"
    collection = httpx.get(f"{base}/{COLLECTION}").json()["id"]
    got = httpx.post(f"{base}/{collection}/get", json={"where": {"live": True}, "include": ["documents"]}).json()
    return [row for row in zip(got["ids"], got["documents"], strict=True) if row[0].startswith(document)]


def test_a_document_is_taken_at_once_and_its_reply_does_not_come_back(broker: Broker, chroma: Chroma) -> None:
    done = broker.publish(published("at-once"), NOTE)
    assert (done.tries, done.replies, done.dead) == ([200], [f"{PREFIX}.document.indexed.v1"], False)
    assert ["1911" in text for _, text in passages(chroma, "at-once")] == [True]


def test_the_same_event_again_is_taken_and_changes_nothing(broker: Broker, chroma: Chroma) -> None:
    event = published("again")
    broker.publish(event, NOTE)
    before = passages(chroma, "again")
    again = broker.publish(event, NOTE)
    assert (again.tries, again.replies, again.dead) == ([204], [], False)
    assert passages(chroma, "again") == before != []


def test_duplicates_at_the_same_moment_leave_one_document(
    broker: Broker, chroma: Chroma, dead_letter: Function
) -> None:
    event = published("duplicate")
    with ThreadPoolExecutor(4) as pool:
        done = [future.result() for future in [pool.submit(broker.publish, event, NOTE) for _ in range(4)]]
    assert not any(one.dead for one in done)
    assert [one.tries[-1] for one in done].count(200) >= 1
    assert len(passages(chroma, "duplicate")) == 1
    assert letters(dead_letter, "duplicate") == []


def test_a_refused_document_is_tried_once_and_becomes_a_dead_letter(broker: Broker, dead_letter: Function) -> None:
    done = broker.publish(published("salary"), b"---\naudience: never\n---\n# Salary\n\nIt is a secret.\n")
    assert (done.tries, done.dead) == ([422], True)
    (letter,) = letters(dead_letter, "salary")
    assert letter["event_knativeerrorcode"] == "422"
    assert "secret" not in json.dumps(letter)


def test_an_unreadable_event_is_tried_once(broker: Broker, dead_letter: Function) -> None:
    done = broker.publish(published("unreadable", time="yesterday"), NOTE)
    assert (done.tries, done.dead) == ([400], True)
    assert len(letters(dead_letter, "unreadable")) == 1


def test_a_withdrawn_document_is_gone_and_an_old_event_does_not_bring_it_back(broker: Broker, chroma: Chroma) -> None:
    broker.publish(published("gone"), NOTE)
    gone = broker.publish(published("gone", type=f"{PREFIX}.document.withdrawn.v1", time="2026-11-22T11:00:00Z"))
    assert (gone.tries, gone.replies) == ([200], [f"{PREFIX}.document.removed.v1"])
    late = broker.publish(published("gone", time="2026-11-22T10:30:00Z"), NOTE)
    assert (late.tries, late.dead) == ([204], False)
    assert passages(chroma, "gone") == []


def test_a_type_nobody_subscribed_to_reaches_nobody(broker: Broker) -> None:
    assert broker.publish(published("nobody", type="org.example.unknown"), NOTE).tries == []


def test_an_event_outlives_a_restart_of_chroma(fragile: Broker, own_chroma: Chroma, dead_letter: Function) -> None:
    own_chroma.stop()
    fragile.between = lambda tries: own_chroma.start() if tries == 2 else None
    done = fragile.publish(published("restart"), NOTE)
    assert done.tries[:2] == [503, 503]
    assert done.tries[-1] == 200
    assert letters(dead_letter, "restart") == []
    assert len(passages(own_chroma, "restart")) == 1


def test_after_seven_tries_over_a_minute_it_is_a_dead_letter(
    fragile: Broker, own_chroma: Chroma, dead_letter: Function
) -> None:
    own_chroma.stop()
    done = fragile.publish(published("lost"), NOTE)
    assert (done.tries, done.dead) == ([503] * 7, True)
    assert done.pauses == [1, 2, 4, 8, 16, 32]  # PT1S, exponential
    (letter,) = letters(dead_letter, "lost")
    assert letter["event_knativeerrorcode"] == "503"


# that the actor plays by the rules


class Says(BaseHTTPRequestHandler):
    """A subscriber that answers as the stock CloudEvent function does."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def says_ok() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Says)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_plain_ok_would_be_delivered_seven_times(says_ok: str, dead_letter: Function) -> None:
    done = Broker(says_ok, dead_letter.url).publish(published("answered-ok"), NOTE)
    assert (done.tries, done.dead) == ([502] * 7, True)
