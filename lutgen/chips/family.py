"""A chip family: all that lutgen knows of it, in one value made in the family's folder.

A folder of :mod:`lutgen.chips`, or a package that offers an entry point, has a tuple of them; see
:mod:`lutgen.chips.registry`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lutgen.chips.fabric.carry import CarryChain
from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.fabric.mapper import map_onto, realise
from lutgen.chips.primitive import Primitive
from lutgen.chips.tables import LoadableTables
from lutgen.chips.tools import AddedCell, DesignModels, Packer, RoutedModels, Router, YosysFacts
from lutgen.netlist.ir import Cell, Netlist

CELLS_FILE = "cells.txt"


@dataclass(frozen=True)
class Device:
    """A chip.

    Parameters
    ----------
    name : str
        Name as on the command line, lower case.
    title : str
        Name for people.
    luts : int
        Number of the family's basic LUTs.
    registers : int
        Number of flip-flops in its fabric.
    source : str
        Where the numbers are from.
    tiles : (int, int) or None
        Columns and rows of tiles, as place and route counts them; None if they are not known.
    router_options : tuple of str
        Words that have nextpnr place and route for it, a package and the usual speed grade
        included; empty if no open router knows it.
    packer_options : tuple of str
        Words that tell the packer which chip it is, where the routed file does not.
    pins : tuple of str
        Places of three pins, a clock, an input and an output, where the router asks for them.
    platform_name : str
        Pattern of what Amaranth's platforms call it, lower-case letters and digits alone; by
        default what begins with `name`.
    """

    name: str
    title: str
    luts: int
    registers: int
    source: str
    tiles: tuple[int, int] | None = None
    router_options: tuple[str, ...] = ()
    packer_options: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    platform_name: str = ""

    def is_called(self, text: str) -> bool:
        """Return whether a platform's name of its chip means this one."""
        plain = re.sub(r"[^a-z0-9]", "", text.lower())
        pattern = self.platform_name or re.sub(r"[^a-z0-9]", "", self.name) + ".*"
        return re.fullmatch(pattern, plain) is not None


def by_name(*devices: Device) -> Mapping[str, Device]:
    """Return devices by their names."""
    return {device.name: device for device in devices}


@dataclass(frozen=True, eq=False, repr=False)
class Family:
    """A chip family.

    Parameters
    ----------
    name : str
        Name as on the command line: lower-case letters, digits and _.
    title : str
        Name for people.
    fabric : Fabric, optional
        Primitives, and what a mapping may make of them; None for a family that takes truth tables
        as they are.
    source : str
        Where the facts on the primitives are from.
    devices : mapping of str to Device
        By name.
    carry : type of CarryChain, optional
        Builds carry chains; None if there are none, or none that lutgen knows.
    folder : Path, optional
        Folder with its files: that of `delays`, and ``routability.json``, if they are known, the
        Verilog that `models`, `pins` and `routed` name, and ``cells.txt``, the modules of the
        vendor's library, a name a line.
    delays : str
        JSON file in `folder` with its delay models, a grade each.
    models : str
        Verilog file in `folder` with simulation models of the primitives; "" where Yosys has them.
    yosys : YosysFacts, optional
        None if Yosys does not know the primitives.
    added_cells : tuple of AddedCell
        What synthesis adds beside the primitives.
    router, packer : Router and Packer, optional
        None if no open one is known.
    vendor_tool : str
        The vendor's program that alone places and routes; "" if an open one does.
    pins : DesignModels, optional
        Models of a board's pins and buffers; None if there are none.
    routed : RoutedModels, optional
        Models of what place and route writes; None if there are none.
    constraints : tuple of str
        Kinds of constraint files that its tools read, by their suffix: ``sdc``, ``xdc``, ``pcf``,
        ``lpf``.
    projects : tuple of str
        What Edalize calls the vendor's tools that build for it.
    why_no_delays : str
        Why there is no delay model; "" if there is one, or nothing to say.
    tables : LoadableTables, optional
        What tables that are loaded while the hardware runs are made of; None if there is nothing.
    why_no_tables : str
        Why there is nothing.
    """

    name: str
    title: str
    fabric: Fabric | None = None
    source: str = ""
    devices: Mapping[str, Device] = field(default_factory=dict)
    carry: type[CarryChain] | None = None
    folder: Path | None = None
    delays: str = "delays.json"
    models: str = ""
    yosys: YosysFacts | None = None
    added_cells: tuple[AddedCell, ...] = ()
    router: Router | None = None
    packer: Packer | None = None
    vendor_tool: str = ""
    pins: DesignModels | None = None
    routed: RoutedModels | None = None
    constraints: tuple[str, ...] = ("sdc",)
    projects: tuple[str, ...] = ()
    why_no_delays: str = ""
    tables: LoadableTables | None = None
    why_no_tables: str = ""

    def __repr__(self) -> str:
        return f"Family({self.name!r})"

    @cached_property
    def primitives(self) -> Mapping[str, Primitive]:
        """Primitives by name; none for a family that takes truth tables as they are."""
        return self.fabric.primitives if self.fabric else {}

    def map(self, netlist: Netlist) -> Netlist:
        """Return the netlist with every cell realised by a primitive, the same function."""
        return map_onto(netlist, self.fabric) if self.fabric else netlist

    def try_map(self, netlist: Netlist) -> Netlist:
        """Return the same to be counted: the rules of placement are not checked."""
        return map_onto(netlist, self.fabric, trial=True) if self.fabric else netlist

    def realise(self, cell: Cell) -> Cell:
        """Return a register, or a LUT that one of the chip's holds, as its primitive."""
        return realise(cell, self.fabric) if self.fabric else cell

    @cached_property
    def cell_names(self) -> frozenset[str]:
        """Modules of the vendor's library: those used here, and all that ``cells.txt`` lists."""
        names = {part.module for part in self.primitives.values()}
        names |= {cell.name for cell in self.added_cells}
        path = self.file(CELLS_FILE)
        return frozenset(names.union(path.read_text(encoding="ascii").split() if path else ()))

    @property
    def models_path(self) -> Path | None:
        """The family's own simulation models of its primitives; None where Yosys has them."""
        return self.file(self.models) if self.models else None

    def file(self, name: str) -> Path | None:
        """Return a file of its folder; None if there is none."""
        path = self.folder / name if self.folder else None
        return path if path and path.is_file() else None

    def model_files(self, models: DesignModels) -> list[Path]:
        """Return the Verilog files of models.

        Raises
        ------
        FileNotFoundError
            If the family's package lacks one.
        """
        found = {name: self.file(name) for name in models.files}
        if missing := [name for name, path in found.items() if path is None]:
            raise FileNotFoundError(f"the folder of family {self.name} lacks {missing[0]}")
        return [path for path in found.values() if path]
