"""An ask process over model servers that misbehave: asked in every contract, and looked at afterwards."""

import json
import os
import re
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from functions.ask.cli import events
from tests.faults.wire import Wire, answer
from tests.processes import Function, wait_until

WHERE = {"question": "Where does Vivek work?"}
CLOSED, HALF_OPEN, OPEN = 0, 1, 2
# Connections and threads that come and go by themselves: a look at Chroma, the vectors.
FLUCTUATION = 3
Format = Literal["json", "sse", "openai", "openai stream", "ui"]


@dataclass
class Reply:
    """One answer, however it was asked for."""

    record: dict[str, Any]
    resets: int = 0


@dataclass
class Place:
    """An ask process, the model server that misbehaves, and the one below it."""

    ask: Function
    wire: Wire
    below: Wire | None
    metrics_url: str
    http: httpx.Client  # kept: making one costs more than most cases
    descriptors: int = 0
    tasks: int = 0

    def post(self, asked: Format) -> Reply:
        if asked == "json":
            reply = self.http.post(self.ask.url, json=WHERE)
            assert reply.status_code == 200, reply.text
            return Reply(reply.json())
        if asked == "ui":
            return self._chat()
        if asked != "sse":
            return self._complete(stream=asked == "openai stream")
        with self.http.stream("POST", self.ask.url, json=WHERE | {"stream": True}) as stream:
            received = list(events(stream.iter_lines()))
        names = [name for name, _ in received]
        assert names[0] == "sources"
        assert (names.count("done"), names[-1], names.count("error")) == (1, "done", 0)
        shown = ""
        for name, data in received:
            shown = "" if name == "reset" else shown + data["text"] if name == "token" else shown
        assert shown == received[-1][1]["answer"], "what was shown last is what the record says"
        return Reply(received[-1][1], names.count("reset"))

    def _complete(self, stream: bool) -> Reply:
        """The same question as OpenAI's clients ask it."""
        body = {"messages": [{"role": "user", "content": WHERE["question"]}], "stream": stream}
        reply = self.http.post(f"{self.ask.url}/v1/chat/completions", json=body)
        assert reply.status_code == 200, reply.text
        if not stream:
            completion = reply.json()
            return Reply(completion["portfolio"] | {"answer": completion["choices"][0]["message"]["content"]})
        data = [line.removeprefix("data: ") for line in reply.text.splitlines() if line.startswith("data: ")]
        assert data.pop() == "[DONE]"
        chunks = [json.loads(chunk) for chunk in data]
        text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
        return Reply(chunks[-1]["portfolio"] | {"answer": text})

    def _chat(self) -> Reply:
        """The same as useChat asks it, the parts put together as its reader does."""
        message = {"role": "user", "parts": [{"type": "text", "text": WHERE["question"]}]}
        reply = self.http.post(f"{self.ask.url}/chat", json={"messages": [message]})
        assert reply.status_code == 200, reply.text
        data = [line.removeprefix("data: ") for line in reply.text.splitlines() if line.startswith("data: ")]
        assert data.pop() == "[DONE]"
        parts = [json.loads(part) for part in data]
        names = [part["type"] for part in parts]
        assert names[:2] == ["start", "start-step"]
        assert names[-2:] == ["finish-step", "finish"]
        assert (names.count("finish"), names.count("error")) == (1, 0)
        step = parts[len(names) - 1 - names[::-1].index("reset-step") :] if "reset-step" in names else parts
        shown = [part["type"] for part in step]
        assert (shown.count("text-start"), shown.count("text-end")) == (1, 1)
        assert "source-url" in shown[: shown.index("text-start")], "what was dropped with the step has come again"
        text = "".join(part["delta"] for part in step if part["type"] == "text-delta")
        return Reply(parts[-1]["messageMetadata"] | {"answer": text}, names.count("reset-step"))

    def metric(self, name: str, **labels: str) -> float:
        wanted = "{" + ",".join(f'{label}="{value}"' for label, value in sorted(labels.items())) + "}" if labels else ""
        for line in self.http.get(self.metrics_url).text.splitlines():
            if line.startswith("portfolio_") and _sorted(line.rpartition(" ")[0]) == f"portfolio_{name}{wanted}":
                return float(line.rpartition(" ")[2])
        raise AssertionError(f"no metric {name}{wanted}")

    @property
    def breaker(self) -> float:
        return self.metric("provider_breaker_state", provider=self.wire.side)

    def failovers(self, cause: str, side: str = "") -> float:
        return self.metric("ask_failovers_total", **{"from": side or self.wire.side, "cause": cause})

    def unreachable(self, side: str) -> float:
        """Fail-overs of a rung without a connection. Where a resolver takes its time, the deadline comes first."""
        return self.failovers("connect", side) + self.failovers("timeout", side)

    def is_open(self, side: str) -> bool:
        return self.metric("provider_breaker_state", provider=side) == OPEN

    def open_descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.ask.pid}/fd"))

    def heal(self) -> None:
        """The server is well again, and a question closes the breaker."""
        self.wire.behaviour = answer
        wait_until(lambda: self.breaker != OPEN, 20, "the breaker letting a trial through")
        wait_until(lambda: self.post("json").record["provider"] == self.wire.side, 20, "the rung answering again")
        assert self.breaker == CLOSED

    def leaves_nothing(self) -> None:
        wires = [self.wire, self.below] if self.below else [self.wire]
        wait_until(lambda: not any(wire.open for wire in wires), 20, "the connections to the models closing")
        for side in ("hosted", "local"):
            assert self.metric("provider_in_flight", provider=side) == 0
        wait_until(lambda: self.metric("asyncio_tasks") <= self.tasks + FLUCTUATION, 20, "the tasks ending")
        wait_until(lambda: self.open_descriptors() <= self.descriptors + FLUCTUATION, 20, "the descriptors closing")


def _sorted(sample: str) -> str:
    """A sample's name with its labels in order."""
    name, brace, labels = sample.partition("{")
    return name + brace + ",".join(sorted(re.findall(r'\w+="[^"]*"', labels))) + ("}" if brace else "")


def metrics_url(function: Function) -> str:
    line = next(line for line in function.log.read_text().splitlines() if '"metrics served"' in line)
    return f"http://127.0.0.1:{json.loads(line)['port']}/metrics"
