"""What one visitor may have: over real sockets, behind a proxy that ask is told of, since loopback has no limit."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from functions.ask.cli import events
from functions.ask.limits import HOUR_S, MOST_VISITORS, Buckets, Limits
from functions.shared.redis import Redis
from functions.shared.settings import Settings
from tests.fake_llms import KEY, Script, hosted, serving
from tests.processes import Function, RedisServer, wait_until

START = Callable[..., Function]
WHERE = {"question": "Where does Vivek work?"}


def ask(function: Function, visitor: str = "203.0.113.7", path: str = "/", **body: Any) -> httpx.Response:
    """A question that came through one proxy, which saw `visitor`."""
    body = body or WHERE
    return httpx.post(function.url + path, json=body, headers={"X-Forwarded-For": visitor}, timeout=30)


class TestBuckets:
    """The token bucket itself, by a clock of the test's own."""

    def test_a_burst_of_all_then_one_at_a_time(self) -> None:
        now = [1000.0]
        buckets = Buckets(30, lambda: now[0])
        assert [buckets.take("a") for _ in range(30)] == [0.0] * 30
        assert buckets.take("a") == pytest.approx(120)
        assert buckets.take("b") == 0
        now[0] += 119
        assert buckets.take("a") == pytest.approx(1)
        now[0] += 1
        assert buckets.take("a") == 0
        assert buckets.take("a") == pytest.approx(120)
        now[0] += HOUR_S
        assert [buckets.take("a") for _ in range(31)] == [0.0] * 30 + [pytest.approx(120)]

    @pytest.mark.parametrize("per_hour", [1, 7, 30, 1000, 3601])
    def test_exactly_so_many_at_once(self, per_hour: int) -> None:
        buckets = Buckets(per_hour, lambda: 1.7e9)
        assert [buckets.take("a") for _ in range(per_hour)] == [0.0] * per_hour
        assert buckets.take("a") > 0

    def test_memory_is_bounded(self) -> None:
        buckets = Buckets(1, lambda: 0.0)
        for number in range(MOST_VISITORS + 100):
            buckets.take(str(number))
        assert len(buckets) == MOST_VISITORS
        assert buckets.take(str(MOST_VISITORS)) > 0
        assert buckets.take("0") == 0


class TestBucketsInRedis:
    """The same by Redis' clock."""

    @pytest.fixture
    def client(self, redis: RedisServer) -> Redis:
        return Redis(Settings(redis_url=redis.url, redis_timeout_s=5.0))

    @pytest.mark.parametrize("per_hour", [1, 7, 30])
    async def test_exactly_so_many_at_once_and_how_long_to_wait(self, client: Redis, per_hour: int) -> None:
        limits = Limits(Settings(rate_limit_per_hour=per_hour), client)
        assert [await limits._wait_s("a") for _ in range(per_hour)] == [0.0] * per_hour
        # Redis' clock has gone on in the meantime.
        assert 0.9 * HOUR_S / per_hour - 30 < await limits._wait_s("a") <= HOUR_S / per_hour
        assert await limits._wait_s("b") == 0
        await client.close()

    async def test_a_full_bucket_is_forgotten_and_a_clock_set_back_locks_nobody_out(
        self, client: Redis, redis: RedisServer
    ) -> None:
        limits = Limits(Settings(rate_limit_per_hour=2), client)
        await limits._wait_s("a")
        assert 0 < int(redis.command("TTL", "portfolio:visitor:a")) <= HOUR_S / 2
        redis.command("SET", "portfolio:visitor:a", "99999999999999")
        assert 0 < await limits._wait_s("a") <= HOUR_S / 2
        await client.close()


