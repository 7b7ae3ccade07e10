"""Mapping onto families with hard multiplexers: what it costs, and where they may stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from chips import assert_same_answers, map_checked, one_lut, random_full_table
from netlists import assert_same_function

from lutgen.chips.ecp5 import family as ecp5
from lutgen.chips.fabric.fabric import MUX
from lutgen.chips.fabric.legal import check_muxes
from lutgen.chips.registry import get_family
from lutgen.errors import NetlistError
from lutgen.netlist.ir import LUT, Cell, Netlist
from lutgen.netlist.tables import tabulate


def count(netlist: Netlist) -> dict[str, int]:
    """Return the hard multiplexers by primitive, and all LUTs as one."""
    counts = {"LUT": netlist.count(LUT)}
    for cell in netlist.cells:
        if cell.hard:
            counts[cell.primitive] = counts.get(cell.primitive, 0) + 1
    return counts


@pytest.mark.parametrize(
    ("family", "k", "cost"),
    [
        ("ecp5", 4, {"LUT": 1}),
        ("ecp5", 5, {"LUT": 2, "PFUMX": 1}),
        ("ecp5", 6, {"LUT": 4, "PFUMX": 2, "L6MUX21": 1}),
        ("ecp5", 7, {"LUT": 8, "PFUMX": 4, "L6MUX21": 3}),
        ("ecp5", 8, {"LUT": 17, "PFUMX": 8, "L6MUX21": 6}),
        ("gowin", 5, {"LUT": 2, "MUX2_LUT5": 1}),
        (
            "gowin",
            8,
            {"LUT": 16, "MUX2_LUT5": 8, "MUX2_LUT6": 4, "MUX2_LUT7": 2, "MUX2_LUT8": 1},
        ),
        ("xilinx7", 6, {"LUT": 1}),
        ("xilinx7", 7, {"LUT": 2, "MUXF7": 1}),
        ("xilinx7", 8, {"LUT": 4, "MUXF7": 2, "MUXF8": 1}),
        ("xilinx7", 9, {"LUT": 9, "MUXF7": 4, "MUXF8": 2}),
        ("xcup", 9, {"LUT": 8, "MUXF7": 4, "MUXF8": 2, "MUXF9": 1}),
        ("xcup", 10, {"LUT": 17, "MUXF7": 8, "MUXF8": 4, "MUXF9": 2}),
    ],
)
def test_random_tables_cost_what_the_structure_costs(
    family: str, k: int, cost: dict[str, int]
) -> None:
    rng = np.random.default_rng(5)
    assert count(map_checked(family, one_lut(random_full_table(rng, k), k))) == cost


@pytest.mark.parametrize(
    ("family", "name", "k", "function", "luts"),
    [
        ("ecp5", "parity of 16", 16, lambda *x: sum(x) % 2, 6),
        ("ecp5", "4:1 multiplexer", 6, lambda s, t, *d: d[s + 2 * t], 2),
        ("gowin", "and of 8", 8, lambda *x: all(x), 3),
        ("xilinx7", "4:1 multiplexer", 6, lambda s, t, *d: d[s + 2 * t], 1),
        ("xilinx7", "parity of 11", 11, lambda *x: sum(x) % 2, 2),
        ("xilinx7", "majority of 8", 8, lambda *x: sum(x) > 4, 3),
        ("xcup", "majority of 9", 9, lambda *x: sum(x) > 4, 4),
    ],
)
def test_structure_of_a_table_is_used(
    family: str, name: str, k: int, function: object, luts: int
) -> None:
    netlist = one_lut(tabulate(k, function), k)
    mapped = map_checked(family, netlist)
    assert mapped.count(LUT) <= luts
    assert_same_answers(netlist, mapped)


def test_small_luts_fold_into_a_larger_one() -> None:
    cells = (
        Cell(LUT, (2, 3, 4), 0xE8, "l1_n0", 1),
        Cell(LUT, (5, 6, 7), 0xE8, "l1_n1", 1),
        Cell(LUT, (8, 9), 6, "l2_n0", 2),
    )
    netlist = Netlist(6, cells, (10,))
    assert count(map_checked("xilinx7", netlist)) == {"LUT": 1}
    assert_same_function(netlist, map_checked("ecp5", netlist))


def test_levels_and_counts_leave_hard_multiplexers_out() -> None:
    mapped = map_checked("gowin", one_lut(random_full_table(np.random.default_rng(1), 8), 8))
    assert (mapped.depth, mapped.count(LUT), len(mapped.cells)) == (1, 16, 31)


# --- placement -------------------------------------------------------------------------------


def wide() -> Netlist:
    """Return a LUT6 of the ECP5: cells 0 to 3 are LUT4, then come two PFUMX and an L6MUX21."""
    mapped = map_checked("ecp5", one_lut(random_full_table(np.random.default_rng(2), 6), 6))
    assert [cell.hard for cell in mapped.cells] == [False] * 4 + [True] * 3
    return mapped


def changed(netlist: Netlist, place: int, **changes: object) -> Netlist:
    cells = list(netlist.cells)
    cells[place] = replace(cells[place], **changes)
    return replace(netlist, cells=tuple(cells))


@pytest.mark.parametrize(
    ("place", "changes", "message"),
    [
        (5, {"inputs": (8, 11, 6)}, "reads l1_n0_s0, which 2 pins read"),
        (4, {"inputs": (8, 2, 6)}, r"PFUMX of level 1 reads x\[0\], which is no LUT"),
        (4, {"inputs": (8, 1, 6)}, "PFUMX of level 1 reads 1, which is no LUT"),
        (6, {"inputs": (12, 11, 7)}, "L6MUX21 of level 2 reads l1_n0_s3, which is of level 0"),
        (6, {"primitive": "PFUMX"}, "PFUMX at level 2, where the fabric has L6MUX21"),
        (4, {"primitive": "L6MUX21"}, "L6MUX21 at level 1, where the fabric has PFUMX"),
        (4, {"init": MUX ^ 1}, "a hard multiplexer has no table of its own"),
    ],
)
def test_illegal_multiplexers_are_found(
    place: int, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(NetlistError, match=message):
        check_muxes(changed(wide(), place, **changes), ecp5.FABRIC)


def test_data_of_a_multiplexer_may_not_leave_it() -> None:
    netlist = wide()
    with pytest.raises(NetlistError, match=r"^1 illegal .* l1_n0_s4, which 2 pins read"):
        check_muxes(replace(netlist, outputs=(*netlist.outputs, 12)), ecp5.FABRIC)
    check_muxes(netlist, ecp5.FABRIC)


@pytest.mark.parametrize(
    ("family", "device", "luts"),
    [("ecp5", "85k", 83640), ("gowin", "gw1nr-9", 8640), ("xilinx7", "xc7a35t", 20800),
     ("xcup", "xczu7ev", 230400)],
)  # fmt: skip
def test_devices_name_their_source(family: str, device: str, luts: int) -> None:
    devices = get_family(family).devices
    assert devices[device].luts == luts
    assert all(item.source and item.registers for item in devices.values())
