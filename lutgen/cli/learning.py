"""Commands about models: train, evaluate, predict, info, datasets."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from lutgen.chips.chip import Chip
from lutgen.cli import output
from lutgen.cli.options import (
    BOARD_HELP,
    CHIP_HELP,
    EncoderSpec,
    ModelFile,
    ModelOut,
    Part,
    Seed,
    SourceOptions,
    TableReading,
    Threads,
    TrainingOptions,
    option_group,
    parse_widths,
)
from lutgen.datasets.registry import list_datasets
from lutgen.errors import ConfigError
from lutgen.files import ensure_writable
from lutgen.jobs.evaluate import evaluate as evaluate_model
from lutgen.jobs.formats import formats_in
from lutgen.jobs.learn import memorize
from lutgen.jobs.predict import answer_lines, predict_blocks, predict_to
from lutgen.jobs.predict import predict as predict_labels
from lutgen.jobs.window import chip_for_window
from lutgen.learn.fill import FILLS
from lutgen.learn.memorize import Parameters
from lutgen.learn.memorize.wiring import AUTO
from lutgen.model import LutNetwork, Provenance
from lutgen.records.learnt import NumbersRecord
from lutgen.records.model import FeatureRecord, ModelRecord
from lutgen.text import printable

_MOST_FEATURES = 5

BoardForWindow = Annotated[str | None, typer.Option(help=BOARD_HELP)]
ChipForWindow = Annotated[str | None, typer.Option(help=f"{CHIP_HELP} For window:auto.")]


@option_group("samples", TrainingOptions)
def train(
    samples: TrainingOptions,
    out: ModelOut = Path("model.npz"),
    k: Annotated[int, typer.Option(help="Inputs of each LUT, 1 to 16.")] = 8,
    widths: Annotated[
        str, typer.Option(help="LUTs in each hidden layer: 1024x5, or 512,256,256.")
    ] = "1024x5",
    wiring: Annotated[
        str,
        typer.Option(
            help="random; window:W (each LUT reads among the W nearest); or window:auto, the "
            "largest W that the router of --board or --chip takes."
        ),
    ] = "random",
    board: BoardForWindow = None,
    chip: ChipForWindow = None,
    fill: Annotated[
        str, typer.Option(help=f"Entries whose counts are equal become: {', '.join(FILLS)}.")
    ] = "random",
    encoder: EncoderSpec = None,
    seed: Seed = 0,
    cone_only: Annotated[
        bool,
        typer.Option("--cone-only", help="Learn only what reaches the output; same predictions."),
    ] = False,
    threads: Threads = None,
    json: output.Json = False,
) -> None:
    """Learn a network from data and write the model file."""
    for_chip = _chip(wiring, board, chip)
    parameters = Parameters(
        k=k,
        widths=parse_widths(widths),
        wiring="random" if for_chip else wiring,
        fill=fill,
        seed=seed,
        cone_only=cone_only,
    )
    ensure_writable(out)
    source, dataset = samples.load()
    network = memorize(
        dataset,
        source,
        parameters,
        encoder=encoder,
        threads=threads,
        chip=for_chip,
        progress=output.SHOWN,
    )
    network.save(out)
    if json:
        output.print_json({"model": str(out), **ModelRecord.of(network).to_json()})
        return
    print_model(network)
    output.print_text(f"model written to {out}; see it with: lutgen info {out}")


def _chip(wiring: str, board: str | None, chip: str | None) -> Chip | None:
    """Return the chip that the wiring is to be chosen for, if it is."""
    if wiring == AUTO:
        return chip_for_window(board, chip)
    if board is not None or chip is not None:
        raise ConfigError(f"--board and --chip are for --wiring {AUTO}, not for {wiring!r}")
    return None


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
    if known.criterion_chosen:
        output.print_text(f"criterion chosen   {known.criterion_chosen} (--criterion names one)")
    if known.growth_ended:
        output.print_text(f"growth ended       {known.growth_ended}")
    metric = known.metric or "accuracy"
    for name, value in (
        (f"train {metric}", known.train_accuracy),
        ("validation", known.validation_accuracy),
    ):
        if value is not None:
            output.print_text(f"{name:19}{value:.4f}")
    name = f"test {metric}"
    if known.test_accuracy is not None:
        output.print_text(f"{name:19}{known.test_accuracy:.4f}  ({known.split})")
    elif known.split:
        output.print_text(f"{name:19}not measured  ({known.split})")
    if any(known.feature_gain):
        output.print_text(f"most gained by     {_most_gained(network)}")
    output.print_text(
        f"cone of influence  {n_cone} of {network.n_luts} LUTs reach the output "
        f"({100 * n_cone / max(1, network.n_luts):.1f} %)"
    )


def _most_gained(network: LutNetwork) -> str:
    """Return the features by which the learner gained most, with their shares."""
    gains = network.provenance.feature_gain
    names = network.encoder.compared_names(network.feature_names)
    order = sorted(range(len(gains)), key=lambda feature: -gains[feature])[:_MOST_FEATURES]
    return ", ".join(
        f"{printable(names[i]) if names else f'feature {i}'} {100 * gains[i]:.1f} %"
        for i in order
        if gains[i] > 0
    )


@option_group("samples", SourceOptions)
def evaluate(
    model: ModelFile,
    samples: SourceOptions,
    part: Part = "auto",
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder that gets evaluation.json, for lutgen report."),
    ] = None,
    json: output.Json = False,
) -> None:
    """Measure a model's accuracy on labelled data; of numbers R² and how far answers lie off."""
    found = evaluate_model(
        LutNetwork.load(model),
        samples.source,
        part,
        samples.data_dir,
        folder=out,
        download=not samples.no_download,
        progress=output.SHOWN,
    )
    if json:
        output.print_json(found.to_json())
        return
    split = f"; {found.split})" if found.split else ")"
    if isinstance(found, NumbersRecord):
        output.print_text(f"R²    {found.r2:.4f}  ({found.n_samples} samples{split}")
        for name, errors in (
            ("MAE", found.mean_absolute_error),
            ("RMSE", found.root_mean_squared_error),
        ):
            output.print_text(f"{name:5} {', '.join(f'{error:.6g}' for error in errors)}")
        return
    classes = [printable(label) for label in found.classes]
    table = output.table(
        f"{found.data}, {found.part}: true class against prediction",
        *("true \\ predicted", *classes),
    )
    for true_label, row in zip(classes, found.confusion, strict=True):
        table.add_row(true_label, *map(str, row))
    output.print_table(table)
    if found.calibration_error is not None:
        output.print_text(
            f"calibration error  {found.calibration_error:.4f}  (of the answer's probability, the "
            "mean over 15 parts)"
        )
    output.print_text(
        f"accuracy  {found.accuracy:.4f}  ({found.n_correct} of {found.n_samples} samples{split}"
    )


