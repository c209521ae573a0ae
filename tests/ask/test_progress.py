"""What an answer under way tells of itself: stages and moments, in milliseconds, once each."""

import time

from functions.ask.progress import Progress
from functions.shared import metrics


def observed(stage: str) -> float:
    """How often a stage was put into the histogram."""
    (family,) = metrics.ask().stage.collect()
    return next(one.value for one in family.samples if one.name.endswith("_count") and one.labels == {"stage": stage})


def test_a_stage_is_timed_for_the_reply_and_for_the_histogram() -> None:
    progress, before = Progress(), observed("rerank")
    with progress.stage("rerank"):
        begun = time.perf_counter()
        while time.perf_counter() - begun < 0.01:
            pass
    assert progress.timings_ms["rerank"] >= 10
    assert observed("rerank") == before + 1


def test_a_stage_that_comes_again_says_how_long_the_last_took() -> None:
    progress = Progress()
    progress.timings_ms["embed"] = 1e6
    with progress.stage("embed"):
        pass
    assert progress.timings_ms["embed"] < 1e6


def test_a_moment_is_told_from_when_the_question_came() -> None:
    progress = Progress(started=time.perf_counter() - 2)
    assert progress.since_start("first_token") >= 2
    assert progress.timings_ms["first_token"] >= 2000
