"""The OpenAI-compatible wire: what a server says, and what the provider makes of it."""

import json

from functions.ask.providers import Message, ProviderFailed
from functions.ask.providers.hosted import Hosted
from functions.shared.settings import Settings
from tests.ask.providers.scripted import Asked, Reply, failure_of, read, scripted

KEY = "rc_test_key_5c1f"
MESSAGES: list[Message] = [
    {"role": "user", "content": "Where does Nora work? “Quoted”, ø"},
    {"role": "assistant", "content": "In Bergen."},
    {"role": "user", "content": "Since when?"},
]
STREAM = {"content-type": "text/event-stream; charset=utf-8"}
END = {"delta": {}, "finish_reason": "stop"}
DONE = b"data: [DONE]\n\n"


def settings(url: str) -> Settings:
    return Settings(featherless_api_key=KEY, hosted_base_url=f"{url}/v1", hosted_model="nora/7b", first_token_s=5)


async def ask(reply: Reply) -> Asked:
    async with scripted(reply) as server:
        return await read(Hosted(settings(server.url)), MESSAGES, server)


def event(*choices: dict, **more: object) -> bytes:
    return f"data: {json.dumps({'choices': choices, **more}, ensure_ascii=False)}\n\n".encode()


def said(text: object) -> bytes:
    return event({"index": 0, "delta": {"content": text}, "finish_reason": None})


def stream(*parts: bytes) -> Reply:
    return Reply(parts, headers=STREAM)


def refusal(status: int, body: str = "{}", **headers: str) -> Reply:
    return Reply([body.encode()], status, {"content-type": "application/json", **headers})


async def failure(reply: Reply) -> ProviderFailed:
    return failure_of(await ask(reply))
