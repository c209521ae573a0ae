"""Real processes for the tests: started on free loopback ports, stopped by what started them."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[1]
# Systems give none of these to outgoing connections, which would take one between probe and use; browsers refuse 10080.
PORTS = range(11_000, 30_000)
# Nothing of the developer's own shell may change what a test sees.
CLEAN = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "SSL_CERT_FILE") if key in os.environ}

_claims: deque[socket.socket] = deque(maxlen=256)


def free_port() -> int:
    """A loopback port nobody listens on, and that no other run of the tests is given.

    The port of UDP with the same number is its mark: held until 256 others were given or this process ends.
    """
    while True:
        port = random.choice(PORTS)
        claim = socket.socket(type=socket.SOCK_DGRAM)
        with contextlib.suppress(OSError), socket.socket() as probe:
            claim.bind(("127.0.0.1", port))
            probe.bind(("0.0.0.0", port))
            _claims.append(claim)
            return port
        claim.close()


def wait_until(happens: Callable[[], object], timeout_s: float = 30.0, what: str = "it") -> None:
    """Poll until `happens()` is truthy; what it raises counts as "not yet"."""
    deadline = time.monotonic() + timeout_s
    last: Exception | None = None
    while time.monotonic() < deadline:
        try:
            if happens():
                return
        except Exception as error:
            last = error
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen within {timeout_s} s") from last


class Process:
    """A child process with its log; a context manager that ends it and everything it started."""

    def __init__(self, command: list[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.log = log
        with log.open("ab") as out:
            self._child = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**CLEAN, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def returncode(self) -> int | None:
        return self._child.poll()

    def wait_for(self, happens: Callable[[], object], what: str, timeout_s: float = 60.0) -> None:
        """Wait, but not for a process that has ended."""

        def alive_and_happened() -> object:
            return self.returncode is not None or happens()

        wait_until(alive_and_happened, timeout_s, what)
        assert self.returncode is None, f"{what}: the process ended with {self.returncode}:\n{self.log.read_text()}"

    def signal(self, number: int) -> None:
        self._child.send_signal(number)

    def wait(self, timeout_s: float = 30.0) -> int:
        return self._child.wait(timeout_s)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for what is left of the group after five seconds."""
        if self._child.poll() is None:
            self._child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait(5)

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Chroma:
    """A real Chroma server over a folder; it may be stopped and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: Process | None = None

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(self.folder / "data")]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        self._process = Process(command, self.folder / "chroma.log")
        self._process.wait_for(lambda: httpx.get(f"{self.url}/api/v2/heartbeat").is_success, "Chroma's heartbeat")

    def stop(self) -> None:
        if self._process:
            self._process.stop()
            self._process = None

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it does."""
        assert self._process
        self._process.signal(signal.SIGKILL)
        self._process.wait()
        self.stop()


class RedisServer:
    """A real Redis in memory; it may be killed, frozen and started again, empty, on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: Process | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = Process([*command, "--dir", str(self.folder)], self.folder / "redis.log")
        self._process.wait_for(lambda: self.command("PING") == "PONG", "Redis' first answer")

    def command(self, *words: str) -> str:
        """What redis-cli prints; keys and values as text."""
        line = ["redis-cli", "-p", str(self.port), "--raw", *words]
        return subprocess.run(line, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    def freeze(self) -> None:
        """From now on it accepts connections and says nothing."""
        assert self._process
        self._process.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        self._process.signal(signal.SIGCONT)

    def kill(self) -> None:
        """At once, as a node that dies does it."""
        if self._process:
            self._process.signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


class Function(Process):
    """One of the three functions as a pod runs it: `python -m functions.shared.serve`."""

    def __init__(
        self, target: str, folder: Path, settings: Mapping[str, str], serve: str = "functions.shared.serve"
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {
            "FUNCTION_TARGET": target,
            "FUNCTION_SOURCE": f"functions/{target}/main.py",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "METRICS_PORT": "0",
            **settings,
        }
        super().__init__([sys.executable, "-m", serve], folder / f"{target}-{self.port}.log", environment)
        self.wait_for(lambda: httpx.get(f"{self.url}/readyz").is_success, f"{target} getting ready")

    def sample(self, name: str) -> float:
        """The value of the first of its metrics' samples that begins with `name`."""
        told = next(line for line in self.log.read_text().splitlines() if "metrics served" in line)
        lines = httpx.get(f"http://127.0.0.1:{json.loads(told)['port']}/metrics").text.splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))
