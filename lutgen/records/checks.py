"""``simulate.json``: forms of a network compared with the model on samples, bit for bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from lutgen.records.reading import NotNegative, Problems, Record

SIMULATION_FILE = "simulate.json"


@dataclass(frozen=True)
class LutDifference:
    """A LUT whose value is not the model's: ``0`` or ``1`` expected; seen may also be ``X``."""

    name: str
    expected: str
    seen: str

    def __str__(self) -> str:
        return f"first differing LUT {self.name}: expected {self.expected}, seen {self.seen}"


@dataclass(frozen=True)
class Difference:
    """The first sample whose outputs differ; values as bits, highest output first.

    `lut` is None if every LUT that can be observed agrees: then the fault lies in the head, or the
    latency is not the one stated.
    """

    sample: int
    expected: str
    seen: str
    lut: LutDifference | None = None

    def __str__(self) -> str:
        text = f"sample {self.sample}: expected {self.expected}, seen {self.seen}"
        return f"{text}; {self.lut or 'no LUT differs: suspect the head or the latency'}"


@dataclass(frozen=True)
class Cycle:
    """What stood at the ports before a rising edge: x hexadecimal, y as bits, highest first."""

    x: str
    y: str


@dataclass(frozen=True)
class Check:
    """One form of the network compared with the model.

    Parameters
    ----------
    name : str
        What was compared: ``netlist``, ``RTL simulation``, ``post-synthesis simulation (direct)``.
    n_equal, n_samples : int
    difference : Difference or None
        None if and only if all samples are equal.
    tool : str
        Simulator and version; "" if none took part.
    build_seconds, run_seconds : float
    cycles : tuple of Cycle
        The first clock cycles of the core's own simulation.
    """

    DERIVED: ClassVar = ("passed",)

    name: str
    n_equal: int
    n_samples: int
    difference: Difference | None = None
    tool: str = ""
    build_seconds: NotNegative = 0.0
    run_seconds: NotNegative = 0.0
    cycles: tuple[Cycle, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there were samples and all are equal."""
        return 0 < self.n_samples == self.n_equal

    def problems(self) -> Problems:
        """Yield what does not go together."""
        if self.n_equal > self.n_samples:
            yield "n_equal", f"is {self.n_equal}, more than the {self.n_samples} samples"

    def __str__(self) -> str:
        text = f"{self.name}: {self.n_equal} / {self.n_samples} equal"
        return text if self.difference is None else f"{text}; {self.difference}"


@dataclass(frozen=True, kw_only=True)
class SimulationRecord(Record):
    """Comparisons of a core's forms with the model.

    Parameters
    ----------
    digest, target, top : str
        The model, the chip family, the core's module; "" where a file does not say.
    samples : str
        What was compared on, e.g. ``digits, test``; "" if it does not say.
    unit : str
        What a sample is: ``test images`` …
    bits_changed, answers_changed : int
        Samples that have other encoder bits as codes than as they are, and another answer.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen simulate"

    lutgen: str = ""
    digest: str = ""
    target: str = ""
    top: str = ""
    samples: str = ""
    unit: str = "samples"
    bits_changed: int = 0
    answers_changed: int = 0
    checks: tuple[Check, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether something was compared, and all of it is equal."""
        return bool(self.checks) and all(check.passed for check in self.checks)
