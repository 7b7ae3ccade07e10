"""Lattice iCE40: k-LUTs on SB_LUT4, registers on SB_DFF.

There are no hard multiplexers for LUTs of more than four inputs: these become trees of SB_LUT4.
"""

from __future__ import annotations

from lutgen.netlist.ir import Netlist
from lutgen.target.fabric import Fabric
from lutgen.target.family import Device, Family, Primitive
from lutgen.target.mapper import map_onto

_LIBRARY = "Lattice FPGA-TN-02026, iCE Technology Library: SB_LUT4, SB_DFF"
_LP_HX = "Lattice FPGA-DS-02029 (DS1040), iCE40 LP/HX Family Data Sheet, selection guide"
_ULTRA_PLUS = "Lattice FPGA-DS-02008, iCE40 UltraPlus Family Data Sheet, selection guide"

SB_LUT4 = Primitive("SB_LUT4", inputs=("I0", "I1", "I2", "I3"), output="O", init="LUT_INIT")
SB_DFF = Primitive("SB_DFF", inputs=("D",), output="Q", clock="C")


FABRIC = Fabric(luts=(SB_LUT4,), register=SB_DFF)


def map_ice40(netlist: Netlist) -> Netlist:
    """Return the netlist as SB_LUT4 and SB_DFF."""
    return map_onto(netlist, FABRIC)


def _device(name: str, title: str, logic_cells: int, source: str) -> Device:
    # a logic cell is one SB_LUT4 and one SB_DFF
    return Device(name, title, luts=logic_cells, registers=logic_cells, source=source)


_DEVICES = (
    _device("lp384", "iCE40 LP384", 384, _LP_HX),
    _device("lp1k", "iCE40 LP1K", 1280, _LP_HX),
    _device("lp8k", "iCE40 LP8K", 7680, _LP_HX),
    _device("hx1k", "iCE40 HX1K", 1280, _LP_HX),
    _device("hx4k", "iCE40 HX4K", 3520, _LP_HX),
    _device("hx8k", "iCE40 HX8K", 7680, _LP_HX),
    _device("up5k", "iCE40 UltraPlus UP5K", 5280, _ULTRA_PLUS),
)

ICE40 = Family(
    name="ice40",
    title="Lattice iCE40",
    max_fan_in=16,
    primitives=FABRIC.primitives,
    devices={device.name: device for device in _DEVICES},
    map=map_ice40,
    source=_LIBRARY,
)
