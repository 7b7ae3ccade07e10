"""Tables that are loaded while the hardware runs: cells whose contents nothing may be made of.

A cell of the primitive :data:`TABLE` reads its inputs as an address; its table is what it holds
until others are loaded. :func:`cut` takes these cells out, so that what they answer is an input
like any other: what passes, mappings and proofs find out about the rest then holds for whatever
the tables answer, so for all contents. :func:`join` puts them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from graphlib import TopologicalSorter

from lutgen.netlist.ir import FIRST_INPUT, Cell, Netlist, NetlistBuilder

TABLE = "lutgen_table"
"""The primitive of a cell whose table is loaded."""


def tables(netlist: Netlist) -> list[Cell]:
    """Return the cells whose tables are loaded, in their order."""
    return [cell for cell in netlist.cells if cell.primitive == TABLE]


def cut(netlist: Netlist, order: Sequence[Cell], shown: Sequence[str] | None = None) -> Netlist:
    """Return the netlist without its loaded tables: their answers come in, their addresses go out.

    Parameters
    ----------
    order : sequence of Cell
        Tables by whose names and fan-ins its own are sorted: input ``n_inputs + i`` is what number
        i answers. Of one that the netlist has not, the input is idle.
    shown : sequence of str
        Names of tables whose addresses follow the outputs, in that order; by default all of
        `order`.
    """
    place = {cell.name: i for i, cell in enumerate(order)}
    found = {cell.name: cell for cell in tables(netlist)}
    n_inputs = netlist.n_inputs + len(order)
    builder = NetlistBuilder(n_inputs)
    nets = list(range(netlist.first_cell))
    for cell in netlist.cells:
        if cell.primitive == TABLE:
            nets.append(netlist.first_cell + place[cell.name])
        else:
            nets.append(builder.add(cell.but(inputs=tuple([nets[net] for net in cell.inputs]))))
    if shown is None:
        shown = [cell.name for cell in order]
    addresses = [nets[net] for name in shown for net in found[name].inputs]
    return builder.finish((*(nets[net] for net in netlist.outputs), *addresses))


def join(rest: Netlist, order: Sequence[Cell]) -> Netlist:
    """Return a netlist that :func:`cut` has made, or what became of it, with its tables in it.

    Parameters
    ----------
    order : sequence of Cell
        The tables; their inputs are those that `rest` gives.
    """
    n_inputs = rest.n_inputs - len(order)
    n_addresses = sum(len(cell.inputs) for cell in order)
    n_outputs = len(rest.outputs) - n_addresses
    addresses = iter(rest.outputs[n_outputs:])
    first_table = FIRST_INPUT + n_inputs
    cells: dict[int, Cell] = dict(enumerate(rest.cells, rest.first_cell))
    for net, table in enumerate(order, first_table):
        inputs = tuple(next(addresses) for _ in table.inputs)
        cells[net] = table.but(inputs=inputs)
    reads = {net: [n for n in cell.inputs if n in cells] for net, cell in sorted(cells.items())}
    builder = NetlistBuilder(n_inputs)
    nets = {net: net for net in range(first_table)}
    for net in TopologicalSorter(reads).static_order():
        cell = cells[net]
        nets[net] = builder.add(cell.but(inputs=tuple([nets[n] for n in cell.inputs])))
    return builder.finish(tuple(nets[net] for net in rest.outputs[:n_outputs]))


def as_tables(netlist: Netlist, names: frozenset[str]) -> Netlist:
    """Return the netlist with the tables of some cells loaded; these cells have to stay."""
    cells = [
        cell.but(primitive=TABLE, keep=True) if cell.name in names else cell
        for cell in netlist.cells
    ]
    return replace(netlist, cells=tuple(cells))
