"""How much of the unevenness of activations goes into the weights before both become int8; without a model."""

import numpy as np

from tools.export.quantise import LEAST, _factors

EVEN = np.ones((4, 3), np.float32)


def test_a_channel_ten_times_as_large_is_less_than_twice_as_large_afterwards_and_its_weights_less_than_six_times() -> (
    None
):
    largest = np.array([1.0, 1.0, 1.0, 10.0])
    factors = _factors(largest, [EVEN])
    activations, weights = largest / factors, np.abs(EVEN * factors[:, None]).max(axis=1)
    assert activations.max() / activations.min() < 2
    assert weights.max() / weights.min() < 6


def test_weights_that_are_large_already_take_over_less() -> None:
    large = EVEN.copy()
    large[3] = 10.0
    assert _factors(np.ones(4), [large])[3] < _factors(np.ones(4), [EVEN])[3]


def test_of_several_readers_the_one_with_the_largest_weights_counts() -> None:
    assert np.allclose(_factors(np.ones(4), [EVEN, EVEN * 10, EVEN]), _factors(np.ones(4), [EVEN * 10]))
    assert np.allclose(_factors(np.ones(4), [EVEN * -10]), _factors(np.ones(4), [EVEN * 10]))


def test_a_channel_that_no_text_moves_is_not_blown_up() -> None:
    factors = _factors(np.array([0.0, 1.0, 1.0, 1.0]), [EVEN * 1e6])
    assert factors.dtype == np.float32
    assert factors.min() >= np.float32(LEAST)
    assert np.isfinite(1 / _factors(np.zeros(4), [EVEN * 0])).all()
