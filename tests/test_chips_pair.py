"""LUT6_2: two small LUTs in one, the same function, one LUT, through Yosys and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chips import described, prove
from hypothesis import given, settings
from hypothesis import strategies as st
from netlists import assert_same_function, exhaustive, netlists

from lutgen.chips.fabric.legal import check_sites
from lutgen.chips.registry import get_family
from lutgen.chips.xilinx import xilinx7
from lutgen.emit.verilog import emit_verilog
from lutgen.errors import NetlistError, ToolError
from lutgen.flow.elaborate import elaborate
from lutgen.flow.yosys import DIRECT, netlist_file, synthesise
from lutgen.netlist.check import check
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import LUT, Cell, Netlist, NetlistBuilder
from lutgen.netlist.passes.pipeline import pipeline, pipeline_to_delay
from lutgen.netlist.passes.simplify import simplify
from lutgen.netlist.stats import count_cells, netlist_stats
from lutgen.verify.mutate import flip_init_bit, rewire, swap_wires
from lutgen.verify.readback import read_netlist

FAMILY = get_family("xilinx7")


def small_luts(n_luts: int = 6, seed: int = 0) -> Netlist:
    """Return random 3-LUTs of one layer over a window of six inputs."""
    rng = np.random.default_rng(seed)
    builder = NetlistBuilder(6)
    nets = []
    for i in range(n_luts):
        inputs = tuple((2 + rng.choice(6, 3, replace=False)).tolist())
        nets.append(builder.add(Cell(LUT, inputs, int(rng.choice([0x96, 0xE8, 0xD4])),
                                     f"l1_n{i}", 1)))  # fmt: skip
    return builder.finish(tuple(nets))


@settings(max_examples=40)
@given(netlist=netlists(max_k=7), every=st.integers(0, 2))
def test_pairing_keeps_function_and_levels(netlist: Netlist, every: int) -> None:
    simple, _ = simplify(netlist)
    if every:
        simple, _ = pipeline(simple, every)
    mapped = FAMILY.map(simple)
    check(mapped)
    check_sites(mapped, xilinx7.FABRIC)
    assert_same_function(netlist, mapped)
    alone = unpaired(mapped)
    assert (mapped.depth, mapped.latency) == (alone.depth, alone.latency)
    assert mapped.count(LUT) == alone.count(LUT) - len(sites(mapped))
    wired = {net for cell in mapped.cells for net in cell.local_inputs}
    assert not any(cell.site and net in wired
                   for net, cell in enumerate(mapped.cells, mapped.first_cell))  # fmt: skip


def sites(netlist: Netlist) -> set[str]:
    return {cell.site for cell in netlist.cells if cell.site}


def unpaired(netlist: Netlist) -> Netlist:
    return replace(netlist, cells=tuple(replace(cell, site="") for cell in netlist.cells))


def test_luts_of_five_inputs_together_are_one() -> None:
    netlist = small_luts()
    mapped = FAMILY.map(netlist)
    assert count_cells(mapped) == {"LUT6_2": 3}
    stats = netlist_stats(mapped)
    assert (stats.luts, stats.depth, stats.layers[0].luts) == (3, 1, 3)
    assert_same_function(netlist, mapped)


def test_only_amd_has_them() -> None:
    for target in ("ice40", "ecp5", "gowin"):
        assert not sites(get_family(target).map(small_luts()))


@settings(max_examples=20)
@given(netlist=netlists(max_k=4), budget=st.floats(1.0, 3.0))
def test_registers_come_before_or_after_both_halves(netlist: Netlist, budget: float) -> None:
    mapped = FAMILY.map(simplify(netlist)[0])
    piped, _ = pipeline_to_delay(mapped, lambda cell: 0.3 if cell.hard else 1.0, budget)
    check(piped)
    check_sites(piped, xilinx7.FABRIC)
    assert_same_function(netlist, piped)


def test_text_and_synthesis_keep_them(tmp_path: Path) -> None:
    netlist = small_luts(9, seed=3)
    mapped = FAMILY.map(netlist)
    assert sites(mapped)
    text = emit_verilog(mapped, FAMILY, module="gate")
    gold = emit_verilog(netlist, get_family("generic"), module="gold")
    prove("xilinx7", gold, text, tmp_path)
    again = read_netlist(elaborate(text, top="gate", target="xilinx7", folder=tmp_path), FAMILY)
    assert described(again) == described(mapped)
    result = synthesise(
        text, language="verilog", top="gate", target="xilinx7", mode=DIRECT, out_dir=tmp_path
    )
    assert result.n_luts == mapped.count(LUT) < 9
    assert result.cells == count_cells(mapped)
    prove("xilinx7", gold, netlist_file(tmp_path, DIRECT).read_text(), tmp_path)
    with pytest.raises(ToolError, match="proof failed"):
        prove("xilinx7", gold, text.replace(".I5(1'b1)", ".I5(1'b0)", 1), tmp_path)


def test_a_half_without_its_address_is_another(tmp_path: Path) -> None:
    netlist = small_luts()
    text = emit_verilog(FAMILY.map(netlist), FAMILY, module="gate")
    wrong = text.replace(".I5(1'b1)", ".I5(x[0])")
    again = read_netlist(elaborate(wrong, top="gate", target="xilinx7", folder=tmp_path), FAMILY)
    check_sites(again, xilinx7.FABRIC)
    assert {cell.primitive for cell in again.cells} == {"LUT6_2.I5.O5", "LUT6_2.I5.O6"}
    words = exhaustive(netlist.n_inputs)
    assert (evaluate(again, words) != evaluate(netlist, words)).any()
    tables = replace(again, cells=tuple(replace(cell, primitive="", site="")
                                        for cell in again.cells))  # fmt: skip
    prove("xilinx7", emit_verilog(tables, get_family("generic"), module="gold"), wrong, tmp_path)


def first_site(netlist: Netlist) -> tuple[int, int]:
    """Return the places of the two halves of one site."""
    site = min(sites(netlist))
    low, high = (place for place, cell in enumerate(netlist.cells) if cell.site == site)
    return low, high


def test_a_moved_wire_moves_for_both_halves() -> None:
    mapped = FAMILY.map(small_luts())
    low, high = first_site(mapped)
    for place in (low, high):
        faulty = rewire(mapped, place, 1, 7)
        assert faulty.cells[low].inputs == faulty.cells[high].inputs != mapped.cells[low].inputs
        swapped = swap_wires(mapped, place, 0, 2)
        assert swapped.cells[low].inputs == swapped.cells[high].inputs
        check_sites(faulty, xilinx7.FABRIC)
        check_sites(swapped, xilinx7.FABRIC)
    flipped = flip_init_bit(mapped, high, 3)
    assert flipped.cells[high].init == mapped.cells[high].init ^ 8
    assert flipped.cells[low] == mapped.cells[low]
    with pytest.raises(NetlistError, match="reads nets below"):
        rewire(mapped, high, 1, mapped.first_cell + low)


def test_halves_that_do_not_agree_are_refused() -> None:
    mapped = FAMILY.map(small_luts())
    low, high = first_site(mapped)
    cells = list(mapped.cells)
    cells[high] = replace(cells[high], inputs=cells[high].inputs[::-1])
    with pytest.raises(NetlistError, match=r"LUT6_2 \w+: pin I\d is connected to x\[\d\] and"):
        check_sites(replace(mapped, cells=tuple(cells)), xilinx7.FABRIC)
    cells[high] = replace(mapped.cells[low], name="again")
    with pytest.raises(NetlistError, match=r"LUT6_2 \w+: pin O5 drives l1_n\d and again"):
        check_sites(replace(mapped, cells=tuple(cells)), xilinx7.FABRIC)
