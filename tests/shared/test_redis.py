"""The client over a real Redis: quick to give up, quick to come back, and never a reply meant for somebody else."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from functions.shared import metrics
from functions.shared import redis as module
from functions.shared.redis import Lost, Redis
from functions.shared.settings import BadSetting, Settings
from tests.processes import CLEAN, ROOT, RedisServer, free_port

PASSWORD = "pw-5c1f-secret"


@pytest.fixture
async def client(redis: RedisServer) -> AsyncIterator[Redis]:
    opened = Redis(Settings(redis_url=redis.url, redis_timeout_s=1.0))
    yield opened
    await opened.close()


@contextmanager
def without_rest(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Redis is asked again at once."""
    with monkeypatch.context() as patched:
        patched.setattr(module, "REST_S", 0.0)
        yield


async def until_back(client: Redis) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await client.command("PING")
                return
            except Lost:
                await asyncio.sleep(0.05)


async def test_commands_and_scripts_reach_it(client: Redis) -> None:
    await client.command("SET", client.key("a", "b"), b"\x00\xff", "EX", 60)
    assert await client.command("GET", "portfolio:a:b") == b"\x00\xff"
    assert await client.script("return {KEYS[1], ARGV[1] + ARGV[2]}", client.key("x"), 1, 2.5) == [b"portfolio:x", 3]


async def test_a_dead_one_is_lost_and_found_again(client: Redis, redis: RedisServer) -> None:
    await client.command("PING")
    redis.kill()
    with pytest.raises(Lost):
        await client.command("PING")
    redis.start()
    await until_back(client)
    for _ in range(5):  # found again by all, not by one trial after another
        await client.command("PING")


async def test_one_that_was_restarted_between_two_questions_is_not_even_missed(
    client: Redis, redis: RedisServer
) -> None:
    await client.command("PING")
    redis.kill()
    redis.start()
    assert await client.command("ECHO", "here") == b"here"


async def test_a_silent_one_is_given_up_after_the_timeout_and_then_left_alone(redis: RedisServer) -> None:
    client = Redis(Settings(redis_url=redis.url, redis_timeout_s=0.2))
    redis.freeze()
    now = asyncio.get_running_loop().time
    with pytest.raises(Lost):
        await client.command("PING")
    begun = now()
    for _ in range(200):
        with pytest.raises(Lost, match="a moment ago"):
            await client.command("PING")
    assert now() - begun < 200 * 0.2 / 10  # none of them waited for it
    redis.thaw()
    await until_back(client)
    await client.close()


async def test_whoever_gives_up_does_so_by_our_own_clock_and_leaves_nothing_running(redis: RedisServer) -> None:
    client = Redis(Settings(redis_url=f"{redis.url}?socket_timeout=1000", redis_timeout_s=0.2))
    await client.command("PING")
    redis.freeze()
    async with asyncio.timeout(20):
        with pytest.raises(Lost):
            await client.command("PING")
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0.005)
    redis.thaw()
    await client.close()


async def test_a_reply_that_is_there_counts_although_this_process_was_busy_for_longer(redis: RedisServer) -> None:
    client = Redis(Settings(redis_url=redis.url, redis_timeout_s=1.0))
    redis.freeze()
    asking = asyncio.create_task(client.command("ECHO", "here"))  # a new connection: more than one reply to wait for
    for _ in range(20):  # until it is sent
        await asyncio.sleep(0)

    def busy() -> None:
        redis.thaw()
        time.sleep(1.5)

    asyncio.get_running_loop().call_soon(busy)
    assert await asking == b"here"
    await client.close()


