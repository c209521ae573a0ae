"""What a probe finds."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "warn", "fail"]
# A health endpoint that hangs is no health endpoint.
TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Check:
    """The state of one part. `output` says what is wrong and what follows from it; empty when nothing is."""

    part: str
    status: Status
    output: str = ""
    milliseconds: float = 0.0
