"""No chip in particular: LUTs stay truth tables, which every simulator and vendor tool reads."""

from __future__ import annotations

from lutgen.chips.family import Family

GENERIC = Family(
    name="generic",
    title="portable Verilog, no chip in particular",
    constraints=("sdc", "xdc"),
    projects=("vivado", "quartus", "diamond", "radiant", "libero", "efinity", "gowin"),
    why_no_delays="it is no chip in particular",
)
