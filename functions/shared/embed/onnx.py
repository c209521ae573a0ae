"""Run time: the exported MiniLM on ONNX Runtime (https://onnxruntime.ai/docs/api/python/)."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Encoding, Tokenizer

from functions.shared.embed import Encoded, Floats
from functions.shared.problem import ModelUnusable

# Padding costs a whole row of the batch its longest text, so a batch is bounded in tokens, not in texts, and the share
# of its tokens that may be padding, too: a long question that comes with short ones runs by itself.
TOKENS_PER_BATCH = 4096
MOST_PADDING = 0.1


class OnnxEmbedder:
    """`model.<precision>.ort` with its tokenizer; texts are cut at the model's token limit."""

    def __init__(self, folder: Path, precision: str, threads: int = 0) -> None:
        """Load from the folder that `export.py` wrote; `threads` 0 lets ONNX Runtime choose."""
        try:
            origin = json.loads((folder / "model.json").read_text())
            self.name = f"{origin['name']}@{origin['revision']}"
            self.dimension: int = origin["dimension"]
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.enable_truncation(origin["max_tokens"])
            self._session = _open_session(folder / f"model.{precision}.ort", threads)
        except Exception as cause:  # tokenizers and ONNX Runtime raise bare Exceptions of their own
            raise ModelUnusable(
                f"no usable {precision} model in {folder}: {cause}. `make model` exports it."
            ) from cause

    def knows(self, word: str) -> bool:
        """Whether the model's vocabulary has a word, in lower case, as a whole."""
        return self._tokenizer.token_to_id(word) is not None

    def encode(self, texts: Sequence[str]) -> Floats:
        """Sentence vectors, float32 (n, dimension), L2-normalised, in the order of `texts`."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for rows, encodings in self._batches(texts):
            vectors[rows] = self._run(["sentence"], encodings)[0]
        return vectors

    def encode_tokens(self, texts: Sequence[str]) -> list[Encoded]:
        """The same vectors, each with its token matrix and the characters every token stands for."""
        results: list[Encoded | None] = [None] * len(texts)
        for rows, encodings in self._batches(texts):
            vectors, tokens = self._run(["sentence", "tokens"], encodings)
            for row, encoding, vector, matrix in zip(rows, encodings, vectors, tokens, strict=True):
                words = slice(1, len(encoding.ids) - 1)  # without [CLS] and [SEP]
                spans = np.asarray(encoding.offsets[words], np.int32).reshape(-1, 2)
                results[row] = Encoded(vector, matrix[words], spans)
        return [result for result in results if result is not None]

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[Encoding]]]:
        """Rows of similar length together: (rows of `texts`, their encodings)."""
        encodings = self._tokenizer.encode_batch(list(texts))
        by_length = sorted(range(len(texts)), key=lambda row: len(encodings[row].ids))
        rows: list[int] = []
        filled = 0
        for row in by_length:
            length = len(encodings[row].ids)
            size = length * (len(rows) + 1)
            if rows and (size > TOKENS_PER_BATCH or size - filled - length > MOST_PADDING * size):
                yield rows, [encodings[r] for r in rows]
                rows, filled = [], 0
            rows.append(row)
            filled += length
        if rows:
            yield rows, [encodings[r] for r in rows]

    def _run(self, outputs: list[str], encodings: list[Encoding]) -> list[npt.NDArray[np.float32]]:
        longest = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return self._session.run(outputs, inputs)  # type: ignore[no-any-return]


def _open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # The file is optimised already; mapping it leaves its weights in the page cache instead of copying them.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.use_memory_mapped_ort_model", "1")
    options.add_session_config_entry("session.use_ort_model_bytes_for_initializers", "1")
    # Spinning threads would burn the node's CPU between questions.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
