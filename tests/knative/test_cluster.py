"""knative/cluster.sh (make deploy and its kin) against scripted docker, ssh and kubectl that write down what they are
told; `kubectl kustomize` is the real one."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import needs
from tests.knative.machine import Machine
from tests.processes import ROOT


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_deploy_builds_hands_over_applies_waits_feeds_and_asks_in_this_order(machine: Machine) -> None:
    done = machine.run("deploy", OVERLAY="local")
    assert done.returncode == 0, done.stderr
    story = [
        r"^docker build .*--target functions -t dev.local/portfolio-functions:9.9.9-test",
        r"^docker build .*--target site -t dev.local/portfolio-site:9.9.9-test",
        r"^kind load docker-image .*portfolio-functions:9.9.9-test .*--name here",
        r"^kubectl delete job ollama-model",
        r"^kubectl apply --server-side",
        r"^kubectl wait .*ksvc,broker,trigger --all",
        r"^curl .*127.0.0.1:4711/portfolio/documents",
        r"^kubectl exec .*deployment/site.*http://127.0.0.1:8080/api/",
    ]
    places = [machine.told.index(machine.told_that(pattern)[0]) for pattern in story]
    assert places == sorted(places)
    assert "it answers" in done.stdout


def test_what_is_applied_names_the_images_that_were_built(machine: Machine) -> None:
    machine.run("deploy", OVERLAY="local")
    assert machine.images_applied() == {
        "dev.local/portfolio-functions:9.9.9-test",
        "dev.local/portfolio-site:9.9.9-test",
    }


def test_plain_http_is_redirected_only_when_the_certificate_is_there(machine: Machine) -> None:
    machine.run("deploy", OVERLAY="hetzner", SERVER="root@box")
    waited, annotated = (machine.told_that(p)[-1] for p in ("wait .*domainmapping", "annotate .*domainmapping"))
    assert machine.told.index(waited) < machine.told.index(annotated)
    assert "http-protocol=redirected" in annotated


def test_the_event_that_feeds_it_is_a_cloudevent_ingest_is_subscribed_to(machine: Machine) -> None:
    machine.run("deploy", OVERLAY="local")
    (sent,) = machine.told_that("^curl")
    assert "ce-type: com.vivekpadayattil.corpus.reconcile.v1" in sent
    assert re.search(r"ce-time: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", sent)
    # The Broker answers when ingest has answered: a short patience would send the event twice.
    assert "--max-time 600" in sent


def test_a_deployment_that_does_not_answer_fails(machine: Machine) -> None:
    done = machine.run("deploy", OVERLAY="local", ANSWER='{"answered":false}')
    assert done.returncode == 1
    assert "no answer from the documents" in done.stderr


def test_undeploy_asks_first_because_volumes_go(machine: Machine) -> None:
    refused = machine.run("undeploy", OVERLAY="local")
    assert (refused.returncode, machine.told_that("delete")) == (1, [])
    assert "SURE=yes" in refused.stderr
    assert machine.run("undeploy", OVERLAY="local", SURE="yes").returncode == 0
    kinds = {manifest["kind"] for manifest in yaml.safe_load_all((machine.folder / "delete.yaml").read_text())}
    assert "Namespace" in kinds
    # Knative itself is not ours to remove.
    assert "knative-serving" not in (machine.folder / "delete.yaml").read_text().replace(
        "kubernetes.io/metadata.name: knative-serving", ""
    )


@pytest.mark.parametrize(
    ("part", "selector"),
    [("ask", "serving.knative.dev/service=ask -c ask"), ("dead-letter", "app.kubernetes.io/name=dead-letter")],
)
def test_logs_are_those_of_the_part(machine: Machine, part: str, selector: str) -> None:
    machine.run("logs", PART=part)
    assert machine.told == [f"kubectl logs -n portfolio -l {selector} --tail=200 --prefix"]


def test_status_shows_what_there_is_and_asks_health_from_inside(machine: Machine) -> None:
    machine.run("status")
    assert machine.told_that(r"get ksvc,broker,trigger")
    assert machine.told_that(r"exec .*http://health.portfolio.svc.cluster.local/")


def test_validate_renders_every_overlay_and_asks_a_cluster_where_there_is_one(machine: Machine) -> None:
    alone = machine.run("validate")
    assert alone.returncode == 0, alone.stderr
    assert alone.stdout.count("rendered only") == 2
    with_cluster = machine.run("validate", NO_NAMESPACE="0")
    assert with_cluster.stdout.count("the cluster accepts all of them") == 2
    assert len(machine.told_that("--dry-run=server --validate=strict")) == 2


@pytest.mark.parametrize(
    ("verb", "settings", "says"),
    [
        ("deploy", {"OVERLAY": "moon"}, "hetzner local"),
        ("dance", {}, "deploy, undeploy, logs, status or validate"),
    ],
)
def test_what_is_not_understood_is_said(machine: Machine, verb: str, settings: dict[str, str], says: str) -> None:
    done = machine.run(verb, **settings)
    assert done.returncode == 1
    assert says in done.stderr


def test_without_a_version_each_state_of_the_files_gets_a_tag_of_its_own(machine: Machine) -> None:
    machine.run("deploy", OVERLAY="local", VERSION="")
    (tag,) = {image.rpartition(":")[2] for image in machine.images_applied()}
    assert re.fullmatch(r"\d+\.\d+\.\d+-[0-9a-f]{7,}(-\d+)?", tag)


@pytest.mark.parametrize("script", ["knative/cluster.sh", "knative/hetzner/install-platform.sh", ".ci/run"])
def test_shellcheck_finds_nothing(script: str) -> None:
    needs(shutil.which("shellcheck"), "shellcheck is not installed")
    done = subprocess.run(["shellcheck", str(ROOT / script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert os.access(ROOT / script, os.X_OK)
