"""The command activity: how often the nets of a core change, for estimates of power."""

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
    SourceOptions,
    option_group,
)
from lutgen.jobs.activity import activity as count_activity
from lutgen.jobs.hardware import write_core
from lutgen.model.network import LutNetwork
from lutgen.records.activity import ACTIVITY_FILE, ActivityRecord


@core_options
@option_group("source", SourceOptions)
@with_folder
def activity(
    model: ModelFile,
    source: SourceOptions,
    out: Out = DEFAULT_OUT,
    chip: ChipName = "generic",
    options: CoreOptions = DEFAULTS,
    vcd: Annotated[
        int, typer.Option(min=0, help="So many samples into activity.vcd; 0: no such file.")
    ] = 0,
    samples: NSamples = 0,
    part: Part = "auto",
    json: output.Json = False,
) -> None:
    """Count how often each net changes while samples go through, into a SAIF file."""
    network = LutNetwork.load(model)
    chosen = source.samples(network, part)
    core, written = write_core(network, options.config(chip), out, source.data_dir)
    if not json:
        print_changes(core.interface, written.changes, written.changes_unknown)
    record = count_activity(
        core,
        chosen.X[: samples or None],
        folder=out,
        n_vcd=vcd,
        samples=f"{chosen.name}, {chosen.part}",
    )
    if json:
        output.print_json(record.to_json())
        return
    _print(record)
    for name in (*record.files, ACTIVITY_FILE):
        output.print_text(f"written: {out / name}")


def _print(record: ActivityRecord) -> None:
    cycles = max(1, record.n_samples - 1)
    table = output.table(
        f"Changes a clock cycle ({record.samples}, {record.n_samples:,} samples in their order)",
        *("part", "layer", "nets", "of all nets", "of one net", "times the pins it drives"),
    )
    for part in record.parts:
        each = part.toggles / cycles
        table.add_row(
            part.part, str(part.layer or ""), f"{part.nets:,}", f"{each:.1f}",
            f"{each / part.nets:.3f}", f"{part.loads / cycles:.1f}",
        )  # fmt: skip
    output.print_table(table)
    output.print_text(
        f"all: {record.loads_per_cycle:.1f} changes times pins a cycle, without the clock and "
        "without glitches: it compares cores on one chip, and is no power"
    )
