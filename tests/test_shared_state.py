"""What pods share: two real asks and one Redis, which is killed, frozen and started again between the questions."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from functions.ask.cli import events
from tests.conftest import feed
from tests.fake_llms import KEY, Script, hosted, serving
from tests.processes import Chroma, Function, RedisServer, wait_until

START = Callable[..., Function]
WHERE = {"question": "Where does Vivek work?"}
ANSWER = "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany [1]."


@dataclass
class Pods:
    """Asks with one hosted model behind them."""

    start: START
    environment: dict[str, str]
    model: Script = field(default_factory=Script)

    def __call__(self, **settings: str) -> Function:
        return self.start("ask", self.environment | settings)


@pytest.fixture
def pods(start_function: START, fed: dict[str, str]) -> Iterator[Pods]:
    model = Script()
    with serving(hosted(model)) as url:
        # Patience for a loaded machine; what a Redis that hangs costs is told by a test of its own.
        environment = {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{url}/v1", "REDIS_TIMEOUT_S": "3"}
        yield Pods(start_function, fed | environment, model)


def ask(pod: Function, visitor: str = "", **body: Any) -> httpx.Response:
    headers = {"X-Forwarded-For": visitor} if visitor else {}
    return httpx.post(pod.url, json=WHERE | body, headers=headers, timeout=60)


def stream(pod: Function, **body: Any) -> list[tuple[str, Any]]:
    with httpx.stream("POST", pod.url, json=WHERE | {"stream": True} | body, timeout=60) as reply:
        return list(events(reply.iter_lines()))


def test_an_answer_given_by_one_pod_serves_the_other(pods: Pods, redis: RedisServer) -> None:
    one, other = (pods(REDIS_URL=redis.url) for _ in range(2))
    first = ask(one).json()
    second = ask(other, question=" where does vivek WORK").json()
    assert (first["cached"], second["cached"]) == (False, True)
    assert first["answer"] == second["answer"] == ANSWER
    assert second["sources"] == first["sources"]
    assert second["provider"] == "hosted"
    assert second["id"] != first["id"]
    assert second["usage"] == {"prompt_tokens": 0, "completion_tokens": 0}
    assert set(second["timings_ms"]) == {"first_token", "total"}
    assert len(pods.model.asked) == 1


def test_a_kept_answer_streams_like_any_other(pods: Pods) -> None:
    pod = pods()
    written = stream(pod)
    kept = stream(pod)
    assert [name for name, _ in kept] == ["sources", "token", "done"]
    assert kept[0][1] == written[0][1] == kept[-1][1]["sources"]
    assert kept[1][1]["text"] == kept[-1][1]["answer"] == written[-1][1]["answer"]
    assert kept[-1][1]["cached"]
    refused = [stream(pod, question="Which football club does Vivek support?")[-1][1] for _ in range(2)]
    assert [record["cached"] for record in refused] == [False, True]
    assert not refused[1]["answered"]


@pytest.mark.parametrize("streaming", [False, True], ids=["records", "streams"])
def test_fifty_who_ask_the_same_at_once_cost_one_call(pods: Pods, streaming: bool) -> None:
    pod = pods()
    pods.model.gap_s = 0.1
    records: list[dict[str, Any]] = []

    def one() -> None:
        records.append(stream(pod)[-1][1] if streaming else ask(pod).json())

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [record["answer"] for record in records] == [ANSWER] * 50
    assert len({record["id"] for record in records}) == 50
    assert len(pods.model.asked) == 1


def test_who_waits_is_not_cancelled_with_the_one_who_asked_first(pods: Pods) -> None:
    pod = pods()
    pods.model.gap_s = 0.5
    second: list[list[tuple[str, Any]]] = []
    with httpx.stream("POST", pod.url, json=WHERE | {"stream": True}, timeout=30) as first:
        reading = events(first.iter_lines())  # held: a reader that nobody holds hangs up
        next(name for name, _ in reading if name == "token")
        follower = threading.Thread(target=lambda: second.append(stream(pod)))
        follower.start()
        wait_until(lambda: pod.sample('portfolio_ask_cache_total{result="joined"}') == 1, what="the follower")
    follower.join(30)
    assert [name for name, _ in second[0]][-1] == "done"
    assert second[0][-1][1]["answer"] == ANSWER
    assert len(pods.model.asked) == 1
    assert pods.model.cancelled == 0


def test_when_everyone_has_left_the_model_is_told(pods: Pods) -> None:
    pod = pods()
    pods.model.pieces, pods.model.gap_s = ["Vivek "] * 400, 0.05
    clients, reading = [httpx.Client(timeout=30) for _ in range(2)], []
    for client in clients:
        reply = client.send(client.build_request("POST", pod.url, json=WHERE | {"stream": True}), stream=True)
        reading.append(events(reply.iter_lines()))
        next(name for name, _ in reading[-1] if name == "token")
    clients[0].close()
    for _ in range(5):  # the other one still reads
        next(name for name, _ in reading[1] if name == "token")
    assert (len(pods.model.asked), pods.model.cancelled) == (1, 0)
    clients[1].close()
    wait_until(lambda: pods.model.cancelled == 1, what="the cancellation upstream")


def test_a_failing_model_is_not_kept_and_nobody_hangs(pods: Pods) -> None:
    pod = pods()
    pods.model.status = 500
    first = ask(pod).json()
    assert (first["provider"], first["degraded"], first["cached"]) == ("extractive", True, False)
    pods.model.status = 200
    assert ask(pod).json()["answer"] == ANSWER


def test_the_cache_can_be_turned_off(pods: Pods, redis: RedisServer) -> None:
    pod = pods(ANSWER_CACHE="off", REDIS_URL=redis.url)
    assert [ask(pod).json()["cached"] for _ in range(2)] == [False, False]
    assert len(pods.model.asked) == 2
    assert redis.command("KEYS", "*:answer:*") == ""


def test_a_question_with_a_history_is_always_asked_anew(pods: Pods) -> None:
    pod = pods()
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello."}]
    assert [ask(pod, history=history).json()["cached"] for _ in range(2)] == [False, False]
    assert pod.sample('portfolio_ask_cache_total{result="bypass"}') == 2


def test_a_changed_corpus_is_answered_anew_within_a_second(
    start_function: START, own_chroma: Chroma, redis: RedisServer
) -> None:
    environment = {"CHROMA_URL": own_chroma.url, "REDIS_URL": redis.url, "REDIS_TIMEOUT_S": "3"}
    ingest = start_function("ingest", environment)
    feed(ingest.url)
    pod = start_function("ask", environment)
    first = ask(pod).json()
    assert ask(pod).json()["cached"]
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/test", "ce-subject": "extra"}
    headers |= {"ce-type": "com.vivekpadayattil.document.published.v1", "content-type": "text/markdown"}
    published = httpx.post(ingest.url, content=b"# Extra\n\nA late addition.", headers=headers, timeout=30)
    assert published.status_code == 200
    time.sleep(1.0)  # what is promised
    ask(pod, question="Which languages does he speak?")  # a loaded machine may need more than the quarter it is given
    wait_until(lambda: ask(pod).json()["corpus_version"] != first["corpus_version"], what="the new corpus")


def test_a_limit_is_one_for_both_pods(pods: Pods, redis: RedisServer) -> None:
    settings = {"REDIS_URL": redis.url, "RATE_LIMIT_PER_HOUR": "4", "TRUSTED_PROXIES": "1"}
    one, other = pods(**settings), pods(**settings)
    for pod in (one, other, one, other):
        assert ask(pod, "203.0.113.7").status_code == 200
    for pod in (one, other):
        assert ask(pod, "198.51.100.1, 203.0.113.7").status_code == 429
        assert ask(pod, "203.0.113.8").status_code == 200


def test_a_budget_is_one_for_both_pods_and_then_the_documents_are_quoted(pods: Pods, redis: RedisServer) -> None:
    settings = {"REDIS_URL": redis.url, "LLM_CALLS_PER_DAY": "3", "ANSWER_CACHE": "off"}
    one, other = pods(**settings), pods(**settings)
    assert [ask(pod).json()["provider"] for pod in (one, other, one)] == ["hosted"] * 3
    for pod in (one, other) * 3:  # more than would open a breaker
        record = ask(pod).json()
        assert (record["provider"], record["degraded"], record["answered"]) == ("extractive", True, True)
    assert len(pods.model.asked) == 3
    assert one.sample('portfolio_provider_breaker_state{provider="hosted"}') == 0
    assert one.sample('portfolio_ask_failovers_total{cause="budget",from="hosted"}') == 3


def test_tokens_are_settled_by_what_the_model_counted(pods: Pods, redis: RedisServer) -> None:
    pod = pods(REDIS_URL=redis.url, LLM_TOKENS_PER_DAY="100000")
    ask(pod)
    (purse,) = redis.command("KEYS", "*:budget").splitlines()
    wait_until(lambda: redis.command("HGET", purse, "tokens") == str(321 + 9), what="the settlement")


def test_redis_killed_and_back_every_question_is_answered(pods: Pods, redis: RedisServer) -> None:
    settings = {"REDIS_URL": redis.url, "RATE_LIMIT_PER_HOUR": "2", "TRUSTED_PROXIES": "1", "LLM_CALLS_PER_DAY": "100"}
    pod = pods(**settings)
    assert [ask(pod, "203.0.113.7").status_code for _ in range(3)] == [200, 200, 429]
    redis.kill()
    # Limits go on in this pod, the cache misses, and without a purse no model is paid.
    record = ask(pod, "203.0.113.7").json()
    assert (record["provider"], record["degraded"], record["cached"]) == ("extractive", True, False)
    assert [ask(pod, "203.0.113.7").status_code for _ in range(2)] == [200, 429]
    assert pod.sample("portfolio_redis_up") == 0
    redis.start()
    numbers = iter(range(250))
    wait_until(lambda: ask(pod, f"198.51.100.{next(numbers)}").json()["provider"] == "hosted", what="the purse")
    assert pod.sample("portfolio_redis_up") == 1
    assert ask(pod, f"198.51.100.{next(numbers)}").json()["cached"]
    assert ask(pod, "203.0.113.7").status_code == 200  # Redis forgot: it keeps nothing on disk here


def test_without_a_budget_a_lost_redis_costs_nobody_the_model(pods: Pods, redis: RedisServer) -> None:
    pod = pods(REDIS_URL=redis.url)
    redis.kill()
    record = ask(pod).json()
    assert (record["provider"], record["degraded"]) == ("hosted", False)


def test_a_pod_that_starts_without_its_redis_starts(pods: Pods, redis: RedisServer) -> None:
    redis.kill()
    pod = pods(REDIS_URL=redis.url)
    assert ask(pod).json()["answer"] == ANSWER
    redis.start()
    wait_until(lambda: ask(pod, top_k=2).json()["cached"], what="the cache")


def test_a_redis_that_hangs_is_waited_for_once(pods: Pods, redis: RedisServer) -> None:
    pod = pods(REDIS_URL=redis.url, REDIS_TIMEOUT_S="0.25", TRUSTED_PROXIES="1")
    ask(pod, "203.0.113.7")
    redis.freeze()
    lost = [ask(pod, "203.0.113.7") for _ in range(3)]
    assert [reply.status_code for reply in lost] == [200] * 3
    assert pod.log.read_text().count("Redis is lost") == 1
    redis.thaw()
    wait_until(lambda: "Redis is back" in pod.log.read_text() or ask(pod, "203.0.113.9") is None, what="Redis")
