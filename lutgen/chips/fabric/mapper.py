"""Mapping of k-LUTs onto a fabric: LUTs, and hard multiplexers if it has them.

A wide LUT becomes whatever of these takes the fewest LUTs: a tree of hard multiplexers over LUTs;
a Shannon expansion with LUTs as multiplexers, cofactors that are equal or each other's complement
made once in the whole netlist; a functional decomposition; or a mixture of them.

Where a function is split on two inputs and the four cofactors differ, the 4:1 multiplexer that puts
them together takes two 4-LUTs (P. Metzgen and D. Nancekievill, "Multiplexer restructuring for FPGA
implementation cost reduction", DAC 2005)::

    g = s1 ? s0 : (s0 ? d1 : d0)        (of s0, s1, d0, d1)
    f = s1 ? (g ? d3 : d2) : g          (of s1, g, d2, d3)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lutgen.chips.fabric.decompose import Decomposition, find_decomposition
from lutgen.chips.fabric.fabric import MUX, MUX_LOCAL, Fabric
from lutgen.chips.fabric.legal import check_muxes, check_sites
from lutgen.chips.fabric.pair import pair_luts
from lutgen.chips.fabric.site import held_name
from lutgen.chips.fabric.split import Shape, Split, Splits, cofactors
from lutgen.chips.fabric.tree import grow_trees
from lutgen.netlist.ir import (
    CONST0,
    CONST1,
    FIRST_INPUT,
    LUT,
    REGISTER,
    Cell,
    Netlist,
    NetlistBuilder,
)
from lutgen.netlist.passes.absorb import absorb
from lutgen.netlist.tables import (
    BUFFER,
    INVERTER,
    canonical,
    flip,
    insert,
    ones,
    reduce,
    tabulate,
    variable,
)

_AHEAD = 64  # cells whose splits are found at once

Literal = tuple[int, bool]
"""A net, and whether its complement is meant."""

_MUX4_FIRST = tabulate(4, lambda s0, s1, d0, d1: s0 if s1 else d1 if s0 else d0)
_MUX4_SECOND = tabulate(4, lambda s1, g, d2, d3: (d3 if g else d2) if s1 else g)


def map_onto(netlist: Netlist, fabric: Fabric, *, trial: bool = False) -> Netlist:
    """Return the netlist as primitives of a fabric; idle pins are constant 0.

    Cells that name a primitive already stay as they are.

    The LUT or multiplexer that carries the value of an old LUT bears its name, parts have a
    suffix (``l3_n17_s0``).

    Parameters
    ----------
    trial : bool
        Whether the result is only to be counted: then the rules of placement are not checked.
    """
    small, _ = absorb(netlist, fabric.leaf)
    mapped = _Mapper(small, fabric).run()
    if mapped != small:
        mapped, _ = absorb(mapped, fabric.leaf)
    if fabric.tree:
        mapped = grow_trees(mapped, fabric)
    builder = NetlistBuilder(netlist.n_inputs)
    for cell in mapped.cells:
        builder.add(realise(cell, fabric))
    realised = _with_held_names(builder.finish(mapped.outputs), fabric)
    if fabric.pair:
        realised = pair_luts(realised, fabric, trial=trial)
    if not trial:
        check_muxes(realised, fabric)
        check_sites(realised, fabric)
    return realised


def _with_held_names(netlist: Netlist, fabric: Fabric) -> Netlist:
    """Name LUTs inside a multiplexer's module after that: their own nets are in no text."""
    names = {mux.name for mux in fabric.muxes if mux.holds}
    if not names:
        return netlist
    cells = list(netlist.cells)
    for mux in netlist.cells:
        if mux.primitive in names:
            for place, net in enumerate(mux.inputs[:2]):
                i = net - netlist.first_cell
                cells[i] = cells[i].but(name=held_name(mux.name, place))
    return replace(netlist, cells=tuple(cells))


def realise(cell: Cell, fabric: Fabric) -> Cell:
    """Return a cell that fits one primitive as that primitive; idle pins are constant 0."""
    if cell.primitive:
        return cell
    if cell.kind == REGISTER:
        return cell.but(primitive=fabric.register.name)
    table, inputs = cell.init, cell.inputs
    primitive = fabric.smallest_luts[len(inputs)]
    while len(inputs) < len(primitive.inputs):
        table = insert(table, len(inputs), len(inputs))
        inputs = (*inputs, CONST0)
    return cell.but(init=table, inputs=inputs, primitive=primitive.name)


