"""Functions of nets over cuts of a netlist: read off as tables, or compared by a solver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lutgen.netlist.head.argmax import Bit
from lutgen.netlist.head.logic import Literal, table_of, variables
from lutgen.netlist.ir import CONST1, FIRST_INPUT, LUT, Cell, Netlist, NetlistBuilder
from lutgen.netlist.tables import ones, variable
from lutgen.verify.sweep import prove_equal

TABLE_INPUTS = 18
"""Nets of a cut over which tables are made; functions of more are left to a solver."""


class Function(Protocol):
    """A function of bits, given as tables or wires, and of their constant 1."""

    def __call__(self, bits: Sequence[Bit], full: Bit, /) -> Bit: ...


class EscapeError(Exception):
    """A cone reads a net beyond its cut."""


class Cones:
    """The cells of a netlist, registers transparent."""

    def __init__(self, netlist: Netlist) -> None:
        self._netlist = netlist

    def are_complements(self, first: int, second: int) -> bool:
        """Return whether two nets are driven by LUTs of the same inputs and opposite tables."""
        if min(first, second) < self._netlist.first_cell:
            return False
        a, b = self._cell(first), self._cell(second)
        return a.kind == b.kind == LUT and (a.inputs, a.init) == (
            b.inputs,
            b.init ^ ones(len(b.inputs)),
        )

    def hold(self, literal: Literal, reads: Sequence[Literal], compute: Function) -> bool:
        """Return whether a signal is a function of others, whatever their values are."""
        net, inverted = literal
        nets = variables(reads)
        try:
            if len(nets) > TABLE_INPUTS:
                return self._equal(literal, reads, nets, compute)
            (table,) = self.tables([net], nets)
        except EscapeError:
            return False
        full = ones(len(nets))
        wanted = compute([table_of(read, nets) for read in reads], full)
        return table == wanted ^ (full if inverted else 0)

    def _equal(
        self, literal: Literal, reads: Sequence[Literal], nets: Sequence[int], compute: Function
    ) -> bool:
        """Return the same by a solver: what is asked for, and the cells that there are."""
        asked = NetlistBuilder(len(nets))
        place = {0: 0, 1: 1} | {net: FIRST_INPUT + j for j, net in enumerate(nets)}
        full = _Wire(asked, CONST1)
        wires = [_Wire(asked, place[net]) for net, _ in reads]
        straight = [
            full ^ wire if inverted else wire
            for wire, (_, inverted) in zip(wires, reads, strict=True)
        ]
        answer = compute(straight, full)
        there = NetlistBuilder(len(nets))
        for net in self._cone([literal[0]], nets):
            cell = self._cell(net)
            place[net] = there.add(cell.but(inputs=tuple(place[i] for i in cell.inputs)))
        wanted = answer ^ full if literal[1] else answer
        first = asked.finish((wanted.net,))
        return prove_equal(first, there.finish((place[literal[0]],))).proved

    def tables(self, roots: Sequence[int], cut: Sequence[int]) -> list[int]:
        """Return tables of nets over the nets of a cut."""
        k = len(cut)
        full = ones(k)
        made = {0: 0, 1: full} | {net: variable(k, j) for j, net in enumerate(cut)}
        for net in self._cone(roots, cut):
            cell = self._cell(net)
            made[net] = _apply(cell, [made[source] for source in cell.inputs], full)
        return [made[root] for root in roots]

    def _cone(self, roots: Sequence[int], cut: Iterable[int]) -> list[int]:
        """Return the nets from a cut to some roots, each after what it reads."""
        seen = {0, 1, *cut}
        stack = [net for net in roots if net not in seen]
        cone = set()
        while stack:
            net = stack.pop()
            if net in seen:
                continue
            if not self._netlist.first_cell <= net < self._netlist.n_nets:
                raise EscapeError
            seen.add(net)
            cone.add(net)
            stack += self._cell(net).inputs
        return sorted(cone)

    def _cell(self, net: int) -> Cell:
        return self._netlist.cells[net - self._netlist.first_cell]


class _Wire:
    """A net of a netlist under construction; operators add LUTs."""

    def __init__(self, builder: NetlistBuilder, net: int) -> None:
        self._builder = builder
        self.net = net

    def _with(self, other: _Wire, table: int) -> _Wire:
        name = f"w{self._builder.n_nets}"
        cell = Cell(LUT, (self.net, other.net), table, name, 0)
        return _Wire(self._builder, self._builder.add(cell))

    def __and__(self, other: _Wire) -> _Wire:
        return self._with(other, 0b1000)

    def __or__(self, other: _Wire) -> _Wire:
        return self._with(other, 0b1110)

    def __xor__(self, other: _Wire) -> _Wire:
        return self._with(other, 0b0110)


def _apply(cell: Cell, inputs: Sequence[int], full: int) -> int:
    """Return a cell's table over what its inputs' tables are over; registers are transparent."""
    if cell.kind != LUT:
        return inputs[0]
    level = [full * (cell.init >> p & 1) for p in range(1 << len(inputs))]
    for table in inputs:
        level = [
            low if low == high else low ^ (low ^ high) & table
            for low, high in zip(level[0::2], level[1::2], strict=True)
        ]
    return level[0]


def column(table: int, k: int) -> NDArray[np.int64]:
    """Return the bits of a table over k inputs."""
    octets = np.frombuffer(table.to_bytes(max(1, (1 << k) // 8), "little"), dtype=np.uint8)
    return np.unpackbits(octets, bitorder="little", count=1 << k).astype(np.int64)
