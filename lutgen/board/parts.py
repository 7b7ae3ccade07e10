"""Whose a cell is: encoder, core, head or shell; told by the names of the core's netlist."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lutgen.chips.registry import get_device, get_family
from lutgen.chips.tools import YosysFacts
from lutgen.flow.pnr import Step
from lutgen.netlist.ir import CORE, ENCODER, HEAD, Netlist
from lutgen.records.build import PartCount, PathStation, PlacedLayer, PlacementRecord

SHELL = "shell"
PARTS = (ENCODER, CORE, HEAD, SHELL)

_INSTANCE = re.compile(r"\bU_([a-z][a-z0-9_]*)")
_TRAINED = re.compile(r"l(\d+)_n(\d+)")
_BEL = re.compile(r"X(\d+)/?Y(\d+)")


@dataclass(frozen=True)
class Owners:
    """Part and layer of each cell of a core, by name."""

    cells: Mapping[str, tuple[str, int]]

    @classmethod
    def of(cls, netlist: Netlist) -> Owners:
        """Return the owners of a core's cells."""
        cells = {cell.name: (cell.part, cell.layer) for cell in netlist.cells}
        cells |= {cell.site: (cell.part, cell.layer) for cell in netlist.cells if cell.site}
        return cls(cells)

    def name(self, cell: str) -> str | None:
        """Return the core's name of a cell that tools have renamed; None for one of the shell."""
        found = _INSTANCE.search(cell)
        if not found:
            return None
        words = found[1].split("_")
        for n_words in range(len(words), 0, -1):
            name = "_".join(words[:n_words])
            if name in self.cells:
                return name
        return None

    def place(self, cell: str) -> tuple[str, int]:
        """Return part and layer of a cell; the layer is 0 outside of the core."""
        name = self.name(cell)
        return (SHELL, 0) if name is None else self.cells[name]

    def part(self, cell: str) -> str:
        """Return which part of the design a cell belongs to."""
        return self.place(cell)[0]


def count_parts(
    module: Mapping[str, Any], family: YosysFacts, owners: Owners
) -> dict[str, PartCount]:
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
        part: PartCount(luts=luts[part], registers=registers[part], muxes=muxes[part])
        for part in PARTS
    }


def path_stations(
    path: Sequence[Step], owners: Owners, around: str = "serial shell"
) -> tuple[PathStation, ...]:
    """Return a critical path, its steps put together by what they belong to, in order.

    Cells are those that the path goes through, registers at its ends left out.
    """
    found: list[tuple[str, list[Step]]] = []
    for step in path:
        cell = owners.name(step.cell)
        name = around if cell is None else _station(cell, owners)
        if not found or found[-1][0] != name:
            found.append((name, []))
        found[-1][1].append(step)
    return tuple(
        PathStation(
            name,
            logic_ns=round(sum(step.delay_ns for step in steps if step.kind != "routing"), 2),
            routing_ns=round(sum(step.delay_ns for step in steps if step.kind == "routing"), 2),
            cells=sum(step.kind == "logic" for step in steps),
        )
        for name, steps in found
    )


def describe_path(path: Sequence[Step], owners: Owners, around: str = "serial shell") -> str:
    """Return a critical path in words: its trained LUTs by layer and place, and its ends.

    Example: ``serial shell, layer 1 LUT 46, layer 2 LUT 15, head (16.2 ns, 7 cells)``.
    """
    stations = path_stations(path, owners, around)
    delay_ns = sum(step.delay_ns for step in path)
    n_cells = sum(station.cells for station in stations)
    names = ", ".join(station.name for station in stations)
    return f"{names} ({delay_ns:.1f} ns, {n_cells} cells)"


def _station(name: str, owners: Owners) -> str:
    part, _ = owners.cells[name]
    trained = _TRAINED.match(name)
    if part != CORE or trained is None:
        return part if part != CORE else ENCODER
    return f"layer {trained[1]} LUT {trained[2]}"


@dataclass(frozen=True)
class Placed:
    """A placed cell: its tile, and part and layer that it belongs to."""

    x: int
    y: int
    part: str
    layer: int = 0


def read_placement(module: Mapping[str, Any], owners: Owners) -> list[Placed]:
    """Return where place and route put the cells of a design; module in nextpnr's JSON."""
    return list(_placed(module["cells"].items(), owners))


def _placed(cells: Iterable[tuple[str, Any]], owners: Owners) -> Iterable[Placed]:
    for name, cell in cells:
        found = _BEL.match(str(cell.get("attributes", {}).get("NEXTPNR_BEL", "")))
        if found:
            yield Placed(int(found[1]), int(found[2]), *owners.place(name))


def placement_record(placed: Sequence[Placed], family: str, device: str) -> PlacementRecord:
    """Return a placement: the grid of tiles, and the cells of each layer.

    Parameters
    ----------
    family, device : str
        The chip; one whose tiles are not known gets what its cells span.
    """
    spanned = 1 + max(cell.x for cell in placed), 1 + max(cell.y for cell in placed)
    columns, rows = get_device(family, device).tiles or spanned
    router = get_family(family).router
    layers = {(PARTS.index(cell.part), cell.layer) for cell in placed}
    layers.add((PARTS.index(SHELL), 0))
    return PlacementRecord(
        columns=columns,
        rows=rows,
        row_0="bottom" if router and router.row_0 == "bottom" else "top",
        layers=tuple(
            PlacedLayer(
                part=PARTS[part],
                layer=layer if PARTS[part] == CORE else None,
                cells=tuple(
                    (cell.x, cell.y)
                    for cell in placed
                    if (cell.part, cell.layer) == (PARTS[part], layer)
                ),
            )
            for part, layer in sorted(layers)
        ),
    )
