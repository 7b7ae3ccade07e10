"""Carry chains of tables, and what a slice and a logic cell allow.

Adders are in test_chips_conformance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chips import described, fabric_of, prove
from test_chips_conformance import CHAINS, adder, numbers, start

from lutgen.chips.fabric.carry import CarryChain
from lutgen.chips.fabric.legal import check_sites
from lutgen.chips.ice40 import family as ice40
from lutgen.chips.registry import get_family
from lutgen.chips.xilinx import xilinx7
from lutgen.emit.verilog import emit_verilog
from lutgen.errors import NetlistError, ToolError
from lutgen.flow.elaborate import elaborate
from lutgen.netlist.check import check
from lutgen.netlist.ir import CONST0, CONST1, LUT, Cell, Netlist
from lutgen.netlist.passes.pipeline import pipeline, pipeline_to_delay
from lutgen.netlist.stats import count_cells
from lutgen.netlist.tables import tabulate
from lutgen.verify.mutate import flip_init_bit, rewire, swap_wires
from lutgen.verify.mutation import plant
from lutgen.verify.readback import read_netlist

WIDE = tuple(name for name in CHAINS if (chain := get_family(name).carry) and chain.wide)


def counter(target: str, n_ones: int = 6) -> Netlist:
    """Return the number of ones among `n_ones` inputs and one more, in binary."""
    builder, chain = start(target, n_ones + 1, 2 + n_ones)
    sums = add_ones(chain, range(2, 2 + n_ones))
    return builder.finish((*sums, chain.finish()))


def add_ones(chain: CarryChain, bits: Sequence[int]) -> tuple[int, int]:
    """Append two positions that add the number of ones among 1 to 6 nets to the carry.

    With the carry c of weight 1, the ones and c are ``sum0 + 2 sum1 + 4 carry``.
    """
    *five, last = bits if len(bits) == 6 else (*bits, CONST0)
    k = len(five)
    parity = tabulate(len(bits), lambda *x: sum(x) % 2)
    low = chain.add_tables(bits, parity, last, table=False)
    half_is_one = tabulate(k, lambda *x: sum(x) // 2 == 1)
    half_is_two = tabulate(k, lambda *x: sum(x) // 2 == 2)
    return low, chain.add_tables(five, half_is_one, half_is_two, table=True)


@pytest.mark.parametrize("target", WIDE)
@pytest.mark.parametrize("n_ones", [1, 2, 3, 4, 5, 6])
def test_a_counter_counts(target: str, n_ones: int) -> None:
    netlist = counter(target, n_ones)
    check(netlist)
    check_sites(netlist, fabric_of(target))
    assert numbers(netlist) == [x.bit_count() for x in range(1 << (n_ones + 1))]
    assert (netlist.count(LUT), netlist.depth) == (3, 1)


@pytest.mark.parametrize("target", WIDE)
def test_counters_follow_each_other_in_one_chain(target: str) -> None:
    """Six bits of weight 1 and a carry, then five of weight 4."""
    builder, chain = start(target, 12, 13)
    low = add_ones(chain, range(2, 8))
    high = add_ones(chain, range(8, 13))
    netlist = builder.finish((*low, *high, chain.finish()))
    expected = [
        (x & 0x3F).bit_count() + (x >> 11) + 4 * (x >> 6 & 0x1F).bit_count() for x in range(1 << 12)
    ]
    assert numbers(netlist) == expected
    kind = get_family(target).carry
    module, length = kind.parts[0].module, kind.length  # type: ignore[union-attr]
    assert count_cells(netlist)[module] == (1 if length > 4 else 2)  # one position for the carry


# --- the text, by Yosys's models and read back -----------------------------------------------


@pytest.mark.parametrize("target", WIDE)
def test_the_verilog_is_right_under_yosys_models_and_read_back(target: str, tmp_path: Path) -> None:
    family = get_family(target)
    netlist = counter(target)
    text = emit_verilog(netlist, family, module="gate")
    prove(target, POPCOUNT, text, tmp_path)
    again = read_netlist(elaborate(text, top="gate", target=target, folder=tmp_path), family)
    check(again)
    assert described(again) == described(netlist)

    # a fault in the text: two nets at S exchanged
    line = next(line for line in text.splitlines() if ".S({" in line)
    pins = line.split(".S({")[1].split("}")[0]
    *others, b, a = pins.split(", ")
    wrong = line.replace(pins, ", ".join((*others, a, b)))
    with pytest.raises(ToolError, match="proof failed"):
        prove(target, POPCOUNT, text.replace(line, wrong), tmp_path)


POPCOUNT = """
module gold (input [6:0] x, output [2:0] y);
  assign y = x[0] + x[1] + x[2] + x[3] + x[4] + x[5] + x[6];
