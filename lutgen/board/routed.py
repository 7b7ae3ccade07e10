"""The netlist after place and route in simulation, pins to pins, with the same bench as the design.

nextpnr writes what it has routed as a netlist of the chip's own cells. Yosys has models of them;
what nextpnr leaves open, because the chip's own default is meant, is tied here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lutgen.board.boards import Board
from lutgen.board.pins import TOP
from lutgen.board.simulate import BoardSimulation, build_pins_simulation
from lutgen.chips.registry import families, get_family
from lutgen.chips.tools import RoutedModels
from lutgen.core import Interface
from lutgen.errors import ConfigError, MismatchError, ToolError
from lutgen.files import read_json, write_files
from lutgen.flow.pnr import seed_file
from lutgen.flow.yosys import library_command
from lutgen.records.build import BUILD_FILE, BuildRecord

Cell = dict[str, Any]


def build_routed_simulation(
    interface: Interface,
    board: Board,
    built: Path,
    folder: Path,
    *,
    faulty: Callable[[dict[str, Cell]], None] | None = None,
) -> BoardSimulation:
    """Build for the simulator what place and route made of a board's design.

    Parameters
    ----------
    interface : Interface
        That of the core that was built.
    built : Path
        Folder of the build, see :func:`lutgen.board.build.build_board`.
    faulty : callable, optional
        Plants a fault in the cells, in place.

    Raises
    ------
    ConfigError
        If the router of that family writes cells that nothing has a model of.
    MismatchError
        If the build is of another model, or takes or answers it in another form.
    ToolError
        If the netlist is missing or of another form, or a tool fails.
    """
    models = get_family(board.family).routed
    if models is None:
        known = ", ".join(name for name, family in families().items() if family.routed)
        raise ConfigError(
            f"the router of {board.title} writes cells that have no simulation model; choose a "
            f"board with one of: {known}"
        )
    record = BuildRecord.read(built / BUILD_FILE)
    _require_core(record, interface, built)
    path = built / seed_file("placed.json", record.best_seed or 0)
    if not path.is_file():
        raise ToolError(f"there is no {path}; build it anew with: lutgen build --rebuild")
    netlist = read_json(path)
    try:
        module = netlist["modules"][TOP]
        close_netlist(module, models)
    except (KeyError, TypeError, AttributeError) as error:
        raise ToolError(f"{path}: not a netlist of nextpnr ({error!r})") from error
    if faulty:
        faulty(module["cells"])
    write_files(folder / "design", {"routed.json": json.dumps({"modules": {TOP: module}})})
    return build_pins_simulation(
        interface,
        board,
        [library_command(board.family), "read_json routed.json"],
        folder,
        models=models,
        clks_per_bit=round(record.clock_mhz * 1e6 / record.baud),
    )


def _require_core(record: BuildRecord, interface: Interface, built: Path) -> None:
    if record.core_id == interface.core_id:
        return
    digest, core_id = record.digest[:16], (record.core_id or "none")[:16]
    if digest != interface.network.digest[:16]:
        raise MismatchError(f"{built} is the build of another model, {digest}…")
    raise MismatchError(
        f"{built} is the build of this model with another input or answer: core {core_id}…, not "
        f"{interface.core_id[:16]}…; give it the same options, or build it anew"
    )


def close_netlist(module: dict[str, Any], models: RoutedModels) -> None:
    """Tie what nextpnr left open in its netlist, in place, to what the chip makes of it.

    A port at a pin of a buffer that goes both ways goes both ways, too.

    Parameters
    ----------
    models : RoutedModels
        Says what that is: 1 for some inputs of some cells, 0 for others.
    """
    cells: dict[str, Cell] = module["cells"]
    both_ways = {
        bit
        for cell in cells.values()
        for port, direction in cell["port_directions"].items()
        if direction == "inout"
        for bit in cell["connections"].get(port, ())
    }
    for port in module["ports"].values():
        if both_ways.intersection(port["bits"]):
            port["direction"] = "inout"
    if models.complete:
        models.complete(cells)
    for cell in cells.values():
        ones = models.one_if_open.get(cell["type"], ())
        wires = cell["connections"]
        for port, direction in cell["port_directions"].items():
            if wires.get(port):
                continue
            if direction == "input" and port not in models.unused.get(cell["type"], ()):
                wires[port] = ["1" if port in ones else "0"]
            else:
                wires.pop(port, None)
