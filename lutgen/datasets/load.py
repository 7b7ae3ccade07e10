"""Data sets by name or by path: features, labels, and how they were parted into train and test."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.cifar import read_cifar10
from lutgen.datasets.columns import Known
from lutgen.datasets.content import STDIN
from lutgen.datasets.digits import read_digits
from lutgen.datasets.download import CACHE_VARIABLE, Progress, cache_folder, fetch_files
from lutgen.datasets.idx import read_idx
from lutgen.datasets.labels import match_labels
from lutgen.datasets.named import Parts, read_iwls2020, read_jsc, read_uci, read_unsw
from lutgen.datasets.registry import (
    IDX_FILES,
    REGISTRY,
    DatasetInfo,
    find_dataset,
    known_names,
    list_datasets,
)
from lutgen.datasets.series import windows_of
from lutgen.datasets.split import split_rows
from lutgen.datasets.table import AS_FOUND, BIT, REFUSE, TableOptions
from lutgen.datasets.tables import Samples, Say, load_samples
from lutgen.encode.window import column_names
from lutgen.errors import ConfigError, DataError

__all__ = [
    "REGISTRY",
    "Dataset",
    "DatasetInfo",
    "is_file",
    "list_datasets",
    "load_dataset",
    "split_samples",
]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test samples.

    Parameters
    ----------
    name : str
    X_train, X_test : ndarray of shape (n_samples, n_features), dtype=np.uint8 or np.float64
    y_train, y_test : ndarray of shape (n_samples,)
        Labels, numbers or strings.
    feature_shape : tuple of int
        Shape of one sample before it was flattened, row-major: (28, 28) for images, (3, 32, 32)
        for channels first, (n_features,) for tables.
    encoder : str
        Encoder that suits it, for :func:`lutgen.encode.encoder.fit_encoder`.
    split : str
        How it was parted into train and test, in words.
    feature_names : tuple of str
        A name for each feature; empty if they have none.
    label : str
        Name of the column of labels of a table; "" if it has none.
    label_index : int or None
        Its place, from 1.
    sha256 : str
        Digest of the samples of a user's file, before they were parted; "" of a named set.
    is_file : bool
        Whether the samples are a user's file.
    parted_by_file : bool
        Whether train and test part were told apart by the file, or are two files.
    categories : mapping of str to tuple of str
        Values of the columns of texts of a table; each value is a feature of 0 and 1.
    channels : tuple of str
        Names of the channels, where samples are windows of series, and they have any.
    windows_each : int
        Windows of each series, which stand together; 0 where all are of one series, in the order of
        time, or samples are no windows.
    """

    name: str
    X_train: NDArray[Any]
    y_train: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]
    feature_shape: tuple[int, ...]
    encoder: str
    split: str
    feature_names: tuple[str, ...] = ()
    label: str = ""
    label_index: int | None = None
    sha256: str = ""
    is_file: bool = False
    parted_by_file: bool = False
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    windows_each: int = 0

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self.X_train.shape[1])


