"""Rules, alerts and dashboards as files: promtool's checks, and what it does not look at."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import needs
from tests.knative.monitored import DASHBOARDS, FOLDER, PROMTOOL, alerts, panels, shipped, without_discovery
from tests.processes import ROOT


def promtool(*arguments: str) -> None:
    needs(PROMTOOL, "promtool is not installed")
    assert PROMTOOL
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout


def test_promtool_accepts_the_configuration(tmp_path: Path) -> None:
    # Debian's build knows no Kubernetes discovery; that part is checked below.
    shutil.copytree(FOLDER / "prometheus", tmp_path, dirs_exist_ok=True)
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(without_discovery(shipped(), [{"targets": ["x:1"]}])))
    promtool("check", "config", str(tmp_path / "prometheus.yml"))


def test_discovery_looks_for_pods_of_its_own_namespace_only() -> None:
    # All that its Role lets it see.
    (found,) = [job["kubernetes_sd_configs"] for job in shipped()["scrape_configs"] if "kubernetes_sd_configs" in job]
    assert found == [{"role": "pod", "namespaces": {"own_namespace": True}}]


def test_every_alert_fires_when_it_should() -> None:
    promtool("test", "rules", "tests/knative/alerts.test.yml")


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent() -> None:
    cases = yaml.safe_load((ROOT / "tests/knative/alerts.test.yml").read_text())["tests"]
    tried = [check for case in cases for check in case.get("alert_rule_test", [])]
    assert {rule["alert"] for rule in alerts()} == {check["alertname"] for check in tried if check.get("exp_alerts")}
    assert {rule["alert"] for rule in alerts()} == {
        check["alertname"] for check in tried if not check.get("exp_alerts")
    }


def test_every_alert_says_what_it_means_and_where_to_look() -> None:
    for rule in alerts():
        assert rule["labels"]["severity"] in {"warning", "critical"}, rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        for document in re.findall(r"docs/[\w.]+", rule["annotations"]["look"]):
            assert (ROOT / document).is_file(), rule["alert"]


def test_no_expression_names_a_bucket() -> None:
    # le="1" in Prometheus 2 is le="1.0" in Prometheus 3.
    texts = [path.read_text() for path in (FOLDER / "prometheus").glob("*.yml")]
    texts += [json.dumps(panels(name)) for name in DASHBOARDS]
    assert not any(re.search(r"\{[^}]*\ble\s*=", text) for text in texts)


def test_nothing_is_scraped_through_a_route_and_no_port_of_knatives_is_used() -> None:
    text = (FOLDER / "prometheus/prometheus.yml").read_text()
    assert not re.search(r"\b(ask|ingest|health)(\.portfolio)?(\.svc|:)", text)
    assert not re.search(r":(8012|8013|8022|8112|9091)\b", text)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_whole(name: str) -> None:
    dashboard = json.loads((FOLDER / f"grafana/{name}.json").read_text())
    source = yaml.safe_load((FOLDER / "grafana/datasource.yml").read_text())["datasources"][0]
    assert dashboard["uid"] == f"portfolio-{name}"
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in dashboard["panels"]:
        assert panel["description"], panel["title"]
        assert panel["datasource"]["uid"] == source["uid"], panel["title"]
    places = [panel["gridPos"] for panel in dashboard["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one in places:
        for other in places:
            assert one is other or not overlap(one, other), (one, other)


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not (beside or above)
