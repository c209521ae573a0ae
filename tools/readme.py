"""The generated parts of the documents: `python -m tools.readme` (make settings) writes them, a test checks them."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench import report
from functions.shared.settings import table

RESULTS = Path("bench/results")
QUALITY = RESULTS / "quality.json"
MEASURED = [  # document, block, the result that fills it and how; one that was never kept leaves the block as it is
    (Path("README.md"), "bench", "bench", report.short),
    (Path("bench/README.md"), "bench", "bench", report.run),
    (Path("bench/README.md"), "load", "bench", lambda _: report.picture("load", "Latency and rate under load")),
    (Path("bench/README.md"), "page", "page", report.page),
    (Path("bench/README.md"), "growth", "growth", report.growth),
    (Path("docs/scaling.md"), "growth", "growth", report.growth),
    (Path("docs/scaling.md"), "load", "bench", lambda _: report.picture("load", "Latency and rate under load")),
]
COLUMNS = ("recall@1", "recall@4", "mrr@10", "right", "refused", "cited", "leaks")
IN_DIALOGUE = {  # column of the gate → heading
    "right": "right",
    "right written out": "written out",
    "ratio": "ratio",
    "right self-contained": "new topic",
    "right self-contained alone": "new topic alone",
    "refused": "refused",
    "cited": "cited",
}


def main() -> None:
    """Write every block."""
    for path, block, content in blocks():
        path.write_text(replaced(path.read_text(encoding="utf-8"), block, content), encoding="utf-8")


def blocks() -> list[tuple[Path, str, str]]:
    """(document, name of the block, what belongs into it)."""
    return [
        (Path("README.md"), "settings", table()),
        (Path("README.md"), "quality", quality(json.loads(QUALITY.read_text()))),
        *((document, block, written(kept)) for document, block, kept, written in _measured()),
    ]


def _measured() -> Iterator[tuple[Path, str, dict[str, Any], Callable[[dict[str, Any]], str]]]:
    for document, block, name, written in MEASURED:
        kept = RESULTS / f"{name}.json"
        if kept.exists():
            yield document, block, json.loads(kept.read_text(encoding="utf-8")), written


def replaced(document: str, block: str, content: str) -> str:
    """The document with the lines between `<!-- block… -->` and `<!-- /block -->` replaced."""
    pattern = re.compile(rf"(<!-- {block}\b[^>]*-->\n).*?(<!-- /{block} -->)", re.S)
    if not pattern.search(document):
        raise ValueError(f"no block <!-- {block} --> … <!-- /{block} -->")
    return pattern.sub(lambda marks: f"{marks[1]}{content}\n{marks[2]}", document)


def quality(table: dict[str, Any]) -> str:
    """The tables of the quality gate's last run: single questions, and dialogues if it had any."""
    single = {name: splits for name, splits in table.items() if not name.startswith("dialogues")}
    told = {name: splits for name, splits in table.items() if name.startswith("dialogues")}
    tables = [_quality(single, dict(zip(COLUMNS, COLUMNS, strict=True)))]
    return "\n\n".join([*tables, _quality(told, IN_DIALOGUE)] if told else tables)


def _quality(table: dict[str, Any], columns: dict[str, str]) -> str:
    head = "| documents | questions | n | " + " | ".join(columns.values()) + " |"
    lines = [head, "| --- " * (len(columns) + 3) + "|"]
    for name, splits in table.items():
        for split, row in splits.items():
            cells = [_cell(column, row[column]) if column in row else "–" for column in columns]
            lines.append(f"| {name} | {split} | {row['n']:.0f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(column: str, figure: float) -> str:
    return f"{figure:.0f}" if column == "leaks" else f"{figure:.2f}"


if __name__ == "__main__":
    main()
