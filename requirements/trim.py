"""Takes out of a site-packages folder what its packages bring and no function imports.

    python trim.py /packages/lib/python3.11/site-packages

The Dockerfile runs it and tools/image.py does, so what is tested without Docker is what the image holds; a test imports
everything the functions import from what is left. Nothing but the standard library is needed.
"""

import shutil
import sys
from pathlib import Path

UNNEEDED = (
    # Where a number is, whose, at what time: ingest only asks whether something is a number (41 MB).
    "phonenumbers/geodata",
    "phonenumbers/carrierdata",
    "phonenumbers/tzdata",
    # Tools that make and change models; the image runs one that is made.
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    # Tests of others.
    "chromadb/test",
    "numpy/**/tests",
)
# Of these folders the named files stay: what /docs serves of Swagger UI, with its licence, 1.7 MB of 25.
KEPT = {"swagger_ui/static": ("swagger-ui.css", "swagger-ui-bundle.js", "LICENSE")}


def main() -> None:
    """Trim the folder that is named."""
    print(f"{trim(Path(sys.argv[1])) / 1e6:.1f} MB of unneeded parts removed")


def trim(folder: Path) -> int:
    """The bytes removed. Where a part is not there, a package has changed and this list must: SystemExit says which."""
    unneeded = [path for pattern in UNNEEDED for path in _found(folder, pattern)]
    for place, names in KEPT.items():
        kept = [file for name in names for file in _found(folder, f"{place}/{name}")]
        unneeded += [path for path in (folder / place).iterdir() if path not in kept]
    return sum(map(_remove, unneeded))


def _found(folder: Path, pattern: str) -> list[Path]:
    found = list(folder.glob(pattern))
    if not found:
        raise SystemExit(f"{folder} has no {pattern}: requirements/trim.py names what is not there any more.")
    return found


def _remove(path: Path) -> int:
    """A file, or a folder with all that is in it; its bytes."""
    if path.is_file():
        size = path.stat().st_size
        path.unlink()
        return size
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    shutil.rmtree(path)
    return size


if __name__ == "__main__":
    main()
