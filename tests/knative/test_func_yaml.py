"""func.yaml: valid, and ask as the manifests have it."""

import re
from typing import Any

import yaml

from tests.knative.rendered import Manifest, faults, functions, settings_of, validator
from tests.processes import ROOT

BASE = "knative/base"
AUTOSCALING = "autoscaling.knative.dev/"


def func() -> Any:
    return yaml.safe_load((ROOT / "func.yaml").read_text())


def container() -> Manifest:
    (found,) = functions(BASE)["ask"]["spec"]["template"]["spec"]["containers"]
    return found  # type: ignore[no-any-return]


def test_the_schema_of_func_accepts_it() -> None:
    assert faults(validator("func.yaml.schema.json"), func()) == []


def test_the_schema_would_find_a_misspelt_field() -> None:
    assert faults(validator("func.yaml.schema.json"), {**func(), "imgae": "x"})


def test_it_is_the_ask_service_of_the_tree() -> None:
    ask, described = functions(BASE)["ask"], func()
    assert described["name"] == ask["metadata"]["name"]
    assert described["namespace"] == described["deploy"]["namespace"] == ask["metadata"]["namespace"]
    assert described["image"] == container()["image"]
    labels = {label["key"]: label["value"] for label in described["deploy"]["labels"]}
    assert labels == ask["metadata"]["labels"]


def test_its_environment_is_that_of_the_pod() -> None:
    expected = dict(settings_of(BASE))
    for entry in container()["env"]:
        if "valueFrom" in entry:
            reference = entry["valueFrom"]["secretKeyRef"]
            expected[entry["name"]] = f"{{{{ secret:{reference['name']}:{reference['key']} }}}}"
        else:
            expected[entry["name"]] = entry["value"]
    given = [(entry["name"], entry["value"]) for entry in func()["run"]["envs"]]
    assert len(dict(given)) == len(given)  # func refuses a name that comes twice
    assert dict(given) == expected


def test_its_scale_is_that_of_the_annotations() -> None:
    annotations = functions(BASE)["ask"]["spec"]["template"]["metadata"]["annotations"]
    deploy = func()["deploy"]
    scale = deploy["options"]["scale"]
    given = {
        f"{AUTOSCALING}min-scale": str(scale["min"]),
        f"{AUTOSCALING}max-scale": str(scale["max"]),
        **deploy["annotations"],
    }
    assert given == annotations


def test_its_resources_are_those_of_the_container() -> None:
    resources = func()["deploy"]["options"]["resources"]
    concurrency = resources["limits"].pop("concurrency")
    assert concurrency == functions(BASE)["ask"]["spec"]["template"]["spec"]["containerConcurrency"]
    assert resources == container()["resources"]


def test_its_health_endpoints_are_the_probes() -> None:
    assert func()["deploy"]["healthEndpoints"] == {
        "liveness": container()["livenessProbe"]["httpGet"]["path"],
        "readiness": container()["readinessProbe"]["httpGet"]["path"],
    }


def test_the_date_is_a_string_for_every_yaml_reader() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", func()["created"])
