"""How knative/cluster.sh brings the images to the cluster: a registry, or the node itself."""

import subprocess
from pathlib import Path

import pytest

from tests.knative.machine import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


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
