"""Truth tables as parameters of primitives, and what they say there."""

from __future__ import annotations

import numpy as np
import pytest

from lutgen.chips.fabric.tree import MOST_CELLS, catalogue, grow_trees
from lutgen.chips.gatemate.family import CC_L2T4, CC_L2T5, FABRIC
from lutgen.chips.gatemate.family import LUTS as CC_LUTS
from lutgen.chips.nexus.family import LUT4
from lutgen.chips.primitive import tree_of, tree_table
from lutgen.chips.registry import get_family
from lutgen.emit.verilog import emit_verilog
from lutgen.netlist.check import check
from lutgen.netlist.ir import LUT, Cell, Netlist
from lutgen.verify.mutate import flip_init_bit

from netlists import assert_same_function  # isort: skip


def test_a_table_as_a_text() -> None:
    assert LUT4.settings(0x1A2B) == (("INIT", '"0x1a2b"'),)
    assert LUT4.table_in({"INIT": "0x1a2B"}) == 0x1A2B
    assert LUT4.table_in({"INIT": "0x0101 "}) == 0x0101  # a space, as it could be bits
    for wrong in ("0x", "1a2b", "0x1a2g", "0x1a2b  ", "-0x1", "0x1_0"):
        assert LUT4.table_in({"INIT": wrong}) is None


def test_trees_are_what_they_say() -> None:
    rng = np.random.default_rng(0)
    for left, right, root in rng.integers(16, size=(200, 3)).tolist():
        table = tree_table(left, right, root)
        found = tree_of(table)
        assert found is not None and tree_table(*found) == table
        said = {
            name: f"{int(value[3:], 16):04b}" for name, value in CC_L2T4.settings(table)
        }  # 4'hX
        assert CC_L2T4.table_in(said) == table
    assert sum(tree_of(table) is not None for table in range(1 << 16)) == 520
    assert CC_L2T4.table_in({"INIT_L00": "10x0"}) is None
    # of both halves: I4 selects between a tree of the others and 0
    whole = {"INIT_L02": "1000", "INIT_L03": "1000", "INIT_L11": "1000", "INIT_L20": "1000"}
    assert CC_L2T5.table_in(whole) == 1 << 31


def test_every_function_of_four_inputs_has_a_way() -> None:
    n_cells = catalogue().n_cells
    assert np.bincount(n_cells).tolist() == [0, 1528, 42760, 21232, 16]
    assert n_cells.max() == MOST_CELLS


@pytest.mark.parametrize("seed", range(40))
def test_grown_trees_keep_the_function(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cells = [Cell(LUT, tuple(rng.permutation(6)[:k] + 2), int(rng.integers(1 << (1 << k))),
                  f"l1_n{i}", 1, keep=bool(i % 2))
             for i, k in enumerate(rng.integers(1, 5, size=6))]  # fmt: skip
    netlist = Netlist(6, tuple(cells), tuple(range(8, 14)))
    grown = grow_trees(netlist, FABRIC)
    check(grown)
    assert_same_function(netlist, grown)
    assert all(len(cell.inputs) <= 2 or cell.primitive == "CC_L2T4" for cell in grown.cells)
    assert {cell.name for cell in netlist.cells} <= {cell.name for cell in grown.cells}


def test_a_fault_that_no_tree_has_is_written_all_the_same() -> None:
    family = get_family("gatemate")
    table = tree_table(8, 8, 8)
    cells = (Cell(LUT, (2, 3, 4, 5), table, "l1_n0", 1, "CC_L2T4"),)
    netlist = Netlist(4, cells, (6,))
    assert "CC_L2T4 #(.INIT_L00(4'h8), .INIT_L01(4'h8)" in emit_verilog(netlist, family)
    faulty = flip_init_bit(netlist, 0, 6)
    assert CC_L2T4.taking(faulty.cells[0].init) == CC_LUTS[3]
    assert f"CC_LUT4 #(.INIT(16'h{table ^ 1 << 6:04x}))" in emit_verilog(faulty, family)
