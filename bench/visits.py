"""What a visitor of the soak comes for; a reply that is neither an answer nor a polite refusal is an AssertionError."""

import httpx

from functions.ask.cli import events

QUESTIONS = [
    "Where does Vivek work?",
    "Which languages does Vivek speak?",
    "What was his master's thesis about?",
    "Does Vivek have cloud experience?",
    "What is the capital of France?",
    "How long was he at VitaScale?",
]
POLITE = (429, 503)


async def ask_json(http: httpx.AsyncClient, question: str) -> None:
    record(await http.post("/", json={"question": question}))


async def ask_further(http: httpx.AsyncClient, question: str) -> None:
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello, ask away."}]
    record(await http.post("/", json={"question": question, "history": history}))


async def ask_streaming(http: httpx.AsyncClient, question: str) -> None:
    async with http.stream("POST", "/", json={"question": question, "stream": True}) as reply:
        if reply.status_code in POLITE:
            return
        lines = [line async for line in reply.aiter_lines()]
    received = list(events(iter(lines)))
    assert received[-1][0] == "done", f"the stream ended with {received[-1]}"
    assert received[-1][1]["answer"]


async def complete(http: httpx.AsyncClient, question: str) -> None:
    reply = await http.post("/v1/chat/completions", json={"messages": [{"role": "user", "content": question}]})
    if answered(reply):
        assert reply.json()["choices"][0]["message"]["content"]


async def chat(http: httpx.AsyncClient, question: str) -> None:
    message = {"role": "user", "parts": [{"type": "text", "text": question}]}
    reply = await http.post("/chat", json={"messages": [message]})
    if answered(reply):
        assert '"type":"error"' not in reply.text
        assert reply.text.endswith("data: [DONE]\n\n")


async def leave(http: httpx.AsyncClient, question: str) -> None:
    async with http.stream("POST", "/", json={"question": question, "stream": True}) as reply:
        async for _ in reply.aiter_raw():
            break


async def search(http: httpx.AsyncClient, question: str) -> None:
    answered(await http.post("/search", json={"query": question}))


async def nonsense(http: httpx.AsyncClient, question: str) -> None:
    reply = await http.post("/", content=question.encode() * 50, headers={"content-type": "application/json"})
    assert reply.status_code == 400, reply.text


def answered(reply: httpx.Response) -> bool:
    """Whether there is an answer to look at."""
    assert reply.status_code in (200, *POLITE), reply.text
    return reply.status_code == 200


def record(reply: httpx.Response) -> None:
    if answered(reply):
        assert reply.json()["answer"]


VISITS = {
    "json": ask_json,
    "sse": ask_streaming,
    "history": ask_further,
    "search": search,
    "openai": complete,
    "ui": chat,
    "leave": leave,
    "nonsense": nonsense,
}
