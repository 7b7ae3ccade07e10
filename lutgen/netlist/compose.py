"""Netlists one after the other: the outputs of the first are the inputs of the second."""

from __future__ import annotations

from lutgen.errors import NetlistError
from lutgen.netlist.ir import FIRST_INPUT, Netlist


def compose(first: Netlist, second: Netlist) -> Netlist:
    """Return the netlist that feeds output i of the first to input i of the second.

    Raises
    ------
    NetlistError
        If there are not as many outputs as inputs, or both have a cell or a site of one name.
    """
    if len(first.outputs) != second.n_inputs:
        raise NetlistError(
            f"a netlist of {len(first.outputs)} outputs cannot feed one of {second.n_inputs} inputs"
        )
    for what in ("name", "site"):
        names = [{getattr(cell, what) for cell in part.cells} - {""} for part in (first, second)]
        if common := names[0] & names[1]:
            raise NetlistError(f"both netlists have a {what} {min(common)}")
    nets = [*range(FIRST_INPUT), *first.outputs]
    nets += range(first.n_nets, first.n_nets + len(second.cells))
    moved = tuple(
        cell.but(inputs=tuple([nets[net] for net in cell.inputs])) for cell in second.cells
    )
    outputs = tuple(nets[net] for net in second.outputs)
    return Netlist(first.n_inputs, (*first.cells, *moved), outputs)
