"""Commands that prove hardware right for every input, and that prove the checks: prove, mutate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from lutgen.bits import Bits
from lutgen.chips.registry import families
from lutgen.cli import output
from lutgen.cli.core import (
    DEFAULT_OUT,
    DEFAULTS,
    CoreOptions,
    Out,
    Target,
    core_options,
    write_core,
)
from lutgen.cli.options import DataDir, ModelFile, NoDownload, samples_for
from lutgen.cli.synthesis import ALL, parse_modes, run_synthesis, target_folders
from lutgen.core import Core
from lutgen.errors import DataError, MismatchError
from lutgen.files import write_json
from lutgen.flow.yosys import SynthResult
from lutgen.model.network import LutNetwork
from lutgen.report.parse import PROOF_FILE
from lutgen.verify.compare import Check, check_rtl, check_synthesised
from lutgen.verify.mutation import KINDS, Mutation, MutationScore, score, simulate_mutant
from lutgen.verify.prove import (
    Proof,
    prove_model,
    prove_steps,
    prove_synthesised,
    prove_verilog,
    require_proved,
)
from lutgen.verify.sweep import Effort

MUTATION_FILE = "mutation.json"
DEFAULT_EFFORT = Effort()

Conflicts = Annotated[
    int, typer.Option(min=1, help="Conflicts after which the SAT solver leaves an output open.")
]


@core_options
def prove(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    target: Annotated[
        str, typer.Option(help=f"Chip family: {', '.join(families())}; or all but generic: all.")
    ] = "generic",
    options: CoreOptions = DEFAULTS,
    post_synthesis: Annotated[
        str, typer.Option(help="Prove what Yosys leaves: direct, optimised or both; or none.")
    ] = "none",
    verilog: Annotated[
        Path | None, typer.Option(help="Prove this file instead of the Verilog that lutgen writes.")
    ] = None,
    allow_open: Annotated[
        bool, typer.Option("--allow-open", help="Exit 0 even if something could not be decided.")
    ] = False,
    conflicts: Conflicts = DEFAULT_EFFORT.output_conflicts,
    json: output.Json = False,
) -> None:
    """Prove by SAT that netlists, Verilog and synthesis compute what the model does."""
    network = LutNetwork.load(model)
    modes = parse_modes(post_synthesis, none=True)
    text = None if verilog is None else _read_text(verilog)
    effort = Effort(min(DEFAULT_EFFORT.point_conflicts, conflicts), conflicts)
    records, everything = [], []
    for name, folder in target_folders(target, out).items():
        core, _ = write_core(network, folder, name, options)
        if target == ALL and not json:
            output.print_text(f"{name}:")
        synthesis = [run_synthesis(core, mode, folder) for mode in modes]
        proofs = run_proofs(core, synthesis, folder, effort, verilog=text, quiet=json)
        replays = _replay(core, proofs, synthesis, folder, text)
        records.append(proof_record(core, proofs, replays))
        everything += proofs
        write_json(folder / PROOF_FILE, records[-1])
        _check_replays(replays, quiet=json)
        if not json:
            n_proved = sum(proof.result.proved for proof in proofs)
            output.print_text(
                f"{n_proved} of {len(proofs)} proofs complete; written: {folder / PROOF_FILE}"
            )
    if json:
        output.print_json(records if target == ALL else records[0])
    require_proved(everything, allow_open=allow_open)


def _check_replays(replays: list[Check], *, quiet: bool) -> None:
    """Print what the simulator showed; raise if it does not show a counterexample."""
    for check in replays:
        if not quiet:
            output.print_text(f"replayed in the simulator: {check}")
        if check.passed:
            raise MismatchError(
                f"{check.name}: the simulator does not show the counterexample; "
                "proof and simulation disagree"
            )


def run_proofs(
    core: Core,
    synthesis: Sequence[SynthResult],
    out: Path,
    effort: Effort = DEFAULT_EFFORT,
    *,
    verilog: str | None = None,
    quiet: bool = False,
) -> list[Proof]:
    """Prove every form of the network equal, and print each result as it comes.

    The last ones are that of the Verilog and one for each synthesis, in this order.
    """
    proofs: list[Proof] = []

    def done(proof: Proof) -> None:
        proofs.append(proof)
        if not quiet:
            output.print_text(str(proof))

    for proof in (*prove_steps(core, effort), *prove_model(core, effort)):
        done(proof)
    with output.working("proving the Verilog"):
        done(prove_verilog(core, out / "proof" / "verilog", effort, verilog=verilog))
    for result in synthesis:
        with output.working(f"proving the netlist after synthesis ({result.mode})"):
            done(prove_synthesised(core, result, out / "synth", effort))
    return proofs


def _replay(
    core: Core,
    proofs: list[Proof],
    synthesis: Sequence[SynthResult],
    out: Path,
    text: str | None,
) -> list[Check]:
    """Show in the simulator what a counterexample of the Verilog or of a synthesis says."""
    replays = []
    verilog, *synthesised = proofs[-1 - len(synthesis) :]
    with output.working("replaying counterexamples in the simulator"):
        if bits := _replay_bits(core, verilog):
            replays.append(check_rtl(core, bits, out / "proof" / "replay", verilog=text))
        for proof, result in zip(synthesised, synthesis, strict=True):
            if bits := _replay_bits(core, proof):
                folder = out / "proof" / f"replay_{result.mode}"
                replays.append(check_synthesised(core, bits, result, out / "synth", folder))
    return replays


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}") from error


def _replay_bits(core: Core, proof: Proof) -> Bits | None:
    """Return the counterexample's vectors, the oldest first, and enough after it to see it."""
    found = proof.result.counterexample
    if found is None:
        return None
    vectors = found.inputs.reshape(-1, core.netlist.n_inputs)[::-1]
    return Bits.from_dense(vectors)


