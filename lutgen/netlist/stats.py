"""A netlist in numbers, part by part and layer by layer, for reports."""

from __future__ import annotations

from dataclasses import dataclass

from lutgen.netlist.ir import LUT, PARTS, REGISTER, Netlist


@dataclass(frozen=True)
class LayerStats:
    """The cells of one layer.

    Parameters
    ----------
    part : {"encoder", "core", "head"}
        The core is the trained LUTs. Registers that delay the inputs belong to the encoder.
    layer : int
        Number of the layer in the core, from 1; 0 in the encoder and in the head.
    luts : int
        Number of LUTs.
    registers : int
        Number of registers.
    levels : int
        LUTs on the longest path inside the layer.
    cells : dict of str to int
        Number of cells by what realises them: a primitive, ``LUT<k>`` or ``register``.
    """

    part: str
    layer: int
    luts: int
    registers: int
    levels: int
    cells: dict[str, int]


@dataclass(frozen=True)
class NetlistStats:
    """A netlist in numbers.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Number of ports.
    n_inputs_read : int
        Inputs that a cell or an output reads.
    luts, registers : int
        Number of cells.
    depth : int
        Most LUTs between two registers, or between inputs and outputs.
    latency_cycles : int
        Clock cycles from inputs to outputs.
    cells : dict of str to int
        Number of cells by what realises them.
    layers : tuple of LayerStats
        One for each layer that has cells, from the encoder to the head.
    """

    n_inputs: int
    n_outputs: int
    n_inputs_read: int
    luts: int
    registers: int
    depth: int
    latency_cycles: int
    cells: dict[str, int]
    layers: tuple[LayerStats, ...]


def netlist_stats(netlist: Netlist) -> NetlistStats:
    """Count what a netlist, mapped or not, consists of."""
    read = {net for cell in netlist.cells for net in cell.inputs}.union(netlist.outputs)
    inputs = range(netlist.first_cell - netlist.n_inputs, netlist.first_cell)
    return NetlistStats(
        n_inputs=netlist.n_inputs,
        n_outputs=len(netlist.outputs),
        n_inputs_read=sum(net in read for net in inputs),
        luts=netlist.count(LUT),
        registers=netlist.count(REGISTER),
        depth=netlist.depth,
        latency_cycles=netlist.latency,
        cells=count_cells(netlist),
        layers=_layers(netlist),
    )


def count_cells(netlist: Netlist) -> dict[str, int]:
    """Return the number of cells by what realises them: a primitive, ``LUT<k>`` or ``register``.

    The outputs of one instance count once.
    """
    counts: dict[str, int] = {}
    shared: set[tuple[str, str]] = set()
    for cell in netlist.cells:
        plain = "register" if cell.kind == REGISTER else f"LUT{len(cell.inputs)}"
        name = cell.module or plain
        if cell.is_shared:
            if (name, cell.site) in shared:
                continue
            shared.add((name, cell.site))
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def _layers(netlist: Netlist) -> tuple[LayerStats, ...]:
    members: dict[tuple[int, int], list[int]] = {}
    rows: list[tuple[int, int]] = []
    inside = [0] * netlist.n_nets
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        place = PARTS.index(cell.part), cell.layer
        members.setdefault(place, []).append(net)
        rows.append(place)
        if cell.kind == LUT:
            inside[net] = (not cell.hard) + max(
                (
                    inside[source]
                    for source in cell.inputs
                    if source >= netlist.first_cell and rows[source - netlist.first_cell] == place
                ),
                default=0,
            )
    stats = []
    for (part_number, layer), nets in sorted(members.items()):
        cells = tuple(netlist.cells[net - netlist.first_cell] for net in nets)
        alone = Netlist(netlist.n_inputs, cells, ())
        stats.append(
            LayerStats(
                part=PARTS[part_number],
                layer=layer,
                luts=alone.count(LUT),
                registers=alone.count(REGISTER),
                levels=max(inside[net] for net in nets),
                cells=count_cells(alone),
            )
        )
    return tuple(stats)
