"""``faults.json``: what flipped bits of a core do to its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from lutgen.records.reading import AtLeastOne, Fraction, NotNegative, Problems, Record, Seed

FAULTS_FILE = "faults.json"
Kind = Literal["configuration", "registers"]
Metric = Literal["accuracy", "agreement"]

CONFIGURATION: Kind = "configuration"
REGISTERS: Kind = "registers"


@dataclass(frozen=True, kw_only=True)
class PartFlips:
    """Bits of one layer of one part, flipped one at a time.

    Parameters
    ----------
    kind : {"configuration", "registers"}
        Bits of truth tables, or registers.
    part : {"encoder", "core", "head"}
    layer : int
        Number of the layer in the core, from 1; else 0.
    n_cells, n_bits : int
        LUTs or registers, and their bits.
    n_cells_tried, n_tried : int
        Those that were tried.
    samples, random, solver : int
        Flips that the samples show; of the others, those that random inputs show; and those that
        inputs show which the solver found.
    proved : int
        Flips that no input at all shows.
    not_seen : int
        Flips that nothing showed, and of which nothing is proved.
    mean_changed : float
        Share of samples that a flip gives another answer, on average.
    mean_lost : float
        Share of right answers that a flip loses, on average; negative if it gains.
    most_lost : float
        By the worst flip.
    worst : str
        That flip: ``bit 3 of h_y0``.
    """

    kind: Kind
    part: str
    layer: int
    n_cells: int
    n_bits: int
    n_cells_tried: int
    n_tried: int
    samples: int
    random: int
    solver: int
    proved: int
    not_seen: int
    mean_changed: Fraction
    mean_lost: float
    most_lost: float
    worst: str = ""

    def problems(self) -> Problems:
        """Yield what does not go together."""
        if self.samples + self.random + self.solver + self.proved + self.not_seen != self.n_tried:
            yield "n_tried", f"is {self.n_tried}, not the sum of what became of the flips"
        if self.n_tried > self.n_bits or self.n_cells_tried > self.n_cells:
            yield "n_tried", "is more than there are"


@dataclass(frozen=True, kw_only=True)
class FlipsPoint:
    """So many bits flipped at once, drawn anew several times.

    Parameters
    ----------
    kind : {"configuration", "registers"}
    n_flips, n_draws : int
    mean, half_width : float
        Mean share of right answers, and half of its 95 % confidence interval.
    least, most : float
        Of any draw.
    """

    kind: Kind
    n_flips: AtLeastOne
    n_draws: AtLeastOne
    mean: Fraction
    half_width: NotNegative
    least: Fraction
    most: Fraction


@dataclass(frozen=True, kw_only=True)
class FaultsRecord(Record):
    """Bits of a core's configuration and its registers, flipped.

    Parameters
    ----------
    samples : str
        What the samples are.
    metric : {"accuracy", "agreement"}
        What a right answer is: the label, or, of models that answer no classes, what the core
        answers without a flip.
    right : float
        Share of right answers without a flip.
    tmr : str
        What there are three copies of.
    seed : int
        Draws LUTs, sets of bits, and random inputs.
    parts : tuple of PartFlips
    points : tuple of FlipsPoint
    never, never_half_width : float
        Share of the bits of configuration whose flip no sample shows; and half of the 95 %
        confidence interval where not all LUTs were tried, else 0.
    n_random : int
        Random inputs tried on what no sample shows.
    max_conflicts : int
        After which the solver left a question open.
    n_asked, n_undecided : int
        Questions to the solver, and those left open.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen faults"
    DERIVED: ClassVar = ("exhaustive",)

    lutgen: str = ""
    digest: str = ""
    target: str = ""
    top: str = ""
    samples: str = ""
    metric: Metric
    n_samples: AtLeastOne
    right: Fraction
    tmr: str = "none"
    seed: Seed = 0
    parts: tuple[PartFlips, ...] = ()
    points: tuple[FlipsPoint, ...] = ()
    never: Fraction
    never_half_width: NotNegative = 0.0
    n_random: int = 0
    max_conflicts: int = 0
    n_asked: int = 0
    n_undecided: int = 0

    @property
    def exhaustive(self) -> bool:
        """Whether every bit was flipped."""
        return all(part.n_tried == part.n_bits for part in self.parts)

    def sum(self, field: str, kind: str = CONFIGURATION) -> int:
        """Return a count of all parts together."""
        return sum(getattr(part, field) for part in self.parts if part.kind == kind)