def load_dataset(
    name_or_path: str,
    *,
    data_dir: Path | None = None,
    download: bool = True,
    test_fraction: float = 0.2,
    split_seed: int = 0,
    label: str | None = None,
    options: TableOptions = AS_FOUND,
    test_data: str | None = None,
    known: Known | None = None,
    numbers: bool = False,
    window: int = 0,
    progress: Progress | None = None,
    say: Say | None = None,
) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name_or_path : str
        A name of `REGISTRY` (for its ``iwls2020:exNN`` one of ``iwls2020:ex00`` to
        ``iwls2020:ex99``), or the path of a file, which is read by what it holds; see
        :func:`lutgen.datasets.tables.load_samples`.
    data_dir : Path, optional
        Folder with the files of a named set, or with a folder of its name that holds them; it is
        read only. The default is the folder $LUTGEN_DATA, or the user's cache: what is there is
        read from there likewise, and what is missing is downloaded into a folder of the set's name.
    download : bool
        Whether files that are missing may be downloaded.
    test_fraction : float
        Share of the samples for testing, where the set has no test part of its own; 0 for none.
    split_seed : int
        Seed of that split.
    label : str, optional
        Name or place (from 1) of the column of labels of a table, as in `options`.
    options : TableOptions
        How a table is to be read.
    test_data : str, optional
        Path of a file whose samples are for testing; then none are set aside.
    known : Known, optional
        The model that the samples are for: features of a table are found by their names.
    numbers : bool
        Whether labels are numbers to answer, no classes: then rows are parted at random alone.
    window : int
        Make samples of so many steps of a series: of many series (a ``.ts`` file, or X of shape
        series, steps, channels) all full windows of each; else the rows are the steps of one
        series, in the order of time, and the last of them are for testing. 0: samples are as they
        are.
    progress : callable, optional
        Called while downloading with the file's name, the bytes so far and the bytes in all.
    say : callable, optional
        Takes what was guessed of a table, a line each.

    Raises
    ------
    DataError
        If it cannot be read or downloaded, or holds what cannot be used.
    ConfigError
        If there is no such set, or an option does not go with it.
    """
    if not 0 <= test_fraction < 1:
        raise ConfigError(
            f"test_fraction must lie between 0 and 1, got {test_fraction}; 0 sets none aside"
        )
    if split_seed < 0:
        raise ConfigError(f"split_seed must not be negative, got {split_seed}")
    if label is not None:
        options = replace(options, label=label)
    info = _named(name_or_path)
    if info is None:
        name, encoder = _title(name_or_path), "auto"
        _require_file(name_or_path)
        train, test = load_samples(name_or_path, options, known=known, say=say)
        split = "parted by the file"
    else:
        if options != AS_FOUND:
            raise ConfigError(
                f"{info.name} has labels of its own; options of tables, such as --label, are for "
                "files"
            )
        name, encoder = info.name, info.encoder
        train, test, note = _load_named(info, data_dir, download, progress)
        split = f"official {len(train.y):,} / {0 if test is None else len(test.y):,}"
        split += f"; {note}" if note else ""
    if window and options.missing != REFUSE:
        raise ConfigError("series with missing values have no windows; replace these values")
    digest = "" if info else samples_digest(train)
    parted = test is not None or test_data is not None
    if test_data is not None:
        if test is not None:
            raise ConfigError(f"{name} has a test part of its own; leave out --test-data")
        test = _load_test(test_data, train, options, say)
        train, test = (train, test) if numbers else _alike(train, test)
        split = f"test part is {test_data}, {len(test.y):,} samples"
    elif test is None:
        seed = None if window and not _n_steps(train) else split_seed
        train, test, split = _part(train, test_fraction, seed, numbers=numbers)
    if info is None and say is not None and not numbers:
        _say_unknown(name, train, test, say)
    if train.feature_shape != test.feature_shape:
        raise DataError(
            f"{name}: training samples have shape {train.feature_shape}, test samples "
            f"{test.feature_shape}; they must agree"
        )
    dataset = Dataset(
        name,
        train.X,
        train.y,
        test.X,
        test.y,
        train.feature_shape,
        encoder,
        split,
        feature_names=train.names,
        label=train.label,
        label_index=train.label_index,
        sha256=digest,
        is_file=info is None,
        parted_by_file=parted,
        categories=train.categories,
    )
    return _in_windows(dataset, window, _n_steps(train)) if window else dataset


def _part(
    samples: Samples, test_fraction: float, seed: int | None, *, numbers: bool
) -> tuple[Samples, Samples, str]:
    """Return training and test samples, and in words how they were parted: by time if no seed."""
    if not test_fraction:
        rows = np.arange(0)
        return samples, replace(samples, X=samples.X[rows], y=samples.y[rows]), "no test part"
    split = (
        f"by time, the last {100 * test_fraction:g} % test"
        if seed is None
        else f"seeded random split, {100 * test_fraction:g} % test, seed {seed}"
    )
    return *split_samples(samples, test_fraction, seed, numbers=numbers), split


def _n_steps(samples: Samples) -> int:
    """Return the steps of each sample, where it is a whole series; else 0."""
    shape = samples.feature_shape
    return samples.n_steps or (shape[0] if len(shape) == 2 else 0)


def _in_windows(dataset: Dataset, length: int, n_steps: int) -> Dataset:
    """Return a data set whose samples are windows of its series; `n_steps` 0: its rows are one."""
    longest = n_steps or len(dataset.X_train)
    if length > longest:
        raise ConfigError(
            f"{dataset.name}: a window of {length} steps, but the series has {longest}"
        )
    if n_steps and dataset.n_features % n_steps:
        raise DataError(f"{dataset.name}: samples of shape {dataset.feature_shape} are no series")
    X_train, y_train = windows_of(dataset.X_train, dataset.y_train, length, n_steps)
    X_test, y_test = windows_of(dataset.X_test, dataset.y_test, length, n_steps)
    return replace(
        dataset,
        X_train=X_train,
        y_train=y_train,
        X_test=X_test,
        y_test=y_test,
        feature_shape=X_train.shape[1:],
        split=f"{dataset.split}; windows of {length} steps",
        feature_names=column_names(dataset.feature_names, length),
        channels=dataset.feature_names,
        windows_each=max(n_steps - length + 1, 0),
    )


def is_file(name_or_path: str) -> bool:
    """Whether a data set is a file of the user's, or stdin, and not a named one."""
    return _named(name_or_path) is None


