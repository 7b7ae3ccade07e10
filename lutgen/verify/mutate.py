"""Planting faults in a netlist, to see that the checks catch them."""

from __future__ import annotations

from dataclasses import replace

from lutgen.errors import NetlistError
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist, NetlistBuilder


def flip_init_bit(netlist: Netlist, place: int, entry: int) -> Netlist:
    """Return the netlist with one entry of one LUT's truth table inverted.

    Parameters
    ----------
    place : int
        Index of the cell.
    entry : int
        Address p of the entry.

    Raises
    ------
    NetlistError
        If the cell is not a LUT, or its table has no such entry.
    """
    cell = _lut(netlist, place)
    if not 0 <= entry < 1 << len(cell.inputs):
        raise NetlistError(
            f"{cell.name} has {1 << len(cell.inputs)} entries, there is no entry {entry}"
        )
    return _with_cell(netlist, place, replace(cell, init=cell.init ^ (1 << entry)))


def swap_wires(netlist: Netlist, place: int, first: int, second: int) -> Netlist:
    """Return the netlist with two inputs of one LUT exchanged.

    Raises
    ------
    NetlistError
        If the cell is not a LUT, or has no such inputs.
    """
    cell = _lut(netlist, place)
    wires = list(cell.inputs)
    if not (0 <= first < len(wires) and 0 <= second < len(wires)):
        raise NetlistError(f"{cell.name} has {len(wires)} inputs, cannot swap {first} and {second}")
    wires[first], wires[second] = wires[second], wires[first]
    return _with_cell(netlist, place, replace(cell, inputs=tuple(wires)))


def rewire(netlist: Netlist, place: int, wire: int, net: int) -> Netlist:
    """Return the netlist with one input of one LUT connected to another net.

    Raises
    ------
    NetlistError
        If the cell is not a LUT, has no such input, or the net is not an earlier one.
    """
    cell = _lut(netlist, place)
    own = netlist.first_cell + place
    if not 0 <= wire < len(cell.inputs) or not 0 <= net < own:
        raise NetlistError(
            f"{cell.name} has {len(cell.inputs)} inputs and reads nets below {own}, cannot "
            f"connect input {wire} to net {net}"
        )
    wires = (*cell.inputs[:wire], net, *cell.inputs[wire + 1 :])
    return _with_cell(netlist, place, replace(cell, inputs=wires))


def drop_register(netlist: Netlist, place: int) -> Netlist:
    """Return the netlist with one register replaced by a wire.

    Raises
    ------
    NetlistError
        If the cell is not a register.
    """
    dropped = netlist.first_cell + place
    if not 0 <= place < len(netlist.cells) or netlist.cells[place].kind != REGISTER:
        raise NetlistError(f"cell {place} is not a register")
    builder = NetlistBuilder(netlist.n_inputs)
    nets = list(range(netlist.first_cell))
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        inputs = tuple(nets[source] for source in cell.inputs)
        nets.append(inputs[0] if net == dropped else builder.add(replace(cell, inputs=inputs)))
    return builder.finish(tuple(nets[net] for net in netlist.outputs))


def _lut(netlist: Netlist, place: int) -> Cell:
    if not 0 <= place < len(netlist.cells):
        raise NetlistError(f"the netlist has {len(netlist.cells)} cells, there is no cell {place}")
    cell = netlist.cells[place]
    if cell.kind != LUT:
        raise NetlistError(f"{cell.name} is a {cell.kind}, not a LUT")
    return cell


def _with_cell(netlist: Netlist, place: int, cell: Cell) -> Netlist:
    cells = (*netlist.cells[:place], cell, *netlist.cells[place + 1 :])
    return replace(netlist, cells=cells)
