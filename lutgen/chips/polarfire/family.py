"""Microchip PolarFire: k-LUTs on CFG1 to CFG4, registers on SLE.

There are no hard multiplexers for LUTs of more than four inputs. No open tool places and routes
these chips: what is mapped here is a netlist for Libero. Carry chains (ARI1) are left to it.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.family import Device, Family, by_name
from lutgen.chips.primitive import Primitive
from lutgen.chips.tools import AddedCell, YosysFacts, inverter

_LIBRARY = "Microchip, PolarFire FPGA Macro Library User Guide: CFG1 to CFG4, SLE"
_OVERVIEW = "Microchip DS60001657, PolarFire FPGA Product Overview: logic elements (4LUT and DFF)"

# INIT: A is bit 0 of the address
LUTS = tuple(
    Primitive(f"CFG{k}", inputs=tuple("ABCD"[:k]), output="Y", init="INIT") for k in range(1, 5)
)
# enabled always, never reset or loaded; no latch
SLE = Primitive(
    "SLE",
    inputs=("D",),
    output="Q",
    clock="CLK",
    ties=(("ADn", 1), ("ALn", 1), ("EN", 1), ("LAT", 0), ("SD", 0), ("SLn", 1)),
)
FABRIC = Fabric(luts=LUTS, register=SLE)


def _device(name: str, luts: int) -> Device:
    return Device(name, f"PolarFire {name.upper()}", luts=luts, registers=luts, source=_OVERVIEW)


DEVICES = by_name(_device("mpf100t", 108600), _device("mpf300t", 299544))

POLARFIRE = Family(
    name="polarfire",
    title="Microchip PolarFire",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    folder=Path(__file__).parent,
    models="models.v",
    yosys=YosysFacts(
        library="",
        synth="synth_microchip -family polarfire -noiopad",
        buffers_clock=True,
        luts={lut.name: 1 for lut in LUTS} | {"INV": 1, "ARI1": 1},
        registers=("SLE",),
    ),
    added_cells=(
        inverter("INV", "A", "Y"),
        AddedCell("GND", (), "Y", 0),
        AddedCell("VCC", (), "Y", 1),
    ),
)
