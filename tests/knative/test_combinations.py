"""Overlays and components: every combination that must work renders, validates and keeps the rules no schema knows."""

import re
from collections import Counter

import kubernetes_validate
import pytest

from functions.shared.settings import Settings
from tests.knative.rendered import (
    COMBINATIONS,
    EVERYTHING,
    Manifest,
    bytes_of,
    containers,
    faults,
    functions,
    of_kind,
    pods,
    render,
    settings_of,
    validator,
)

# Of the Kubernetes that Knative 1.22 wants at least.
KUBERNETES = "1.34"
KNATIVE = ("serving.knative.dev", "eventing.knative.dev", "sources.knative.dev", "networking.internal.knative.dev")
# Neither Kubernetes' own nor Knative's, and checked by eye: components/tls/issuer.yaml.
WITHOUT_SCHEMA = {"cert-manager.io/v1 ClusterIssuer"}
CLUSTER_WIDE = {"Namespace", "ClusterIssuer", "ClusterDomainClaim"}


@pytest.fixture(params=COMBINATIONS)
def folder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def named(manifest: Manifest) -> str:
    return f"{manifest['apiVersion']} {manifest['kind']} {manifest['metadata']['name']}"


def test_knative_kinds_are_as_their_schemas_say(folder: str) -> None:
    wrong = {}
    for manifest in render(folder):
        if manifest["apiVersion"].startswith(KNATIVE):
            file = f"{manifest['apiVersion'].replace('/', '_')}_{manifest['kind']}.json"
            wrong |= {named(manifest): found for found in [faults(validator(file), manifest)] if found}
    assert wrong == {}


def test_kubernetes_own_kinds_are_as_its_schemas_say(folder: str) -> None:
    seen = 0
    for manifest in render(folder):
        if manifest["apiVersion"].startswith(KNATIVE):
            continue
        if f"{manifest['apiVersion']} {manifest['kind']}" in WITHOUT_SCHEMA:
            continue
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
        seen += 1
    assert seen >= 8


def test_a_misspelt_field_of_a_deployment_would_be_found() -> None:
    site = {**of_kind("base", "Deployment")["site"], "spce": {}}
    with pytest.raises(kubernetes_validate.ValidationError, match="spce"):
        kubernetes_validate.validate(site, KUBERNETES, strict=True)


def test_no_object_comes_twice(folder: str) -> None:
    assert [name for name, times in Counter(map(named, render(folder))).items() if times > 1] == []


def test_objects_live_in_the_namespace_and_cluster_wide_ones_in_none(folder: str) -> None:
    for manifest in render(folder):
        expected = None if manifest["kind"] in CLUSTER_WIDE else "portfolio"
        assert manifest["metadata"].get("namespace") == expected, named(manifest)


# containers


def test_a_container_can_do_no_more_than_it_must(folder: str) -> None:
    # Pod Security "restricted", which the namespace enforces, and two things it does not ask for: no writing, a number.
    for place, container in containers(folder):
        context = container["securityContext"]
        assert context["runAsNonRoot"] is True, place
        assert context["runAsUser"] > 0, place
        assert context["allowPrivilegeEscalation"] is False, place
        assert context["readOnlyRootFilesystem"] is True, place
        assert context["capabilities"] == {"drop": ["ALL"]}, place
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, place
        assert "privileged" not in context, place


def test_a_container_says_what_it_needs_and_has_a_memory_limit(folder: str) -> None:
    for place, container in containers(folder):
        resources = container["resources"]
        assert re.fullmatch(r"\d+m", resources["requests"]["cpu"]), place
        assert 0 < bytes_of(resources["requests"]["memory"]) <= bytes_of(resources["limits"]["memory"]), place
        assert "cpu" not in resources["limits"], place


def test_an_image_is_a_version_and_none_is_fetched_again(folder: str) -> None:
    # ":latest" would also mean imagePullPolicy Always, and an imported image cannot be pulled.
    for place, container in containers(folder):
        name, _, tag = container["image"].rpartition(":")
        assert name, place
        assert re.fullmatch(r"v?\d+\.\d+\.\d+(-[a-z0-9.-]+)?", tag), place
        if "portfolio-" in name:
            assert container["imagePullPolicy"] == "IfNotPresent", place


def test_knative_asks_no_registry_for_an_imported_image(folder: str) -> None:
    # registries-skipping-tag-resolving holds dev.local by default.
    for function in functions(folder).values():
        (container,) = function["spec"]["template"]["spec"]["containers"]
        assert container["image"].startswith("dev.local/")


