"""knative/README.md, the runbooks and the workflows say what is there."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import needs
from tests.knative.monitored import alerts
from tests.knative.test_platform import SHIPPED
from tests.processes import ROOT
from tools.readme import replaced
from tools.sizing import PLATFORM, pods, table, total

README = ROOT / "knative/README.md"
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_the_sizing_table_sums_what_the_manifests_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    needs(shutil.which("kubectl"), "kubectl is not installed")
    monkeypatch.chdir(ROOT)
    assert replaced(README.read_text(), "sizes", table()) == README.read_text(), "`make sizes` writes it anew"


def test_knatives_own_sum_is_that_of_its_parts() -> None:
    cpu = sum(int(row[3].removesuffix("m")) for row in SHIPPED)
    memory = sum(int(row[4].removesuffix("Mi")) for row in SHIPPED)
    assert PLATFORM["as shipped"] == (cpu, memory)


def test_what_hetzner_runs_fits_two_cores_and_four_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    needs(shutil.which("kubectl"), "kubectl is not installed")
    monkeypatch.chdir(ROOT)
    running = list(pods("knative/overlays/hetzner"))
    functions = [pod for pod in running if pod.kind == "Service"]
    assert {pod.name for pod in functions} == {"ask", "ingest", "health"}
    # The scheduler's view, with CoreDNS and metrics-server, while new revisions start beside the old ones.
    cpu, memory = total([*running, *functions], *PLATFORM["with small-node"])
    assert cpu + 200 <= 2000, "a pod would stay Pending"
    assert memory + 140 <= 3800, "of 4 GB the kernel keeps some"
    # What may be in use at once: also the K3s server, which asks for nothing and takes 1.6 GB (README).
    _, memory = total(running, *PLATFORM["with small-node"])
    assert memory + 140 + 1526 <= 3800


def test_every_file_of_the_base_and_every_folder_is_in_the_tree() -> None:
    tree = README.read_text().partition("## The tree")[2].partition("```")[2].partition("```")[0]
    for path in (ROOT / "knative/base").iterdir():
        assert path.name in tree
    for path in (ROOT / "knative").iterdir():
        assert path.name in {"README.md"} or path.name in tree, path.name


def test_every_component_is_on_the_menu_and_says_what_it_adds() -> None:
    text = README.read_text()
    for folder in (ROOT / "knative/components").iterdir():
        assert f"| [{folder.name}](components/{folder.name}/kustomization.yaml) |" in text
        assert (folder / "kustomization.yaml").read_text().startswith("# ")


def used(folder: Path) -> set[str]:
    """The files a kustomization names."""
    table: dict[str, Any] = yaml.safe_load((folder / "kustomization.yaml").read_text())
    names = {*table.get("resources", []), *table.get("configurations", [])}
    names |= {patch["path"] for patch in table.get("patches", [])}
    for generator in table.get("configMapGenerator", []):
        names |= {*generator.get("envs", []), *generator.get("files", [])}
    return names


@pytest.mark.parametrize(
    "folder",
    [path.parent for path in sorted((ROOT / "knative").rglob("kustomization.yaml"))],
    ids=lambda path: str(path.relative_to(ROOT / "knative")),
)
def test_every_file_beside_a_kustomization_is_used(folder: Path) -> None:
    files = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.name != "kustomization.yaml" and nearest(path) == folder
    }
    assert files == {name for name in used(folder) if (folder / name).is_file()}


def nearest(path: Path) -> Path:
    return next(parent for parent in path.parents if (parent / "kustomization.yaml").exists())


def test_every_alert_has_a_line_in_the_runbooks() -> None:
    text = (ROOT / "docs/runbooks.md").read_text()
    assert {rule["alert"] for rule in alerts() if rule["alert"] not in text} == set()


@pytest.mark.parametrize("document", ["knative/README.md", "docs/runbooks.md", "docs/scaling.md"])
def test_every_make_target_that_is_named_exists(document: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = {name for line in re.findall(r"^([\w -]+):(?!=)", makefile, re.M) for name in line.split()}
    named = set(re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", (ROOT / document).read_text(), re.M))
    assert {one or other for one, other in named} <= targets


# workflows


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_whole_and_every_action_has_a_version(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"]["contents"] == "read"
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 90, name
        for step in job["steps"]:
            assert pinned(step["uses"]) if "uses" in step else step["run"], name


def pinned(action: str) -> bool:
    """A version of GitHub, Docker or Azure, whose tools these are; anybody else's commit: thieves have moved tags."""
    owner, _, rest = action.partition("/")
    trusted = owner in {"actions", "docker", "azure"}
    return bool(re.fullmatch(r"[\w-]+@v\d[\d.]*" if trusted else r"[\w-]+@[0-9a-f]{40}", rest))


def test_a_foreign_action_by_its_tag_would_be_found() -> None:
    assert pinned("actions/checkout@v6")
    assert not pinned("actions/checkout@main")
    assert not pinned("aquasecurity/trivy-action@v0.36.0")
    assert not pinned("aquasecurity/trivy-action@0.33.1")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_secret_and_variable_a_workflow_expects_is_named_at_its_top(path: Path) -> None:
    text = path.read_text()
    top = text.partition("\nname:")[0]
    expected = set(re.findall(r"(?:secrets|vars)\.(\w+)", text))
    assert {name for name in expected if not re.search(rf"\b{name}\b", top)} == set()


def test_the_deployment_runs_for_a_tag_or_by_hand_and_for_nothing_else() -> None:
    # YAML reads the key `on` as true.
    assert yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())[True] == {
        "push": {"tags": ["v*"]},
        "workflow_dispatch": None,
    }


def test_every_trap_is_held_by_a_test_or_a_file_that_is_there() -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    rows = re.findall(r"^\| .+ \| (`.+`) \|$", (ROOT / "docs/traps.md").read_text(), re.M)
    assert len(rows) >= 30
    for holder in re.findall(r"`([^`]+)`", " ".join(rows)):
        assert f"def {holder}(" in tests if holder.startswith("test_") else (ROOT / holder).is_file(), holder
