"""Data sets by name or by path: features, labels, and how they were parted into train and test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.data.digits import read_digits
from lutgen.data.download import Progress, cache_folder, fetch_files
from lutgen.data.idx import read_idx
from lutgen.data.registry import IDX_FILES, REGISTRY, DatasetInfo, list_datasets
from lutgen.data.tables import Samples, load_samples
from lutgen.errors import ConfigError, DataError

__all__ = [
    "REGISTRY",
    "Dataset",
    "DatasetInfo",
    "list_datasets",
    "load_dataset",
    "split_samples",
]

_Parts = tuple[Samples, Samples | None]  # train and test; or all samples, yet to be parted


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
        Encoder that suits it, for :func:`lutgen.data.encode.fit_encoder`.
    split : str
        How it was parted into train and test, in words.
    """

    name: str
    X_train: NDArray[Any]
    y_train: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]
    feature_shape: tuple[int, ...]
    encoder: str
    split: str

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
    progress: Progress | None = None,
) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name_or_path : str
        A name of `REGISTRY`, or the path of a ``.npz`` or ``.csv`` file.
    data_dir : Path, optional
        Folder with the files of a named set, or with a folder of its name that holds them. By
        default they are downloaded into the cache: the folder $LUTGEN_DATA, or the user's cache.
    download : bool
        Whether files that are missing from the cache may be downloaded.
    test_fraction : float
        Share of the samples for testing, where the set has no test part of its own.
    split_seed : int
        Seed of that split.
    label : str, optional
        Name or number (from 1) of the column of labels of a ``.csv`` file; by default the last.
    progress : callable, optional
        Called while downloading with the file's name, the bytes so far and the bytes in all.

    Raises
    ------
    DataError
        If it cannot be read or downloaded, or holds what cannot be used.
    ConfigError
        If there is no such set, or an option does not go with it.
    """
    if not 0 < test_fraction < 1:
        raise ConfigError(f"test_fraction must lie between 0 and 1, got {test_fraction}")
    if split_seed < 0:
        raise ConfigError(f"split_seed must not be negative, got {split_seed}")
    info = REGISTRY.get(name_or_path)
    if info is None:
        name, encoder = Path(name_or_path).stem, "auto"
        train, test = _load_file(name_or_path, label)
        split = "parted by the file"
    else:
        if label is not None:
            raise ConfigError(
                f"{info.name} has labels of its own; name a label column for .csv only"
            )
        name, encoder = info.name, info.encoder
        train, test = _load_named(info, data_dir, download, progress)
        split = f"official {len(train.y):,} / {0 if test is None else len(test.y):,}"
    if test is None:
        train, test = split_samples(train, test_fraction, split_seed)
        split = f"seeded random split, {100 * test_fraction:g} % test, seed {split_seed}"
    if train.feature_shape != test.feature_shape:
        raise DataError(
            f"{name}: training samples have shape {train.feature_shape}, test samples "
            f"{test.feature_shape}; they must agree"
        )
    return Dataset(name, train.X, train.y, test.X, test.y, train.feature_shape, encoder, split)


def _load_file(path: str, label: str | None) -> _Parts:
    if Path(path).suffix.lower() not in (".npz", ".csv"):
        raise ConfigError(
            f"unknown data set {path!r}; give one of {', '.join(REGISTRY)}, or the path of a "
            ".npz or .csv file"
        )
    return load_samples(Path(path), label)


def _load_named(
    info: DatasetInfo, data_dir: Path | None, download: bool, progress: Progress | None
) -> _Parts:
    if not info.sha256:
        images, labels = read_digits()
        return _flatten(images, labels), None
    folder = _locate(info, data_dir, download, progress)
    return _read_pair(folder, *IDX_FILES[:2]), _read_pair(folder, *IDX_FILES[2:])


def _locate(
    info: DatasetInfo, data_dir: Path | None, download: bool, progress: Progress | None
) -> Path:
    """Return the folder that holds the files of a set, downloading them if need be."""
    if data_dir is not None:
        for folder in (data_dir, data_dir / info.name):
            if _find(folder, IDX_FILES[0]).exists():
                return folder
        raise DataError(f"{data_dir} lacks {IDX_FILES[0]}; {info.name} is {', '.join(IDX_FILES)}")
    folder = cache_folder() / info.name
    if download:
        try:
            fetch_files(folder, info.base_url, info.sha256, progress)
        except DataError as error:
            raise DataError(f"{error}; try again, or {_by_hand(info)}") from error
    elif not _find(folder, IDX_FILES[0]).exists():
        raise DataError(f"{info.name} is not in {folder}; allow the download, or {_by_hand(info)}")
    return folder


def _find(folder: Path, name: str) -> Path:
    """Return the path of a file, or of its unzipped form where only that is there."""
    zipped = folder / name
    plain = zipped.with_suffix("")
    return plain if plain.exists() and not zipped.exists() else zipped


def _by_hand(info: DatasetInfo) -> str:
    return f"name a folder (data_dir, --data-dir) that holds {', '.join(info.sha256)}"


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


def split_samples(samples: Samples, test_fraction: float, seed: int) -> tuple[Samples, Samples]:
    """Part samples into train and test at random, class by class, each in its order as before.

    Raises
    ------
    DataError
        If no class has enough samples to test with.
    """
    # The raw stream of a bit generator is the one that NumPy promises never to change.
    draws = np.random.PCG64(seed).random_raw(len(samples.y))
    is_test = np.zeros(len(samples.y), dtype=np.bool_)
    for label in np.unique(samples.y):
        members = np.flatnonzero(samples.y == label)
        n_test = min(round(test_fraction * members.size), members.size - 1)
        is_test[members[np.argsort(draws[members], kind="stable")[:n_test]]] = True
    if not is_test.any():
        raise DataError(
            f"{len(samples.y)} samples are too few to set {100 * test_fraction:g} % of each class "
            "aside for testing; give more, or a larger share"
        )
    train, test = (
        Samples(samples.X[rows], samples.y[rows], samples.feature_shape)
        for rows in (~is_test, is_test)
    )
    return train, test
