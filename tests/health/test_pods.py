"""What only ask and ingest see, read from their metrics ports: real pods, real health, scripted models."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from functions.health.pods import ask, ingest
from functions.shared.settings import Settings
from tests.conftest import START
from tests.fake_llms import KEY
from tests.faults.table import COLD, WRONG, refuse
from tests.faults.wire import Wire
from tests.processes import Function, free_port


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire("hosted").running() as running:
        yield running


def check(health: Function) -> tuple[str, dict[str, Any]]:
    """The status of the whole, and ask's part of it."""
    body = httpx.get(health.url).json()
    return body["status"], body["checks"]["ask:responseTime"][0]


def test_a_request_that_a_model_refuses_as_wrong_is_counted_logged_as_an_error_and_shown(
    start_function: START, fed: dict[str, str], wire: Wire
) -> None:
    models = {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{wire.url}/v1", "ANSWER_CACHE": "off"}
    asking = start_function("ask", fed | models)
    port = re.search(r'"metrics served","port":(\d+)', asking.log.read_text())
    assert port
    metrics = f"http://127.0.0.1:{port[1]}/metrics"
    health = start_function("health", fed | models | {"ASK_METRICS_URL": metrics})

    def question() -> dict[str, Any]:
        return dict(httpx.post(asking.url, json={"question": "Where does Vivek work?"}, timeout=30).json())

    assert question()["provider"] == "hosted"
    assert (check(health)[0], check(health)[1]["status"]) == ("pass", "pass")

    wire.behaviour = refuse(400, COLD)  # not now, and no mistake of ours
    assert question()["provider"] == "extractive"
    assert check(health)[1]["status"] == "pass"

    wire.behaviour = refuse(400, WRONG)
    record = question()
    assert (record["provider"], record["answered"]) == ("extractive", True)
    status, shown = check(health)
    assert (status, shown["status"]) == ("warn", "warn")
    assert shown["output"] == "The hosted model refused 1 of our requests as wrong since ask started: see its log."
    samples = httpx.get(metrics).text.splitlines()
    assert 'portfolio_ask_failovers_total{cause="bad_request",from="hosted"} 1.0' in samples
    errors = [json.loads(line) for line in asking.log.read_text().splitlines() if '"level":"error"' in line]
    assert [(line["cause"], line["detail"]) for line in errors] == [("bad_request", "bad_request: status 400")]
    assert errors[0]["request_id"]

    wire.behaviour = refuse(503)
    for _ in range(3):
        question()
    assert "The hosted model failed too often and is left alone for a while." in check(health)[1]["output"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:{free}/metrics", "http://no-such-host.invalid:9095/metrics"])
async def test_a_pod_that_sleeps_is_no_fault(url: str) -> None:
    url = url.format(free=free_port())
    for found in (await ask(Settings(ask_metrics_url=url)), await ingest(Settings(ingest_metrics_url=url))):
        assert (found.status, found.output) == ("pass", "")


@pytest.mark.parametrize(
    "page",
    ["", "<html>", "{}", "portfolio_ask_failovers_total 3", "portfolio_provider_breaker_state{ 2", "a" * 2_000_000],
)
async def test_whatever_else_answers_there_has_nothing_to_tell(httpserver: HTTPServer, page: str) -> None:
    httpserver.expect_request("/metrics").respond_with_data(page)
    url = httpserver.url_for("/metrics")
    assert (await ask(Settings(ask_metrics_url=url))).status == "pass"
    assert (await ingest(Settings(ingest_metrics_url=url))).status == "pass"
