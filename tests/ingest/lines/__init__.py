"""The lines of private.txt and ordinary.txt."""

import re
from pathlib import Path

from functions.shared.personal import NOTES

FOLDER = Path(__file__).parent
_MARK = re.compile(r"⟦(?P<kind>\w+) (?P<value>[^⟧]+)⟧")


def private_lines() -> list[tuple[str, str]]:
    """(line, the same with notes in place of what is private)."""
    return [
        (_MARK.sub(lambda mark: mark["value"], line), _MARK.sub(lambda mark: NOTES[mark["kind"]], line))  # type: ignore[index]
        for line in _lines("private.txt")
    ]


def marks() -> list[list[tuple[str, str]]]:
    """(kind, value) of what is private in each of the private lines."""
    return [[(mark["kind"], mark["value"]) for mark in _MARK.finditer(line)] for line in _lines("private.txt")]


def ordinary_lines() -> list[str]:
    """Lines without anything private."""
    return _lines("ordinary.txt")


def _lines(name: str) -> list[str]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.replace("\\n", "\n").replace("\\t", "\t") for line in lines if line and not line.startswith("#")]
