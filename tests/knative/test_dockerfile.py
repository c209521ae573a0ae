"""The Dockerfile, read instruction by instruction: what may be in the images and what may not."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from functions.ask.contracts.docs import ASSETS
from functions.shared.settings import Settings
from requirements.trim import KEPT
from tests.conftest import needs
from tests.knative.rendered import containers
from tests.processes import ROOT


@dataclass
class Stage:
    """One FROM and what follows it."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [rest for name, rest in self.steps if name == instruction]

    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for rest in self.all("ENV") for pair in shlex.split(rest))


@cache
def stages() -> dict[str, Stage]:
    """By name; a name given with ARG before the first FROM is filled in."""
    text = "\n".join(line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#"))
    defaults: dict[str, str] = {}
    found: dict[str, Stage] = {}
    stage = None
    for line in text.replace("\\\n", " ").splitlines():
        instruction, _, rest = line.strip().partition(" ")
        if instruction == "FROM":
            base, _, name = re.sub(r"^--platform=\S+ ", "", rest).partition(" AS ")
            stage = found[name] = Stage(re.sub(r"\$\{(\w+)\}", lambda use: defaults[use[1]], base), name)
        elif stage:
            if instruction:
                stage.steps.append((instruction, rest.strip()))
        elif instruction == "ARG":
            name, _, value = rest.partition("=")
            defaults[name] = value
    return found


def copies(stage: Stage) -> list[tuple[str | None, list[str], str]]:
    """(stage copied from, sources, target) of each COPY."""
    result = []
    for rest in stage.all("COPY"):
        words = shlex.split(rest)
        source = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
        result.append((source, words[:-1], words[-1]))
    return result


def ancestry(name: str) -> set[str]:
    """The stages whose file systems an image is made of: its base, and theirs."""
    return {name} | (ancestry(stages()[name].base) if name in stages() else set())


def reaches(name: str) -> set[str]:
    """The stages an image takes files from."""
    return {source for source, _, _ in copies(stages()[name]) if source}


def test_the_linter_finds_nothing() -> None:
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    needs(hadolint, "hadolint is not installed")
    assert hadolint
    done = subprocess.run(
        [hadolint, "--no-color", str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_only_the_export_is_bound_to_the_building_machine() -> None:
    # It leaves files that are the same on every platform; the other stages must be of the platform they run on.
    bound = re.findall(r"^FROM --platform=\$\{BUILDPLATFORM\} \S+ AS (\w+)$", (ROOT / "Dockerfile").read_text(), re.M)
    assert bound == ["export"]


def test_every_package_has_a_wheel_for_both_platforms_or_for_any() -> None:
    # pip refuses to build (--only-binary), so a package that one platform lacks would stop its image.
    assert "platform_machine == 'x86_64'" not in lock()


def test_the_targets_are_functions_and_site() -> None:
    assert {"functions", "site"} <= set(stages())


@pytest.mark.parametrize("target", ["functions", "site"])
def test_an_image_runs_as_a_numeric_user_who_is_not_root(target: str) -> None:
    # Kubernetes checks runAsNonRoot against a number; a name tells it nothing.
    last = stages()[target].all("USER")[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", last)


@pytest.mark.parametrize(("target", "image"), [("functions", "portfolio-functions"), ("site", "portfolio-site")])
def test_the_manifests_run_an_image_as_its_own_user(target: str, image: str) -> None:
    contexts = [box["securityContext"] for _, box in containers("knative/base") if f"/{image}:" in box["image"]]
    assert contexts
    assert {f"{c['runAsUser']}:{c['runAsGroup']}" for c in contexts} == {stages()[target].all("USER")[-1]}


@pytest.mark.parametrize("target", ["functions", "site"])
def test_nothing_runs_after_the_user_has_changed(target: str) -> None:
    names = [name for name, _ in stages()[target].steps]
    assert "RUN" not in names[names.index("USER") :]


def test_every_base_is_a_version() -> None:
    for stage in stages().values():
        if stage.base not in stages() and stage.base != "scratch":
            assert re.search(r":\d+\.\d+\.\d+-", stage.base), stage.base


def test_torch_stays_in_the_stage_that_exports_the_model() -> None:
    with_torch = {name for name, stage in stages().items() if "build.txt" in " ".join(stage.all("RUN"))}
    assert with_torch == {"export"}
    assert "export" not in ancestry("functions") | reaches("functions") | ancestry("site") | reaches("site")
    # What leaves that stage is the model folder alone.
    taken = [(s.name, sources) for s in stages().values() for origin, sources, _ in copies(s) if origin == "export"]
    assert taken == [("model", ["/export/model/"])]
    assert not re.search(r"^(torch|sentence-transformers|transformers)==", lock(), re.MULTILINE)


def lock() -> str:
    return (ROOT / "requirements/functions.lock").read_text()


def test_packages_come_from_the_lock_and_with_their_hashes() -> None:
    (install, *_) = [run for run in stages()["packages"].all("RUN") if "pip install" in run]
    assert "--require-hashes" in install
    assert "-r functions.lock" in install
    assert "pip install" not in " ".join(stages()["functions"].all("RUN"))
    for entry in re.split(r"\n(?=[a-z])", lock().partition("\n\n")[2] or lock()):
        if "==" in entry:
            assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_what_no_function_needs_is_cut_out_before_bytecode_is_made_of_it() -> None:
    # tools/image.py runs the same file, so test_image.py tries what is left.
    (run,) = stages()["packages"].all("RUN")
    assert " && python trim.py /packages/lib/python3.11/site-packages " in run
    assert run.index("pip install") < run.index("trim.py") < run.index("compileall")
    assert (None, ["requirements/functions.lock", "requirements/trim.py"], "./") in copies(stages()["packages"])


def versions(path: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", (ROOT / path).read_text(), re.MULTILINE))


def test_the_lock_holds_every_dependency_in_the_version_the_tests_run_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["image"]]
    names = {re.split(r"[^\w-]", entry)[0].lower() for entry in wanted}
    shipped, tested = versions("requirements/functions.lock"), versions("requirements/dev.lock")
    assert names - set(shipped) == set()
    assert {name: version for name, version in shipped.items() if tested.get(name, version) != version} == {}


def test_of_swagger_ui_the_image_keeps_what_docs_serves() -> None:
    assert {"swagger_ui/static": (*ASSETS, "LICENSE")} == KEPT
    assert "swagger-ui-py" in versions("requirements/functions.lock")


def test_no_version_that_cuts_streams_is_locked() -> None:
    # uvicorn 0.43 and 0.44 cancel open streams 0.2 s after SIGTERM.
    locked = versions("requirements/functions.lock")
    assert tuple(int(part) for part in locked["uvicorn"].split(".")[:2]) >= (0, 45)


def test_what_cuts_streams_at_once_is_nobodys_but_mcps() -> None:
    # sse-starlette cancels its streams the moment SIGTERM comes. mcp brings it; ask's own streams must not be its.
    (wanted_by,) = re.findall(r"^sse-starlette==.*?\n    # via(.*?)\n(?=\S|$)", lock(), re.MULTILINE | re.DOTALL)
    assert re.findall(r"^ +#   ([^-\s]\S*)", wanted_by, re.MULTILINE) == ["mcp"]
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "functions").rglob("*.py")]
    assert not any("sse_starlette" in source or "EventSourceResponse" in source for source in sources)


@pytest.mark.parametrize(
    "path", ["Dockerfile", "requirements/functions.lock", "requirements/build.txt", "requirements/weights.txt"]
)
def test_no_package_index_is_written_down(path: str) -> None:
    assert "://" not in (ROOT / path).read_text()


def test_where_torch_comes_from_is_for_the_user_to_say() -> None:
    assert stages()["export"].all("ARG") == ['TORCH_INDEX=""']


@pytest.mark.parametrize("part", ["packages", "functions"])
def test_bytecode_is_made_at_build_time_and_never_checked(part: str) -> None:
    # Nothing can write it later: the file system is read-only.
    assert "compileall -q" in " ".join(stages()[part].all("RUN"))
    assert "--invalidation-mode unchecked-hash" in " ".join(stages()[part].all("RUN"))


def test_the_standard_library_has_bytecode_too() -> None:
    assert "/usr/local/lib/python3.11" in " ".join(stages()["functions"].all("RUN"))
    assert "python:3.11." in stages()["functions"].base


def test_the_model_is_baked_in_as_documents_and_questions_need_it() -> None:
    stage = stages()["functions"]
    (model,) = [copy for copy in copies(stage) if copy[0] == "model"]
    needed = {Settings().model_precision, Settings().question_precision}
    assert model[1:] == (["model.json", "tokenizer.json", *(f"model.{one}.ort" for one in sorted(needed))], "model/")
    assert Settings().model_dir == "model"  # relative to the working directory
    assert stage.all("WORKDIR") == ["/app"]


def test_the_functions_image_starts_our_server_as_process_one() -> None:
    (command,) = stages()["functions"].all("CMD")
    assert json.loads(command) == ["python", "-m", "functions.shared.serve"]
    environment = stages()["functions"].environment()
    assert environment["PYTHONPATH"] == "/app"
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert {"FUNCTION_TARGET", "FUNCTION_SOURCE", "DEBUG", "HOST", "PORT"}.isdisjoint(environment)


def test_the_functions_image_holds_functions_and_corpus_only() -> None:
    own = [source for origin, sources, _ in copies(stages()["functions"]) if origin is None for source in sources]
    assert sorted(own) == ["corpus/", "functions/"]


def test_every_source_of_a_copy_is_in_the_repository_and_passes_dockerignore() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for stage in stages().values():
        for origin, sources, _ in copies(stage):
            for source in sources if origin is None else []:
                assert (ROOT / source).exists(), source
                path = source.rstrip("/")
                assert any(path == rule or path.startswith(f"{rule}/") for rule in allowed), source


def test_dockerignore_lets_nothing_in_by_itself() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*"


def test_the_site_fills_in_no_variable_of_nginx() -> None:
    environment = stages()["site"].environment()
    template = (ROOT / "knative/site/nginx.conf").read_text()
    filled = set(re.findall(r"\$\{([A-Z_]+)\}", template))
    assert filled == {"ASK_HOST", "ASK_PORT", "NGINX_LOCAL_RESOLVERS"}
    assert all(re.search(environment["NGINX_ENVSUBST_FILTER"], name) for name in filled)
    assert filled - set(environment) == {"NGINX_LOCAL_RESOLVERS"}  # set by the image's start script
    own = set(re.findall(r"\$\{?([a-z_0-9]+)", template))
    assert not any(re.search(environment["NGINX_ENVSUBST_FILTER"], name) for name in own)
