import pytest

from functions.ingest.events import Envelope, Reconcile
from functions.ingest.events.ping import PING, ping
from functions.shared.problem import Malformed, Refused
from functions.shared.settings import Settings

SETTINGS = Settings(sources="https://example.org/", corpus_dir="corpus")


def tick(body: bytes = b"", data_type: str = "") -> Reconcile:
    """A tick as Knative's PingSource sends it: no subject, spec.data as the body."""
    attributes = {
        "type": PING,
        "source": "/apis/v1/namespaces/portfolio/pingsources/corpus",
        "id": "d8e761eb-30c7-49a3-a421-cd5895239f2d",
        "time": "2026-01-01T00:00:00.000128311Z",
    }
    return ping(Envelope(attributes, body, data_type), SETTINGS)


def test_a_tick_reconciles_the_corpus_folder() -> None:
    assert tick() == Reconcile("d8e761eb-30c7-49a3-a421-cd5895239f2d", "corpus")


def test_its_data_may_name_a_source() -> None:
    assert tick(b'{"source": "https://example.org/cv/"}', "application/json").source == "https://example.org/cv/"


@pytest.mark.parametrize("source", ["/etc", "../corpus", "https://elsewhere.example/", "s3://bucket/", "file:///etc"])
def test_only_the_corpus_and_sources_are_reconciled(source: str) -> None:
    with pytest.raises(Refused, match="SOURCES"):
        tick(b'{"source": "%s"}' % source.encode(), "application/json")


def test_data_that_is_no_json_is_malformed() -> None:
    with pytest.raises(Malformed, match="JSON"):
        tick(b"{", "application/json")
