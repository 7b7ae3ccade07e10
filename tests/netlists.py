"""Random netlists for the tests, with everything a pass could trip over."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from lutgen.bits import Words
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import FIRST_INPUT, LUT, Cell, Netlist, NetlistBuilder
from lutgen.netlist.tables import ones, variable


@st.composite
def netlists(draw: st.DrawFn, max_inputs: int = 8, max_cells: int = 14, max_k: int = 6) -> Netlist:
    """LUT netlists with constants, repeated inputs, idle inputs, trivial and equal tables.

    Outputs may be constants, inputs, or any cell, several times over.
    """
    n_inputs = draw(st.integers(1, max_inputs))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    builder = NetlistBuilder(n_inputs)
    n_nets = FIRST_INPUT + n_inputs
    for place in range(draw(st.integers(0, max_cells))):
        k = int(rng.integers(1, max_k, endpoint=True))
        low = 0 if rng.random() < 0.2 else FIRST_INPUT
        inputs = tuple(rng.integers(low, n_nets, size=k).tolist())
        table = random_table(rng, k)
        if place and rng.random() < 0.2:  # a copy of an earlier cell, or its complement
            twin = builder.cell(int(rng.integers(FIRST_INPUT + n_inputs, n_nets)))
            assert twin is not None
            inputs, table = twin.inputs, twin.init
            if rng.random() < 0.5:
                table ^= ones(len(inputs))
        n_nets = 1 + builder.add(Cell(LUT, inputs, table, f"l{place // 4}_n{place}", place // 4))
    n_outputs = draw(st.integers(1, 4))
    return builder.finish(tuple(rng.integers(0, n_nets, size=n_outputs).tolist()))


def random_table(rng: np.random.Generator, k: int) -> int:
    """Return a table that is random, or (each one time in eight) constant, or one input."""
    choice = rng.integers(0, 8)
    if choice == 0:
        return int(rng.integers(0, 2)) * ones(k)
    if choice == 1:
        return variable(k, int(rng.integers(0, k))) ^ int(rng.integers(0, 2)) * ones(k)
    return int.from_bytes(rng.bytes(max(1, (1 << k) // 8)), "little") & ones(k)


def majority_like_table(rng: np.random.Generator, k: int, noise: float = 0.1) -> int:
    """Return a table like a trained one: a weighted vote of the inputs, some entries flipped."""
    weights = rng.normal(1.0, 0.7, size=k)
    address = np.arange(1 << k)
    votes = np.where(address[:, None] >> np.arange(k) & 1, weights, -weights).sum(axis=1)
    bits = (votes > 0) ^ (rng.random(1 << k) < noise)
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


def exhaustive(n_inputs: int) -> Words:
    """Return all 2^n_inputs samples, bit-packed; the last word repeats them if they are few."""
    address = np.arange(max(64, 1 << n_inputs), dtype=np.uint64)
    rows = [(address >> np.uint64(i)) & np.uint64(1) for i in range(n_inputs)]
    octets = np.packbits(np.array(rows, dtype=np.uint8), axis=1, bitorder="little")
    return octets.view("<u8").astype(np.uint64)


def assert_same_function(before: Netlist, after: Netlist) -> None:
    """Assert that two netlists of at most 12 inputs answer every sample alike."""
    assert before.n_inputs == after.n_inputs <= 12
    samples = exhaustive(before.n_inputs)
    np.testing.assert_array_equal(evaluate(before, samples), evaluate(after, samples))
