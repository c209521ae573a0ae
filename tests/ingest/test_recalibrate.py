"""When the threshold is measured: at rest, not too often, after the reply, and not at all without Chroma."""

import asyncio
import logging

import pytest

from functions.ingest import calibrate as module
from functions.ingest.recalibrate import Recalibration
from functions.ingest.upsert import Upserter
from functions.shared.embed import Embedder
from functions.shared.problem import StoreUnreachable
from functions.shared.settings import Settings


class Measured:
    """Stands for the seconds of measuring: counts, and may fail."""

    def __init__(self) -> None:
        self.times, self.fails = 0, False

    async def calibrate(self, settings: Settings, embedder: Embedder) -> float | None:
        self.times += 1
        if self.fails:
            raise StoreUnreachable("gone")
        return None


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    stand_in = Measured()
    monkeypatch.setattr(module, "calibrate", stand_in.calibrate)
    return stand_in


async def until(measured: Measured, times: int) -> None:
    async with asyncio.timeout(20):
        while measured.times < times:
            await asyncio.sleep(0.01)


async def test_many_changes_are_one_measurement(settings: Settings, embedder: Embedder, measured: Measured) -> None:
    due = Recalibration(settings, Upserter(settings, embedder), rest_s=0.3)
    for _ in range(10):
        due.changed()
        await asyncio.sleep(0.01)
    await until(measured, 1)
    await due.close()
    assert measured.times == 1


async def test_a_change_after_it_is_measured_again_but_not_too_soon(
    settings: Settings, embedder: Embedder, measured: Measured
) -> None:
    due = Recalibration(settings, Upserter(settings, embedder), rest_s=0.01, every_s=3600)
    due.changed()
    await until(measured, 1)
    await asyncio.sleep(0.05)
    due.changed()
    await asyncio.sleep(0.3)
    assert measured.times == 1
    await due.close()  # a pod that goes measures what is due
    assert measured.times == 2


async def test_nothing_is_due_without_a_change(settings: Settings, embedder: Embedder, measured: Measured) -> None:
    await Recalibration(settings, Upserter(settings, embedder)).close()
    assert measured.times == 0


async def test_without_chroma_the_threshold_stays_and_the_log_says_so(
    settings: Settings, embedder: Embedder, measured: Measured, caplog: pytest.LogCaptureFixture
) -> None:
    measured.fails = True
    due = Recalibration(settings, Upserter(settings, embedder))
    due.changed()
    with caplog.at_level(logging.WARNING):
        await due.close()
    assert "stays as it was: gone" in caplog.text
