"""Internal don't-cares: never another function, and smaller where entries cannot be told apart."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netlists import assert_same_function, exhaustive, netlists, random_table
from strategies import binary_encoder

from lutgen.core import CoreConfig, make_core
from lutgen.core.lower import lower
from lutgen.jobs.synthesise import measure_area
from lutgen.model import Argmax, LutNetwork
from lutgen.netlist.check import check
from lutgen.netlist.evaluate import evaluate_nets
from lutgen.netlist.ir import FIRST_INPUT, LUT, REGISTER, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.dontcare import dontcare
from lutgen.netlist.passes.shrink import shrink
from lutgen.netlist.passes.simplify import simplify
from lutgen.netlist.tables import tabulate

AND, OR, XOR = 0b1000, 0b1110, 0b0110


@st.composite
def reconvergent(draw: st.DrawFn, max_k: int = 5) -> Netlist:
    """Netlists where each LUT reads among the few nets before it: everything reconverges."""
    n_inputs = draw(st.integers(2, 12))
    near = draw(st.integers(3, 8))
    k = draw(st.integers(2, max_k))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    builder = NetlistBuilder(n_inputs)
    for place in range(draw(st.integers(1, 20))):
        last = builder.n_nets
        inputs = tuple(rng.integers(max(FIRST_INPUT, last - near), last, size=k).tolist())
        builder.add(Cell(LUT, inputs, random_table(rng, k), f"l1_n{place}", 1))
    outputs = rng.integers(builder.n_nets - 2, builder.n_nets, size=2)
    return builder.finish(tuple(outputs.tolist()))


def lut(name: str, table: int, *inputs: int) -> Cell:
    return Cell(LUT, inputs, table, name, 1)


@settings(max_examples=150, deadline=None)
@given(st.one_of(reconvergent(), netlists()), st.sampled_from([3, 6, 12]))
def test_function_stays_and_nothing_is_left_to_do(netlist: Netlist, max_leaves: int) -> None:
    after, stats = dontcare(netlist, max_leaves)
    check(after)
    assert_same_function(netlist, after)
    assert dontcare(after, max_leaves)[0] == after
    assert (stats.changes > 0) == (after != netlist)
    assert stats.luts_before == stats.luts_after
    wires = [sum(len(cell.inputs) for cell in part.cells) for part in (netlist, after)]
    assert wires[1] <= wires[0]


@settings(max_examples=50, deadline=None)
@given(reconvergent())
def test_simplified_netlists_only_get_smaller(netlist: Netlist) -> None:
    plain, _ = simplify(netlist)
    smaller, _ = simplify(dontcare(plain)[0])
    check(smaller)
    assert_same_function(netlist, smaller)
    assert smaller.count(LUT) <= plain.count(LUT)


def test_random_reconvergent_netlists_do_shrink() -> None:
    """The law above would hold for a pass that does nothing."""
    rng = np.random.default_rng(1)
    gone = 0
    for _ in range(20):
        builder = NetlistBuilder(6)
        for place in range(20):
            last = builder.n_nets
            inputs = tuple(rng.integers(max(2, last - 6), last, size=4).tolist())
            builder.add(Cell(LUT, inputs, int(rng.integers(0, 1 << 16)), f"l1_n{place}", 1))
        plain, _ = simplify(builder.finish((builder.n_nets - 1,)))
        gone += plain.count(LUT) - simplify(dontcare(plain)[0])[0].count(LUT)
    assert gone > 5


def test_entries_that_no_input_produces_are_used() -> None:
    # both cannot be 1 without either: (both, either) = (1, 0) never occurs
    cells = (lut("both", AND, 2, 3), lut("either", OR, 2, 3), lut("xor", XOR, 4, 5))
    last = lut(
        "out", tabulate(3, lambda both, either, x: both if x else (both and either)), 4, 5, 6
    )
    netlist = Netlist(2, (*cells, last), (7,))
    after, _ = simplify(dontcare(netlist)[0])
    assert str(after) == "inputs 2\nboth = lut 8 (x[0] x[1])\noutputs both"
    assert simplify(netlist)[0].count(LUT) > 1


def test_entries_that_no_reader_shows_are_used() -> None:
    # where x0 is 0 nobody sees what `inner` is: it can be x1 or x2 without looking at x0
    inner = lut("inner", tabulate(3, lambda a, b, c: (b or c) if a else (b and c)), 2, 3, 4)
    netlist = Netlist(3, (inner, lut("out", AND, 2, 5)), (6,))
    after, stats = dontcare(netlist)
    assert str(after) == (
        "inputs 3\ninner_dc = lut e (x[1] x[2])\nout = lut 8 (x[0] inner_dc)\noutputs out"
    )
    assert stats.changes == 1


@settings(max_examples=100, deadline=None)
@given(st.one_of(reconvergent(), netlists()))
def test_a_net_that_keeps_its_name_keeps_its_value(netlist: Netlist) -> None:
    after, _ = dontcare(netlist)
    inputs = exhaustive(netlist.n_inputs)
    old, new = evaluate_nets(netlist, inputs), evaluate_nets(after, inputs)
    for net, cell in enumerate(after.cells, after.first_cell):
        if cell.name == netlist.cells[net - netlist.first_cell].name:
            np.testing.assert_array_equal(old[net], new[net])


@pytest.mark.parametrize("shown_by", ["output", "register", "another reader"])
def test_what_is_shown_elsewhere_stays(shown_by: str) -> None:
    inner = lut("inner", tabulate(3, lambda a, b, c: (b or c) if a else (b and c)), 2, 3, 4)
    more = {
        "output": (lut("spare", XOR, 2, 3), (6, 5)),
        "register": (Cell(REGISTER, (5,), 0, "r", 1), (6, 7)),
        "another reader": (lut("also", XOR, 5, 3), (6, 7)),
    }
    cell, outputs = more[shown_by]
    netlist = Netlist(3, (inner, lut("out", AND, 2, 5), cell), outputs)
    assert dontcare(netlist)[0].cells[0] == inner


def test_a_reader_of_a_reader_does_not_hide_a_difference() -> None:
    # r1 = v and x0; r2 = v xor r1: what r1 hides of v, r2 shows
    cells = (lut("v", XOR, 2, 3), lut("r1", AND, 4, 2), lut("r2", XOR, 4, 5))
    netlist = Netlist(2, cells, (6,))
    assert_same_function(netlist, dontcare(netlist)[0])


def test_cells_with_a_primitive_are_left_alone() -> None:
    inner = Cell(LUT, (2, 3, 4), 0xE8, "inner", 1, "SB_LUT4")
    netlist = Netlist(3, (inner, Cell(LUT, (2, 5), AND, "out", 1, "SB_LUT4")), (6,))
    assert dontcare(netlist)[0] == netlist


def test_windows_are_bounded() -> None:
    inner = lut("inner", tabulate(3, lambda a, b, c: (b or c) if a else (b and c)), 2, 3, 4)
    netlist = Netlist(3, (inner, lut("out", AND, 2, 5)), (6,))
    assert dontcare(netlist, max_leaves=2)[0] == netlist


@settings(max_examples=50, deadline=None)
@given(reconvergent())
def test_shrink_keeps_the_function_reports_each_step_and_can_leave_dont_cares_out(
    netlist: Netlist,
) -> None:
    steps: list[tuple[str, Netlist]] = []
    after, passes = shrink(netlist, watch=lambda *step: steps.append(step))
    check(after)
    assert_same_function(netlist, after)
    assert [stats.name for stats in passes] == [name for name, _ in steps]
    assert not steps or steps[-1][1] == after
    assert shrink(after) == (after, ())
    assert shrink(netlist, dont_cares=False) == simplify(netlist)


def correlated_network() -> LutNetwork:
    """Return the network of `test_entries_that_no_input_produces_are_used`, as a model."""
    out = tabulate(3, lambda both, either, xor: both if xor else (both and either))
    tables = np.array([AND, OR, XOR, out], dtype=np.uint64)
    return LutNetwork(
        n_inputs=2,
        fan_in=np.array([2, 2, 2, 3], dtype=np.uint8),
        wires=np.array([0, 1, 0, 1, 2, 3, 2, 3, 4], dtype=np.int32),
        tables=tables,
        seen=np.zeros_like(tables),
        tied=np.zeros_like(tables),
        layer=np.array([1, 1, 2, 3], dtype=np.int32),
        outputs=np.array([5], dtype=np.int32),
        head=Argmax.class_number(),
        encoder=binary_encoder(2),
    )


def test_cores_use_dont_cares_unless_told_not_to() -> None:
    network = correlated_network()
    core = make_core(network)
    assert core.logic.count(LUT) == 1
    assert "dontcare" in [stats.name for stats in core.passes]
    assert_same_function(core.netlist, lower(network))
    plain = make_core(network, CoreConfig(dont_cares=False))
    assert plain.logic.count(LUT) > 1
    assert "dontcare" not in [stats.name for stats in plain.passes]


def test_synth_counts_what_dont_cares_save(tmp_path: Path) -> None:
    network = correlated_network()
    core = make_core(network, CoreConfig(chip="generic"))
    plain = make_core(network, CoreConfig(chip="generic", dont_cares=False))
    area = measure_area(core, (), tmp_path)
    assert area.n_luts_plain == plain.netlist.count(LUT) > core.netlist.count(LUT)
    unchanged = measure_area(plain, (), tmp_path)
    assert unchanged.n_luts_plain == plain.netlist.count(LUT)
