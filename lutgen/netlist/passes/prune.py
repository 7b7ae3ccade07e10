"""Pruning: only the cone of influence of the outputs stays."""

from __future__ import annotations

from lutgen.netlist.ir import Netlist, NetlistBuilder
from lutgen.netlist.passes.stats import PassStats, measure


def prune(netlist: Netlist) -> tuple[Netlist, PassStats]:
    """Remove the cells that no output depends on, nor a cell that has to stay. Inputs stay.

    Returns
    -------
    Netlist
        The same function.
    PassStats
        `changes` counts the cells removed.
    """
    reached = bytearray(netlist.n_nets)
    for net in netlist.outputs:
        reached[net] = True
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        reached[net] |= cell.keep
    for net in range(netlist.n_nets - 1, netlist.first_cell - 1, -1):
        if reached[net]:
            for source in netlist.cells[net - netlist.first_cell].inputs:
                reached[source] = True
    if 0 not in reached[netlist.first_cell :]:
        return netlist, measure("prune", netlist, netlist, 0)
    builder = NetlistBuilder(netlist.n_inputs)
    renumbered = list(range(netlist.n_nets))
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        if reached[net]:
            inputs = tuple(map(renumbered.__getitem__, cell.inputs))
            if inputs != cell.inputs:
                cell = cell.but(inputs=inputs)  # noqa: PLW2901
            renumbered[net] = builder.add(cell)
    pruned = builder.finish(tuple(renumbered[net] for net in netlist.outputs))
    removed = len(netlist.cells) - len(pruned.cells)
    return pruned, measure("prune", netlist, pruned, removed)
