"""What several threads ask for at once is encoded together, and each gets what it would have got alone."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest

from functions.shared.embed import Embedder, Encoded
from functions.shared.embed.batching import Batching
from tests.processes import wait_until

QUESTIONS = ["Where does Vivek work?", "And before that?", "?", "", "Which languages does he speak? " * 30]

KINDS = {"Where?": True, "A text.": False, "When?": True, "Another.": False}


class Held:
    """The real model, held up until the test lets it go; it notes every pass."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.dimension = embedder.name, embedder.dimension
        self.passes: list[list[str]] = []
        self.kinds: list[bool] = []  # of each pass: questions or passages
        self.begun, self.go = Event(), Event()
        self.error: Exception | None = None

    def encode_tokens(self, texts: Sequence[str], questions: bool = False) -> list[Encoded]:
        self.passes.append(list(texts))
        self.kinds.append(questions)
        self.begun.set()
        assert self.go.wait(30)
        if self.error:
            raise self.error
        return self._embedder.encode_tokens(texts, questions)


def ask_while_busy(held: Held, texts: Sequence[str]) -> list[Future[list[Encoded]]]:
    """One text under way, and every other one waiting behind it."""
    batching = Batching(held)  # type: ignore[arg-type]
    threads = ThreadPoolExecutor(len(texts))
    first = threads.submit(batching.encode_tokens, [texts[0]])
    assert held.begun.wait(30)
    others = [threads.submit(batching.encode_tokens, [text]) for text in texts[1:]]
    wait_until(lambda: batching._waiting[False].qsize() == len(others), what="all of them waiting")
    held.go.set()
    threads.shutdown(wait=False)
    return [first, *others]


def test_texts_that_come_while_the_model_is_busy_share_one_pass(embedder: Embedder) -> None:
    held = Held(embedder)
    for future in ask_while_busy(held, QUESTIONS):
        future.result(30)
    assert held.passes[0] == QUESTIONS[:1]
    assert sorted(held.passes[1]) == sorted(QUESTIONS[1:])
    assert len(held.passes) == 2


def test_each_gets_what_it_would_have_got_alone(embedder: Embedder) -> None:
    together = [future.result(30)[0] for future in ask_while_busy(Held(embedder), QUESTIONS)]
    for text, found in zip(QUESTIONS, together, strict=True):
        alone = embedder.encode_tokens([text])[0]
        np.testing.assert_allclose(found.vector, alone.vector, atol=1e-5)
        np.testing.assert_allclose(found.tokens, alone.tokens, atol=1e-5)
        np.testing.assert_array_equal(found.spans, alone.spans)


def test_one_alone_waits_for_nobody(embedder: Embedder) -> None:
    held = Held(embedder)
    held.go.set()
    batching = Batching(held)  # type: ignore[arg-type]
    assert len(batching.encode_tokens(QUESTIONS[:2])) == 2
    assert batching.encode_tokens([]) == []
    assert held.passes == [QUESTIONS[:2], []]


def test_questions_go_with_questions_and_passages_with_passages(embedder: Embedder) -> None:
    held = Held(embedder)
    batching = Batching(held)  # type: ignore[arg-type]
    threads = ThreadPoolExecutor(5)
    asked = [threads.submit(batching.encode_tokens, ["first"], True)]
    assert held.begun.wait(30)
    asked += [threads.submit(batching.encode_tokens, [text], questions) for text, questions in KINDS.items()]
    wait_until(lambda: all(queue.qsize() == 2 for queue in batching._waiting.values()), what="all of them waiting")
    held.go.set()
    assert [len(future.result(30)) for future in asked] == [1] * 5
    threads.shutdown()
    passes = {(kind, *sorted(texts)) for kind, texts in zip(held.kinds, held.passes, strict=True)}
    assert passes == {(True, "first"), (True, "When?", "Where?"), (False, "A text.", "Another.")}


def test_a_pass_that_fails_fails_for_all_who_were_in_it_and_for_nobody_after(embedder: Embedder) -> None:
    held = Held(embedder)
    held.error = MemoryError("too long")
    for future in ask_while_busy(held, QUESTIONS):
        with pytest.raises(MemoryError, match="too long"):
            future.result(30)
    held.error = None
    assert len(Batching(held).encode_tokens(["again"])) == 1  # type: ignore[arg-type]
