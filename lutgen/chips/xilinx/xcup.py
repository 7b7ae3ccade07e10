"""AMD UltraScale+: k-LUTs on LUT1 to LUT6, MUXF7, MUXF8 and MUXF9, registers on FDRE.

A slice (CLB) has eight LUT6, which its multiplexers make up to a LUT9 of.
"""

from __future__ import annotations

from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.fabric.mapper import map_onto
from lutgen.chips.family import Device, Family
from lutgen.chips.xilinx.primitives import (
    CARRY8,
    FDRE,
    LUT6_2,
    LUT6_2_NESTED,
    LUTS,
    MUXF7,
    MUXF8,
    MUXF9,
    Carry8Chain,
)
from lutgen.netlist.ir import Netlist

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


def map_xcup(netlist: Netlist) -> Netlist:
    """Return the netlist as LUT1 to LUT6, MUXF7, MUXF8, MUXF9 and FDRE."""
    return map_onto(netlist, FABRIC)


def _device(name: str, title: str, luts: int, source: str) -> Device:
    # a CLB is eight LUT6 and sixteen registers
    return Device(name, title, luts=luts, registers=2 * luts, source=source)


_DEVICES = (
    _device("xcvu9p", "Virtex UltraScale+ XCVU9P", 1182240, _DS890),
    _device("xczu7ev", "Zynq UltraScale+ XCZU7EV", 230400, _DS891),
)

XCUP = Family(
    name="xcup",
    title="AMD UltraScale+",
    max_fan_in=16,
    primitives=FABRIC.primitives,
    devices={device.name: device for device in _DEVICES},
    map=map_xcup,
    source=_LIBRARY,
    carry=Carry8Chain,
)
