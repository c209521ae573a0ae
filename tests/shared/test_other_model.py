"""A model of another kind in place of the shipped one: vocabulary, prefixes, inputs and dimension are its own."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from functions.shared.embed import is_tuned_for, open_embedder
from functions.shared.embed.onnx import OnnxEmbedder
from functions.shared.problem import ModelUnusable
from functions.shared.settings import Settings
from tests.processes import ROOT

OTHER = ROOT / "tests" / "shared" / "other_model"
TEXT = "Vivek works  at VitaScale in Mainz."


@pytest.fixture(scope="module")
def other() -> OnnxEmbedder:
    return OnnxEmbedder(OTHER, "fp32")


def test_its_vectors_equal_those_of_sentence_transformers_with_the_passages_prefix(other: OnnxEmbedder) -> None:
    reference = np.load(OTHER / "reference.npz")
    ours = other.encode([str(text) for text in reference["texts"]])
    assert ours.shape == (61, 16)
    assert (ours * reference["vectors"]).sum(axis=1).min() >= 0.999


def test_questions_get_another_prefix_than_passages(other: OnnxEmbedder) -> None:
    (passage,), (question,) = other.encode_tokens([TEXT]), other.encode_tokens([TEXT], questions=True)
    assert np.allclose(passage.vector, other.encode([TEXT])[0], atol=1e-5)
    assert not np.allclose(question.vector, passage.vector, atol=1e-3)


@pytest.mark.parametrize("questions", [False, True])
def test_tokens_are_those_of_the_text_alone_and_begin_where_their_word_does(
    other: OnnxEmbedder, questions: bool
) -> None:
    encoded = other.encode_tokens([TEXT], questions)[0]
    pieces = [TEXT[start:end] for start, end in encoded.spans]
    assert "".join("".join(pieces).split()) == "".join(TEXT.split())
    assert not any(piece[0].isspace() for piece in pieces if piece.strip())
    assert encoded.tokens.shape == (len(pieces), 16)
    assert np.allclose(np.linalg.norm(encoded.tokens, axis=1), 1, atol=1e-4)


def test_no_text_has_no_token(other: OnnxEmbedder) -> None:
    encoded = other.encode_tokens([""])[0]
    assert (encoded.tokens.shape, encoded.spans.shape) == ((0, 16), (0, 2))


def test_a_word_is_known_as_a_whole_and_not_as_a_piece_of_others(other: OnnxEmbedder) -> None:
    assert other.knows("the")
    assert not other.knows("ing")


def test_a_text_is_cut_at_its_own_limit(other: OnnxEmbedder) -> None:
    assert len(other.encode_tokens(["work " * 400])[0].tokens) < 96


def test_limits_measured_with_the_shipped_model_are_not_taken_for_its_own(other: OnnxEmbedder) -> None:
    assert not is_tuned_for(other.name)
    assert is_tuned_for(open_embedder(Settings(model_dir=str(ROOT / "model"))).name)


def test_a_folder_whose_parts_do_not_belong_together_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(OTHER, tmp_path / "model")
    origin = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(origin | {"dimension": 384}))
    with pytest.raises(ModelUnusable, match=r"its vectors have 16 dimensions, model.json says 384"):
        OnnxEmbedder(folder, "fp32")
