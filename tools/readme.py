"""The generated parts of the documents: `python -m tools.readme` (make settings) writes them, a test checks them."""

import json
import re
from pathlib import Path
from typing import Any

from functions.shared.settings import table

COLD_START = Path("bench/results/cold_start.json")


def main() -> None:
    """Write every block."""
    for path, block, content in blocks():
        path.write_text(replaced(path.read_text(encoding="utf-8"), block, content), encoding="utf-8")


def blocks() -> list[tuple[Path, str, str]]:
    """(document, name of the block, what belongs into it)."""
    return [
        (Path("README.md"), "settings", table()),
        (Path("bench/README.md"), "cold_start", cold_start(json.loads(COLD_START.read_text()))),
    ]


def replaced(document: str, block: str, content: str) -> str:
    """The document with the lines between `<!-- block… -->` and `<!-- /block -->` replaced."""
    pattern = re.compile(rf"(<!-- {block}\b[^>]*-->\n).*?(<!-- /{block} -->)", re.S)
    if not pattern.search(document):
        raise ValueError(f"no block <!-- {block} --> … <!-- /{block} -->")
    return pattern.sub(lambda marks: f"{marks[1]}{content}\n{marks[2]}", document)


def cold_start(result: dict[str, Any]) -> str:
    """The table of bench/cold_start.py's last run."""
    rows = [
        f"| {name} | {row['median_s']:.3f} | {row['min_s']:.3f}–{row['max_s']:.3f} | {row['ratio']:.2f}"
        f" | {row['pss_mb']:.0f} |"
        for name, row in result["rows"].items()
    ]
    head = "| row | median s | range | ratio | PSS MB |\n| --- | --- | --- | --- | --- |"
    return "\n".join([head, *rows, "", f"{result['date'][:10]}, {result['machine']}, {result['runs']} runs each."])


if __name__ == "__main__":
    main()
