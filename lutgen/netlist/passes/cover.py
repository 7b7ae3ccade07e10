"""Covering: a netlist of small LUTs as few LUTs of the chip's size, each in place of several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lutgen.netlist.ir import (
    CONST0,
    PARTS,
    REGISTER,
    Netlist,
    NetlistBuilder,
)
from lutgen.netlist.passes.prune import prune
from lutgen.netlist.passes.stats import PassStats, measure
from lutgen.netlist.tables import ones

NAME = "cover"
MAX_FAN_IN = 6


def cover(
    netlist: Netlist,
    max_fan_in: int,
    *,
    max_depth: int = 0,
    costs: Sequence[float] = (),
) -> tuple[Netlist, PassStats]:
    """Cover the LUTs with LUTs of at most `max_fan_in` inputs, 6 at most.

    A LUT that stays has its name, its layer and its part; those that went into all of their readers
    are gone. LUTs of different parts do not merge. Registers, cells that name a primitive or have
    to stay, and LUTs of more inputs are left as they are, and what they read stays.

    Parameters
    ----------
    max_depth : int
        Levels of the result, if fewer are possible: then it may take fewer LUTs. By default as few
        as possible.
    costs : sequence of float
        What a LUT of so many inputs costs, from 0 to `max_fan_in`; by default 1 from 2 inputs on.

    Returns
    -------
    Netlist
        The same function.
    PassStats
        `changes` counts the cells that are gone and those with another table.
    """
    from lutgen.netlist.passes import cuts  # noqa: PLC0415 - loads numba

    assert 2 <= max_fan_in <= MAX_FAN_IN
    before = netlist
    netlist, _ = prune(netlist)
    kinds = np.full(netlist.n_nets, cuts.FREE, dtype=np.uint8)
    tables = np.zeros(netlist.n_nets, dtype=np.uint64)
    parts = np.zeros(netlist.n_nets, dtype=np.uint8)
    lengths = np.zeros(netlist.n_nets, dtype=np.int64)
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        lengths[net] = len(cell.inputs)
        parts[net] = PARTS.index(cell.part)
        if cell.kind == REGISTER:
            kinds[net] = cuts.REGISTER
        elif cell.is_fixed or len(cell.inputs) > max_fan_in:
            kinds[net] = cuts.FIXED
        else:
            kinds[net] = cuts.LUT
            tables[net] = cell.init * (ones(MAX_FAN_IN) // ones(len(cell.inputs)))
    start = np.concatenate([[0], np.cumsum(lengths)])
    reads = np.array([net for cell in netlist.cells for net in cell.inputs], dtype=np.int32)
    used, sizes, leaves, found = cuts.choose_cuts(
        kinds, start, reads, tables, parts,
        np.array(netlist.outputs, dtype=np.int32),
        np.array(costs or [0, 0, *[1] * (max_fan_in - 1)], dtype=np.float32),
        max_depth,
    )  # fmt: skip
    builder = NetlistBuilder(netlist.n_inputs)
    new = list(range(netlist.n_nets))
    changes = 0
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        if kinds[net] != cuts.LUT:
            new[net] = builder.add(cell.but(inputs=tuple([new[i] for i in cell.inputs])))
        elif used[net]:
            size = int(sizes[net])
            inputs = tuple(leaves[net, :size].tolist()) or (CONST0,)
            table = int(found[net]) & ones(len(inputs))
            changes += inputs != cell.inputs or table != cell.init
            new[net] = builder.add(cell.but(inputs=tuple([new[i] for i in inputs]), init=table))
    covered = builder.finish(tuple([new[net] for net in netlist.outputs]))
    changes += len(before.cells) - len(covered.cells)
    return covered, measure(NAME, before, covered, changes)
