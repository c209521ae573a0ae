"""What counts as the same question, what is kept, where, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from functions.ask import cache as module
from functions.ask.cache import MOST_ANSWERS, AnswerCache, InProcess, InRedis, normalised
from functions.ask.question import Question
from functions.ask.stream import Done, Event, Events, Sources, Token
from functions.shared.records import Answer, Source, Usage
from functions.shared.redis import Redis
from functions.shared.settings import Settings
from tests.processes import RedisServer

SOURCE = Source(1, "a#00000", "A", "https://example.org/a", "S", "Snippet — ü", 0.5)
ANSWER = Answer(
    "id-1", "She sails. [1]", [SOURCE], True, "hosted", "m", False, False, "v1", {"total": 1.0}, Usage(3, 4)
)


class Writer:
    """Writes the same answer each time, and counts."""

    def __init__(self, answer: Answer = ANSWER) -> None:
        self.answer, self.written = answer, 0

    async def __call__(self) -> Events:
        self.written += 1
        await asyncio.sleep(0)
        yield Sources(self.answer.sources)
        yield Token("She ")
        yield Token("sails. [1]")
        yield Done(self.answer)


@pytest.fixture(params=["in process", "in Redis"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[AnswerCache]:
    if request.param == "in process":
        opened, client = AnswerCache(Settings(), ["hosted:m"], None), None
    else:
        client = client_of(request.getfixturevalue("redis"))
        opened = AnswerCache(Settings(), ["hosted:m"], client)
    yield opened
    await opened.close()
    if client:
        await client.close()


def client_of(redis: RedisServer) -> Redis:
    """Patient enough for a loaded machine."""
    return Redis(Settings(redis_url=redis.url, redis_timeout_s=5.0))


async def ask(
    cache: AnswerCache, write: Writer, text: str = "Does she sail?", version: str = "v1", **more: int
) -> Answer:
    return (await events(cache, write, text, version, **more))[-1].answer  # type: ignore[union-attr]


async def events(
    cache: AnswerCache, write: Writer, text: str = "Does she sail?", version: str = "v1", **more: int
) -> list[Event]:
    return [event async for event in cache.events(Question(text, **more), version, write)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Does she sail?", "does SHE sail"),
        ("Does she sail?", "  Does\tshe \n sail ?! "),
        ("Does she sail?", "Does she sail…"),
        ("Does she sail?", "Does she sail。"),
        ("Does she sail?", "Does\u00a0she sail?"),
        ("Was macht Jürgen?", "Was macht Ju\u0308rgen?"),
        ("STRASSE", "straße"),
    ],
)
def test_the_same_question_in_another_spelling(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Does she know C?", "Does she know C#?"),
        ("Does she know C?", "Does she know C++?"),
        ("Is it she?", "Is it he?"),
        ("May 1.5 do?", "May 15 do?"),
        ("the rapist", "therapist"),
    ],
)
def test_another_question_however_alike(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


async def test_the_second_to_ask_gets_what_the_first_got(cache: AnswerCache) -> None:
    write = Writer()
    assert await ask(cache, write) == ANSWER
    again = await events(cache, write, "does she  SAIL")
    assert again == [Sources([SOURCE]), Token("She sails. [1]"), Done(replace(ANSWER, cached=True))]
    assert write.written == 1


async def test_a_new_corpus_version_language_or_number_of_passages_is_a_new_question(cache: AnswerCache) -> None:
    write = Writer()
    for expected, more in enumerate(({}, {"version": "v2"}, {"top_k": 5}), 1):
        await ask(cache, write, **more)  # type: ignore[arg-type]
        assert write.written == expected
    async for _ in cache.events(Question("Does she sail?"), "v1", write, "de"):
        pass
    assert write.written == 4


async def test_an_answer_holds_for_the_day_on_which_it_was_given(
    cache: AnswerCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Writer()
    for day, written in ((1, 1), (1, 1), (2, 2)):
        monkeypatch.setattr(module, "date", SimpleNamespace(today=lambda day=day: date(2026, 3, day)))
        await ask(cache, write)
        assert write.written == written


async def test_a_stream_and_a_record_are_the_same_question(cache: AnswerCache) -> None:
    write = Writer()
    await ask(cache, write)
    await ask(cache, write, stream=True)
    assert write.written == 1


async def test_a_degraded_answer_serves_nobody_else(cache: AnswerCache) -> None:
    write = Writer(replace(ANSWER, degraded=True, provider="extractive"))
    for expected in (1, 2):
        assert not (await ask(cache, write)).cached
        assert write.written == expected


async def test_an_answer_is_kept_although_its_reader_leaves_at_its_last_event(cache: AnswerCache) -> None:
    writer = Writer()
    async with aclosing(cache.events(Question("Does she sail?"), "v1", writer)) as reading:
        async for event in reading:
            if isinstance(event, Done):
                break
    assert (await ask(cache, writer)).cached
    assert writer.written == 1


async def test_at_the_end_answers_being_written_are_given_up() -> None:
    cache, closed = AnswerCache(Settings(), ["hosted:m"], None), asyncio.Event()

    async def write() -> Events:
        try:
            yield Sources([])
            await asyncio.Event().wait()
        finally:
            closed.set()

    reading = asyncio.create_task(anext(aiter(cache.events(Question("Does she sail?"), "v1", write))))
    await reading
    await cache.close()
    assert closed.is_set()


async def test_a_refusal_is_kept(cache: AnswerCache) -> None:
    write = Writer(replace(ANSWER, answered=False, sources=[], provider="extractive"))
    await ask(cache, write)
    assert (await ask(cache, write)).cached
    assert write.written == 1


async def test_fifty_at_once_are_written_once(cache: AnswerCache) -> None:
    write = Writer()
    answers = await asyncio.gather(*(ask(cache, write) for _ in range(50)))
    assert write.written == 1
    assert [answer.cached for answer in answers].count(False) == 1
    assert {answer.answer for answer in answers} == {"She sails. [1]"}


@pytest.mark.parametrize(
    "other",
    [
        AnswerCache(Settings(), ["hosted:m", "local:n"], None),
        AnswerCache(Settings(), ["hosted:other"], None),
        AnswerCache(Settings(), [], None),
        AnswerCache(Settings(llm_strategy="featherless-only"), ["hosted:m"], None),
        AnswerCache(Settings(evidence_threshold=0.5), ["hosted:m"], None),
    ],
    ids=["rungs", "model", "no model", "strategy", "threshold"],
)
def test_what_shapes_an_answer_is_part_of_its_key(other: AnswerCache) -> None:
    ours = AnswerCache(Settings(), ["hosted:m"], None)
    question = Question("Does she sail?")
    assert ours._key(question, "v", "und") == AnswerCache(Settings(), ["hosted:m"], None)._key(question, "v", "und")
    assert ours._key(question, "v", "und") != other._key(question, "v", "und")


def test_a_new_revision_answers_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = set()
    for revision in ("ask-00001", "ask-00002"):
        monkeypatch.setenv("K_REVISION", revision)
        keys.add(AnswerCache(Settings(), [], None)._key(Question("Does she sail?"), "v", "und"))
    assert len(keys) == 2


async def test_in_a_process_an_answer_lasts_its_time_and_the_oldest_goes_first() -> None:
    now = [0.0]
    kept = InProcess(10, lambda: now[0])
    await kept.put("a", ANSWER)
    now[0] = 9.9
    assert await kept.get("a") == ANSWER
    now[0] = 10.0
    assert await kept.get("a") is None
    for number in range(MOST_ANSWERS):
        await kept.put(str(number), ANSWER)
    await kept.get("0")
    await kept.put("one more", ANSWER)
    assert await kept.get("0")
    assert await kept.get("1") is None


async def test_redis_forgets_an_answer_after_its_time_and_never_sees_the_question(redis: RedisServer) -> None:
    client = client_of(redis)
    await ask(AnswerCache(Settings(answer_cache_s=77), [], client), Writer(), "Does she sail to Xanadu?")
    (key,) = redis.command("KEYS", "*").splitlines()
    assert key.startswith("portfolio:answer:")
    assert 0 < int(redis.command("TTL", key)) <= 77
    assert "Xanadu" not in key + redis.command("GET", key)
    await client.close()


async def test_what_is_no_answer_of_ours_is_a_miss(redis: RedisServer) -> None:
    client = client_of(redis)
    kept = InRedis(client, 60)
    for value in ("{}", "[1", "\\xff", '{"id": 5}'):
        redis.command("SET", "portfolio:answer:k", value)
        assert await kept.get("k") is None
    await client.close()


async def test_a_redis_that_dies_only_misses(redis: RedisServer) -> None:
    client, write = client_of(redis), Writer()
    cache = AnswerCache(Settings(), [], client)
    await ask(cache, write)
    redis.kill()
    assert await ask(cache, write) == ANSWER
    assert write.written == 2
    await client.close()
