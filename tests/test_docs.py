"""The documents say what the code does."""

import re
from pathlib import Path

import pytest

from tests.processes import ROOT
from tools.readme import blocks, replaced

# Neither environments nor state, which start with a dot, nor what npm brought.
DOCUMENTS = [
    path
    for path in sorted(ROOT.rglob("*.md"))
    if not any(part[0] == "." or part == "node_modules" for part in path.relative_to(ROOT).parts)
]
LISTED = {"ask", "ingest", "health", "shared", "providers", "embed", "dead_letter"}


@pytest.mark.parametrize(("path", "block", "content"), blocks(), ids=[block for _, block, _ in blocks()])
def test_generated_tables_are_up_to_date(path: Path, block: str, content: str) -> None:
    document = (ROOT / path).read_text(encoding="utf-8")
    assert replaced(document, block, content) == document, "`make settings` writes the tables anew"


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_every_link_into_the_repository_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_way_through_the_code_names_every_module() -> None:
    told = (ROOT / "functions" / "README.md").read_text(encoding="utf-8")
    modules = [path.relative_to(ROOT / "functions") for path in (ROOT / "functions").rglob("*.py")]
    single = [str(path) for path in modules if path.name != "__init__.py" and path.parent.name in LISTED]
    assert [path for path in single if f"({path})" not in told] == []


def test_every_make_target_in_readme_and_contributing_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {name for rule in re.findall(r"^([\w -]+):(?!=)", makefile, re.M) for name in rule.split()}
    for name in ("README.md", "CONTRIBUTING.md", "corpus/README.md"):
        named = set(re.findall(r"\bmake ([a-z-]+)\b", (ROOT / name).read_text(encoding="utf-8")))
        assert named <= targets, name
