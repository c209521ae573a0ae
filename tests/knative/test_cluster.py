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
from tests.processes import ROOT

# Each writes its name and arguments as one line, and what it is given on standard input into a file of its own.
# One write a line: the two ends of a pipe write at the same moment.
RECORD = """#!/bin/bash
line=$(printf '%s' "$(basename "$0") $*" | tr '\\n' ' ')
echo "$line" >> "$LOG"
"""
KUBECTL = (
    RECORD
    + """
case "$*" in
  kustomize*) exec REAL "$@" ;;
  *"apply"*) cat > "$STDIN/apply.yaml" ;;
  *"delete --ignore"*) cat > "$STDIN/delete.yaml" ;;
  "config current-context") echo "$CONTEXT" ;;
  *port-forward*) echo 'Forwarding from 127.0.0.1:4711 -> 8080'; sleep 0.3 ;;
  *exec*/api/*) printf '%s' "$ANSWER" ;;
  *"get namespace"*) exit "$NO_NAMESPACE" ;;
esac
"""
)
DOCKER = RECORD + 'case "$1" in save) echo archive ;; esac\n'
# On the server: what arrives is run here, with the same scripted kubectl.
SSH = RECORD + 'case "$*" in *"bash -s"*) bash -s ;; *" kubectl "*) shift; eval "$*" ;; '
SSH += '*) printf "%s" "$2" > "$STDIN/handed.sh"; cat > "$STDIN/ssh" ;; esac\n'
ANSWERED = '{"answer":"At VitaScale.","answered":true}'


class Machine:
    """A folder of scripted commands, first on the path."""

    def __init__(self, folder: Path) -> None:
        real = shutil.which("kubectl")
        needs(real, "kubectl is not installed")
        self.folder, self.log = folder, folder / "log"
        self.log.touch()
        (folder / "bin").mkdir()
        scripts = {"kubectl": KUBECTL.replace("REAL", str(real)), "docker": DOCKER, "ssh": SSH}
        scripts |= {"podman": DOCKER, **dict.fromkeys(("curl", "kind", "sudo"), RECORD)}
        for name, text in scripts.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)

    def run(self, verb: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LOG": str(self.log),
            "STDIN": str(self.folder),
            "CONTEXT": "kind-here",
            "ANSWER": ANSWERED,
            "NO_NAMESPACE": "1",
            "VERSION": "9.9.9-test",
            **settings,
        }
        script = [str(ROOT / "knative/cluster.sh"), verb]
        return subprocess.run(script, capture_output=True, text=True, env=environment, check=False)

    @property
    def told(self) -> list[str]:
        return [line.strip() for line in self.log.read_text().splitlines()]

    def told_that(self, pattern: str) -> list[str]:
        return [line for line in self.told if re.search(pattern, line)]

    def images_applied(self) -> set[str]:
        text = (self.folder / "apply.yaml").read_text()
        return set(re.findall(r"image: (\S*portfolio\S*)", text))


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


def test_with_a_registry_images_are_pushed_and_named_after_it(machine: Machine) -> None:
    done = machine.run("deploy", OVERLAY="local", REGISTRY="registry.example/me")
    assert done.returncode == 0, done.stderr
    assert len(machine.told_that(r"^docker push registry.example/me/portfolio-(functions|site):9.9.9-test")) == 2
    assert machine.told_that("^kind") == []
    assert {image.partition("/portfolio")[0] for image in machine.images_applied()} == {"registry.example/me"}


def test_images_of_a_job_before_are_taken_as_they_are(machine: Machine) -> None:
    done = machine.run("deploy", OVERLAY="local", REGISTRY="registry.example/me", BUILD="no")
    assert done.returncode == 0, done.stderr
    assert machine.told_that("^docker") == []


K3S = """#!/bin/bash
case "$*" in
  "ctr images import "*) cp "$4" "$STDIN/imported" ;;
  "ctr images ls -q")
    printf '%s\\n' dev.local/portfolio-{functions,site}:{9.9.8-before,9.9.9-test} docker.io/chromadb/chroma:1.5.9 ;;
  *) echo "$*" >> "$STDIN/k3s" ;;
esac
"""


def test_on_a_server_the_archive_lies_where_k3s_keeps_it_and_is_pinned(machine: Machine) -> None:
    done = machine.run("deploy", OVERLAY="hetzner", SERVER="root@box")
    assert done.returncode == 0, done.stderr
    kept = "/var/lib/rancher/k3s/agent/images"
    handed = (machine.folder / "handed.sh").read_text()
    assert f"folder={kept}\n" in handed
    assert (machine.folder / "ssh").read_text() == "archive\n"
    # What the server is told, with a scripted k3s and a folder of ours.
    (machine.folder / "bin/k3s").write_text(K3S)
    (machine.folder / "bin/k3s").chmod(0o755)
    path = f"{machine.folder / 'bin'}:/usr/bin:/bin"
    environment = {"PATH": path, "STDIN": str(machine.folder)}
    script = handed.replace(kept, str(machine.folder / "agent/images"))
    subprocess.run(["bash", "-c", script], input="archive\n", text=True, env=environment, check=True)
    assert (machine.folder / "imported").read_text() == "archive\n"
    # This deploy's are kept, an earlier one's may go: ctr removes a label that is set to nothing.
    assert set((machine.folder / "k3s").read_text().splitlines()) == {
        f"ctr images label dev.local/portfolio-{part}:{version} io.cri-containerd.pinned={kept}"
        for part in ("functions", "site")
        for version, kept in (("9.9.8-before", ""), ("9.9.9-test", "pinned"))
    }
    assert machine.told_that(r"^ssh root@box kubectl apply --server-side")
    assert machine.images_applied() == {
        "dev.local/portfolio-functions:9.9.9-test",
        "dev.local/portfolio-site:9.9.9-test",
    }


@pytest.mark.parametrize(
    ("engine", "saved"), [("docker", "docker save"), ("podman", "podman save --multi-image-archive")]
)
def test_both_images_are_in_the_archive(machine: Machine, engine: str, saved: str) -> None:
    # podman without the option would give the first image the second one's name.
    done = machine.run("deploy", OVERLAY="hetzner", SERVER="root@box", ENGINE=engine)
    assert done.returncode == 0, done.stderr
    names = "dev.local/portfolio-functions:9.9.9-test dev.local/portfolio-site:9.9.9-test"
    assert machine.told_that(f"^{engine} save") == [f"{saved} {names}"]


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
