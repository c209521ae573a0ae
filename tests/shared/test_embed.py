"""The embedding model at run time: the same vectors as sentence-transformers, at a fraction of the start-up."""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Encoding

from functions.shared.embed import Embedder, open_bulk_embedder, open_embedder, preload
from functions.shared.embed.onnx import OnnxEmbedder
from functions.shared.problem import ModelUnusable
from functions.shared.settings import Settings
from tests.conftest import MODEL
from tests.processes import ROOT

PASSAGE = "Vivek works as a Data Scientist at VitaScale GmbH in Mainz, Germany."


@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.999), ("int8", 0.96)])
def test_vectors_equal_those_of_sentence_transformers(precision: str, least: float) -> None:
    reference = np.load(MODEL / "reference.npz")
    ours = OnnxEmbedder(MODEL, precision).encode([str(text) for text in reference["texts"]])
    cosines = (ours * reference["vectors"]).sum(axis=1)
    assert len(cosines) == 200
    assert cosines.min() >= least


def test_vectors_are_unit_length_float32_in_the_order_of_the_texts(embedder: Embedder) -> None:
    texts = ["short", PASSAGE * 8, "", PASSAGE, "word " * 40]
    vectors = embedder.encode(texts)
    assert vectors.shape == (5, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert embedder.encode([text])[0] @ vector > 0.9999


def test_no_text_gives_no_vector(embedder: Embedder) -> None:
    assert embedder.encode([]).shape == (0, 384)
    assert embedder.encode_tokens([]) == []


def test_the_sentence_vector_is_the_same_with_and_without_tokens(embedder: Embedder) -> None:
    encoded = embedder.encode_tokens([PASSAGE])[0]
    assert encoded.vector @ embedder.encode([PASSAGE])[0] > 0.9999


def test_each_token_is_a_unit_vector_with_the_characters_it_stands_for(embedder: Embedder) -> None:
    encoded = embedder.encode_tokens([PASSAGE, "x"])[0]
    assert encoded.tokens.shape == (len(encoded.spans), 384)
    assert np.allclose(np.linalg.norm(encoded.tokens, axis=1), 1, atol=1e-4)
    pieces = [PASSAGE[start:end] for start, end in encoded.spans]
    assert pieces[:4] == ["Vi", "ve", "k", "works"]
    assert pieces[-1] == "."


def test_a_long_text_is_cut_at_256_tokens(embedder: Embedder) -> None:
    long = "sensor " * 400
    assert len(embedder.encode_tokens([long])[0].tokens) == 254  # and the model's two markers
    assert embedder.encode([long])[0] @ embedder.encode(["sensor " * 254])[0] > 0.9999


def test_a_missing_model_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="`make model` exports it"):
        open_embedder(Settings(model_dir=str(tmp_path)))


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(MODEL, tmp_path / "model")
    (folder / "model.fp32.ort").write_bytes(b"not a model")
    with pytest.raises(ModelUnusable, match="no usable fp32 model"):
        open_embedder(Settings(model_dir=str(folder)))


def test_a_preloaded_model_is_handed_out_once_and_its_failure_is_told(tmp_path: Path) -> None:
    settings = Settings(model_dir=str(MODEL))
    preload(settings)
    assert open_embedder(settings, questions=True).dimension == 384
    preload(replace(settings, model_dir=str(tmp_path)))
    with pytest.raises(ModelUnusable):
        open_embedder(settings, questions=True)
    assert open_embedder(settings, questions=True).dimension == 384


def test_questions_and_documents_are_embedded_by_the_precision_that_is_set_for_each() -> None:
    settings = Settings(model_dir=str(MODEL))
    asked = "Where does Vivek work?"
    of_documents, of_questions = open_embedder(settings), open_embedder(settings, questions=True)
    assert np.array_equal(of_documents.encode([asked]), OnnxEmbedder(MODEL, "fp32").encode([asked]))
    assert np.array_equal(of_questions.encode([asked]), OnnxEmbedder(MODEL, "int8").encode([asked]))
    both = replace(settings, question_precision="fp32")
    assert np.array_equal(open_embedder(both, questions=True).encode([asked]), of_documents.encode([asked]))


