"""Commands about models: train, evaluate, predict, info, datasets."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

from lutgen.chips.chip import Chip
from lutgen.cli import output
from lutgen.cli.options import (
    Data,
    DataDir,
    LabelColumn,
    ModelFile,
    NoDownload,
    SplitSeed,
    Task,
    TestFraction,
    class_numbers,
    load_source,
    parse_widths,
    samples_for,
)
from lutgen.cli.windows import chip_for_window, choose_window
from lutgen.datasets.load import Dataset
from lutgen.datasets.registry import list_datasets
from lutgen.datasets.tables import load_features
from lutgen.datasets.tasks import require_two_classes
from lutgen.encode.encoder import SPECS, fit_encoder
from lutgen.errors import ConfigError
from lutgen.files import ensure_writable, write_atomic
from lutgen.learn.fill import FILLS
from lutgen.learn.memorize.memorize import Parameters, memorize
from lutgen.learn.memorize.wiring import AUTO
from lutgen.model import LutNetwork, Provenance, Source
from lutgen.records.model import ModelRecord


def train(
    data: Data = "digits",
    task: Task = None,
    out: Annotated[Path, typer.Option("-o", "--output", help="Model file to write.")] = Path(
        "model.npz"
    ),
    k: Annotated[int, typer.Option(help="Inputs of each LUT, 1 to 16.")] = 8,
    widths: Annotated[
        str, typer.Option(help="LUTs in each hidden layer: 1024x5, or 512,256,256.")
    ] = "1024x5",
    wiring: Annotated[
        str,
        typer.Option(
            help="random; window:W (each LUT reads among the W nearest); or window:auto, the "
            "largest W that the router of --board or --target takes."
        ),
    ] = "random",
    board: Annotated[str | None, typer.Option(help="Board for window:auto.")] = None,
    target: Annotated[
        str | None, typer.Option(help="Chip for window:auto: ice40-hx8k, ecp5-25k ...")
    ] = None,
    fill: Annotated[
        str, typer.Option(help=f"Entries whose counts are equal become: {', '.join(FILLS)}.")
    ] = "random",
    encoder: Annotated[
        str | None, typer.Option(help=f"Features to bits: {SPECS}. Default: the data set's.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Fixes wires and random fill.")] = 0,
    cone_only: Annotated[
        bool,
        typer.Option("--cone-only", help="Learn only what reaches the output; same predictions."),
    ] = False,
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
    """Learn a network from data and write the model file."""
    chip = _chip(wiring, board, target)
    parameters = Parameters(
        k=k,
        widths=parse_widths(widths),
        wiring="random" if chip else wiring,
        fill=fill,
        seed=seed,
        cone_only=cone_only,
    )
    ensure_writable(out)
    source = Source(data, task, label, test_fraction, split_seed)
    dataset = load_source(source, data_dir, download=not no_download)
    require_two_classes(dataset)
    network = learn(dataset, source, parameters, encoder=encoder, threads=threads, chip=chip)
    network.save(out)
    if json:
        output.print_json({"model": str(out), **ModelRecord.of(network).to_json()})
        return
    print_model(network)
    output.print_text(f"model written to {out}; see it with: lutgen info {out}")


def learn(
    dataset: Dataset,
    source: Source,
    parameters: Parameters,
    *,
    encoder: str | None = None,
    threads: int | None = None,
    chip: Chip | None = None,
) -> LutNetwork:
    """Fit the encoder, learn with a progress bar, and record what it was learnt from.

    Parameters
    ----------
    chip : Chip, optional
        Family and device: choose the largest window that its router takes.
    """
    fitted = fit_encoder(encoder or dataset.encoder, dataset.X_train, dataset.y_train)
    chosen = ""
    if chip is not None:
        found = choose_window(parameters, fitted, dataset.feature_shape, chip)
        parameters = dataclasses.replace(parameters, wiring=found.wiring)
        chosen = found.why
    classes, numbers = np.unique(dataset.y_train, return_inverse=True)
    with output.counting("learning", "LUTs") as progress:
        network = memorize(
            fitted.encode(dataset.X_train),
            numbers,
            parameters,
            encoder=fitted,
            classes=classes,
            feature_shape=dataset.feature_shape,
            n_threads=threads,
            progress=progress,
        )
    return with_origin(network, dataset, source, wiring_chosen=chosen)


def _chip(wiring: str, board: str | None, target: str | None) -> Chip | None:
    """Return the chip that the wiring is to be chosen for, if it is."""
    if wiring == AUTO:
        return chip_for_window(board, target)
    if board is not None or target is not None:
        raise ConfigError(f"--board and --target are for --wiring {AUTO}, not for {wiring!r}")
    return None


def with_origin(
    network: LutNetwork, dataset: Dataset, source: Source, *, wiring_chosen: str = ""
) -> LutNetwork:
    """Return a network that says what samples it was learnt from, and how it does on the test."""
    right = network.predict(dataset.X_test) == dataset.y_test
    provenance = dataclasses.replace(
        network.provenance,
        data=dataset.name,
        task=source.task or "",
        split=dataset.split,
        source=source,
        wiring_chosen=wiring_chosen,
        test_accuracy=float(right.mean()),
    )
    return dataclasses.replace(network, provenance=provenance)


def print_model(network: LutNetwork) -> None:
    """Print accuracies by layer, as the paper's table 1, and what the network is."""
    known = network.provenance
    if known.layers:
        table = output.table(
            "Accuracy of the LUTs on the training samples, by layer (layer 0: the input bits)",
            *("layer", "LUTs", "mean", "std", "min", "max"),
            left=0,
        )
        for row in known.layers:
            numbers = [f"{value:.4f}" for value in (row.mean, row.std, row.min, row.max)]
            table.add_row(str(row.layer), str(row.n_luts), *numbers)
        output.print_table(table)
    n_cone = int(network.cone.sum())
    if known.wiring_chosen:
        output.print_text(f"wiring chosen      {known.wiring_chosen}")
    if known.train_accuracy is not None:
        output.print_text(f"train accuracy     {known.train_accuracy:.4f}")
    if known.validation_accuracy is not None:
        output.print_text(f"validation         {known.validation_accuracy:.4f}")
    if known.test_accuracy is not None:
        output.print_text(f"test accuracy      {known.test_accuracy:.4f}  ({known.split})")
    output.print_text(
        f"cone of influence  {n_cone} of {network.n_luts} LUTs reach the output "
        f"({100 * n_cone / max(1, network.n_luts):.1f} %)"
    )


