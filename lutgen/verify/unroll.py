"""Time as space: a clocked netlist as a function of its inputs now and in the cycles before."""

from __future__ import annotations

import numpy as np

from lutgen.bits import Bits, Words
from lutgen.errors import NetlistError
from lutgen.netlist.check import check
from lutgen.netlist.ir import FIRST_INPUT, REGISTER, Netlist, NetlistBuilder


def has_latency(netlist: Netlist, latency: int) -> bool:
    """Return whether every path from input to output takes so many cycles."""
    try:
        check(netlist)
    except NetlistError:
        return False
    return netlist.latency == latency


def unroll(
    netlist: Netlist, n_cycles: int, start: int = 0, *, transparent: bool = False
) -> Netlist:
    """Return a netlist without registers that computes the outputs of one cycle.

    Parameters
    ----------
    n_cycles : int
        Cycles before the present one that are inputs: input i of d cycles ago is input
        ``d * netlist.n_inputs + i``.
    start : int
        Age of the outputs: as they were so many cycles ago.
    transparent : bool
        Let registers pass on at once what they read.

    Raises
    ------
    NetlistError
        If a path takes more cycles than there are.
    """
    step = 0 if transparent else 1
    ages = _ages(netlist, start, step)
    if max((max(wanted) for wanted in ages if wanted), default=0) > n_cycles:
        raise NetlistError(f"the netlist looks back further than {n_cycles} cycles")
    builder = NetlistBuilder(netlist.n_inputs * (n_cycles + 1))
    nets: dict[tuple[int, int], int] = {}
    for net in range(netlist.first_cell):
        for age in range(n_cycles + 1):
            nets[net, age] = net if net < FIRST_INPUT else net + age * netlist.n_inputs
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        for age in sorted(ages[net]):
            if cell.kind == REGISTER:
                nets[net, age] = nets[cell.inputs[0], age + step]
                continue
            inputs = tuple(nets[source, age] for source in cell.inputs)
            # the oldest bears the name: it is the one that a balanced netlist has
            name = cell.name if age == max(ages[net]) else f"{cell.name}_ago{age}"
            nets[net, age] = builder.add(cell.but(inputs=inputs, name=name))
    return builder.finish(tuple(nets[net, start] for net in netlist.outputs))


def _ages(netlist: Netlist, start: int, step: int) -> list[set[int]]:
    """Return how many cycles ago the value of each net is wanted; a constant's never."""
    ages: list[set[int]] = [set() for _ in range(netlist.n_nets)]
    for net in netlist.outputs:
        ages[net].add(start)
    for net in range(netlist.n_nets - 1, netlist.first_cell - 1, -1):
        cell = netlist.cells[net - netlist.first_cell]
        later = {age + step for age in ages[net]} if cell.kind == REGISTER else ages[net]
        for source in cell.inputs:
            if source >= FIRST_INPUT:
                ages[source] |= later
    return ages


def look_back(bits: Bits, n_cycles: int) -> Words:
    """Return samples streamed one a cycle as inputs of :func:`unroll`; zeros came before."""
    dense = bits.to_dense()
    rows = [np.pad(dense, ((age, 0), (0, 0)))[: len(dense)] for age in range(n_cycles + 1)]
    return Bits.from_dense(np.concatenate(rows, axis=1)).words
