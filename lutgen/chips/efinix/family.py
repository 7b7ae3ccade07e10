"""Efinix Trion and Titanium: k-LUTs on EFX_LUT4, registers on EFX_FF.

There are no hard multiplexers for LUTs of more than four inputs. No open tool places and routes
these chips: what is mapped here is a netlist for Efinity. Carry chains (EFX_ADD) are left to it.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.family import Device, Family, by_name
from lutgen.chips.primitive import Primitive
from lutgen.chips.tools import AddedCell, YosysFacts

_LIBRARY = "Efinix, Quantum Trion and Titanium Primitives User Guide: EFX_LUT4, EFX_FF"
_T20 = "Efinix DST20, T20 Data Sheet"
_TI60 = "Efinix DSTi60, Ti60 Data Sheet: XLR cells"

# LUTMASK: I0 is bit 0 of the address
EFX_LUT4 = Primitive("EFX_LUT4", ("I0", "I1", "I2", "I3"), "O", init="LUTMASK")
# enabled always, never reset
EFX_FF = Primitive(
    "EFX_FF",
    inputs=("D",),
    output="Q",
    clock="CLK",
    parameters=tuple((f"{port}_POLARITY", "1'b1") for port in ("CLK", "CE", "SR", "D")),
    ties=(("CE", 1), ("SR", 0)),
)
FABRIC = Fabric(luts=(EFX_LUT4,), register=EFX_FF)

DEVICES = by_name(
    Device("t20", "Trion T20", luts=19728, registers=19728, source=_T20),
    Device("ti60", "Titanium Ti60", luts=60800, registers=60800, source=_TI60),
)

EFINIX = Family(
    name="efinix",
    title="Efinix Trion and Titanium",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    folder=Path(__file__).parent,
    yosys=YosysFacts(
        library="efinix/cells_sim.v",
        synth="synth_efinix",
        buffers_clock=True,
        luts={"EFX_LUT4": 1, "EFX_ADD": 1},
        registers=("EFX_FF",),
    ),
    added_cells=(AddedCell("GND", (), "G", 0), AddedCell("VCC", (), "V", 1)),
)
