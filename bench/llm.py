"""A language model that answers at once, or after so long: what it takes beyond that is next to nothing.

    python -m bench.llm --port 9000 --wait-ms 300

    POST /v1/chat/completions   a stream of chunks: the first sentence of the first passage, cited
    GET  /arrivals              when each request since the last look had come (time.perf_counter)

Quoting a passage, it passes the check of its citations as a good model's answer does.
"""

import argparse
import asyncio
import json
import re
import sys
import time
from pathlib import Path

from bench.parts import Process, free_port, until_open
from functions.shared.sentences import sentences

_PASSAGE = re.compile(r"\n\[1\] [^\n]*:\n(.*?)(?=\n\n(?:\[2\] |Question: ))", re.S)


def settings(url: str) -> dict[str, str]:
    """With which ask asks it, as many at once as come."""
    return {"HOSTED_BASE_URL": f"{url}/v1", "FEATHERLESS_API_KEY": "key-of-no-use", "HOSTED_IN_FLIGHT": "128"}


class Llm(Process):
    """One that is running."""

    def __init__(self, folder: Path, wait_ms: int) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "bench.llm", "--port", str(self.port), "--wait-ms", str(wait_ms)]
        super().__init__(command, folder / f"llm-{self.port}.log")
        until_open(self.port, self)


def main() -> None:
    """Serve until stopped."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--wait-ms", type=float, default=0.0)
    given = options.parse_args()
    asyncio.run(serve(given.port, given.wait_ms / 1000))


async def serve(port: int, wait_s: float) -> None:
    """One connection after the other, many at a time."""
    arrivals: list[float] = []

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"content-length: *(\d+)", head, re.I)
                body = await reader.readexactly(int(length[1])) if length else b""
                if head.startswith(b"GET /arrivals"):
                    _reply(writer, json.dumps(arrivals).encode(), "application/json")
                    arrivals.clear()
                    continue
                arrivals.append(time.perf_counter())
                if wait_s:
                    await asyncio.sleep(wait_s)
                _reply(writer, stream(json.loads(body)), "text/event-stream")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", port, limit=1 << 20, backlog=512)
    await server.serve_forever()


def stream(request: dict) -> bytes:
    """All chunks of the answer to one request, some four characters each as a model's are."""
    answer = quoted(request["messages"][-1]["content"])
    pieces = re.findall(r"\s*\S{1,6}", answer)
    chunks = [_chunk({"content": piece}) for piece in pieces] + [_chunk({}, "stop"), "[DONE]"]
    return "".join(f"data: {chunk}\n\n" for chunk in chunks).encode()


def quoted(prompt: str) -> str:
    """The first sentence of the first passage, with its number."""
    passage = _PASSAGE.search(prompt)
    text = passage[1] if passage else "There is no passage."
    start, end = sentences(text)[0]
    sentence = text[start:end]
    mark = sentence[-1] if sentence[-1] in ".!?" else "."
    return f"{sentence.rstrip('.!?')} [1]{mark}"


def _chunk(delta: dict, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return json.dumps({"object": "chat.completion.chunk", "model": "bench", "choices": [choice]})


def _reply(writer: asyncio.StreamWriter, body: bytes, media_type: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


if __name__ == "__main__":
    main()
