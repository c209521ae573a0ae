"""A machine to deploy from, whose docker, ssh and kubectl are scripted and write down what they are told."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.conftest import needs
from tests.processes import ROOT

# Each writes its name and arguments as one line, and what it is given on standard input into a file of its own.
# One write a line: the two ends of a pipe write at the same moment.
RECORD = """#!/bin/bash
line=$(printf '%s' "$(basename "$0") $*" | tr '\\n' ' ')
echo "$line" >> "$LOG"
"""
KUBECTL = (
    RECORD
    + """
case "$*" in
  kustomize*) exec REAL "$@" ;;
  *"apply"*) cat > "$STDIN/apply.yaml" ;;
  *"delete --ignore"*) cat > "$STDIN/delete.yaml" ;;
  "config current-context") echo "$CONTEXT" ;;
  *port-forward*) echo 'Forwarding from 127.0.0.1:4711 -> 8080'; sleep 0.3 ;;
  *exec*/api/*) printf '%s' "$ANSWER" ;;
  *"get namespace"*) exit "$NO_NAMESPACE" ;;
esac
"""
)
DOCKER = RECORD + 'case "$1" in save) echo archive ;; esac\n'
# On the server: what arrives is run here, with the same scripted kubectl.
SSH = RECORD + 'case "$*" in *"bash -s"*) bash -s ;; *" kubectl "*) shift; eval "$*" ;; '
SSH += '*) printf "%s" "$2" > "$STDIN/handed.sh"; cat > "$STDIN/ssh" ;; esac\n'
ANSWERED = '{"answer":"At VitaScale.","answered":true}'


class Machine:
    """A folder of scripted commands, first on the path."""

    def __init__(self, folder: Path) -> None:
        real = shutil.which("kubectl")
        needs(real, "kubectl is not installed")
        self.folder, self.log = folder, folder / "log"
        self.log.touch()
        (folder / "bin").mkdir()
        scripts = {"kubectl": KUBECTL.replace("REAL", str(real)), "docker": DOCKER, "ssh": SSH}
        scripts |= {"podman": DOCKER, **dict.fromkeys(("curl", "kind", "sudo"), RECORD)}
        for name, text in scripts.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)

    def run(self, verb: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LOG": str(self.log),
            "STDIN": str(self.folder),
            "CONTEXT": "kind-here",
            "ANSWER": ANSWERED,
            "NO_NAMESPACE": "1",
            "VERSION": "9.9.9-test",
            **settings,
        }
        script = [str(ROOT / "knative/cluster.sh"), verb]
        return subprocess.run(script, capture_output=True, text=True, env=environment, check=False)

    @property
    def told(self) -> list[str]:
        return [line.strip() for line in self.log.read_text().splitlines()]

    def told_that(self, pattern: str) -> list[str]:
        return [line for line in self.told if re.search(pattern, line)]

    def images_applied(self) -> set[str]:
        text = (self.folder / "apply.yaml").read_text()
        return set(re.findall(r"image: (\S*portfolio\S*)", text))
