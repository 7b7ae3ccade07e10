"""The netlist: LUTs and registers over numbered nets.

Nets are numbered in one space. Net 0 is the constant 0 and net 1 the constant 1; then come the
inputs, then the cells in order, cell i driving net ``2 + n_inputs + i``. A cell reads only nets
with lower numbers than its own, so there are no cycles and one pass in order evaluates all.

A cell is a LUT or a register. A LUT is its truth table: with input j as bit j of the address p,
bit p of `init` is the output. A mapping names the primitive of the chip that a cell becomes
(``SB_LUT4``, ``MUXF7`` …); what the cell computes is still said by `init` alone, so evaluation and
every pass hold for all chips. Registers are rising-edge D flip-flops on the one clock.

A primitive with several outputs is several cells, one an output, that name one `site`: the two
halves of a ``LUT6_2``, the positions of a ``CARRY4``. A LUT that names its primitive is packed for
the chip: passes and mappings carry it along as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache, cached_property
from operator import attrgetter
from typing import Any

CONST0 = 0
CONST1 = 1
FIRST_INPUT = 2

ENCODER, CORE, HEAD = "encoder", "core", "head"
PARTS = (ENCODER, CORE, HEAD)
"""Parts of a netlist, from inputs to outputs. The core is the trained LUTs."""

LUT = "lut"
REGISTER = "register"


# Nothing writes to a cell. That Python watches over it (`frozen`) would take four times as long for
# each that is made, a tenth of all the time from a model to its hardware.
@dataclass(slots=True, unsafe_hash=True)
class Cell:
    """A LUT or a register.

    Parameters
    ----------
    kind : {"lut", "register"}
    inputs : tuple of int
        Nets read; input j is address bit j. A register reads one net.
    init : int
        Truth table of 2^len(inputs) bits; 0 for a register.
    name : str
        Name of the net it drives, unique in the netlist and a Verilog identifier; names of trained
        LUTs tell layer and place (``l3_n17``), with a suffix for parts and registers.
    layer : int
        Layer of the trained LUT that the cell belongs to; 0 in the encoder and in the head.
    primitive : str
        Primitive of the target that implements it, ``MODULE.PIN`` for an output of a primitive
        that has several; "" before mapping.
    hard : bool
        Whether the primitive is logic that the chip has beside its LUTs, a multiplexer (``PFUMX``,
        ``MUXF7`` …) or a bit of a carry chain: it counts neither as a LUT nor as a level.
    site : str
        Place on the chip that the cell shares with others of the same `site`, at most one LUT's;
        "" for a cell that has its place for itself. Cells of one site work in the same cycle.
    local : int
        Inputs that wires of fixed course lead to, bit j for input j: what drives them is a cell
        that works in the same cycle.
    part : {"encoder", "core", "head"}
        Part of the netlist. Registers that delay the inputs belong to the encoder.
    keep : bool
        Whether the cell has to stay: no pass and no mapping removes it, or merges it with another.
        Its table stays; a mapping may make it of several cells, which then stay likewise.
    """

    kind: str
    inputs: tuple[int, ...]
    init: int
    name: str
    layer: int
    primitive: str = ""
    hard: bool = False
    site: str = ""
    local: int = 0
    part: str = CORE
    keep: bool = False

    def but(self, **changes: Any) -> Cell:
        """Return the cell with some fields changed and all else as it is.

        As `dataclasses.replace`, in a third of the time: passes do it with every cell.
        """
        cls: Any = type(self)
        values_of, places = _fields_of(cls)
        values = [*values_of(self)]
        for name, value in changes.items():
            values[places[name]] = value
        made: Cell = cls(*values)
        return made

    @property
    def is_fixed(self) -> bool:
        """Whether passes carry it along as it is: it names its primitive, or has to stay."""
        return bool(self.primitive) or self.keep

    @property
    def is_shared(self) -> bool:
        """Whether it shares its instance: it is one output of a primitive that has several."""
        return "." in self.primitive

    @property
    def module(self) -> str:
        """Verilog module of its primitive; "" before mapping."""
        return self.primitive.partition(".")[0]

    @property
    def local_inputs(self) -> tuple[int, ...]:
        """Nets that wires of fixed course bring."""
        if not self.local:
            return ()
        return tuple([net for j, net in enumerate(self.inputs) if self.local >> j & 1])


@cache
def _fields_of(cls: type[Cell]) -> tuple[Callable[[Cell], tuple[Any, ...]], dict[str, int]]:
    names = [field.name for field in fields(cls)]
    return attrgetter(*names), {name: place for place, name in enumerate(names)}


@dataclass(frozen=True)
class Netlist:
    """A netlist; see the module for the numbering of nets."""

    n_inputs: int
    cells: tuple[Cell, ...]
    outputs: tuple[int, ...]

    @property
    def first_cell(self) -> int:
        """Net driven by the first cell."""
        return FIRST_INPUT + self.n_inputs

    @property
    def n_nets(self) -> int:
        """Number of nets: two constants, the inputs, and one a cell."""
        return self.first_cell + len(self.cells)

    def net_name(self, net: int) -> str:
        """Return a net's name: ``0``, ``1``, ``x[i]`` or the name of the cell that drives it."""
        if net < FIRST_INPUT:
            return str(net)
        if net < self.first_cell:
            return f"x[{net - FIRST_INPUT}]"
        return self.cells[net - self.first_cell].name

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """LUTs on the longest path to each net since the inputs or the last register."""
        levels = [0] * self.n_nets
        for net, cell in enumerate(self.cells, self.first_cell):
            if cell.kind == LUT:
                behind = max(map(levels.__getitem__, cell.inputs), default=0)
                levels[net] = behind + (not cell.hard)
        return tuple(levels)

    @property
    def depth(self) -> int:
        """Largest number of LUTs between two registers, or between inputs and outputs."""
        return max(self.levels)

    @cached_property
    def latency(self) -> int:
        """Clock cycles from inputs to outputs; the checker makes sure that all paths agree."""
        cycles = [0] * self.n_nets
        for net, cell in enumerate(self.cells, self.first_cell):
            behind = max((cycles[i] for i in cell.inputs), default=0)
            cycles[net] = behind + (cell.kind == REGISTER)
        return max((cycles[net] for net in self.outputs), default=0)

    def count(self, kind: str) -> int:
        """Return the number of cells of a kind, hard ones left out; those of a site are one."""
        return self._counts.get(kind, 0)

    @cached_property
    def _counts(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        sites: set[tuple[str, str]] = set()
        for cell in self.cells:
            if cell.hard or (cell.site and (cell.kind, cell.site) in sites):
                continue
            counts[cell.kind] = counts.get(cell.kind, 0) + 1
            if cell.site:
                sites.add((cell.kind, cell.site))
        return counts

    def __str__(self) -> str:
        """Return a listing for people and for tests, one cell a line."""
        lines = [f"inputs {self.n_inputs}"]
        for cell in self.cells:
            reads = " ".join(self.net_name(net) for net in cell.inputs)
            what = cell.primitive or cell.kind
            digits = max(1, (1 << len(cell.inputs)) // 4)
            table = f" {cell.init:0{digits}x}" if cell.kind == LUT else ""
            lines.append(f"{cell.name} = {what}{table} ({reads})")
        lines.append("outputs " + " ".join(self.net_name(net) for net in self.outputs))
        return "\n".join(lines)


class NetlistBuilder:
    """Collects cells and gives each its net number.

    Passes read one netlist and write another through a builder, so cells stay in an order in
    which each reads only earlier nets.
    """

    def __init__(self, n_inputs: int) -> None:
        self.n_inputs = n_inputs
        self._first_cell = FIRST_INPUT + n_inputs
        self._cells: list[Cell] = []

    @property
    def n_nets(self) -> int:
        """Number of nets so far."""
        return self._first_cell + len(self._cells)

    def add(self, cell: Cell) -> int:
        """Append a cell and return the net that it drives."""
        self._cells.append(cell)
        return self._first_cell + len(self._cells) - 1

    def cell(self, net: int) -> Cell | None:
        """Return the cell that drives a net, or None for constants and inputs."""
        index = net - self._first_cell
        return self._cells[index] if index >= 0 else None

    def rename(self, net: int, name: str) -> None:
        """Give the cell that drives a net another name."""
        index = net - self._first_cell
        self._cells[index] = self._cells[index].but(name=name)

    def finish(self, outputs: tuple[int, ...]) -> Netlist:
        """Return the netlist."""
        return Netlist(self.n_inputs, tuple(self._cells), outputs)