class _Mapper:
    """Turns a netlist of k-LUTs into one of LUTs that the fabric has, and hard multiplexers.

    Every function is made once in the whole netlist, be it asked for straight or complemented;
    only the LUTs before hard multiplexers are always new, as they may drive nothing else.
    """

    def __init__(self, netlist: Netlist, fabric: Fabric) -> None:
        self._old = netlist
        self._fabric = fabric
        self._shape = Shape(fabric.leaf, len(fabric.muxes))
        self._splits = Splits(self._shape)
        self._builder = NetlistBuilder(netlist.n_inputs)
        # the function that is 0 at address 0, over ascending nets -> what carries it
        self._made: dict[tuple[int, tuple[int, ...]], Literal] = {}
        self._owner = Cell(LUT, (), 0, "", 0)
        self._n_parts = 0

    def run(self) -> Netlist:
        """Map all cells."""
        net_of = list(range(self._old.first_cell))
        for place, cell in enumerate(self._old.cells):
            if place % _AHEAD == 0:
                self._splits.find_ahead(self._wide(self._old.cells[place : place + _AHEAD]))
            inputs = tuple([net_of[net] for net in cell.inputs])
            if cell.kind == REGISTER or cell.primitive:
                net_of.append(self._builder.add(cell.but(inputs=inputs)))
            elif cell.keep:
                net_of.append(self._map_kept(cell, inputs))
            else:
                net_of.append(self._map(cell, inputs))
        return self._builder.finish(tuple(net_of[net] for net in self._old.outputs))

    def _wide(self, cells: Sequence[Cell]) -> Iterator[tuple[int, int]]:
        """Yield the functions that no LUT holds, as most cells ask for them."""
        for cell in cells:
            if cell.kind == LUT and not cell.primitive and len(cell.inputs) > self._shape.leaf:
                table, nets = canonical(*reduce(cell.init, cell.inputs))
                if len(nets) > self._shape.leaf:
                    yield table, len(nets)

    def _map(self, cell: Cell, inputs: tuple[int, ...]) -> int:
        self._owner, self._n_parts = cell, 0
        first_new = self._builder.n_nets
        net, inverted = self._make(cell.init, inputs)
        if inverted:
            net = self._complement(net)
        if net >= first_new:  # else the function was there before, under another name
            self._builder.rename(net, cell.name)
        return net

    def _map_kept(self, cell: Cell, inputs: tuple[int, ...]) -> int:
        """Map a cell that has to stay: as it is if a LUT holds it, else of parts of its own."""
        if len(inputs) <= self._shape.leaf:
            return self._builder.add(cell.but(inputs=inputs))
        of_others, self._made = self._made, {}
        first_new = self._builder.n_nets
        net = self._map(cell, inputs)
        self._made = of_others
        if net >= first_new:
            return net
        return self._builder.add(cell.but(inputs=(inputs[0],), init=net * ones(1))
                                 if net < FIRST_INPUT
                                 else cell.but(inputs=(net,), init=BUFFER))  # fmt: skip

    def _complement(self, net: int) -> int:
        driver = self._builder.cell(net)
        if driver is None or driver.kind == REGISTER or driver.hard:
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
        if len(nets) <= self._shape.leaf:
            return self._add(table, nets), False
        split = self._splits.find(table, len(nets))
        found = find_decomposition(table, len(nets), self._shape.leaf, split.cost - 1)
        if found is None and split.hard:
            return self._make_tree(table, nets, split.on), False
        return self._make(*self._prepare(table, nets, found or split))

    def _make_tree(self, table: int, nets: tuple[int, ...], on: tuple[int, ...]) -> int:
        """Return the net that a tree of hard multiplexers drives; they select on some inputs."""
        rest = [net for j, net in enumerate(nets) if j not in on]
        level = [self._make_leaf(part, rest) for part in cofactors(table, len(nets), on)]
        for mux, j in zip(self._fabric.muxes, on, strict=False):
            data = zip(level[0::2], level[1::2], strict=True)
            level = [self._add(MUX, (*pair, nets[j]), mux.name) for pair in data]
        return level[0]

    def _make_leaf(self, table: int, inputs: Sequence[int]) -> int:
        """Return the net of a new LUT, even for a constant, for a hard multiplexer to read."""
        table, nets = canonical(*reduce(table, inputs))
        if len(nets) > self._shape.leaf:
            split = self._splits.find(table, len(nets), lut_on_top=True)
            found = find_decomposition(table, len(nets), self._shape.leaf, split.cost - 1)
            table, nets = reduce(*self._prepare(table, nets, found or split))
        if not nets:
            table, nets = table * ones(1), (inputs[0],)
        return self._add(table, nets)

    def _prepare(
        self, table: int, nets: tuple[int, ...], plan: Split | Decomposition
    ) -> tuple[int, list[int]]:
        """Make everything but the last LUT of a wide function; return its table and inputs."""
        if isinstance(plan, Decomposition):
            bound = [nets[j] for j in plan.bound]
            inner = [self._make(part, bound) for part in plan.inner]
            plain = [(nets[j], False) for j in (*plan.again, *plan.late)]
            return _straight(plan.root, [*inner, *plain])
        rest = [net for j, net in enumerate(nets) if j not in plan.on]
        data = [self._make(part, rest) for part in cofactors(table, len(nets), plan.on)]
        return self._multiplex([nets[j] for j in plan.on], data)

    def _multiplex(self, selects: list[int], data: list[Literal]) -> tuple[int, list[int]]:
        """Return table and inputs of the LUT by which selects choose, the first as bit 0."""
        nets = sorted({net for net, _ in data} - {CONST0, CONST1})
        if len(selects) + len(nets) <= self._shape.leaf:
            k = len(nets)
            table = 0
            for address, (net, inverted) in enumerate(data):
                entry = net * ones(k) if net in (CONST0, CONST1) else variable(k, nets.index(net))
                table |= (entry ^ ones(k) if inverted else entry) << (address << k)
            return table, [*nets, *selects]
        assert len(selects) == 2, "only splits on one and two inputs leave this many cofactors"
        s0, s1 = ((net, False) for net in selects)
        first = self._make(*_straight(_MUX4_FIRST, [s0, s1, data[0], data[1]]))
        return _straight(_MUX4_SECOND, [s1, first, data[2], data[3]])

    def _add(self, table: int, nets: tuple[int, ...], mux: str = "") -> int:
        name = f"{self._owner.name}_s{self._n_parts}"
        self._n_parts += 1
        part = self._owner.but(inputs=tuple(nets), init=table, name=name)
        if mux:
            part = part.but(primitive=mux, hard=True, local=MUX_LOCAL)
        return self._builder.add(part)


def _straight(table: int, literals: list[Literal]) -> tuple[int, list[int]]:
    """Return a function of nets or their complements as one of the nets."""
    for j, (_, inverted) in enumerate(literals):
        if inverted:
            table = flip(table, len(literals), j)
    return table, [net for net, _ in literals]
