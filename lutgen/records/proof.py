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
class MaskingRecord:
    """Of a core with three copies: cells of which no single flip shows, whatever comes in.

    Parameters
    ----------
    name : str
        What was proved of which form: ``single flips masked: mapped netlist``.
    n_registers, n_registers_masked : int
        Registers, and those of which no flip shows.
    n_luts, n_luts_masked : int
        LUTs of which that was to be proved, and those of whose tables no flip shows.
    voters : tuple of str
        The last voters, which all depends on.
    exposed : tuple of str
        Cells of which it is not proved, and should be.
    counterexample : CounterexampleRecord or None
        Of one of these: the input on which its flip shows.
    """

    DERIVED: ClassVar = ("proved",)

    name: str
    seconds: NotNegative = 0.0
    n_registers: int
    n_registers_masked: int
    n_luts: int = 0
    n_luts_masked: int = 0
    voters: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    counterexample: CounterexampleRecord | None = None

    @property
    def proved(self) -> bool:
        """Whether there are cells to mask, and all are masked."""
        return not self.exposed and self.n_registers + self.n_luts > 0

    @property
    def difference(self) -> str:
        """Which cell is exposed, and what shows it, in words; "" if none is."""
        if not self.exposed:
            return ""
        more = f" and {len(self.exposed) - 1} more" if len(self.exposed) > 1 else ""
        text = f"NOT MASKED: {self.exposed[0]}{more}"
        if (found := self.counterexample) is not None:
            text += (
                f"; a flip makes y[{found.output}] {found.seen}, expected {found.expected}, "
                f"for x = {found.x}"
            )
        return text

    def problems(self) -> Problems:
        """Yield what does not go together."""
        for what in ("registers", "luts"):
            masked, number = getattr(self, f"n_{what}_masked"), getattr(self, f"n_{what}")
            if masked > number:
                yield f"n_{what}_masked", f"is {masked}, more than the {number} {what}"

    def __str__(self) -> str:
        kinds = [("registers", self.n_registers_masked, self.n_registers)]
        if self.n_luts:
            kinds.append(("LUTs", self.n_luts_masked, self.n_luts))
        told = ", ".join(f"{masked} of {number} {what}" for what, masked, number in kinds)
        if self.voters:
            told += f"; all depends on {len(self.voters)} voter(s): {', '.join(self.voters)}"
        text = f"{self.name}: {told}; {self.seconds:.1f} s"
        return f"{text}; {self.difference}" if self.difference else text


@dataclass(frozen=True, kw_only=True)
class ProofRecord(Record):
    """Proofs that a core's forms are the model.

    Parameters
    ----------
    digest, target, top : str
        The model, the chip family, the core's module; "" where a file does not say.
    masking : tuple of MaskingRecord
        Of a core with three copies, one a form.
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
    masking: tuple[MaskingRecord, ...] = ()
    replays: tuple[str, ...] = ()

    @property
    def n_proofs(self) -> int:
        """Pairs of forms, and forms whose single flips are to be masked."""
        return len(self.proofs) + len(self.masking)

    @property
    def n_proved(self) -> int:
        """Pairs of forms that are proved equal, and forms of which masking is proved."""
        equal = sum(proof.proved for proof in self.proofs)
        return equal + sum(proof.proved for proof in self.masking)

    @property
    def proved(self) -> bool:
        """Whether something was to be proved, and all of it is."""
        return 0 < self.n_proofs == self.n_proved
