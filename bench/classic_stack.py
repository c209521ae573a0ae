"""The classic stack as a process of the bench (bench/classic/)."""

import json
from collections.abc import Mapping
from pathlib import Path

from bench.parts import ROOT, Missing, Process, exchange, free_port, until_open

PYTHON = ROOT / ".venv-classic" / "bin" / "python"
COMMAND = [str(PYTHON), "-m", "bench.classic.app"]
# No network at run time, for either.
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}


def environment(data: Path) -> dict[str, str]:
    """Its settings. Raises Missing where its packages were not installed."""
    if not (PYTHON.parents[1] / ".complete").exists():
        raise Missing("the classic stack is not installed: make classic")
    return {**OFFLINE, "CLASSIC_DATA": str(data)}


class Classic(Process):
    """A running one, over a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = {**environment(folder / "classic-data"), "PORT": str(self.port)}
        super().__init__(COMMAND, folder / f"classic-{self.port}.log", settings)
        until_open(self.port, self)

    def add(self, documents: Mapping[str, str]) -> int:
        """All of them in one request; how many chunks they make."""
        status, reply = exchange(self.url, posted(documents), "/documents", timeout_s=1200)
        if status != 200:
            raise SystemExit(f"the classic stack refused: {status} {reply[:500]!r}\n{self.log.read_text()}")
        return int(json.loads(reply)["chunks"])


def posted(documents: Mapping[str, str]) -> bytes:
    """Markdown by id as its requests want it, without the front matter."""
    bodies = {name: text.rpartition("\n---\n")[2].strip() for name, text in documents.items()}
    return json.dumps([{"id": name, "title": name, "text": text} for name, text in bodies.items()]).encode()
