"""Text → vectors: the contract of an embedder, and `open_embedder`, which opens the configured one.

One forward pass gives both what dense search needs (one unit vector a text) and what late
interaction needs (one unit vector a token).
"""

import os
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Protocol

import numpy as np
import numpy.typing as npt

from functions.shared.settings import Settings

# From 1.29 on ONNX Runtime reports to its maker and keeps an identifier of the machine, unless this is set before it is
# loaded (its Privacy.md); onnx.py is only loaded through this package.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text after the model: its vector, and its tokens without the model's own markers."""

    vector: Floats  # (dimension,), L2-normalised
    tokens: Floats  # (t, dimension), each row L2-normalised
    spans: Ints  # (t, 2), the characters [start, end) of the text each token stands for


class Embedder(Protocol):
    """Texts in, vectors out. Blocking: callers on an event loop go through a thread."""

    name: str
    dimension: int

    def knows(self, word: str) -> bool:
        """Whether the model's vocabulary has a word, in lower case, as a whole."""
        ...

    def encode(self, texts: Sequence[str]) -> Floats:
        """Sentence vectors, float32 (n, dimension), L2-normalised, in the order of `texts`."""
        ...

    def encode_tokens(self, texts: Sequence[str], questions: bool = False) -> list[Encoded]:
        """The same vectors with their token matrices; `questions` as such, which some models tell from passages."""
        ...


# The model that every limit on a cosine in this code was measured with. Another has a scale of its own.
TUNED_FOR = "sentence-transformers/all-MiniLM-L6-v2@"


def is_tuned_for(model: str) -> bool:
    """Whether such limits hold for the embedder called `model`."""
    return model.startswith(TUNED_FOR)


_preloading: Future[Embedder] | None = None


def preload(settings: Settings) -> None:
    """Start loading the model of questions in a thread: who opens it next waits for this one."""
    global _preloading
    _preloading = future = Future[Embedder]()

    def load() -> None:
        try:
            future.set_result(_load_for_questions(settings))
        except Exception as cause:
            future.set_exception(cause)

    Thread(target=load, name="preload", daemon=True).start()


def open_embedder(settings: Settings, questions: bool = False) -> Embedder:
    """The exported model, for documents or for questions. Raises ModelUnusable when it is missing or damaged."""
    global _preloading
    if not questions:
        return _load(settings, settings.model_precision)
    started, _preloading = _preloading, None
    return started.result() if started else _load_for_questions(settings)


def open_bulk_embedder(settings: Settings) -> Embedder:
    """For documents, and for who encodes many texts at once: a pass for each core instead of all cores for a pass."""
    return _load(settings, settings.model_precision, threads=1, passes=len(os.sched_getaffinity(0)))


def _load_for_questions(settings: Settings) -> Embedder:
    # A question is short: on two threads it takes half as much of the CPU again, and no less time.
    return _load(settings, settings.question_precision, threads=1)


def _load(settings: Settings, precision: str, threads: int = 0, passes: int = 1) -> Embedder:
    from functions.shared.embed.onnx import OnnxEmbedder

    return OnnxEmbedder(Path(settings.model_dir), precision, threads, passes)
