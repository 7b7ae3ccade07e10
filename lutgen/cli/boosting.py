"""The command that learns by boosting: boost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lutgen.cli import output
from lutgen.cli.learning import print_model
from lutgen.cli.options import (
    EncoderSpec,
    Mirror,
    ModelOut,
    Seed,
    Shift,
    Threads,
    TrainingOptions,
    Validation,
    Warp,
    option_group,
)
from lutgen.datasets.tasks import REGRESSION
from lutgen.encode.window import SPECS as WINDOWS
from lutgen.encode.window import parse_window
from lutgen.errors import ConfigError
from lutgen.files import ensure_writable
from lutgen.jobs.larger import boost as learn_larger
from lutgen.jobs.learn import boost as learn
from lutgen.learn.boost import BoostParameters, Interrupted
from lutgen.learn.boost.numbers import LOSSES
from lutgen.model import LutNetwork
from lutgen.records.model import ModelRecord

EXIT_INTERRUPTED = 130
_DEFAULT = BoostParameters()


@option_group("samples", TrainingOptions)
def boost(
    samples: TrainingOptions,
    out: ModelOut = Path("model.npz"),
    k: Annotated[int, typer.Option(help="Inputs of each LUT, 1 to 16.")] = _DEFAULT.k,
    luts_per_class: Annotated[
        int, typer.Option(help="LUTs of each class or number; in all, where there are two classes.")
    ] = _DEFAULT.luts_per_class,
    layers: Annotated[
        int, typer.Option(help="Learn the LUTs in N parts, each of which reads those before, too.")
    ] = _DEFAULT.layers,
    encoder: EncoderSpec = None,
    window: Annotated[
        str | None,
        typer.Option(
            help="Samples are windows of a series, the data its steps (or many series, .ts): "
            f"{WINDOWS}."
        ),
    ] = None,
    temperature: Annotated[
        float,
        typer.Option(
            help="How long samples that are right go on counting; 0: by --luts-per-class."
        ),
    ] = _DEFAULT.temperature,
    search_samples: Annotated[
        int,
        typer.Option(help="Samples drawn to search the wires of each LUT on; 0: by --criterion."),
    ] = _DEFAULT.search_samples,
    wire_fraction: Annotated[
        float, typer.Option(help="Share of the signals, drawn for each LUT, to search among.")
    ] = _DEFAULT.wire_fraction,
    sweeps: Annotated[
        int, typer.Option(help="How often the search reconsiders each wire.")
    ] = _DEFAULT.sweeps,
    interactions: Annotated[
        int, typer.Option(help="2 or 3: start from the best pair (and three) of signals, too.")
    ] = _DEFAULT.interactions,
    popcount: Annotated[
        bool, typer.Option("--popcount", help="LUTs may read how many input bits are one, too.")
    ] = _DEFAULT.popcount,
    refits: Annotated[
        int, typer.Option(help="How often every LUT is learnt anew among the others.")
    ] = _DEFAULT.refits,
    shift: Shift = _DEFAULT.shift,
    warp: Warp = _DEFAULT.warp,
    mirror: Mirror = _DEFAULT.mirror,
    patch: Annotated[
        int,
        typer.Option(help="A LUT's wires come from one square of N pixels a side; 0: from all."),
    ] = _DEFAULT.patch,
    views_a_round: Annotated[
        int,
        typer.Option(help="Learn each round from N of all views of an image; 0: from all."),
    ] = _DEFAULT.views_a_round,
    validation: Validation = 0.0,
    patience: Annotated[
        int, typer.Option(help="Stop when that has not risen for N rounds; 0: never.")
    ] = _DEFAULT.patience,
    refit_on_all: Annotated[
        bool, typer.Option(help="Then learn as many LUTs anew from all samples.")
    ] = _DEFAULT.refit_on_all,
    balanced: Annotated[
        bool, typer.Option("--balanced", help="Weigh samples: all classes count as much.")
    ] = False,
    monotone: Annotated[
        list[str],
        typer.Option(
            help="NAME=1: the score of class 1 of two, or the number, may only rise with this "
            "feature (a name or number); NAME=-1: only fall. May be given again."
        ),
    ] = [],  # noqa: B006 - typer reads it
    loss: Annotated[
        str, typer.Option(help=f"Of numbers, what is to be small: {', '.join(LOSSES)}.")
    ] = LOSSES[0],
    quantile: Annotated[
        float, typer.Option(help="Of numbers, which quantile to answer; with --loss quantile.")
    ] = 0.5,
    start: Annotated[
        Path | None, typer.Option(help="Go on with this model, learnt by boost from the same data.")
    ] = None,
    criterion: Annotated[
        str,
        typer.Option(
            help="What a LUT is chosen by: absolute, newton (stands noise better), or auto, "
            "whichever has more right of samples held out."
        ),
    ] = _DEFAULT.criterion,
    leaf_bits: Annotated[
        int | None,
        typer.Option(
            help="1 to 3: bits of what an entry adds; each bit is a LUT. Default: 1, of numbers 3."
        ),
    ] = None,
    max_weight: Annotated[
        int | None,
        typer.Option(
            help="Largest weight of a LUT, a power of two; with 2 bits or more. Default: 1, of "
            "numbers 64."
        ),
    ] = None,
    learning_rate: Annotated[
        float, typer.Option(help="Share of Newton's step that is made, with 2 bits or more.")
    ] = _DEFAULT.learning_rate,
    l2_regularization: Annotated[
        float, typer.Option(help="So many samples more are reckoned with in each entry.")
    ] = _DEFAULT.l2_regularization,
    min_entry_weight: Annotated[
        float, typer.Option(help="Entries of less curvature do not count, in samples.")
    ] = _DEFAULT.min_entry_weight,
    memory: Annotated[
        str | None,
        typer.Option(
            help="Read the data, Parquet or .npy files, in chunks, and take no more memory than "
            "this, as 2GB; --data may be a pattern, as 'parts/*.parquet'."
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Learn on the workers of the Dask scheduler at this address, which read the files "
            "of --data."
        ),
    ] = None,
    seed: Seed = _DEFAULT.seed,
    threads: Threads = None,
    json: output.Json = False,
) -> None:
    """Learn a network of any number of classes, or of numbers, by boosting; write the model file.

    The LUTs of a class vote for it, those of a number add up to it; each LUT's wires are searched,
    and its table is counted. Labels are numbers with --task regression, or where few samples have
    the same, which is said.
    Ctrl-C ends the learning early: the model is written with what has been learnt.
    """
    ensure_writable(out)
    old = None if start is None else LutNetwork.load(start)
    if old is not None and encoder is not None:
        raise ConfigError(f"{start} has an encoder already; leave out --start or --encoder")

    def told(is_regression: bool) -> BoostParameters:
        return BoostParameters(
            k=k,
            luts_per_class=luts_per_class,
            layers=layers,
            temperature=temperature,
            search_samples=search_samples,
            wire_fraction=wire_fraction,
            sweeps=sweeps,
            interactions=interactions,
            popcount=popcount,
            refits=refits,
            shift=shift,
            warp=warp,
            mirror=mirror,
            patch=patch,
            views_a_round=views_a_round,
            patience=patience,
            refit_on_all=refit_on_all,
            seed=seed,
            criterion=criterion,
            leaf_bits=leaf_bits or (3 if is_regression else 1),
            max_weight=max_weight or (64 if is_regression else 1),
            learning_rate=learning_rate,
            l2_regularization=l2_regularization,
            min_entry_weight=min_entry_weight,
        )

    if old is not None and window is not None:
        raise ConfigError(f"{start} says itself what its window is; leave out --start or --window")
    length = parse_window(window)[0] if window else 0
    told(leaf_bits is None and bool(max_weight))  # faults are said before anything is loaded
    if memory is not None and scheduler is not None:
        raise ConfigError("--memory is for this machine, --scheduler for a cluster; give one")
    in_parts = memory is not None or scheduler is not None
    for name, value in (("--start", old), ("--window", window), ("--monotone", monotone)):
        if in_parts and value:
            raise ConfigError(f"{name} does not go with data that is read in parts")
    interrupted = False
    try:
        if in_parts:
            source = samples.source
            assert source is not None
            network = learn_larger(
                source,
                told(source.task == REGRESSION),
                memory=memory,
                scheduler=scheduler,
                encoder=encoder,
                validation=validation,
                balanced=balanced,
                loss=loss,
                quantile=quantile,
                threads=threads,
                progress=output.SHOWN,
            )
        else:
            source, dataset = samples.load(old) if old else samples.load_classes_or_numbers(length)
            network = learn(
                dataset,
                source,
                told(source.task == REGRESSION),
                encoder=encoder,
                window=window,
                validation=validation,
                start=old,
                balanced=balanced,
                monotone=_directions(monotone),
                loss=loss,
                quantile=quantile,
                threads=threads,
                progress=output.SHOWN,
            )
    except Interrupted as stop:
        network, interrupted = stop.network, True
    network.save(out)
    if json:
        output.print_json({"model": str(out), **ModelRecord.of(network).to_json()})
    else:
        print_model(network)
        early = "interrupted: the best so far is kept; " if interrupted else ""
        output.print_text(f"{early}model written to {out}; see it with: lutgen info {out}")
    if interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)


def _directions(given: list[str]) -> dict[str, int]:
    """Return the direction of each feature, by its name or number."""
    found = {}
    for text in given:
        name, _, direction = text.rpartition("=")
        if not name or direction not in ("1", "+1", "-1"):
            raise ConfigError(f"--monotone {text}: must be NAME=1 or NAME=-1, e.g. age=1")
        found[name] = int(direction)
    return found
