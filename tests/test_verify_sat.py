"""Truth tables as clauses: cubes cover exactly the table, and the solver agrees with the table."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netlists import random_table

from lutgen.netlist.tables import tabulate
from lutgen.verify.sat import Solver, cover


@settings(max_examples=40)
@given(st.integers(0, 6), st.integers(0, 2**32 - 1))
def test_cover_is_the_table(k: int, seed: int) -> None:
    table = random_table(np.random.default_rng(seed), k) if k else seed & 1
    cubes = cover(table, k)
    covered = tabulate(k, lambda *x: any(all(x[j] == value for j, value in c) for c in cubes))
    assert covered == table
    for cube in cubes:  # irredundant: each cube covers an entry that no other does
        rest = [other for other in cubes if other != cube]
        without = tabulate(k, lambda *x: any(all(x[j] == v for j, v in c) for c in rest))  # noqa: B023
        assert without != table


def test_solver_agrees_with_the_table() -> None:
    table = 0b1001_0110_1110_1000
    for bits in itertools.product((0, 1), repeat=4):
        solver = Solver()
        solver.add_table(table, 5, [1, 2, -3, 4])
        given_inputs = [v if bit else -v for v, bit in zip((1, 2, 3, 4), bits, strict=True)]
        address = bits[0] | bits[1] << 1 | (1 - bits[2]) << 2 | bits[3] << 3
        value = bool(table >> address & 1)
        assert solver.solve([*given_inputs, 5], 100) is value
        assert solver.solve([*given_inputs, -5], 100) is not value
        assert solver.solve(given_inputs, 100) is True
        assert {*given_inputs, 5 if value else -5} <= solver.model()
        solver.close()


def test_conflicts_can_run_out() -> None:
    solver = Solver()  # ten pigeons, nine holes
    for pigeon in range(10):
        solver.add([1 + 9 * pigeon + hole for hole in range(9)])
    for hole in range(9):
        for one, other in itertools.combinations(range(10), 2):
            solver.add([-(1 + 9 * one + hole), -(1 + 9 * other + hole)])
    assert solver.solve([], 10) is None


def test_a_missing_solver_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from lutgen.errors import ToolError

    monkeypatch.setitem(sys.modules, "pysat.solvers", None)
    with pytest.raises(ToolError, match=r"pip install 'lutgen\[flow\]'"):
        Solver()
