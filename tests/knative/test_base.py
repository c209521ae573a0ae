"""knative/base: it renders, the schemas accept it, and it keeps the rules that no schema knows.

The rules are those of the Knative admission webhooks (knative/serving pkg/apis) and of Pod Security "restricted".
"""

import copy
import re
import tomllib
from typing import Any

import pytest

from functions.shared.settings import Settings
from tests.knative.rendered import (
    Manifest,
    containers,
    faults,
    functions,
    of_kind,
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
RESERVED_PORTS = {8008, 8012, 8013, 8022, 8112, 9090, 9091}
RESERVED_NAMES = {"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"}
# The framework's command reads these: DEBUG starts its development server, HOST moves the address.
HARMFUL_NAMES = {"DEBUG", "HOST"}
NEEDS_A_FEATURE_FLAG = {
    "initContainers", "securityContext", "nodeSelector", "affinity", "tolerations", "priorityClassName",
    "topologySpreadConstraints", "hostAliases", "dnsConfig", "runtimeClassName", "schedulerName",
}  # fmt: skip
SECONDS = {"s": 1, "m": 60, "h": 3600}
SIZES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def seconds(duration: str) -> float:
    """Of a Go duration as the annotations use it: 5m, 30s, 1m30s."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh])", duration)
    assert "".join(number + unit for number, unit in parts) == duration
    return sum(float(number) * SECONDS[unit] for number, unit in parts)


def bytes_of(quantity: str) -> int:
    return int(quantity[:-2]) * SIZES[quantity[-2:]]


def pod_of(function: Manifest) -> Manifest:
    return function["spec"]["template"]["spec"]  # type: ignore[no-any-return]


def environment(container: Manifest) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container.get("env", [])}


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


# the functions, as Knative admits them


@pytest.fixture(params=["ask", "ingest", "health"])
def function(request: pytest.FixtureRequest) -> Manifest:
    return functions(BASE)[request.param]


def test_there_are_three_functions() -> None:
    assert sorted(functions(BASE)) == ["ask", "health", "ingest"]


def test_a_function_is_named_once_and_runs_its_own_source(function: Manifest) -> None:
    name = function["metadata"]["name"]
    (container,) = pod_of(function)["containers"]
    given = environment(container)
    assert (container["name"], given["FUNCTION_TARGET"]) == (name, name)
    assert given["FUNCTION_SOURCE"] == f"functions/{name}/main.py"


def test_no_function_has_an_address_outside_the_cluster(function: Manifest) -> None:
    assert function["metadata"]["labels"]["networking.knative.dev/visibility"] == "cluster-local"


def test_a_function_declares_exactly_one_port_and_none_that_knative_needs(function: Manifest) -> None:
    ports = [port for container in pod_of(function)["containers"] for port in container.get("ports", [])]
    assert [port["containerPort"] for port in ports] == [8080]
    assert ports[0].get("name", "") in {"", "http1", "h2c"}
    metrics = int(settings_of(BASE)["METRICS_PORT"])
    assert metrics == 9095
    assert metrics not in RESERVED_PORTS


def test_no_variable_is_reserved_or_misleads_the_framework(function: Manifest) -> None:
    (container,) = pod_of(function)["containers"]
    names = set(environment(container)) | set(settings_of(BASE))
    assert names.isdisjoint(RESERVED_NAMES | HARMFUL_NAMES)


def test_readiness_is_asked_at_knatives_own_pace(function: Manifest) -> None:
    (container,) = pod_of(function)["containers"]
    probe = container["readinessProbe"]
    assert probe["httpGet"]["path"] == "/readyz"  # answers from local state, within the 100 ms it has
    assert {"periodSeconds", "failureThreshold", "timeoutSeconds"}.isdisjoint(probe)


def test_liveness_gives_a_busy_process_time(function: Manifest) -> None:
    (container,) = pod_of(function)["containers"]
    probe = container["livenessProbe"]
    assert probe["httpGet"]["path"] == "/healthz"
    assert probe["periodSeconds"] >= 10
    assert probe["timeoutSeconds"] >= 5


def test_a_function_scales_to_zero_and_stays_bounded(function: Manifest) -> None:
    annotations = function["spec"]["template"]["metadata"]["annotations"]
    prefix = "autoscaling.knative.dev/"
    scale = {key.removeprefix(prefix): value for key, value in annotations.items() if key.startswith(prefix)}
    assert set(scale) <= {"min-scale", "max-scale", "scale-to-zero-pod-retention-period", "target-burst-capacity"}
    assert scale["min-scale"] == "0"
    assert 1 <= int(scale["max-scale"]) <= 2
    assert 0 <= seconds(scale.get("scale-to-zero-pod-retention-period", "0s")) <= 3600


@pytest.mark.parametrize(("name", "concurrency"), [("ask", 32), ("ingest", 1), ("health", 16)])
def test_concurrency_is_what_one_process_can_do(name: str, concurrency: int) -> None:
    assert pod_of(functions(BASE)[name])["containerConcurrency"] == concurrency


def test_a_request_fits_knatives_limit_and_draining_fits_the_request(function: Manifest) -> None:
    pod = pod_of(function)
    (container,) = pod["containers"]
    assert pod["timeoutSeconds"] <= 600
    assert int(environment(container)["DRAIN_S"]) == pod["timeoutSeconds"] - 45
    # Shorter ones count from the request's start while nothing was written: a cold start would run into them.
    assert {"idleTimeoutSeconds", "responseStartTimeoutSeconds"}.isdisjoint(pod)


def test_the_longest_answer_fits_asks_timeout() -> None:
    settings = Settings.read(settings_of(BASE))
    assert 2 * settings.total_s + settings.first_token_s < pod_of(functions(BASE)["ask"])["timeoutSeconds"]


def test_the_proxies_that_ask_counts_are_always_all_there() -> None:
    annotations = functions(BASE)["ask"]["spec"]["template"]["metadata"]["annotations"]
    # nginx, inner gateway, activator, queue-proxy; -1 is Knative's word for "the activator stays in the way"
    assert Settings.read(settings_of(BASE)).trusted_proxies == 4
    assert annotations["autoscaling.knative.dev/target-burst-capacity"] == "-1"


def test_a_function_uses_nothing_behind_a_feature_flag(function: Manifest) -> None:
    pod = pod_of(function)
    assert NEEDS_A_FEATURE_FLAG.isdisjoint(pod)
    assert all(set(volume) == {"name", "emptyDir"} for volume in pod.get("volumes", []))
    assert all("lifecycle" not in container for container in pod["containers"])


def test_no_function_has_a_cpu_limit(function: Manifest) -> None:
    (container,) = pod_of(function)["containers"]
    assert set(container["resources"]["limits"]) == {"memory"}


def test_the_hosted_models_key_is_a_reference_that_may_be_missing() -> None:
    for name in ("ask", "health"):
        (container,) = pod_of(functions(BASE)[name])["containers"]
        (entry,) = (entry for entry in container["env"] if entry["name"] == "FEATHERLESS_API_KEY")
        assert entry["valueFrom"]["secretKeyRef"] == {
            "name": "portfolio",
            "key": "FEATHERLESS_API_KEY",
            "optional": True,
        }


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
    assert (extras["image"], extras["local"]) == ([f"chromadb-client=={version}"], [f"chromadb=={version}"])
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


def test_all_pods_of_ask_together_ask_the_hosted_model_no_more_than_a_plan_allows() -> None:
    most = functions(BASE)["ask"]["spec"]["template"]["metadata"]["annotations"]["autoscaling.knative.dev/max-scale"]
    settings = next(one for name, one in of_kind(BASE, "ConfigMap").items() if name.startswith("settings"))
    assert int(settings["data"]["HOSTED_IN_FLIGHT"]) * int(most) <= 4, "Featherless Premium: 4 for a model of 7B"


def test_the_site_knows_ask_by_its_name_inside_the_cluster() -> None:
    assert environment(container_at("Deployment/site/site"))["ASK_HOST"] == "ask.portfolio.svc.cluster.local"


# events


def matches(filters: list[dict[str, Any]], event: dict[str, str]) -> bool:
    """The dialects of a Trigger's `filters`, whose entries must all hold."""
    return all(holds(dialect, rule, event) for entry in filters for dialect, rule in entry.items())


def holds(dialect: str, rule: Any, event: dict[str, str]) -> bool:
    if dialect == "exact":
        return all(event.get(name) == value for name, value in rule.items())
    if dialect == "prefix":
        return all(event.get(name, "").startswith(value) for name, value in rule.items())
    if dialect == "suffix":
        return all(event.get(name, "").endswith(value) for name, value in rule.items())
    if dialect == "not":
        return not matches([rule], event)
    if dialect in {"all", "any"}:
        return {"all": all, "any": any}[dialect](matches([entry], event) for entry in rule)
    raise AssertionError(f"no test for the filter dialect {dialect}")


@pytest.mark.parametrize(
    ("name", "delivered"),
    [
        ("document.published.v1", True),
        ("document.withdrawn.v1", True),
        ("corpus.reconcile.v1", True),
        ("corpus.reconcile.v2", False),
        # what ingest answers with
        ("document.indexed.v1", False),
        ("document.removed.v1", False),
        # what it does not know
        ("document.published.v2", False),
        ("document.published.v1.something", False),
    ],
)
def test_ingest_is_sent_what_it_takes_and_never_its_own_replies(name: str, delivered: bool) -> None:
    prefix = Settings.read(settings_of(BASE)).event_type_prefix
    triggers = of_kind(BASE, "Trigger").values()
    subscribed = [t["spec"] for t in triggers if t["spec"]["subscriber"]["ref"]["name"] == "ingest"]
    assert any(matches(spec["filters"], {"type": f"{prefix}.{name}"}) for spec in subscribed) is delivered


@pytest.mark.parametrize(
    ("event_type", "delivered"),
    [
        ("dev.knative.sources.ping", True),
        ("Microsoft.Storage.BlobCreated", True),
        ("Microsoft.Storage.BlobDeleted", True),
        ("com.amazonaws.s3.ObjectCreated:Put", True),
        ("com.amazonaws.s3.ObjectRemoved:Delete", True),
        ("com.github.push", True),
        ("dev.knative.source.github.push", True),
        ("com.github.pull_request", False),
        ("", False),
    ],
)
def test_events_of_others_reach_ingest_by_the_types_it_knows(event_type: str, delivered: bool) -> None:
    subscribed = of_kind(BASE, "Trigger")["ingest"]["spec"]
    assert matches(subscribed["filters"], {"type": event_type}) is delivered


def test_the_nightly_tick_takes_the_way_of_every_event() -> None:
    # Straight to ingest it would be tried for a few seconds only, and a reply other than empty would get lost.
    ref = of_kind(BASE, "PingSource")["reconcile"]["spec"]["sink"]["ref"]
    assert (ref["apiVersion"], ref["kind"], ref["name"]) == ("eventing.knative.dev/v1", "Broker", "documents")


def test_every_trigger_says_how_to_deliver_in_full() -> None:
    broker = of_kind(BASE, "Broker")["documents"]
    for name, trigger in of_kind(BASE, "Trigger").items():
        assert trigger["spec"]["broker"] == "documents", name
        assert trigger["spec"]["delivery"] == broker["spec"]["delivery"], name


def test_delivery_waits_between_tries_and_outlives_a_restart_of_chroma() -> None:
    delivery = of_kind(BASE, "Broker")["documents"]["spec"]["delivery"]
    assert delivery["backoffPolicy"] == "exponential"
    assert delivery["backoffDelay"] == "PT1S"
    assert sum(2**attempt for attempt in range(delivery["retry"])) >= 60
    ingest = functions(BASE)["ingest"]
    assert delivery["timeout"] == f"PT{pod_of(ingest)['timeoutSeconds']}S"


def test_references_between_objects_lead_somewhere() -> None:
    there = {(m["apiVersion"], m["kind"], m["metadata"]["name"]) for m in render(BASE)}
    for kind in ("Broker", "Trigger"):
        for manifest in of_kind(BASE, kind).values():
            spec = manifest["spec"]
            for end in (spec["delivery"]["deadLetterSink"], spec.get("subscriber")):
                if end:
                    assert (end["ref"]["apiVersion"], end["ref"]["kind"], end["ref"]["name"]) in there


def test_a_dead_letter_reaches_port_80_of_a_logger_that_stays() -> None:
    # A reference to a plain Service means its port 80; and the log of a pod leaves with the pod.
    ports = of_kind(BASE, "Service", "v1")["dead-letter"]["spec"]["ports"]
    assert {port["name"]: port["port"] for port in ports} == {"http": 80, "metrics": 9095}
    assert of_kind(BASE, "Deployment")["dead-letter"]["spec"]["replicas"] == 1
