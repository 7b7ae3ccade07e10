"""A cell of a vendor's library, as mappings, writers and readers of netlists need it."""

from __future__ import annotations

import re
from dataclasses import dataclass


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

    def table_of(self, setting: str) -> int | None:
        """Return the truth table of such a value as Yosys's JSON has it; None if it is none."""
        pattern, base = ("0x[0-9a-fA-F]+", 16) if self.init_is_text else ("[01]+", 2)
        return int(setting, base) if re.fullmatch(pattern, setting) else None
