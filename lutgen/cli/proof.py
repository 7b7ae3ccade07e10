"""Commands that prove hardware right for every input, and that prove the checks: prove, mutate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lutgen.cli import output
from lutgen.cli.core import (
    DEFAULT_OUT,
    DEFAULTS,
    CoreOptions,
    Out,
    core_options,
    print_changes,
    with_folder,
)
from lutgen.cli.options import (
    CHIP_HELP,
    ChipName,
    ModelFile,
    PostSynthesis,
    Seed,
    SourceOptions,
    option_group,
)
from lutgen.cli.synthesis import ALL, Timeout, parse_modes, target_folders
from lutgen.errors import DataError
from lutgen.jobs.hardware import write_core
from lutgen.jobs.mutate import mutate as mutate_core
from lutgen.jobs.mutate import require_caught
from lutgen.jobs.prove import prove as prove_core
from lutgen.jobs.synthesise import DEFAULT_TIMEOUT_SECONDS, synthesise
from lutgen.model.network import LutNetwork
from lutgen.records.checks import Check
from lutgen.records.mutation import MutationRecord
from lutgen.records.proof import PROOF_FILE, EqualityRecord, MaskingRecord, ProofRecord
from lutgen.records.reading import to_json
from lutgen.verify.prove import require_proved
from lutgen.verify.sweep import Effort

DEFAULT_EFFORT = Effort()

Conflicts = Annotated[
    int, typer.Option(min=1, help="Conflicts after which the SAT solver leaves an output open.")
]


@core_options
@with_folder
def prove(
    model: ModelFile,
    out: Out = DEFAULT_OUT,
    chip: Annotated[
        str, typer.Option(help=f"{CHIP_HELP} all: every family but generic, one after another.")
    ] = "generic",
    options: CoreOptions = DEFAULTS,
    post_synthesis: PostSynthesis = "none",
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS,
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
    records: list[ProofRecord] = []
    for name, folder in target_folders(chip, out).items():
        core, written = write_core(network, options.config(name), folder)
        if chip == ALL and not json:
            output.print_text(f"{name}:")
        if not json:
            print_changes(core.interface, written.changes, written.changes_unknown)
        record = prove_core(
            core,
            folder=folder,
            synthesis=[
                synthesise(
                    core, mode, folder=folder, timeout_seconds=timeout, progress=output.SHOWN
                )
                for mode in modes
            ],
            verilog=text,
            effort=_effort(conflicts),
            done=None if json else print_proof,
            replayed=None if json else _print_replay,
            progress=output.SHOWN,
        )
        records.append(record)
        if not json:
            output.print_text(
                f"{record.n_proved} of {record.n_proofs} proofs complete; "
                f"written: {folder / PROOF_FILE}"
            )
    if json:
        output.print_json(to_json(records if chip == ALL else records[0]))
    for record in records:
        require_proved([*record.proofs, *record.masking], allow_open=allow_open)


def print_proof(proof: EqualityRecord | MaskingRecord) -> None:
    """Print what a proof showed."""
    output.print_text(str(proof))


def _print_replay(check: Check) -> None:
    output.print_text(f"replayed in the simulator: {check}")


def _effort(conflicts: int) -> Effort:
    return Effort(min(DEFAULT_EFFORT.point_conflicts, conflicts), conflicts)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}") from error


@core_options
@option_group("source", SourceOptions)
@with_folder
def mutate(
    model: ModelFile,
    source: SourceOptions,
    out: Out = DEFAULT_OUT,
    chip: ChipName = "generic",
    options: CoreOptions = DEFAULTS,
    n: Annotated[int, typer.Option("--n", min=1, help="Faults to plant, one at a time.")] = 200,
    seed: Seed = 0,
    simulate_faults: Annotated[
        int, typer.Option(min=0, help="Faults to run through the real simulator, too.")
    ] = 3,
    conflicts: Conflicts = DEFAULT_EFFORT.output_conflicts,
    json: output.Json = False,
) -> None:
    """Plant random faults in the hardware and count how many each check catches."""
    network = LutNetwork.load(model)
    chosen = source.samples(network)
    core, written = write_core(network, options.config(chip), out, source.data_dir)
    if not json:
        print_changes(core.interface, written.changes, written.changes_unknown)
    record = mutate_core(
        core,
        chosen.X,
        n,
        seed,
        folder=out,
        n_simulated=simulate_faults,
        effort=_effort(conflicts),
        samples=f"{chosen.name}, {chosen.part}",
        progress=output.SHOWN,
    )
    if json:
        output.print_json(record.to_json())
    else:
        _print_score(record)
    require_caught(record)


def _print_score(record: MutationRecord) -> None:
    table = output.table(
        f"Faults caught ({record.n_samples} test samples, as many random vectors)",
        *("fault", "planted", "test samples", "random vectors", "proof", "proved harmless"),
        *("open", "masked"),
    )
    for kind, counts in {**record.by_kind, "all": record.total}.items():
        if counts.planted:
            table.add_row(kind, *map(str, vars(counts).values()))
    output.print_table(table)
    missed = [
        fault for fault in record.faults if fault.proof == "refuted" and not fault.wrong_samples
    ]
    noun = "fault" if len(missed) == 1 else "faults"
    output.print_text(
        f"the test samples miss {len(missed)} {noun} that the proof catches"
        + (f", the first: {missed[0].fault}" if missed else "")
    )
    output.print_text(
        "samples and vectors went through the netlist's interpreter, cycle by cycle; "
        + (
            f"{record.simulated} of the faults also through Verilog and the simulator, which "
            f"agrees on {record.simulator_agrees}"
            if record.simulated
            else "none of the faults through Verilog and a simulator (--simulate-faults)"
        )
    )
