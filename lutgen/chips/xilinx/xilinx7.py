"""AMD 7 series: k-LUTs on LUT1 to LUT6, MUXF7 and MUXF8, registers on FDRE.

A slice has four LUT6; two MUXF7 make LUT7 of them, and a MUXF8 a LUT8.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.family import Family, by_name
from lutgen.chips.xilinx.primitives import (
    ADDED_CELLS,
    CARRY4,
    FDRE,
    LUT6_2,
    LUT6_2_NESTED,
    LUTS,
    MUXF7,
    MUXF8,
    TABLES,
    VENDOR_TOOL,
    Carry4Chain,
    device,
    yosys_facts,
)

_LIBRARY = "AMD UG953, 7 Series FPGA and Zynq 7000 SoC Libraries Guide: LUT1 to LUT6, MUXF7, MUXF8"
_DS180 = "AMD DS180, 7 Series FPGAs Data Sheet: Overview"
_DS190 = "AMD DS190, Zynq-7000 SoC Data Sheet: Overview"

FABRIC = Fabric(
    luts=LUTS,
    register=FDRE,
    muxes=(MUXF7, MUXF8),
    pair=LUT6_2,
    nested=LUT6_2_NESTED,
    carry=CARRY4,
)

DEVICES = by_name(
    device("xc7a35t", "Artix-7 XC7A35T", 20800, _DS180),
    device("xc7a100t", "Artix-7 XC7A100T", 63400, _DS180),
    device("xc7z020", "Zynq-7000 XC7Z020", 53200, _DS190),
)

XILINX7 = Family(
    name="xilinx7",
    title="AMD 7 series",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    carry=Carry4Chain,
    constraints=("xdc",),
    projects=("vivado",),
    folder=Path(__file__).parent,
    delays="delays_7.json",
    yosys=yosys_facts("xc7", FABRIC.muxes),
    added_cells=ADDED_CELLS,
    vendor_tool=VENDOR_TOOL,
    tables=TABLES,
)
