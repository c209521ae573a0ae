"""Runs the page's network tests under node's own test runner."""

import shutil
import subprocess
from pathlib import Path

from tests.conftest import needs


def test_the_network_code_passes_its_tests_under_node() -> None:
    node = shutil.which("node")
    needs(node, "node is not installed")
    assert node
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    needs(int(version.lstrip("v").split(".")[0]) >= 18, f"node {version.strip()} has no test runner, 18 or newer does")
    tests = Path(__file__).with_name("test_ask.mjs")
    run = subprocess.run([node, "--test", str(tests)], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
