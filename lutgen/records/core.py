"""``core.json``: the model, and the hardware that was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lutgen.core.build import Timing
from lutgen.core.ports import Ports
from lutgen.netlist.passes.stats import PassStats
from lutgen.netlist.stats import NetlistStats
from lutgen.records.model import ModelRecord
from lutgen.records.reading import AtLeastOne, Record

CORE_FILE = "core.json"


@dataclass(frozen=True, kw_only=True)
class ChipSize:
    """The LUTs of a chip, and where that is written."""

    title: str = ""
    luts: AtLeastOne
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class CoreRecord(Record):
    """The model and the hardware that was made of it.

    Parameters
    ----------
    timing : Timing or None
        None if no clock frequency was aimed at.
    netlist : NetlistStats
        After mapping onto the target.
    logic : NetlistStats
        Before mapping: simplified k-LUTs, and registers.
    luts_without_dont_cares : int or None
        LUTs after mapping when no don't-care is used; None if nobody counted.
    devices : dict of str to ChipSize
        The chips of the family.
    ports : Ports or None
        What each bit of the ports means; None in files of before.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen verilog"

    lutgen: str
    module: str
    target: str
    pipeline: int
    timing: Timing | None = None
    latency_cycles: int
    ports: Ports | None = None
    model: ModelRecord
    netlist: NetlistStats
    logic: NetlistStats
    passes: tuple[PassStats, ...] = ()
    devices: dict[str, ChipSize]
    luts_without_dont_cares: int | None = None

    @property
    def chips(self) -> tuple[tuple[str, ChipSize], ...]:
        """Names and sizes of the chips, the smallest first."""
        return tuple(sorted(self.devices.items(), key=lambda item: (item[1].luts, item[0])))
