"""Samples from files of the user's, whatever holds them: text, Arrow, ARFF, NumPy or IDX.

What comes out is a matrix of features, its shape before it was flattened, and a vector of labels.
"""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.arff import read_arff
from lutgen.datasets.arrow_table import read_arrow
from lutgen.datasets.columns import Known, choose_columns
from lutgen.datasets.content import Content, read_content
from lutgen.datasets.idx import parse_idx
from lutgen.datasets.labels import labels_of, plain_numbers
from lutgen.datasets.series import LabelledSeries, read_ts, windows_of
from lutgen.datasets.table import (
    AS_FOUND,
    BIT,
    DROP,
    ArrayColumn,
    Table,
    TableOptions,
    is_missing,
)
from lutgen.datasets.text_table import read_text
from lutgen.encode.encoder import as_matrix
from lutgen.encode.window import sliding
from lutgen.errors import ConfigError, DataError

Say = Callable[[str], None]

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
    TypeError,
    OverflowError,
)


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled samples.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), dtype=np.uint8 or np.float64
        NaN where a value is missing.
    y : ndarray of shape (n_samples,)
        Labels, numbers or strings.
    feature_shape : tuple of int
        Shape of one sample before it was flattened (row-major).
    names : tuple of str
        A name for each feature; empty if they have none.
    label : str
        Name of the column of labels; "" if it has none.
    label_index : int or None
        Its place, from 1; None if the labels are in no column.
    categories : mapping of str to tuple of str
        Values of the columns of texts; each value is a feature of 0 and 1.
    n_steps : int
        Where each sample is a whole series, its steps; the channels of a step stand together. Else
        0.
    """

    X: NDArray[Any]
    y: NDArray[Any]
    feature_shape: tuple[int, ...]
    names: tuple[str, ...] = ()
    label: str = ""
    label_index: int | None = None
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    n_steps: int = 0


def load_samples(
    path: str | Path,
    options: TableOptions = AS_FOUND,
    *,
    known: Known | None = None,
    say: Say | None = None,
) -> tuple[Samples, Samples | None]:
    """Read labelled samples from a file, by what it holds and not by its name.

    Parameters
    ----------
    path : str or Path
        A table in text (CSV and its kin, ARFF), Parquet, Feather, Arrow or ``.npy``; a ``.npz``
        with the arrays X and y, or X_train, y_train, X_test and y_test, in either case; or images
        in IDX, with their labels in a file beside; or series of one length (``.ts``). ``-`` is
        stdin. All may be packed by gzip.
    options : TableOptions
        How a table is to be read.
    known : Known, optional
        The model that the samples are for: features are found by their names.
    say : callable, optional
        Takes what was guessed, a line each.

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
    content = read_content(path)
    if content.kind in ("npz", "idx", "ts"):
        if options.label is not None or options.label_index is not None:
            raise ConfigError(
                f"{path}: a label column is named for tables only; "
                + {"npz": "here y tells it", "idx": "these are images", "ts": "these are series"}[
                    content.kind
                ]
            )
        if content.kind == "ts":
            series = read_ts(content)
            return Samples(
                _flat(series), series.y, series.X.shape[1:], n_steps=series.X.shape[1]
            ), None
        if content.kind == "idx":
            return _labelled_images(Path(path), content), None
        if known is not None and known.missing and options.missing != DROP:
            options = replace(options, missing=BIT)
        return _of_arrays(content, options)
    table = _read_table(content, options, known, labelled=True, say=say)
    chosen = choose_columns(table, options, labelled=True, known=known, say=say)
    assert chosen.y is not None
    samples = Samples(
        chosen.X,
        chosen.y,
        (chosen.X.shape[1],),
        chosen.names,
        chosen.label,
        chosen.label_index,
        chosen.categories,
    )
    return samples, None


def load_features(
    path: str | Path,
    known: Known,
    options: TableOptions = AS_FOUND,
    *,
    say: Say | None = None,
) -> NDArray[Any]:
    """Read samples without labels, for prediction.

    Of a model of windows, the rows of a table are the steps of one series, and there is a sample
    for each; see :func:`lutgen.encode.window.sliding`. Of a file of many series, each gives its
    full windows.

    Parameters
    ----------
    path : str or Path
        As for :func:`load_samples`; a ``.npz`` holds an array X, or one only.
    known : Known
        The model's features; more dimensions than two are flattened first.
    options : TableOptions
        How a table is to be read; a column of labels that it names is left out.
    say : callable, optional
        Takes what was guessed, a line each.

    Returns
    -------
    ndarray of shape (n_samples, n_features), dtype=np.uint8 or np.float64

    Raises
    ------
    DataError
        If the file cannot be read, lacks a feature, or holds what is not a finite number.
    """
    content = read_content(path)
    if content.kind == "ts":
        return _features_of_series(content, known, say)
    rows = _feature_rows(content, known, options, say=say)
    if not known.length:
        return rows
    if say is not None:
        say(
            f"{content.path}: a window has {known.length} steps; for the first {known.length - 1} "
            "answers the first step is taken to have stood before"
        )
    return sliding(rows, known.length)


