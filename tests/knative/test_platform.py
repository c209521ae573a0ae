"""What we change in Knative, Kourier and Eventing themselves, applied to objects of the same names and shapes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.knative.rendered import Manifest, kustomized
from tests.processes import ROOT
from tools.sizing import PLATFORM

# (namespace, Deployment, its container, what it asks for as shipped).
SHIPPED = [
    ("knative-serving", "activator", "activator", "300m", "60Mi"),
    ("knative-serving", "autoscaler", "autoscaler", "100m", "100Mi"),
    ("knative-serving", "controller", "controller", "100m", "100Mi"),
    ("knative-serving", "webhook", "webhook", "100m", "100Mi"),
    ("knative-serving", "net-kourier-controller", "controller", "200m", "200Mi"),
    ("kourier-system", "3scale-kourier-gateway", "kourier-gateway", "200m", "200Mi"),
    ("knative-eventing", "eventing-controller", "eventing-controller", "100m", "100Mi"),
    ("knative-eventing", "eventing-webhook", "eventing-webhook", "100m", "50Mi"),
    ("knative-eventing", "job-sink", "job-sink", "125m", "64Mi"),
    ("knative-eventing", "pingsource-mt-adapter", "dispatcher", "125m", "64Mi"),
    ("knative-eventing", "mt-broker-ingress", "ingress", "100m", "100Mi"),
    ("knative-eventing", "mt-broker-filter", "filter", "100m", "100Mi"),
    ("knative-eventing", "mt-broker-controller", "mt-broker-controller", "100m", "100Mi"),
]


# Kourier's own name of its Envoy, and HorizontalPodAutoscalers as shipped.
ENVOY = "docker.io/envoyproxy/envoy"
SCALED = [
    ("knative-serving", "activator", 20),
    ("knative-serving", "webhook", 5),
    ("kourier-system", "3scale-kourier-gateway", 10),
    ("knative-eventing", "eventing-webhook", 5),
    ("knative-eventing", "broker-ingress-hpa", 10),
    ("knative-eventing", "broker-filter-hpa", 10),
]


def deployment(namespace: str, name: str, container: str, cpu: str, memory: str) -> Manifest:
    resources = {"requests": {"cpu": cpu, "memory": memory}}
    image = f"{ENVOY}:v1.37-latest" if container == "kourier-gateway" else "x:1"
    pod = {"containers": [{"name": container, "image": image, "resources": resources}]}
    spec = {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def shipped() -> list[Manifest]:
    """Stand-ins for what platform/kustomization.yaml fetches."""
    made = [deployment(*row) for row in SHIPPED]
    for name in ("config-network", "config-certmanager", "config-kourier"):
        metadata = {"name": name, "namespace": "knative-serving"}
        made.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"_example": "kept"}})
    service: Manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "kourier", "namespace": "kourier-system"},
    }
    made.append({**service, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}})
    for namespace, name, most in SCALED:
        scaler: Manifest = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler"}
        scaler["metadata"] = {"name": name, "namespace": namespace}
        made.append({**scaler, "spec": {"minReplicas": 1, "maxReplicas": most}})
    return made


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Manifest]:
    folder = tmp_path_factory.mktemp("platform").resolve()
    (folder / "shipped.yaml").write_text(yaml.safe_dump_all(shipped()))
    above = "/".join([".."] * (len(folder.parts) - 1))
    components = [f"{above}{ROOT}/knative/platform/settings", f"{above}{ROOT}/knative/components/small-node"]
    (folder / "kustomization.yaml").write_text(
        yaml.safe_dump({"resources": ["shipped.yaml"], "components": components, "images": kustomization()["images"]})
    )
    return {(m["kind"], m["metadata"]["name"]): m for m in kustomized(folder)}


def requests(manifest: Manifest) -> dict[str, str]:
    return manifest["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]  # type: ignore[no-any-return]


def test_small_node_leaves_knative_half_a_core_of_two(patched: dict[tuple[str, str], Manifest]) -> None:
    running = [m for (kind, _), m in patched.items() if kind == "Deployment" and m["spec"].get("replicas", 1)]
    cpu = sum(int(requests(manifest)["cpu"].removesuffix("m")) for manifest in running)
    memory = sum(int(requests(manifest)["memory"].removesuffix("Mi")) for manifest in running)
    assert (cpu, memory) == (215, 588) == PLATFORM["with small-node"]


def test_small_node_reaches_every_deployment_it_means(patched: dict[tuple[str, str], Manifest]) -> None:
    unchanged = [
        name
        for namespace, name, _, cpu, _ in SHIPPED
        if requests(patched["Deployment", name])["cpu"] == cpu
        and patched["Deployment", name]["spec"].get("replicas") != 0
    ]
    assert unchanged == []


def test_small_node_has_no_second_replica(patched: dict[tuple[str, str], Manifest]) -> None:
    # Kourier's too: what makes a replica is use in per cent of the request, and that is small now.
    for _, name, _ in SCALED:
        assert patched["HorizontalPodAutoscaler", name]["spec"] == {"minReplicas": 1, "maxReplicas": 1}, name
    assert patched["Deployment", "job-sink"]["spec"]["replicas"] == 0


def test_visitors_keep_their_address(patched: dict[tuple[str, str], Manifest]) -> None:
    assert patched["Service", "kourier"]["spec"]["externalTrafficPolicy"] == "Local"
    assert patched["ConfigMap", "config-kourier"]["data"]["use-remote-address"] == "true"


def test_no_visitors_address_is_written_down(patched: dict[tuple[str, str], Manifest]) -> None:
    # Kourier's access log is on by default, with address and path.
    assert patched["ConfigMap", "config-kourier"]["data"]["enable-service-access-logging"] == "false"


def test_envoy_is_a_version_and_no_tag_that_moves(patched: dict[tuple[str, str], Manifest]) -> None:
    (container,) = patched["Deployment", "3scale-kourier-gateway"]["spec"]["template"]["spec"]["containers"]
    assert re.fullmatch(rf"{ENVOY}:v\d+\.\d+\.\d+", container["image"])


def test_kourier_is_the_ingress_and_certificates_come_from_the_issuer_of_the_tree(
    patched: dict[tuple[str, str], Manifest],
) -> None:
    network = patched["ConfigMap", "config-network"]["data"]
    assert network["ingress-class"] == "kourier.ingress.networking.knative.dev"
    assert network["external-domain-tls"] == "Enabled"
    # Redirected for all would send Let's Encrypt's question in circles (components/tls/domain.yaml).
    assert network["http-protocol"] == "Enabled"
    # Any namespace could take any name.
    assert "autocreate-cluster-domain-claims" not in network
    issuer = yaml.safe_load((ROOT / "knative/components/tls/issuer.yaml").read_text())
    named = yaml.safe_load(patched["ConfigMap", "config-certmanager"]["data"]["issuerRef"])
    assert named == {"kind": issuer["kind"], "name": issuer["metadata"]["name"]}


def test_what_is_not_ours_stays(patched: dict[tuple[str, str], Manifest]) -> None:
    assert patched["ConfigMap", "config-network"]["data"]["_example"] == "kept"


def kustomization() -> Any:
    return yaml.safe_load((ROOT / "knative/platform/kustomization.yaml").read_text())


def test_every_release_is_pinned_and_knative_is_of_one_minor_version() -> None:
    versions = {}
    for url in kustomization()["resources"]:
        found = re.fullmatch(
            r"https://github\.com/([\w-]+/[\w-]+)/releases/download/(?:knative-)?v(\d+\.\d+)\.\d+/[\w-]+\.yaml", url
        )
        assert found, url
        versions[found[1]] = found[2]
    assert versions["knative/serving"] == versions["knative/eventing"] == versions["knative-extensions/net-kourier"]
    assert set(versions) == {
        "knative/serving",
        "knative/eventing",
        "knative-extensions/net-kourier",
        "cert-manager/cert-manager",
    }


def test_no_definition_comes_twice() -> None:
    # The core files hold their own: beside …-crds.yaml kustomize stops: "already registered" (serving#14242).
    names = [url.rpartition("/")[2] for url in kustomization()["resources"]]
    assert [name for name in names if "crds" in name] == []
    assert {"serving-core.yaml", "eventing-core.yaml"} <= set(names)
    assert len(names) == len(set(names))


def test_the_platform_takes_both_components() -> None:
    folder = ROOT / "knative/platform"
    assert [(folder / name).resolve() for name in kustomization()["components"]] == [
        Path(ROOT / "knative/platform/settings").resolve(),
        Path(ROOT / "knative/components/small-node").resolve(),
    ]
