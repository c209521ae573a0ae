"""README's examples, as a reader copies them, against a real ask."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import needs
from tests.processes import ROOT, Function

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("<!-- examples -->")[2].partition("<!-- /examples -->")[0]
EXAMPLES = re.findall(r"^```(\w+)\n(.*?)^```$", SECTION, re.M | re.S)
RUN = {"sh": ["bash", "-euc"], "js": ["node", "--input-type=module", "-e"], "python": [sys.executable, "-c"]}


@pytest.fixture(scope="module")
def ask(fed: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    with Function("ask", tmp_path_factory.mktemp("examples"), fed) as function:
        yield function


def test_there_is_one_for_each_kind_of_caller() -> None:
    assert [language for language, _ in EXAMPLES] == ["sh", "js", "python", "python"]


@pytest.mark.parametrize(("language", "code"), EXAMPLES, ids=["curl", "fetch", "openai", "mcp"])
def test_it_answers(ask: Function, language: str, code: str) -> None:
    needs(shutil.which(RUN[language][0]), f"{RUN[language][0]} is not installed")
    assert "http://127.0.0.1:8081" in code
    command = [*RUN[language], code.replace("http://127.0.0.1:8081", ask.url)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "VitaScale" in done.stdout
    assert "https://" in done.stdout  # a source