def _named(name_or_path: str) -> DatasetInfo | None:
    """Return a named set; a path, or a file that is there, is none unless it is so called."""
    if name_or_path == STDIN or (
        ("/" in name_or_path or "." in name_or_path) and Path(name_or_path).is_file()
    ):
        return None
    return find_dataset(name_or_path)


def _title(path: str) -> str:
    return "stdin" if path == STDIN else Path(path).stem


def _require_file(path: str) -> None:
    if path == STDIN or Path(path).exists() or "/" in path or Path(path).suffix:
        return
    raise ConfigError(
        f"unknown data set {path!r}; give one of {known_names()}, or the path of a file"
    )


def _load_test(path: str, train: Samples, options: TableOptions, say: Say | None) -> Samples:
    known = Known(
        train.names,
        train.X.shape[1],
        train.label,
        train.label_index,
        train.categories,
        missing=options.missing == BIT,
    )
    _require_file(path)
    test, parts = load_samples(path, options, known=known, say=say)
    if parts is not None:
        raise ConfigError(f"{path}: --test-data is one set of samples, this file parts its own")
    return test


def _say_unknown(name: str, train: Samples, test: Samples, say: Say) -> None:
    unknown = match_labels(test.y, np.unique(train.y)) < 0
    if unknown.any() and test.y.dtype.kind != "f":
        labels = ", ".join(map(str, np.unique(test.y[unknown])[:8].tolist()))
        say(
            f"{name}: {int(unknown.sum())} of {len(test.y)} test samples have labels that no "
            f"training sample has ({labels}); none of them can be answered rightly"
        )


def _alike(train: Samples, test: Samples) -> tuple[Samples, Samples]:
    """Return both with labels of one kind: those of the test part as training has them."""
    classes = np.unique(train.y)
    numbers = match_labels(test.y, classes)
    if (numbers >= 0).all():
        return train, replace(test, y=classes[numbers])
    if train.y.dtype.kind == test.y.dtype.kind:
        return train, test
    found = str(test.y[np.argmax(numbers < 0)])
    raise DataError(
        f"the test samples have a label {found!r} which the training samples have not: "
        f"{', '.join(map(str, classes[:12]))}"
    )


def samples_digest(samples: Samples) -> str:
    """Return the SHA-256 (hex) of features and labels, the same whatever file holds them."""
    sha = hashlib.sha256(f"lutgen samples 1 {samples.X.shape}".encode())
    for start in range(0, len(samples.X), 4096):
        values = samples.X[start : start + 4096].astype("<f8", order="C")
        values[np.isnan(values)] = np.nan  # there are many
        sha.update((values + 0.0).tobytes())  # -0.0 is 0.0
    sha.update("\0".join(map(str, samples.y.tolist())).encode())
    return sha.hexdigest()