@option_group("table", TableReading)
def predict(
    model: ModelFile,
    samples: Annotated[
        Path,
        typer.Option(
            "-i",
            "--input",
            help="Samples: a file, read by what it holds; -: stdin. Columns are "
            "matched with the model's features by name.",
        ),
    ],
    table: TableReading,
    out: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; default: stdout.")
    ] = None,
    json: output.Json = False,
) -> None:
    """Predict the label of each sample, one a line.

    A file larger than memory is read and answered in blocks: Parquet, .npy, and text as it is.
    """
    network = LutNetwork.load(model)
    if json:
        labels = predict_labels(network, samples, out, table.table, progress=output.SHOWN)
        output.print_json({"n_samples": len(labels), "labels": labels.tolist()})
    elif out is None:
        for labels in predict_blocks(network, samples, table.table, progress=output.SHOWN):
            for line in answer_lines(labels):
                output.print_text(line)
    else:
        n_labels = predict_to(network, samples, out, table.table, progress=output.SHOWN)
        output.print_text(f"{n_labels} labels written to {out}")


def info(
    model: ModelFile,
    core: Annotated[
        Path | None,
        typer.Option(
            help="core.json of its hardware, or the folder of it: shows the format of each feature."
        ),
    ] = None,
    features: Annotated[int, typer.Option(min=0, help="Show the first N features; 0: all.")] = 32,
    json: output.Json = False,
) -> None:
    """Show what a model file holds."""
    network = LutNetwork.load(model)
    record = ModelRecord.of(network).to_json()
    formats = () if core is None else formats_in(core, network)
    if json:
        output.print_json(record | ({"input_formats": list(formats)} if core else {}))
        return
    known, care = network.provenance, record["care"]
    fan_in = ", ".join(map(str, record["fan_in"]))
    lines = {
        "digest": f"sha256 {network.digest}",
        "learnt from": _learnt_from(known),
        "learner": _learner(known),
        "encoder": record["encoder"],
        "network": f"{network.n_luts} LUTs of k={fan_in} in {network.n_layers} layer"
        f"{'' if network.n_layers == 1 else 's'}",
        "head": record["head"],
        **({"classes": ", ".join(record["classes"])} if record["classes"] else {}),
        "table entries": f"{care['entries']:,}, of which {care['seen']:,} were seen in training "
        f"({100 * care['seen'] / care['entries']:.1f} %) and {care['tied']:,} of those tied",
    }
    if not known.n_samples and care["seen"] == care["entries"]:  # made by others, or of lists
        lines["table entries"] = f"{care['entries']:,}, none of them free"
    for column, values in record["categories"].items():
        lines[f"column {column}"] = f"a feature for each of {', '.join(values)}"
    source = known.source
    if source is not None and source.label_index:
        named = f" ({source.label})" if source.label else ""
        lines["labels"] = f"column {source.label_index}{named} of {source.data}"
    for name, text in lines.items():
        output.print_text(f"{name:14} {printable(text)}")
    print_model(network)
    _print_features(network, formats, features)


