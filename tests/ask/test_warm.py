"""GET /warm opens what ask needs, and wakes no model unless the owner wants it."""

import json

import httpx
import pytest

from tests.conftest import START
from tests.fake_llms import KEY
from tests.faults.wire import Talk, Wire
from tests.processes import wait_until


@pytest.mark.parametrize("allowed", [False, True], ids=["by default", "when the owner wants it"])
def test_a_sleeping_model_is_loaded_only_when_the_owner_wants_it(
    start_function: START, fed: dict[str, str], allowed: bool
) -> None:
    seen: list[bytes] = []

    async def note(talk: Talk) -> None:
        seen.append(talk.request)
        await talk.refuse(200, '{"model": "tinyllama", "response": "", "done": true}')

    with Wire("local", note).running() as local, Wire("hosted", note).running() as hosted:
        models = {"OLLAMA_HOST": local.url, "FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{hosted.url}/v1"}
        ask = start_function("ask", fed | models | ({"OLLAMA_WARM": "true"} if allowed else {}))
        for _ in range(2):
            assert httpx.get(f"{ask.url}/warm", timeout=30).status_code == 204
        if allowed:
            wait_until(lambda: seen, 30, "Ollama being asked to load its model")
            body = json.loads(seen[0])
            assert (body["model"], body.get("prompt", ""), body["keep_alive"]) == ("tinyllama", "", "5m")
        # A refused question passes by all models and comes after whatever /warm had started at once.
        httpx.post(ask.url, json={"question": "What is the capital of France?"}, timeout=30)
        assert bool(seen) == allowed
        assert hosted.asked == 0
