"""`make cloud-init`: the files a new server needs, copied into knative/hetzner/cloud-init.yaml; a test checks them.

A server that starts has no checkout, so what it applies travels inside its user data.
"""

import re
from pathlib import Path

CLOUD_INIT = Path("knative/hetzner/cloud-init.yaml")
# In the repository → on the server.
SCRIPT = (Path("knative/hetzner/install-platform.sh"), "/usr/local/sbin/install-platform")
FOLDERS = (Path("knative/platform"), Path("knative/components/small-node"))


def main() -> None:
    """Write the block."""
    CLOUD_INIT.write_text(filled(CLOUD_INIT.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """The user data with the lines between "# generated" and "# /generated" as the files are now."""
    entries = [_entry(*SCRIPT, permissions="0755")]
    for folder in FOLDERS:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        entries += [_entry(path, f"/opt/portfolio/{path}") for path in files]
    block = "".join(entries)
    return re.sub(r"(?<=  # generated\n).*?(?=  # /generated\n)", lambda _: block, text, count=1, flags=re.DOTALL)


def _entry(path: Path, target: str, permissions: str = "0644") -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    content = "".join(f"      {line}".rstrip() + "\n" for line in lines)
    return f'  - path: {target}\n    permissions: "{permissions}"\n    content: |\n{content}'


if __name__ == "__main__":
    main()
