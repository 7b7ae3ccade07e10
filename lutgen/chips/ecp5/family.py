"""Lattice ECP5: k-LUTs on LUT4, PFUMX and L6MUX21, registers on TRELLIS_FF.

A slice has two LUT4 and a PFUMX that makes a LUT5 of them. An L6MUX21 makes a LUT6 of two slices,
and another one a LUT7 of two such pairs, which fills the four slices of a PFU. Further levels are
LUTs: the packer of nextpnr-ecp5 knows no LUT8.
"""

from __future__ import annotations

from lutgen.chips.fabric.fabric import MUX, MUX_LOCAL, Fabric
from lutgen.chips.fabric.mapper import map_onto
from lutgen.chips.family import Device, Family, Primitive
from lutgen.netlist.ir import Netlist

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


def map_ecp5(netlist: Netlist) -> Netlist:
    """Return the netlist as LUT4, PFUMX, L6MUX21 and TRELLIS_FF."""
    return map_onto(netlist, FABRIC)


def _device(name: str, title: str, luts: int, source: str = _DATA_SHEET) -> Device:
    # a slice is two LUT4 and two registers
    return Device(name, title, luts=luts, registers=luts, source=source)


_DEVICES = (
    _device("12k", "ECP5 LFE5U-12F", 24288, _FIT_12),
    _device("25k", "ECP5 LFE5U-25F", 24288),
    _device("45k", "ECP5 LFE5U-45F", 43848),
    _device("85k", "ECP5 LFE5U-85F", 83640),
)

ECP5 = Family(
    name="ecp5",
    title="Lattice ECP5",
    max_fan_in=16,
    primitives=FABRIC.primitives,
    devices={device.name: device for device in _DEVICES},
    map=map_ecp5,
    source=_LIBRARY,
)
