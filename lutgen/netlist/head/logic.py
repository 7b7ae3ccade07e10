"""LUTs under construction: each function is made once, complements and constants cost nothing.

A signal is a net or its complement (`Literal`); readers take complements into their tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from lutgen.netlist.head.resources import Chain, Resources
from lutgen.netlist.ir import CONST0, CONST1, HEAD, LUT, Cell, NetlistBuilder
from lutgen.netlist.tables import INVERTER, canonical, flip, ones, reduce, variable

Literal = tuple[int, bool]
"""A net, and whether its complement is meant; the constants are nets 0 and 1, not complemented."""

Word = tuple[Literal, ...]
"""A number in binary, bit 0 first."""

ZERO: Literal = (CONST0, False)
ONE: Literal = (CONST1, False)


def complement(literal: Literal) -> Literal:
    """Return the complement of a literal."""
    net, inverted = literal
    return (CONST1 - net, False) if net in (CONST0, CONST1) else (net, not inverted)


def constant(word: int, width: int) -> Word:
    """Return a number as a word."""
    return tuple(ONE if word >> j & 1 else ZERO for j in range(width))


def variables(literals: Sequence[Literal]) -> tuple[int, ...]:
    """Return the nets of literals, constants left out, each once, in order."""
    return tuple(dict.fromkeys(net for net, _ in literals if net > CONST1))


def table_of(literal: Literal, nets: Sequence[int]) -> int:
    """Return a literal as a table over some nets."""
    net, inverted = literal
    if net in (CONST0, CONST1):
        return net * ones(len(nets))
    table = variable(len(nets), nets.index(net))
    return table ^ ones(len(nets)) if inverted else table


class Logic:
    """Builds the LUTs and carry chains of a head."""

    def __init__(self, n_inputs: int, resources: Resources) -> None:
        self.builder = NetlistBuilder(n_inputs)
        self.resources = resources
        self.lut_inputs = resources.lut_inputs
        self._levels = [0] * self.builder.n_nets
        self._made: dict[tuple[int, tuple[int, ...]], Literal] = {}

    def level(self, literal: Literal) -> int:
        """Return how many LUTs lie on the longest path to a signal."""
        for net in range(len(self._levels), self.builder.n_nets):  # what a chain has added
            cell = self.builder.cell(net)
            assert cell is not None
            self._levels.append(max(self._levels[i] for i in cell.inputs) + (not cell.hard))
        return self._levels[literal[0]]

    def chain(self, name: str, carry_in: int) -> Chain:
        """Start a carry chain."""
        assert self.resources.chain is not None
        return self.resources.chain(self.builder, name, carry_in)

    def function(
        self, literals: Sequence[Literal], compute: Callable[..., int], name: str
    ) -> Literal:
        """Return a function of some signals, at most `lut_inputs` different nets.

        Parameters
        ----------
        compute : callable
            Takes the table of each literal over the same nets, and returns the function's table;
            bits past the table's end are ignored.
        name : str
            Of the LUT, if it takes a new one.
        """
        nets = variables(literals)
        table = compute(*[table_of(literal, nets) for literal in literals])
        return self.lut(table & ones(len(nets)), nets, name)

    def lut(self, table: int, nets: Sequence[int], name: str) -> Literal:
        """Return a table over some nets as a signal; a LUT is made only if there is none yet."""
        table, inputs = canonical(*reduce(table, nets))
        if not inputs:
            return ONE if table else ZERO
        if len(inputs) == 1:
            return inputs[0], table == INVERTER
        assert len(inputs) <= self.lut_inputs
        inverted = bool(table & 1)
        normal = table ^ ones(len(inputs)) if inverted else table
        if (normal, inputs) not in self._made:
            net = self._add(table, inputs, name)
            self._made[normal, inputs] = net, inverted
        net, complemented = self._made[normal, inputs]
        return net, complemented != inverted

    def sum_bit(
        self,
        literals: Sequence[Literal],
        weights: tuple[int, ...],
        offset: int,
        bit: int,
        name: str,
    ) -> Literal:
        """Return one bit of ``offset + sum_i weights[i] * literals[i]``."""
        table = _sum_table(weights, offset, bit)
        for j, (_, inverted) in enumerate(literals):
            if inverted:
                table = flip(table, len(literals), j)
        return self.lut(table, [net for net, _ in literals], name)

    def net(self, literal: Literal, name: str) -> int:
        """Return a net that carries a signal: a complement takes a LUT."""
        net, inverted = literal
        if not inverted:
            return net
        driver = self.builder.cell(net)
        if driver is None or driver.kind != LUT or driver.primitive:
            return self._add(INVERTER, (net,), name)
        return self._add(driver.init ^ ones(len(driver.inputs)), driver.inputs, name)

    def _add(self, table: int, inputs: tuple[int, ...], name: str) -> int:
        return self.builder.add(Cell(LUT, inputs, table, name, 0, part=HEAD))


@cache
def _sum_table(weights: tuple[int, ...], offset: int, bit: int) -> int:
    """Return one bit of ``offset + sum_i weights[i] * x[i]`` as a table."""
    table = 0
    for address in range(1 << len(weights)):
        total = offset + sum(weight for j, weight in enumerate(weights) if address >> j & 1)
        table |= (total >> bit & 1) << address
    return table
