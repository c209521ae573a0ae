"""Texts that come from several threads while the model is busy are encoded together, in one pass.

One caller alone goes straight through: it waits for nobody. Without this, as many passes as there are threads share
the cores, and each is slower than one for all.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock

from functions.shared.embed import Embedder, Encoded, Floats

Asked = tuple[Sequence[str], Future[list[Encoded]]]


class Batching:
    """An embedder for many threads around one; the results are those of the one, within rounding."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.dimension = embedder.name, embedder.dimension
        self._waiting: dict[bool, SimpleQueue[Asked]] = {True: SimpleQueue(), False: SimpleQueue()}
        self._encoding = Lock()

    def knows(self, word: str) -> bool:
        """Whether the model's vocabulary has a word, in lower case, as a whole."""
        return self._embedder.knows(word)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Sentence vectors, float32 (n, dimension); not shared with anybody."""
        return self._embedder.encode(texts)

    def encode_tokens(self, texts: Sequence[str], questions: bool = False) -> list[Encoded]:
        """Vectors and token matrices, in the order of `texts`; questions go with questions, passages with passages."""
        mine: Future[list[Encoded]] = Future()
        self._waiting[questions].put((texts, mine))
        with self._encoding:
            if not mine.done():  # nobody took it along: it is this caller's turn, for all who wait
                queue = self._waiting[questions]
                self._encode([queue.get() for _ in range(queue.qsize())], questions)
        return mine.result()

    def _encode(self, waiting: list[Asked], questions: bool) -> None:
        try:
            encoded = iter(self._embedder.encode_tokens([text for texts, _ in waiting for text in texts], questions))
            for texts, future in waiting:
                future.set_result([next(encoded) for _ in texts])
        except Exception as error:
            for _, future in waiting:
                if not future.done():
                    future.set_exception(error)
