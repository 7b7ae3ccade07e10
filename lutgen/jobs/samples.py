"""Samples for the other jobs: a data set as a model was trained on it, or another one."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.columns import Known
from lutgen.datasets.content import STDIN
from lutgen.datasets.labels import match_labels
from lutgen.datasets.load import Dataset, is_file, load_dataset
from lutgen.datasets.table import TableOptions
from lutgen.datasets.tasks import AS_CLASSES, REGRESSION, apply_task, look_like_numbers
from lutgen.errors import ConfigError, DataError
from lutgen.jobs.progress import SILENT, Count, Progress
from lutgen.learn.scores import explained
from lutgen.model import LutNetwork, Source, Sum

PARTS = ("test", "train", "all")
AUTO = "auto"


def table_options(source: Source) -> TableOptions:
    """Return how the table of a source is to be read."""
    return TableOptions(
        label=source.label,
        label_index=None if source.label else source.label_index,  # both where both were found
        header=source.header,
        keep=source.keep,
        missing=source.missing,
        encoding=source.encoding,
        delimiter=source.delimiter,
        decimal=source.decimal,
    )


def known_of(network: LutNetwork) -> Known:
    """Return what a model knows of the table that it was learnt from."""
    source = network.provenance.source or Source("")
    window = network.encoder.window
    return Known(
        network.feature_names if window is None else window.channels,
        network.encoder.n_features if window is None else window.n_channels,
        source.label or "",
        source.label_index,
        network.categories,
        missing=network.encoder.missing is not None,
        length=0 if window is None else window.length,
    )


def load_source(
    source: Source,
    data_dir: Path | None = None,
    *,
    known: Known | None = None,
    window: int = 0,
    download: bool = True,
    progress: Progress = SILENT,
) -> Dataset:
    """Load a data set, downloading it if need be, and choose the task.

    Parameters
    ----------
    known : Known, optional
        The model that the samples are for: features of a table are found by their names.
    window : int
        Steps of the windows that samples are to be, where there is no model yet; 0: they are none.

    Raises
    ------
    DataError, ConfigError
        As :func:`lutgen.datasets.load.load_dataset`, or if the task does not fit.
    """
    dataset = _load(
        source, data_dir, known=known, window=window, download=download, progress=progress
    )
    return apply_task(dataset, source.task, training=known is None)


def load_classes_or_numbers(
    source: Source,
    data_dir: Path | None = None,
    *,
    window: int = 0,
    download: bool = True,
    progress: Progress = SILENT,
) -> tuple[Source, Dataset]:
    """Load a data set to learn from; numbers that are hardly classes are taken as numbers.

    That is said, and stands in the source that is returned.

    Raises
    ------
    DataError, ConfigError
        As :func:`load_source`.
    """
    dataset = _load(source, data_dir, window=window, download=download, progress=progress)
    y = np.concatenate([dataset.y_train, dataset.y_test])
    if source.task is None and look_like_numbers(y):
        column = f"column {dataset.label}" if dataset.label else "the labels"
        progress.say(
            f"{dataset.name}: {column}, {np.unique(y).size} different numbers of {y.size} samples, "
            f"is taken as numbers to answer (--task {REGRESSION}); --task {AS_CLASSES} learns each "
            "as a class"
        )
        source = replace(source, task=REGRESSION)
        dataset = _load(source, data_dir, window=window, download=download, progress=SILENT)
    return source, apply_task(dataset, source.task)


def _load(
    source: Source,
    data_dir: Path | None,
    *,
    known: Known | None = None,
    window: int = 0,
    download: bool,
    progress: Progress,
) -> Dataset:
    with ExitStack() as shown:
        counts: dict[str, Count] = {}

        def downloading(name: str, done: int, total: int) -> None:
            if name not in counts:
                shown.close()
                counts[name] = shown.enter_context(progress.count(name, "bytes"))
            counts[name](done, total)

        return load_dataset(
            source.data,
            data_dir=data_dir,
            download=download,
            test_fraction=source.test_fraction,
            split_seed=source.split_seed,
            options=table_options(source),
            test_data=source.test_data,
            known=known,
            numbers=source.task == REGRESSION,
            window=window or (known.length if known else 0),
            progress=downloading,
            say=progress.say,
        )


def origin(source: Source, dataset: Dataset) -> Source:
    """Return a source that says what was found of a table, so that it is read again as it was."""
    if not dataset.is_file:
        return source
    return replace(
        source,
        label=dataset.label or None,
        label_index=dataset.label_index,
        sha256=dataset.sha256,
    )


@dataclass(frozen=True, eq=False)
class Chosen:
    """Samples to test a model on.

    Parameters
    ----------
    name : str
        Of the data set.
    part : str
        Which part of it they are.
    split : str
        How it was parted, in words; "" if the part is all.
    X, y : ndarray
        Features and labels.
    feature_shape : tuple of int
        Shape of a sample before it became a row, e.g. rows and columns of an image.
    """

    name: str
    part: str
    split: str
    X: NDArray[Any]
    y: NDArray[Any]
    feature_shape: tuple[int, ...] = ()


def samples_for(
    network: LutNetwork,
    source: Source | None = None,
    part: str = AUTO,
    data_dir: Path | None = None,
    *,
    download: bool = True,
    progress: Progress = SILENT,
) -> Chosen:
    """Return the samples to test a model on.

    Without `source`, they are those that the model was trained on, parted in the same way.

    Parameters
    ----------
    part : {"auto", "test", "train", "all"}
        ``auto``: all of a file that is not the one learnt from, else the test part.

    Raises
    ------
    ConfigError
        If there is no such part, or the model does not say what it was trained on.
    DataError
        If the file that the model was trained on holds something else now.
    """
    if part not in (AUTO, *PARTS):
        raise ConfigError(f"part must be one of {', '.join(PARTS)}, got {part!r}")
    own = network.provenance.source
    load = partial(dataset_for, network, data_dir=data_dir, download=download)
    if source is None or not is_file(source.data):
        dataset = load(source, progress=progress, part=part)
    else:
        whole = source if part in ("test", "train") else replace(source, test_fraction=0)
        dataset = load(whole, progress=progress, part=part)
        if own is not None and own.sha256 == dataset.sha256 and not dataset.parted_by_file:
            part, source = _parted_as_learnt(source, own, part, progress)
            dataset = load(source, part=part)
        else:
            part = _part_of_file(source, own, dataset, part, progress)
    part = "test" if part == AUTO else part
    X, y = samples_of(dataset, part)
    if not len(X):
        what = f"{dataset.name} has no samples in its {part} part ({dataset.split})"
        raise DataError(f"{what}; name another part with --part, or other data with --data")
    split = "" if part == "all" else dataset.split
    return Chosen(dataset.name, part, split, X, y, tuple(dataset.feature_shape))


def dataset_for(
    network: LutNetwork,
    source: Source | None,
    data_dir: Path | None = None,
    *,
    download: bool = True,
    progress: Progress = SILENT,
    part: str = "train",
) -> Dataset:
    """Load a data set for a model, which its columns are put in the order of.

    Without `source`, it is the one that the model was trained on.

    Raises
    ------
    ConfigError
        If the model does not say what it was trained on.
    DataError
        If the file that the model was trained on holds something else now.
    """
    own = network.provenance.source
    chosen = source or own
    if chosen is None:
        raise ConfigError("the model does not say what data it was trained on; name it with --data")
    if source is None and chosen.data == STDIN:
        raise ConfigError(
            "the model was trained on what came from stdin; name its data with --data"
        )
    if own is not None and own.task == REGRESSION and chosen.task is None:
        chosen = replace(chosen, task=REGRESSION)
    dataset = load_source(
        chosen, data_dir, known=known_of(network), download=download, progress=progress
    )
    if source is None and own is not None and own.sha256 not in ("", dataset.sha256):
        if part != "all":
            raise DataError(
                f"{own.data} is not what the model was trained on any more, so its parts are not "
                f"those of the training; measure on all of it with --data {own.data}"
            )
        progress.say(f"{own.data} is not what the model was trained on any more")
    return dataset


def _part_of_file(
    source: Source, own: Source | None, dataset: Dataset, part: str, progress: Progress
) -> str:
    """Return which part to take of a file that the model was not trained on."""
    if part != AUTO:
        return part
    if dataset.parted_by_file:
        progress.say(f"{dataset.name} parts its samples itself; its test part is taken")
        return "test"
    if own is not None and not own.sha256:
        progress.say(
            f"the model does not say what its training file held: all of {source.data} is scored, "
            "also what the model may have been trained on; --part test takes a part"
        )
    return "all"


def _parted_as_learnt(
    source: Source, own: Source, part: str, progress: Progress
) -> tuple[str, Source]:
    """Return the part to take of the file that a model was trained on, and how it was parted."""
    if part != "all" and (own.test_data is not None or not own.test_fraction):
        if part != "train":
            raise ConfigError(
                f"the model was trained on all samples of {source.data}; score others with --data, "
                "or these with --part all"
            )
        return "all", source
    parted = replace(source, test_fraction=own.test_fraction, split_seed=own.split_seed)
    default = Source("")
    told = (source.test_fraction, source.split_seed)
    if told not in (
        (default.test_fraction, default.split_seed),
        (own.test_fraction, own.split_seed),
    ):
        raise ConfigError(
            f"{source.data} is what the model was trained on, with --test-fraction "
            f"{own.test_fraction:g} --split-seed {own.split_seed}: give these, or leave them out, "
            "lest samples are scored that it was trained on"
        )
    if part == AUTO:
        progress.say(
            f"{source.data} is what the model was trained on: the test part of that split is "
            "taken; --part all takes all of it"
        )
    return ("test" if part == AUTO else part), parted


def samples_of(dataset: Dataset, part: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return features and labels of a part of a data set: test, train or all."""
    if part == "test":
        return dataset.X_test, dataset.y_test
    if part == "train":
        return dataset.X_train, dataset.y_train
    X = np.concatenate([dataset.X_train, dataset.X_test])
    return X, np.concatenate([dataset.y_train, dataset.y_test])


