"""What an output folder tells: the records of the commands before, as far as they go together.

In come ``core.json`` (the model and its hardware), ``network.npz`` (the model itself),
``evaluation.json`` (its answers to labelled samples), ``simulate.json`` (comparisons),
``proof.json``, ``synth/<mode>/synth.json`` (what Yosys counted) and ``tune.json`` (the search that
the model came of). Of these all but the first may be missing, and results of another model or other
hardware are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from lutgen.errors import DataError
from lutgen.files import read_json
from lutgen.model import LutNetwork
from lutgen.records.checks import SIMULATION_FILE, SimulationRecord
from lutgen.records.core import CORE_FILE, NETWORK_FILE, CoreRecord
from lutgen.records.faults import FAULTS_FILE, FaultsRecord
from lutgen.records.learnt import EVALUATION_FILE, EvaluationRecord, NumbersRecord
from lutgen.records.proof import PROOF_FILE, ProofRecord
from lutgen.records.reading import to_json
from lutgen.records.synthesis import SYNTHESIS_FILE, SynthesisRecord
from lutgen.records.tune import TUNE_FILE, TuneRecord

MODES = ("direct", "optimised")
SYNTHESIS_FILES = {mode: f"synth/{mode}/{SYNTHESIS_FILE}" for mode in MODES}

_TOLD_CHARACTERS = 24

_Results = TypeVar(
    "_Results",
    SimulationRecord,
    ProofRecord,
    SynthesisRecord,
    FaultsRecord,
    EvaluationRecord,
    NumbersRecord,
)


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
    network : LutNetwork or None
        The model itself; no part of the JSON.
    evaluation : EvaluationRecord, NumbersRecord or None
        What its answers to labelled samples are worth.
    tune : TuneRecord or None
        The search that the model came of.
    """

    core: CoreRecord
    simulation: SimulationRecord
    proof: ProofRecord
    synthesis: tuple[SynthesisRecord, ...]
    left_out: tuple[LeftOut, ...]
    faults: FaultsRecord | None = None
    network: LutNetwork | None = None
    evaluation: EvaluationRecord | NumbersRecord | None = None
    tune: TuneRecord | None = None

    def why(self, part: str, otherwise: str = "the folder's record of it is empty") -> str:
        """Return why the file whose name has `part` takes no part in the report."""
        return next((item.reason for item in self.left_out if part in item.file), otherwise)

    def why_without(self, name: str) -> str:
        """Return why a file that may well be missing takes no part in the report."""
        return self.why(name, f"there is no {name} in the folder")

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON, with what follows from its numbers."""
        names = [item.name for item in fields(self) if item.name not in ("network", "tune")]
        record: dict[str, Any] = {name: to_json(getattr(self, name)) for name in names}
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
        network=reading.network(),
        evaluation=reading.evaluation(),
        tune=reading.tune(),
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
        if not self._has(name):
            self.left_out.append(LeftOut(name, f"there is no {name} in the folder"))
            return None
        record = kind.read(self._folder / name)
        others = [
            f'{field} "{_short(found)}" instead of "{_short(value)}"'
            for field, value in self._expected.items()
            if (found := getattr(record, field, "")) not in {"", value}
        ]
        if others:
            reason = f"{name} is not of this {CORE_FILE}: {', '.join(others)}"
            self.left_out.append(LeftOut(name, reason))
            return None
        return record

    def evaluation(self) -> EvaluationRecord | NumbersRecord | None:
        """Return what the model's answers are worth; None if it is not known of this model."""
        if not self._has(EVALUATION_FILE):
            return None
        found = read_json(self._folder / EVALUATION_FILE)
        if isinstance(found, dict) and "r2" in found:
            return self.results(NumbersRecord, EVALUATION_FILE)
        return self.results(EvaluationRecord, EVALUATION_FILE)

    def network(self) -> LutNetwork | None:
        """Return the model itself; None if it is not there or another."""
        if not self._has(NETWORK_FILE):
            return None
        network = LutNetwork.load(self._folder / NETWORK_FILE)
        digest = self._expected["digest"]
        if network.digest == digest:
            return network
        reason = f'{NETWORK_FILE} is not of this {CORE_FILE}: digest "{_short(network.digest)}"'
        self.left_out.append(LeftOut(NETWORK_FILE, f'{reason} instead of "{_short(digest)}"'))
        return None

    def tune(self) -> TuneRecord | None:
        """Return the search that the model came of; None if there is none, or it chose another."""
        if not self._has(TUNE_FILE):
            return None
        record = TuneRecord.read(self._folder / TUNE_FILE)
        digests = [] if record.chosen is None else [record.candidates[record.chosen].digest]
        if self._expected["digest"] in digests:
            return record
        self.left_out.append(LeftOut(TUNE_FILE, f"{TUNE_FILE} did not choose this model"))
        return None

    def _has(self, name: str) -> bool:
        return (self._folder / name).exists()


def _short(text: str) -> str:
    return text if len(text) <= _TOLD_CHARACTERS else text[:_TOLD_CHARACTERS] + "…"
