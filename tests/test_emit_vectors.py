"""Test vectors as hexadecimal lines, and back."""

from __future__ import annotations

import numpy as np
from hexadecimal import from_hex
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_samples

from lutgen.bits import Bits
from lutgen.emit.vectors import to_hex, vectors


@given(st.integers(1, 70), st.integers(0, 130), st.integers(0, 2**32 - 1))
def test_hex_and_back(n_signals: int, n_samples: int, seed: int) -> None:
    dense = random_samples(np.random.default_rng(seed), n_samples, n_signals)
    text = to_hex(Bits.from_dense(dense))
    lines = text.splitlines()
    assert len(lines) == n_samples
    for line, row in zip(lines, dense, strict=True):
        assert len(line) == -(-n_signals // 4)
        assert int(line, 16) == sum(int(bit) << j for j, bit in enumerate(row))
    np.testing.assert_array_equal(from_hex(text, n_signals).to_dense(), dense)


def test_highest_bit_comes_first() -> None:
    inputs = Bits.from_dense([[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1]])
    outputs = Bits.from_dense([[1], [0]])
    assert vectors(inputs, outputs) == {
        "inputs.mem": "01\n30\n",
        "expected.mem": "1\n0\n",
    }
