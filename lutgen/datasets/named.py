"""Readers of sets that come as one ``.npz`` file of plain arrays: tables, flows, jets, functions.

Each takes the path and returns training samples, test samples (None where the set has no test part
of its own) and what is to be known of the split.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.datasets.tables import Samples, read_arrays
from lutgen.encode.encoder import as_matrix
from lutgen.errors import DataError

Parts = tuple[Samples, Samples | None, str]


def read_uci(path: Path, table: str) -> Parts:
    """Read one table: the arrays ``<table>_X``, ``_y`` and ``_n_train`` (0: not parted).

    Categorical columns stay integer codes: two thresholds of a column tell one category apart.
    """
    X_name, y_name, n_name = (f"{table}_{part}" for part in ("X", "y", "n_train"))
    arrays = read_arrays(path, (X_name, y_name, n_name))
    samples = _samples(path, X_name, arrays[X_name], y_name, arrays[y_name])
    n_train = int(_integers(path, n_name, arrays[n_name].reshape(-1), 1)[0])
    if not 0 <= n_train < len(samples.y):
        raise DataError(f"{path} ({n_name}): {n_train} of {len(samples.y)} rows for training")
    if n_train == 0:
        return samples, None, ""
    train, test = (_rows(samples, rows) for rows in (slice(n_train), slice(n_train, None)))
    return train, test, ""


def read_jsc(path: Path) -> Parts:
    """Read the subset of the LHC jets: X, y, class_names, is_train."""
    arrays = read_arrays(path, ("X", "y", "class_names", "is_train"))
    names, is_train = arrays["class_names"], arrays["is_train"]
    y = _integers(path, "y", arrays["y"], len(arrays["X"]), below=len(names))
    samples = _samples(path, "X", arrays["X"], "y", names[y])
    if is_train.dtype != np.bool_ or is_train.shape != y.shape:
        raise DataError(f"{path} (is_train): must be {y.size} truth values")
    note = "drawn for this subset of the 830,000 jets, not comparable with theirs"
    return _rows(samples, is_train), _rows(samples, ~is_train), note


def read_unsw(path: Path, *, attacks: bool) -> Parts:
    """Read the flows of UNSW-NB15.

    The columns are the 39 numeric ones as they are, then one column of 0 and 1 for each protocol,
    each service, and the state CON: a category is then one comparator, and none where it is not
    used. Labels are 0 (normal) and 1 (attack), or with `attacks` the ten names of the categories.
    """
    named = read_arrays(path, ("numeric_names", "proto_names", "service_names", "attack_names"))
    parts = []
    for part in ("train", "test"):
        numeric = [str(name) for name in named["numeric_names"]]
        columns = [*numeric, "proto", "service", "state_is_con", "attack" if attacks else "label"]
        arrays = read_arrays(path, [f"{part}_{name}" for name in columns])
        label_name = f"{part}_{columns[-1]}"
        n = len(arrays[label_name])
        names = named["attack_names"] if attacks else np.arange(2, dtype=np.uint8)
        y = _integers(path, label_name, arrays[label_name], n, below=len(names))
        n_proto, n_service = len(named["proto_names"]), len(named["service_names"])
        X = np.zeros((n, len(numeric) + n_proto + n_service + 1))
        for j, name in enumerate(numeric):
            X[:, j] = _column(path, f"{part}_{name}", arrays[f"{part}_{name}"], n)
        first = len(numeric)
        for name, n_codes in (("proto", n_proto), ("service", n_service)):
            codes = _integers(path, f"{part}_{name}", arrays[f"{part}_{name}"], n, below=n_codes)
            X[np.arange(n), first + codes] = 1
            first += n_codes
        name = f"{part}_state_is_con"
        X[:, first] = _integers(path, name, arrays[name], n, below=2)
        parts.append(_samples(path, part, X, label_name, names[y]))
    return parts[0], parts[1], ""


def read_iwls2020(path: Path, function: str) -> Parts:
    """Read one function, e.g. ``ex42``: its samples ``train`` and, as test, ``valid``."""
    n_inputs = int(read_arrays(path, ("n_inputs",))["n_inputs"][int(function.removeprefix("ex"))])
    parts = []
    for part in ("train", "valid"):
        X_name, y_name = f"{function}_{part}_x", f"{function}_{part}_y"
        arrays = read_arrays(path, (X_name, y_name))
        packed = arrays[X_name]
        if packed.dtype != np.uint8 or packed.ndim != 2 or packed.shape[1] != -(-n_inputs // 8):
            raise DataError(
                f"{path} ({X_name}): must be uint8 of {-(-n_inputs // 8)} columns for {n_inputs} "
                f"inputs, got {packed.dtype} of shape {packed.shape}"
            )
        X = np.unpackbits(packed, axis=1, bitorder="little", count=n_inputs)
        y = _integers(path, y_name, arrays[y_name], len(X), below=2)
        parts.append(_samples(path, X_name, X, y_name, y.astype(np.uint8)))
    return parts[0], parts[1], "the contest's validation sample as test"


def _samples(path: Path, X_name: str, X: NDArray[Any], y_name: str, y: NDArray[Any]) -> Samples:
    try:
        matrix = as_matrix(X)
    except DataError as error:
        raise DataError(f"{path} ({X_name}): {error}") from error
    if matrix.dtype != np.uint8:
        matrix = matrix.astype(np.float64, copy=False)
    if y.shape != (len(matrix),):
        raise DataError(f"{path}: {len(matrix)} samples in {X_name}, {y.size} in {y_name}")
    return Samples(matrix, y, (matrix.shape[1],))


def _rows(samples: Samples, rows: slice | NDArray[np.bool_]) -> Samples:
    return Samples(samples.X[rows], samples.y[rows], samples.feature_shape)


def _column(path: Path, name: str, values: NDArray[Any], n: int) -> NDArray[Any]:
    if values.shape != (n,) or values.dtype.kind not in "biuf":
        raise DataError(
            f"{path} ({name}): must be {n} numbers, got {values.dtype} of shape {values.shape}"
        )
    return values


def _integers(
    path: Path, name: str, values: NDArray[Any], n: int, below: int | None = None
) -> NDArray[np.int64]:
    if _column(path, name, values, n).dtype.kind not in "iu":
        raise DataError(f"{path} ({name}): must be integers, got {values.dtype}")
    codes = values.astype(np.int64)
    bad = (codes < 0) | (codes >= below) if below is not None else np.zeros(n, dtype=np.bool_)
    if bad.any():
        row = int(np.argmax(bad))
        raise DataError(
            f"{path} ({name}): row {row} is {codes[row]}; codes lie in 0 to {(below or 0) - 1}"
        )
    return codes