async def test_an_outage_is_two_lines_in_the_log_and_a_metric(
    client: Redis, redis: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def up() -> float | None:
        return metrics.REGISTRY.get_sample_value("portfolio_redis_up")

    await client.command("PING")
    assert up() == 1
    with caplog.at_level("INFO", "functions.shared.redis"):
        redis.kill()
        with without_rest(monkeypatch):
            for _ in range(3):
                with pytest.raises(Lost):
                    await client.command("PING")
            assert up() == 0
            redis.start()
            await until_back(client)
            await client.command("PING")
    assert up() == 1
    assert caplog.messages == ["Redis is lost: each pod goes on with its own", "Redis is back"]


async def test_whoever_closes_it_gives_its_connection_back(redis: RedisServer) -> None:
    client = Redis(Settings(redis_url=redis.url, redis_timeout_s=5.0))
    await client.command("CLIENT", "SETNAME", "ours")
    assert "name=ours" in redis.command("CLIENT", "LIST")
    await client.close()
    async with asyncio.timeout(20):
        while "name=ours" in redis.command("CLIENT", "LIST"):
            await asyncio.sleep(0.01)


async def test_after_the_rest_one_tries_and_the_others_do_not_wait(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Redis(Settings(redis_url=redis.url, redis_timeout_s=0.2))
    redis.freeze()
    with without_rest(monkeypatch), pytest.raises(Lost, match="Timeout"):
        await client.command("PING")
    lost = await asyncio.gather(*(client.command("PING") for _ in range(10)), return_exceptions=True)
    assert sorted("a moment ago" in str(one) for one in lost) == [False] + [True] * 9
    redis.thaw()
    await client.close()


async def test_a_late_reply_is_not_taken_for_the_next_ones(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Redis(Settings(redis_url=redis.url, redis_timeout_s=0.3))
    with without_rest(monkeypatch):
        for round_ in range(3):
            await until_back(client)
            redis.freeze()
            with pytest.raises(Lost):
                await client.command("ECHO", f"late {round_}")
            redis.thaw()
            for number in range(20):
                assert await client.command("ECHO", f"{number}") == f"{number}".encode()
    await client.close()


async def test_a_caller_who_is_cancelled_leaves_a_usable_client(redis: RedisServer) -> None:
    client = Redis(Settings(redis_url=redis.url, redis_timeout_s=5.0))
    await client.command("PING")
    redis.freeze()
    waiting = asyncio.create_task(client.command("ECHO", "nobody reads this"))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    redis.thaw()
    assert await client.command("ECHO", "here") == b"here"
    await client.close()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:{port}", "redis://nowhere.invalid:6379", "unix:///nowhere.sock"])
async def test_one_that_is_not_there_is_lost(url: str) -> None:
    client = Redis(Settings(redis_url=url.format(port=free_port())))
    with pytest.raises(Lost):
        await client.command("PING")
    await client.close()


async def test_one_that_refuses_is_lost_and_the_password_is_in_no_log(
    redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    redis.command("CONFIG", "SET", "requirepass", PASSWORD)
    client = Redis(Settings(redis_url=redis.url.replace("//", f"//:{PASSWORD}x@")))
    with caplog.at_level("DEBUG"), pytest.raises(Lost) as lost:
        await client.command("PING")
    assert PASSWORD not in caplog.text + str(lost.value)
    assert "Redis is lost" in caplog.text
    await client.close()
    right = Redis(Settings(redis_url=redis.url.replace("//", f"//:{PASSWORD}@")))
    assert await right.command("PING")
    await right.close()


def test_an_address_that_is_none_is_a_bad_setting_without_the_password() -> None:
    with pytest.raises(BadSetting, match="redis://host:6379/0") as bad:
        Redis(Settings(redis_url=f"redis://:{PASSWORD}@host:port"))
    assert PASSWORD not in str(bad.value)
    with pytest.raises(BadSetting, match="REDIS_URL='…'") as bad:
        Settings.read({"REDIS_URL": f"http://:{PASSWORD}@host"})
    assert PASSWORD not in str(bad.value)


def test_nobody_without_redis_pays_for_its_package() -> None:
    program = "import sys, functions.shared.redis, functions.ask.parts; print('redis' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=CLEAN, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
