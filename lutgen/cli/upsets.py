"""The command faults: what flipped bits of the hardware do to its answers."""

from __future__ import annotations

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
    ChipName,
    ModelFile,
    NSamples,
    Part,
    Seed,
    SourceOptions,
    option_group,
)
from lutgen.cli.proof import Conflicts
from lutgen.jobs.faults import (
    DEFAULT_BUDGET_SECONDS,
    DEFAULT_CONFLICTS,
    DEFAULT_DRAWS,
    DEFAULT_MAX_FLIPS,
    DEFAULT_RANDOM,
)
from lutgen.jobs.faults import faults as flip_bits
from lutgen.jobs.hardware import write_core
from lutgen.model.network import LutNetwork
from lutgen.records.faults import FAULTS_FILE, FaultsRecord
from lutgen.report.faults import curve_table, faults_lines, parts_table
from lutgen.report.table import Table


@core_options
@option_group("source", SourceOptions)
@with_folder
def faults(
    model: ModelFile,
    source: SourceOptions,
    out: Out = DEFAULT_OUT,
    chip: ChipName = "generic",
    options: CoreOptions = DEFAULTS,
    budget: Annotated[
        float,
        typer.Option(
            min=0,
            help="Processor seconds to flip bits; if too few, LUTs are drawn.",
        ),
    ] = DEFAULT_BUDGET_SECONDS,
    proof_budget: Annotated[
        float,
        typer.Option(
            min=0, help="Processor seconds for the solver, on flips that no sample shows."
        ),
    ] = DEFAULT_BUDGET_SECONDS,
    drawn_luts: Annotated[
        int,
        typer.Option(min=0, help="Try so many LUTs, drawn, whatever the time; 0: see --budget."),
    ] = 0,
    draws: Annotated[
        int, typer.Option(min=1, help="Sets of bits to draw for each number of flips at once.")
    ] = DEFAULT_DRAWS,
    max_flips: Annotated[
        int, typer.Option(min=1, help="Flip 1, 2, 4 … bits at once, up to so many.")
    ] = DEFAULT_MAX_FLIPS,
    random_inputs: Annotated[
        int, typer.Option(min=64, help="Random inputs to try on flips that no sample shows.")
    ] = DEFAULT_RANDOM,
    conflicts: Conflicts = DEFAULT_CONFLICTS,
    seed: Seed = 0,
    samples: NSamples = 0,
    part: Part = "auto",
    json: output.Json = False,
) -> None:
    """Flip bits of truth tables and registers, and count what that does to the answers."""
    network = LutNetwork.load(model)
    chosen = source.samples(network, part)
    core, written = write_core(network, options.config(chip), out, source.data_dir)
    if not json:
        print_changes(core.interface, written.changes, written.changes_unknown)
    record = flip_bits(
        core,
        chosen.X[: samples or None],
        chosen.y[: samples or None],
        folder=out,
        seed=seed,
        budget_seconds=budget,
        proof_seconds=proof_budget,
        n_luts=drawn_luts,
        n_draws=draws,
        max_flips=max_flips,
        n_random=random_inputs,
        max_conflicts=conflicts,
        samples=f"{chosen.name}, {chosen.part}",
        progress=output.SHOWN,
    )
    if json:
        output.print_json(record.to_json())
        return
    print_faults(record)
    output.print_text(f"written: {out / FAULTS_FILE}")


def print_faults(record: FaultsRecord) -> None:
    """Print what flips do."""
    for table in (parts_table(record), curve_table(record)):
        _print(table)
    for line in faults_lines(record):
        output.print_text(line)


def _print(table: Table) -> None:
    n_text = sum(not column.startswith(">") for column in table.columns)
    columns = (column.removeprefix(">") for column in table.columns)
    shown = output.table(table.title, *columns, left=n_text)
    for row in table.rows:
        shown.add_row(*row)
    output.print_table(shown)
    if table.note:
        output.print_text(table.note)
