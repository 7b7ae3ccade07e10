"""Gowin LittleBee and Arora: k-LUTs on LUT1 to LUT4 and MUX2_LUT5 to MUX2_LUT8, registers on DFF.

The eight LUT4 of a configurable function unit make up to a LUT7, and two units side by side a
LUT8; each level has a multiplexer of its own.
"""

from __future__ import annotations

from lutgen.chips.fabric.fabric import MUX, MUX_LOCAL, Fabric
from lutgen.chips.fabric.mapper import map_onto
from lutgen.chips.family import Device, Family, Primitive
from lutgen.netlist.ir import Netlist

_LIBRARY = "Gowin SUG283, Primitives User Guide: LUT1 to LUT4, MUX2_LUT5 to MUX2_LUT8, DFF"
_GW1N = "Gowin DS100, GW1N series of FPGA Products Data Sheet, product resources"
_GW1NR = "Gowin DS117, GW1NR series of FPGA Products Data Sheet, product resources"
_GW2A = "Gowin DS102, GW2A series of FPGA Products Data Sheet, product resources"

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


def map_gowin(netlist: Netlist) -> Netlist:
    """Return the netlist as LUT1 to LUT4, MUX2_LUT5 to MUX2_LUT8 and DFF."""
    return map_onto(netlist, FABRIC)


_DEVICES = (
    Device("gw1n-1", "GW1N-1", luts=1152, registers=864, source=_GW1N),
    Device("gw1nr-9", "GW1NR-9", luts=8640, registers=6480, source=_GW1NR),
    Device("gw2a-18", "GW2A-18", luts=20736, registers=15552, source=_GW2A),
)

GOWIN = Family(
    name="gowin",
    title="Gowin LittleBee and Arora",
    max_fan_in=16,
    primitives=FABRIC.primitives,
    devices={device.name: device for device in _DEVICES},
    map=map_gowin,
    source=_LIBRARY,
)
