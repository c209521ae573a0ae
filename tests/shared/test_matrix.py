import base64

import numpy as np
import pytest

from functions.shared.embed import Embedder, Encoded
from functions.shared.matrix import pack, quantise, unpack

TEXTS = ["Vivek builds machine learning pipelines on Azure.", "a", "Er lebt in Mainz – seit 2018."]


def test_a_packed_matrix_comes_back_as_it_was(embedder: Embedder) -> None:
    for encoded in embedder.encode_tokens(TEXTS):
        matrix = quantise(encoded)
        back = unpack(pack(matrix))
        np.testing.assert_array_equal(back.values, matrix.values)
        np.testing.assert_array_equal(back.scales, matrix.scales)
        np.testing.assert_array_equal(back.spans, encoded.spans)


def test_rounding_turns_no_token_vector_noticeably(embedder: Embedder) -> None:
    for encoded in embedder.encode_tokens(TEXTS):
        rounded = quantise(encoded).floats()
        cosines = np.sum(rounded * encoded.tokens, axis=1) / np.linalg.norm(rounded, axis=1)
        assert cosines.min() > 0.9995
        np.testing.assert_allclose(np.linalg.norm(rounded, axis=1), 1.0, atol=0.01)


def test_similarities_between_rounded_tokens_stay_within_a_hundredth(embedder: Embedder) -> None:
    first, _, last = embedder.encode_tokens(TEXTS)
    exact = first.tokens @ last.tokens.T
    rounded = quantise(first).floats() @ quantise(last).floats().T
    assert np.abs(exact - rounded).max() < 0.01


def test_a_text_without_tokens_has_an_empty_matrix() -> None:
    nothing = Encoded(np.zeros(4, np.float32), np.zeros((0, 4), np.float32), np.zeros((0, 2), np.int32))
    back = unpack(pack(quantise(nothing)))
    assert (back.values.shape, back.spans.shape) == ((0, 4), (0, 2))


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param("", id="empty"),
        pytest.param("not base64!", id="no base64"),
        pytest.param(base64.b64encode(b"\x01").decode(), id="cut in its head"),
        pytest.param(base64.b64encode(b"\x01\x00\x02\x00\x04\x00\x00").decode(), id="cut in its body"),
        pytest.param(base64.b64encode(b"\x09\x00\x00\x00\x04\x00").decode(), id="another layout"),
    ],
)
def test_a_damaged_string_is_refused(damaged: str) -> None:
    with pytest.raises(ValueError):
        unpack(damaged)
