"""Ask from a shell: the answer streams in, its sources follow.

python -m functions.ask.cli "Where does Vivek work?" [--url http://127.0.0.1:8081]
"""

import argparse
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import msgspec

WHO = {
    "hosted": "written by {model}",
    "local": "written by {model}, the fallback model",
    "extractive": "quoted from the documents",
    "contact": "no documents at hand",
}
REFUSED = "nothing in the documents proves an answer"


def main() -> None:
    """Command line; exits 1 when there was no answer to print."""
    options = argparse.ArgumentParser(description="Ask the portfolio a question.")
    options.add_argument("question")
    options.add_argument("--url", default="http://127.0.0.1:8081", help="where ask listens")
    given = options.parse_args()
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends us quietly
    try:
        record = ask(given.url, given.question)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL):
        sys.exit(f"{given.url!r} is no address: --url takes one like http://127.0.0.1:8081.")
    except httpx.ConnectError:
        sys.exit(f"Nothing answers at {given.url}. `make run` starts it.")
    except httpx.HTTPError as error:
        sys.exit(f"{given.url}: the connection broke ({type(error).__name__}). Ask again.")
    print(sources(record))


def ask(url: str, question: str) -> dict[str, Any]:
    """Print the answer as it comes; the record. Exits with the detail of a problem."""
    body = msgspec.json.encode({"question": question, "stream": True})
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    with httpx.stream("POST", url, content=body, headers=headers, timeout=90, trust_env=False) as response:
        if response.is_error:
            response.read()
            sys.exit(_detail(response))
        for name, data in events(_lines(response.iter_bytes())):
            if name == "token":
                print(data["text"], end="", flush=True)
            elif name == "reset":
                print("\n… that was cut off; again:\n", flush=True)
            elif name == "error":
                sys.exit(f"\n{data['detail']}")
            elif name == "done":
                print("\n")
                return dict(data)
    sys.exit("\nThe answer broke off before its end. Ask again.")


def events(lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """(name, data) of each event. Ours have one data line each."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, msgspec.json.decode(line[6:])


def _lines(parts: Iterable[bytes]) -> Iterator[str]:
    """Lines as the format has them; httpx would part the text of an answer at U+2028, too."""
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from (line.decode() for line in lines)


def sources(record: dict[str, Any]) -> str:
    """The numbered sources and who wrote the answer, for a terminal."""
    lines = []
    for one in record["sources"]:
        where = " › ".join(part for part in (one["title"], one["section"]) if part)
        lines.append(f"  [{one['n']}] {where}  {one['uri']}".rstrip())
    refused = record["provider"] == "extractive" and not record["answered"]
    who = (
        "nothing in the documents proves an answer"
        if refused
        else WHO[record["provider"]].format(model=record["model"])
    )
    return "\n".join([*lines, f"  {who}{', some parts are down' if record['degraded'] else ''}"])


def _detail(response: httpx.Response) -> str:
    try:
        detail = str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{response.url} answered {response.status_code}."
    wait = response.headers.get("retry-after", "")
    return f"{detail} Ask again in {int(wait)} seconds." if wait.isdecimal() else detail


if __name__ == "__main__":
    main()
