"""Encoders turn features into bits; the one that was fitted is saved inside the model.

Every encoder is a list of comparators: bit j is ``X[:, feature[j]] >= threshold[j]``. A binary
encoder is the special case of one threshold of 0.5 a feature that accepts only 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.data.bits import WORD_BITS, Bits, n_words, pack
from lutgen.errors import ConfigError, DataError

KINDS = ("binary", "threshold", "thermometer")
SPECS = "auto, binary, threshold:VALUE, thermometer:BITS:quantile, thermometer:BITS:uniform"
MAX_THERMOMETER_BITS = 256
_CHUNK = 64 * WORD_BITS  # samples compared at a time: bounds the memory of wide encoders


@dataclass(frozen=True, eq=False)
class Encoder:
    """A list of comparators from features to bits.

    Parameters
    ----------
    kind : {"binary", "threshold", "thermometer"}
        How the thresholds were chosen; "binary" also demands inputs of 0 and 1.
    n_features : int
        Width of the matrices that :meth:`encode` takes.
    feature : ndarray of shape (n_bits,), dtype=np.int32
        Feature that bit j compares, ascending.
    threshold : ndarray of shape (n_bits,), dtype=np.float64
        Bit j is one where the feature is greater than or equal to threshold j.
    """

    kind: str
    n_features: int
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]

    def __post_init__(self) -> None:
        faults = []
        if self.kind not in KINDS:
            faults.append(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.feature.shape != self.threshold.shape or self.feature.ndim != 1:
            faults.append("feature and threshold must be vectors of one length")
        elif self.feature.size:
            if self.feature.min() < 0 or self.feature.max() >= self.n_features:
                faults.append(f"feature numbers must lie in [0, {self.n_features})")
            if not np.isfinite(self.threshold).all():
                faults.append("thresholds must be finite")
        if faults:
            raise ConfigError("encoder: " + "; ".join(faults))

    @property
    def n_bits(self) -> int:
        """Number of bits that a sample becomes."""
        return int(self.feature.size)

    def describe(self) -> str:
        """Return one line for people, e.g. ``threshold at 128: 784 features -> 784 bits``."""
        where = ""
        if self.kind == "threshold" and self.n_bits:
            where = f" at {self.threshold[0]:g}"
        return f"{self.kind}{where}: {self.n_features} features -> {self.n_bits} bits"

    def encode(self, X: ArrayLike) -> Bits:
        """Encode a matrix of shape (n_samples, n_features).

        Raises
        ------
        DataError
            If the width is wrong, a value is NaN or infinite, or (binary) neither 0 nor 1;
            the message names row and column, both counted from 0.
        """
        matrix = as_matrix(X)
        if matrix.shape[1] != self.n_features:
            raise DataError(
                f"the samples have {matrix.shape[1]} columns, the encoder was fitted "
                f"on {self.n_features}; give the same columns as in training"
            )
        if self.kind == "binary":
            check_binary(matrix)
        words = np.empty((self.n_bits, n_words(matrix.shape[0])), dtype=np.uint64)
        for start in range(0, matrix.shape[0], _CHUNK):
            dense = matrix[start : start + _CHUNK, self.feature] >= self.threshold
            first = start // WORD_BITS
            words[:, first : first + n_words(dense.shape[0])] = pack(dense)
        return Bits(words, int(matrix.shape[0]))


def as_matrix(X: ArrayLike) -> NDArray[Any]:
    """Return X as a numeric matrix of finite values, without copying where it already is one.

    Raises
    ------
    DataError
        If X is not two-dimensional, not numeric, or holds NaN or infinity (row and column named).
    """
    array = np.asarray(X)
    if array.dtype == object:
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(_first_non_number(array)) from error
    if array.dtype.kind not in "biuf":
        raise DataError(f"the samples must be real numbers, got dtype {array.dtype}")
    if array.ndim != 2:
        raise DataError(
            f"the samples must be a matrix of shape (n_samples, n_features), got shape "
            f"{array.shape}; reshape a single sample with X.reshape(1, -1)"
        )
    if array.dtype.kind == "f":
        bad = ~np.isfinite(array)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise DataError(
                f"row {row}, column {column} of the samples is {array[row, column]}: NaN and "
                f"infinity have no code; {int(bad.sum())} such value(s), replace or drop them"
            )
    return array


def _first_non_number(array: NDArray[np.object_]) -> str:
    for place, value in np.ndenumerate(array):
        try:
            float(value)
        except (TypeError, ValueError):
            where = "row {}, column {} of the samples".format(*place) if len(place) == 2 else "X"
            return f"{where} is {value!r}, not a number; replace it, or drop the row or column"
    return "the samples are not numbers"


def check_binary(matrix: NDArray[Any]) -> None:
    """Raise :class:`DataError` naming the first entry that is neither 0 nor 1."""
    bad = (matrix != 0) & (matrix != 1)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"row {row}, column {column} of the samples is {matrix[row, column]}, not 0 or 1; "
            f"choose an encoder that makes bits of it ({SPECS})"
        )


def fit_encoder(spec: str, X: ArrayLike) -> Encoder:
    """Fit an encoder on training samples.

    Parameters
    ----------
    spec : str
        ``binary``; ``threshold:V`` (one bit a feature, x >= V); ``thermometer:B:quantile`` or
        ``thermometer:B:uniform`` (up to B bits a feature, thresholds at the training quantiles
        or at equal steps between minimum and maximum; equal thresholds, and those that every
        training sample passes, are dropped; a feature that varies keeps at least one);
        ``auto``: binary where every value is 0 or 1, otherwise ``thermometer:8:quantile``.
    X : array-like of shape (n_samples, n_features)
        Training samples.

    Raises
    ------
    ConfigError
        If `spec` is none of these.
    DataError
        If the samples cannot be encoded, or no threshold tells any two of them apart.
    """
    kind, _, rest = spec.partition(":")
    matrix = as_matrix(X)
    if matrix.size == 0:
        raise DataError(
            f"there is nothing to train on: {matrix.shape[0]} rows of {matrix.shape[1]} columns"
        )
    n_features = int(matrix.shape[1])
    if kind == "auto" and not rest:
        if ((matrix == 0) | (matrix == 1)).all():
            return _per_feature("binary", n_features, 0.5)
        return _thermometer(matrix, 8, "quantile")
    if kind == "binary" and not rest:
        check_binary(matrix)
        return _per_feature("binary", n_features, 0.5)
    if kind == "threshold":
        try:
            value = float(rest)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise ConfigError(f"encoder {spec!r}: the threshold must be a number, e.g. threshold:8")
        return _per_feature("threshold", n_features, value)
    if kind == "thermometer":
        bits, _, strategy = rest.partition(":")
        if not bits.isdecimal() or not 1 <= int(bits) <= MAX_THERMOMETER_BITS:
            raise ConfigError(
                f"encoder {spec!r}: bits per feature must be 1 to {MAX_THERMOMETER_BITS}, "
                "e.g. thermometer:4:quantile"
            )
        if strategy not in ("", "quantile", "uniform"):
            raise ConfigError(
                f"encoder {spec!r}: thresholds are chosen by quantile or uniform, got {strategy!r}"
            )
        return _thermometer(matrix, int(bits), strategy or "quantile")
    raise ConfigError(f"unknown encoder {spec!r}; known: {SPECS}")


def _per_feature(kind: str, n_features: int, value: float) -> Encoder:
    feature = np.arange(n_features, dtype=np.int32)
    return Encoder(kind, n_features, feature, np.full(n_features, value))


def _thermometer(matrix: NDArray[Any], n_bits: int, strategy: str) -> Encoder:
    values = matrix.astype(np.float64)
    steps = np.arange(1, n_bits + 1) / (n_bits + 1)
    low = values.min(axis=0)
    if strategy == "uniform":
        thresholds = low + steps[:, None] * (values.max(axis=0) - low)
    else:
        # method="higher" picks a value that occurs, so integer features keep integer thresholds
        thresholds = np.quantile(values, steps, axis=0, method="higher")
    features: list[int] = []
    kept: list[float] = []
    for feature in range(values.shape[1]):
        distinct = np.unique(thresholds[:, feature])
        distinct = distinct[distinct > low[feature]]
        above = values[values[:, feature] > low[feature], feature]
        if not distinct.size and above.size:  # rarely above its minimum, but then it tells a lot
            distinct = above.min(keepdims=True)
        features += [feature] * distinct.size
        kept += distinct.tolist()
    if not kept:
        raise DataError(
            "no threshold tells the training samples apart: every column is constant; "
            "give features that vary"
        )
    return Encoder(
        "thermometer",
        int(values.shape[1]),
        np.array(features, dtype=np.int32),
        np.array(kept, dtype=np.float64),
    )
