"""Dashboards and discovery, under a real Prometheus that scrapes the real functions while they are asked."""

import pytest

from tests.knative.monitored import DASHBOARDS, Monitored, monitored, panels
from tests.processes import wait_until

__all__ = ["monitored"]  # the fixture

QUERIES = [
    pytest.param(target["expr"], id=f"{dashboard}: {panel['title']} {target['refId']}")
    for dashboard in DASHBOARDS
    for panel in panels(dashboard)
    for target in panel["targets"]
]


@pytest.mark.parametrize("expression", QUERIES)
def test_a_panel_shows_something(monitored: Monitored, expression: str) -> None:
    asked = expression.replace("$__range", "1h").replace("$__rate_interval", "10s")
    wait_until(lambda: monitored.figures(asked), 60, f"data for {asked}")


def test_the_figures_are_those_of_the_load(monitored: Monitored) -> None:
    # All of it happened before the first scrape or soon after: increase() would have missed some.
    monitored.settled('sum(portfolio:ask_requests:1h{outcome="answered", provider="hosted"})', 4)
    monitored.settled('sum(portfolio:ask_requests:1h{outcome="answered", provider="extractive"})', 2)
    monitored.settled('sum(portfolio:ask_requests:1h{outcome="refused"})', 1)
    monitored.settled('sum(portfolio:ask_requests:1h{outcome="invalid"})', 1)
    monitored.settled('sum(portfolio:ask_failovers:1h{from="hosted", cause="server"})', 2)
    monitored.settled('portfolio:ingest_events:1h{type="published", outcome="indexed"}', 1)
    monitored.settled("sum(portfolio:dead_letters:1h)", 1)
    monitored.settled('ALERTS{alertname="DeadLetters", alertstate="firing"}', 1)


def test_a_pod_is_scraped_once_and_knows_its_function_and_revision(monitored: Monitored) -> None:
    wait_until(lambda: len(monitored.query('up{job="functions"} == 1')) == 2, 60, "both functions being scraped")
    found = {row["metric"]["service"]: row["metric"] for row in monitored.query('up{job="functions"}')}
    assert set(found) == {"ask", "ingest"}  # and no pod that is no function
    assert found["ask"]["revision"] == "ask-00001"
    assert found["ask"]["pod"] == "ask-00001-deployment-abc"


def test_functions_at_zero_stand_there_as_zero(monitored: Monitored) -> None:
    monitored.settled('portfolio:function_pods{service="health"}', 0)
    monitored.settled('portfolio:function_pods{service="ask"}', 1)


def test_of_cert_manager_only_the_ends_of_certificates_are_kept(monitored: Monitored) -> None:
    wait_until(lambda: monitored.figures('up{job="cert-manager"}') == [1.0], 60, "cert-manager being scraped")
    names = {row["metric"]["__name__"] for row in monitored.query('{job="cert-manager", __name__=~"certmanager.*"}')}
    assert names == {"certmanager_certificate_expiration_timestamp_seconds"}
