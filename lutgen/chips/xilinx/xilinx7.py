"""AMD 7 series: k-LUTs on LUT1 to LUT6, MUXF7 and MUXF8, registers on FDRE.

A slice has four LUT6; two MUXF7 make LUT7 of them, and a MUXF8 a LUT8.
"""

from __future__ import annotations

from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.fabric.mapper import map_onto
from lutgen.chips.family import Device, Family
from lutgen.chips.xilinx.primitives import (
    CARRY4,
    FDRE,
    LUT6_2,
    LUT6_2_NESTED,
    LUTS,
    MUXF7,
    MUXF8,
    Carry4Chain,
)
from lutgen.netlist.ir import Netlist

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


def map_xilinx7(netlist: Netlist) -> Netlist:
    """Return the netlist as LUT1 to LUT6, MUXF7, MUXF8 and FDRE."""
    return map_onto(netlist, FABRIC)


def _device(name: str, title: str, luts: int, source: str) -> Device:
    # a slice is four LUT6 and eight registers
    return Device(name, title, luts=luts, registers=2 * luts, source=source)


_DEVICES = (
    _device("xc7a35t", "Artix-7 XC7A35T", 20800, _DS180),
    _device("xc7a100t", "Artix-7 XC7A100T", 63400, _DS180),
    _device("xc7z020", "Zynq-7000 XC7Z020", 53200, _DS190),
)

XILINX7 = Family(
    name="xilinx7",
    title="AMD 7 series",
    max_fan_in=16,
    primitives=FABRIC.primitives,
    devices={device.name: device for device in _DEVICES},
    map=map_xilinx7,
    source=_LIBRARY,
    carry=Carry4Chain,
)
