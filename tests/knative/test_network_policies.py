"""Who may talk to whom, computed from the rendered NetworkPolicies as Kubernetes defines them: a policy that selects a
pod closes the direction it names, a rule opens; both ends have to agree."""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.knative.rendered import EVERYTHING, Manifest, functions, of_kind, pods, render


@dataclass(frozen=True)
class End:
    """A pod by namespace and labels, or an address outside."""

    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    address: str = ""


def ours(name: str) -> End:
    return End("portfolio", {"app.kubernetes.io/name": name})


def function(name: str) -> End:
    return End("portfolio", {"serving.knative.dev/service": name, "app": f"{name}-00001"})


ENDS = {
    **{name: function(name) for name in ("ask", "ingest", "health")},
    **{
        name: ours(name)
        for name in (
            "site", "chroma", "dead-letter", "ollama", "ollama-model", "valkey", "prometheus", "grafana", "blackbox",
        )
    },
    "acme-solver": End("portfolio", {"acme.cert-manager.io/http01-solver": "true"}),
    "stranger": ours("stranger"),  # a pod nobody thought of
    "kourier": End("kourier-system", {"app": "3scale-kourier-gateway"}),
    "activator": End("knative-serving", {"app": "activator"}),
    "eventing": End("knative-eventing", {"app": "mt-broker-filter"}),
    "cert-manager": End("cert-manager", {"app": "cert-manager"}),
    "dns": End("kube-system", {"k8s-app": "kube-dns"}),
    "elsewhere": End("default", {"app": "anything"}),
    "internet": End(address="203.0.113.7"),
    "internet-6": End(address="2001:db8::7"),
    "metadata-service": End(address="169.254.169.254"),
    "private-network": End(address="10.0.0.2"),
    "node": End(address="192.168.1.5"),
}  # fmt: skip

# Everything that is open: (from, to, port). What is not here is closed.
OPEN = {
    # visitors
    ("kourier", "site", 8080),
    ("site", "kourier", 8081),
    # Knative to its functions
    *{("kourier", name, 8012) for name in ("ask", "ingest", "health")},
    *{("activator", name, port) for name in ("ask", "ingest", "health") for port in (8012, 8013, 9090)},
    ("eventing", "dead-letter", 8080),
    # functions to what they need
    *{(name, "chroma", 8000) for name in ("ask", "ingest", "health")},
    *{(name, "valkey", 6379) for name in ("ask", "health")},
    *{(name, "ollama", 11434) for name in ("ask", "health", "ollama-model")},
    *{(name, to, 443) for name in ("ask", "ingest", "health", "ollama") for to in ("internet", "internet-6")},
    # figures
    *{("prometheus", name, 9095) for name in ("ask", "ingest", "health", "dead-letter")},
    *{("health", name, 9095) for name in ("ask", "ingest")},
    ("prometheus", "blackbox", 9115),
    ("prometheus", "cert-manager", 9402),
    ("blackbox", "chroma", 8000),
    ("blackbox", "site", 8080),
    ("grafana", "prometheus", 9090),
    # certificates
    ("kourier", "acme-solver", 8089),
}
PORTS = sorted({port for _, _, port in OPEN} | {22, 53, 80, 3000, 6443, 8080, 10250})


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for rule in selector.get("matchExpressions", []):
        if rule["operator"] == "Exists":
            if rule["key"] not in labels:
                return False
        elif rule["operator"] == "In":
            if labels.get(rule["key"]) not in rule["values"]:
                return False
        else:
            raise AssertionError(f"no test for the operator {rule['operator']}")
    return True


def is_peer(peer: Manifest, end: End) -> bool:
    if "ipBlock" in peer:
        # Blocks are for the world outside: what they do to pods differs between network plugins.
        return bool(end.address) and within(end.address, peer["ipBlock"])
    if end.address:
        return False
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": end.namespace}):
            return False
    elif end.namespace != "portfolio":
        return False
    return selects(peer.get("podSelector", {}), end.labels)


def within(address: str, block: Manifest) -> bool:
    one = ipaddress.ip_address(address)

    def holds(cidr: str) -> bool:
        network = ipaddress.ip_network(cidr)
        return one.version == network.version and one in network

    return holds(block["cidr"]) and not any(holds(cidr) for cidr in block.get("except", []))


