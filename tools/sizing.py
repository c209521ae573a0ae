"""What the pods of each overlay ask for, summed from the rendered manifests.

`python -m tools.sizing` (make sizes) writes the table of knative/README.md, a test checks it. Needs kubectl.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.readme import replaced

README = Path("knative/README.md")
# Every pod there is, and what each overlay makes of them.
FOLDERS = {"base": "knative/base", "local": "knative/overlays/local", "hetzner": "knative/overlays/hetzner"}
# In none of them as they stand.
OPTIONAL = Path("knative/components/ollama/ollama.yaml")
# Knative Serving, Kourier, Eventing and the Broker: as shipped, and with components/small-node (test_platform.py).
PLATFORM = {"as shipped": (1750, 1338), "with small-node": (215, 588)}
# Knative's own container in every function's pod.
QUEUE_PROXY = (25, 0)


@dataclass(frozen=True)
class Pod:
    """One pod's requests in millicores and MiB, its memory limit, and when it is there."""

    name: str
    cpu: int
    memory: int
    limit: int
    kind: str

    @property
    def runs(self) -> str:
        return {"Service": "while it is used", "Job": "once"}.get(self.kind, "always")


def main() -> None:
    """Write the block."""
    README.write_text(replaced(README.read_text(encoding="utf-8"), "sizes", table()), encoding="utf-8")


def table() -> str:
    """A row for each pod of any overlay, then the sums."""
    overlays = {name: {pod.name: pod for pod in pods(folder)} for name, folder in FOLDERS.items()}
    known = {pod.name: pod for pod in read(OPTIONAL.read_text(encoding="utf-8"))}
    known |= {name: pod for found in overlays.values() for name, pod in found.items()}
    lines = [
        f"| pod | runs | asks for | may take | {' | '.join(overlays)} |",
        "| --- | --- | --- | --- |" + " --- |" * len(overlays),
    ]
    for name, pod in sorted(known.items(), key=lambda item: (item[1].runs, item[0])):
        there = " | ".join("×" if name in found else "" for found in overlays.values())
        lines.append(f"| {name} | {pod.runs} | {pod.cpu}m, {pod.memory}Mi | {pod.limit}Mi | {there} |")
    for label, runs in (("always on", {"always"}), ("and one pod of each function", {"always", "while it is used"})):
        sums = [total([pod for pod in found.values() if pod.runs in runs]) for found in overlays.values()]
        lines.append(f"| **{label}** | | | | " + " | ".join(f"{cpu}m, {memory}Mi" for cpu, memory in sums) + " |")
    for label, (cpu, memory) in PLATFORM.items():
        sums = [total(list(found.values()), cpu, memory) for found in overlays.values()]
        cells = " | ".join(f"{cpu}m, {memory}Mi" for cpu, memory in sums)
        lines.append(f"| **and Knative, {label}** ({cpu}m, {memory}Mi) | | | | {cells} |")
    return "\n".join(lines)


def total(found: list[Pod], cpu: int = 0, memory: int = 0) -> tuple[int, int]:
    """Requests of all, with queue-proxy in each function, upon `cpu` and `memory`."""
    for pod in found:
        extra = QUEUE_PROXY if pod.kind == "Service" else (0, 0)
        cpu, memory = cpu + pod.cpu + extra[0], memory + pod.memory + extra[1]
    return cpu, memory


def pods(folder: str) -> Iterator[Pod]:
    """The pods of a rendered folder."""
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=True)
    yield from read(done.stdout)


def read(text: str) -> Iterator[Pod]:
    """The pods of a YAML stream."""
    for manifest in yaml.safe_load_all(text):
        template = manifest.get("spec", {}).get("template")
        if template:
            yield _pod(manifest["metadata"]["name"], manifest["kind"], template["spec"]["containers"])


def _pod(name: str, kind: str, containers: list[dict[str, Any]]) -> Pod:
    def summed(sort: str, key: str) -> int:
        return sum(_number(container["resources"][sort][key]) for container in containers)

    return Pod(name, summed("requests", "cpu"), summed("requests", "memory"), summed("limits", "memory"), kind)


def _number(quantity: str) -> int:
    """Millicores of `100m`, MiB of `256Mi` and `1Gi`."""
    found = re.fullmatch(r"(\d+)(m|Mi|Gi)", quantity)
    if not found:
        raise ValueError(f"{quantity} is written as 100m, 256Mi or 1Gi in this tree")
    return int(found[1]) * (1024 if found[2] == "Gi" else 1)


if __name__ == "__main__":
    main()
