"""``activity.json``: how often the nets of a core change while samples go through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lutgen.records.reading import AtLeastOne, Problems, Record

ACTIVITY_FILE = "activity.json"


@dataclass(frozen=True, kw_only=True)
class PartActivity:
    """The nets of one layer of one part.

    Parameters
    ----------
    part : {"inputs", "encoder", "core", "head"}
        ``inputs``: the bits of the port ``x``.
    layer : int
        Number of the layer in the core, from 1; else 0.
    nets : int
        Nets that LUTs or registers of it drive.
    toggles : int
        Changes of all of them, over all samples.
    loads : int
        The same, each change counted once for each pin that the net drives.
    """

    part: str
    layer: int
    nets: int
    toggles: int
    loads: int


@dataclass(frozen=True, kw_only=True)
class BusyNet:
    """A net that changes often: its name in Verilog, and its changes a clock cycle."""

    name: str
    per_cycle: float
    loads: int


@dataclass(frozen=True, kw_only=True)
class ActivityRecord(Record):
    """How often the nets of a core change, without delays: no glitches, and no watts.

    Parameters
    ----------
    samples : str
        What the samples are; they go through in their order, one a clock cycle.
    n_samples : int
    cycle_ps : int
        Length of a clock cycle in the files, in picoseconds.
    parts : tuple of PartActivity
    busiest : tuple of BusyNet
        The nets with the most changes times pins.
    files : tuple of str
        Files with the activity of every net.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen activity"

    lutgen: str
    digest: str
    target: str
    top: str
    samples: str = ""
    n_samples: AtLeastOne
    cycle_ps: AtLeastOne
    parts: tuple[PartActivity, ...] = ()
    busiest: tuple[BusyNet, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def loads_per_cycle(self) -> float:
        """Changes times pins, a clock cycle: what compares two cores of one chip."""
        return sum(part.loads for part in self.parts) / max(1, self.n_samples - 1)

    def problems(self) -> Problems:
        """Yield what does not go together."""
        for i, part in enumerate(self.parts):
            if part.toggles > part.nets * self.n_samples:
                yield f"parts.{i}.toggles", "must not be more than a change a net and sample"
