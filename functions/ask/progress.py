"""How an answer under way goes: what it took so far, and what was less than whole."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from functions.shared import metrics


@dataclass
class Progress:
    """How one answer goes: its language, stage times in milliseconds, and whether anything was less than whole."""

    language: str = "und"
    started: float = field(default_factory=time.perf_counter)
    degraded: bool = False
    as_of: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time one stage, for the reply and for the histogram."""
        begun = time.perf_counter()
        yield
        seconds = time.perf_counter() - begun
        self.timings_ms[name] = round(seconds * 1000, 2)
        metrics.ask().stage.labels(name).observe(seconds)

    def since_start(self, name: str) -> float:
        """Note the time since the question came; seconds."""
        seconds = time.perf_counter() - self.started
        self.timings_ms[name] = round(seconds * 1000, 2)
        return seconds
