"""Sharing: of several cells that compute the same from the same nets, the first stays."""

from __future__ import annotations

from lutgen.netlist.ir import REGISTER, Netlist
from lutgen.netlist.passes.rewrite import Rewriter
from lutgen.netlist.passes.stats import PassStats, measure
from lutgen.netlist.tables import canonical, ones


def share(netlist: Netlist, *, complements: bool = True) -> tuple[Netlist, PassStats]:
    """Merge cells of equal function and inputs, in whatever order the inputs come.

    Parameters
    ----------
    complements : bool
        Also merge LUTs that are each other's complement; the LUTs that read them take the
        inversion into their tables.

    Returns
    -------
    Netlist
        The same function.
    PassStats
        `changes` counts the cells removed and those whose table absorbed an inversion.
    """
    rewriter = Rewriter(netlist)
    first: dict[tuple[int, tuple[int, ...]], tuple[int, bool]] = {}
    delayed: dict[int, int] = {}
    for cell in netlist.cells:
        if cell.keep or (cell.kind != REGISTER and cell.is_fixed):
            rewriter.carry_over(cell)
            continue
        if cell.kind == REGISTER:
            source = rewriter.read_plain(cell.inputs[0])
            if source in delayed:
                rewriter.replace(delayed[source])
            else:
                delayed[source] = rewriter.keep(cell, 0, (source,))
            continue
        table, inputs = rewriter.read_lut(cell)
        key, ordered = canonical(table, inputs)
        inverted = complements and bool(key & 1)
        if inverted:
            key ^= ones(len(inputs))
        found = first.get((key, ordered))
        if found is not None:
            rewriter.replace(found[0], inverted=found[1] != inverted)
        else:
            net = rewriter.keep(cell, table, inputs)
            first[key, ordered] = net, inverted
    shared = rewriter.finish()
    return shared, measure("share", netlist, shared, rewriter.changes)
