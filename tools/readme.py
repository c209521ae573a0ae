"""The generated parts of the documents: `python -m tools.readme` (make settings) writes them, a test checks them."""

import json
import re
from pathlib import Path
from typing import Any

from functions.shared.settings import table

COLD_START = Path("bench/results/cold_start.json")
PAGE = Path("bench/results/page.json")
QUALITY = Path("bench/results/quality.json")
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
        (Path("bench/README.md"), "cold_start", cold_start(json.loads(COLD_START.read_text()))),
        (Path("bench/README.md"), "page", page(json.loads(PAGE.read_text()))),
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


def page(result: dict[str, Any]) -> str:
    """The tables of bench/page.py's last run."""
    times = [
        f"| {name} | {row['median']:.0f} | {row['min']:.0f}–{row['max']:.0f} |"
        for name, row in result["times_ms"].items()
    ]
    weights = [f"| {name} | {size:,} |" for name, size in result["weights"].items()]
    head = "| from the click to | median ms | range |\n| --- | --- | --- |"
    loaded = "| loaded | bytes, gzip |\n| --- | --- |"
    told = f"{result['date'][:10]}, {result['machine']}, {result['runs']} questions each, every one in a fresh page."
    return "\n".join([head, *times, "", loaded, *weights, "", told])


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
