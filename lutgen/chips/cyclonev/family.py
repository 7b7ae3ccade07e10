"""Intel Cyclone V: k-LUTs on ALUTs of two to six inputs, registers on MISTRAL_FF.

The cells are those of Yosys's synth_intel_alm. An adaptive logic module (ALM) is one LUT of six
inputs, or two of at most five whose inputs are eight at most together; which of them share one is
Quartus's to say, so what is counted here is ALUTs: never fewer than the ALMs. No open tool that
comes from PyPI places and routes these chips. Carry chains (MISTRAL_ALUT_ARITH) are left out.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.chips.fabric.fabric import Fabric
from lutgen.chips.family import Device, Family, by_name
from lutgen.chips.primitive import Primitive
from lutgen.chips.tools import AddedCell, YosysFacts, inverter

_LIBRARY = "Yosys 0.70, intel_alm: MISTRAL_ALUT2 to MISTRAL_ALUT6, MISTRAL_FF"
_OVERVIEW = "Intel CV-51001, Cyclone V Device Overview, maximum resources: ALMs, registers"

_NO_PLATFORM = "(?!)"  # no project for Quartus is written here

# LUT: A is bit 0 of the address
ALUTS = tuple(
    Primitive(f"MISTRAL_ALUT{k}", inputs=tuple("ABCDEF"[:k]), output="Q", init="LUT")
    for k in range(2, 7)
)
# enabled always, never cleared or loaded
MISTRAL_FF = Primitive(
    "MISTRAL_FF",
    inputs=("DATAIN",),
    output="Q",
    clock="CLK",
    ties=(("ACLR", 1), ("ENA", 1), ("SCLR", 0), ("SLOAD", 0), ("SDATA", 0)),
)
FABRIC = Fabric(luts=ALUTS, register=MISTRAL_FF)


def _device(name: str, title: str, alms: int) -> Device:
    # four registers an ALM; as many LUTs of six inputs as ALMs
    return Device(
        name, title, luts=alms, registers=4 * alms, source=_OVERVIEW, platform_name=_NO_PLATFORM
    )


DEVICES = by_name(
    _device("5ceba2", "Cyclone V E 5CEA2", 9430), _device("5ceba4", "Cyclone V E 5CEA4", 18480)
)

CYCLONEV = Family(
    name="cyclonev",
    title="Intel Cyclone V",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    folder=Path(__file__).parent,
    models="models.v",
    yosys=YosysFacts(
        library="",
        synth="synth_intel_alm -family cyclonev -noiopad -noclkbuf",
        luts={lut.name: 1 for lut in ALUTS} | {"MISTRAL_NOT": 1, "MISTRAL_ALUT_ARITH": 1},
        registers=("MISTRAL_FF",),
    ),
    added_cells=(
        inverter("MISTRAL_NOT", "A", "Q"),
        AddedCell("GND", (), "G", 0),
        AddedCell("VCC", (), "V", 1),
    ),
)
