"""A cell of a vendor's library, as mappings, writers and readers of netlists need it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from lutgen.netlist.tables import ones, variable


@dataclass(frozen=True)
class Primitive:
    """A cell of the vendor's library that computes one bit, or one output of a larger cell.

    Parameters
    ----------
    name : str
        Name of the Verilog module; where that has several outputs, ``MODULE.PIN``, one primitive
        for each output. Cells of one site with the same module are one instance of it.
    inputs : tuple of str
        Input ports, bit i of a wide one as ``PORT[i]``; port j is address bit j of the cell's
        truth table. An output of the same module stands for a wire inside it.
    output : str
        Output port.
    init : str
        Parameter that takes the truth table, 2^len(inputs) bits wide; "" if there is none.
    init_at : int
        Where in the parameter the table begins, if it is only a part of it.
    table : int
        The truth table where `init` is "" and the primitive is no register.
    local : int
        Inputs that wires of fixed course lead to, see :class:`lutgen.netlist.ir.Cell`.
    clock : str
        Port for the clock; "" for a primitive that is not a register.
    parameters : tuple of (str, str)
        Other parameters and their values, written as in Verilog.
    ties : tuple of (str, int)
        Other inputs and the constants that they are tied to.
    init_is_text : bool
        Whether `init` takes the table as a text, ``"0x1a2b"``, as Lattice's library for Nexus does.
    holds : tuple of Primitive
        Of a hard multiplexer whose module has the LUTs before it inside: these, by data input. They
        say ports and parameters of that module, and have no output; so the data inputs of the
        multiplexer have no ports.
    tree : tuple of (str, str, str)
        Of a cell of 2-LUTs, in place of `init`: the parameter of each, and the two inputs that it
        reads, input ports or parameters of those before it. The last one is the output.
    fallback : Primitive, optional
        Of a cell of 2-LUTs, what takes a table that these cannot make: no mapping leaves one.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    init: str = ""
    clock: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    ties: tuple[tuple[str, int], ...] = ()
    init_at: int = 0
    table: int = 0
    local: int = 0
    init_is_text: bool = False
    holds: tuple[Primitive, ...] = ()
    tree: tuple[tuple[str, str, str], ...] = ()
    fallback: Primitive | None = None

    @property
    def module(self) -> str:
        """Name of the Verilog module."""
        return self.name.partition(".")[0]

    @property
    def is_part(self) -> bool:
        """Whether it is one output of a module that has several."""
        return "." in self.name

    def setting(self, table: int) -> str:
        """Return a truth table as the value of `init`, written as in Verilog."""
        width = 1 << len(self.inputs)
        digits = f"{table:0{-(-width // 4)}x}"
        return f'"0x{digits}"' if self.init_is_text else f"{width}'h{digits}"

    def settings(self, table: int) -> tuple[tuple[str, str], ...]:
        """Return the parameters that say a truth table, and their values, written as in Verilog."""
        if not self.tree:
            return ((self.init, self.setting(table)),) if self.init else ()
        luts = tree_of(table)
        assert luts is not None, f"{self.name} has no table {table:x}: see taking"
        return tuple((node[0], f"4'h{lut:x}") for node, lut in zip(self.tree, luts, strict=True))

    def taking(self, table: int) -> Primitive:
        """Return what an instance of that table is: this, or what it falls back on."""
        return self.fallback if self.fallback and tree_of(table) is None else self

    def table_in(self, parameters: Mapping[str, str]) -> int | None:
        """Return the truth table that parameters say, as Yosys's JSON has them; None if none."""
        if not self.tree:
            return self._value(parameters.get(self.init, "0"))
        values = [self._value(parameters.get(name, "0")) for name, _, _ in self.tree]
        k = len(self.inputs)
        known = {port: variable(k, j) for j, port in enumerate(self.inputs)}
        for (name, low, high), value in zip(self.tree, values, strict=True):
            if value is None:
                return None
            known[name] = _of_two(value, known[low], known[high], k)
        return known[self.tree[-1][0]]

    def _value(self, setting: str) -> int | None:
        pattern, base = ("0x[0-9a-fA-F]+", 16) if self.init_is_text else ("[01]+", 2)
        # Yosys puts a space behind a text that could be taken for bits, as "0x0101"
        text = setting.removesuffix(" ") if self.init_is_text else setting
        return int(text, base) if re.fullmatch(pattern, text) else None


def tree_table(left: int, right: int, root: int) -> int:
    """Return the table of a tree of 2-LUTs: inputs 0 and 1 go left, 2 and 3 right."""
    a, b, c, d = (variable(4, j) for j in range(4))
    return _of_two(root, _of_two(left, a, b, 4), _of_two(right, c, d, 4), 4)


def _of_two(table: int, a: int, b: int, k: int) -> int:
    """Return a function of two functions of k inputs."""
    found = 0
    for address in range(4):
        if table >> address & 1:
            found |= (a if address & 1 else ~a) & (b if address >> 1 else ~b)
    return found & ones(k)


@cache
def tree_of(table: int) -> tuple[int, int, int] | None:
    """Return the three 2-LUTs that make a table of four inputs; None if none do.

    Inputs 0 and 1 go left, 2 and 3 right.
    """
    rows = [table >> (4 * address) & 15 for address in range(4)]  # by the right inputs
    kinds = sorted(set(rows))
    if len(kinds) > 2:
        return None
    right = sum((row == kinds[-1]) << address for address, row in enumerate(rows))
    columns = [(kinds[0] >> address & 1) | (kinds[-1] >> address & 1) << 1 for address in range(4)]
    ways = sorted(set(columns))
    if len(ways) > 2:
        return None
    left = sum((column == ways[-1]) << address for address, column in enumerate(columns))
    root = sum((ways[bit & 1 and -1] >> (bit >> 1) & 1) << bit for bit in range(4))
    return left, right, root