def test_an_int8_question_is_close_to_its_fp32_form() -> None:
    asked = ["Where does Vivek work?", "kubernets exprience?", "Wo arbeitet Vivek, und seit wann?", "C++ or C#?", "🙂?"]
    exact, rounded = (OnnxEmbedder(MODEL, precision) for precision in ("fp32", "int8"))
    for question in asked:
        (one,), (other,) = (model.encode_tokens([question], questions=True) for model in (exact, rounded))
        assert one.vector @ other.vector > 0.99
        assert (one.tokens * other.tokens).sum(axis=1).min() > 0.98


def test_the_folder_says_what_the_model_was_made_from() -> None:
    origin = json.loads((MODEL / "model.json").read_text())
    assert origin["weights_sha256"] == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert set(origin["made_with"]) >= {"torch", "sentence-transformers", "onnxruntime"}
    for name, digest in origin["files_sha256"].items():
        assert hashlib.sha256((MODEL / name).read_bytes()).hexdigest() == digest


def test_export_refuses_other_weights_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "model.safetensors").write_bytes(b"other weights")
    command = [
        sys.executable,
        "-m",
        "tools.export",
        "--weights",
        str(tmp_path / "weights"),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "has SHA-256" in done.stderr
    assert "wanted 53aa5117" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_runtime_reports_to_nobody_and_leaves_no_identifier(tmp_path: Path) -> None:
    # Without a word against it, it writes a device id and a queue of events below the home, and sends them. It keeps
    # still by itself where CI is set, so that is taken away here.
    program = (
        "import pathlib\n"
        "from functions.shared.embed.onnx import OnnxEmbedder\n"
        f"OnnxEmbedder(pathlib.Path({str(MODEL)!r}), 'fp32').encode(['hello'])\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert list(tmp_path.rglob("*")) == []


def test_a_long_text_among_short_ones_does_not_stretch_them(
    embedder: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[tuple[int, int]] = []
    run = OnnxEmbedder._run

    def watched(self: OnnxEmbedder, outputs: list[str], encodings: list[Encoding]) -> object:
        shapes.append((len(encodings), max(len(encoding.ids) for encoding in encodings)))
        return run(self, outputs, encodings)

    monkeypatch.setattr(OnnxEmbedder, "_run", watched)
    embedder.encode_tokens(["Where?", "word " * 200, "Who?", "When?"])
    assert shapes == [(3, 4), (1, 202)]


def test_passes_side_by_side_give_what_one_gives(embedder: Embedder) -> None:
    texts = [PASSAGE[: 5 + n % 60] + f" {n}" for n in range(60)] + ["", "word " * 300]
    bulk = open_bulk_embedder(Settings(model_dir=str(MODEL)))
    for mine, theirs in zip(bulk.encode_tokens(texts), embedder.encode_tokens(texts), strict=True):
        assert np.allclose(mine.vector, theirs.vector, atol=1e-5)
        assert np.allclose(mine.tokens, theirs.tokens, atol=1e-5)
        assert (mine.spans == theirs.spans).all()
    assert np.allclose(bulk.encode(texts), embedder.encode(texts), atol=1e-5)
    assert bulk.encode_tokens([]) == []


def test_few_texts_are_shared_among_the_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    run = OnnxEmbedder._run

    def watched(self: OnnxEmbedder, outputs: list[str], encodings: list[Encoding]) -> object:
        sizes.append(len(encodings))
        return run(self, outputs, encodings)

    monkeypatch.setattr(OnnxEmbedder, "_run", watched)
    OnnxEmbedder(MODEL, "fp32", threads=1, passes=2).encode_tokens([PASSAGE] * 6)
    assert sizes == [3, 3]
