"""Random faults in a core, and which of the checks catches each: the checks put to the proof."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from numpy.typing import ArrayLike

from lutgen.bits import Bits
from lutgen.core import Core
from lutgen.errors import ConfigError, MismatchError
from lutgen.jobs.folders import working_folder
from lutgen.jobs.progress import SILENT, Progress
from lutgen.records.mutation import MUTATION_FILE, FaultRecord, MutationRecord
from lutgen.verify.mutation import KINDS, Mutation, MutationScore, score, simulate_mutant
from lutgen.verify.sweep import Effort
from lutgen.version import __version__


def mutate(
    core: Core,
    X: ArrayLike | Bits,
    n_faults: int = 200,
    seed: int = 0,
    *,
    folder: Path | str | None = None,
    n_simulated: int = 0,
    effort: Effort | None = None,
    samples: str = "",
    progress: Progress = SILENT,
) -> MutationRecord:
    """Plant faults in a core's mapped netlist, one at a time, and try every check on each.

    Parameters
    ----------
    core : Core
    X : array of shape (n_samples, n_features), or Bits
        Samples as the model takes them; or as they stand at the core's port ``x``.
    n_faults, seed : int
        How many faults, and the seed that draws them and the random vectors.
    folder : Path, optional
        Gets the record as ``mutation.json``, and the simulator's files below ``mutation``; by
        default nothing is kept.
    n_simulated : int
        Of the faults that samples show, so many go through the simulator, too.
    effort : Effort, optional
        After how many conflicts the solver gives up.
    samples : str
        What the samples are, for the record.
    progress : Progress
        Shows what is going on.

    Raises
    ------
    ConfigError
        If the netlist has no cell to plant a fault in, or tables that are loaded.
    ToolError
        If the simulator is needed and missing, or fails.
    """
    if core.interface.loading is not None:
        raise ConfigError(
            "faults are planted in tables that are fixed; leave --reloadable out, and have a core "
            "whose tables are loaded proved (lutgen prove)"
        )
    bits = X if isinstance(X, Bits) else core.interface.samples(X)
    with progress.count("planting faults", "faults") as count:
        result = score(core, bits, n_faults, seed, effort, progress=count)
    agree: list[bool] = []
    with working_folder(folder) as out:
        for number, mutation in enumerate(result.caught_by_samples[:n_simulated]):
            with progress.working(f"simulating {mutation.fault.description}"):
                below = out / "mutation" / str(number)
                agree.append(simulate_mutant(core, mutation, bits, below))
        record = _record(core, result, agree, samples)
        if folder is not None:
            record.write(out / MUTATION_FILE)
    return record


def require_caught(record: MutationRecord) -> None:
    """Raise unless every fault is caught by a proof or proved harmless.

    Raises
    ------
    MismatchError
        If one is neither, or the simulator disagrees with the netlist's interpreter on one.
    """
    left = [fault for fault in record.faults if fault.proof == "open"]
    if left:
        raise MismatchError(
            f"{len(left)} of {len(record.faults)} faults are neither caught by the proof nor "
            f"proved harmless, the first: {left[0].fault}"
        )
    if record.simulator_agrees < record.simulated:
        raise MismatchError("the simulator and the interpreter disagree on a planted fault")


def _record(core: Core, result: MutationScore, agree: list[bool], samples: str) -> MutationRecord:
    return MutationRecord(
        lutgen=__version__,
        samples=samples,
        digest=core.network.digest,
        target=core.family.name,
        top=core.module,
        n_samples=result.n_samples,
        total=result.counts(),
        by_kind={kind: result.counts(kind) for kind in KINDS},
        simulated=len(agree),
        simulator_agrees=sum(agree),
        faults=tuple(map(_fault, result.mutations)),
    )


def _verdict(mutation: Mutation) -> Literal["harmless", "refuted", "open", "masked"]:
    if mutation.refuted:
        return "refuted"
    if mutation.masked:
        return "masked"
    return "harmless" if mutation.harmless else "open"


def _fault(mutation: Mutation) -> FaultRecord:
    found = mutation.proof.result.counterexample
    return FaultRecord(
        kind=mutation.fault.kind,
        fault=mutation.fault.description,
        wrong_samples=mutation.n_wrong,
        wrong_random=mutation.n_wrong_random,
        proof=_verdict(mutation),
        x=found.hex if found else None,
        seconds=round(mutation.proof.seconds, 3),
    )
