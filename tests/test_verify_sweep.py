"""The prover against exhaustive evaluation: what it proves is equal, what it refutes is not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netlists import exhaustive, netlists

from lutgen.chips.registry import families
from lutgen.errors import NetlistError
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import LUT, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.pipeline import pipeline
from lutgen.netlist.passes.simplify import simplify
from lutgen.netlist.tables import tabulate
from lutgen.verify import sweep
from lutgen.verify.mutate import flip_init_bit
from lutgen.verify.sweep import Effort, Equivalence, counterexample, prove_equal

XOR = 0b0110


def equal_everywhere(first: Netlist, second: Netlist) -> bool:
    samples = exhaustive(first.n_inputs)
    return bool((evaluate(first, samples) == evaluate(second, samples)).all())


def assert_decided_rightly(first: Netlist, second: Netlist, result: Equivalence) -> None:
    """Assert that the answer is complete and is what evaluation of every input says."""
    assert result.proved == equal_everywhere(first, second)
    found = result.counterexample
    assert (found is None) == result.proved and result.n_open == 0
    if found is not None:
        column = found.inputs.astype(np.uint64)[:, None]
        values = [evaluate(net, column)[found.output, 0] & np.uint64(1) for net in (first, second)]
        assert values == [found.expected, found.seen] and found.expected != found.seen
        assert int(found.hex, 16) == sum(int(bit) << i for i, bit in enumerate(found.inputs))


@given(netlists(), st.sampled_from(list(families())), st.integers(0, 2))
def test_equal_netlists_are_proved(netlist: Netlist, target: str, every: int) -> None:
    logic, _ = simplify(netlist)
    if every:
        logic, _ = pipeline(logic, every)
    result = prove_equal(netlist, families()[target].map(logic))
    assert result.proved and result.counterexample is None
    assert result.n_proved == len(netlist.outputs)


@given(netlists(max_inputs=6), netlists(max_inputs=6))
def test_any_two_netlists_are_decided(first: Netlist, second: Netlist) -> None:
    n_inputs, n_outputs = first.n_inputs, len(first.outputs)
    if second.n_inputs != n_inputs or len(second.outputs) != n_outputs:
        with pytest.raises(NetlistError, match="cannot be compared"):
            prove_equal(first, second)
    else:
        assert_decided_rightly(first, second, prove_equal(first, second))


@settings(max_examples=12)
@given(netlists(max_inputs=10, max_cells=8, max_k=4))
def test_every_flipped_init_bit_is_decided_without_help_of_samples(netlist: Netlist) -> None:
    for place, cell in enumerate(netlist.cells):
        for entry in range(1 << len(cell.inputs)):
            faulty = flip_init_bit(netlist, place, entry)
            assert_decided_rightly(netlist, faulty, prove_equal(netlist, faulty))


@settings(max_examples=25)
@given(netlists(max_inputs=10, max_k=4), st.data())
def test_the_solver_alone_decides(netlist: Netlist, data: st.DataObject) -> None:
    """With one constant sample, and no tables, every answer is the solver's."""
    if not netlist.cells:
        return
    place = data.draw(st.integers(0, len(netlist.cells) - 1))
    faulty = flip_init_bit(netlist, place, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "_patterns", lambda n, _: np.zeros((n, 1), dtype=np.uint64))
        patch.setattr(sweep, "_CONE", 0)
        assert_decided_rightly(netlist, faulty, prove_equal(netlist, faulty))
        mapped = families()["ice40"].map(netlist)
        assert prove_equal(netlist, mapped).proved


def parity(order: list[int], twist: bool = False) -> Netlist:
    """Return a chain of XOR gates over inputs in some order, perhaps wrong for all ones."""
    builder = NetlistBuilder(len(order))
    net = order[0] + 2
    both = order[0] + 2
    for place, item in enumerate(order[1:]):
        net = builder.add(Cell(LUT, (net, item + 2), XOR, f"p{place}", 1))
        both = builder.add(Cell(LUT, (both, item + 2), 0b1000, f"a{place}", 1))
    if twist:
        net = builder.add(Cell(LUT, (net, both), XOR, "twist", 2))
    return builder.finish((net,))


def test_a_fault_that_no_sample_shows_is_found_by_the_solver() -> None:
    order = list(range(40))
    right, wrong = parity(order), parity(order, twist=True)
    assert sweep.find_difference(right, wrong, sweep._patterns(40, None)) is None
    result = prove_equal(right, wrong)
    assert result.counterexample is not None
    assert result.counterexample.hex == "f" * 10  # all ones, the only input
    assert counterexample(right, wrong, result.counterexample.inputs) is not None


def test_what_takes_too_many_conflicts_is_open_not_proved() -> None:
    rng = np.random.default_rng(1)
    orders = [rng.permutation(40).tolist() for _ in range(2)]
    result = prove_equal(parity(orders[0]), parity(orders[1]), effort=Effort(1, 1))
    assert not result.proved and result.counterexample is None
    assert (result.n_proved, result.n_open) == (0, 1)


def test_points_are_counted_and_the_first_differing_one_is_named() -> None:
    table = tabulate(2, lambda a, b: a and not b)
    cells = [Cell(LUT, (2, 3), table, "l1_n0", 1), Cell(LUT, (4, 2), 0b1110, "l2_n0", 2)]
    right = Netlist(2, tuple(cells), (5,))
    wrong = replace(right, cells=(replace(cells[0], init=table ^ 0b1111), cells[1]))
    same = prove_equal(right, right)
    assert (same.n_points, same.n_points_proved) == (2, 2)
    assert same.ways == {"structure": 2, "table": 0, "SAT": 0}
    found = prove_equal(right, wrong).counterexample
    assert found is not None and found.point == "l1_n0"
