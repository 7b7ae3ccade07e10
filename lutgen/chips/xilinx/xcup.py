"""AMD UltraScale+: k-LUTs on LUT1 to LUT6, MUXF7, MUXF8 and MUXF9, registers on FDRE.

A slice (CLB) has eight LUT6, which its multiplexers make up to a LUT9 of.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.family import Family, by_name
from lutgen.chips.xilinx.primitives import (
    ADDED_CELLS,
    CARRY8,
    FDRE,
    LUT6_2,
    LUT6_2_NESTED,
    LUTS,
    MUXF7,
    MUXF8,
    MUXF9,
    TABLES,
    VENDOR_TOOL,
    Carry8Chain,
    device,
    yosys_facts,
)

_LIBRARY = "AMD UG974, UltraScale Architecture Libraries Guide: LUT1 to LUT6, MUXF7 to MUXF9, FDRE"
_DS890 = "AMD DS890, UltraScale Architecture and Product Data Sheet: Overview"
_DS891 = "AMD DS891, Zynq UltraScale+ MPSoC Data Sheet: Overview"

FABRIC = Fabric(
    luts=LUTS,
    register=FDRE,
    muxes=(MUXF7, MUXF8, MUXF9),
    pair=LUT6_2,
    nested=LUT6_2_NESTED,
    carry=CARRY8,
)

DEVICES = by_name(
    device("xcvu9p", "Virtex UltraScale+ XCVU9P", 1182240, _DS890),
    device("xczu7ev", "Zynq UltraScale+ XCZU7EV", 230400, _DS891),
)

XCUP = Family(
    name="xcup",
    title="AMD UltraScale+",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    carry=Carry8Chain,
    constraints=("xdc",),
    projects=("vivado",),
    folder=Path(__file__).parent,
    delays="delays_up.json",
    yosys=yosys_facts("xcup", FABRIC.muxes),
    added_cells=ADDED_CELLS,
    vendor_tool=VENDOR_TOOL,
    tables=TABLES,
)