def _load_named(
    info: DatasetInfo, data_dir: Path | None, download: bool, progress: Progress | None
) -> Parts:
    family, _, member = info.name.partition(":")
    if family == "digits":
        images, labels = read_digits()
        return _flatten(images, labels), None, ""
    folder = _locate(info, data_dir, download, progress)
    path = folder / info.npz
    readers: dict[str, Callable[[], Parts]] = {
        "cifar10": lambda: read_cifar10(folder, 1),
        "cifar10_u4": lambda: read_cifar10(folder, 4),
        "cifar10_u8": lambda: read_cifar10(folder, 8),
        "unsw_nb15": lambda: read_unsw(path, attacks=False),
        "unsw_nb15_attack": lambda: read_unsw(path, attacks=True),
        "uci": lambda: read_uci(path, member),
        "jsc": lambda: read_jsc(path),
        "iwls2020": lambda: read_iwls2020(path, member),
    }
    if family in readers:
        return readers[family]()
    return _read_pair(folder, *IDX_FILES[:2]), _read_pair(folder, *IDX_FILES[2:]), ""


def _locate(
    info: DatasetInfo, data_dir: Path | None, download: bool, progress: Progress | None
) -> Path:
    """Return the folder that holds the files of a set, downloading those that are missing."""
    root = cache_folder() if data_dir is None else data_dir
    own = root / (info.folder or info.name)
    for folder in (root, own):
        if info.npz and (folder / info.npz).exists():
            return folder
    if not info.sha256:
        raise DataError(
            f"{info.name} is not in {root if data_dir else own}: {info.npz} is missing, and it "
            f"cannot be downloaded; {info.how_to_get}; put it there, or {_by_hand(info)}"
        )
    first = next(iter(info.sha256))
    for folder in (root, own):
        wanted = [first] if data_dir else info.sha256
        if all(_find(folder, name).exists() for name in wanted):
            return folder  # also one that cannot be written
    if data_dir is not None:
        raise DataError(
            f"{data_dir} lacks {first}; {info.name} is {_files(info)}; without --data-dir "
            f"(data_dir) it is downloaded to ${CACHE_VARIABLE}, or the user's cache"
        )
    if not download:
        raise DataError(f"{info.name} is not in {own}; allow the download, or {_by_hand(info)}")
    try:
        fetch_files(own, info.base_url, info.sha256, progress)
    except DataError as error:
        raise DataError(f"{error}; try again, or {_by_hand(info)}") from error
    return own


def _find(folder: Path, name: str) -> Path:
    """Return the path of a file, or of its unzipped form where only that is there."""
    zipped = folder / name
    plain = zipped.with_suffix("")
    return plain if plain.exists() and not zipped.exists() else zipped


def _by_hand(info: DatasetInfo) -> str:
    return f"name a folder (${CACHE_VARIABLE}, --data-dir, data_dir) that holds {_files(info)}"


def _files(info: DatasetInfo) -> str:
    files = ", ".join(info.sha256)
    return " or ".join(name for name in (files, info.npz) if name)


def _read_pair(folder: Path, images_name: str, labels_name: str) -> Samples:
    images = read_idx(_find(folder, images_name), 3)
    labels = read_idx(_find(folder, labels_name), 1)
    if len(images) != len(labels):
        raise DataError(
            f"{folder}: {len(images)} images in {images_name}, {len(labels)} labels in "
            f"{labels_name}; get both files again"
        )
    return _flatten(images, labels)


def _flatten(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Samples:
    height, width = images.shape[1:]
    return Samples(images.reshape(len(images), height * width), labels, (height, width))


def split_samples(
    samples: Samples, share: float, seed: int | None, *, numbers: bool = False
) -> tuple[Samples, Samples]:
    """Part samples at random, class by class unless labels are numbers, in their order as before.

    Parameters
    ----------
    share, seed
        As in :func:`lutgen.datasets.split.split_rows`.

    Returns
    -------
    kept, aside : Samples
        For training, and for testing or validation.

    Raises
    ------
    DataError
        If no class has enough samples.
    """
    kept, aside = (
        replace(samples, X=samples.X[rows], y=samples.y[rows])
        # numbers with fractions are no classes yet: a task makes classes of them
        for rows in split_rows(
            samples.y, share, seed, stratified=not numbers and samples.y.dtype.kind != "f"
        )
    )
    return kept, aside
