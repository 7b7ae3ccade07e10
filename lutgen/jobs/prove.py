"""Proofs that every form of a core is the model, for every input."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from lutgen.bits import Bits
from lutgen.core import Core
from lutgen.emit.series import step_bits
from lutgen.errors import MismatchError
from lutgen.jobs.folders import working_folder
from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.synthesise import SYNTHESIS
from lutgen.netlist.ir import Netlist
from lutgen.records.checks import Check
from lutgen.records.proof import PROOF_FILE, EqualityRecord, MaskingRecord, ProofRecord
from lutgen.records.synthesis import SynthesisRecord
from lutgen.verify.compare import check_rtl, check_synthesised
from lutgen.verify.masking import Masking, prove_masking
from lutgen.verify.prove import (
    Proof,
    after_synthesis,
    prove_encoder,
    prove_model,
    prove_netlist,
    prove_steps,
    synthesised_netlist,
    verilog_netlist,
)
from lutgen.verify.series import check_series, prove_series
from lutgen.verify.sweep import Effort
from lutgen.verify.tables import prove_tables
from lutgen.version import __version__


def prove(
    core: Core,
    *,
    folder: Path | str | None = None,
    synthesis: Sequence[SynthesisRecord] = (),
    verilog: str | None = None,
    effort: Effort | None = None,
    done: Callable[[EqualityRecord | MaskingRecord], None] | None = None,
    replayed: Callable[[Check], None] | None = None,
    progress: Progress = SILENT,
) -> ProofRecord:
    """Prove by SAT that a core's netlists and Verilog compute what the model does.

    Of a core with three copies it is proved of each form that single flips do not show, too. What
    tells two forms apart is looked for in the simulator, too.

    Parameters
    ----------
    core : Core
    folder : Path, optional
        Gets the record as ``proof.json``, and the tools' files below ``proof``; by default nothing
        is kept.
    synthesis : sequence of SynthesisRecord
        What :func:`lutgen.jobs.synthesise.synthesise` made in the same folder: its netlists are
        proved, too.
    verilog : str, optional
        Text to prove in place of the core's own Verilog.
    effort : Effort, optional
        After how many conflicts the solver gives up.
    done : callable, optional
        Called with each proof as it comes.
    replayed : callable, optional
        Called with what the simulator shows of a counterexample.
    progress : Progress
        Shows what is going on.

    Returns
    -------
    ProofRecord
        ``proved`` says whether all is; :func:`lutgen.verify.prove.require_proved` with its
        ``proofs`` and ``masking`` makes an error of what is not.

    Raises
    ------
    MismatchError
        If the simulator does not show a counterexample: then proof and simulation disagree.
    ToolError
        If a tool is missing or fails.

    Examples
    --------
    >>> from lutgen import LutNetwork
    >>> from lutgen.core import make_core
    >>> from lutgen.jobs.prove import prove
    >>> core = make_core(LutNetwork.load("model.npz"))  # doctest: +SKIP
    >>> prove(core).proved  # doctest: +SKIP
    True
    """
    with working_folder(folder) as out:
        proofs: list[Proof] = []
        masking: list[Masking] = []
        for proof in _proofs(core, synthesis, out, effort, verilog, progress):
            if isinstance(proof, Masking):
                masking.append(proof)
            else:
                proofs.append(proof)
            if done:
                done(proof.record)
        with progress.working("replaying counterexamples in the simulator"):
            replays = list(_replays(core, proofs, synthesis, out, verilog))
        record = ProofRecord(
            lutgen=__version__,
            digest=core.network.digest,
            target=core.family.name,
            top=core.module,
            pipeline=core.config.pipeline,
            proofs=tuple(proof.record for proof in proofs),
            masking=tuple(proof.record for proof in masking),
            replays=tuple(str(check) for check in replays),
        )
        if folder is not None:
            record.write(out / PROOF_FILE)
    for check in replays:
        if replayed:
            replayed(check)
        if check.passed:
            raise MismatchError(
                f"{check.name}: the simulator does not show the counterexample; "
                "proof and simulation disagree"
            )
    return record


def _proofs(
    core: Core,
    synthesis: Sequence[SynthesisRecord],
    out: Path,
    effort: Effort | None,
    verilog: str | None,
    progress: Progress,
) -> Iterator[Proof | Masking]:
    """Prove one form after the other; the Verilog and what synthesis left are the last."""
    yield from prove_encoder(core, effort)
    yield from prove_steps(core, effort)
    yield from prove_model(core, effort)
    yield from _masking(core, core.netlist, "mapped netlist", effort)
    if core.network.encoder.window is not None:
        with progress.working("proving the shift register"):
            proof = prove_series(core, out / "proof" / "series", effort, verilog=verilog)
        yield proof
    if core.interface.loading is not None:
        with progress.working("proving the tables"):
            loaded = list(prove_tables(core, out / "proof" / "tables"))
        yield from loaded
    with progress.working("proving the Verilog"):
        netlist = verilog_netlist(core, out / "proof" / "verilog", verilog=verilog)
        proof = prove_netlist(core, "Verilog", netlist, effort)
    yield proof
    yield from _masking(core, netlist, "Verilog", effort)
    for result in synthesis:
        with progress.working(f"proving the netlist after synthesis ({result.mode})"):
            netlist = synthesised_netlist(core, result, out / SYNTHESIS)
            proof = prove_netlist(core, after_synthesis(result), netlist, effort)
        yield proof
        yield from _masking(core, netlist, after_synthesis(result), effort)


def _masking(core: Core, netlist: Netlist, form: str, effort: Effort | None) -> Iterator[Masking]:
    """Prove of a form of a core with three copies that single flips do not show."""
    found = prove_masking(core, netlist, form=form, effort=effort)
    if found is not None:
        yield found


def _replays(
    core: Core,
    proofs: Sequence[Proof],
    synthesis: Sequence[SynthesisRecord],
    out: Path,
    text: str | None,
) -> Iterator[Check]:
    """Show in the simulator what a counterexample of the Verilog or of a synthesis says."""
    verilog, *synthesised = proofs[-1 - len(synthesis) :]
    if core.network.encoder.window is not None:
        found = proofs[-2 - len(synthesis)].result.counterexample
        if found is not None:
            steps = found.inputs.reshape(-1, step_bits(core.interface))[::-1]
            folder = out / "proof" / "replay_series"
            yield check_series(core, Bits.from_dense(steps), folder, verilog=text)
    if bits := _replay_bits(core, verilog):
        yield check_rtl(core, bits, out / "proof" / "replay", verilog=text)
    for proof, result in zip(synthesised, synthesis, strict=True):
        if bits := _replay_bits(core, proof):
            folder = out / "proof" / f"replay_{result.mode}"
            yield check_synthesised(core, bits, result, out / SYNTHESIS, folder)


def _replay_bits(core: Core, proof: Proof) -> Bits | None:
    """Return the counterexample's vectors, the oldest first, and enough after it to see it."""
    found = proof.result.counterexample
    if found is None:
        return None
    vectors = found.inputs.reshape(-1, core.netlist.n_inputs)[::-1]
    return Bits.from_dense(vectors)
