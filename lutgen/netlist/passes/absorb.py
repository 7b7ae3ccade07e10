"""Absorption: a LUT that only one LUT reads moves into it where the two fit one table."""

from __future__ import annotations

from lutgen.netlist.ir import FIRST_INPUT, LUT, Cell, Netlist
from lutgen.netlist.passes.prune import prune
from lutgen.netlist.passes.stats import PassStats, measure
from lutgen.netlist.passes.support import support
from lutgen.netlist.tables import compose, expand, reduce


def absorb(netlist: Netlist, max_fan_in: int) -> tuple[Netlist, PassStats]:
    """Merge LUTs into their only reader as long as it then reads at most `max_fan_in` nets.

    For netlists whose LUTs name no primitive yet; cells that do, or have to stay, are left as they
    are. The support is reduced, and cells that reach no output are removed, so that only true
    readers count. That LUTs drive the data of hard multiplexers stays so, too; with any in the
    netlist the support has to be reduced already.

    Returns
    -------
    Netlist
        The same function. The names of the absorbed LUTs are gone.
    PassStats
        `changes` counts the cells that are gone and, beside them, those that shrank.
    """
    merged, shrunk = _tidy(netlist)
    while (sweep := _Sweep(merged, max_fan_in)).run():
        merged, more = _tidy(Netlist(merged.n_inputs, tuple(sweep.cells), merged.outputs))
        shrunk += more
    gone = len(netlist.cells) - len(merged.cells)
    return merged, measure("absorb", netlist, merged, gone + shrunk)


def _tidy(netlist: Netlist) -> tuple[Netlist, int]:
    if any(cell.hard and not cell.site for cell in netlist.cells):
        return prune(netlist)[0], 0
    reduced, stats = support(netlist)
    return prune(reduced)[0], stats.changes


class _Sweep:
    """One walk over the cells in order, with the number of readers of each net kept up to date.

    Every cell depends on all its inputs, and these are different nets.
    """

    def __init__(self, netlist: Netlist, max_fan_in: int) -> None:
        self.cells = list(netlist.cells)
        self._first_cell = netlist.first_cell
        self._max_fan_in = max_fan_in
        self._readers = [0] * netlist.n_nets
        for cell in netlist.cells:
            for net in set(cell.inputs):
                self._readers[net] += 1
        for net in netlist.outputs:
            self._readers[net] += 1

    def run(self) -> bool:
        """Absorb whatever fits; return whether anything did."""
        absorbed = False
        for place in range(len(self.cells)):
            while (driver := self._best_driver(self.cells[place])) is not None:
                self._absorb(place, driver)
                absorbed = True
        return absorbed

    def _best_driver(self, cell: Cell) -> int | None:
        """Return the net whose driver enlarges the cell least, or None if none fits."""
        if cell.kind != LUT or cell.is_fixed:
            return None
        best: tuple[int, int] | None = None
        for net in cell.inputs:
            place = net - self._first_cell
            if place < 0 or self._readers[net] != 1:
                continue
            if self.cells[place].kind != LUT or self.cells[place].is_fixed:
                continue
            union = len({*cell.inputs, *self.cells[place].inputs}) - 1
            if union <= self._max_fan_in and (best is None or (union, net) < best):
                best = union, net
        return best[1] if best else None

    def _absorb(self, place: int, driver: int) -> None:
        cell, inner = self.cells[place], self.cells[driver - self._first_cell]
        for net in set(inner.inputs):
            self._readers[net] -= net in cell.inputs
        self._readers[driver] = 0
        nets = tuple(dict.fromkeys((*cell.inputs, *inner.inputs)))
        table = compose(
            expand(cell.init, cell.inputs, nets),
            len(nets),
            nets.index(driver),
            expand(inner.init, inner.inputs, nets),
        )
        table, inputs = reduce(table, nets)
        if not inputs:  # constant after all: a LUT has to read something
            table, inputs = (0b11 if table else 0b00), (FIRST_INPUT,)
        self.cells[place] = cell.but(inputs=inputs, init=table)
