"""``mutation.json``: faults planted in a core, and which of the checks catches each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from lutgen.records.reading import NotNegative, Record

MUTATION_FILE = "mutation.json"


@dataclass(frozen=True)
class FaultCounts:
    """How many faults there are, and how many each check catches.

    Parameters
    ----------
    planted : int
    samples, random, proof : int
        Those that test samples show, that random vectors show, and that the proof refutes.
    harmless, open : int
        Those proved to change nothing, and those of which nothing is known.
    masked : int
        Of a core with three copies: those that voters outvote; the proof of masking catches them.
    """

    planted: int
    samples: int
    random: int
    proof: int
    harmless: int
    open: int
    masked: int = 0


@dataclass(frozen=True)
class FaultRecord:
    """A planted fault.

    Parameters
    ----------
    kind, fault : str
        What was done, and where.
    wrong_samples, wrong_random : int
        Test samples, and random vectors, that are answered wrongly.
    proof : {"harmless", "refuted", "open", "masked"}
    x : str or None
        The proof's counterexample in hexadecimal.
    """

    kind: str
    fault: str
    wrong_samples: int
    wrong_random: int
    proof: Literal["harmless", "refuted", "open", "masked"]
    x: str | None = None
    seconds: NotNegative = 0.0


@dataclass(frozen=True, kw_only=True)
class MutationRecord(Record):
    """Faults planted in a core one at a time.

    Parameters
    ----------
    samples : str
        What the samples are, e.g. ``digits, test``.
    n_samples : int
        Test samples, and as many random vectors, that each fault was tried on.
    simulated, simulator_agrees : int
        Faults that went through the simulator, too, and those on which it agrees.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen mutate"

    lutgen: str = ""
    samples: str = ""
    digest: str = ""
    target: str = ""
    top: str = ""
    n_samples: int
    total: FaultCounts
    by_kind: dict[str, FaultCounts] = field(default_factory=dict)
    simulated: int = 0
    simulator_agrees: int = 0
    faults: tuple[FaultRecord, ...] = ()
