"""Two real ingest processes that live through a history of documents, and a reader that never rests."""

import asyncio
import contextlib
import itertools
import json
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from functions.ask import holder as ask_holder
from functions.ask.holder import CorpusHolder
from functions.ingest.chunk import chunk
from functions.ingest.connection import open_client
from functions.ingest.event import order
from functions.ingest.parse import parse
from functions.ingest.privacy import open_redactor, privacy
from functions.shared.records import Chunk
from functions.shared.settings import Settings
from functions.shared.store import LEDGER_SUFFIX, TOKENS_SUFFIX, Store
from tests.conftest import MODEL
from tests.ingest.crashing import LEASE_S
from tests.ingest.events import PUBLISHED, WITHDRAWN, at, headers, published
from tests.ingest.histories import DOCUMENTS, Happening, History
from tests.processes import Chroma, Function, wait_until


class Reader(threading.Thread):
    """ask's reader of the corpus, asking again as soon as it has an answer."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(daemon=True)
        self.settings = settings
        self.seen: dict[str, set[tuple[str, ...]]] = {}
        self.now: dict[str, tuple[str, ...]] = {}
        self.looks = 0
        self.failure: BaseException | None = None
        self._ended = threading.Event()

    def run(self) -> None:
        try:
            asyncio.run(self._poll())
        except BaseException as failure:
            self.failure = failure

    async def _poll(self) -> None:
        ask_holder.RECHECK_S = 0.0
        store = Store(self.settings)
        origin = json.loads((MODEL / "model.json").read_text())
        holder = CorpusHolder(store, f"{origin['name']}@{origin['revision']}")
        while not self._ended.is_set():
            found, _ = await holder.current()
            texts: dict[str, list[str]] = {}
            for row in found.rows:
                texts.setdefault(row.chunk.document, []).append(row.chunk.text)
            self.now = {document: tuple(lines) for document, lines in texts.items()}
            for document, lines in self.now.items():
                self.seen.setdefault(document, set()).add(lines)
            self.looks += 1
        await holder.close()
        await store.close()

    def stop(self) -> None:
        self._ended.set()
        self.join(30)


class World:
    """One Chroma, two ingest processes, a third that steps in for one that was killed, and the reader."""

    def __init__(self, folder: Path, chroma: Chroma) -> None:
        self.folder = folder
        self.settings = Settings(chroma_url=chroma.url, chroma_collection=f"t{uuid.uuid4().hex}", model_dir=str(MODEL))
        self.crashes = 0
        self._numbers, self._pool = itertools.count(), ThreadPoolExecutor(8)
        self._spare: Future[tuple[Function, Path]] = self._pool.submit(self._start)
        self._pair = [self._start(), self._start()]
        self.reader = Reader(self.settings)
        self.reader.start()
        self._client = open_client(self.settings)

    def _start(self) -> tuple[Function, Path]:
        fault = self.folder / f"fault-{next(self._numbers)}"
        environment = {
            "CHROMA_URL": self.settings.chroma_url,
            "CHROMA_COLLECTION": self.settings.chroma_collection,
            "MODEL_DIR": self.settings.model_dir,
            "FAULT": str(fault),
        }
        return Function("ingest", self.folder, environment, serve="tests.ingest.crashing"), fault

    def close(self) -> None:
        self.reader.stop()
        for process, _ in [*self._pair, self._spare.result()]:
            process.stop()
        self._pool.shutdown()

    def live_through(self, history: History, prefix: str) -> None:
        """Deliver as the history says, then again what was not acknowledged, as a Broker does."""
        open_events = set(range(len(history.happenings)))
        for wave in history.waves:
            if wave.fault:
                process, fault = wave.fault
                self._pair[process][1].write_text(fault)
            open_events -= self._deliver(history, prefix, wave.deliveries)
            for _, file in self._pair:
                file.unlink(missing_ok=True)
        deadline = time.monotonic() + 60
        for turn in itertools.count():
            if not open_events:
                return
            assert time.monotonic() < deadline, f"never accepted: {open_events}"
            open_events -= self._deliver(history, prefix, [(number, turn % 2) for number in sorted(open_events)])

    def _deliver(self, history: History, prefix: str, deliveries: Sequence[tuple[int, int]]) -> set[int]:
        """The numbers that were acknowledged."""
        sent = {
            self._pool.submit(self._send, history.happenings[number], prefix, self._pair[process][0].url): number
            for number, process in deliveries
        }
        done = {number for future, number in sent.items() if future.result()}
        for place, (process, _) in enumerate(self._pair):
            if process.returncode is not None:
                self.crashes += 1
                process.stop()
                self._pair[place] = self._spare.result()
                self._spare = self._pool.submit(self._start)
        return done

    def _send(self, event: Happening, prefix: str, url: str) -> bool:
        """Whether it was acknowledged. "Later" is tried again until a turn that was held has expired, so that a
        writer that stands still is overtaken.
        """
        head = headers(prefix + event.document, event.minute, PUBLISHED if event.lines else WITHDRAWN)
        if event.version:
            head["ce-version"] = event.version
        deadline = time.monotonic() + 2 * LEASE_S
        while True:
            try:
                reply = httpx.post(url, content=event.content() if event.lines else b"", headers=head, timeout=60)
            except httpx.HTTPError:
                return False
            assert reply.status_code in (200, 204, 503), reply.text
            if reply.status_code != 503 or time.monotonic() > deadline:
                return reply.status_code != 503
            time.sleep(0.1)

    def expected(self, history: History, prefix: str) -> dict[str, list[Chunk]]:
        """The passages of each document after the history in its own order, without those that are gone."""
        found = {}
        for name in DOCUMENTS:
            last = history.last(name)
            if last and last.lines:
                document = parse(published(last.content(), document=prefix + name))
                found[prefix + name] = chunk(privacy(document, open_redactor(self.settings)).document, self.settings)
        return found

    def check(self, history: History, prefix: str) -> None:
        """Rows, matrices, ledger and reader are as if everything had happened in order, once, without a crash."""
        expected = self.expected(history, prefix)
        rows, ledger = self._stored("", prefix), self._stored(LEDGER_SUFFIX, prefix)
        for name in (prefix + one for one in DOCUMENTS):
            mine = [row for row in rows if row["document"] == name]
            wanted = expected.get(name, [])
            assert sorted(row["position"] for row in mine) == [one.position for one in wanted], (name, mine)
            assert {row["text"] for row in mine} == {one.text for one in wanted}
            assert all(row["live"] and row["of"] == len(wanted) for row in mine)
            assert len({row["generation"] for row in mine}) <= 1
            self._check_ledger(
                history.last(name.removeprefix(prefix)), [r for r in ledger if r["document"] == name], mine
            )
        self._check_matrices({row["hash"] for row in rows})
        wait_until(
            lambda: (
                {name: lines for name, lines in self.reader.now.items() if name.startswith(prefix)}
                == {name: tuple(one.text for one in wanted) for name, wanted in expected.items()}
            ),
            what=f"the reader seeing {expected}",
        )
        self._check_seen(history, prefix)

    def _check_ledger(self, last: Happening | None, turns: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
        finished = [turn for turn in turns if turn.get("state") in ("live", "withdrawn")]
        if last is None:
            assert not finished
            return
        entry = max(finished, key=lambda turn: turn["number"])
        assert (entry["state"], entry["time"]) == ("live" if last.lines else "withdrawn", at(last.minute))
        assert (entry["version"], entry["told"]) == (order(last.version), True)
        assert {entry["generation"]} == ({row["generation"] for row in rows} or {""})

    def _check_matrices(self, hashes: set[str]) -> None:
        tokens = self._collection(TOKENS_SUFFIX)
        if hashes:
            assert set(tokens.get(ids=sorted(hashes), include=[])["ids"]) == hashes

    def _check_seen(self, history: History, prefix: str) -> None:
        for name in DOCUMENTS:
            allowed = {one.lines for one in history.happenings if one.document == name}
            mixtures = self.reader.seen.get(prefix + name, set()) - allowed
            assert not mixtures, f"{name} was seen as {mixtures}"
        assert self.reader.failure is None

    def forget(self, prefix: str) -> None:
        """Delete what the history left, so that the next finds an empty corpus."""
        for suffix in ("", LEDGER_SUFFIX):
            with contextlib.suppress(Exception):
                rows = self._collection(suffix)
                for name in DOCUMENTS:
                    rows.delete(where={"document": prefix + name})

    def _collection(self, suffix: str) -> Any:
        return self._client.get_collection(self.settings.chroma_collection + suffix, embedding_function=None)

    def _stored(self, suffix: str, prefix: str) -> list[dict[str, Any]]:
        found = self._collection(suffix).get(include=["metadatas", "documents"])
        return [
            {**fields, "text": text}
            for fields, text in zip(found["metadatas"], found["documents"], strict=True)
            if fields["document"].startswith(prefix)
        ]


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    chroma = Chroma(folder)
    chroma.start()
    try:
        alive = World(folder, chroma)
        try:
            yield alive
        finally:
            alive.close()
    finally:
        chroma.stop()