def _print_features(network: LutNetwork, formats: Sequence[str], most: int) -> None:
    """Print what each feature is, and as which number hardware takes it."""
    every = FeatureRecord.each_of(network)
    if (window := network.encoder.window) is not None:
        formats = [*map(str, window.feature_formats)]
    shown = every[: most or None]
    columns = ["feature", "name", "seen in training", "thresholds"]
    table = output.table(
        "Features" + (f", the first {len(shown)} of {len(every)}" if shown != every else ""),
        *columns,
        *["format"] * bool(formats),
        left=2,
    )
    for number, item in enumerate(shown):
        seen = "not known" if item.low is None else f"{item.low:.7g} to {item.high:.7g}"
        cells = [str(number), printable(item.name), seen + ", or missing" * item.may_lack]
        own = [formats[number]] if formats else []
        table.add_row(*cells, str(item.n_thresholds), *own)
    output.print_table(table)


def _learnt_from(known: Provenance) -> str:
    if not known.n_samples and not known.data:
        return "what nobody told; the network came in as it is"
    samples = f"{known.n_samples:,}" if known.n_samples else "an unknown number of"
    return (
        f"{samples} samples of {known.data or 'unknown data'}, task {known.task or 'as labelled'}"
    )


def _learner(known: Provenance) -> str:
    """Return the learner and what it was told, as far as the record says."""
    told = (
        "wiring", "fill", "luts_per_class", "criterion", "leaf_bits", "temperature", "refits",
        "shift", "seed",
    )  # fmt: skip
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
    table = output.table(
        "Data sets by name (besides: any table with a column of labels, any .npz with X and y)",
        *("name", "what", "source", "licence", "samples", "features", "classes", "download"),
        left=4,
    )
    for item in known:
        shape = "x".join(map(str, item.feature_shape))
        size = f"{item.size_bytes / 1e6:.1f} MB" if item.size_bytes else "-"
        table.add_row(item.name, item.title, item.source, item.licence, f"{item.n_samples:,}",
                      shape, str(item.n_classes), size)  # fmt: skip
    output.print_table(table)
