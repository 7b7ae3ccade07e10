"""``fmax.json``: the clock that a core alone reaches, on one chip or several."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from lutgen.records.build import Spread
from lutgen.records.reading import NotNegative, Record

FMAX_FILE = "fmax.json"


@dataclass(frozen=True, kw_only=True)
class ChipFmax:
    """What a core reaches on a chip.

    Parameters
    ----------
    levels : int
        LUTs between registers, at most.
    used : dict of str to int
        Places that it fills, by the chip's names for them.
    seeds, seeds_routed : int
        Runs of place and route, and those that came to an end.
    seconds : tuple of float
        How long each took.
    critical_path : str
        That of the best seed, in words.
    """

    chip: str
    tool: str
    pipeline: int
    latency_cycles: int
    levels: int
    used: dict[str, int] = field(default_factory=dict)
    seeds_routed: int
    seeds: int
    fmax_mhz: Spread
    seconds: tuple[NotNegative, ...] = ()
    critical_path: str


@dataclass(frozen=True, kw_only=True)
class FmaxRecord(Record):
    """What a core alone reaches, a chip at a time."""

    MEND: ClassVar[str] = "write it anew with: lutgen fmax"

    digest: str
    chips: tuple[ChipFmax, ...] = ()
