"""Pairing: two small LUTs of the same inputs become the two outputs of one large LUT."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import numpy as np

from lutgen.chips.fabric.fabric import Fabric
from lutgen.netlist.ir import CONST0, FIRST_INPUT, LUT, REGISTER, Netlist, NetlistBuilder
from lutgen.netlist.tables import expand, insert

_MAX_READERS = 64  # of a net whose readers are tried with each other


def pair_luts(netlist: Netlist, fabric: Fabric, *, trial: bool = False) -> Netlist:
    """Return a mapped netlist with LUTs put two by two into the `pair` of the fabric.

    Partners read together no more nets than its outputs have pins. They are of one layer, so that
    what is placed together belongs together, of one level, so that no path gets longer and no loop
    comes about, and of one age. A LUT that a wire of fixed course follows stays alone, as that
    wire begins at one certain output. The LUTs with the fewest possible partners choose first.

    Parameters
    ----------
    trial : bool
        Whether the result is only to be counted: then partners get their site, and no more.
    """
    partners = _match(_edges(netlist, fabric))
    if not partners:
        return netlist
    cells = list(netlist.cells)
    for first, second in partners.items():
        if first < second:
            a, b = (cells[net - netlist.first_cell] for net in (first, second))
            if trial:
                for net, cell in zip((first, second), (a, b), strict=True):
                    cells[net - netlist.first_cell] = cell.but(site=b.name)
                continue
            nets = tuple(dict.fromkeys((*a.inputs, *b.inputs)))
            idle = len(fabric.pair[0].inputs) - len(nets)
            for net, cell, part in zip((first, second), (a, b), fabric.pair, strict=True):
                table = expand(cell.init, cell.inputs, nets)
                for k in range(len(nets), len(nets) + idle):
                    table = insert(table, k, k)
                pins = (*nets, *[CONST0] * idle)
                cells[net - netlist.first_cell] = cell.but(
                    inputs=pins, init=table, primitive=part.name, site=b.name
                )
    paired = Netlist(netlist.n_inputs, tuple(cells), netlist.outputs)
    return paired if trial else _in_order(paired)


def _edges(netlist: Netlist, fabric: Fabric) -> dict[int, dict[int, int]]:
    """Return the possible partners of each net, and how many inputs the two share."""
    n_pins = len(fabric.pair[0].inputs)
    names = {lut.name for lut in fabric.luts}
    before_wires = {net for cell in netlist.cells for net in cell.local_inputs}
    ages = [0] * netlist.n_nets
    levels = netlist.levels
    groups: dict[tuple[str, int, int, int], list[tuple[int, tuple[int, ...]]]] = {}
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        inputs = cell.inputs
        age = max(map(ages.__getitem__, inputs))
        ages[net] = age + (cell.kind == REGISTER)
        if len(inputs) > n_pins or cell.kind != LUT or cell.primitive not in names:
            continue
        alone = cell.site or cell.keep or net in before_wires
        if not alone and len(set(inputs)) == len(inputs) and min(inputs) >= FIRST_INPUT:
            place = cell.part, cell.layer, levels[net], age
            groups.setdefault(place, []).append((net, inputs))
    edges: dict[int, dict[int, int]] = {}
    for members in groups.values():
        for a, b, shared in _near(members, n_pins):
            edges.setdefault(a, {})[b] = shared
            edges.setdefault(b, {})[a] = shared
    return edges


def _near(
    members: list[tuple[int, tuple[int, ...]]], n_pins: int
) -> Iterable[tuple[int, int, int]]:
    """Return pairs of nets that fit, of those that read one net or are neighbours by number.

    Parameters
    ----------
    members : list of (int, tuple of int)
        Nets, ascending, and the nets that each reads.

    Returns
    -------
    iterable of (int, int, int)
        Two nets, and how many they both read.
    """
    nets = np.array([net for net, _ in members])
    reads = np.array([(*inputs, *[0] * (n_pins - len(inputs))) for _, inputs in members])
    n_reads = (reads > 0).sum(axis=1)
    reader, pin = np.nonzero(reads)
    by_source = np.argsort(reads[reader, pin], kind="stable")
    sources, reader = reads[reader, pin][by_source], reader[by_source]
    place = np.arange(len(reader)) - np.searchsorted(sources, sources)
    group = np.cumsum(place % _MAX_READERS == 0)  # readers of one net that are tried
    order = np.lexsort((nets, n_reads > 2))
    pairs = [np.sort([order[:-1], order[1:]], axis=0)]
    for distance in range(1, _MAX_READERS):
        (where,) = np.nonzero(group[distance:] == group[:-distance])
        if not where.size:
            break
        pairs.append(np.stack([reader[where], reader[where + distance]]))
    first, second = np.concatenate(pairs, axis=1)
    first, second = np.divmod(np.unique(first * len(nets) + second), len(nets))
    both = reads[first][:, :, None] == reads[second][:, None, :]
    shared = (both & (reads[first] > 0)[:, :, None]).sum(axis=(1, 2))
    fits = n_reads[first] + n_reads[second] - shared <= n_pins
    found = nets[first[fits]], nets[second[fits]], shared[fits]
    return zip(*(some.tolist() for some in found), strict=True)


def _match(edges: dict[int, dict[int, int]]) -> dict[int, int]:
    """Return a matching, both ways: who has the fewest partners left chooses the next alike."""
    left = {net: len(partners) for net, partners in edges.items()}
    heap = [(n, net) for net, n in left.items()]
    heapq.heapify(heap)
    partner: dict[int, int] = {}
    while heap:
        n, net = heapq.heappop(heap)
        if net in partner or n != left[net] or not n:
            continue
        free = [other for other in edges[net] if other not in partner]
        chosen = min(free, key=lambda other: (left[other], -edges[net][other], other))
        partner |= {net: chosen, chosen: net}
        for taken in (net, chosen):
            for other in edges[taken]:
                if other not in partner:
                    left[other] -= 1
                    heapq.heappush(heap, (left[other], other))
    return partner


def _in_order(netlist: Netlist) -> Netlist:
    """Return the netlist with its cells in an order in which each reads only earlier nets.

    Of those that could come next the first does.
    """
    first_cell = netlist.first_cell
    placed = bytearray([True] * first_cell + [False] * len(netlist.cells))
    waiting: dict[int, list[int]] = {}  # by one of the nets that they wait for
    builder = NetlistBuilder(netlist.n_inputs)
    new = list(range(netlist.n_nets))
    for place in range(first_cell, netlist.n_nets):
        ready = [place]
        while ready:
            net = heapq.heappop(ready)
            cell = netlist.cells[net - first_cell]
            missing = next((source for source in cell.inputs if not placed[source]), None)
            if missing is not None:
                waiting.setdefault(missing, []).append(net)
                continue
            inputs = tuple(map(new.__getitem__, cell.inputs))
            new[net] = builder.add(cell if inputs == cell.inputs else cell.but(inputs=inputs))
            placed[net] = True
            for reader in waiting.pop(net, ()):
                heapq.heappush(ready, reader)
    return builder.finish(tuple(new[net] for net in netlist.outputs))
