"""No chip in particular: LUTs stay truth tables, which every simulator and vendor tool reads."""

from __future__ import annotations

from pathlib import Path

from lutgen.chips.family import Family
from lutgen.chips.tables import SHIFT, LoadableTables

GENERIC = Family(
    name="generic",
    title="portable Verilog, no chip in particular",
    constraints=("sdc", "xdc"),
    projects=("vivado", "quartus", "diamond", "radiant", "libero", "efinity", "gowin"),
    folder=Path(__file__).parent,
    why_no_delays="it is no chip in particular",
    tables=LoadableTables(SHIFT, "table_shift.v"),
)
