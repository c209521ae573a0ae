"""A file that is damaged, cut off, foreign or beyond measure restores nothing and says why."""

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from functions.ingest import archive
from functions.ingest.archive import Archive, Damaged
from functions.ingest.restore import restore
from functions.shared.settings import Settings
from tests.ingest.backup.saved import elsewhere, names


def rebuilt(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same zip with other contents."""
    with zipfile.ZipFile(file) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    change(parts)
    with zipfile.ZipFile(file, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return file


def put(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda parts: parts.__setitem__(name, content)


def manifest_of(told: Mapping[str, object]) -> Callable[[dict[str, bytes]], None]:
    """Another manifest, with its own checksum right."""
    import hashlib

    def change(parts: dict[str, bytes]) -> None:
        text = json.dumps({**json.loads(parts["manifest.json"]), **told}).encode()
        parts["manifest.json"], parts["manifest.sha256"] = text, hashlib.sha256(text).hexdigest().encode()

    return change


DAMAGE: dict[str, tuple[Callable[[dict[str, bytes]], Any], str]] = {
    "a changed text": (put("passages-00001.jsonl", b"{}"), "passages-00001.jsonl is not what was written"),
    "changed vectors": (put("vectors-00001.npy", b"x"), "vectors-00001.npy is not what was written"),
    "changed matrices": (put("tokens-00001.jsonl", b""), "tokens-00001.jsonl is not what was written"),
    "a changed ledger": (put("ledger-00001.jsonl", b""), "ledger-00001.jsonl is not what was written"),
    "a lost part": (lambda parts: parts.pop("tokens-00001.jsonl"), "it lacks tokens-00001.jsonl"),
    "a changed manifest": (put("manifest.json", b"{}"), "manifest.json is not what was written"),
    "no manifest": (lambda parts: parts.pop("manifest.json"), "has no manifest"),
    "another format": (manifest_of({"format": "x"}), "no backup of this project"),
    "a later version": (manifest_of({"version": 2}), "a backup of version 2, this restores 1"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_foreign_file_is_named_before_anything_is_written(
    settings: Settings, file: Path, damage: str
) -> None:
    change, says = DAMAGE[damage]
    there = elsewhere(settings)
    with pytest.raises(Damaged, match=says):
        restore(rebuilt(file, change), there, force=True)
    assert names(there) == set()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(settings: Settings, file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    there = elsewhere(settings)
    with pytest.raises(Damaged, match="is no backup"):
        restore(file, there)
    assert names(there) == set()


def test_no_byte_of_a_part_may_change(settings: Settings, file: Path) -> None:
    with zipfile.ZipFile(file) as whole:
        starts = {one.filename: one.header_offset + 30 + len(one.filename) for one in whole.infolist()}
    content = file.read_bytes()
    for name, start in starts.items():
        file.write_bytes(content[: start + 9] + bytes([content[start + 9] ^ 0x40]) + content[start + 10 :])
        with pytest.raises(Damaged, match=name.replace(".", r"\.")):
            Archive(file)


def test_what_is_no_backup_at_all_is_said_so(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(Damaged, match="There is no file"):
        restore(tmp_path / "none", settings)
    (tmp_path / "text").write_text("hello")
    with pytest.raises(Damaged, match="is no backup"):
        restore(tmp_path / "text", settings)


def test_a_part_that_unpacks_beyond_measure_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LARGEST_PART", 100)
    with pytest.raises(Damaged, match="larger than any part"):
        Archive(file)
