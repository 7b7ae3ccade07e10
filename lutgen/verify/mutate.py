"""Planting faults in a netlist, to see that the checks catch them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lutgen.errors import NetlistError
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist, NetlistBuilder
from lutgen.netlist.tables import INVERTER


def flip_init_bit(netlist: Netlist, place: int, entry: int) -> Netlist:
    """Return the netlist with one entry of one LUT's truth table inverted.

    Where a smaller LUT of the same site shares the entry, it is inverted in both.

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
    cells = list(netlist.cells)
    for i in [place, *_sharing(netlist, place, entry)]:
        cells[i] = cells[i].but(init=cells[i].init ^ (1 << entry))
    return replace(netlist, cells=tuple(cells))


def swap_wires(netlist: Netlist, place: int, first: int, second: int) -> Netlist:
    """Return the netlist with two inputs of one LUT exchanged.

    Where cells share an instance, its pins are exchanged for all of them.

    Raises
    ------
    NetlistError
        If the cell is not a LUT, or has no such inputs.
    """
    cell = _lut(netlist, place)
    wires = list(cell.inputs)
    if not (0 <= first < len(wires) and 0 <= second < len(wires)):
        raise NetlistError(f"{cell.name} has {len(wires)} inputs, cannot swap {first} and {second}")
    moved = {first: wires[second], second: wires[first]}
    return _with_wires(netlist, place, moved)


def rewire(netlist: Netlist, place: int, wire: int, net: int) -> Netlist:
    """Return the netlist with one input of one LUT connected to another net.

    Where cells share an instance, its pin moves for all of them.

    Raises
    ------
    NetlistError
        If the cell is not a LUT, has no such input, or the net is not an earlier one.
    """
    cell = _lut(netlist, place)
    own = netlist.first_cell + first_on_pin(netlist, place, wire)
    if not 0 <= wire < len(cell.inputs) or not 0 <= net < own:
        raise NetlistError(
            f"{cell.name} has {len(cell.inputs)} inputs and reads nets below {own}, cannot "
            f"connect input {wire} to net {net}"
        )
    return _with_wires(netlist, place, {wire: net})


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
        nets.append(inputs[0] if net == dropped else builder.add(cell.but(inputs=inputs)))
    return builder.finish(tuple(nets[net] for net in netlist.outputs))


def invert(netlist: Netlist, place: int) -> Netlist:
    """Return the netlist in which all that reads a cell reads the complement of what it puts out.

    Of a register that is a flip of its bit: every sample that goes through is struck.

    Raises
    ------
    NetlistError
        If there is no such cell.
    """
    if not 0 <= place < len(netlist.cells):
        raise NetlistError(f"the netlist has {len(netlist.cells)} cells, there is no cell {place}")
    builder = NetlistBuilder(netlist.n_inputs)
    nets = list(range(netlist.first_cell))
    for number, cell in enumerate(netlist.cells):
        net = builder.add(cell.but(inputs=tuple([nets[source] for source in cell.inputs])))
        if number == place:
            net = builder.add(Cell(LUT, (net,), INVERTER, f"{cell.name}_flipped", 0))
        nets.append(net)
    return builder.finish(tuple([nets[net] for net in netlist.outputs]))


def _lut(netlist: Netlist, place: int) -> Cell:
    if not 0 <= place < len(netlist.cells):
        raise NetlistError(f"the netlist has {len(netlist.cells)} cells, there is no cell {place}")
    cell = netlist.cells[place]
    if cell.kind != LUT:
        raise NetlistError(f"{cell.name} is a {cell.kind}, not a LUT")
    return cell


def _sharing(netlist: Netlist, place: int, entry: int) -> list[int]:
    """Return the places of other LUTs that share an entry of a LUT's table.

    LUTs of one site and as many inputs have tables of their own; a smaller one is the lower part
    of a larger.
    """
    cell = netlist.cells[place]
    if not cell.site:
        return []
    return [
        i
        for i, mate in enumerate(netlist.cells)
        if mate.site == cell.site
        and not mate.hard
        and len(mate.inputs) != len(cell.inputs)
        and entry < 1 << len(mate.inputs)
    ]


def first_on_pin(netlist: Netlist, place: int, wire: int) -> int:
    """Return the place of the first cell that the wire to one input of a cell leads to."""
    return min(i for i, _ in _on_pin(netlist, place, wire))


def _on_pin(netlist: Netlist, place: int, wire: int) -> list[tuple[int, int]]:
    """Return the places of all cells that one wire of a cell leads to, and their inputs there.

    The halves of one LUT have the same inputs at the same pins, and a smaller one lacks the last.
    At a position of a carry chain, a wire leads to all inputs that read its net.
    """
    cell = netlist.cells[place]
    if not cell.site or not 0 <= wire < len(cell.inputs):
        return [(place, wire)]
    mates = [(i, mate) for i, mate in enumerate(netlist.cells) if mate.site == cell.site]
    if not cell.hard:
        return [(i, wire) for i, mate in mates if wire < len(mate.inputs) and not mate.hard]
    net = cell.inputs[wire]
    return [
        (i, j)
        for i, mate in mates
        for j, other in enumerate(mate.inputs)
        if mate.hard and other == net and mate.inputs[1] == cell.inputs[1]
    ]


def _with_wires(netlist: Netlist, place: int, moved: Mapping[int, int]) -> Netlist:
    """Return the netlist with inputs of a cell, and of those on its pins, at other nets."""
    cells = list(netlist.cells)
    for wire, net in moved.items():
        for i, j in _on_pin(netlist, place, wire):
            wires = (*cells[i].inputs[:j], net, *cells[i].inputs[j + 1 :])
            cells[i] = cells[i].but(inputs=wires)
    return replace(netlist, cells=tuple(cells))
