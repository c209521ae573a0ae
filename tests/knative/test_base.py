"""knative/base: it renders, the schemas accept it, and its settings, images and Services fit together."""

import copy
import re
import tomllib

import pytest

from functions.shared.settings import Settings
from tests.knative.rendered import (
    Manifest,
    containers,
    environment,
    faults,
    functions,
    of_kind,
    pod_of,
    render,
    settings_of,
    validator,
)
from tests.processes import ROOT

BASE = "knative/base"
KNATIVE = {
    "serving.knative.dev/v1 Service": "serving.knative.dev_v1_Service.json",
    "eventing.knative.dev/v1 Broker": "eventing.knative.dev_v1_Broker.json",
    "eventing.knative.dev/v1 Trigger": "eventing.knative.dev_v1_Trigger.json",
    "sources.knative.dev/v1 PingSource": "sources.knative.dev_v1_PingSource.json",
}


# what is there


def test_the_base_is_the_whole_system() -> None:
    assert sorted(f"{manifest['kind']} {manifest['metadata']['name']}" for manifest in render(BASE)
                  if manifest["kind"] != "ConfigMap") == [
        "Broker documents",
        "Deployment dead-letter",
        "Deployment site",
        "Namespace portfolio",
        "PingSource reconcile",
        "Service ask",
        "Service ask-metrics",
        "Service chroma",
        "Service dead-letter",
        "Service health",
        "Service ingest",
        "Service ingest-metrics",
        "Service site",
        "StatefulSet chroma",
        "Trigger ingest",
    ]  # fmt: skip


def test_every_object_lives_in_the_namespace() -> None:
    for manifest in render(BASE):
        if manifest["kind"] != "Namespace":
            assert manifest["metadata"]["namespace"] == "portfolio", manifest["metadata"]["name"]


@pytest.mark.parametrize("kind", KNATIVE)
def test_the_schema_accepts_every_knative_object(kind: str) -> None:
    found = [manifest for manifest in render(BASE) if f"{manifest['apiVersion']} {manifest['kind']}" == kind]
    check = validator(KNATIVE[kind])
    assert found
    assert [fault for manifest in found for fault in faults(check, manifest)] == []


def test_no_knative_object_is_without_a_schema() -> None:
    kinds = {f"{manifest['apiVersion']} {manifest['kind']}" for manifest in render(BASE)}
    assert {kind for kind in kinds if "knative.dev" in kind} == set(KNATIVE)


def test_a_misspelt_field_would_be_found() -> None:
    ask = copy.deepcopy(functions(BASE)["ask"])
    pod_of(ask)["containerConcurency"] = 1
    (fault,) = faults(validator(KNATIVE["serving.knative.dev/v1 Service"]), ask)
    assert "containerConcurency" in fault


# settings


def test_every_key_of_the_settings_is_a_setting() -> None:
    known = {field.upper() for field in Settings.__dataclass_fields__}
    assert set(settings_of(BASE)) <= known
    for name, function in functions(BASE).items():
        (container,) = pod_of(function)["containers"]
        assert set(environment(container)) - {"FUNCTION_TARGET", "FUNCTION_SOURCE"} <= known, name


def test_the_settings_are_accepted() -> None:
    Settings.read(settings_of(BASE))


def test_the_hashed_name_of_the_settings_is_followed_everywhere() -> None:
    (name,) = of_kind(BASE, "ConfigMap")
    assert re.fullmatch(r"settings-[a-z0-9]{10}", name)
    used = [
        source["configMapRef"]["name"]
        for _, container in containers(BASE)
        for source in container.get("envFrom", [])
        if "configMapRef" in source
    ]
    assert used == [name] * 4  # three functions, the dead-letter logger


def test_the_urls_in_the_settings_are_services_of_the_tree() -> None:
    services = of_kind(BASE, "Service", "v1")
    for key in ("CHROMA_URL",):
        host, _, port = settings_of(BASE)[key].removeprefix("http://").partition(":")
        assert [entry["port"] for entry in services[host]["spec"]["ports"]] == [int(port)]


def test_no_secret_is_in_the_tree() -> None:
    assert of_kind(BASE, "Secret") == {}
    assert "KEY" not in " ".join(settings_of(BASE))


# images


def container_at(place: str) -> Manifest:
    return dict(containers(BASE))[place]


def test_our_images_carry_the_projects_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    ours = {container["image"] for _, container in containers(BASE) if "portfolio" in container["image"]}
    assert ours == {f"dev.local/portfolio-functions:{version}", f"dev.local/portfolio-site:{version}"}


def test_chromas_image_is_the_version_of_its_client() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    version = container_at("StatefulSet/chroma/chroma")["image"].removeprefix("chromadb/chroma:")
    assert extras == {
        "image": [f"chromadb-client=={version}"],
        "local": [f"chromadb=={version}"],
        "docs": ["swagger-ui-py==25.7.1"],  # a page to try the API out on, and nobody's Chroma
    }
    assert f"\nchromadb-client=={version} " in (ROOT / "requirements/functions.lock").read_text()


def test_chroma_keeps_its_data_where_its_image_looks_for_it() -> None:
    mounts = {mount["name"]: mount["mountPath"] for mount in container_at("StatefulSet/chroma/chroma")["volumeMounts"]}
    assert mounts["data"] == "/data"


def test_the_namespace_refuses_pods_below_the_restricted_standard() -> None:
    labels = of_kind(BASE, "Namespace")["portfolio"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_plain_service_finds_a_pod() -> None:
    labelled = [
        manifest["spec"]["template"]["metadata"]["labels"]
        for kind in ("Deployment", "StatefulSet")
        for manifest in of_kind(BASE, kind).values()
    ]
    for name, service in of_kind(BASE, "Service", "v1").items():
        selector = service["spec"]["selector"]
        if function := selector.get("serving.knative.dev/service"):  # Knative labels its pods so
            assert function in functions(BASE), name
            continue
        assert [labels for labels in labelled if selector.items() <= labels.items()], name


@pytest.mark.parametrize("name", ["ask", "ingest"])
def test_health_reads_the_metrics_ports_of_pods_and_not_their_routes(name: str) -> None:
    service = of_kind(BASE, "Service", "v1")[f"{name}-metrics"]["spec"]
    url = environment(pod_of(functions(BASE)["health"])["containers"][0])[f"{name.upper()}_METRICS_URL"]
    assert (service["clusterIP"], service["selector"]) == ("None", {"serving.knative.dev/service": name})
    assert url == f"http://{name}-metrics:{service['ports'][0]['port']}/metrics"


def test_the_site_knows_ask_by_its_name_inside_the_cluster() -> None:
    assert environment(container_at("Deployment/site/site"))["ASK_HOST"] == "ask.portfolio.svc.cluster.local"
