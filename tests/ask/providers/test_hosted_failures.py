"""The OpenAI-compatible model fails: a cause for every status, when to come back, and no key in any word of it."""

import asyncio
import json
import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from functions.ask.providers import ProviderFailed, Writing
from functions.ask.providers.hosted import Hosted
from tests.ask.providers.openai_wire import (
    DONE,
    KEY,
    MESSAGES,
    STREAM,
    failure,
    refusal,
    said,
    settings,
    stream,
)
from tests.ask.providers.scripted import Reply, leave, scripted, words
from tests.processes import free_port


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (401, "auth"),
        (402, "auth"),
        (403, "auth"),
        (408, "timeout"),
        (429, "limited"),
        (500, "server"),
        (502, "server"),
        (503, "server"),
        (529, "server"),
        (404, "bad_request"),
        (413, "bad_request"),
        (422, "bad_request"),
    ],
)
async def test_each_status_has_its_cause(status: int, cause: str) -> None:
    failed = await failure(refusal(status))
    assert (failed.cause, failed.retry_after_s) == (cause, 0)
    assert str(status) in str(failed)


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("The model is cold, try again later", "cold"),
        ("model_not_ready", "cold"),
        ("Model is loading", "cold"),
        ("This model is not currently available", "cold"),
        ("This Model is Cold / Not Ready for Inference", "cold"),
        ("Model mistralai/Mistral-7B-Instruct-v0.2 is not loaded", "cold"),
        ("max_tokens is too large", "bad_request"),
        ("invalid message: Is it cold in Mainz, and is he ready?", "bad_request"),
        ("this model was loaded with 4096 tokens, the prompt has 9000", "bad_request"),
        ("Conversation roles must alternate user/assistant/user/assistant/...", "bad_request"),
        ("", "bad_request"),
    ],
)
async def test_a_400_tells_a_model_that_is_not_up_from_a_request_that_is_wrong(message: str, cause: str) -> None:
    assert (await failure(refusal(400, json.dumps({"error": {"message": message}})))).cause == cause


@pytest.mark.parametrize(("status", "cause"), [(500, "server"), (503, "server"), (401, "auth"), (422, "bad_request")])
async def test_another_status_stays_what_it_is_whatever_it_says_of_the_model(status: int, cause: str) -> None:
    assert (await failure(refusal(status, "the model is cold"))).cause == cause


@pytest.mark.parametrize(("told", "seconds"), [("7", 7), (" 12 ", 12), ("0", 0), ("soon", 0), ("-3", 0), ("", 0)])
async def test_a_limit_says_when_to_come_back(told: str, seconds: float) -> None:
    failed = await failure(refusal(429, **{"Retry-After": told}))
    assert (failed.cause, failed.retry_after_s) == ("limited", seconds)


@pytest.mark.parametrize(
    "told",
    [
        "²",
        "9" * 400,
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "1e400",
        "inf",
        "nan",
    ],
)
async def test_no_retry_after_breaks_it_or_lasts_for_ever(told: str) -> None:
    failed = await failure(refusal(429, **{"Retry-After": told}))
    assert failed.cause == "limited"
    assert math.isfinite(failed.retry_after_s)
    assert failed.retry_after_s >= 0


async def test_a_limit_may_name_the_moment_to_come_back() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    failed = await failure(refusal(429, **{"Retry-After": moment}))
    assert 60 < failed.retry_after_s <= 91


async def test_of_a_refusal_without_end_only_the_beginning_is_read() -> None:
    async with scripted(Reply([b"a" * 100_000] * 3, 400, hold=True)) as server:
        provider = Hosted(settings(server.url))
        async with asyncio.timeout(20):
            with pytest.raises(ProviderFailed) as failed:
                await anext(aiter(provider.write(MESSAGES, 5, Writing())))
        await provider.close()
    assert failed.value.cause == "bad_request"


async def test_nobody_listening_is_no_connection() -> None:
    provider = Hosted(settings(f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(ProviderFailed) as failed:
        await anext(aiter(provider.write(MESSAGES, 5, Writing())))
    await provider.close()
    assert failed.value.cause == "connect"


async def test_an_address_that_cannot_be_is_a_failure_like_any_other() -> None:
    provider = Hosted(settings("http://ü-"))
    with pytest.raises(ProviderFailed):
        await anext(aiter(provider.write(MESSAGES, 5, Writing())))
    await provider.close()


async def test_a_redirect_is_not_followed_so_the_key_goes_nowhere_else() -> None:
    async with scripted(stream(said("stolen"), DONE)) as elsewhere:
        failed = await failure(refusal(307, Location=f"{elsewhere.url}/v1/chat/completions"))
        assert isinstance(failed, ProviderFailed)
        assert elsewhere.lines == []


async def test_leaving_closes_the_connection() -> None:
    async with scripted(Reply([said("Nora ")], headers=STREAM, hold=True)) as server:
        await leave(Hosted(settings(server.url)), MESSAGES, server, after="Nora ")


async def test_being_cancelled_before_the_first_word_closes_the_connection() -> None:
    async with scripted(Reply(headers=STREAM, hold=True)) as server:
        provider = Hosted(settings(server.url))
        waiting = asyncio.ensure_future(anext(aiter(provider.write(MESSAGES, 5, Writing()))))
        async with asyncio.timeout(20):
            while not server.bodies:
                await asyncio.sleep(0)
            waiting.cancel()
            await server.left.wait()
        await provider.close()


@pytest.mark.parametrize(
    "reply",
    [
        refusal(401, f"bad key Bearer {KEY}", **{"WWW-Authenticate": f"Bearer {KEY}"}),
        refusal(400, f"model is cold, {KEY}"),
        refusal(500, KEY),
        refusal(429, KEY, **{"Retry-After": KEY}),
        stream(f'data: {{"error": {{"message": "{KEY}"}}}}\n\n'.encode()),
        stream(f"data: {KEY}\n\n".encode()),
        Reply([KEY.encode()], headers={"content-type": f"text/{KEY}"}),
        Reply([said(KEY)], headers=STREAM, cut=True),
    ],
    ids=["401", "400", "500", "429", "error in the stream", "not JSON", "not a stream", "cut"],
)
async def test_a_server_that_repeats_our_key_does_not_get_it_into_an_exception(reply: Reply) -> None:
    assert KEY not in words(await failure(reply))


async def test_a_provider_answers_again_after_a_failure() -> None:
    async with scripted(refusal(500)) as server:
        provider = Hosted(settings(server.url))
        with pytest.raises(ProviderFailed):
            await anext(aiter(provider.write(MESSAGES, 5, Writing())))
        server.reply = stream(said("Hi"), DONE)
        assert [piece async for piece in provider.write(MESSAGES, 5, Writing())] == ["Hi"]
        await provider.close()
