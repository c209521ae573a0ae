"""Send a folder of documents to ingest, each as a CloudEvent.

    python -m functions.ingest.cli corpus --url http://127.0.0.1:8082 [--wait SECONDS] [--remember FILE]

Markdown (but no README.md), plain text, HTML, PDF, DOCX and a JSON Resume (`resume.json`, `*.resume.json`) are sent,
from sub-folders as well. A document's id is its path in the folder without the extension. FILE remembers what was sent:
a document in it that the folder no longer has is withdrawn. Exit status 1 when any was refused or could not be sent.
"""

import argparse
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import httpx

from functions.ingest.event import PUBLISHED, WITHDRAWN
from functions.ingest.media import MEDIA_TYPES, by_name
from functions.shared.settings import BadSetting, Settings

# A long PDF is parsed and embedded before ingest answers.
TIMEOUT_S = 300.0


class NotSent(Exception):
    """A document that ingest did not take; the message says why."""


def main() -> None:
    """Command line."""
    options = argparse.ArgumentParser(description="Send a folder of documents to ingest as CloudEvents.")
    options.add_argument("folder", type=Path, help="folder with the documents")
    options.add_argument("--url", default="http://127.0.0.1:8082", help="ingest (default: http://127.0.0.1:8082)")
    options.add_argument("--wait", type=float, default=0.0, metavar="S", help="seconds to wait for ingest and Chroma")
    options.add_argument("--remember", type=Path, metavar="FILE", help="withdraw what FILE names and the folder lacks")
    arguments = options.parse_args()
    if not arguments.folder.is_dir():
        sys.exit(f"{arguments.folder} is no folder.")
    try:
        prefix = Settings.read().event_type_prefix
        failures = send(arguments.folder, arguments.url, arguments.wait, prefix, arguments.remember)
    except (NotSent, BadSetting) as problem:
        sys.exit(str(problem))
    sys.exit(1 if failures else 0)


def send(folder: Path, url: str, wait_s: float, prefix: str, remember: Path | None = None) -> int:
    """Send every document of `folder`; returns how many failed. Raises NotSent when there is none to send.

    `remember` holds the ids of an earlier run, one a line: those without a document now are withdrawn.
    """
    paths = documents(folder)
    if not paths:
        raise NotSent(f"{folder} holds no documents: {', '.join(MEDIA_TYPES)} are sent.")
    deadline = time.monotonic() + wait_s
    failures = 0
    with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client, _progress(len(paths)) as progress:
        for path in paths:
            try:
                progress.write(f"{path.relative_to(folder)}: {send_one(client, folder, path, url, deadline, prefix)}")
            except NotSent as problem:
                failures += 1
                progress.write(f"{path.relative_to(folder)}: {problem}")
            progress.update(1)
        ids = {_id(folder, path) for path in paths}
        for gone in sorted(_remembered(remember) - ids):
            try:
                _post(client, url, _headers(folder, f"{prefix}.{WITHDRAWN}", gone), b"", deadline)
                progress.write(f"{gone}: withdrawn, the folder no longer has it")
            except NotSent as problem:
                failures += 1
                ids.add(gone)  # to be tried again
                progress.write(f"{gone}: not withdrawn: {problem}")
    if remember:
        remember.write_text("".join(f"{one}\n" for one in sorted(ids)), encoding="utf-8")
    print(f"{len(paths) - failures} of {len(paths)} documents accepted.")
    return failures


def _remembered(remember: Path | None) -> set[str]:
    return set(remember.read_text(encoding="utf-8").splitlines()) if remember and remember.exists() else set()


def documents(folder: Path) -> list[Path]:
    """What is sent, in a fixed order."""
    return sorted(
        path
        for path in folder.rglob("*")
        if by_name(path.name)
        and path.is_file()
        and path.name.lower() != "readme.md"
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def send_one(client: httpx.Client, folder: Path, path: Path, url: str, deadline: float, prefix: str) -> str:
    """What ingest did with the document; "later" is tried again until `deadline` (monotonic). Raises NotSent."""
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise NotSent(f"cannot be read: {cause.strerror}.") from cause
    headers = _headers(folder, f"{prefix}.{PUBLISHED}", _id(folder, path))
    headers["content-type"] = MEDIA_TYPES[path.suffix.lower()]
    return _told(_post(client, url, headers, content, deadline))


def _id(folder: Path, path: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _headers(folder: Path, kind: str, document: str) -> dict[str, str]:
    return {
        "ce-specversion": "1.0",
        "ce-type": kind,
        "ce-source": f"/cli/{quote(folder.resolve().name)}",
        "ce-id": str(uuid.uuid4()),
        "ce-time": datetime.now(UTC).isoformat(),
        "ce-subject": quote(document),
    }


def _post(client: httpx.Client, url: str, headers: dict[str, str], content: bytes, deadline: float) -> httpx.Response:
    """The reply of ingest, which took the event. Raises NotSent."""
    while True:
        try:
            response = client.post(url, content=content, headers=headers)
        except httpx.HTTPError as cause:
            outcome = f"ingest at {url} does not answer ({type(cause).__name__})."
        else:
            if response.status_code in (200, 204):
                return response
            outcome = _problem(response)
            if response.status_code != 503:
                raise NotSent(outcome)
        if time.monotonic() >= deadline:
            raise NotSent(outcome)
        time.sleep(0.2)


def _told(response: httpx.Response) -> str:
    if response.status_code == 204:
        return "unchanged"
    report = response.json()
    told = f"{report['chunks']} passages, {report['embedded']} embedded"
    if report.get("redactions"):
        told += ", redacted " + ", ".join(f"{count} {kind}" for kind, count in report["redactions"].items())
    if report.get("withheld"):
        told += ", kept out: " + "; ".join(report["withheld"])
    if never := report.get("kept_out", {}).get("never"):
        told += f", left out: {never} for nobody"
    return told


def _problem(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{response.request.url} answered {response.status_code}, and it is no ingest."


class _Progress(Protocol):
    def write(self, s: str) -> None: ...

    def update(self, n: float) -> object: ...


class _Lines:
    """Without a terminal, or without tqdm: a line a document."""

    def write(self, s: str) -> None:
        print(s, flush=True)

    def update(self, n: float) -> None:
        pass


@contextmanager
def _progress(total: int) -> Iterator[_Progress]:
    """A bar with the lines above it."""
    if not sys.stdout.isatty():
        yield _Lines()
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield _Lines()
        return
    with tqdm(total=total, unit="doc") as bar:
        yield bar


if __name__ == "__main__":
    main()