@pytest.fixture(scope="module")
def limited(fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    environment = {**fed, "RATE_LIMIT_PER_HOUR": "3", "TRUSTED_PROXIES": "1"}
    with Function("ask", tmp_path_factory.mktemp("ask"), environment) as function:
        yield function


class TestPerHour:
    """Each test has visitors of its own: they share one ask."""

    def test_one_too_many_is_a_problem_that_says_when(self, limited: Function) -> None:
        assert [ask(limited).status_code for _ in range(3)] == [200] * 3
        refused = ask(limited)
        assert refused.status_code == 429
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1000 < int(refused.headers["retry-after"]) <= 1200
        problem = refused.json()
        assert (problem["status"], problem["type"]) == (429, "urn:portfolio:problem:too-many-questions")
        assert problem["detail"] == "I take 3 questions an hour from one visitor, and you have asked as many."
        assert limited.sample('portfolio_ask_requests_total{contract="json",outcome="limited"') == 1
        assert ask(limited, "203.0.113.8").status_code == 200

    def test_a_stream_is_refused_before_it_begins(self, limited: Function) -> None:
        for _ in range(3):
            ask(limited, "203.0.113.20")
        headers = {"X-Forwarded-For": "203.0.113.20", "Accept": "text/event-stream"}
        refused = httpx.post(limited.url, json=WHERE, headers=headers, timeout=30)
        assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
        assert "event:" not in refused.text
        assert limited.sample('portfolio_ask_requests_total{contract="sse",outcome="limited"') == 1

    def test_a_forged_header_does_not_escape(self, limited: Function) -> None:
        for number in range(3):
            assert ask(limited, f"198.51.100.{number}, 203.0.113.30").status_code == 200
        assert ask(limited, "127.0.0.1, 203.0.113.30").status_code == 429
        assert ask(limited, f"{'6.6.6.6, ' * 500}203.0.113.30:99").status_code == 429
        assert ask(limited, "::ffff:203.0.113.30").status_code == 429

    def test_a_household_is_one_visitor(self, limited: Function) -> None:
        for number in range(3):
            assert ask(limited, f"2001:db8:1:2::{number}").status_code == 200
        assert ask(limited, "2001:db8:1:2:ffff::1").status_code == 429
        assert ask(limited, "2001:db8:1:3::1").status_code == 200

    def test_a_question_that_is_refused_takes_no_place(self, limited: Function) -> None:
        for _ in range(3):
            ask(limited, "203.0.113.50")
        told = [ask(limited, "203.0.113.50").json()["detail"] for _ in range(6)]
        assert [detail for detail in told if "an hour" not in detail] == []

    def test_searches_count_and_what_is_no_question_does_not(self, limited: Function) -> None:
        assert ask(limited, "203.0.113.40", path="/search", query="robots").status_code == 200
        for _ in range(5):
            assert ask(limited, "203.0.113.40", quesion="Where?").status_code == 422
        assert [ask(limited, "203.0.113.40").status_code for _ in range(3)] == [200, 200, 429]
        assert ask(limited, "203.0.113.40", path="/search", query="robots").status_code == 429


def test_loopback_has_no_limit_and_0_is_none(start_function: START, fed: dict[str, str]) -> None:
    here = start_function("ask", {**fed, "RATE_LIMIT_PER_HOUR": "1"})
    for _ in range(3):
        assert httpx.post(here.url, json=WHERE, timeout=30).status_code == 200
    off = start_function("ask", {**fed, "RATE_LIMIT_PER_HOUR": "0", "TRUSTED_PROXIES": "1"})
    for _ in range(3):
        assert ask(off).status_code == 200


def test_a_proxy_that_nobody_told_ask_of_does_not_lift_the_limit(start_function: START, fed: dict[str, str]) -> None:
    function = start_function("ask", {**fed, "RATE_LIMIT_PER_HOUR": "2"})
    assert [ask(function, f"198.51.100.{number}").status_code for number in range(3)] == [200, 200, 429]
    assert function.log.read_text().count("TRUSTED_PROXIES is 0") == 1


class TestUnderWay:
    """Answers at the same moment."""

    @pytest.fixture
    def slow(self) -> Script:
        return Script(pieces=["Vivek "] * 400, gap_s=0.05)

    @pytest.fixture
    def crowded(self, start_function: START, fed: dict[str, str], slow: Script) -> Iterator[Function]:
        with serving(hosted(slow)) as url:
            environment = {"FEATHERLESS_API_KEY": KEY, "HOSTED_BASE_URL": f"{url}/v1", "OPEN_ANSWERS": "2"}
            yield start_function("ask", {**fed, **environment, "TRUSTED_PROXIES": "1", "ANSWER_CACHE": "off"})

    @staticmethod
    def open_stream(function: Function, visitor: str = "203.0.113.7") -> "tuple[httpx.Client, Iterator[Any]]":
        """A stream whose first token has come."""
        client = httpx.Client(timeout=30)
        headers = {"X-Forwarded-For": visitor, "Accept": "text/event-stream"}
        response = client.send(client.build_request("POST", function.url, json=WHERE, headers=headers), stream=True)
        assert response.status_code == 200
        received = events(response.iter_lines())
        next(name for name, _ in received if name == "token")
        return client, received

    def test_a_third_waits_until_one_has_left(self, crowded: Function, slow: Script) -> None:
        streams = [self.open_stream(crowded) for _ in range(2)]
        refused = ask(crowded)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert "You already have 2 answers under way" in refused.json()["detail"]
        other, _ = self.open_stream(crowded, "203.0.113.8")
        slow.pieces, slow.gap_s = ["Vivek works [1]."], 0.0
        streams[0][0].close()
        wait_until(lambda: ask(crowded).status_code == 200, what="the place of the one who left")
        for client in (streams[1][0], other):
            client.close()

    def test_a_record_under_way_is_an_answer_too(self, crowded: Function, slow: Script) -> None:
        clients = [httpx.Client(timeout=60) for _ in range(2)]
        headers = {"X-Forwarded-For": "203.0.113.7"}
        waiting = [
            threading.Thread(target=lambda c=c: c.post(crowded.url, json=WHERE, headers=headers)) for c in clients
        ]
        slow.pieces = ["Vivek works at VitaScale GmbH [1]. "] * 60
        for thread in waiting:
            thread.start()
        wait_until(lambda: len(slow.asked) == 2, what="both at the model")
        assert ask(crowded).status_code == 429
        for thread in waiting:
            thread.join(60)
        slow.pieces = ["Vivek works [1]."]
        assert ask(crowded).status_code == 200

    def test_answers_that_ended_well_leave_their_places(self, crowded: Function, slow: Script) -> None:
        slow.pieces, slow.gap_s = ["Vivek works [1]."], 0.0
        for number in range(6):
            assert ask(crowded, stream=bool(number % 2), **WHERE).status_code == 200
        assert ask(crowded, nothing="asked").status_code == 422


async def test_redis_stores_no_address(redis: RedisServer, start_function: START, fed: dict[str, str]) -> None:
    function = start_function("ask", {**fed, "TRUSTED_PROXIES": "1", "REDIS_URL": redis.url, "REDIS_TIMEOUT_S": "5"})
    assert ask(function, "203.0.113.7").status_code == 200
    keys = redis.command("KEYS", "*").splitlines()
    assert any(":visitor:" in key for key in keys)
    held = "\n".join(keys + [redis.command("GET", key) for key in keys])
    assert "203.0.113" not in held
    assert "203.0.113" not in function.log.read_text()
