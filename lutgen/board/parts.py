"""Whose a cell is: encoder, core, head or shell; told by the names of the core's netlist."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lutgen.flow.pnr import Step
from lutgen.flow.yosys import YosysFamily
from lutgen.netlist.ir import HEAD_LAYER, Netlist

ENCODER, CORE, HEAD, SHELL = "encoder", "core", "head", "shell"
PARTS = (ENCODER, CORE, HEAD, SHELL)

_INSTANCE = re.compile(r"\bU_([a-z][a-z0-9_]*)")
_TRAINED = re.compile(r"l(\d+)_n(\d+)")
_BEL = re.compile(r"X(\d+)/?Y(\d+)")


@dataclass(frozen=True)
class Owners:
    """The layer of each cell of a core, by name."""

    layers: Mapping[str, int]

    @classmethod
    def of(cls, netlist: Netlist) -> Owners:
        """Return the owners of a core's cells."""
        layers = {cell.name: cell.layer for cell in netlist.cells}
        layers |= {cell.site: cell.layer for cell in netlist.cells if cell.site}
        return cls(layers)

    def name(self, cell: str) -> str | None:
        """Return the core's name of a cell that tools have renamed; None for one of the shell."""
        found = _INSTANCE.search(cell)
        if not found:
            return None
        words = found[1].split("_")
        for n_words in range(len(words), 0, -1):
            name = "_".join(words[:n_words])
            if name in self.layers:
                return name
        return None

    def layer(self, cell: str) -> int | None:
        """Return the layer of a cell; None for one of the shell."""
        name = self.name(cell)
        return None if name is None else self.layers[name]

    def part(self, cell: str) -> str:
        """Return which part of the design a cell belongs to."""
        layer = self.layer(cell)
        if layer is None:
            return SHELL
        return {0: ENCODER, HEAD_LAYER: HEAD}.get(layer, CORE)


def count_parts(
    module: Mapping[str, Any], family: YosysFamily, owners: Owners
) -> dict[str, dict[str, int]]:
    """Return LUTs, hard multiplexers and registers of each part of a synthesised design.

    Parameters
    ----------
    module : mapping
        The top module, flat, in Yosys's JSON.
    """
    luts: Counter[str] = Counter()
    registers: Counter[str] = Counter()
    muxes: Counter[str] = Counter()
    for name, cell in module["cells"].items():
        part, kind = owners.part(name), cell["type"]
        luts[part] += family.luts.get(kind, 0)
        registers[part] += kind.startswith(family.registers)
        muxes[part] += kind in family.muxes
    return {
        part: {"luts": luts[part], "registers": registers[part], "muxes": muxes[part]}
        for part in PARTS
    }


def describe_path(path: Sequence[Step], owners: Owners, around: str = "serial shell") -> str:
    """Return a critical path in words: its trained LUTs by layer and place, and its ends.

    Example: ``serial shell, layer 1 LUT 46, layer 2 LUT 15, head (16.2 ns, 7 cells)``.
    """
    stations: list[str] = []
    for step in path:
        name = owners.name(step.cell)
        station = around if name is None else _station(name, owners)
        if not stations or stations[-1] != station:
            stations.append(station)
    delay_ns = sum(step.delay_ns for step in path)
    n_cells = sum(step.kind == "logic" for step in path)
    return f"{', '.join(stations)} ({delay_ns:.1f} ns, {n_cells} cells)"


def _station(name: str, owners: Owners) -> str:
    layer = owners.layers[name]
    if layer == HEAD_LAYER:
        return "head"
    trained = _TRAINED.match(name)
    if layer == 0 or trained is None:
        return "encoder"
    return f"layer {trained[1]} LUT {trained[2]}"


@dataclass(frozen=True)
class Placed:
    """A placed cell: its tile, and the layer of the core it belongs to, None for the shell."""

    x: int
    y: int
    layer: int | None


def read_placement(module: Mapping[str, Any], owners: Owners) -> list[Placed]:
    """Return where place and route put the cells of a design; module in nextpnr's JSON."""
    return list(_placed(module["cells"].items(), owners))


def _placed(cells: Iterable[tuple[str, Any]], owners: Owners) -> Iterable[Placed]:
    for name, cell in cells:
        found = _BEL.match(str(cell.get("attributes", {}).get("NEXTPNR_BEL", "")))
        if found:
            yield Placed(int(found[1]), int(found[2]), owners.layer(name))
