"""Lattice MachXO2: the fabric of ECP5, k-LUTs on LUT4, PFUMX and L6MUX21, registers on TRELLIS_FF.

Of its devices nextpnr-machxo2 and its packer (0.11) know the 1200 to a bitstream; the 256, 640,
2000, 4000 and 7000 they refuse.
"""

from __future__ import annotations

from pathlib import Path

from lutgen.chips.ecp5.family import FABRIC, LPF
from lutgen.chips.family import Device, Family, by_name
from lutgen.chips.tools import AddedCell, Packer, Router, YosysFacts, inverter

_LIBRARY = "Lattice Diamond, FPGA Libraries Reference Guide: LUT4, PFUMX, L6MUX21"
_DATA_SHEET = "Lattice FPGA-DS-02056, MachXO2 Family Data Sheet, table 1.1"

DEVICES = by_name(
    Device(
        "lcmxo2-1200",
        "MachXO2 LCMXO2-1200",
        luts=1280,  # a slice is two LUT4 and two registers
        registers=1280,
        source=_DATA_SHEET,
        router_options=("--device", "LCMXO2-1200HC-4TG100C"),
        pins=("21", "74", "75"),
        platform_name="lcmxo21200.*",
    ),
)

MACHXO2 = Family(
    name="machxo2",
    title="Lattice MachXO2",
    fabric=FABRIC,
    source=_LIBRARY,
    devices=DEVICES,
    constraints=("lpf",),
    folder=Path(__file__).parent,
    yosys=YosysFacts(
        # the part of lattice/cells_sim_xo2.v that has the logic cells
        library="lattice/common_sim.vh",
        synth="synth_lattice -family xo2",
        luts={"LUT4": 1, "CCU2D": 2},
        registers=("TRELLIS_FF",),
        muxes=("PFUMX", "L6MUX21"),
        # leaves out other libraries' cells, in files that a simulator would have to find
        defines={"NO_INCLUDES": "1"},
    ),
    added_cells=(
        inverter("INV", "A", "Z"),
        AddedCell("VLO", (), "Z", 0),
        AddedCell("VHI", (), "Z", 1),
    ),
    router=Router(
        "nextpnr-machxo2",
        "yowasp-nextpnr-machxo2",
        "yowasp-nextpnr-machxo2",
        ("TRELLIS_COMB", "TRELLIS_FF"),
        pin_file=LPF,
        package_option="--device",
        output=("--textcfg", "top.config"),
    ),
    packer=Packer("xo2pack", "yowasp-nextpnr-machxo2", "yowasp-xo2pack", ("top.config", "top.bit")),
)
