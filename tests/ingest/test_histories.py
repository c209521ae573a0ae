"""Exactly-once effect: two ingest processes, random histories, crashes, and a reader that polls all the time.

Whatever order the events arrive in, how often, at which process, and wherever one of the two is killed or stands
still, the end is that of the history in its own order, and no reader ever saw a document in a state it never had.

    HISTORIES=500 python -m pytest tests/ingest/test_histories.py     (make histories)
"""

import os
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings

from tests.ingest.histories import History, histories
from tests.ingest.worlds import World, world

COUNT = int(os.environ.get("HISTORIES", "8"))


@pytest.fixture(scope="module")
def alive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("histories")) as running:
        yield running


@settings(
    max_examples=COUNT,
    deadline=None,
    database=None,
    derandomize="HISTORIES" not in os.environ,
    phases=[Phase.generate],  # a smaller history seldom fails the same way: when the processes meet is chance
    suppress_health_check=list(HealthCheck),
)
@given(history=histories())
def test_every_history_ends_as_if_it_had_happened_in_order_and_without_a_crash(alive: World, history: History) -> None:
    prefix = f"h{uuid.uuid4().hex[:8]}-"  # digits alone would be taken for a telephone number
    note(f"documents {prefix}…, log and data in {alive.folder}")
    alive.live_through(history, prefix)
    alive.check(history, prefix)
    alive.forget(prefix)


def test_processes_were_killed_and_the_reader_was_looking(alive: World) -> None:
    print(f"{COUNT} histories, {alive.crashes} crashes, {alive.reader.looks} looks at the corpus")
    assert alive.crashes > 0
    assert alive.reader.looks > COUNT
