"""Pairing: two small LUTs of the same inputs become the two outputs of one large LUT."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from itertools import combinations, pairwise

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
    groups: dict[tuple[str, int, int, int], list[int]] = {}
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        age = max(ages[source] for source in cell.inputs)
        ages[net] = age + (cell.kind == REGISTER)
        alone = cell.site or cell.keep or cell.primitive not in names or net in before_wires
        plain = len(set(cell.inputs)) == len(cell.inputs) <= n_pins
        if cell.kind == LUT and not alone and plain and min(cell.inputs) >= FIRST_INPUT:
            place = cell.part, cell.layer, netlist.levels[net], age
            groups.setdefault(place, []).append(net)
    edges: dict[int, dict[int, int]] = {}
    for members in groups.values():
        reads = {net: set(netlist.cells[net - netlist.first_cell].inputs) for net in members}
        for a, b in _near(reads):
            shared = len(reads[a] & reads[b])
            if len(reads[a]) + len(reads[b]) - shared <= n_pins:
                edges.setdefault(a, {})[b] = shared
                edges.setdefault(b, {})[a] = shared
    return edges


def _near(reads: dict[int, set[int]]) -> Iterable[tuple[int, int]]:
    """Return pairs of nets that read one net, and neighbours by number."""
    readers: dict[int, list[int]] = {}
    for net, sources in reads.items():
        for source in sources:
            readers.setdefault(source, []).append(net)
    pairs: set[tuple[int, int]] = set()
    for some in readers.values():
        for start in range(0, len(some), _MAX_READERS):
            pairs.update(combinations(some[start : start + _MAX_READERS], 2))
    order = sorted(reads, key=lambda net: (len(reads[net]) > 2, net))
    pairs.update((min(pair), max(pair)) for pair in pairwise(order))
    return sorted(pairs)


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
    """Return the netlist with its cells in an order in which each reads only earlier nets."""
    waits = [0] * netlist.n_nets
    readers: dict[int, list[int]] = {}
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        for source in set(cell.inputs):
            if source >= netlist.first_cell:
                waits[net] += 1
                readers.setdefault(source, []).append(net)
    ready = [net for net in range(netlist.first_cell, netlist.n_nets) if not waits[net]]
    builder = NetlistBuilder(netlist.n_inputs)
    new = list(range(netlist.n_nets))
    while ready:
        net = heapq.heappop(ready)
        cell = netlist.cells[net - netlist.first_cell]
        new[net] = builder.add(cell.but(inputs=tuple([new[i] for i in cell.inputs])))
        for reader in readers.get(net, ()):
            waits[reader] -= 1
            if not waits[reader]:
                heapq.heappush(ready, reader)
    return builder.finish(tuple(new[net] for net in netlist.outputs))
