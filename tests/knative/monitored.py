"""The monitoring component's files, and a real Prometheus with them that scrapes the real functions under questions."""

import copy
import json
import math
import shutil
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.conftest import MODEL, needs
from tests.fake_llms import KEY, Script, hosted, serving
from tests.processes import ROOT, Chroma, Function, Process, free_port, wait_until

FOLDER = ROOT / "knative/components/monitoring"
PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
BLACKBOX = shutil.which("prometheus-blackbox-exporter") or shutil.which("blackbox_exporter")
# What Kubernetes discovers of a function's pod: the app's own port, and the four of queue-proxy.
POD_PORTS = {
    "user-port": 8080,
    "queue-port": 8012,
    "http-autometric": 9090,
    "http-usermetric": 9091,
    "https-port": 8112,
}
DASHBOARDS = ("visitor", "operator")


def shipped() -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / "prometheus/prometheus.yml").read_text()))


def without_discovery(config: dict[str, Any], static: list[dict[str, Any]]) -> dict[str, Any]:
    """The same configuration with `static` in the place of what Kubernetes would discover."""
    config = copy.deepcopy(config)
    for job in config["scrape_configs"]:
        if job.pop("kubernetes_sd_configs", None):
            job["static_configs"] = static
    return config


def pod(name: str, address: str) -> list[dict[str, Any]]:
    """A pod as discovery gives it: a target for each declared port."""
    labels = {
        "__meta_kubernetes_pod_ip": address,
        "__meta_kubernetes_pod_name": f"{name}-00001-deployment-abc",
    }
    if name != "site":
        labels["__meta_kubernetes_pod_label_serving_knative_dev_service"] = name
        labels["__meta_kubernetes_pod_label_serving_knative_dev_revision"] = f"{name}-00001"
    return [
        {"targets": [f"{name}:{port}"], "labels": {**labels, "__meta_kubernetes_pod_container_port_name": port_name}}
        for port_name, port in POD_PORTS.items()
    ]


def panels(dashboard: str) -> list[dict[str, Any]]:
    return list(json.loads((FOLDER / f"grafana/{dashboard}.json").read_text())["panels"])


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "prometheus/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


