"""Cologne Chip GateMate: k-LUTs on CC_LUT1, CC_LUT2 and trees of 2-LUTs, registers on CC_DFF.

A cell (CPE) has two halves, each three 2-LUTs, of which one reads the other two (CC_L2T4). The
library has a CC_LUT3 and a CC_LUT4, too, but nextpnr takes neither, so every LUT of three or four
inputs becomes such trees: a function of four inputs takes 2.3 halves on average. Multiplexers
(CC_MX4) and the chain of adders (CC_ADDF) are left to synthesis.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.chips.fabric.fabric import MUX, Fabric
from lutgen.chips.family import Device, Family, by_name
from lutgen.chips.primitive import Primitive
from lutgen.chips.tools import AddedCell, Packer, PinFile, Router, YosysFacts
from lutgen.netlist.tables import tabulate

_LIBRARY = "Cologne Chip, GateMate Primitives Library: CC_LUT1 to CC_LUT4, CC_L2T4, CC_DFF"
_DATA_SHEET = "Cologne Chip DS1001, GateMate FPGA CCGM1A1 and CCGM1A2 Data Sheet"

# INIT: I0 is bit 0 of the address
LUTS = tuple(
    Primitive(f"CC_LUT{k}", inputs=tuple(f"I{j}" for j in range(k)), output="O", init="INIT")
    for k in range(1, 5)
)
_FOUR = (("INIT_L00", "I0", "I1"), ("INIT_L01", "I2", "I3"), ("INIT_L10", "INIT_L00", "INIT_L01"))
CC_L2T4 = Primitive(
    "CC_L2T4", inputs=("I0", "I1", "I2", "I3"), output="O", tree=_FOUR, fallback=LUTS[3]
)
# both halves of a CPE
CC_L2T5 = Primitive(
    "CC_L2T5",
    inputs=("I0", "I1", "I2", "I3", "I4"),
    output="O",
    tree=(
        ("INIT_L02", "I0", "I1"),
        ("INIT_L03", "I2", "I3"),
        ("INIT_L11", "INIT_L02", "INIT_L03"),
        ("INIT_L20", "I4", "INIT_L11"),
    ),
)
# enabled always, never reset
CC_DFF = Primitive("CC_DFF", inputs=("D",), output="Q", clock="CLK", ties=(("EN", 1), ("SR", 0)))
FABRIC = Fabric(luts=LUTS, register=CC_DFF, tree=CC_L2T4, wider=(CC_L2T5,))

_MUX4 = tabulate(6, lambda d0, d1, d2, d3, s0, s1: (d0, d1, d2, d3)[s0 | s1 << 1])


def _device(name: str, cells: int) -> Device:
    return Device(
        name,
        f"GateMate {name.upper()}",
        luts=2 * cells,  # trees of four inputs, two a CPE, as many as registers
        registers=2 * cells,
        source=_DATA_SHEET,
        router_options=("--device", name.upper()),
        pins=("IO_SB_A8", "IO_SA_A6", "IO_SA_B6"),
    )


DEVICES = by_name(_device("ccgm1a1", 20480), _device("ccgm1a2", 40960))

GATEMATE = Family(
    name="gatemate",
    title="Cologne Chip GateMate",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    folder=Path(__file__).parent,
    constraints=("ccf",),
    yosys=YosysFacts(
        library="gatemate/cells_sim.v",
        synth="synth_gatemate -luttree -nomx8 -noiopad -noclkbuf",
        luts={
            **{lut.name: 1 for lut in LUTS},
            "CC_L2T4": 1,
            "CC_L2T5": 2,
            "CC_MX2": 1,
            "CC_MX4": 2,
            "CC_ADDF": 1,
        },
        registers=("CC_DFF",),
    ),
    added_cells=(
        AddedCell("CC_MX2", ("D0", "D1", "S0"), "Y", MUX),
        AddedCell("CC_MX4", ("D0", "D1", "D2", "D3", "S0", "S1"), "Y", _MUX4),
    ),
    router=Router(
        "nextpnr-himbaechel",
        "yowasp-nextpnr-himbaechel-gatemate",
        "yowasp-nextpnr-himbaechel-gatemate",
        ("CPE_LT", "CPE_FF"),
        pin_file=PinFile("ccf", ("--vopt", "ccf={file}"), 'NET "{port}" Loc = "{pin}";'),
        package_option="--device",
        output=("--vopt", "out=top.txt"),
    ),
    packer=Packer(
        "gmpack",
        "yowasp-nextpnr-himbaechel-gatemate",
        "yowasp-gmpack",
        ("top.txt", "top.bit"),
    ),
)
