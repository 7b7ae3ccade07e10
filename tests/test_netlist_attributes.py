"""What is said of a cell beside its function stays with it, and cells that have to stay do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netlists import assert_same_function, netlists

from lutgen.chips.registry import get_family
from lutgen.netlist.check import check
from lutgen.netlist.ir import HEAD, LUT, REGISTER, Cell, Netlist
from lutgen.netlist.passes.absorb import absorb
from lutgen.netlist.passes.dontcare import dontcare
from lutgen.netlist.passes.fold import fold
from lutgen.netlist.passes.pipeline import pipeline, pipeline_to_delay
from lutgen.netlist.passes.prune import prune
from lutgen.netlist.passes.share import share
from lutgen.netlist.passes.shrink import shrink
from lutgen.netlist.passes.support import support

XOR, AND, MAJORITY, BUFFER = 0b0110, 0b1000, 0b11101000, 0b10
TARGETS = ("ice40", "ecp5", "gowin", "xilinx7", "xcup")


@dataclass(slots=True, unsafe_hash=True)
class Marked(Cell):
    """A cell with an attribute that no pass knows of."""

    mark: str = ""


def marked(netlist: Netlist) -> Netlist:
    """Return the netlist with a mark on every cell, its name."""
    names = [item.name for item in fields(Cell)]
    cells = tuple(
        Marked(**{name: getattr(cell, name) for name in names}, mark=cell.name)
        for cell in netlist.cells
    )
    return replace(netlist, cells=cells)


Pass = Callable[[Netlist], Netlist]
PASSES: dict[str, Pass] = {
    "prune": lambda netlist: prune(netlist)[0],
    "fold": lambda netlist: fold(netlist)[0],
    "support": lambda netlist: support(netlist)[0],
    "share": lambda netlist: share(netlist)[0],
    "dontcare": lambda netlist: dontcare(netlist)[0],
    "absorb": lambda netlist: absorb(netlist, 6)[0],
    "shrink": lambda netlist: shrink(netlist)[0],
    "pipeline": lambda netlist: pipeline(netlist, 1)[0],
    "pipeline_to_delay": lambda netlist: pipeline_to_delay(netlist, lambda _: 1.0, 2.0)[0],
    **{target: get_family(target).map for target in TARGETS},
}


@pytest.mark.parametrize("name", PASSES)
@given(netlist=netlists(max_inputs=6, max_k=7))
def test_an_attribute_survives(name: str, netlist: Netlist) -> None:
    netlist, _ = prune(netlist)
    if name in ("pipeline", "pipeline_to_delay") and not netlist.cells:
        return
    known = {cell.name for cell in netlist.cells}
    for cell in PASSES[name](marked(netlist)).cells:
        if cell.kind == REGISTER and cell.name.startswith("x"):
            continue  # it delays an input, which has no mark
        assert isinstance(cell, Marked)
        assert cell.mark in known
        # what a cell is split into has its name, and more
        assert cell.name.startswith(cell.mark) or cell.name.endswith("_dc")


@pytest.mark.parametrize("name", PASSES)
@given(netlist=netlists(max_inputs=6, max_k=7), seed=st.integers(0, 2**16 - 1))
def test_what_has_to_stay_stays(name: str, netlist: Netlist, seed: int) -> None:
    cells = tuple(
        replace(cell, keep=bool(seed >> place % 16 & 1), part=HEAD, layer=0)
        for place, cell in enumerate(netlist.cells)
    )
    netlist = replace(netlist, cells=cells)
    after = PASSES[name](netlist)
    check(after)
    assert_same_function(netlist, after)
    kept = {cell.name: cell for cell in after.cells if cell.keep}
    for cell in netlist.cells:
        assert not cell.keep or kept[cell.name].part == HEAD
    if name not in TARGETS:
        for cell in netlist.cells:
            assert not cell.keep or kept[cell.name].init == cell.init


def triplicated() -> Netlist:
    """Return three copies of a function with registers, a voter, and a buffer of a constant."""
    copies = [Cell(LUT, (2, 3, 4), XOR | AND << 4, f"l1_n0_t{i}", 1, keep=True) for i in range(3)]
    registers = [Cell(REGISTER, (5 + i,), 0, f"l1_n0_t{i}_r1", 1, keep=True) for i in range(3)]
    voter = Cell(LUT, (8, 9, 10), MAJORITY, "vote", 1, keep=True)
    tied = Cell(LUT, (1,), BUFFER, "tied", 1, keep=True)
    return Netlist(3, (*copies, *registers, voter, tied), (11,))


@pytest.mark.parametrize("target", ("generic", *TARGETS))
def test_three_copies_stay_three(target: str) -> None:
    netlist = triplicated()
    small, _ = shrink(netlist)
    assert small == netlist
    mapped = get_family(target).map(small)
    names = [cell.name for cell in netlist.cells]
    assert sorted(cell.name for cell in mapped.cells) == sorted(names)
    assert not any(cell.site for cell in mapped.cells)
    assert (mapped.count(LUT), mapped.count(REGISTER)) == (5, 3)


@pytest.mark.parametrize("target", TARGETS)
def test_wide_copies_share_no_part(target: str) -> None:
    table = 0x9E3779B97F4A7C15F39CC0605CEDC8341082276BF3A27251F86C6A11D0C18E95
    copies = tuple(Cell(LUT, tuple(range(2, 10)), table, f"l1_n0_t{i}", 1) for i in range(2))
    merged = get_family(target).map(Netlist(8, copies, (10, 11)))
    apart = tuple(replace(cell, keep=True) for cell in copies)
    mapped = get_family(target).map(Netlist(8, apart, (10, 11)))
    assert mapped.count(LUT) == 2 * merged.count(LUT)
    assert all(cell.keep for cell in mapped.cells)
    assert_same_function(Netlist(8, copies, (10, 11)), mapped)
