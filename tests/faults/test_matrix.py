"""Every fault of a model server, asked in every contract, on either rung: exactly one answer, and nothing left behind.

Real ask processes over real sockets; one for the hosted rung (a sound local one below), one for the local rung (nothing
but the documents below). Waits are scaled down. After each case the server is well again and the breaker closes.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.fake_llms import KEY
from tests.faults.place import CLOSED, OPEN, Format, Place, Reply, metrics_url
from tests.faults.table import FAULTS, Fault
from tests.faults.wire import ANSWERS, MODELS, Side, Wire, answer
from tests.processes import Function, wait_until

BUDGETS = {
    "ANSWER_CACHE": "off",
    "FIRST_TOKEN_S": "1.0",  # 0.6 for the upper rung, 0.4 are left for the lower
    "STALL_S": "0.3",
    "TOTAL_S": "1.5",
    "MAX_ANSWER_TOKENS": "60",
    "BREAKER_FAILURES": "1",
    "BREAKER_COOLDOWN_S": "0.2",
}
# Far more than the budgets: a loaded machine is slow, a ladder that hangs is slower still.
BOUND_S = 15.0


@pytest.fixture(scope="module")
def places(fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Side, Place]]:
    folder = tmp_path_factory.mktemp("matrix")
    with ExitStack() as stack:
        hosted, local, below = (stack.enter_context(Wire(side).running()) for side in ("hosted", "local", "local"))
        upper = {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{hosted.url}/v1", "OLLAMA_HOST": below.url}
        lower = {"LLM_STRATEGY": "ollama-only", "OLLAMA_HOST": local.url}
        http = stack.enter_context(httpx.Client(timeout=60))
        found: dict[Side, Place] = {}
        for side, wire, next_one, models in (("hosted", hosted, below, upper), ("local", local, None, lower)):
            ask = stack.enter_context(Function("ask", folder, {**fed, **BUDGETS, **models}))
            found[side] = place = Place(ask, wire, next_one, metrics_url(ask), http)
            _warm(place)
        yield found


def _warm(place: Place) -> None:
    """Import and open all that first questions do on every rung, then note what a rested process has open."""
    if place.below:
        place.wire.behaviour = FAULTS[3].does or answer
        wait_until(lambda: place.post("json").record["provider"] == "local", 60, "the lower rung answering")
    place.wire.behaviour = answer
    for asked in ("json", "sse"):
        wait_until(
            lambda asked=asked: place.post(asked).record["provider"] == place.wire.side, 60, "the rung answering"
        )
    place.descriptors, place.tasks = place.open_descriptors(), int(place.metric("asyncio_tasks"))


@pytest.mark.parametrize("asked", ["json", "sse", "openai", "openai stream", "ui"])
@pytest.mark.parametrize("side", ["hosted", "local"])
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_one_answer_from_the_right_rung_in_time_and_nothing_left_behind(
    places: dict[Side, Place], fault: Fault, side: Side, asked: Format
) -> None:
    place = places[side]
    cause = (fault.causes_local if side == "local" else "") or fault.cause
    opens = cause != "bad_request" and bool(cause)
    label = expected(fault, side)
    before = place.failovers(cause) if cause else 0.0
    reply = _ask(place, fault, label, asked)
    record = reply.record
    assert (record["provider"], record["degraded"]) == (label, label != side)
    assert record["answered"]
    if label in ANSWERS:
        assert record["answer"] == ANSWERS[label]
        assert record["model"] == ("someone/else-13b" if fault.name == "wrong model echoed" else MODELS[label])
    else:
        assert "VitaScale GmbH in Mainz" in record["answer"]
        assert record["answer"] not in ANSWERS.values()
    if asked in ("sse", "ui"):
        assert reply.resets == (1 if fault.resets else 0)
    if cause:
        assert place.failovers(cause) > before
    if "Retry-After" in fault.name:
        time.sleep(0.3)  # past the cool-down of the others
        assert place.breaker == OPEN
    else:
        assert (place.breaker != CLOSED) == opens
    if fault.does is None:
        place.wire.up()
    place.heal()
    place.leaves_nothing()


def expected(fault: Fault, side: Side) -> str:
    """Who answers."""
    if not fault.cause:
        return side
    return "local" if side == "hosted" and not fault.total else "extractive"


def _ask(place: Place, fault: Fault, label: str, asked: Format) -> Reply:
    """The question, while the fault is on. Once more when the machine was too slow for the sound rung below."""
    for _ in range(5):
        late = place.failovers("timeout", "local") + place.failovers("stall", "local")
        if fault.does is None:
            place.wire.down()
        else:
            place.wire.behaviour = fault.does
        started = time.monotonic()
        reply = place.post(asked)
        assert time.monotonic() - started < BOUND_S
        slow = label == "local" and place.failovers("timeout", "local") + place.failovers("stall", "local") > late
        if not slow:
            return reply
        if fault.does is None:
            place.wire.up()
        place.heal()
    raise AssertionError("this machine is too slow for these budgets")


@pytest.mark.parametrize(
    ("hosted_url", "ollama_host"),
    [
        ("http://no-such-host.invalid/v1", "https://127.0.0.1:{tcp}"),
        ("https://127.0.0.1:{tcp}/v1", "no-such-host.invalid"),
    ],
    ids=["DNS failure above, TLS failure below", "TLS failure above, DNS failure below"],
)
def test_a_name_that_is_none_and_a_server_without_tls(
    fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory, hosted_url: str, ollama_host: str
) -> None:
    with Wire("hosted").running() as wire:  # speaks HTTP where TLS is expected
        models = {
            "FEATHERLESS_API_KEY": KEY,
            "HOSTED_BASE_URL": hosted_url.format(tcp=wire.port),
            "OLLAMA_HOST": ollama_host.format(tcp=wire.port),
        }
        names = tmp_path_factory.mktemp("names")
        with Function("ask", names, {**fed, **BUDGETS, **models}) as ask, httpx.Client(timeout=60) as http:
            place = Place(ask, wire, None, metrics_url(ask), http)
            for asked in ("json", "sse"):
                wait_until(
                    lambda: not place.is_open("hosted") and not place.is_open("local"), 20, "the breakers' trial"
                )
                before = [place.unreachable("hosted"), place.unreachable("local")]
                started = time.monotonic()
                record = place.post(asked).record
                assert time.monotonic() - started < BOUND_S
                assert (record["provider"], record["degraded"]) == ("extractive", True)
                assert [place.unreachable("hosted"), place.unreachable("local")] == [count + 1 for count in before]
                for side in ("hosted", "local"):
                    assert place.metric("provider_breaker_state", provider=side) != CLOSED