class Expiry(BaseHTTPRequestHandler):
    """cert-manager's metrics, as far as we read them."""

    def do_GET(self) -> None:
        body = (
            b"# TYPE certmanager_certificate_expiration_timestamp_seconds gauge\n"
            b'certmanager_certificate_expiration_timestamp_seconds{name="page",namespace="portfolio"} 4102444800\n'
            b"# TYPE certmanager_clock_time_seconds gauge\ncertmanager_clock_time_seconds 1\n"
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@dataclass
class Monitored:
    """Prometheus, and how many questions of which outcome were asked under its eyes."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        reply = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=10).json()
        assert reply["status"] == "success", (expression, reply)
        return list(reply["data"]["result"])

    def figures(self, expression: str) -> list[float]:
        return [value for value in (float(row["value"][1]) for row in self.query(expression)) if not math.isnan(value)]

    def settled(self, expression: str, wanted: float) -> None:
        wait_until(lambda: self.figures(expression) == [wanted], 60, f"{expression} being {wanted}")


@pytest.fixture(scope="module")
def monitored(fed: dict[str, str], chroma: Chroma, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    needs(PROMETHEUS and BLACKBOX, "prometheus or its blackbox exporter is not installed")
    assert PROMETHEUS
    assert BLACKBOX
    folder = tmp_path_factory.mktemp("monitoring")
    ports = {name: free_port() for name in ("ask", "ingest", "dead_letter", "blackbox", "site", "prometheus")}
    certificates = ThreadingHTTPServer(("127.0.0.1", 0), Expiry)
    threading.Thread(target=certificates.serve_forever, args=(0.05,), daemon=True).start()
    script = Script()

    def function(name: str, **settings: str) -> Function:
        own = {"METRICS_PORT": str(ports[name]), "MODEL_DIR": str(MODEL), "CHROMA_URL": chroma.url}
        # Every question is to reach its rung.
        own |= {"ANSWER_CACHE": "off", "RATE_LIMIT_PER_HOUR": "0", **settings}
        return Function(name, folder, own)

    site = Process(
        [
            sys.executable,
            "-m",
            "http.server",
            str(ports["site"]),
            "--bind",
            "127.0.0.1",
            "--directory",
            str(ROOT / "site"),
        ],
        folder / "site.log",
    )
    blackbox = Process(
        [BLACKBOX, f"--config.file={FOLDER / 'blackbox.yml'}", f"--web.listen-address=127.0.0.1:{ports['blackbox']}"],
        folder / "blackbox.log",
    )
    with (
        serving(hosted(script)) as model,
        function("ask", **fed, FEATHERLESS_API_KEY=KEY, HOSTED_BASE_URL=f"{model}/v1") as ask,
        function("ingest", CHROMA_COLLECTION="monitored") as ingest,
        function("dead_letter") as dead_letter,
        site,
        blackbox,
        Process(prometheus(folder, ports, certificates.server_port, chroma), folder / "prometheus.log") as server,
    ):
        url = f"http://127.0.0.1:{ports['prometheus']}"
        server.wait_for(lambda: httpx.get(f"{url}/-/ready").is_success, "Prometheus getting ready")
        load(ask.url, ingest.url, dead_letter.url, script)  # type: ignore[attr-defined]
        yield Monitored(url)
    certificates.shutdown()
    certificates.server_close()


def prometheus(folder: Path, ports: dict[str, int], certificates: int, chroma: Chroma) -> list[str]:
    """The command, with the shipped configuration as near as one machine allows: addresses and pace are other ones."""
    pods = [entry for name in ("ask", "ingest") for entry in pod(name, f"127.0.0.1:{ports[name]}")]
    config = without_discovery(shipped(), [*pods, *pod("site", f"127.0.0.1:{ports['site']}")])
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s", "scrape_timeout": "1s"}
    text = yaml.safe_dump(config)
    for there, here in {
        "$1:9095": "$1",
        "dead-letter:9095": f"127.0.0.1:{ports['dead_letter']}",
        "blackbox:9115": f"127.0.0.1:{ports['blackbox']}",
        "http://chroma:8000": chroma.url,
        "http://site/livez": f"http://127.0.0.1:{ports['site']}/",
        "cert-manager.cert-manager.svc:9402": f"127.0.0.1:{certificates}",
    }.items():
        assert there in text, there
        text = text.replace(there, here)
    (folder / "prometheus.yml").write_text(text)
    for rules in shipped()["rule_files"]:
        shutil.copy(FOLDER / "prometheus" / rules, folder / rules)
    assert PROMETHEUS
    return [
        PROMETHEUS,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
    ]


def load(ask: str, ingest: str, dead_letter: str, script: Script) -> None:
    """Four answers of the hosted model, two without it, one refusal, one unreadable; a document, a dead letter."""
    where = {"question": "Where does Vivek work?"}
    for _ in range(4):
        assert httpx.post(ask, json=where, timeout=30).json()["provider"] == "hosted"
    script.status = 500
    for _ in range(2):
        assert httpx.post(ask, json=where, timeout=30).json()["provider"] == "extractive"
    assert not httpx.post(ask, json={"question": "What is the boiling point of tungsten?"}, timeout=30).json()[
        "answered"
    ]
    assert httpx.post(ask, json={"question": 7}, timeout=30).status_code == 422
    event = {
        "ce-specversion": "1.0",
        "ce-type": "com.vivekpadayattil.document.published.v1",
        "ce-source": "/test",
        "ce-id": "1",
        "ce-time": "2026-11-22T00:00:00Z",
        "ce-subject": "note",
        "content-type": "text/markdown",
    }
    note = b"# Note\n\nThe bridge over the Corrow was built in 1911. Call +49 151 23456789.\n"
    assert httpx.post(ingest, headers=event, content=note, timeout=60).status_code == 200
    letter = httpx.post(dead_letter, headers={**event, "ce-knativeerrorcode": "422"}, content=note)
    assert letter.status_code == 204
