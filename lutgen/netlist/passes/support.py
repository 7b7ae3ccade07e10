"""Support reduction: LUTs lose the inputs that never change their output."""

from __future__ import annotations

from lutgen.netlist.ir import REGISTER, Netlist
from lutgen.netlist.passes.rewrite import Rewriter
from lutgen.netlist.passes.stats import PassStats, measure
from lutgen.netlist.tables import reduce


def support(netlist: Netlist) -> tuple[Netlist, PassStats]:
    """Drop inputs that do not matter, merge inputs that are the same net, absorb constants.

    A LUT that is left without inputs becomes a constant.

    Returns
    -------
    Netlist
        The same function.
    PassStats
        `changes` counts the LUTs that shrank or became constant.
    """
    rewriter = Rewriter(netlist)
    for cell in netlist.cells:
        if cell.keep or (cell.kind != REGISTER and cell.is_fixed):
            rewriter.carry_over(cell)
            continue
        if cell.kind == REGISTER:
            rewriter.keep(cell, 0, (rewriter.read_plain(cell.inputs[0]),))
            continue
        table, inputs = reduce(*rewriter.read_lut(cell))
        if inputs:
            rewriter.keep(cell, table, inputs)
        else:
            rewriter.replace(table)
    reduced = rewriter.finish()
    return reduced, measure("support", netlist, reduced, rewriter.changes)
