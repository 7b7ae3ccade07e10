"""``proof.json``: forms of a network proved to be the same function, or told apart by an input."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from lutgen.records.reading import NotNegative, Problems, Record

PROOF_FILE = "proof.json"


@dataclass(frozen=True, kw_only=True)
class CounterexampleRecord:
    """An input on which two forms differ.

    Parameters
    ----------
    x : str
        The input in hexadecimal, bit 0 lowest; of several cycles, the present one lowest.
    output : int
        First output that differs.
    expected, seen : int
        Its value in the first form and in the second.
    lut : str
        First LUT that both forms have and that differs; or "".
    """

    x: str = ""
    output: int = 0
    expected: int = 0
    seen: int = 0
    lut: str = ""


@dataclass(frozen=True, kw_only=True)
class EqualityRecord:
    """Two forms of the network compared for every input.

    Parameters
    ----------
    name : str
        The two forms: ``model = mapped netlist``.
    n_cycles : int
        0 if each output depends on one input vector; else a counterexample has those of so many
        cycles before the present one, too.
    n_outputs, n_proved : int
        Outputs, and those proved equal.
    n_points, n_points_proved : int
        LUTs that bear the same name in both forms, and those proved equal.
    ways : dict of str to int
        How nodes of the second form were proved equal to nodes of the first.
    """

    DERIVED: ClassVar = ("proved", "n_open")

    name: str
    seconds: NotNegative = 0.0
    n_cycles: int = 0
    n_outputs: int
    n_proved: int
    n_points: int
    n_points_proved: int
    ways: dict[str, int] = field(default_factory=dict)
    counterexample: CounterexampleRecord | None = None

    @property
    def proved(self) -> bool:
        """Whether there are outputs and all are equal for every input."""
        return 0 < self.n_outputs == self.n_proved

    @property
    def n_open(self) -> int:
        """Outputs of which nothing is known; 0 if there is a counterexample."""
        return 0 if self.counterexample else self.n_outputs - self.n_proved

    @property
    def difference(self) -> str:
        """What the counterexample shows, in words; "" if there is none."""
        found = self.counterexample
        if found is None:
            return ""
        where = f"; first differing LUT {found.lut}" if found.lut else ""
        history = f" (this and {self.n_cycles} cycle(s) before, highest)" if self.n_cycles else ""
        return (
            f"NOT EQUAL: y[{found.output}] is {found.seen}, expected {found.expected}, "
            f"for x = {found.x}{history}{where}"
        )

    def problems(self) -> Problems:
        """Yield what does not go together."""
        if self.n_proved > self.n_outputs:
            yield "n_proved", f"is {self.n_proved}, more than the {self.n_outputs} outputs"

    def __str__(self) -> str:
        ways = ", ".join(f"{count} by {way}" for way, count in self.ways.items() if count)
        text = (
            f"{self.name}: {self.n_proved} of {self.n_outputs} outputs proved, "
            f"{self.n_open} open; {self.n_points_proved} of {self.n_points} points inside "
            f"proved; nodes matched {ways or 'none'}; {self.seconds:.1f} s"
        )
        return f"{text}; {self.difference}" if self.difference else text


@dataclass(frozen=True, kw_only=True)
class ProofRecord(Record):
    """Proofs that a core's forms are the model.

    Parameters
    ----------
    digest, target, top : str
        The model, the chip family, the core's module; "" where a file does not say.
    replays : tuple of str
        What the simulator showed of counterexamples.
    """

    MEND: ClassVar[str] = "write it anew with: lutgen prove"
    DERIVED: ClassVar = ("n_proved", "n_proofs")

    lutgen: str = ""
    digest: str = ""
    target: str = ""
    top: str = ""
    pipeline: int = 0
    proofs: tuple[EqualityRecord, ...] = ()
    replays: tuple[str, ...] = ()

    @property
    def n_proofs(self) -> int:
        """Pairs of forms."""
        return len(self.proofs)

    @property
    def n_proved(self) -> int:
        """Pairs of forms that are proved equal."""
        return sum(proof.proved for proof in self.proofs)

    @property
    def proved(self) -> bool:
        """Whether something was to be proved, and all of it is."""
        return 0 < self.n_proofs == self.n_proved
