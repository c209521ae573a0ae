"""The tree as `kubectl kustomize` renders it, and the schemas that judge it."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import pytest
import yaml

from tests.conftest import needs
from tests.processes import ROOT

# Any: manifests are as deep as they are wide, and their types are what the schemas check.
Manifest = dict[str, Any]

# Where the schemas lie, or "none"; they are not part of this repository.
SCHEMAS = Path(os.environ.get("SCHEMAS", ROOT.parent / "shared" / "schemas"))


# Overlay and components that must go together: "folder" or "folder + component component".
COMBINATIONS = (
    "base",
    "base + ollama",
    "base + valkey",
    "base + monitoring",
    "base + network-policies",
    "base + small-node",
    "base + network-policies monitoring valkey ollama",
    "overlays/local",
    "overlays/local + ollama monitoring network-policies",
    "overlays/hetzner",
    "overlays/hetzner + ollama",
)
EVERYTHING = "overlays/hetzner + ollama"
SECONDS = {"s": 1, "m": 60, "h": 3600}
SIZES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


@cache
def render(folder: str) -> tuple[Manifest, ...]:
    """Every object of `kubectl kustomize folder`; a combination stands for a folder too."""
    folder = folder.removeprefix("knative/")
    base, _, components = folder.partition(" + ")
    with TemporaryDirectory() as made:
        if components:
            table = {
                "resources": [os.path.relpath(ROOT / "knative" / base, Path(made).resolve())],
                "components": [
                    os.path.relpath(ROOT / "knative/components" / name, Path(made).resolve())
                    for name in components.split()
                ],
            }
            (Path(made) / "kustomization.yaml").write_text(yaml.safe_dump(table))
        return kustomized(Path(made) if components else ROOT / "knative" / folder)


def kustomized(folder: Path) -> tuple[Manifest, ...]:
    """What kustomize makes of a folder."""
    kubectl = shutil.which("kubectl")
    needs(kubectl, "kubectl is not installed")
    assert kubectl
    done = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(manifest for manifest in yaml.safe_load_all(done.stdout) if manifest)


def of_kind(folder: str, kind: str, version: str | None = None) -> dict[str, Manifest]:
    """Objects by name; `version` tells a plain Service (v1) from a Knative one."""
    return {
        manifest["metadata"]["name"]: manifest
        for manifest in render(folder)
        if manifest["kind"] == kind and version in (None, manifest["apiVersion"])
    }


def functions(folder: str) -> dict[str, Manifest]:
    """The Knative Services."""
    return of_kind(folder, "Service", "serving.knative.dev/v1")


def pods(folder: str) -> Iterator[tuple[str, Manifest]]:
    """(kind/name, pod spec) of whatever makes pods."""
    for manifest in render(folder):
        template = manifest.get("spec", {}).get("template")
        if template:
            yield f"{manifest['kind']}/{manifest['metadata']['name']}", template["spec"]


def containers(folder: str) -> Iterator[tuple[str, Manifest]]:
    """(kind/name/container, container)."""
    for name, pod in pods(folder):
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            yield f"{name}/{container['name']}", container


def settings_of(folder: str) -> dict[str, str]:
    """The data of the ConfigMap `settings-<hash>`."""
    (found,) = (data for name, data in of_kind(folder, "ConfigMap").items() if name.startswith("settings-"))
    return dict(found["data"])


def validator(file: str) -> Any:
    """A validator for one of the schema files."""
    if str(SCHEMAS) == "none":
        pytest.skip("SCHEMAS=none: this machine has no schemas of Knative, and says so")
    path = SCHEMAS / file
    needs(path.is_file(), f"no {path}: set SCHEMAS to the folder with the Knative schemas")
    schema = json.loads(path.read_text())
    return jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())


def faults(check: Any, document: Manifest) -> list[str]:
    """What the schema finds wrong, each with its place."""
    return [f"{error.json_path}: {error.message}" for error in check.iter_errors(document)]


def seconds(duration: str) -> float:
    """Of a Go duration as the annotations use it: 5m, 30s, 1m30s."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh])", duration)
    assert "".join(number + unit for number, unit in parts) == duration
    return sum(float(number) * SECONDS[unit] for number, unit in parts)


def bytes_of(quantity: str) -> int:
    """Of 64Mi, 1Gi."""
    return int(quantity[:-2]) * SIZES[quantity[-2:]]


def pod_of(function: Manifest) -> Manifest:
    """What a Knative Service says of its pod."""
    return function["spec"]["template"]["spec"]  # type: ignore[no-any-return]


def environment(container: Manifest) -> dict[str, str]:
    """Its variables; a reference is the empty string."""
    return {entry["name"]: entry.get("value", "") for entry in container.get("env", [])}
