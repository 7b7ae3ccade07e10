"""What a pass did, in numbers, for reports."""

from __future__ import annotations

from dataclasses import dataclass

from lutgen.netlist.ir import LUT, REGISTER, Netlist


@dataclass(frozen=True)
class PassStats:
    """The effect of one run of one pass.

    Parameters
    ----------
    name : str
        Name of the pass.
    luts_before, luts_after : int
        Number of LUTs.
    registers_before, registers_after : int
        Number of registers.
    changes : int
        Cells that the pass removed, added or altered; what exactly, its docstring says.
    """

    name: str
    luts_before: int
    luts_after: int
    registers_before: int
    registers_after: int
    changes: int


def measure(name: str, before: Netlist, after: Netlist, changes: int) -> PassStats:
    """Return the statistics of a pass from the netlists on both sides of it."""
    return PassStats(
        name=name,
        luts_before=before.count(LUT),
        luts_after=after.count(LUT),
        registers_before=before.count(REGISTER),
        registers_after=after.count(REGISTER),
        changes=changes,
    )
