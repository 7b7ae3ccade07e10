"""Clocked logic in symbols: what its registers hold as functions of what came in, cycle by cycle.

A value is a literal of an and-inverter graph, in which equal functions of the same form are one:
where control is known and data is not, what moves data comes out as the very symbol that went in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lutgen.errors import NetlistError

ZERO, ONE = 0, 1
"""The constants; the complement of literal n is n ^ 1."""

_REGISTER = "$_DFF_P_"


class Symbols:
    """The graph: makes symbols, and ands of them."""

    def __init__(self) -> None:
        self._n = 1
        self._made: dict[tuple[int, int], int] = {}

    def new(self) -> int:
        """Return a new symbol."""
        self._n += 1
        return 2 * self._n

    def both(self, a: int, b: int) -> int:
        """Return the and of two literals."""
        a, b = min(a, b), max(a, b)
        if a == ZERO or a == b ^ 1:
            return ZERO
        if a in (ONE, b):
            return b
        found = self._made.get((a, b))
        if found is None:
            found = self._made[a, b] = self.new()
        return found

    def choose(self, select: int, one: int, zero: int) -> int:
        """Return one of two literals."""
        if one == zero:
            return one
        return self.both(self.both(select, one) ^ 1, self.both(select ^ 1, zero) ^ 1) ^ 1


class Machine:
    """A module of Yosys's JSON netlist that is made of Yosys's simplest gates and registers.

    All registers have one clock; what it is called does not matter.

    Parameters
    ----------
    module : mapping
        The module.
    symbols : Symbols

    Attributes
    ----------
    state : list of int
        What each register holds, a literal; at first a symbol of its own.

    Raises
    ------
    NetlistError
        If there is another cell, or a loop.
    """

    def __init__(self, module: Mapping[str, Any], symbols: Symbols) -> None:
        self._symbols = symbols
        self._ports: dict[str, list[Any]] = {
            name: port["bits"] for name, port in module["ports"].items()
        }
        self._inputs = [
            name for name, port in module["ports"].items() if port["direction"] == "input"
        ]
        cells = module["cells"].values()
        registers = [cell["connections"] for cell in cells if cell["type"] == _REGISTER]
        if len({pins["C"][0] for pins in registers}) > 1:
            raise NetlistError("the registers have several clocks")
        self._held = [pins["Q"][0] for pins in registers]
        self._next = [pins["D"][0] for pins in registers]
        self.state = [symbols.new() for _ in registers]
        self._gates = _in_order([cell for cell in cells if cell["type"] != _REGISTER])

    @property
    def widths(self) -> dict[str, int]:
        """Bits of each port that comes in."""
        return {name: len(self._ports[name]) for name in self._inputs}

    def step(self, **inputs: Sequence[int]) -> dict[str, list[int]]:
        """Let a clock edge come, and return what stood at the ports before it.

        Parameters
        ----------
        **inputs : sequence of int
            Literals at the ports, bit 0 first.
        """
        values = self._evaluate(inputs)
        self.state = [values[bit] for bit in self._next]
        return {name: [values.get(bit, ZERO) for bit in bits] for name, bits in self._ports.items()}

    def look(self, **inputs: Sequence[int]) -> dict[str, list[int]]:
        """Return what stands at the ports."""
        values = self._evaluate(inputs)
        return {name: [values.get(bit, ZERO) for bit in bits] for name, bits in self._ports.items()}

    def _evaluate(self, inputs: Mapping[str, Sequence[int]]) -> dict[Any, int]:
        values: dict[Any, int] = {"0": ZERO, "1": ONE, "x": ZERO}
        values.update(zip(self._held, self.state, strict=True))
        for name, literals in inputs.items():
            values.update(zip(self._ports[name], literals, strict=True))
        symbols = self._symbols
        for kind, reads, output in self._gates:
            a, *more = (values[bit] for bit in reads)
            if kind == "$_AND_":
                values[output] = symbols.both(a, more[0])
            elif kind == "$_OR_":
                values[output] = symbols.both(a ^ 1, more[0] ^ 1) ^ 1
            elif kind == "$_NOT_":
                values[output] = a ^ 1
            elif kind == "$_XOR_":
                values[output] = symbols.choose(a, more[0] ^ 1, more[0])
            elif kind == "$_XNOR_":
                values[output] = symbols.choose(a, more[0], more[0] ^ 1)
            else:
                values[output] = symbols.choose(more[1], more[0], a)
        return values


_PINS = {
    "$_AND_": ("A", "B"),
    "$_OR_": ("A", "B"),
    "$_XOR_": ("A", "B"),
    "$_XNOR_": ("A", "B"),
    "$_NOT_": ("A",),
    "$_MUX_": ("A", "B", "S"),
}


def _in_order(cells: Sequence[Mapping[str, Any]]) -> list[tuple[str, tuple[Any, ...], Any]]:
    """Return gates such that each reads only what came before."""
    made = {}
    for cell in cells:
        kind, pins = cell["type"], cell["connections"]
        if kind not in _PINS:
            raise NetlistError(f"a cell {kind}, of which nothing is known here")
        made[pins["Y"][0]] = (kind, tuple(pins[pin][0] for pin in _PINS[kind]))
    order: list[tuple[str, tuple[Any, ...], Any]] = []
    done: set[Any] = set()
    for root in made:
        stack = [(root, False)]
        while stack:
            bit, is_ready = stack.pop()
            if bit in done or bit not in made:
                continue
            kind, reads = made[bit]
            if is_ready:
                done.add(bit)
                order.append((kind, reads, bit))
                continue
            stack.append((bit, True))
            stack += [(read, False) for read in reads if read in made and read not in done]
            if len(stack) > 4 * len(made) + 8:
                raise NetlistError("the logic has a loop")
    return order
