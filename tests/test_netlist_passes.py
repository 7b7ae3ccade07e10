"""The law of every pass (same function, nothing left to do), and what each is there to reduce."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from netlists import assert_same_function, netlists

from lutgen.errors import NetlistError
from lutgen.netlist.check import check
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.netlist.passes.absorb import absorb
from lutgen.netlist.passes.fold import fold
from lutgen.netlist.passes.pipeline import (
    arrivals,
    pipeline,
    pipeline_to_delay,
    shortest_path_ns,
)
from lutgen.netlist.passes.prune import prune
from lutgen.netlist.passes.share import share
from lutgen.netlist.passes.simplify import simplify
from lutgen.netlist.passes.stats import PassStats
from lutgen.netlist.passes.support import support

Pass = Callable[[Netlist], tuple[Netlist, PassStats]]

PASSES: dict[str, Pass] = {
    "prune": prune,
    "fold": fold,
    "support": support,
    "share": share,
    "share equal only": lambda netlist: share(netlist, complements=False),
    "absorb": lambda netlist: absorb(netlist, 4),
    "pipeline": lambda netlist: pipeline(netlist, 2),
}
XOR, AND, NOT, WIRE = 0b0110, 0b1000, 0b01, 0b10


def lut(name: str, table: int, *inputs: int) -> Cell:
    return Cell(LUT, inputs, table, name, 1)


@pytest.mark.parametrize("name", PASSES)
@given(netlist=netlists())
def test_pass_keeps_the_function_and_is_idempotent(name: str, netlist: Netlist) -> None:
    after, stats = PASSES[name](netlist)
    check(after)
    assert_same_function(netlist, after)
    again, nothing = PASSES[name](after)
    assert again == after
    assert nothing.changes == 0
    assert stats.luts_before == netlist.count(LUT)
    assert stats.luts_after == after.count(LUT)
    assert stats.changes > 0 or after == netlist


@given(netlists())
def test_simplify_keeps_the_function_and_ends(netlist: Netlist) -> None:
    after, passes = simplify(netlist)
    check(after)
    assert_same_function(netlist, after)
    assert after.count(LUT) <= netlist.count(LUT)
    assert simplify(after) == (after, ())
    assert bool(passes) == (after != netlist)


def test_where_nothing_changes_nothing_is_copied() -> None:
    cells = (lut("a", XOR, 2, 3), lut("b", AND, 2, 3), lut("c", AND, 4, 5))
    netlist = Netlist(2, cells, (6, 5))
    for run in (prune, fold, support, share):
        assert run(netlist)[0] is netlist
    last = lut("d", AND, 6, 1)  # what comes before the first change is the same all the same
    changed, stats = fold(Netlist(2, (*cells, last), (7, 6)))
    assert (changed, stats.changes) == (Netlist(2, cells, (6, 6)), 1)


@given(netlists())
def test_passes_keep_a_pipelined_netlist_balanced(netlist: Netlist) -> None:
    piped, _ = pipeline(netlist, 1)
    after, _ = simplify(piped)
    check(after)
    assert_same_function(netlist, after)


def test_prune_removes_what_reaches_no_output() -> None:
    # nets: inputs 2, 3; cells 4, 5, 6
    cells = (lut("a", AND, 2, 3), lut("b", XOR, 2, 3), lut("c", NOT, 4))
    after, stats = prune(Netlist(2, cells, (6,)))
    assert str(after) == "inputs 2\na = lut 8 (x[0] x[1])\nc = lut 1 (a)\noutputs c"
    assert stats == PassStats("prune", 3, 2, 0, 0, 1)


def test_fold_takes_out_constants_buffers_and_inverters() -> None:
    cells = (
        lut("one", 0b1111, 2, 3),
        lut("not2", NOT, 2),
        lut("same3", WIRE, 3),
        lut("both", AND, 5, 6),
        lut("out", AND, 7, 4),
    )
    after, stats = fold(Netlist(2, cells, (8,)))
    # out = both and 1, both = not x0 and x1
    assert str(after) == "inputs 2\nboth = lut 4 (x[0] x[1])\noutputs both"
    assert (stats.luts_before, stats.luts_after, stats.changes) == (5, 1, 5)


def test_fold_makes_the_complement_where_an_output_needs_it() -> None:
    cells = (lut("a", AND, 2, 3), lut("b", NOT, 4), lut("c", NOT, 2))
    after, _ = fold(Netlist(2, cells, (5, 6, 5)))
    after, _ = prune(after)
    assert str(after) == "inputs 2\nb = lut 7 (x[0] x[1])\nc = lut 1 (x[0])\noutputs b c b"


def test_fold_takes_out_registers_of_constants() -> None:
    cells = (lut("zero", 0, 2, 3), Cell(REGISTER, (4,), 0, "r", 1))
    after, _ = fold(Netlist(2, cells, (5,)))
    assert after == Netlist(2, (), (0,))


def test_support_drops_idle_and_repeated_inputs() -> None:
    majority = 0b11101000
    cells = (lut("a", majority, 2, 2, 3), lut("b", 0b10001000, 3, 2, 4), lut("c", XOR, 2, 2))
    after, stats = support(Netlist(3, cells, (5, 6, 7)))
    assert str(after) == "inputs 3\na = lut 2 (x[0])\nb = lut 8 (x[1] x[0])\noutputs a b 0"
    assert stats.changes == 3


def test_share_merges_equal_luts_in_any_order_of_inputs() -> None:
    a_and_not_b, b_and_not_a = 0b0010, 0b0100
    cells = (lut("a", a_and_not_b, 2, 3), lut("b", b_and_not_a, 3, 2), lut("c", AND, 4, 5))
    after, stats = share(Netlist(2, cells, (6,)))
    assert str(after) == "inputs 2\na = lut 2 (x[0] x[1])\nc = lut 8 (a a)\noutputs c"
    assert stats.changes == 1


def test_share_merges_complements_into_their_readers() -> None:
    cells = (lut("a", AND, 2, 3), lut("b", 0b0111, 3, 2), lut("c", AND, 2, 5))
    after, _ = share(Netlist(2, cells, (4, 6)))
    assert str(after) == "inputs 2\na = lut 8 (x[0] x[1])\nc = lut 2 (x[0] a)\noutputs a c"
    apart, stats = share(Netlist(2, cells, (4, 6)), complements=False)
    assert apart.cells == cells
    assert stats.changes == 0


def test_share_merges_registers_of_one_net() -> None:
    cells = (
        Cell(REGISTER, (2,), 0, "r", 0),
        Cell(REGISTER, (2,), 0, "s", 0),
        lut("a", XOR, 3, 4),
    )
    after, stats = share(Netlist(1, cells, (5,)))
    assert str(after) == "inputs 1\nr = register (x[0])\na = lut 6 (r r)\noutputs a"
    assert stats.registers_after == 1


def test_absorb_merges_into_the_only_reader() -> None:
    cells = (lut("a", XOR, 2, 3), lut("b", XOR, 4, 5), lut("c", XOR, 6, 7))
    after, stats = absorb(Netlist(4, cells, (8,)), 4)
    assert str(after) == "inputs 4\nc = lut 6996 (x[0] x[1] x[2] x[3])\noutputs c"
    assert stats.changes == 2
    three, _ = absorb(Netlist(4, cells, (8,)), 3)
    assert three.count(LUT) == 2


def test_absorb_leaves_what_others_read() -> None:
    cells = (lut("a", XOR, 2, 3), lut("b", AND, 4, 2), lut("c", AND, 4, 3))
    netlist = Netlist(2, cells, (5, 6))
    assert absorb(netlist, 4)[0] == netlist


def test_simplify_runs_the_passes_on_each_other() -> None:
    # d and c are equal once the inverter is folded and b has lost its idle input
    cells = (
        lut("a", NOT, 2),
        lut("b", 0b10001000, 2, 3, 4),
        lut("c", 0b0100, 4, 3),
        lut("d", AND, 2, 3),
        lut("e", XOR, 5, 7),
        lut("f", 0b1110, 8, 6),
    )
    after, passes = simplify(Netlist(2, cells, (9,)))
    assert after.count(LUT) <= 1
    assert {stats.name for stats in passes} == {"fold", "support", "share"}


@pytest.mark.parametrize(("every", "latency"), [(1, 5), (2, 3), (3, 2), (4, 2), (5, 1), (9, 1)])
def test_pipeline_latency_is_depth_by_levels_rounded_up(every: int, latency: int) -> None:
    chain = tuple(lut(f"l{i}_n0", XOR, 2 + i, 2) for i in range(5))
    piped, stats = pipeline(Netlist(1, chain, (6, 3, 2)), every)
    check(piped)
    assert piped.latency == latency
    assert piped.depth <= every
    assert stats.changes == stats.registers_after == piped.count(REGISTER)


def test_pipeline_shares_one_chain_among_all_readers() -> None:
    cells = (lut("a", NOT, 2), lut("b", AND, 4, 3), lut("c", AND, 5, 3), lut("d", XOR, 5, 3))
    piped, _ = pipeline(Netlist(2, cells, (6, 7)), 1)
    assert str(piped).splitlines() == [
        "inputs 2",
        "a = lut 1 (x[0])",
        "a_r1 = register (a)",
        "x1_r1 = register (x[1])",
        "b = lut 8 (a_r1 x1_r1)",
        "b_r1 = register (b)",
        "x1_r2 = register (x1_r1)",
        "c = lut 8 (b_r1 x1_r2)",
        "d = lut 6 (b_r1 x1_r2)",
        "c_r1 = register (c)",
        "d_r1 = register (d)",
        "outputs c_r1 d_r1",
    ]


def test_pipeline_leaves_constants_and_plain_wires_alone() -> None:
    wires = Netlist(2, (), (0, 3, 1))
    assert pipeline(wires, 1)[0] == wires
    piped, _ = pipeline(Netlist(1, (lut("a", NOT, 2),), (1, 3)), 1)
    assert str(piped) == "inputs 1\na = lut 1 (x[0])\na_r1 = register (a)\noutputs 1 a_r1"


def test_pipeline_refuses_a_netlist_with_too_few_registers() -> None:
    chain = tuple(lut(f"l{i}_n0", XOR, 2 + i, 2) for i in range(4))
    piped, _ = pipeline(Netlist(1, chain, (6,)), 2)
    with pytest.raises(NetlistError, match="2 LUT levels between them, more than the 1 asked for"):
        pipeline(piped, 1)


def delay_by_fan_in(cell: Cell) -> float:
    """Return a delay that differs from cell to cell."""
    return 0.3 if cell.hard else 1.0 + 0.1 * len(cell.inputs)


@given(netlists(), st.floats(1.6, 8.0))
def test_pipeline_to_delay_keeps_function_and_budget(netlist: Netlist, budget_ns: float) -> None:
    piped, stats = pipeline_to_delay(netlist, delay_by_fan_in, budget_ns, register="SB_DFF")
    check(piped)  # all paths have the same latency
    assert_same_function(netlist, piped)
    assert max(arrivals(piped, delay_by_fan_in)) <= budget_ns
    assert piped.count(LUT) == netlist.count(LUT)
    registers = [cell for cell in piped.cells if cell.kind == REGISTER]
    assert {cell.primitive for cell in registers} <= {"SB_DFF"}
    assert stats.changes == len(registers)
    # one chain for all readers: no net is registered twice
    assert len({cell.inputs for cell in registers}) == len(registers)


@given(netlists(), st.integers(1, 4))
def test_with_equal_delays_the_latency_is_that_of_levels(netlist: Netlist, every: int) -> None:
    by_level, _ = pipeline(netlist, every)
    by_delay, _ = pipeline_to_delay(netlist, lambda cell: 1.0, every + 0.5)
    read = [net for net in netlist.outputs if netlist.levels[net] == netlist.depth]
    assume(read)  # else the deepest cell does not count for the latency of the outputs
    assert by_delay.latency == by_level.latency


def test_pipeline_to_delay_balances_the_stages() -> None:
    chain = tuple(lut(f"n{i}", NOT, 2 + i) for i in range(6))
    piped, _ = pipeline_to_delay(Netlist(1, chain, (8,)), lambda cell: 1.0, 4.2)
    assert (piped.latency, piped.depth) == (2, 3)  # not four levels and two


def test_no_register_comes_between_a_hard_multiplexer_and_its_luts() -> None:
    # nets: inputs 2 to 5; LUTs 6, 7, 8; the multiplexer 9 reads 7 and 8, and 6 as its select
    cells = (
        lut("select", AND, 2, 3),
        lut("at0", AND, 2, 4),
        lut("at1", XOR, 2, 5),
        Cell(LUT, (7, 8, 6), 0b11001010, "mux", 1, "PFUMX", True, local=0b011),
    )
    netlist = Netlist(4, cells, (9,))
    assert shortest_path_ns(netlist, delay_by_fan_in) == pytest.approx(1.5)
    piped, _ = pipeline_to_delay(netlist, delay_by_fan_in, 1.5)
    check(piped)
    assert_same_function(netlist, piped)
    together, _ = pipeline_to_delay(netlist, delay_by_fan_in, 1.6)
    assert (together.latency, together.count(REGISTER)) == (1, 1)
    # where the select comes late, the LUTs wait for it with the multiplexer, behind registers
    slow = lambda cell: 2.0 if cell.name == "select" else delay_by_fan_in(cell)  # noqa: E731
    piped, _ = pipeline_to_delay(netlist, slow, 2.0)
    check(piped)
    assert_same_function(netlist, piped)
    mux = next(cell for cell in piped.cells if cell.hard)
    assert [piped.net_name(net) for net in mux.inputs] == ["at0", "at1", "select_r1"]
    assert (piped.latency, piped.count(REGISTER)) == (2, 5)  # select, x[0], x[2], x[3] and the end


def test_pipeline_to_delay_refuses_what_it_cannot_do() -> None:
    netlist = Netlist(2, (lut("a", AND, 2, 3),), (4,))
    with pytest.raises(NetlistError, match=r"take 1\.20 ns, more than the 1\.10 ns between"):
        pipeline_to_delay(netlist, delay_by_fan_in, 1.1)
    piped, _ = pipeline(netlist, 1)
    with pytest.raises(NetlistError, match="pipeline the netlist without registers"):
        pipeline_to_delay(piped, delay_by_fan_in, 5.0)
