"""What tools have to know of a chip family, and their names for its parts: data, no code of theirs.

A family holds one of each of these, or None where the tool does not know it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lutgen.netlist.tables import INVERTER


@dataclass(frozen=True)
class YosysFacts:
    """What Yosys calls the parts of a chip family.

    Parameters
    ----------
    library : str
        Simulation models of the primitives, below Yosys's data folder; "" for a family that has a
        file of its own, see :class:`lutgen.chips.family.Family`.
    synth : str
        Synthesis command, without the top module; "" for a family that Yosys has none for.
    luts : mapping of str to int
        Primitives that count as a level, and as how many LUTs. A carry cell counts as the LUTs
        whose place it takes.
    registers : tuple of str
        What the names of flip-flops begin with.
    muxes : tuple of str
        Hard multiplexers beside the LUTs. They count on their own, neither as LUTs nor as levels.
    defines : mapping of str to str
        Macros to read the simulation models with.
    second_synth : str
        Synthesis command to try where the first fails; "" for none.
    memories : mapping of str to tuple of str
        LUTs that hold tables which are loaded, and the ports that wait for no clock: the address
        that is read, and what stands there.
    buffers_clock : bool
        Whether it puts a buffer at a clock's port, and has no option against that: then it is
        told that the ports of a core want none.
    """

    library: str
    synth: str
    luts: Mapping[str, int]
    registers: tuple[str, ...]
    muxes: tuple[str, ...] = ()
    defines: Mapping[str, str] = field(default_factory=dict)
    second_synth: str = ""
    memories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buffers_clock: bool = False

    @property
    def synth_with_pins(self) -> str:
        """Synthesis command for a whole design, whose ports are pins."""
        return re.sub(r" -(noiopads?|noclkbuf)\b", "", self.synth)


@dataclass(frozen=True)
class AddedCell:
    """A cell that synthesis may add beside a family's primitives, to read netlists back.

    Parameters
    ----------
    name : str
        Name of the Verilog module.
    inputs : tuple of str
        Ports; port j is address bit j of the table. None at all for a constant.
    output : str
    table : int
    clock : str
        Port for the clock of a register behind the table; "" for none.
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    table: int
    clock: str = ""


def inverter(name: str, data: str, output: str) -> AddedCell:
    """Return an inverter."""
    return AddedCell(name, (data,), output, INVERTER)


def reset_register(name: str, reset: str, clock: str) -> AddedCell:
    """Return a register of ``D`` with a synchronous reset."""
    return AddedCell(name, ("D", reset), "Q", 0b0010, clock)


def set_register(name: str, set_to_1: str, clock: str) -> AddedCell:
    """Return a register of ``D`` with a synchronous set."""
    return AddedCell(name, ("D", set_to_1), "Q", 0b1110, clock)


@dataclass(frozen=True)
class PinFile:
    """The file that tells place and route which pin a port has.

    Parameters
    ----------
    suffix : str
        ``pcf``, ``cst`` …
    options : tuple of str
        Words that name it, with ``{file}`` in them.
    pin : str
        Its line for a port, with ``{port}`` and ``{pin}``.
    standard : str
        Its line for a port's electrical standard, with ``{port}`` and ``{standard}``; "" for none.
    usual_standard : str
        The standard where none is named; "" for the chip's own.
    clock : str
        Its line for a clock, with ``{port}``, ``{mhz}`` and ``{ns}``; "" for none.
    """

    suffix: str
    options: tuple[str, ...]
    pin: str
    standard: str = ""
    usual_standard: str = ""
    clock: str = ""

    def text(
        self, pins: Mapping[str, str], *, standard: str = "", clock: str = "", mhz: float = 0.0
    ) -> str:
        """Return the file's text.

        Parameters
        ----------
        pins : mapping of str to str
            Pins by port.
        standard : str
            Electrical standard of all ports; "" for the usual one.
        clock : str
            Port of a clock; "" for none that is to be said.
        """
        lines = [self.pin.format(port=port, pin=pin) for port, pin in pins.items()]
        if self.standard and (standard := standard or self.usual_standard):
            lines += [self.standard.format(port=port, standard=standard) for port in pins]
        if self.clock and clock:
            lines.append(self.clock.format(port=clock, mhz=f"{mhz:g}", ns=f"{1000 / mhz:.4f}"))
        return "\n".join(lines) + "\n"

    def words(self, file: str) -> tuple[str, ...]:
        """Return the words for place and route that name it."""
        return tuple(word.format(file=file) for word in self.options)


@dataclass(frozen=True)
class Router:
    """A nextpnr, and what it calls the parts of its family.

    Parameters
    ----------
    program : str
        Native program.
    package, wasm_program : str
        PyPI package with the WebAssembly build, and its program.
    places : tuple of str
        Kinds of places for logic in its report: those with a LUT first.
    loose_placer : str
        Placer that spreads cells more evenly than the default one, for designs that are congested;
        "" if there is none.
    row_0 : {"top", "bottom"}
        Edge of the chip that row 0 of its tiles is at.
    why_no_clock : str
        What is known to keep it from saying a clock period, and what helps; "" for nothing.
    pin_file : PinFile, optional
        How it is told of pins.
    package_option : str
        Word before that of the package, in the options of a device.
    output : tuple of str
        Words by which it writes what the packer reads, a file ``top.…``.
    """

    program: str
    package: str
    wasm_program: str
    places: tuple[str, ...]
    loose_placer: str = ""
    row_0: str = "top"
    why_no_clock: str = ""
    pin_file: PinFile | None = None
    package_option: str = "--package"
    output: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packer:
    """The program that makes a bitstream of what was routed.

    Parameters
    ----------
    program : str
        Native program, as Amaranth's platforms call it.
    package, wheel_program : str
        PyPI package that has it, and its program.
    words : tuple of str
        What it gets: the file that was routed, and the bitstream, both called ``top.…``.
    """

    program: str
    package: str
    wheel_program: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class DesignModels:
    """Models of cells that a whole design has beside the core's primitives: pins, buffers.

    Parameters
    ----------
    cells : tuple of str
        Cells that take them; in the models their names have ``PIN_`` before them.
    files : tuple of str
        Verilog files in the family's folder.
    """

    cells: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class RoutedModels(DesignModels):
    """Models of the cells that place and route writes, and what its netlist leaves unsaid.

    Parameters
    ----------
    one_if_open : mapping of str to tuple of str
        Inputs, by type of cell, that are 1 where they are open; others are 0.
    unused : mapping of str to tuple of str
        Inputs, by type of cell, that the model has not.
    complete : callable, optional
        Gets the cells of the netlist by name and changes, in place, what has to be said otherwise.
    """

    one_if_open: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unused: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: Callable[[dict[str, dict[str, Any]]], None] | None = None
