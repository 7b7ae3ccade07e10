"""Test vectors as hexadecimal lines, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_samples

from lutgen.bits import Bits
from lutgen.emit.vectors import from_hex, to_hex, vectors
from lutgen.errors import DataError


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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0\nzz\n", "line 2: 'zz' is not hexadecimal"),
        ("20\n", "line 1: 20 has more than 5 bits"),
        ("-1\n", "line 1: -1 has more than 5 bits"),
    ],
)
def test_bad_lines_are_named(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        from_hex(text, 5)
