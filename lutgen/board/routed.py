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
from lutgen.board.build import RECORD
from lutgen.board.simulate import BoardSimulation, build_pins_simulation
from lutgen.board.top import TOP
from lutgen.core import Interface
from lutgen.errors import ConfigError, MismatchError, ToolError
from lutgen.files import read_json, write_files
from lutgen.flow.pnr import seed_file
from lutgen.flow.yosys import yosys_family

ROUTED_FAMILIES = ("ice40", "ecp5")

_PIN_CELLS = {
    "ice40": ("SB_IO", "ICESTORM_LC"),
    "ecp5": ("TRELLIS_COMB", "TRELLIS_INPUT", "TRELLIS_OUTPUT", "DCCA", "GSR"),
}
_ONE_IF_OPEN = {"ICESTORM_LC": ("CEN",), "TRELLIS_FF": ("CE",), "TRELLIS_COMB": tuple("ABCD")}

_UNUSED = {"TRELLIS_COMB": ("DI0", "DI1")}  # of a RAM; the model has them not

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
        If the build is of another model.
    ToolError
        If the netlist is missing or of another form, or a tool fails.
    """
    if board.family not in ROUTED_FAMILIES:
        raise ConfigError(
            f"the router of {board.title} writes cells that have no simulation model; choose a "
            f"board with one of: {', '.join(ROUTED_FAMILIES)}"
        )
    record = read_json(built / RECORD)
    if record["digest"] != interface.network.digest:
        raise MismatchError(f"{built} is the build of another model, {record['digest'][:16]}…")
    path = built / seed_file("placed.json", record["best_seed"])
    if not path.is_file():
        raise ToolError(f"there is no {path}; build it anew with: lutgen build --rebuild")
    netlist = read_json(path)
    try:
        module = netlist["modules"][TOP]
        close_netlist(module)
    except (KeyError, TypeError, AttributeError) as error:
        raise ToolError(f"{path}: not a netlist of nextpnr ({error!r})") from error
    if faulty:
        faulty(module["cells"])
    write_files(folder / "design", {"routed.json": json.dumps({"modules": {TOP: module}})})
    return build_pins_simulation(
        interface,
        board,
        [f"read_verilog -lib +/{yosys_family(board.family).library}", "read_json routed.json"],
        folder,
        pin_cells=_PIN_CELLS[board.family],
        models=("sim/pins.v", "sim/routed.v"),
        clks_per_bit=round(record["clock_mhz"] * 1e6 / record["baud"]),
    )


def close_netlist(module: dict[str, Any]) -> None:
    """Tie what nextpnr left open in a module of its netlist, in place.

    Open inputs are what the chip makes of them: 1 for enables and the inputs of an ECP5's LUT, 0
    else. A register of ECP5 that takes its data past the LUT has it at M. A global buffer of iCE40
    beside a pin takes the pin's signal.
    """
    cells: dict[str, Cell] = module["cells"]
    for name, cell in cells.items():
        ones = _ONE_IF_OPEN.get(cell["type"], ())
        wires = cell["connections"]
        if cell["type"] == "TRELLIS_FF" and cell["parameters"].pop("SD", "").strip() == "0":
            wires["DI"] = wires["M"]
            cell["port_directions"]["DI"] = "input"
        if cell["type"] == "TRELLIS_COMB" and wires.get("FXA"):
            cell["parameters"]["IS_Z1"] = "1"
        if cell["type"] == "TRELLIS_IO":
            direction = cell["parameters"].pop("DIR")
            cell["type"] = f"TRELLIS_{direction}"
            cell["port_directions"]["B"] = direction.lower()
        if cell["type"] == "SB_GB" and not wires["USER_SIGNAL_TO_GLOBAL_BUFFER"]:
            pin = cells[name.removeprefix("$gbuf_").removesuffix("_io")]
            wires["USER_SIGNAL_TO_GLOBAL_BUFFER"] = pin["connections"]["PACKAGE_PIN"]
        for port, direction in cell["port_directions"].items():
            if wires.get(port):
                continue
            if direction == "input" and port not in _UNUSED.get(cell["type"], ()):
                wires[port] = ["1" if port in ones else "0"]
            else:
                wires.pop(port, None)
