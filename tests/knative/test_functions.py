"""The functions of knative/base as Knative admits them: what its webhook (knative/serving pkg/apis) would refuse and no
schema knows, and what scale to zero asks of them.
"""

import pytest

from functions.shared.settings import Settings
from tests.knative.rendered import Manifest, environment, functions, of_kind, pod_of, seconds, settings_of

BASE = "knative/base"
RESERVED_PORTS = {8008, 8012, 8013, 8022, 8112, 9090, 9091}
RESERVED_NAMES = {"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"}
# The framework's command reads these: DEBUG starts its development server, HOST moves the address.
HARMFUL_NAMES = {"DEBUG", "HOST"}
NEEDS_A_FEATURE_FLAG = {
    "initContainers", "securityContext", "nodeSelector", "affinity", "tolerations", "priorityClassName",
    "topologySpreadConstraints", "hostAliases", "dnsConfig", "runtimeClassName", "schedulerName",
}  # fmt: skip


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


def test_all_pods_of_ask_together_ask_the_hosted_model_no_more_than_a_plan_allows() -> None:
    most = functions(BASE)["ask"]["spec"]["template"]["metadata"]["annotations"]["autoscaling.knative.dev/max-scale"]
    settings = next(one for name, one in of_kind(BASE, "ConfigMap").items() if name.startswith("settings"))
    assert int(settings["data"]["HOSTED_IN_FLIGHT"]) * int(most) <= 4, "Featherless Premium: 4 for a model of 7B"