def opens(rules: list[Any], side: str, other: End, port: int, protocol: str) -> bool:
    for rule in rules:
        ports = rule.get("ports")
        if ports and not any(p["port"] == port and p.get("protocol", "TCP") == protocol for p in ports):
            continue
        if side not in rule or any(is_peer(peer, other) for peer in rule[side]):
            return True
    return False


def direction_open(kind: str, end: End, other: End, port: int, protocol: str) -> bool:
    policies = [
        policy["spec"]
        for policy in of_kind(EVERYTHING, "NetworkPolicy").values()
        if policy["metadata"]["namespace"] == end.namespace
        and kind in policy["spec"]["policyTypes"]
        and selects(policy["spec"]["podSelector"], end.labels)
    ]
    side = "from" if kind == "Ingress" else "to"
    return not policies or any(opens(p.get(kind.lower(), []), side, other, port, protocol) for p in policies)


def reaches(source: str, target: str, port: int, protocol: str = "TCP") -> bool:
    a, b = ENDS[source], ENDS[target]
    outward = not a.namespace or direction_open("Egress", a, b, port, protocol)
    inward = not b.namespace or direction_open("Ingress", b, a, port, protocol)
    return outward and inward


def test_exactly_these_ways_are_open() -> None:
    found = {
        (source, target, port)
        for source in ENDS
        for target in ENDS
        for port in PORTS
        if source != target
        and "portfolio" in (ENDS[source].namespace, ENDS[target].namespace)
        and reaches(source, target, port)
    }
    # The API server is found by port alone; and names are looked up by everybody.
    api_server = {(s, t, p) for s, t, p in found if s == "prometheus" and ENDS[t].namespace != "portfolio"}
    names = {(s, t, p) for s, t, p in found if (t, p) == ("dns", 53)}
    assert {p for _, _, p in api_server - names} == {443, 6443, 9402}
    assert {s for s, _, _ in names} == {name for name, end in ENDS.items() if end.namespace == "portfolio"}
    assert found - api_server - names == OPEN - api_server


@pytest.mark.parametrize("name", [name for name, end in ENDS.items() if end.namespace == "portfolio"])
def test_everybody_looks_names_up(name: str) -> None:
    assert reaches(name, "dns", 53, "UDP")


@pytest.mark.parametrize("name", ["ask", "ingest", "health"])
def test_without_these_knative_could_neither_start_nor_scale_a_function(name: str) -> None:
    # 8012 requests and readiness, 9090 the autoscaler's questions; never the app's own 8080.
    assert reaches("activator", name, 8012)
    assert reaches("activator", name, 9090)
    assert not reaches("activator", name, 8080)


def test_health_reaches_what_its_settings_name() -> None:
    # A way that is closed would look like a pod that is not up: health would say "pass".
    (container,) = functions(EVERYTHING)["health"]["spec"]["template"]["spec"]["containers"]
    for entry in container["env"]:
        if found := re.fullmatch(r"http://([a-z]+)-metrics:(\d+)/metrics", entry.get("value", "")):
            assert reaches("health", found[1], int(found[2])), entry["name"]
    assert not reaches("ask", "ingest", 9095)


def test_no_function_can_ask_for_the_servers_own_credentials_or_its_neighbours() -> None:
    # What ingest fetches is named by an event: the cloud's metadata service and private networks are not the world.
    for name in ("ask", "ingest", "health"):
        for target in ("metadata-service", "private-network", "node"):
            assert not any(reaches(name, target, port) for port in PORTS), (name, target)


def test_every_pod_of_the_tree_has_a_place_in_the_table() -> None:
    for name, _ in pods(EVERYTHING):
        kind, _, pod = name.partition("/")
        if kind == "Service":
            assert ENDS[pod] == function(pod)
        else:
            template = of_kind(EVERYTHING, kind)[pod]["spec"]["template"]
            assert ENDS[pod].labels.items() <= template["metadata"]["labels"].items()


def test_every_policy_selects_somebody() -> None:
    for manifest in render(EVERYTHING):
        if manifest["kind"] == "NetworkPolicy":
            chosen = [e for e in ENDS.values() if selects(manifest["spec"]["podSelector"], e.labels)]
            assert chosen, manifest["metadata"]["name"]
