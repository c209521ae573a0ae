"""Token matrices as they are stored: int8 with one scale a token, about a quarter of float32.

Kept beside the passages, keyed by content hash, so that a question never has to encode a passage.
"""

import base64
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.shared.embed import Encoded, Floats

# First byte of a packed matrix; another layout gets another number.
LAYOUT = 1


@dataclass(frozen=True, slots=True)
class TokenMatrix:
    """The tokens of one passage's `indexed_text`."""

    values: npt.NDArray[np.int8]  # (t, dimension)
    scales: npt.NDArray[np.float16]  # (t,), value × scale gives back the unit vector
    spans: npt.NDArray[np.uint16]  # (t, 2), characters [start, end) of the indexed text

    @property
    def nbytes(self) -> int:
        """Memory of the arrays, bytes."""
        return self.values.nbytes + self.scales.nbytes + self.spans.nbytes

    def floats(self) -> Floats:
        """float32 (t, dimension), unit length within the rounding of int8."""
        return self.values.astype(np.float32) * self.scales.astype(np.float32)[:, None]


def quantise(encoded: Encoded) -> TokenMatrix:
    """Round each token vector to int8 by its own largest component."""
    scales = np.maximum(np.abs(encoded.tokens).max(axis=1, initial=0.0), 1e-6) / 127
    scales16 = scales.astype(np.float16)
    values = np.rint(encoded.tokens / scales16.astype(np.float32)[:, None]).clip(-127, 127).astype(np.int8)
    return TokenMatrix(values, scales16, encoded.spans.clip(0, 65535).astype(np.uint16))


def pack(matrix: TokenMatrix) -> str:
    """One base64 string: Chroma stores no bytes."""
    tokens, dimension = matrix.values.shape
    head = np.array([LAYOUT, tokens, dimension], "<u2").tobytes()
    body = matrix.scales.astype("<f2").tobytes() + matrix.spans.astype("<u2").tobytes() + matrix.values.tobytes()
    return base64.b64encode(head + body).decode("ascii")


def unpack(packed: str) -> TokenMatrix:
    """The inverse of `pack`. Raises ValueError for another layout or a damaged string."""
    raw = base64.b64decode(packed, validate=True)
    layout, tokens, dimension = (int(number) for number in np.frombuffer(raw, "<u2", 3))
    if layout != LAYOUT or len(raw) != 6 + tokens * (6 + dimension):
        raise ValueError(f"not a token matrix of layout {LAYOUT}")
    scales = np.frombuffer(raw, "<f2", tokens, 6)
    spans = np.frombuffer(raw, "<u2", 2 * tokens, 6 + 2 * tokens).reshape(tokens, 2)
    values = np.frombuffer(raw, np.int8, tokens * dimension, 6 + 6 * tokens).reshape(tokens, dimension)
    return TokenMatrix(values, scales, spans)