def evaluate(
    model: ModelFile,
    data: Annotated[
        str | None, typer.Option(help="Data set; default: the one it was trained on.")
    ] = None,
    task: Task = None,
    part: Annotated[str, typer.Option(help="test, train or all.")] = "test",
    data_dir: DataDir = None,
    label: LabelColumn = None,
    test_fraction: TestFraction = 0.2,
    split_seed: SplitSeed = 0,
    no_download: NoDownload = False,
    json: output.Json = False,
) -> None:
    """Measure a model's accuracy on labelled data."""
    network = LutNetwork.load(model)
    given = None if data is None else Source(data, task, label, test_fraction, split_seed)
    name, X, y = samples_for(network, given, part, data_dir, download=not no_download)
    labels = network.classes
    class_numbers(network, name, y)  # refuses labels that the model does not know
    predicted = network.predict(X)
    confusion = [[int(((y == a) & (predicted == b)).sum()) for b in labels] for a in labels]
    n_correct = int((predicted == y).sum())
    if json:
        output.print_json(
            {
                "data": name,
                "part": part,
                "n_samples": len(y),
                "n_correct": n_correct,
                "accuracy": n_correct / len(y),
                "classes": [str(c) for c in labels],
                "confusion": confusion,
            }
        )
        return
    table = output.table(f"{name}, {part}: true class against prediction", "true \\ predicted",
                         *map(str, labels))  # fmt: skip
    for true_label, row in zip(labels, confusion, strict=True):
        table.add_row(str(true_label), *map(str, row))
    output.print_table(table)
    output.print_text(f"accuracy  {n_correct / len(y):.4f}  ({n_correct} of {len(y)} samples)")


def predict(
    model: ModelFile,
    samples: Annotated[
        Path, typer.Option("-i", "--input", help="Samples: .csv, .npy or .npz, without labels.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; default: stdout.")
    ] = None,
    json: output.Json = False,
) -> None:
    """Predict the label of each sample, one a line."""
    network = LutNetwork.load(model)
    labels = network.predict(load_features(samples, network.encoder.n_features))
    if out is not None:
        write_atomic(out, "".join(f"{label}\n" for label in labels))
    if json:
        output.print_json({"n_samples": len(labels), "labels": labels.tolist()})
    elif out is None:
        for label in labels:
            output.print_text(str(label))
    else:
        output.print_text(f"{len(labels)} labels written to {out}")


def info(model: ModelFile, json: output.Json = False) -> None:
    """Show what a model file holds."""
    network = LutNetwork.load(model)
    record = ModelRecord.of(network).to_json()
    if json:
        output.print_json(record)
        return
    known, care = network.provenance, record["care"]
    fan_in = ", ".join(map(str, record["fan_in"]))
    lines = {
        "digest": f"sha256 {network.digest}",
        "learnt from": f"{known.n_samples or '?'} samples of {known.data or '?'}, "
        f"task {known.task or 'as labelled'}",
        "learner": _learner(known),
        "encoder": record["encoder"],
        "network": f"{network.n_luts} LUTs of k={fan_in} in {network.n_layers} layer"
        f"{'' if network.n_layers == 1 else 's'}",
        "head": record["head"],
        "classes": ", ".join(record["classes"]),
        "table entries": f"{care['entries']}, of which {care['seen']} were seen in training "
        f"({100 * care['seen'] / care['entries']:.1f} %) and {care['tied']} of those tied",
    }
    for name, text in lines.items():
        output.print_text(f"{name:14} {text}")
    print_model(network)


def _learner(known: Provenance) -> str:
    """Return the learner and what it was told, as far as the record says."""
    told = ("wiring", "fill", "luts_per_class", "temperature", "refits", "shift", "seed")
    values = {name: known.parameters[name] for name in told if name in known.parameters}
    words = [
        f"{name.replace('_', ' ')} {value:.4g}"
        if isinstance(value, float)
        else f"{name.replace('_', ' ')} {value}"
        for name, value in values.items()
    ]
    return ", ".join([known.learner or "?", *words])


def datasets(json: output.Json = False) -> None:
    """List the data sets that lutgen knows by name."""
    known = list_datasets()
    if json:
        records = [dataclasses.asdict(item) for item in known]
        output.print_json([{**record, "sha256": dict(record["sha256"])} for record in records])
        return
    table: Table = output.table(
        "Data sets by name (besides: any .npz with X and y, any .csv with a column of labels)",
        *("name", "what", "source", "licence", "samples", "features", "classes", "download"),
        left=4,
    )
    for item in known:
        shape = "x".join(map(str, item.feature_shape))
        size = f"{item.size_bytes / 1e6:.1f} MB" if item.size_bytes else "-"
        table.add_row(item.name, item.title, item.source, item.licence, f"{item.n_samples:,}",
                      shape, str(item.n_classes), size)  # fmt: skip
    output.print_table(table)
