"""The command that makes a smaller model out of a model: optimise."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from lutgen.chips.registry import get_family
from lutgen.cli import output
from lutgen.cli.core import Target
from lutgen.cli.options import (
    DataDir,
    LabelColumn,
    ModelFile,
    NoDownload,
    SplitSeed,
    Task,
    TestFraction,
    class_numbers,
    samples_for,
)
from lutgen.core import CoreConfig, make_core
from lutgen.datasets.load import split_samples
from lutgen.datasets.tables import Samples
from lutgen.errors import ConfigError
from lutgen.files import ensure_writable
from lutgen.model import LutNetwork, Source
from lutgen.netlist.stats import count_cells
from lutgen.optimise.external import OptimiseStats
from lutgen.optimise.external import optimise as optimise_network
from lutgen.optimise.policy import LADDER, POLICIES, Policy
from lutgen.optimise.search import Labelled, Trial, find_policy

AUTO = "auto"


def optimise(
    model: ModelFile,
    out: Annotated[Path, typer.Option("-o", "--output", help="Model file to write.")] = Path(
        "smaller.npz"
    ),
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
    validation: Annotated[
        float, typer.Option(help="Share of the training samples to hold out for that.")
    ] = 0.2,
    validation_seed: Annotated[int, typer.Option(help="Seed of that split.")] = 0,
    target: Target = "ice40",
    data: Annotated[
        str | None, typer.Option(help="Data set; default: the one it was trained on.")
    ] = None,
    task: Task = None,
    data_dir: DataDir = None,
    label: LabelColumn = None,
    test_fraction: TestFraction = 0.2,
    split_seed: SplitSeed = 0,
    no_download: NoDownload = False,
    json: output.Json = False,
) -> None:
    """Make a smaller model: free table entries take the values that cost the least hardware.

    Accuracy is measured on samples held out of the training part, by networks whose tables were
    counted without them; the model written is then made with all training samples. The test part
    is not looked at.
    """
    asked_for = None if policy == AUTO else Policy.parse(policy)
    _check_share("--max-loss", max_loss)
    _check_share("--validation", validation)
    get_family(target)
    ensure_writable(out)
    network = LutNetwork.load(model)
    ladder = LADDER[-1:] if not network.is_class_number else LADDER
    policies = ladder if asked_for is None else (asked_for,)
    given = None if data is None else Source(data, task, label, test_fraction, split_seed)
    name, X, y = samples_for(network, given, "train", data_dir, download=not no_download)
    training = Samples(X, class_numbers(network, name, y), (X.shape[1],))
    fit, held_out = (
        _encode(network, part) for part in split_samples(training, validation, validation_seed)
    )
    with output.working("counting without the held-out samples"):
        chosen, trials = find_policy(network, policies, fit, held_out, max_loss)
    with output.working(f"optimising, {chosen}"):
        everything = _encode(network, training)
        smaller, stats = optimise_network(network, chosen, everything.bits, everything.labels)
    validated = {
        "data": name,
        "n_samples": held_out.bits.n_samples,
        "share": validation,
        "seed": validation_seed,
        **trials[-1].to_json(),
    }
    done = smaller.provenance.optimised
    assert done is not None
    optimised = dataclasses.replace(done, validation=validated)
    provenance = dataclasses.replace(smaller.provenance, optimised=optimised)
    smaller = dataclasses.replace(smaller, provenance=provenance)
    with output.working(f"mapping both onto {target}"):
        cost = {key: _cost(net, target) for key, net in (("before", network), ("after", smaller))}
    smaller.save(out)
    if json:
        output.print_json(
            {
                "model": str(out),
                "digest": smaller.digest,
                "from": network.digest,
                "policy": str(chosen),
                "validation": validated,
                "trials": [trial.to_json() for trial in trials],
                "network": stats.to_json(),
                "target": target,
                "cells": cost,
            }
        )
        return
    _print_trials(trials, held_out.bits.n_samples)
    _print_sizes(stats, target, cost)
    output.print_text(f"model written to {out}; measure it with: lutgen evaluate {out}")


def _check_share(option: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ConfigError(f"{option} must be a share from 0 up to 1, e.g. 0.002; got {value}")


def _encode(network: LutNetwork, samples: Samples) -> Labelled:
    return Labelled(network.encoder.encode(samples.X), samples.y)


def _cost(network: LutNetwork, target: str) -> dict[str, int]:
    """Return the cells that a network's hardware takes, by what they are."""
    return count_cells(make_core(network, CoreConfig(chip=target)).netlist)


def _print_trials(trials: tuple[Trial, ...], n_samples: int) -> None:
    table = output.table(
        f"Accuracy on {n_samples} held-out samples; the last policy was taken",
        *("policy", "before", "after", "loss, points"),
    )
    for trial in trials:
        before, after = f"{trial.accuracy_before:.4f}", f"{trial.accuracy_after:.4f}"
        table.add_row(trial.policy, before, after, f"{100 * trial.loss:+.2f}")
    output.print_table(table)


def _print_sizes(stats: OptimiseStats, target: str, cost: dict[str, dict[str, int]]) -> None:
    before, after = cost["before"], cost["after"]
    rows = {
        "trained LUTs in the cone": (stats.luts_before, stats.luts_after),
        "their inputs": (stats.inputs_before, stats.inputs_after),
        **{
            f"{name} ({target})": (before.get(name, 0), after.get(name, 0))
            for name in sorted({*before, *after})
        },
    }
    table = output.table("Size", "", "before", "after", "change")
    for title, (was, now) in rows.items():
        change = f"{100 * (now / was - 1):+.1f} %" if was else ""
        table.add_row(title, f"{was:,}", f"{now:,}", change)
    output.print_table(table)
