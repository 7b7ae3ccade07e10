"""Mapping of k-LUTs onto trees of 4-LUTs by Shannon expansion.

Where a function is split on two inputs and the four cofactors differ, the 4:1 multiplexer that puts
them together takes two 4-LUTs (P. Metzgen and D. Nancekievill, "Multiplexer restructuring for FPGA
implementation cost reduction", DAC 2005)::

    g = s1 ? s0 : (s0 ? d1 : d0)        (of s0, s1, d0, d1)
    f = s1 ? (g ? d3 : d2) : g          (of s1, g, d2, d3)
"""

from __future__ import annotations

from collections.abc import Sequence

from lutgen.netlist.ir import CONST0, CONST1, LUT, REGISTER, Cell, Netlist, NetlistBuilder
from lutgen.netlist.tables import (
    INVERTER,
    canonical,
    flip,
    ones,
    reduce,
    tabulate,
    variable,
)
from lutgen.target.split import LEAF, cofactors, find_pair, find_split

Literal = tuple[int, bool]
"""A net, and whether its complement is meant."""

_MUX4_FIRST = tabulate(4, lambda s0, s1, d0, d1: s0 if s1 else d1 if s0 else d0)
_MUX4_SECOND = tabulate(4, lambda s1, g, d2, d3: (d3 if g else d2) if s1 else g)


class ShannonMapper:
    """Turns a netlist of k-LUTs into one of LUTs with at most four inputs.

    Every function is made once in the whole netlist, be it asked for straight or complemented.
    The LUT that carries the value of an old one bears its name, parts have a suffix
    (``l3_n17_s0``).
    """

    def __init__(self, netlist: Netlist) -> None:
        self._old = netlist
        self._builder = NetlistBuilder(netlist.n_inputs)
        # the function that is 0 at address 0, over ascending nets -> what carries it
        self._made: dict[tuple[int, tuple[int, ...]], Literal] = {}
        self._owner = Cell(LUT, (), 0, "", 0)
        self._n_parts = 0

    def run(self) -> Netlist:
        """Map all cells."""
        net_of = list(range(self._old.first_cell))
        for cell in self._old.cells:
            inputs = tuple([net_of[net] for net in cell.inputs])
            if cell.kind == REGISTER:
                net_of.append(self._builder.add(Cell(REGISTER, inputs, 0, cell.name, cell.layer)))
            else:
                net_of.append(self._map(cell, inputs))
        return self._builder.finish(tuple(net_of[net] for net in self._old.outputs))

    def _map(self, cell: Cell, inputs: tuple[int, ...]) -> int:
        self._owner, self._n_parts = cell, 0
        first_new = self._builder.n_nets
        net, inverted = self._make(cell.init, inputs)
        if inverted:
            net = self._complement(net)
        if net >= first_new:  # else the function was there before, under another name
            self._builder.rename(net, cell.name)
        return net

    def _complement(self, net: int) -> int:
        driver = self._builder.cell(net)
        if driver is None or driver.kind == REGISTER:
            return self._add(INVERTER, (net,))
        return self._add(driver.init ^ ones(len(driver.inputs)), driver.inputs)

    def _make(self, table: int, inputs: Sequence[int]) -> Literal:
        """Return what carries a function of some nets, made anew only if there is none yet."""
        table, nets = canonical(*reduce(table, inputs))
        if not nets:
            return (CONST1 if table else CONST0), False
        inverted = bool(table & 1)
        normal = table ^ ones(len(nets)) if inverted else table
        if len(nets) == 1:
            return nets[0], inverted
        found = self._made.get((normal, nets))
        if found is None:
            net, complemented = self._make_new(table, nets)
            found = self._made[normal, nets] = net, complemented != inverted
        return found[0], found[1] != inverted

    def _make_new(self, table: int, nets: tuple[int, ...]) -> Literal:
        if len(nets) <= LEAF:
            return self._add(table, nets), False
        if len(nets) == LEAF + 1 and (pair := find_pair(table)) is not None:
            inner = self._make(pair.inner, [net for j, net in enumerate(nets) if j != pair.late])
            again = [nets[j] for j in (*pair.again, pair.late)]
            return self._make_of(pair.outer, [inner, *((net, False) for net in again)])
        on = find_split(table, len(nets)).on
        rest = [net for j, net in enumerate(nets) if j not in on]
        data = [self._make(part, rest) for part in cofactors(table, len(nets), on)]
        return self._multiplex([nets[j] for j in on], data)

    def _multiplex(self, selects: list[int], data: list[Literal]) -> Literal:
        """Return the literal that the selects choose, the first select as bit 0."""
        nets = sorted({net for net, _ in data} - {CONST0, CONST1})
        if len(selects) + len(nets) <= LEAF:
            k = len(nets)
            table = 0
            for address, (net, inverted) in enumerate(data):
                entry = net * ones(k) if net in (CONST0, CONST1) else variable(k, nets.index(net))
                table |= (entry ^ ones(k) if inverted else entry) << (address << k)
            return self._make(table, [*nets, *selects])
        assert len(selects) == 2, "only splits on one and two inputs leave this many cofactors"
        s0, s1 = ((net, False) for net in selects)
        first = self._make_of(_MUX4_FIRST, [s0, s1, data[0], data[1]])
        return self._make_of(_MUX4_SECOND, [s1, first, data[2], data[3]])

    def _make_of(self, table: int, literals: list[Literal]) -> Literal:
        """Like :meth:`_make`, of nets or their complements."""
        for j, (_, inverted) in enumerate(literals):
            if inverted:
                table = flip(table, len(literals), j)
        return self._make(table, [net for net, _ in literals])

    def _add(self, table: int, nets: tuple[int, ...]) -> int:
        name = f"{self._owner.name}_s{self._n_parts}"
        self._n_parts += 1
        return self._builder.add(Cell(LUT, nets, table, name, self._owner.layer))
