"""The command that learns by boosting: boost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from lutgen.cli import output
from lutgen.cli.learning import print_model, with_origin
from lutgen.cli.options import (
    Data,
    DataDir,
    LabelColumn,
    NoDownload,
    SplitSeed,
    Task,
    TestFraction,
    class_numbers,
    load_source,
)
from lutgen.datasets.load import Dataset
from lutgen.datasets.split import split_rows
from lutgen.encode.encoder import SPECS, fit_encoder
from lutgen.errors import ConfigError
from lutgen.files import ensure_writable
from lutgen.learn.boost.boost import BoostParameters, BoostProgress, Interrupted
from lutgen.learn.boost.boost import boost as learn
from lutgen.model import LutNetwork, Source
from lutgen.records.model import ModelRecord

EXIT_INTERRUPTED = 130
_DEFAULT = BoostParameters()


def boost(
    data: Data = "digits",
    task: Task = None,
    out: Annotated[Path, typer.Option("-o", "--output", help="Model file to write.")] = Path(
        "model.npz"
    ),
    k: Annotated[int, typer.Option(help="Inputs of each LUT, 1 to 16.")] = _DEFAULT.k,
    luts: Annotated[
        int, typer.Option(help="LUTs of each class; in all, where there are two classes.")
    ] = _DEFAULT.luts_per_class,
    layers: Annotated[
        int, typer.Option(help="Learn the LUTs in N parts, each of which reads those before, too.")
    ] = _DEFAULT.layers,
    encoder: Annotated[
        str | None, typer.Option(help=f"Features to bits: {SPECS}. Default: the data set's.")
    ] = None,
    temperature: Annotated[
        float, typer.Option(help="How long samples that are right go on counting; 0: by --luts.")
    ] = _DEFAULT.temperature,
    search_samples: Annotated[
        int, typer.Option(help="Samples drawn to search the wires of each LUT on.")
    ] = _DEFAULT.search_samples,
    sweeps: Annotated[
        int, typer.Option(help="How often the search reconsiders each wire.")
    ] = _DEFAULT.sweeps,
    interactions: Annotated[
        int, typer.Option(help="2 or 3: start from the best pair (and three) of signals, too.")
    ] = _DEFAULT.interactions,
    refits: Annotated[
        int, typer.Option(help="How often every LUT is learnt anew among the others.")
    ] = _DEFAULT.refits,
    shift: Annotated[
        int, typer.Option(help="Learn from images shifted by up to N pixels, too.")
    ] = _DEFAULT.shift,
    validation: Annotated[
        float, typer.Option(help="Share of the training samples to watch the accuracy on.")
    ] = 0.0,
    patience: Annotated[
        int, typer.Option(help="Stop when that has not risen for N rounds; 0: never.")
    ] = _DEFAULT.patience,
    start: Annotated[
        Path | None, typer.Option(help="Go on with this model, learnt by boost from the same data.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Fixes what is drawn.")] = _DEFAULT.seed,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; the model is the same for any number.")
    ] = None,
    data_dir: DataDir = None,
    label: LabelColumn = None,
    test_fraction: TestFraction = 0.2,
    split_seed: SplitSeed = 0,
    no_download: NoDownload = False,
    json: output.Json = False,
) -> None:
    """Learn a network of any number of classes by boosting, and write the model file.

    The LUTs of a class vote for it; each LUT's wires are searched, and its table is counted.
    Ctrl-C ends the learning early: the model is written with what has been learnt.
    """
    parameters = BoostParameters(
        k=k,
        luts_per_class=luts,
        layers=layers,
        temperature=temperature,
        search_samples=search_samples,
        random_wires=min(k, _DEFAULT.random_wires),
        sweeps=sweeps,
        interactions=interactions,
        refits=refits,
        shift=shift,
        patience=patience,
        seed=seed,
    )
    ensure_writable(out)
    old = None if start is None else LutNetwork.load(start)
    if old is not None and encoder is not None:
        raise ConfigError(f"{start} has an encoder already; leave out --start or --encoder")
    source = Source(data, task, label, test_fraction, split_seed)
    dataset = load_source(source, data_dir, download=not no_download)
    interrupted = False
    try:
        network = learn_boosted(
            dataset,
            source,
            parameters,
            encoder=encoder,
            validation=validation,
            start=old,
            threads=threads,
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


def learn_boosted(
    dataset: Dataset,
    source: Source,
    parameters: BoostParameters,
    *,
    encoder: str | None = None,
    validation: float = 0.0,
    start: LutNetwork | None = None,
    threads: int | None = None,
) -> LutNetwork:
    """Fit the encoder, learn with a progress bar, and record what it was learnt from.

    Parameters
    ----------
    validation : float
        Share of the training samples, drawn with the seed, that is only watched.
    start : LutNetwork, optional
        Brings its encoder along.

    Raises
    ------
    Interrupted
        On Ctrl-C, with what has been learnt, and what it was learnt from recorded, too.
    """
    X, y = dataset.X_train, dataset.y_train
    classes = np.unique(y) if start is None else start.classes
    aside = None
    if validation:
        kept, rest = split_rows(y, validation, parameters.seed)
        aside = X[rest], y[rest]
        X, y = X[kept], y[kept]
    fitted = fit_encoder(encoder or dataset.encoder, X, y) if start is None else start.encoder
    numbers = _numbers(classes, y)
    try:
        with output.counting("learning", "LUTs") as bar:
            network = learn(
                fitted.encode(X),
                numbers if start is None else class_numbers(start, dataset.name, y),
                parameters,
                encoder=fitted,
                classes=classes,
                validation=aside and (fitted.encode(aside[0]), _numbers(classes, aside[1])),
                feature_shape=dataset.feature_shape,
                start=start,
                n_threads=threads,
                progress=lambda now: bar(now.n_done, now.n_total, describe(now)),
            )
    except Interrupted as stop:
        raise Interrupted(with_origin(stop.network, dataset, source)) from stop
    return with_origin(network, dataset, source)


def describe(now: BoostProgress) -> str:
    """Return the accuracies so far, for the progress bar."""
    text = f"train {now.train_accuracy:.4f}"
    if now.validation_accuracy is not None:
        text += f", validation {now.validation_accuracy:.4f}"
    return text


def _numbers(classes: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.searchsorted(classes, y)
