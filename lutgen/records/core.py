"""``core.json``: the model, and the hardware that was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lutgen.core.build import Timing
from lutgen.core.ports import Ports
from lutgen.netlist.passes.stats import PassStats
from lutgen.netlist.stats import NetlistStats
from lutgen.records.model import ModelRecord
from lutgen.records.reading import AtLeastOne, Fraction, Problems, Record

CORE_FILE = "core.json"
NETWORK_FILE = "network.npz"
"""The model that the core was made of, beside it."""


@dataclass(frozen=True, kw_only=True)
class ChipSize:
    """The LUTs of a chip, and where that is written."""

    title: str = ""
    luts: AtLeastOne
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class ChangeRecord:
    """Samples whose codes are told otherwise than the numbers themselves.

    Parameters
    ----------
    samples : str
        Which samples.
    n_samples : int
    bits_changed, answers_changed : int
        Samples with other encoder bits, of those used, and with another answer than the model's.
    accuracy, accuracy_of_codes : float or None
        Share of right answers of the model, and of the core; None where they are no classes.
    """

    samples: str
    n_samples: int
    bits_changed: int
    answers_changed: int
    accuracy: Fraction | None = None
    accuracy_of_codes: Fraction | None = None

    def problems(self) -> Problems:
        """Yield what does not go together."""
        if not self.answers_changed <= self.bits_changed <= self.n_samples:
            yield "answers_changed", "must not be more than bits_changed, nor that than n_samples"

    def __str__(self) -> str:
        text = (
            f"{self.samples}: the format changes encoder bits of {self.bits_changed:,} and answers "
            f"of {self.answers_changed:,} of {self.n_samples:,} rows"
        )
        if self.accuracy is None or self.accuracy_of_codes is None:
            return text
        return f"{text}; accuracy {self.accuracy_of_codes:.4f}, was {self.accuracy:.4f}"


def latency_text(cycles: int, timing: Timing | None) -> str:
    """Return how long an answer takes, in clock cycles and, where it can be told, nanoseconds."""
    text = f"{cycles:,} clock cycle{'' if cycles == 1 else 's'}"
    if timing is None or not timing.latency_ns:
        return text if cycles else f"{text}: combinational"
    if not cycles:
        return f"{text}: combinational, {timing.latency_ns:g} ns estimated, not routed"
    if timing.target_mhz:
        return f"{text} = {timing.latency_ns:g} ns at the {timing.target_mhz:g} MHz asked for"
    return (
        f"{text} = {timing.latency_ns:g} ns at {timing.estimated_mhz:g} MHz, estimated, not routed"
    )


@dataclass(frozen=True, kw_only=True)
class CoreRecord(Record):
    """The model and the hardware that was made of it.

    Parameters
    ----------
    timing : Timing or None
        None if there is no delay model of the chip, in files of before if no clock frequency was
        aimed at.
    netlist : NetlistStats
        After mapping onto the target.
    logic : NetlistStats
        Before mapping: simplified k-LUTs, and registers.
    tmr : str
        What there are three copies of.
    input_formats : tuple of str
        The number format of each feature; empty where encoded bits come in.
    changes : tuple of ChangeRecord
        Where the format loses something: what changes in the model's own samples.
    changes_unknown : str
        Why these could not be counted; "" where they are, or nothing is lost.
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
    tmr: str = "none"
    timing: Timing | None = None
    latency_cycles: int
    ports: Ports | None = None
    model: ModelRecord
    netlist: NetlistStats
    logic: NetlistStats
    passes: tuple[PassStats, ...] = ()
    devices: dict[str, ChipSize]
    input_formats: tuple[str, ...] = ()
    changes: tuple[ChangeRecord, ...] = ()
    changes_unknown: str = ""
    luts_without_dont_cares: int | None = None

    @property
    def chips(self) -> tuple[tuple[str, ChipSize], ...]:
        """Names and sizes of the chips, the smallest first."""
        return tuple(sorted(self.devices.items(), key=lambda item: (item[1].luts, item[0])))
