"""Mapping onto families with hard multiplexers: function, cost, placement, the vendors' facts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netlists import assert_same_function, exhaustive, majority_like_table, netlists
from strategies import random_network

from lutgen.chips.ecp5 import family as ecp5
from lutgen.chips.fabric.fabric import MUX
from lutgen.chips.fabric.legal import check_muxes
from lutgen.chips.fabric.split import Shape, worst_cost
from lutgen.chips.gowin import family as gowin
from lutgen.chips.ice40 import family as ice40
from lutgen.chips.registry import get_family
from lutgen.chips.xilinx import xcup, xilinx7
from lutgen.core import CoreConfig, make_core
from lutgen.emit.blif import emit_blif
from lutgen.emit.verilog import core_verilog
from lutgen.errors import NetlistError, ToolError
from lutgen.flow.process import run, subprocess_environment
from lutgen.flow.tools import find_yosys
from lutgen.flow.yosys import (
    DIRECT,
    FAMILIES,
    OPTIMISED,
    netlist_file,
    simulation_models,
    synthesise,
)
from lutgen.netlist.check import check
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.netlist.passes.pipeline import pipeline
from lutgen.netlist.passes.simplify import simplify
from lutgen.netlist.tables import depends_on, ones, tabulate

FABRICS = {
    "ice40": ice40.FABRIC,
    "ecp5": ecp5.FABRIC,
    "gowin": gowin.FABRIC,
    "xilinx7": xilinx7.FABRIC,
    "xcup": xcup.FABRIC,
}
WITH_MUXES = tuple(name for name, fabric in FABRICS.items() if fabric.muxes)


def one_lut(table: int, k: int) -> Netlist:
    return Netlist(k, (Cell(LUT, tuple(range(2, 2 + k)), table, "l1_n0", 1),), (2 + k,))


def random_full_table(rng: np.random.Generator, k: int) -> int:
    """Return a table that depends on all its inputs."""
    while True:
        table = int.from_bytes(rng.bytes(max(1, (1 << k) // 8)), "little") & ones(k)
        if all(depends_on(table, k, j) for j in range(k)):
            return table


def map_checked(family: str, netlist: Netlist) -> Netlist:
    """Map, and assert that every cell is a primitive of the family in a legal place."""
    mapped = get_family(family).map(netlist)
    check(mapped)
    check_muxes(mapped, FABRICS[family])
    for cell in mapped.cells:
        primitive = get_family(family).primitives[cell.primitive]
        assert len(cell.inputs) == len(primitive.inputs)
        assert cell.kind == (REGISTER if primitive.clock else LUT)
        assert cell.hard == (primitive in FABRICS[family].muxes)
    return mapped


def count(netlist: Netlist) -> dict[str, int]:
    """Return the hard multiplexers by primitive, and all LUTs as one."""
    counts = {"LUT": netlist.count(LUT)}
    for cell in netlist.cells:
        if cell.hard:
            counts[cell.primitive] = counts.get(cell.primitive, 0) + 1
    return counts


@pytest.mark.parametrize("family", WITH_MUXES)
@settings(max_examples=25)
@given(netlist=netlists(max_k=9))
def test_mapping_keeps_the_function(family: str, netlist: Netlist) -> None:
    assert_same_function(netlist, map_checked(family, netlist))


@pytest.mark.parametrize("family", WITH_MUXES)
@settings(max_examples=8)
@given(netlist=netlists(max_k=7), every=st.integers(1, 3))
def test_mapping_keeps_registers(family: str, netlist: Netlist, every: int) -> None:
    piped, _ = pipeline(simplify(netlist)[0], every)
    mapped = map_checked(family, piped)
    assert mapped.latency == piped.latency
    assert_same_function(netlist, mapped)


@pytest.mark.parametrize("family", WITH_MUXES)
@settings(max_examples=25)
@given(k=st.integers(1, 10), learnt=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_one_lut_keeps_function_and_cost_bound(
    family: str, k: int, learnt: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    table = majority_like_table(rng, k, noise=0.05) if learnt else random_full_table(rng, k)
    netlist = one_lut(table, k)
    mapped = map_checked(family, netlist)
    assert_same_function(netlist, mapped)
    fabric = FABRICS[family]
    shape = Shape(fabric.leaf, len(fabric.muxes))
    assert mapped.count(LUT) <= max(1, worst_cost(k, shape))


@pytest.mark.parametrize("family", WITH_MUXES)
@pytest.mark.parametrize(("k", "learnt"), [(12, True), (12, False), (16, False)])
def test_wide_luts(family: str, k: int, learnt: bool) -> None:
    rng = np.random.default_rng(k)
    netlist = one_lut(majority_like_table(rng, k) if learnt else random_full_table(rng, k), k)
    mapped = map_checked(family, netlist)
    samples = exhaustive(k)
    np.testing.assert_array_equal(evaluate(netlist, samples), evaluate(mapped, samples))
    fabric = FABRICS[family]
    assert mapped.count(LUT) <= worst_cost(k, Shape(fabric.leaf, len(fabric.muxes)))


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
    samples = exhaustive(k)
    np.testing.assert_array_equal(evaluate(netlist, samples), evaluate(mapped, samples))


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


# --- the vendors' primitives, by the models that Yosys has of them ------------------------------

_SCRIPT = """
read_verilog generic.v
hierarchy -top lutgen_core
proc
rename lutgen_core gold
design -stash gold
read_verilog {defines} +/{library}
read_verilog mapped.v
hierarchy -check -top lutgen_core
proc
flatten
rename lutgen_core gate
design -stash gate
design -copy-from gold gold
design -copy-from gate gate
miter -equiv -flatten gold gate miter
hierarchy -top miter
opt_clean
sat -verify -tempinduct -seq 2 -set-def-inputs -prove trigger 0 miter
"""


def prove(family: str, generic: str, mapped: str, folder: Path) -> None:
    """Prove with Yosys that two Verilog texts are the same circuit, or raise ToolError."""
    tool = find_yosys()
    defines = " ".join(f"-D{name}={value}" for name, value in FAMILIES[family].defines.items())
    script = _SCRIPT.format(defines=defines, library=FAMILIES[family].library)
    texts = {"generic.v": generic, "mapped.v": mapped, "prove.ys": script}
    for name, text in texts.items():
        (folder / name).write_text(text)
    run(
        [tool.path, "prove.ys"],
        what="proof",
        cwd=folder,
        log=folder / "log",
        environment=subprocess_environment(tool.environment),
    )


@pytest.mark.parametrize("family", WITH_MUXES)
def test_verilog_equals_the_generic_one_under_the_vendors_models(
    family: str, tmp_path: Path
) -> None:
    network = random_network(np.random.default_rng(8), 9, [8, 1], (1, 8), skip=True)
    generic = make_core(network, CoreConfig(pipeline=1))
    core = make_core(network, CoreConfig(chip=family, pipeline=1))
    assert core.netlist.latency == 2
    used = {cell.primitive for cell in core.netlist.cells if cell.hard}
    assert used >= {mux.name for mux in FABRICS[family].muxes[:2]}
    prove(family, core_verilog(generic), core_verilog(core), tmp_path)

    # the data pins of one multiplexer exchanged: the same as its select inverted
    place = next(i for i, cell in enumerate(core.netlist.cells) if cell.hard)
    name = core.netlist.cells[place].name
    at0, at1, _ = get_family(family).primitives[core.netlist.cells[place].primitive].inputs
    lines = core_verilog(core).splitlines()
    where = next(i for i, line in enumerate(lines) if f" U_{name} " in line)
    swapped = lines[where].replace(f".{at0}(", ".?(").replace(f".{at1}(", f".{at0}(")
    lines[where] = swapped.replace(".?(", f".{at1}(")
    with pytest.raises(ToolError, match="proof failed"):
        prove(family, core_verilog(generic), "\n".join(lines), tmp_path)


@pytest.mark.parametrize("family", WITH_MUXES)
def test_direct_synthesis_keeps_every_primitive(family: str, tmp_path: Path) -> None:
    network = random_network(np.random.default_rng(3), 10, [3, 1], 8)
    core = make_core(network, CoreConfig(chip=family, pipeline=1))
    result = synthesise(
        core_verilog(core),
        language="verilog",
        top=core.module,
        target=family,
        mode=DIRECT,
        out_dir=tmp_path,
    )
    assert result.n_luts == core.netlist.count(LUT)
    assert result.n_muxes == sum(cell.hard for cell in core.netlist.cells) > 0
    assert result.n_registers == core.netlist.count(REGISTER) > 0
    assert result.levels == core.netlist.depth
    assert simulation_models(family).is_file()


@pytest.mark.parametrize("family", ["ecp5", "gowin", "xilinx7"])
def test_optimised_synthesis_is_the_same_circuit(family: str, tmp_path: Path) -> None:
    network = random_network(np.random.default_rng(4), 8, [4, 1], (6, 7))
    generic = make_core(network, CoreConfig(pipeline=1))
    result = synthesise(
        emit_blif(generic.logic, model=generic.module),
        language="blif",
        top=generic.module,
        target=family,
        mode=OPTIMISED,
        out_dir=tmp_path,
    )
    assert result.n_luts > 0 and result.n_registers == generic.netlist.count(REGISTER)
    assert result.n_muxes + result.n_luts + result.n_registers == sum(result.cells.values())
    prove(family, core_verilog(generic), netlist_file(tmp_path, OPTIMISED).read_text(), tmp_path)


@pytest.mark.parametrize(
    ("family", "device", "luts"),
    [("ecp5", "85k", 83640), ("gowin", "gw1nr-9", 8640), ("xilinx7", "xc7a35t", 20800),
     ("xcup", "xczu7ev", 230400)],
)  # fmt: skip
def test_devices_name_their_source(family: str, device: str, luts: int) -> None:
    devices = get_family(family).devices
    assert devices[device].luts == luts
    assert all(item.source and item.registers for item in devices.values())
