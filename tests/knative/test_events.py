"""The Broker, its Trigger, the nightly tick and the dead letters of knative/base, and which events they take where."""

from typing import Any

import pytest

from functions.ingest.ledger import LEASE_S
from functions.shared.settings import Settings
from tests.knative.rendered import functions, of_kind, pod_of, render, settings_of

BASE = "knative/base"


def matches(filters: list[dict[str, Any]], event: dict[str, str]) -> bool:
    """The dialects of a Trigger's `filters`, whose entries must all hold."""
    return all(holds(dialect, rule, event) for entry in filters for dialect, rule in entry.items())


def holds(dialect: str, rule: Any, event: dict[str, str]) -> bool:
    if dialect == "exact":
        return all(event.get(name) == value for name, value in rule.items())
    if dialect == "prefix":
        return all(event.get(name, "").startswith(value) for name, value in rule.items())
    if dialect == "suffix":
        return all(event.get(name, "").endswith(value) for name, value in rule.items())
    if dialect == "not":
        return not matches([rule], event)
    if dialect in {"all", "any"}:
        return {"all": all, "any": any}[dialect](matches([entry], event) for entry in rule)
    raise AssertionError(f"no test for the filter dialect {dialect}")


@pytest.mark.parametrize(
    ("name", "delivered"),
    [
        ("document.published.v1", True),
        ("document.withdrawn.v1", True),
        ("corpus.reconcile.v1", True),
        ("corpus.reconcile.v2", False),
        # what ingest answers with
        ("document.indexed.v1", False),
        ("document.removed.v1", False),
        # what it does not know
        ("document.published.v2", False),
        ("document.published.v1.something", False),
    ],
)
def test_ingest_is_sent_what_it_takes_and_never_its_own_replies(name: str, delivered: bool) -> None:
    prefix = Settings.read(settings_of(BASE)).event_type_prefix
    triggers = of_kind(BASE, "Trigger").values()
    subscribed = [t["spec"] for t in triggers if t["spec"]["subscriber"]["ref"]["name"] == "ingest"]
    assert any(matches(spec["filters"], {"type": f"{prefix}.{name}"}) for spec in subscribed) is delivered


@pytest.mark.parametrize(
    ("event_type", "delivered"),
    [
        ("dev.knative.sources.ping", True),
        ("Microsoft.Storage.BlobCreated", True),
        ("Microsoft.Storage.BlobDeleted", True),
        ("com.amazonaws.s3.ObjectCreated:Put", True),
        ("com.amazonaws.s3.ObjectRemoved:Delete", True),
        ("com.github.push", True),
        ("dev.knative.source.github.push", True),
        ("com.github.pull_request", False),
        ("", False),
    ],
)
def test_events_of_others_reach_ingest_by_the_types_it_knows(event_type: str, delivered: bool) -> None:
    subscribed = of_kind(BASE, "Trigger")["ingest"]["spec"]
    assert matches(subscribed["filters"], {"type": event_type}) is delivered


def test_the_nightly_tick_takes_the_way_of_every_event() -> None:
    # Straight to ingest it would be tried for a few seconds only, and a reply other than empty would get lost.
    ref = of_kind(BASE, "PingSource")["reconcile"]["spec"]["sink"]["ref"]
    assert (ref["apiVersion"], ref["kind"], ref["name"]) == ("eventing.knative.dev/v1", "Broker", "documents")


def test_every_trigger_says_how_to_deliver_in_full() -> None:
    broker = of_kind(BASE, "Broker")["documents"]
    for name, trigger in of_kind(BASE, "Trigger").items():
        assert trigger["spec"]["broker"] == "documents", name
        assert trigger["spec"]["delivery"] == broker["spec"]["delivery"], name


def test_delivery_waits_between_tries_and_outlives_a_restart_of_chroma() -> None:
    delivery = of_kind(BASE, "Broker")["documents"]["spec"]["delivery"]
    assert delivery["backoffPolicy"] == "exponential"
    assert delivery["backoffDelay"] == "PT1S"
    assert sum(2**attempt for attempt in range(delivery["retry"])) >= 60
    ingest = functions(BASE)["ingest"]
    assert delivery["timeout"] == f"PT{pod_of(ingest)['timeoutSeconds']}S"


def test_an_event_whose_writer_died_is_tried_twice_more_when_the_dead_writers_turn_is_over() -> None:
    retries = of_kind(BASE, "Broker")["documents"]["spec"]["delivery"]["retry"]
    assert sum(2**attempt for attempt in range(retries - 1)) > LEASE_S


def test_references_between_objects_lead_somewhere() -> None:
    there = {(m["apiVersion"], m["kind"], m["metadata"]["name"]) for m in render(BASE)}
    for kind in ("Broker", "Trigger"):
        for manifest in of_kind(BASE, kind).values():
            spec = manifest["spec"]
            for end in (spec["delivery"]["deadLetterSink"], spec.get("subscriber")):
                if end:
                    assert (end["ref"]["apiVersion"], end["ref"]["kind"], end["ref"]["name"]) in there


def test_a_dead_letter_reaches_port_80_of_a_logger_that_stays() -> None:
    # A reference to a plain Service means its port 80; and the log of a pod leaves with the pod.
    ports = of_kind(BASE, "Service", "v1")["dead-letter"]["spec"]["ports"]
    assert {port["name"]: port["port"] for port in ports} == {"http": 80, "metrics": 9095}
    assert of_kind(BASE, "Deployment")["dead-letter"]["spec"]["replicas"] == 1