endmodule
"""


# --- what may not be, and what everything else makes of chains --------------------------------


def changed(netlist: Netlist, name: str, **changes: object) -> Netlist:
    return replace(
        netlist,
        cells=tuple(
            replace(cell, **changes) if cell.name == name else cell  # type: ignore[arg-type]
            for cell in netlist.cells
        ),
    )


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("h_sum_o1", {"inputs": (3, 22)}, r"pin S\[1\] is connected to x\[1\] and h_sum_s1"),
        ("h_sum_co1", {"inputs": (3, 3, 23)}, r"pin CO\[0\] is connected to h_sum_co0 and x\[1\]"),
        ("h_sum_o1", {"site": "other"}, r"CARRY4 other: pin CO\[0\] is connected to nothing and"),
        ("h_sum_o5", {"primitive": "CARRY4.O[2]"}, r"pin O\[2\] drives h_sum_o5 and h_sum_o6"),
    ],
)
def test_cells_that_are_no_instance_are_refused(
    name: str, changes: dict[str, object], message: str
) -> None:
    netlist = adder("xilinx7", 9, CONST0)
    with pytest.raises(NetlistError, match=message):
        check_sites(changed(netlist, name, **changes), xilinx7.FABRIC)


def test_s_comes_from_a_lut_of_its_own() -> None:
    netlist = adder("xilinx7", 2, CONST0)
    o0, o1 = (cell.inputs for cell in netlist.cells if cell.name in ("h_sum_o0", "h_sum_o1"))
    co0, co1 = (cell.inputs for cell in netlist.cells if cell.name in ("h_sum_co0", "h_sum_co1"))
    bypass = changed(changed(netlist, "h_sum_o0", inputs=(2, o0[1])),
                     "h_sum_co0", inputs=(*co0[:2], 2))  # fmt: skip
    with pytest.raises(NetlistError, match=r"reads x\[0\] at S\[0\], where no wire leads from"):
        check_sites(bypass, xilinx7.FABRIC)
    shared = changed(changed(netlist, "h_sum_o1", inputs=(o0[0], o1[1])),
                     "h_sum_co1", inputs=(*co1[:2], o0[0]))  # fmt: skip
    with pytest.raises(NetlistError, match=r"reads h_sum_s0 at S\[1\], where no wire leads"):
        check_sites(shared, xilinx7.FABRIC)


def test_the_carry_comes_from_the_end_of_another_instance() -> None:
    netlist = adder("xilinx7", 5)
    link = next(cell for cell in netlist.cells if cell.name == "h_sum_co4")
    assert link.primitive == "CARRY4.CI.CO[0]"
    wrong = netlist
    for name, place in (("h_sum_co4", 1), ("h_sum_o4", 1)):
        cell = next(cell for cell in wrong.cells if cell.name == name)
        inputs = (*cell.inputs[:place], 2, *cell.inputs[place + 1 :])
        wrong = changed(wrong, name, inputs=inputs)
    with pytest.raises(NetlistError, match=r"reads x\[0\] at CI, where no wire leads"):
        check_sites(wrong, xilinx7.FABRIC)


# --- the pins of a slice ----------------------------------------------------------------------


@pytest.mark.parametrize("target", WIDE)
def test_data_beside_a_carry_in_are_made_with_s(target: str) -> None:
    netlist = counter(target)
    first = next(cell for cell in netlist.cells if cell.name == "h_sum_co0")
    data, carry_in, select = (netlist.net_name(net) for net in first.inputs)
    assert (data, carry_in, select) == ("h_sum_di0", "x[6]", "h_sum_s0")
    bypass = changed(netlist, "h_sum_co0", inputs=(7, *first.inputs[1:]))
    assert numbers(bypass) == numbers(netlist)  # as good as function goes
    with pytest.raises(NetlistError, match=r"h_sum_co0: one pin leads to DI\[0\] and C\w+, which"):
        check_sites(bypass, fabric_of(target))
    constant = changed(netlist, "h_sum_co0", inputs=(CONST0, *first.inputs[1:]))
    with pytest.raises(NetlistError, match=r"which are connected to 0 and x\[\d\]; make the first"):
        check_sites(constant, fabric_of(target))


@pytest.mark.parametrize("target", WIDE)
def test_one_wire_leads_from_a_position(target: str) -> None:
    builder, chain = start(target, 5, 6)
    sums = [chain.add(2, 3), chain.add(4, 5)]
    both = builder.finish((*sums, chain.finish(sum_read=False)))
    weights = (1, 1, 2, 2, 1)
    assert numbers(both) == [
        sum(weight for j, weight in enumerate(weights) if x >> j & 1) for x in range(32)
    ]
    with pytest.raises(NetlistError, match="h_sum_o1 and h_sum_co1: one wire leads from"):
        check_sites(both, fabric_of(target))
    check_sites(replace(both, outputs=(both.outputs[0], both.outputs[2])), fabric_of(target))


@pytest.mark.parametrize("target", WIDE)
@pytest.mark.parametrize("seed", range(6))
def test_the_first_position_computes_any_s_and_di(target: str, seed: int) -> None:
    """DI is an input of S, another net or a constant; where one LUT cannot make both, two do."""
    rng = np.random.default_rng(seed)
    builder, chain = start(target, 8, 9)
    k = 1 + seed
    inputs = [2 + int(i) for i in rng.permutation(7)[:k]]
    table = int.from_bytes(rng.bytes(8), "little") & ((1 << (1 << k)) - 1)
    di = [inputs[-1], 8, CONST0, CONST1][seed % 4]
    total = chain.add_tables(inputs, table, di, table=False)
    netlist = builder.finish((total, chain.finish()))
    check(netlist)
    check_sites(netlist, fabric_of(target))

    def expected(x: int) -> int:
        nets = [0, 1, *(x >> i & 1 for i in range(8))]
        s = table >> sum(nets[net] << j for j, net in enumerate(inputs)) & 1
        return (s ^ nets[9]) | (nets[9] if s else nets[di]) << 1

    assert numbers(netlist) == [expected(x) for x in range(256)]
    alone = len({*inputs, di} - {CONST0, CONST1}) < 6
    assert netlist.count(LUT) == (2 if alone else 3)


def nested() -> tuple[Netlist, int, int]:
    """Return a counter of seven, and the places of the two outputs of its first LUT."""
    netlist = counter("xilinx7")
    low, high = (place for place, cell in enumerate(netlist.cells) if cell.site == "h_sum_l0")
    return netlist, low, high


def test_outputs_of_one_table_have_to_agree() -> None:
    netlist, low, _ = nested()
    cell = netlist.cells[low]
    assert cell.primitive == "LUT6_2.I5.O5"
    wrong = changed(netlist, cell.name, init=cell.init ^ 4)
    with pytest.raises(NetlistError, match=r"LUT6_2 h_sum_l0: h_sum_s0 and another output"):
        check_sites(wrong, xilinx7.FABRIC)
    with pytest.raises(NetlistError, match="but different truth tables"):
        emit_verilog(wrong, get_family("xilinx7"))
    moved = changed(netlist, cell.name, inputs=(cell.inputs[1], cell.inputs[0], *cell.inputs[2:]))
    with pytest.raises(NetlistError, match=r"pin I0 is connected to x\[1\] and x\[0\]"):
        check_sites(moved, xilinx7.FABRIC)


def test_a_fault_in_one_table_is_in_both_outputs() -> None:
    netlist, low, high = nested()
    for place in (low, high):
        flipped = flip_init_bit(netlist, place, 9)
        check_sites(flipped, xilinx7.FABRIC)
        assert [old.init ^ new.init for old, new in zip(netlist.cells, flipped.cells, strict=True)
                if old != new] == [1 << 9, 1 << 9]  # fmt: skip
    upper = flip_init_bit(netlist, high, 40)
    check_sites(upper, xilinx7.FABRIC)
    assert upper.cells[low] == netlist.cells[low] and upper.cells[high] != netlist.cells[high]
    swapped = swap_wires(netlist, high, 5, 0)
    check_sites(swapped, xilinx7.FABRIC)
    assert swapped.cells[low].inputs[0] == netlist.cells[high].inputs[5]
    rewired = rewire(netlist, low, 2, 3)
    check_sites(rewired, xilinx7.FABRIC)
    assert rewired.cells[high].inputs[2] == 3


def test_a_budget_too_small_for_a_chain_is_refused() -> None:
    with pytest.raises(NetlistError, match=r"take 1\.60 ns, more than the 1\.40 ns"):
        pipeline_to_delay(adder("xilinx7", 5), lambda cell: 0.1 if cell.hard else 1.0, 1.4)


def test_a_chain_that_needs_its_own_sum_cannot_be_pipelined_between() -> None:
    builder, chain = start("xilinx7", 3, CONST0)
    first = chain.add(2, 3)
    builder_net = chain.add(first, 4)
    netlist = builder.finish((builder_net,))
    check(netlist)
    with pytest.raises(NetlistError, match="more than 1 LUT level"):
        pipeline(netlist, 1)
    with pytest.raises(NetlistError, match="need each other's values"):
        pipeline_to_delay(netlist, lambda cell: 0.1 if cell.hard else 1.0, 1.3)
    assert pipeline(netlist, 2)[0].latency == 1


# --- iCE40 ------------------------------------------------------------------------------------


def test_a_carry_of_an_ice40_leads_only_to_the_next_cell() -> None:
    netlist = adder("ice40", 3)
    check_sites(netlist, ice40.FABRIC)
    carry = next(net for net, cell in enumerate(netlist.cells, netlist.first_cell)
                 if cell.name == "h_sum_co1")  # fmt: skip
    with pytest.raises(NetlistError, match=r"y\[4\] reads the carry h_sum_co1, from which no wire"):
        check_sites(replace(netlist, outputs=(*netlist.outputs, carry)), ice40.FABRIC)
    reader = Cell(LUT, (carry, 2, 3, 4), 0x8000, "l9_n0", 9, "SB_LUT4")
    with pytest.raises(NetlistError, match="l9_n0 reads the carry h_sum_co1"):
        check_sites(replace(netlist, cells=(*netlist.cells, reader)), ice40.FABRIC)


# --- planted faults ---------------------------------------------------------------------------


@pytest.mark.parametrize("target", WIDE)
def test_faults_in_a_counter_can_be_written_as_verilog(target: str) -> None:
    """The two outputs of its first LUT have one table and the same pins, with a fault, too."""
    family, netlist = get_family(target), counter(target)
    rng = np.random.default_rng(0)
    faults = [plant(netlist, rng) for _ in range(80)]
    first = [cell.name for cell in netlist.cells if cell.site == "h_sum_l0"]
    for name in first:
        assert any(f" {name} " in fault.description for fault in faults)
    assert len({emit_verilog(fault.netlist, family) for fault in faults}) > 40
