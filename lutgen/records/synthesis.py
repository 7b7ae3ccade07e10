"""``synth.json``: what Yosys made of a core in one mode, and what a model takes on one family."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from lutgen.records.reading import NotNegative, Record

SYNTHESIS_FILE = "synth.json"


@dataclass(frozen=True, kw_only=True)
class SynthesisRecord(Record):
    """What Yosys made of a core.

    Parameters
    ----------
    mode, target, top : str
        Direct or optimised; the chip family; the core's module.
    digest : str
        Digest of the model that the core was made of.
    tool : str
        Tool and version.
    command : str
        What Yosys ran, commands separated by semicolons.
    cells : dict of str to int
        Number of cells of each primitive.
    n_luts, n_registers : int
    n_muxes : int
        Number of hard multiplexers; `n_luts` does not count them.
    levels : int
        LUTs on the longest path between inputs or registers and outputs or registers.
    seconds : float
        Time that Yosys took.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen synth"

    mode: str = ""
    target: str = ""
    top: str = ""
    digest: str = ""
    tool: str
    command: str
    cells: dict[str, int] = field(default_factory=dict)
    n_luts: int
    n_registers: int
    n_muxes: int = 0
    levels: int
    seconds: NotNegative = 0.0


@dataclass(frozen=True)
class AreaRecord:
    """What a model takes on one family.

    Parameters
    ----------
    target : str
    n_luts_plain : int
        LUTs of the direct mapping when no don't-care is used.
    results : dict of str to SynthesisRecord
        By mode.
    """

    target: str
    n_luts_plain: int
    results: dict[str, SynthesisRecord]
