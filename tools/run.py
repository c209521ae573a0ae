"""`make run`: Chroma, the three functions and the site on one machine, fed with the corpus.

Each part is a process of its own under honcho (Procfile); their logs go to .run/run.log. Ctrl-C, SIGTERM or
the end of any part ends all of them. Ports are settings: ASK_PORT=9081 make run.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

import httpx

from functions.shared.settings import BadSetting, Settings
from functions.shared.subject import read_subject

PORTS = {
    "CHROMA_PORT": 8000,
    "SITE_PORT": 8080,
    "ASK_PORT": 8081,
    "INGEST_PORT": 8082,
    "HEALTH_PORT": 8083,
    "ASK_METRICS_PORT": 9101,
    "INGEST_METRICS_PORT": 9102,
    "HEALTH_METRICS_PORT": 9103,
}
READY_S = 90.0


class CannotRun(Exception):
    """Why not, and how to mend it, in one or two sentences."""


def main() -> None:
    """Run until Ctrl-C."""
    parts: subprocess.Popen[bytes] | None = None
    try:
        environment = prepare(os.environ)
        for number in (signal.SIGTERM, signal.SIGINT):  # a shell's background job inherits SIGINT ignored
            signal.signal(number, _interrupt)
        parts = _start(environment)
        _wait_until_ready(parts, environment)
        _ingest(environment)
        _welcome(environment)
        parts.wait()
        raise CannotRun(_why_stopped(environment))
    except KeyboardInterrupt:
        print("\nstopping …", flush=True)
    except (CannotRun, BadSetting) as problem:
        sys.exit(f"make run: {problem}")
    finally:
        if parts:
            _stop(parts)


def prepare(given: Mapping[str, str]) -> dict[str, str]:
    """The environment of all parts. Raises CannotRun and BadSetting before anything is started."""
    ports = {name: given.get(name) or str(port) for name, port in PORTS.items()}
    for name, port in ports.items():
        _check_free(name, port)
    if twice := [name for name, port in ports.items() if list(ports.values()).count(port) > 1]:
        raise CannotRun(f"{' and '.join(twice)} name the same port {ports[twice[0]]}: each part needs its own.")
    state = Path(given.get("STATE") or ".run").resolve()
    state.mkdir(parents=True, exist_ok=True)
    environment = {
        **given,
        **ports,
        "STATE": str(state),
        "HOST": "127.0.0.1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{given.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        "ANONYMIZED_TELEMETRY": "False",
        "CHROMA_URL": f"http://127.0.0.1:{ports['CHROMA_PORT']}",
        "DRAIN_S": "2",
        "ASK_METRICS_URL": f"http://127.0.0.1:{ports['ASK_METRICS_PORT']}/metrics",
        "INGEST_METRICS_URL": f"http://127.0.0.1:{ports['INGEST_METRICS_PORT']}/metrics",
    }
    settings = Settings.read(environment)
    read_subject(settings.corpus_dir)
    if not (Path(settings.model_dir) / "model.json").is_file():
        raise CannotRun(f"there is no model in {settings.model_dir}. `make model` exports it.")
    return environment


def _check_free(name: str, port: str) -> None:
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise CannotRun(f"{name}={port} is not a port: it takes a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError as cause:
            raise CannotRun(
                f"port {port} is taken ({cause.strerror}). End what listens there, or choose another: "
                f"{name}={int(port) + 1000} make run"
            ) from cause


def _start(environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "honcho", "--no-colour", "--env", os.devnull, "start"]
    with _log(environment).open("wb") as log:
        # A session of its own: Ctrl-C reaches honcho through us only, once, and then it ends its parts.
        return subprocess.Popen(command, stdout=log, stderr=log, env=dict(environment), start_new_session=True)


def _wait_until_ready(parts: "subprocess.Popen[bytes]", environment: Mapping[str, str]) -> None:
    wanted = {
        "chroma": f"{environment['CHROMA_URL']}/api/v2/heartbeat",
        "ingest": f"http://127.0.0.1:{environment['INGEST_PORT']}/readyz",
        "ask": f"http://127.0.0.1:{environment['ASK_PORT']}/readyz",
        "health": f"http://127.0.0.1:{environment['HEALTH_PORT']}/readyz",
        "site": f"http://127.0.0.1:{environment['SITE_PORT']}/",
    }
    deadline = time.monotonic() + READY_S
    for name, url in wanted.items():
        print(f"starting {name:7}", end="", flush=True)
        while not _answers(url):
            if parts.poll() is not None:
                print()
                raise CannotRun(_why_stopped(environment))
            if time.monotonic() > deadline:
                print()
                raise CannotRun(f"{name} did not get ready in {READY_S:.0f} s. Its log is in {_log(environment)}.")
            time.sleep(0.05)
        print("ready", flush=True)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _ingest(environment: Mapping[str, str]) -> None:
    """The store made equal to the corpus, whose owner may have replaced all of it, or the embedding model."""
    folder = environment.get("CORPUS_DIR") or "corpus"
    again = [sys.executable, "-m", "functions.ingest.backup", "reindex"]
    if subprocess.run(again, env=dict(environment), check=False).returncode:
        raise CannotRun(
            "the store is of another embedding model and could not be embedded anew; the lines above say why."
        )
    command = [sys.executable, "-m", "functions.ingest.cli", folder, "--force"]
    if subprocess.run(command, env=dict(environment), check=False).returncode:
        raise CannotRun(f"not every document in {folder} could be ingested; the lines above say which and why.")


def _welcome(environment: Mapping[str, str]) -> None:
    subject = read_subject(environment.get("CORPUS_DIR") or "corpus")
    print(f"\nTalk to {subject.name}'s documents:  http://127.0.0.1:{environment['SITE_PORT']}/")
    print(f'From a shell:  make ask Q="{subject.starters[0]}"')
    print(f"Health:  http://127.0.0.1:{environment['HEALTH_PORT']}/    Logs:  {_log(environment)}")
    print("Ctrl-C ends everything.", flush=True)


def _why_stopped(environment: Mapping[str, str]) -> str:
    """Which part ended first and its last words, from the log."""
    lines = _log(environment).read_text(errors="replace").splitlines()
    stopped = next((line for line in lines if "stopped (rc=" in line), "")
    part = stopped.rpartition("|")[2].strip().partition(".")[0] or "a part"
    said = [line.partition("|")[2].strip() for line in lines if f" {part}" in line.partition("|")[0]]
    return f"{part} stopped: {said[-1] if said else 'without a word'}\nThe whole log is in {_log(environment)}."


def _stop(parts: "subprocess.Popen[bytes]") -> None:
    """SIGTERM to honcho, which ends its parts and kills what is left after five seconds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if parts.poll() is None:
        parts.terminate()
    try:
        parts.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(parts.pid, signal.SIGKILL)


def _log(environment: Mapping[str, str]) -> Path:
    return Path(environment["STATE"]) / "run.log"


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
