"""What an output folder tells: the records of the commands before, as far as they go together.

In come ``core.json`` (the model and its hardware), ``simulate.json`` (comparisons), ``proof.json``
and ``synth/<mode>/synth.json`` (what Yosys counted). Of these all but the first may be missing, and
results of another model or other hardware are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from lutgen.errors import DataError
from lutgen.records.checks import SIMULATION_FILE, SimulationRecord
from lutgen.records.core import CORE_FILE, CoreRecord
from lutgen.records.faults import FAULTS_FILE, FaultsRecord
from lutgen.records.proof import PROOF_FILE, ProofRecord
from lutgen.records.reading import to_json
from lutgen.records.synthesis import SYNTHESIS_FILE, SynthesisRecord

MODES = ("direct", "optimised")
SYNTHESIS_FILES = {mode: f"synth/{mode}/{SYNTHESIS_FILE}" for mode in MODES}

_TOLD_CHARACTERS = 24

_Results = TypeVar("_Results", SimulationRecord, ProofRecord, SynthesisRecord, FaultsRecord)


@dataclass(frozen=True)
class LeftOut:
    """A file that takes no part in the report, and why, in words."""

    file: str
    reason: str


@dataclass(frozen=True)
class Report:
    """All that an output folder tells.

    Parameters
    ----------
    simulation : SimulationRecord
        Without checks if nothing was compared.
    proof : ProofRecord
        Without proofs if nothing was proved.
    synthesis : tuple of SynthesisRecord
        One a mode, `direct` first.
    faults : FaultsRecord or None
        None if nothing was flipped.
    left_out : tuple of LeftOut
        Files that are missing, or of another model or other hardware.
    """

    core: CoreRecord
    simulation: SimulationRecord
    proof: ProofRecord
    synthesis: tuple[SynthesisRecord, ...]
    left_out: tuple[LeftOut, ...]
    faults: FaultsRecord | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON, with what follows from its numbers."""
        record: dict[str, Any] = to_json(self)
        for result, item in zip(self.synthesis, record["synthesis"], strict=True):
            item["share"] = {name: result.n_luts / chip.luts for name, chip in self.core.chips}
        return record


def read_report(folder: Path) -> Report:
    """Read what an output folder tells.

    Raises
    ------
    DataError
        If there is no ``core.json``, or a file is damaged or foreign; the message names the file
        and the fields.
    """
    if not (folder / CORE_FILE).is_file():
        raise DataError(
            f"{folder} is not an output folder of lutgen: there is no {CORE_FILE}; "
            f"make one with: lutgen verilog MODEL -o {folder}"
        )
    core = CoreRecord.read(folder / CORE_FILE)
    reading = _Reading(folder, core)
    return Report(
        core=core,
        simulation=reading.results(SimulationRecord, SIMULATION_FILE) or SimulationRecord(),
        proof=reading.results(ProofRecord, PROOF_FILE) or ProofRecord(),
        synthesis=tuple(
            replace(result, mode=mode)
            for mode, name in SYNTHESIS_FILES.items()
            if (result := reading.results(SynthesisRecord, name))
        ),
        faults=reading.results(FaultsRecord, FAULTS_FILE)
        if (folder / FAULTS_FILE).exists()
        else None,
        left_out=tuple(reading.left_out),
    )


class _Reading:
    """Reads the files of a folder, and notes which of them are left out."""

    def __init__(self, folder: Path, core: CoreRecord) -> None:
        self._folder = folder
        self._expected = {"digest": core.model.digest, "target": core.target, "top": core.module}
        self.left_out: list[LeftOut] = []

    def results(self, kind: type[_Results], name: str) -> _Results | None:
        """Return a file of results; None if it is not there or not of this core."""
        if not (self._folder / name).exists():
            self.left_out.append(LeftOut(name, f"there is no {name} in the folder"))
            return None
        record = kind.read(self._folder / name)
        others = [
            f'{field} "{_short(found)}" instead of "{_short(value)}"'
            for field, value in self._expected.items()
            if (found := getattr(record, field)) not in {"", value}
        ]
        if others:
            reason = f"{name} is not of this {CORE_FILE}: {', '.join(others)}"
            self.left_out.append(LeftOut(name, reason))
            return None
        return record


def _short(text: str) -> str:
    return text if len(text) <= _TOLD_CHARACTERS else text[:_TOLD_CHARACTERS] + "…"
