"""ingest that dies, or stands still, at a write of somebody's choice; only tests start it.

    FAULT=<file> python -m tests.ingest.crashing

While the file exists, every write to Chroma counts it down: `3 before` kills the process (SIGKILL) instead of the
third write from now, `3 after` right after it, `3 pause` lets it stand still there until its turn has expired.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chromadb.api.models.Collection import Collection

from functions.ingest import ledger
from functions.shared.serve import main

WRITES = ("add", "upsert", "update", "delete", "modify")
# A crash should not be waited for half a minute.
LEASE_S = 1.0


def faulty(write: Callable[..., Any], file: Path) -> Callable[..., Any]:
    """The write, with what the file asks for."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        fault = _due(file)
        if fault == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault == "pause":
            time.sleep(2 * LEASE_S)
        done = write(*args, **kwargs)
        if fault == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return wrapped


def _due(file: Path) -> str:
    """What is to happen at this write, if anything."""
    try:
        count, _, fault = file.read_text().partition(" ")
    except FileNotFoundError:
        return ""
    if int(count) > 1:
        file.write_text(f"{int(count) - 1} {fault}")
        return ""
    file.unlink(missing_ok=True)
    return fault


if __name__ == "__main__":
    ledger.LEASE_S = LEASE_S
    for name in WRITES:
        setattr(Collection, name, faulty(getattr(Collection, name), Path(os.environ["FAULT"])))
    main()