def _features_of_series(content: Content, known: Known, say: Say | None) -> NDArray[Any]:
    series = read_ts(content)
    n_steps, n_channels = series.X.shape[1:]
    if known.n_features != (n_channels if known.length else n_steps * n_channels):
        raise DataError(
            f"{content.path}: series of {n_steps} steps of {n_channels} channel(s), but the model "
            f"takes {known.n_features} {'channels' if known.length else 'features'}"
        )
    if not known.length:
        return _flat(series)
    X, _ = windows_of(_flat(series), series.y, known.length, n_steps)
    if say is not None:
        say(
            f"{content.path}: {len(X) // len(series.X)} window(s) of each of {len(series.X)} series"
        )
    return X


def _flat(series: LabelledSeries) -> NDArray[np.float64]:
    """Return a row a series, the channels of a step together."""
    return np.ascontiguousarray(series.X).reshape(len(series.X), -1)


def _feature_rows(
    content: Content, known: Known, options: TableOptions, *, say: Say | None
) -> NDArray[Any]:
    if content.kind in ("npz", "idx"):
        matrix = _matrix_of(content, missing=known.missing)
    elif content.kind == "npy" and (array := _npy(content)).dtype.names is None:
        if options.label is None and options.label_index is None:
            matrix = _as_features(array, f"{content.path} (X)", missing=known.missing)
        else:
            table = _array_table(content, array)
            return choose_columns(table, options, labelled=False, known=known, say=say).X
    else:
        if options.missing == DROP:
            raise ConfigError("--missing drop is not for predictions: each row has its answer")
        table = _read_table(content, options, known, labelled=False, say=say)
        return choose_columns(table, options, labelled=False, known=known, say=say).X
    if matrix.shape[1] != known.n_features:
        raise DataError(
            f"{content.path}: {matrix.shape[1]} columns, but the model takes {known.n_features} "
            "features"
        )
    return matrix


def _read_table(
    content: Content,
    options: TableOptions,
    known: Known | None,
    *,
    labelled: bool,
    say: Say | None,
) -> Table:
    if content.kind == "arff":
        return read_arff(content, options)
    if content.kind in ("parquet", "arrow", "arrow stream"):
        return read_arrow(content)
    if content.kind == "npy":
        return _array_table(content, _npy(content))
    features = known.columns if known else ()
    return read_text(
        content.path, content.data, options, known=features, labelled=labelled, say=say
    )


def _npy(content: Content) -> NDArray[Any]:
    return _load_arrays(content.path, content.data, None)["X"]


def _array_table(content: Content, array: NDArray[Any]) -> Table:
    """Return an array as a table: a matrix without names, or records with theirs."""
    names = array.dtype.names
    if names is not None and array.ndim == 1 and array.size:
        columns = tuple(ArrayColumn(np.ascontiguousarray(array[name])) for name in names)
        return Table(content.path, names, columns, lambda row: f"row {row + 1}")
    if array.ndim != 2 or not array.size or array.dtype.kind not in "biufU":
        raise DataError(
            f"{content.path}: a table of features and labels is a matrix of numbers or texts, got "
            f"{array.dtype} of shape {array.shape}; write X and y with numpy.savez instead"
        )
    columns = tuple(ArrayColumn(np.ascontiguousarray(column)) for column in array.T)
    return Table(content.path, (), columns, lambda row: f"row {row + 1}")


def _matrix_of(content: Content, *, missing: bool) -> NDArray[Any]:
    if content.kind == "idx":
        images = parse_idx(content.path, content.data)
        return _as_features(images, content.path)
    arrays = _load_arrays(content.path, content.data, None)
    names = [name for name in arrays if name.lower() == "x"]
    if not names and len(arrays) != 1:
        raise DataError(
            f"{content.path}: needs an array X, or one array only; found "
            f"{', '.join(sorted(arrays)) or 'none'}"
        )
    name = names[0] if names else next(iter(arrays))
    return _as_features(arrays[name], f"{content.path} ({name})", missing=missing)


def _labelled_images(path: Path, content: Content) -> Samples:
    images = parse_idx(content.path, content.data)
    beside = [
        path.with_name(name)
        for old in ("images-idx3", "images.idx3")
        if old in path.name
        for base in [
            path.name.replace(old, old.replace("images", "labels").replace("idx3", "idx1"))
        ]
        for name in (base, base.removesuffix(".gz"), f"{base}.gz")
    ]
    found = next((other for other in beside if other.exists()), None)
    if images.ndim < 2 or found is None:
        what = "labels, not samples" if images.ndim < 2 else "samples without labels"
        tried = f"; there is no {beside[0].name} beside it" if beside else ""
        raise DataError(
            f"{path}: an IDX file of {what}{tried}; name the images as …-images-idx3-ubyte, and "
            "put the labels beside them as …-labels-idx1-ubyte, or write X and y with numpy.savez"
        )
    labels = read_content(found)
    y = parse_idx(labels.path, labels.data)
    if y.shape != images.shape[:1]:
        raise DataError(f"{path}: {len(images)} images, but labels of shape {y.shape} in {found}")
    return Samples(_as_features(images, str(path)), y, tuple(map(int, images.shape[1:])))


