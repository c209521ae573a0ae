"""What an object of the tree names is there, in every combination: volumes, ConfigMaps, accounts, ports."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.knative.rendered import COMBINATIONS, Manifest, functions, of_kind, pods, render, settings_of


@pytest.fixture(params=COMBINATIONS)
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_volume_is_mounted_and_every_mount_has_its_volume(folder: str) -> None:
    claims = {
        f"StatefulSet/{name}": {claim["metadata"]["name"] for claim in manifest["spec"]["volumeClaimTemplates"]}
        for name, manifest in of_kind(folder, "StatefulSet").items()
    }
    for name, pod in pods(folder):
        volumes = {volume["name"] for volume in pod.get("volumes", [])} | claims.get(name, set())
        mounts = {mount["name"] for container in pod["containers"] for mount in container.get("volumeMounts", [])}
        assert volumes == mounts, name


def test_a_volume_held_by_one_pod_has_one_pod(folder: str) -> None:
    for name, manifest in of_kind(folder, "StatefulSet").items():
        assert manifest["spec"]["replicas"] == 1, name
    for name, manifest in of_kind(folder, "Deployment").items():
        volumes = manifest["spec"]["template"]["spec"].get("volumes", [])
        if any("persistentVolumeClaim" in volume for volume in volumes):
            assert manifest["spec"]["strategy"] == {"type": "Recreate"}, name


def referenced(node: Any) -> Iterator[tuple[str, str]]:
    """(kind, name) of everything an object names by the usual fields."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in {"configMapRef", "configMap", "configMapKeyRef"}:
                yield "ConfigMap", value["name"]
            elif key == "persistentVolumeClaim":
                yield "PersistentVolumeClaim", value["claimName"]
            elif key == "serviceAccountName":
                yield "ServiceAccount", value
            elif key in {"ref", "roleRef"}:
                yield value["kind"], value["name"]
            yield from referenced(value)
    elif isinstance(node, list):
        for value in node:
            yield from referenced(value)


def test_what_an_object_names_is_there(folder: str) -> None:
    there = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in render(folder)}
    names = {pair for manifest in render(folder) for pair in referenced(manifest)}
    assert ("ConfigMap", next(name for name in of_kind(folder, "ConfigMap") if name.startswith("settings-"))) in names
    assert names - there == set()


def test_every_plain_service_finds_a_pod_and_its_port(folder: str) -> None:
    templates = [
        manifest["spec"]["template"]
        for kind in ("Deployment", "StatefulSet")
        for manifest in of_kind(folder, kind).values()
    ]
    for name, service in of_kind(folder, "Service", "v1").items():
        selector = service["spec"]["selector"]
        if "serving.knative.dev/service" in selector:
            leads_to_a_function(folder, service)
            continue
        (template,) = [one for one in templates if selector.items() <= one["metadata"]["labels"].items()]
        declared = [port for one in template["spec"]["containers"] for port in one.get("ports", [])]
        # The metrics port of our own image is declared nowhere, as in the functions' pods.
        ours = {int(settings_of(folder)["METRICS_PORT"])} if name == "dead-letter" else set()
        served = {port.get("name") for port in declared} | {port["containerPort"] for port in declared} | ours
        for port in service["spec"]["ports"]:
            assert port.get("targetPort", port["port"]) in served, name


def leads_to_a_function(folder: str, service: Manifest) -> None:
    """Knative makes these pods, one label of theirs is the function's name, and what they serve is known."""
    name = service["metadata"]["name"]
    (function,) = service["spec"]["selector"].values()
    assert function in functions(folder), name
    assert service["spec"]["selector"] == {"serving.knative.dev/service": function}, name
    # No address of its own: it is the pods', whatever of them is up. And no name: only a declared port has one.
    assert service["spec"]["clusterIP"] == "None", name
    ours = int(settings_of(folder)["METRICS_PORT"])
    for port in service["spec"]["ports"]:
        assert port["port"] == port.get("targetPort", port["port"]) == ours, name


def test_kourier_is_told_the_port_of_the_page_as_a_number(folder: str) -> None:
    # For a DomainMapping it reads targetPort's number itself, which of a name is 0 (net-kourier, its translator).
    (port,) = of_kind(folder, "Service", "v1")["site"]["spec"]["ports"]
    (container,) = of_kind(folder, "Deployment")["site"]["spec"]["template"]["spec"]["containers"]
    assert (port["port"], port["targetPort"]) == (80, container["ports"][0]["containerPort"])


def test_every_address_in_the_settings_is_a_service(folder: str) -> None:
    services = of_kind(folder, "Service", "v1")
    for key, value in settings_of(folder).items():
        if match := re.fullmatch(r"(?:http|redis)://([\w-]+):(\d+)(?:/\d+)?", value):
            assert int(match[2]) in [port["port"] for port in services[match[1]]["spec"]["ports"]], key
