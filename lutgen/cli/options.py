"""Options that several commands share, and what they mean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from lutgen.cli import output
from lutgen.datasets.load import Dataset, load_dataset
from lutgen.datasets.tasks import TASKS, apply_task
from lutgen.errors import ConfigError, DataError
from lutgen.model import LutNetwork, Source

ModelFile = Annotated[Path, typer.Argument(help="Model file, as lutgen train writes it.")]
Data = Annotated[str, typer.Option(help="Data set: a name (lutgen datasets), or a .npz or .csv.")]
Task = Annotated[str | None, typer.Option(help=f"Two classes out of many: {TASKS}.")]
DataDir = Annotated[
    Path | None, typer.Option(help="Folder that holds the data set; default: download it once.")
]
LabelColumn = Annotated[
    str | None, typer.Option(help="Column of labels in a .csv: name or number; default: last.")
]
TestFraction = Annotated[
    float, typer.Option(help="Share set aside for testing where the set has no test part.")
]
SplitSeed = Annotated[int, typer.Option(help="Seed of that split.")]
NoDownload = Annotated[bool, typer.Option("--no-download", help="Never download anything.")]

PARTS = ("test", "train", "all")


def load_source(source: Source, data_dir: Path | None = None, *, download: bool = True) -> Dataset:
    """Load the data set, with a progress bar if it is downloaded, and choose the task."""
    with output.downloading() as progress:
        dataset = load_dataset(
            source.data,
            data_dir=data_dir,
            download=download,
            label=source.label,
            test_fraction=source.test_fraction,
            split_seed=source.split_seed,
            progress=progress,
        )
    return apply_task(dataset, source.task)


_MHZ = {"hz": 1e-6, "khz": 1e-3, "mhz": 1.0, "ghz": 1e3}


def parse_frequency_mhz(text: str) -> float:
    """Parse ``200MHz``, ``48 MHz`` or ``0.2GHz``; "" is 0.

    Raises
    ------
    ConfigError
        If it is not of that form, or zero.
    """
    if not text:
        return 0.0
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,12})?)\s*([kmg]?hz)", text.strip().lower())
    if not match or not float(match[1]):
        raise ConfigError(f"a frequency must be a number with its unit, as in 200MHz; got {text!r}")
    return float(match[1]) * _MHZ[match[2]]


def parse_widths(text: str) -> tuple[int, ...]:
    """Parse ``1024x5`` or ``512,256x2``; "" is a network of its last LUT alone.

    Raises
    ------
    ConfigError
        If it is not of that form.
    """
    widths: list[int] = []
    for item in filter(None, text.replace(" ", "").split(",")):
        match = re.fullmatch(r"(\d{1,9})(?:x(\d{1,4}))?", item)
        if not match:
            raise ConfigError(
                f"widths must be LUTs a layer, as in 1024x5 or 512,256,256; got {text!r}"
            )
        widths += [int(match[1])] * int(match[2] or 1)
    return tuple(widths)


def samples_for(
    network: LutNetwork,
    source: Source | None,
    part: str,
    data_dir: Path | None = None,
    *,
    download: bool = True,
) -> tuple[str, NDArray[Any], NDArray[Any]]:
    """Return name, features and labels of the samples to test a model on.

    Without `source`, they are those that the model was trained on, parted in the same way.

    Raises
    ------
    ConfigError
        If there is no such part, or the model does not say what it was trained on.
    """
    if part not in PARTS:
        raise ConfigError(f"part must be one of {', '.join(PARTS)}, got {part!r}")
    if source is None:
        source = network.provenance.source
    if source is None:
        raise ConfigError("the model does not say what data it was trained on; name it with --data")
    dataset = load_source(source, data_dir, download=download)
    if part == "test":
        return dataset.name, dataset.X_test, dataset.y_test
    if part == "train":
        return dataset.name, dataset.X_train, dataset.y_train
    X = np.concatenate([dataset.X_train, dataset.X_test])
    return dataset.name, X, np.concatenate([dataset.y_train, dataset.y_test])


def class_numbers(network: LutNetwork, name: str, y: NDArray[Any]) -> NDArray[np.intp]:
    """Return the model's number of each label.

    Raises
    ------
    DataError
        If a label is none of the model's; `name` says where it is from.
    """
    matches = y[:, None] == network.classes
    unknown = ~matches.any(axis=1)
    if unknown.any():
        raise DataError(
            f"{name}: label {y[np.argmax(unknown)]!r} is not one of the model's, "
            f"{', '.join(map(str, network.classes))}; give the task that it was trained on (--task)"
        )
    numbers: NDArray[np.intp] = matches.argmax(axis=1)
    return numbers
