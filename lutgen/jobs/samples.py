"""Samples for the other jobs: a data set as a model was trained on it, or another one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.load import Dataset, load_dataset
from lutgen.datasets.tasks import apply_task
from lutgen.errors import ConfigError, DataError
from lutgen.jobs.progress import SILENT, Count, Progress
from lutgen.model import LutNetwork, Source

PARTS = ("test", "train", "all")


def load_source(
    source: Source,
    data_dir: Path | None = None,
    *,
    download: bool = True,
    progress: Progress = SILENT,
) -> Dataset:
    """Load a data set, downloading it if need be, and choose the task.

    Raises
    ------
    DataError, ConfigError
        As :func:`lutgen.datasets.load.load_dataset`, or if the task does not fit.
    """
    with ExitStack() as shown:
        counts: dict[str, Count] = {}

        def downloading(name: str, done: int, total: int) -> None:
            if name not in counts:
                shown.close()
                counts[name] = shown.enter_context(progress.count(name, "bytes"))
            counts[name](done, total)

        dataset = load_dataset(
            source.data,
            data_dir=data_dir,
            download=download,
            label=source.label,
            test_fraction=source.test_fraction,
            split_seed=source.split_seed,
            progress=downloading,
        )
    return apply_task(dataset, source.task)


def samples_for(
    network: LutNetwork,
    source: Source | None = None,
    part: str = "test",
    data_dir: Path | None = None,
    *,
    download: bool = True,
    progress: Progress = SILENT,
) -> tuple[str, NDArray[Any], NDArray[Any]]:
    """Return name, features and labels of the samples to test a model on.

    Without `source`, they are those that the model was trained on, parted in the same way.

    Parameters
    ----------
    part : {"test", "train", "all"}

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
    dataset = load_source(source, data_dir, download=download, progress=progress)
    return (dataset.name, *samples_of(dataset, part))


def samples_of(dataset: Dataset, part: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return features and labels of a part of a data set: test, train or all."""
    if part == "test":
        return dataset.X_test, dataset.y_test
    if part == "train":
        return dataset.X_train, dataset.y_train
    X = np.concatenate([dataset.X_train, dataset.X_test])
    return X, np.concatenate([dataset.y_train, dataset.y_test])


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
