"""Test vectors as text that Verilog's ``$readmemh`` loads.

One line a sample, hexadecimal, the highest bit first: line i fills element i of
``reg [n-1:0] mem [0:N-1]``, and signal j is bit j of it. Lines after ``//`` say what the bits mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lutgen.bits import Bits
from lutgen.text import in_comment

INPUTS = "inputs.mem"
EXPECTED = "expected.mem"

_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def vectors(inputs: Bits, outputs: Bits, header: Sequence[str] = ()) -> dict[str, str]:
    """Return the files of a test: what to apply, and what to expect.

    Parameters
    ----------
    inputs, outputs : Bits
        The same samples at the inputs and at the outputs of the network.
    header : sequence of str
        Lines for a comment.
    """
    assert inputs.n_samples == outputs.n_samples
    comment = "".join(f"// {in_comment(line)}\n" for line in header)
    return {INPUTS: comment + to_hex(inputs), EXPECTED: comment + to_hex(outputs)}


def to_hex(bits: Bits) -> str:
    """Return one line a sample."""
    n_digits = max(1, -(-bits.n_signals // 4))
    dense = np.zeros((bits.n_samples, 4 * n_digits), dtype=np.uint8)
    dense[:, : bits.n_signals] = bits.to_dense()
    nibbles = np.packbits(dense.reshape(-1, n_digits, 4), axis=2, bitorder="little")[:, ::-1, 0]
    lines = np.full((bits.n_samples, n_digits + 1), ord("\n"), dtype=np.uint8)
    lines[:, :n_digits] = _DIGITS[nibbles]
    return lines.tobytes().decode("ascii")
