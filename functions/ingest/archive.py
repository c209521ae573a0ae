"""A backup file: one zip of JSON lines and .npy arrays, and a manifest that has the SHA-256 of every part.

    passages-00001.jsonl   {"id", "text", "fields"} a row
    vectors-00001.npy      float32 (rows, dimension), in the same order
    tokens-00001.jsonl     {"id", "fields"}
    ledger-00001.jsonl     {"id", "fields"}
    manifest.json          format, version, model, dimension, collections' metadata, parts with rows and sha256
    manifest.sha256        its own

It is written and read part by part, so memory does not grow with the corpus; nothing in it is ever executed.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from functions.shared.embed import Floats
from functions.shared.store import LEDGER_SUFFIX, TOKENS_SUFFIX

FORMAT, VERSION = "portfolio-backup", 1
# Kind → the end of its collection's name; in the order in which a restore puts them in their places: with the passages
# it becomes visible.
SUFFIXES = {"tokens": TOKENS_SUFFIX, "ledger": LEDGER_SUFFIX, "passages": ""}
# Bytes of one part: a page of rows has a fraction of that.
LARGEST_PART = 2**28


class Damaged(Exception):
    """A file that cannot be restored; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the manifest says of one part."""

    rows: int
    sha256: str


@dataclass
class Manifest:
    """What the file holds. `fields`: metadata of the collections, by kind."""

    model: str
    dimension: int
    made: str
    fields: dict[str, dict[str, Any]]
    parts: dict[str, Part] = field(default_factory=dict)
    format: str = FORMAT
    version: int = VERSION

    def rows(self, kind: str) -> int:
        """Rows of one kind."""
        return sum(part.rows for name, part in self.parts.items() if name.startswith(f"{kind}-"))

    @property
    def told(self) -> str:
        """In words."""
        return f"{self.rows('passages')} passages, made {self.made[:16]} with {self.model}"


class Writer:
    """Part after part, then the manifest; without that a file is no backup."""

    def __init__(self, file: Path) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._parts: dict[str, Part] = {}

    def rows(self, kind: str, rows: Sequence[dict[str, Any]]) -> None:
        """One part of JSON lines."""
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        self._part(self._name(kind, "jsonl"), lines.encode(), len(rows))

    def vectors(self, vectors: Floats) -> None:
        """The vectors of the passages written before."""
        array = io.BytesIO()
        np.save(array, np.asarray(vectors, np.float32), allow_pickle=False)
        self._part(self._name("vectors", "npy"), array.getvalue(), len(vectors))

    def finish(self, manifest: Manifest) -> None:
        """With the manifest the file is whole."""
        manifest.parts = self._parts
        text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
        self._zip.writestr("manifest.json", text)
        self._zip.writestr("manifest.sha256", hashlib.sha256(text).hexdigest())

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def _name(self, kind: str, ending: str) -> str:
        return f"{kind}-{1 + sum(name.startswith(f'{kind}-') for name in self._parts):05d}.{ending}"

    def _part(self, name: str, content: bytes, rows: int) -> None:
        self._parts[name] = Part(rows, hashlib.sha256(content).hexdigest())
        self._zip.writestr(name, content)


class Archive:
    """A backup to read. Opening it checks every part; raises Damaged."""

    def __init__(self, file: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except FileNotFoundError:
            raise Damaged(f"There is no file {file}.") from None
        except (OSError, zipfile.BadZipFile) as cause:
            raise Damaged(f"{file} is no backup, or only the beginning of one: {cause}.") from cause
        self._file = file
        self.manifest = self._read_manifest()
        for name in self.manifest.parts:
            self._content(name)

    def rows(self, kind: str) -> Iterator[list[dict[str, Any]]]:
        """Rows of one kind, part by part."""
        for name in self._names(kind):
            yield self._rows(name)

    def passages(self) -> Iterator[tuple[list[dict[str, Any]], Floats]]:
        """Passages with their vectors, part by part."""
        for name, array in zip(self._names("passages"), self._names("vectors"), strict=True):
            yield self._rows(name), self._array(array)

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def _names(self, kind: str) -> list[str]:
        return sorted(name for name in self.manifest.parts if name.startswith(f"{kind}-"))

    def _read_manifest(self) -> Manifest:
        names = self._zip.namelist()
        if "manifest.json" not in names or "manifest.sha256" not in names:
            raise Damaged(f"{self._file} is a zip file, but no backup: it has no manifest.")
        text = self._bytes("manifest.json")
        if hashlib.sha256(text).hexdigest().encode() != self._bytes("manifest.sha256"):
            raise Damaged(f"{self._file} is damaged: manifest.json is not what was written.")
        told = json.loads(text)
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise Damaged(f"{self._file} is no backup of this project.")
        if told.get("version") != VERSION:
            raise Damaged(f"{self._file} is a backup of version {told.get('version')}, this restores {VERSION}.")
        return Manifest(**{**told, "parts": {name: Part(**part) for name, part in told["parts"].items()}})

    def _content(self, name: str) -> bytes:
        """A part that is what was written."""
        if name not in self._zip.namelist():
            raise Damaged(f"{self._file} is damaged: it lacks {name}.")
        content = self._bytes(name)
        if hashlib.sha256(content).hexdigest() != self.manifest.parts[name].sha256:
            raise Damaged(f"{self._file} is damaged: {name} is not what was written.")
        return content

    def _bytes(self, name: str) -> bytes:
        if self._zip.getinfo(name).file_size > LARGEST_PART:
            raise Damaged(f"{self._file} is damaged: {name} is larger than any part of a backup.")
        try:
            return self._zip.read(name)
        # NotImplementedError is zipfile's own, for a way of compressing that it does not know.
        except (OSError, zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as cause:
            raise Damaged(f"{self._file} is damaged: {name} cannot be read ({cause}).") from cause
        except Exception as cause:  # zlib.error is its own family
            raise Damaged(f"{self._file} is damaged: {name} cannot be unpacked ({cause}).") from cause

    def _rows(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._content(name).decode().split("\n") if line]

    def _array(self, name: str) -> Floats:
        vectors: Floats = np.load(io.BytesIO(self._content(name)), allow_pickle=False)
        return vectors
