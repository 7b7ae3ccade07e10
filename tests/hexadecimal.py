"""Reading of test vectors, as a bench's ``$readmemh`` does it."""

from __future__ import annotations

import numpy as np

from lutgen.bits import Bits


def from_hex(text: str, n_signals: int) -> Bits:
    """Read one sample a line, the last signal leftmost."""
    values = [int(line, 16) for line in text.split()]
    assert all(value < 1 << n_signals for value in values), f"more than {n_signals} bits"
    dense = [[value >> j & 1 for j in range(n_signals)] for value in values]
    return Bits.from_dense(np.array(dense, np.uint8).reshape(len(values), n_signals))