def proof_record(core: Core, proofs: list[Proof], replays: list[Check]) -> dict[str, Any]:
    return {
        "digest": core.network.digest,
        "target": core.family.name,
        "top": core.module,
        "pipeline": core.config.pipeline,
        "n_proved": sum(proof.result.proved for proof in proofs),
        "n_proofs": len(proofs),
        "proofs": [proof.to_json() for proof in proofs],
        "replays": [str(check) for check in replays],
    }


@core_options
def mutate(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    target: Target = "ice40",
    options: CoreOptions = DEFAULTS,
    n: Annotated[int, typer.Option("--n", min=1, help="Faults to plant, one at a time.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the faults and the random vectors.")] = 0,
    simulate: Annotated[
        int, typer.Option(min=0, help="Faults to run through the real simulator, too.")
    ] = 3,
    conflicts: Conflicts = DEFAULT_EFFORT.output_conflicts,
    data_dir: DataDir = None,
    no_download: NoDownload = False,
    json: output.Json = False,
) -> None:
    """Plant random faults in the hardware and count how many each check catches."""
    network = LutNetwork.load(model)
    name, X, _ = samples_for(network, None, "test", data_dir, download=not no_download)
    core, _ = write_core(network, out, target, options)
    bits = core.interface.samples(X)
    effort = Effort(min(DEFAULT_EFFORT.point_conflicts, conflicts), conflicts)
    with output.counting("planting faults", "faults") as progress:
        result = score(core, bits, n, seed, effort, progress=progress)
    agree: list[bool] = []
    for number, mutation in enumerate(result.caught_by_samples[:simulate]):
        folder = out / "mutation" / str(number)
        with output.working(f"simulating {mutation.fault.description}"):
            agree.append(simulate_mutant(core, mutation, bits, folder))
    record = {"samples": f"{name}, test", **_mutation_record(core, result, agree)}
    write_json(out / MUTATION_FILE, record)
    if json:
        output.print_json(record)
    else:
        _print_score(result, agree, len(X))
    if result.open:
        raise MismatchError(
            f"{len(result.open)} of {n} faults are neither caught by the proof nor proved "
            f"harmless, the first: {result.open[0].fault.description}"
        )
    if not all(agree):
        raise MismatchError("the simulator and the interpreter disagree on a planted fault")


def _mutation_record(core: Core, result: MutationScore, agree: list[bool]) -> dict[str, Any]:
    return {
        "digest": core.network.digest,
        "target": core.family.name,
        "top": core.module,
        "n_samples": result.n_samples,
        "total": result.counts(),
        "by_kind": {kind: result.counts(kind) for kind in KINDS},
        "simulated": len(agree),
        "simulator_agrees": sum(agree),
        "faults": [_fault_record(mutation) for mutation in result.mutations],
    }


def _fault_record(mutation: Mutation) -> dict[str, Any]:
    found = mutation.proof.result.counterexample
    return {
        "kind": mutation.fault.kind,
        "fault": mutation.fault.description,
        "wrong_samples": mutation.n_wrong,
        "wrong_random": mutation.n_wrong_random,
        "proof": "harmless" if mutation.harmless else "refuted" if mutation.refuted else "open",
        "x": found.hex if found else None,
        "seconds": round(mutation.proof.seconds, 3),
    }


def _print_score(result: MutationScore, agree: list[bool], n_samples: int) -> None:
    table = output.table(
        f"Faults caught ({n_samples} test samples, as many random vectors)",
        *("fault", "planted", "test samples", "random vectors", "proof", "proved harmless", "open"),
    )
    for kind in (*KINDS, None):
        counts = result.counts(kind)
        if counts["planted"]:
            table.add_row(kind or "all", *map(str, counts.values()))
    output.print_table(table)
    missed = [m for m in result.mutations if m.refuted and not m.n_wrong]
    output.print_text(
        f"the test samples miss {len(missed)} faults that the proof catches"
        + (f", the first: {missed[0].fault.description}" if missed else "")
    )
    output.print_text(
        "samples and vectors went through the netlist's interpreter, cycle by cycle; "
        f"{len(agree)} of the faults also through Verilog and the simulator, which agrees on "
        f"{sum(agree)}"
    )
