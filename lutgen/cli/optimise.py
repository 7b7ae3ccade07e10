"""The command that makes a smaller model out of a model: optimise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lutgen.chips.chip import get_chip
from lutgen.cli import output
from lutgen.cli.options import (
    ChipName,
    ModelFile,
    ModelOut,
    SourceOptions,
    Validation,
    option_group,
)
from lutgen.files import ensure_writable
from lutgen.jobs.optimise import check_share
from lutgen.jobs.optimise import optimise as make_smaller
from lutgen.model import LutNetwork
from lutgen.optimise.policy import POLICIES, Policy
from lutgen.records.learnt import OptimisationRecord, TrialRecord

AUTO = "auto"


@option_group("samples", SourceOptions)
def optimise(
    model: ModelFile,
    samples: SourceOptions,
    out: ModelOut = Path("smaller.npz"),
    policy: Annotated[
        str,
        typer.Option(
            help=f"Table entries that may change: {POLICIES} (the training samples that each LUT "
            "may lose), or auto: the boldest that keeps within --max-loss."
        ),
    ] = AUTO,
    max_loss: Annotated[
        float, typer.Option(help="Largest loss of accuracy on held-out samples; 0.002: 0.2 points.")
    ] = 0.002,
    validation: Validation = 0.2,
    validation_seed: Annotated[int, typer.Option(help="Seed of that split.")] = 0,
    chip: ChipName = "generic",
    json: output.Json = False,
) -> None:
    """Make a smaller model: free table entries take the values that cost the least hardware.

    Accuracy is measured on samples held out of the training part, by networks whose tables were
    counted without them; the model written is then made with all training samples. The test part
    is looked at last, to say how accurate that one is.
    """
    asked_for = None if policy == AUTO else Policy.parse(policy)
    check_share("--max-loss", max_loss)
    check_share("--validation", validation)
    get_chip(chip)
    ensure_writable(out)
    network = LutNetwork.load(model)
    _, dataset = samples.load(network)
    smaller, done = make_smaller(
        network,
        dataset,
        asked_for,
        chip=chip,
        max_loss=max_loss,
        validation=validation,
        validation_seed=validation_seed,
        progress=output.SHOWN,
    )
    smaller.save(out)
    if json:
        output.print_json({"model": str(out), **done.to_json()})
        return
    _print_trials(done.trials, done.validation.n_samples)
    _print_sizes(done)
    test, cells = done.test_accuracy, done.cells
    if test.before is None or test.after is None:
        output.print_text("test accuracy: not measured, there is no test part")
    else:
        output.print_text(
            f"test accuracy: {test.before:.4f} before, {test.after:.4f} after "
            f"({100 * (test.after - test.before):+.2f} points)"
        )
    if not done.gained:
        output.print_text(
            f"nothing to gain: on {chip} the hardware takes {sum(cells.after.values()):,} "
            f"primitives, as against {sum(cells.before.values()):,} before; go on with {model}"
        )
    output.print_text(f"model written to {out}; measure it with: lutgen evaluate {out}")


def _print_trials(trials: tuple[TrialRecord, ...], n_samples: int) -> None:
    table = output.table(
        f"Accuracy on {n_samples} held-out samples; the last policy was taken",
        *("policy", "before", "after", "loss, points"),
    )
    for trial in trials:
        before, after = f"{trial.accuracy_before:.4f}", f"{trial.accuracy_after:.4f}"
        table.add_row(
            trial.policy,
            before,
            after,
            f"{100 * (trial.accuracy_before - trial.accuracy_after):+.2f}",
        )
    output.print_table(table)


def _print_sizes(done: OptimisationRecord) -> None:
    stats, before, after = done.network, done.cells.before, done.cells.after
    rows = {
        "trained LUTs in the cone": (stats.luts_before, stats.luts_after),
        "their inputs": (stats.inputs_before, stats.inputs_after),
        **{
            f"{name} ({done.chip})": (before.get(name, 0), after.get(name, 0))
            for name in sorted({*before, *after})
        },
    }
    table = output.table("Size", "", "before", "after", "change")
    for title, (was, now) in rows.items():
        change = f"{100 * (now / was - 1):+.1f} %" if was else ""
        table.add_row(title, f"{was:,}", f"{now:,}", change)
    output.print_table(table)
