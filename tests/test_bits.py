import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.bits import Bits, n_words, pack, tail_mask, unpack_rows

SIZES = [0, 1, 63, 64, 65, 127, 128, 4095, 4096, 4097]


@given(st.integers(0, 200), st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_packing_and_unpacking_is_identity(n_samples: int, n_signals: int, seed: int) -> None:
    dense = np.random.default_rng(seed).integers(0, 2, (n_samples, n_signals), dtype=np.uint8)
    bits = Bits.from_dense(dense)
    assert (bits.n_samples, bits.n_signals) == (n_samples, n_signals)
    assert np.array_equal(bits.to_dense(), dense)
    assert np.array_equal(unpack_rows(bits.words, n_samples), dense.T)


@pytest.mark.parametrize("n_samples", SIZES)
def test_bit_b_of_word_w_is_sample_64w_plus_b_and_the_rest_is_zero(n_samples: int) -> None:
    dense = np.random.default_rng(n_samples).integers(0, 2, (n_samples, 3), dtype=np.uint8)
    words = pack(dense)
    assert words.shape == (3, n_words(n_samples)) and words.dtype == np.uint64
    for signal in range(3):
        expected = sum(int(bit) << i for i, bit in enumerate(dense[:, signal]))
        assert sum(int(word) << 64 * w for w, word in enumerate(words[signal])) == expected


@pytest.mark.parametrize("n_samples", SIZES)
def test_tail_mask_covers_exactly_the_samples(n_samples: int) -> None:
    assert np.array_equal(tail_mask(n_samples), pack(np.ones((n_samples, 1), np.uint8))[0])


def test_take_gives_the_named_samples_in_order() -> None:
    dense = np.random.default_rng(0).integers(0, 2, (100, 5), dtype=np.uint8)
    chosen = np.array([99, 0, 0, 64, 63])
    assert np.array_equal(Bits.from_dense(dense).take(chosen).to_dense(), dense[chosen])
