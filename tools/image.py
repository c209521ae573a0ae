"""The functions image's own files, made without Docker, and what each part weighs.

    python -m tools.image [FOLDER]   by default a folder among the system's temporary files

    FOLDER/venv   what requirements/functions.lock names, less requirements/trim.py, with bytecode
    FOLDER/app    functions/, corpus/ and the model, as the Dockerfile copies them

The base image (Python itself, Debian) is not in it. `docker image ls` has the sum of both where Docker is.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

LOCK, TRIM = Path("requirements/functions.lock"), Path("requirements/trim.py")
MODEL = ("model.json", "tokenizer.json", "model.fp32.ort", "model.int8.ort")
COMPILE = ("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")


def main() -> None:
    """Make it and print its table."""
    folder = make(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    print(table(sizes(folder)))


def make(folder: Path | None = None) -> Path:
    """The folder, made anew except for its packages, which stay while the lock does."""
    folder = folder or cache()
    packages(folder / "venv")
    app = folder / "app"
    if app.exists():
        _set_writable(app)
        shutil.rmtree(app)
    for part in ("functions", "corpus"):
        shutil.copytree(part, app / part, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    (app / "model").mkdir()
    for name in MODEL:
        shutil.copy(Path("model") / name, app / "model" / name)
    subprocess.run([folder / "venv/bin/python", *COMPILE, app / "functions"], check=True)
    return folder


def cache() -> Path:
    """A folder of this user, this lock and this trimming that every user may read into, as a container's user does."""
    digest = hashlib.sha256(LOCK.read_bytes() + TRIM.read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"portfolio-image-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise SystemExit(f"{folder} belongs to somebody else.")
    return folder


def packages(venv: Path) -> None:
    """The locked packages in an environment of their own; a stamp says that all of them are there."""
    stamp = venv / ".complete"
    if stamp.exists():
        return
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([interpreter(), "-m", "venv", venv], check=True)
    pip = [venv / "bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "--only-binary", ":all:", "--require-hashes", "--no-deps", "-r", LOCK], check=True)
    subprocess.run([venv / "bin/python", "-m", "pip", "uninstall", "--quiet", "-y", "pip", "setuptools"], check=True)
    (site,) = (venv / "lib").glob("python3.*/site-packages")
    subprocess.run([venv / "bin/python", TRIM, site], check=True)
    subprocess.run([venv / "bin/python", *COMPILE, "-j", "0", venv / "lib"], check=True)
    stamp.touch()


def interpreter() -> str:
    """A Python that any user may run: a developer's own often lies in a home nobody else may enter."""
    own = Path(sys.executable).resolve()
    for path in (own, Path("/usr/bin/python3")):
        if path.exists() and all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents)):
            return str(path)
    raise SystemExit(f"Neither {own} nor /usr/bin/python3 may be run by every user.")


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of each part, the largest first; "packages" is split into those above ten megabytes and the rest."""
    (site,) = (folder / "venv/lib").glob("python3.*/site-packages")
    parts = {f"package {path.name}": _bytes(path) for path in site.iterdir()}
    large = {name: size for name, size in parts.items() if size > 10_000_000}
    large["packages, the others"] = sum(parts.values()) - sum(large.values())
    for part in ("model", "functions", "corpus"):
        large[part] = _bytes(folder / "app" / part)
    return dict(sorted(large.items(), key=lambda item: -item[1]))


def table(found: dict[str, int]) -> str:
    """Markdown, in megabytes of 1,000,000 bytes."""
    rows = [f"| {name} | {size / 1e6:.1f} |" for name, size in found.items()]
    total = f"| together | {sum(found.values()) / 1e6:.1f} |"
    return "\n".join(["| part | MB |", "| --- | --- |", *rows, total])


def _bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in _files(path))


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    else:
        yield from (file for file in path.rglob("*") if file.is_file() and not file.is_symlink())


def _set_writable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)


if __name__ == "__main__":
    main()
