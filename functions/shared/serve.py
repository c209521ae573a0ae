"""The server of every pod: a functions-framework function under uvicorn, in one process.

    FUNCTION_TARGET=ask FUNCTION_SOURCE=functions/ask/main.py PORT=8080 python -m functions.shared.serve

Around the function stand /healthz (the process answers), /readyz (its lifespan has run), the metrics
port, the ids of requests (trace.py) and a graceful end (drain.py). The stock functions-framework command serves the
same functions without these; it runs gunicorn, which kills open streams 30 s after SIGTERM (docs/decisions.md).

A function's `main.py` may define `async def warm()`, run before the first request is taken, and
`async def close()`, run after the last: what they open must also open on first use.
"""

import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

    from starlette.applications import Starlette

log = logging.getLogger(__name__)
_IMPORTED = time.monotonic()

# The functions that encode text: their model loads in a thread while the imports below go on.
NEED_MODEL = {"ask"}


def main() -> None:
    """Serve the function named by FUNCTION_TARGET and FUNCTION_SOURCE until SIGTERM."""
    from functions.shared.log import configure
    from functions.shared.settings import BadSetting, Settings

    # uvicorn stops in order, and then sends itself the signal again
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        settings, port = Settings.read(), _port(os.environ.get("PORT", "8080"))
    except BadSetting as problem:
        sys.exit(str(problem))
    configure(settings.log_level, settings.secrets)
    # Before numpy is imported: its products here are small, and threads for them would cost more than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    target = os.environ.get("FUNCTION_TARGET", "ask")
    if target in NEED_MODEL:
        from functions.shared.embed import preload

        preload(settings)

    # httpx imports its own command line, and with it rich and pygments where those are installed: 50 ms for nothing.
    # It goes without when that fails.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

    import uvicorn

    from functions.shared.drain import Door, Server
    from functions.shared.trace import Traced

    source = os.environ.get("FUNCTION_SOURCE", f"functions/{target}/main.py")
    door = Door(create_app(target, source, settings.metrics_port))
    config = uvicorn.Config(
        Traced(door),
        host=os.environ.get("HOST", "0.0.0.0"),
        port=port,
        lifespan="on",  # "auto" would hide a failed start behind a ready pod that answers 500
        access_log=False,
        log_config=None,
        timeout_keep_alive=120,  # longer than queue-proxy keeps a connection: else sporadic 502
        server_header=False,
        proxy_headers=False,  # uvicorn believes any loopback peer; functions/ask/visitor.py says whose word counts
    )
    server = Server(config, door, settings.drain_s)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(1)


def _port(raw: str) -> int:
    """PORT is Knative's to give, so it is no setting."""
    if raw.isascii() and raw.isdigit() and int(raw) <= 65535:
        return int(raw)
    from functions.shared.settings import BadSetting

    raise BadSetting(f"PORT={raw!r} is not accepted: it takes a number from 0 to 65535.")


def create_app(target: str, source: str, metrics_port: int) -> "Starlette":
    """The ASGI app: /healthz, /readyz, and every other path to the function."""
    from functions_framework.aio import create_asgi_app
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Mount, Route

    from functions.shared.problem import Problem
    from functions.shared.settings import BadSetting

    function = create_asgi_app(target, source, "http")  # type: ignore[no-untyped-call]
    module = sys.modules[Path(source).stem]  # the name under which the framework loads the source file

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            metrics = _serve_metrics(metrics_port)
            if warm := getattr(module, "warm", None):
                await warm()
        except (BadSetting, Problem) as cause:
            _stop(str(cause))
        _note_cold_start()
        try:
            yield
        finally:
            if close := getattr(module, "close", None):
                await close()
            metrics.shutdown()

    async def ok(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    # Both answer from local state: Knative probes readiness every 50 ms with 100 ms to answer, and the
    # socket only opens when the lifespan has run, so "answers" already means "ready".
    routes = [Route("/healthz", ok), Route("/readyz", ok), Mount("/", function)]
    return Starlette(routes=routes, lifespan=lifespan)


def _serve_metrics(port: int) -> "WSGIServer":
    import asyncio

    from prometheus_client import start_http_server

    from functions.shared import metrics
    from functions.shared.settings import BadSetting

    loop = asyncio.get_running_loop()
    metrics.tasks().set_function(lambda: len(asyncio.all_tasks(loop)))
    try:
        server, _ = start_http_server(port, registry=metrics.REGISTRY)
    except OSError as cause:
        raise BadSetting(
            f"METRICS_PORT={port} cannot be opened: {cause.strerror}. Choose a free port, or 0 for any."
        ) from cause
    log.info("metrics served", extra={"port": server.server_port})
    return server


def _stop(sentence: str) -> NoReturn:
    """End a start that cannot succeed. An exception would come out as two tracebacks, Starlette's and uvicorn's."""
    log.critical(sentence)
    os._exit(1)


def _note_cold_start() -> None:
    from functions.shared import metrics

    seconds = _process_age_s()
    metrics.cold_start().set(seconds)
    log.info("ready", extra={"cold_start_s": round(seconds, 3)})


def _process_age_s() -> float:
    """Seconds since exec, from the kernel where it says so (10 ms steps), else since this file was imported."""
    try:
        with open("/proc/self/stat") as stat:
            started = int(stat.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, AttributeError):
        return time.monotonic() - _IMPORTED


if __name__ == "__main__":
    main()
