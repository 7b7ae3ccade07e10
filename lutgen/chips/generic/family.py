"""No chip in particular: LUTs stay truth tables, which every simulator and vendor tool reads."""

from __future__ import annotations

from lutgen.chips.family import Family
from lutgen.netlist.ir import Netlist


def map_generic(netlist: Netlist) -> Netlist:
    """Return the netlist as it is."""
    return netlist


GENERIC = Family(
    name="generic",
    title="portable Verilog, no chip in particular",
    max_fan_in=16,
    primitives={},
    devices={},
    map=map_generic,
)
