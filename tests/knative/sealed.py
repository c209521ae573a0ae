"""What test_image.py runs in a network of its own: the functions as their pods run them, and one question.

    unshare --net python -m tests.knative.sealed IMAGE WORK

IMAGE is a folder of tools/image.py, made read-only. Prints one JSON object: the answer, and what the processes were
and did.
"""

import errno
import fcntl
import json
import os
import shlex
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from functions.ask.contracts.docs import ASSETS
from tests.knative.test_dockerfile import stages
from tests.processes import Chroma, free_port, wait_until

USER = "65532"
IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS = 0x1, 0x8913, 0x8914


def main() -> None:
    """Set up, ask, report."""
    image, work = Path(sys.argv[1]), Path(sys.argv[2])
    bring_up_loopback()
    started = time.time()
    chroma = Chroma(work)
    chroma.start()
    home = work / "home"
    home.mkdir()
    common = {"CHROMA_URL": chroma.url, "METRICS_PORT": "0", "HOST": "127.0.0.1"}
    with ExitStack() as parts:
        parts.callback(chroma.stop)
        ingest, ask = (parts.enter_context(function(name, image, home, work, common)) for name in ("ingest", "ask"))
        fed = feed(image, ingest["url"])
        answer = httpx.post(ask["url"], json={"question": "Where does Vivek work?"}, timeout=60).json()
        report = {
            "fed": fed,
            "answer": answer,
            "docs": [
                httpx.get(f"{ask['url']}/docs{file}").status_code for file in ("", *(f"/{name}" for name in ASSETS))
            ],
            "uids": [uids(ask["pid"]), uids(ingest["pid"])],
            "modules": loaded(ask["pid"]),
            "outside": outside(),
            "written": written(image, started) + written(home, started),
        }
    print(json.dumps(report))


def bring_up_loopback() -> None:
    """A new network has a loopback that is down, and nothing else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


@contextmanager
def function(name: str, image: Path, home: Path, work: Path, settings: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The image's command under the image's user and environment, in the image's folder."""
    stage = stages()["functions"]
    port = free_port()
    environment = {
        **{key: value.replace("/app", str(image / "app")) for key, value in stage.environment().items()},
        "HOME": str(home),
        "PATH": f"{image / 'venv/bin'}:/usr/bin:/bin",
        "FUNCTION_TARGET": name,
        "FUNCTION_SOURCE": f"functions/{name}/main.py",
        "PORT": str(port),
        **settings,
    }
    command = json.loads(stage.all("CMD")[0])
    drop = shlex.split(f"setpriv --reuid {USER} --regid {USER} --clear-groups --no-new-privs --bounding-set=-all --")
    log = work / f"{name}.log"
    with log.open("wb") as out:
        child = subprocess.Popen([*drop, *command], cwd=image / "app", env=environment, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: child.poll() is not None or httpx.get(f"{url}/readyz").is_success, 60, f"{name} being ready")
        if child.poll() is not None:
            sys.exit(f"{name} ended with {child.returncode}:\n{log.read_text()}")
        yield {"url": url, "pid": child.pid}
    finally:
        child.terminate()
        child.wait(120)  # ingest first finishes measuring its threshold on the corpus it took in; a pod has 300 s


def feed(image: Path, url: str) -> str:
    """The corpus of the image, by the image's own command line; its last line."""
    command = [image / "venv/bin/python", "-m", "functions.ingest.cli", "corpus", "--url", url]
    environment = {"PYTHONPATH": str(image / "app"), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=image / "app", env=environment, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[-1]


def uids(pid: int) -> list[int]:
    """Real, effective, saved and file-system user of a process."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return [int(word) for line in status if line.startswith("Uid:") for word in line.split()[1:]]


def loaded(pid: int) -> list[str]:
    """The shared libraries of a process that come from a Python environment, by their environment."""
    maps = Path(f"/proc/{pid}/maps").read_text().splitlines()
    files = {line.split(maxsplit=5)[5] for line in maps if "site-packages" in line}
    return sorted({file.partition("/lib/python")[0] for file in files})


def outside() -> str:
    """What trying to leave comes to."""
    try:
        with socket.create_connection(("192.0.2.1", 443), timeout=5):
            return "reached"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))


def written(folder: Path, since: float) -> list[str]:
    """Files that appeared or changed."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and path.stat().st_ctime > since]


if __name__ == "__main__":
    os.umask(0o022)
    main()
