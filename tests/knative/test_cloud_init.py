"""The user data that makes a server."""

import re
import shutil
import subprocess
from typing import Any

import yaml

from tests.conftest import needs
from tests.processes import ROOT
from tools.cloud_init import filled

PATH = ROOT / "knative/hetzner/cloud-init.yaml"


def user_data() -> dict[str, Any]:
    return dict(yaml.safe_load(PATH.read_text()))


def written(path: str) -> str:
    (found,) = [entry["content"] for entry in user_data()["write_files"] if entry["path"] == path]
    return str(found)


def test_cloud_inits_own_schema_accepts_it() -> None:
    needs(shutil.which("cloud-init"), "cloud-init is not installed")
    command = ["cloud-init", "schema", "--config-file", str(PATH)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_generated_part_is_as_the_files_are(monkeypatch: Any) -> None:
    monkeypatch.chdir(ROOT)
    assert filled(PATH.read_text()) == PATH.read_text(), "`make cloud-init` writes it anew"


def test_a_file_on_the_server_is_the_file_of_the_tree() -> None:
    script = (ROOT / "knative/hetzner/install-platform.sh").read_text()
    assert written("/usr/local/sbin/install-platform") == script
    for entry in user_data()["write_files"]:
        if entry["path"].startswith("/opt/portfolio/"):
            assert entry["content"] == (ROOT / entry["path"].removeprefix("/opt/portfolio/")).read_text()


def test_what_the_platform_is_made_of_travels_whole() -> None:
    paths = {entry["path"] for entry in user_data()["write_files"]}
    for folder in ("knative/platform", "knative/components/small-node"):
        files = {f"/opt/portfolio/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert files <= paths


def test_it_fits_into_the_user_data_a_provider_takes() -> None:
    assert len(PATH.read_bytes()) < 32_768
    assert PATH.read_text().startswith("#cloud-config\n")


def test_kourier_has_the_ports_of_the_web_to_itself() -> None:
    assert "traefik" in yaml.safe_load(written("/etc/rancher/k3s/config.yaml"))["disable"]


def test_the_kubelet_spares_images_until_the_disk_is_nearly_full() -> None:
    arguments = dict(one.split("=") for one in yaml.safe_load(written("/etc/rancher/k3s/config.yaml"))["kubelet-arg"])
    assert 85 < int(arguments["image-gc-low-threshold"]) < int(arguments["image-gc-high-threshold"]) < 95


def test_kubernetes_is_new_enough_for_knative() -> None:
    script = (ROOT / "knative/hetzner/install-platform.sh").read_text()
    found = re.search(r"^K3S=v(\d+)\.(\d+)\.\d+\+k3s\d+", script, re.M)
    assert found
    knative = re.search(
        r"serving/releases/download/knative-v1\.(\d+)", (ROOT / "knative/platform/kustomization.yaml").read_text()
    )
    assert knative
    assert int(knative[1]) < 22 or (int(found[1]), int(found[2])) >= (1, 34)


def test_the_firewall_lets_in_ssh_and_the_web_and_is_switched_on_last() -> None:
    lines = re.findall(r"^  ufw (.+)$", written("/usr/local/sbin/install-platform"), re.M)
    assert [line for line in lines if "from" not in line] == [
        "allow OpenSSH",
        "allow 80/tcp",
        "allow 443/tcp",
        "--force enable",
    ]
    assert lines[-1] == "--force enable"


def test_security_updates_come_by_themselves() -> None:
    assert 'Unattended-Upgrade "1"' in written("/etc/apt/apt.conf.d/52-portfolio")
    assert "unattended-upgrades" in user_data()["packages"]