def _of_arrays(content: Content, options: TableOptions) -> tuple[Samples, Samples | None]:
    arrays = _load_arrays(content.path, content.data, None)
    lower = {name.lower(): name for name in arrays}
    for parts in (("x_train", "y_train", "x_test", "y_test"), ("x", "y")):
        if set(parts) <= lower.keys():
            own = [lower[part] for part in parts]
            train = _samples(content.path, arrays, own[0], own[1], options)
            test = _samples(content.path, arrays, own[2], own[3], options) if own[2:] else None
            return train, test
    raise DataError(
        f"{content.path}: needs the arrays X and y, or X_train, y_train, X_test and y_test; "
        f"found {', '.join(sorted(arrays)) or 'none'}"
    )


def _samples(
    path: str, arrays: dict[str, NDArray[Any]], x_name: str, y_name: str, options: TableOptions
) -> Samples:
    features, labels = arrays[x_name], arrays[y_name]
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "biufU":
        raise DataError(
            f"{path} ({y_name}): labels must be a vector of numbers or strings, got "
            f"{labels.dtype} of shape {labels.shape}"
        )
    if features.ndim and labels.size != features.shape[0]:
        raise DataError(
            f"{path}: {features.shape[0]} samples in {x_name}, {labels.size} in {y_name}"
        )
    if options.missing == DROP and features.ndim:
        keep = ~_missing_labels(labels)
        if features.dtype.kind == "f":
            keep &= ~np.isnan(features.reshape(len(features), -1)).any(axis=1)
        features, labels = features[keep], labels[keep]
    X = _as_features(features, f"{path} ({x_name})", missing=options.missing == BIT)
    y = _whole_labels(labels, f"{path} ({y_name})")
    return Samples(X, y, tuple(int(n) for n in features.shape[1:]))


def _missing_labels(labels: NDArray[Any]) -> NDArray[np.bool_]:
    if labels.dtype.kind == "U":
        return np.array([is_missing(text.strip()) for text in labels.tolist()], dtype=np.bool_)
    if labels.dtype.kind == "f":
        missing: NDArray[np.bool_] = np.isnan(labels)
        return missing
    return np.zeros(labels.shape, dtype=np.bool_)


def _whole_labels(labels: NDArray[Any], where: str) -> NDArray[Any]:
    """Return labels that are whole numbers or texts, none missing."""
    bad = _missing_labels(labels)
    if labels.dtype.kind == "f":
        wide = labels.astype(np.float64)  # a float16 cannot be compared with 2^53
        bad = ~np.isfinite(wide) | (np.abs(wide) > 2**53) | (wide != np.rint(wide))
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{where}: the label of row {row} is {labels[row]}; labels are whole numbers or "
            "strings, none missing"
        )
    if labels.dtype.kind == "U":
        return labels_of(ArrayColumn(labels))
    return plain_numbers(labels)


def features_of_array(features: NDArray[Any], where: str, *, missing: bool) -> NDArray[Any]:
    """Return rows of an array as features; see :func:`load_features`."""
    return _as_features(features, where, missing=missing)


def _as_features(features: NDArray[Any], where: str, *, missing: bool = False) -> NDArray[Any]:
    """Flatten samples to rows of uint8 or float64, all finite but for NaN where that may be."""
    if features.ndim > 2:
        features = features.reshape(features.shape[0], math.prod(features.shape[1:]))
    try:
        matrix = as_matrix(features, missing=missing)
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
    return _load_arrays(str(path), None, names)


def _load_arrays(
    path: str, data: bytes | None, names: Sequence[str] | None
) -> dict[str, NDArray[Any]]:
    try:
        content = np.load(path if data is None else io.BytesIO(data), allow_pickle=False)
        if isinstance(content, np.ndarray):
            _check_texts(content)
            return {"X": content}
        with content:
            lacking = [name for name in names or () if name not in content.files]
            if not lacking:
                arrays = {name: content[name] for name in (names or content.files)}
                if not all(isinstance(array, np.ndarray) for array in arrays.values()):
                    raise ValueError("a member is no array")
                for array in arrays.values():
                    _check_texts(array)
                return arrays
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


def _check_texts(array: NDArray[Any]) -> None:
    """Refuse texts of code points that there are not, which break Python's strings."""
    for name in array.dtype.names or ():
        _check_texts(array[name])
    if array.dtype.kind == "U":
        points = np.frombuffer(array.astype(array.dtype.newbyteorder("<")).tobytes(), "<u4")
        if ((points > 0x10FFFF) | (points >> 11 == 0xD800 >> 11)).any():
            raise ValueError("texts that are none")
