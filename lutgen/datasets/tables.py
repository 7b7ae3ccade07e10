"""Samples from files of the user's: ``.npz``, ``.npy`` and ``.csv``.

What comes out is a matrix of features, its shape before it was flattened, and a vector of labels.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.csv_table import read_csv
from lutgen.encode.encoder import as_matrix
from lutgen.errors import ConfigError, DataError

# What NumPy, its parser of headers, zipfile and zlib raise on damaged files.
_UNREADABLE = (
    ValueError,
    SyntaxError,
    TokenError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    RuntimeError,
    KeyError,
)


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled samples.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), dtype=np.uint8 or np.float64
    y : ndarray of shape (n_samples,)
        Labels, numbers or strings.
    feature_shape : tuple of int
        Shape of one sample before it was flattened (row-major).
    """

    X: NDArray[Any]
    y: NDArray[Any]
    feature_shape: tuple[int, ...]


def load_samples(path: Path, label: str | None = None) -> tuple[Samples, Samples | None]:
    """Read labelled samples from a ``.npz`` or ``.csv`` file.

    Parameters
    ----------
    path : Path
        A ``.npz`` file holds the arrays X and y, or X_train, y_train, X_test and y_test.
    label : str, optional
        Column of a ``.csv`` file that holds the labels; see :func:`read_csv`.

    Returns
    -------
    train : Samples
        All samples if the file does not part them.
    test : Samples or None

    Raises
    ------
    DataError
        If the file cannot be read, lacks an array, or holds features or labels of no use.
    ConfigError
        If there is no such column.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        table = read_csv(path, labelled=True, label=label)
        assert table.y is not None
        return Samples(table.X, table.y, (table.X.shape[1],)), None
    if suffix != ".npz":
        raise DataError(f"{path}: labelled samples are read from .npz or .csv files")
    if label is not None:
        raise ConfigError(f"{path}: a label column is named for .csv files only; here y tells it")
    arrays = read_arrays(path)
    if {"X_train", "y_train", "X_test", "y_test"} <= arrays.keys():
        return (
            _samples(path, arrays, "X_train", "y_train"),
            _samples(path, arrays, "X_test", "y_test"),
        )
    if {"X", "y"} <= arrays.keys():
        return _samples(path, arrays, "X", "y"), None
    raise DataError(
        f"{path}: needs the arrays X and y, or X_train, y_train, X_test and y_test; "
        f"found {', '.join(sorted(arrays)) or 'none'}"
    )


def _samples(path: Path, arrays: dict[str, NDArray[Any]], x_name: str, y_name: str) -> Samples:
    features, labels = arrays[x_name], arrays[y_name]
    X = _as_features(features, f"{path} ({x_name})")
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "biufU":
        raise DataError(
            f"{path} ({y_name}): labels must be a vector of numbers or strings, got "
            f"{labels.dtype} of shape {labels.shape}"
        )
    if labels.size != X.shape[0]:
        raise DataError(f"{path}: {X.shape[0]} samples in {x_name}, {labels.size} in {y_name}")
    if labels.dtype.kind == "f":
        labels = _whole_labels(labels, f"{path} ({y_name})")
    return Samples(X, labels, tuple(int(n) for n in features.shape[1:]))


def _whole_labels(labels: NDArray[np.floating[Any]], where: str) -> NDArray[np.int64]:
    bad = ~np.isfinite(labels) | (np.abs(labels) > 2**53) | (labels != np.rint(labels))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{where}: the label of row {row} is {labels[row]}; labels are whole numbers or strings"
        )
    return labels.astype(np.int64)


def _as_features(features: NDArray[Any], where: str) -> NDArray[Any]:
    """Flatten samples to rows of uint8 or float64, all finite."""
    if features.ndim > 2:
        features = features.reshape(features.shape[0], math.prod(features.shape[1:]))
    try:
        matrix = as_matrix(features)
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
    if matrix.dtype in (np.uint8, np.bool_):
        return matrix.astype(np.uint8, copy=False)
    return matrix.astype(np.float64, copy=False)


def read_arrays(path: Path, names: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
    """Read arrays of a ``.npz`` file, or the one of a ``.npy`` file under the name X.

    Parameters
    ----------
    names : sequence of str, optional
        Arrays to read, which must be there; by default all there are.

    Raises
    ------
    DataError
        If the file cannot be read or lacks one of these arrays.
    """
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return {"X": content}
        with content:
            lacking = [name for name in names or () if name not in content.files]
            if not lacking:
                return {name: content[name] for name in (names or content.files)}
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error
    except MemoryError as error:
        raise DataError(f"{path}: its arrays do not fit into memory") from error
    except _UNREADABLE as error:
        raise DataError(
            f"{path}: not a file of plain NumPy arrays, or damaged ({error}); write it with "
            "numpy.savez, without Python objects"
        ) from error
    raise DataError(f"{path}: lacks the array(s) {', '.join(lacking)}; get the file again")


def load_features(path: str | Path, n_features: int) -> NDArray[Any]:
    """Read samples without labels, for prediction.

    Parameters
    ----------
    path : path of a ``.npz`` (its array X, or its only one), ``.npy`` or ``.csv`` file
    n_features : int
        Columns that the samples must have; more dimensions than two are flattened first.

    Returns
    -------
    ndarray of shape (n_samples, n_features), dtype=np.uint8 or np.float64

    Raises
    ------
    DataError
        If the file cannot be read, is of another width, or holds what is not a finite number.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        matrix: NDArray[Any] = read_csv(path, labelled=False).X
        _check_width(path, matrix.shape[1], n_features)
        return matrix
    if suffix not in (".npz", ".npy"):
        raise DataError(f"{path}: samples are read from .npz, .npy or .csv files")
    arrays = read_arrays(path)
    if "X" not in arrays and len(arrays) != 1:
        raise DataError(
            f"{path}: needs an array X, or one array only; found "
            f"{', '.join(sorted(arrays)) or 'none'}"
        )
    name = "X" if "X" in arrays else next(iter(arrays))
    matrix = _as_features(arrays[name], f"{path} ({name})")
    _check_width(path, matrix.shape[1], n_features)
    return matrix


def _check_width(path: Path, found: int, expected: int) -> None:
    if found != expected:
        hint = "; is the last one the label? Leave it out" if found == expected + 1 else ""
        raise DataError(f"{path}: {found} columns, but the model takes {expected} features{hint}")