def class_numbers(network: LutNetwork, name: str, y: NDArray[Any]) -> NDArray[np.intp]:
    """Return the model's number of each label, which is told by what it means: 1.0 is 1.

    Raises
    ------
    DataError
        If a label is none of the model's; `name` says where it is from.
    """
    numbers = match_labels(y, network.classes)
    unknown = numbers < 0
    if unknown.any():
        labels = list(dict.fromkeys(map(str, y[unknown].tolist())))
        raise DataError(
            f"{name}: label {labels[0]!r} is not one of the model's, "
            f"{', '.join(map(str, network.classes))} ({int(unknown.sum())} of {len(y)} samples); "
            "name the column of labels (--label), or the task that it was trained on (--task)"
        )
    return numbers


def share_right(network: LutNetwork, X: NDArray[Any], y: NDArray[Any]) -> float | None:
    """Return the share of samples answered rightly; None of no samples.

    A label that the model does not know is answered wrongly. Of a model that answers numbers it is
    R² or, of one that was learnt by a quantile's loss, D².
    """
    if not len(y):
        return None
    if isinstance(network.head, Sum):
        told = network.provenance.parameters
        quantile = told.get("quantile", 0.5) if network.provenance.metric == "D²" else None
        return explained(y, network.predict(X), quantile)
    predicted = network.class_numbers(X)
    return float((predicted == match_labels(y, network.classes)).mean())
