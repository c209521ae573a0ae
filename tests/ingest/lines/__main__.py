"""Precision and recall by kind over the lines, as the table of docs/decisions.md: `python -m tests.ingest.lines`.

Recall is the share of marked values that are wholly gone; precision the share of notes that stand where a mark is.
"""

from collections import Counter

from functions.ingest.personal import redact
from functions.shared.personal import KINDS, NOTES
from tests.ingest.lines import marks, ordinary_lines, private_lines


def main() -> None:
    """Print the table."""
    marked, gone, placed, right = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for (line, left), values in zip(private_lines(), marks(), strict=True):
        told = redact(line, "DE")[0]
        for kind, value in values:
            marked[kind] += 1
            gone[kind] += value not in told
        for kind, note in NOTES.items():
            placed[kind] += told.count(note)
            right[kind] += min(told.count(note), left.count(note))
    for line in ordinary_lines():
        placed.update(redact(line, "DE")[1])
    print("| kind | values | recall | notes | precision |\n| --- | --- | --- | --- | --- |")
    for kind in KINDS:
        recall, precision = gone[kind] / marked[kind], right[kind] / max(1, placed[kind])
        print(f"| {kind} | {marked[kind]} | {recall:.2f} | {placed[kind]} | {precision:.2f} |")


if __name__ == "__main__":
    main()