def test_only_what_talks_to_the_api_server_gets_a_token(folder: str) -> None:
    for name, pod in pods(folder):
        assert pod["enableServiceLinks"] is False, name
        assert {"hostNetwork", "hostPID", "hostIPC"}.isdisjoint(pod), name
        if name != "StatefulSet/prometheus":
            assert pod["automountServiceAccountToken"] is False, name


def test_prometheus_may_look_at_pods_and_nothing_else() -> None:
    (rule,) = of_kind("base + monitoring", "Role")["prometheus"]["rules"]
    assert rule == {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
    assert "ClusterRole" not in {manifest["kind"] for manifest in render(EVERYTHING)}


def test_no_pod_reaches_into_the_node(folder: str) -> None:
    for name, pod in pods(folder):
        for volume in pod.get("volumes", []):
            assert set(volume) - {"name"} <= {"emptyDir", "configMap", "persistentVolumeClaim"}, name
            if "emptyDir" in volume:
                assert volume["emptyDir"]["sizeLimit"], name


# secrets


def test_no_secret_and_nothing_like_one_is_in_the_tree(folder: str) -> None:
    assert of_kind(folder, "Secret") == {}
    for place, container in containers(folder):
        for entry in container.get("env", []):
            if re.search(r"KEY|TOKEN|PASSWORD|SECRET", entry["name"]):
                assert "value" not in entry, place
    for key in settings_of(folder):
        assert not re.search(r"KEY|TOKEN(?!S)|PASSWORD|SECRET", key), key


# settings


def test_the_settings_are_settings_and_accepted(folder: str) -> None:
    given = settings_of(folder)
    assert set(given) <= {field.upper() for field in Settings.__dataclass_fields__}
    Settings.read(given)


def test_every_function_reads_the_same_settings(folder: str) -> None:
    for name, function in functions(folder).items():
        (container,) = function["spec"]["template"]["spec"]["containers"]
        source, *secrets = container["envFrom"]
        assert all(one["secretRef"]["optional"] for one in secrets), name
        assert source["configMapRef"]["name"] in of_kind(folder, "ConfigMap"), name


@pytest.mark.parametrize(
    ("folder", "proxies"),
    [
        # nginx, inner gateway, activator, queue-proxy
        ("base", "4"),
        # and Kourier before the site
        ("overlays/hetzner", "5"),
    ],
)
def test_the_visitors_address_is_counted_along_the_real_path(folder: str, proxies: str) -> None:
    assert settings_of(folder)["TRUSTED_PROXIES"] == proxies
    # The count only holds while the activator is always in the path.
    annotations = functions(folder)["ask"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["autoscaling.knative.dev/target-burst-capacity"] == "-1"


# components, one by one


def test_small_node_keeps_ask_to_one_pod_that_leaves_soon() -> None:
    annotations = functions("base + small-node")["ask"]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["autoscaling.knative.dev/max-scale"] == "1"
    assert annotations["autoscaling.knative.dev/scale-to-zero-pod-retention-period"] == "1m"


def test_a_domain_has_its_claim_and_leads_to_the_site() -> None:
    (domain,) = of_kind("overlays/hetzner", "DomainMapping").values()
    (claim,) = of_kind("overlays/hetzner", "ClusterDomainClaim").values()
    assert domain["metadata"]["name"] == claim["metadata"]["name"] != "set-by-the-overlay"
    assert claim["spec"]["namespace"] == domain["metadata"]["namespace"]
    assert domain["spec"]["ref"]["name"] == "site"
    # Kourier asks the Service by port 80, whatever the DomainMapping says.
    assert 80 in [port["port"] for port in of_kind("overlays/hetzner", "Service", "v1")["site"]["spec"]["ports"]]
    # From the start it would send Let's Encrypt's question in circles.
    assert "networking.knative.dev/http-protocol" not in domain["metadata"].get("annotations", {})


def test_the_model_is_pulled_onto_the_volume_of_its_server() -> None:
    folder = "base + ollama"
    (job,) = of_kind(folder, "Job").values()
    (puller,) = job["spec"]["template"]["spec"]["containers"]
    (server,) = of_kind(folder, "Deployment")["ollama"]["spec"]["template"]["spec"]["containers"]
    assert puller["image"] == server["image"]
    models = next(mount["mountPath"] for mount in server["volumeMounts"] if mount["name"] == "models")
    assert {"name": "OLLAMA_MODELS", "value": models} in server["env"]
    assert settings_of(folder)["OLLAMA_MODEL"] == "tinyllama"
