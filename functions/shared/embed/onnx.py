"""Run time: the exported model on ONNX Runtime (https://onnxruntime.ai/docs/api/python/)."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Encoding, Tokenizer

from functions.shared.embed import Encoded, Floats, Ints
from functions.shared.problem import ModelUnusable

# Padding costs a whole row of the batch its longest text, so a batch is bounded in tokens, not in texts, and the share
# of its tokens that may be padding, too: a long question that comes with short ones runs by itself. More tokens at once
# leave the processor's caches: 4,096 of them took a tenth more of its time each.
TOKENS_PER_BATCH = 1024
MOST_PADDING = 0.1
Batch = tuple[list[int], list[Encoding]]  # rows of the texts, their encodings


class OnnxEmbedder:
    """`model.<precision>.ort` with its tokenizer; texts are cut at the model's token limit."""

    def __init__(self, folder: Path, precision: str, threads: int = 0, passes: int = 1) -> None:
        """Load from the folder that tools/export wrote; `threads` 0 lets ONNX Runtime choose. `passes` batches run side
        by side, each on as many threads: for many texts that is quicker than to share each batch among the cores.
        """
        self._passes = passes
        self._side_by_side = ThreadPoolExecutor(passes, "encode") if passes > 1 else None
        try:
            origin = json.loads((folder / "model.json").read_text())
            self.name = f"{origin['name']}@{origin['revision']}"
            self.dimension: int = origin["dimension"]
            self._before_question: str = origin.get("query_prefix", "")
            self._before_passage: str = origin.get("passage_prefix", "")
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.enable_truncation(origin["max_tokens"])
            # How a vocabulary begins a word: SentencePiece marks the beginning, WordPiece all other pieces.
            self._starts = "▁" if self._tokenizer.token_to_id("▁") is not None else ""
            self._session = _open_session(folder / f"model.{precision}.ort", threads)
            self._inputs = {one.name for one in self._session.get_inputs()}
            if (found := self._session.get_outputs()[0].shape[-1]) not in (self.dimension, None) and type(found) is int:
                raise ValueError(f"its vectors have {found} dimensions, model.json says {self.dimension}")
        except Exception as cause:  # tokenizers and ONNX Runtime raise bare Exceptions of their own
            raise ModelUnusable(
                f"no usable {precision} model in {folder}: {cause}. `make model` exports it."
            ) from cause

    def knows(self, word: str) -> bool:
        """Whether the model's vocabulary has a word, in lower case, as a whole."""
        return self._tokenizer.token_to_id(self._starts + word) is not None

    def encode(self, texts: Sequence[str]) -> Floats:
        """Sentence vectors, float32 (n, dimension), L2-normalised, in the order of `texts`."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for (rows, _), (some,) in self._outputs(["sentence"], [self._before_passage + text for text in texts]):
            vectors[rows] = some
        return vectors

    def encode_tokens(self, texts: Sequence[str], questions: bool = False) -> list[Encoded]:
        """The same vectors, each with its token matrix and the characters every token stands for."""
        results: list[Encoded | None] = [None] * len(texts)
        prefix = self._before_question if questions else self._before_passage
        outputs = self._outputs(["sentence", "tokens"], [prefix + text for text in texts])
        for (rows, encodings), (vectors, tokens) in outputs:
            for row, encoding, vector, matrix in zip(rows, encodings, vectors, tokens, strict=True):
                words, spans = _words(encoding, len(prefix), texts[row])
                results[row] = Encoded(vector, matrix[words], spans)
        return [result for result in results if result is not None]

    def _outputs(self, outputs: list[str], texts: Sequence[str]) -> Iterator[tuple[Batch, list[Floats]]]:
        """What the model makes of each batch."""
        batches = list(self._batches(texts))
        if self._side_by_side and len(batches) > 1:
            yield from zip(
                batches, self._side_by_side.map(lambda batch: self._run(outputs, batch[1]), batches), strict=True
            )
            return
        for batch in batches:
            yield batch, self._run(outputs, batch[1])

    def _batches(self, texts: Sequence[str]) -> Iterator[Batch]:
        """Rows of similar length together."""
        encodings = self._tokenizer.encode_batch(list(texts))
        by_length = sorted(range(len(texts)), key=lambda row: len(encodings[row].ids))
        most = self._most([len(encoding.ids) for encoding in encodings])
        rows: list[int] = []
        filled = 0
        for row in by_length:
            length = len(encodings[row].ids)
            size = length * (len(rows) + 1)
            if rows and (size > most or size - filled - length > MOST_PADDING * size):
                yield rows, [encodings[r] for r in rows]
                rows, filled = [], 0
            rows.append(row)
            filled += length
        if rows:
            yield rows, [encodings[r] for r in rows]

    def _most(self, lengths: Sequence[int]) -> float:
        """Tokens of a batch: as many as are good at once, and such that every pass has as much to do."""
        if self._passes == 1 or not lengths:
            return TOKENS_PER_BATCH
        turns = ceil(sum(lengths) / (TOKENS_PER_BATCH * self._passes))
        return min(TOKENS_PER_BATCH, sum(lengths) / (turns * self._passes) + max(lengths) / 2)

    def _run(self, outputs: list[str], encodings: list[Encoding]) -> list[Floats]:
        longest = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        given = {name: values for name, values in inputs.items() if name in self._inputs}
        return self._session.run(outputs, given)  # type: ignore[no-any-return]


def _words(encoding: Encoding, prefix: int, text: str) -> tuple[list[int], Ints]:
    """The tokens of the text itself, without the model's markers and a prefix of so many characters, and their spans.

    A vocabulary that marks where words start counts the blank before a word to it; a span does not.
    """
    numbers: list[int] = []
    spans: list[tuple[int, int]] = []
    for number, ((start, end), marker) in enumerate(zip(encoding.offsets, encoding.special_tokens_mask, strict=True)):
        if marker or end <= prefix:
            continue
        start, end = max(start - prefix, 0), end - prefix
        while start < end - 1 and text[start].isspace():
            start += 1
        numbers.append(number)
        spans.append((start, end))
    return numbers, np.asarray(spans, np.int32).reshape(-1, 2)


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
