"""Encoders turn features into bits; the one that was fitted is saved inside the model.

Every encoder is a list of comparators: bit j is ``X[:, feature[j]] >= threshold[j]``. A binary
encoder is the special case of one threshold of 0.5 a feature that accepts only 0 and 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import WORD_BITS, Bits, n_words, pack
from lutgen.encode.gain import gain_thresholds
from lutgen.encode.seen import SeenValues
from lutgen.errors import ConfigError, DataError

KINDS = ("binary", "threshold", "thermometer", "gain")
SPECS = (
    "auto, binary, threshold:VALUE, thresholds:VALUE,VALUE,…, thermometer:BITS:quantile, "
    "thermometer:BITS:uniform, thermometer:BITS:gain, gain:TOTAL"
)
MAX_THERMOMETER_BITS = 256
MAX_GAIN_BITS = 100_000
_CHUNK = 64 * WORD_BITS  # samples compared at a time: bounds the memory of wide encoders


@dataclass(frozen=True, eq=False)
class Encoder:
    """A list of comparators from features to bits.

    Parameters
    ----------
    kind : {"binary", "threshold", "thermometer", "gain"}
        How the thresholds were chosen; "binary" also demands inputs of 0 and 1.
    n_features : int
        Width of the matrices that :meth:`encode` takes.
    feature : ndarray of shape (n_bits,), dtype=np.int32
        Feature that bit j compares, in any order.
    threshold : ndarray of shape (n_bits,), dtype=np.float64
        Bit j is one where the feature is greater than or equal to threshold j.
    seen : SeenValues or None
        Training values around the thresholds; None where nobody looked. No part of the function.
    """

    kind: str
    n_features: int
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    seen: SeenValues | None = None

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
        if self.seen is not None and not faults:
            faults += self.seen.faults(self.n_features, self.threshold)
        if faults:
            raise ConfigError("encoder: " + "; ".join(faults))

    @property
    def n_bits(self) -> int:
        """Number of bits that a sample becomes."""
        return int(self.feature.size)

    def seeing(self, X: ArrayLike) -> Encoder:
        """Return the encoder that has seen these training samples, beside those of before."""
        seen = SeenValues.of(as_matrix(X), self.feature, self.threshold)
        return replace(self, seen=seen.merge(self.seen) if self.seen else seen)

    def describe(self) -> str:
        """Return one line for people, e.g. ``threshold at 128: 784 features -> 784 bits``."""
        where = ""
        if self.kind == "threshold" and self.n_bits:
            where = " at " + ", ".join(f"{value:g}" for value in np.unique(self.threshold))
        return f"{self.kind}{where}: {self.n_features} features -> {self.n_bits} bits"

    def get_feature_names_out(
        self, input_features: Sequence[str] | None = None
    ) -> NDArray[np.object_]:
        """Return what each bit says, e.g. ``petal>=2.5``, as scikit-learn's transformers do.

        Parameters
        ----------
        input_features : sequence of str, optional
            A name for each feature; by default ``x0``, ``x1``, ….

        Raises
        ------
        ConfigError
            If there are not as many names as features.
        """
        if input_features is None:
            input_features = [f"x{i}" for i in range(self.n_features)]
        names = list(input_features)
        if len(names) != self.n_features:
            raise ConfigError(
                f"{len(names)} names for the {self.n_features} features of an encoder"
            )
        told = zip(self.feature.tolist(), self.threshold.tolist(), strict=True)
        if self.kind == "binary":
            return np.array([names[feature] for feature, _ in told], dtype=object)
        return np.array(
            [f"{names[feature]}>={value:.12g}" for feature, value in told], dtype=object
        )

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


def as_matrix(X: ArrayLike, *, missing: bool = False) -> NDArray[Any]:
    """Return X as a numeric matrix of finite values, without copying where it already is one.

    Parameters
    ----------
    missing : bool
        Whether NaN may stand for missing values.

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
        bad = np.isinf(array) if missing else ~np.isfinite(array)
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


def fit_encoder(spec: str, X: ArrayLike, y: ArrayLike | None = None) -> Encoder:
    """Fit an encoder on training samples.

    Parameters
    ----------
    spec : str
        ``binary``; ``threshold:V`` (one bit a feature, x >= V) or ``thresholds:V,W,…`` (the same
        few for every feature); ``thermometer:B:quantile`` or ``thermometer:B:uniform`` (up to B
        bits a feature, thresholds at the training quantiles or at equal steps between minimum and
        maximum; equal thresholds, and those that every training sample passes, are dropped; a
        feature that varies keeps at least one); ``thermometer:B:gain`` or ``gain:N`` (up to B bits
        a feature, or N bits in all, each where it tells the classes apart best, see
        :mod:`lutgen.encode.gain`; fewer where no other threshold tells any apart);
        ``auto``: binary where every value is 0 or 1, otherwise ``thermometer:8:quantile``.
    X : array-like of shape (n_samples, n_features)
        Training samples.
    y : array-like of shape (n_samples,), optional
        Their labels, numbers or strings, which thresholds chosen by gain need.

    Raises
    ------
    ConfigError
        If `spec` is none of these, or needs labels and there are none.
    DataError
        If the samples cannot be encoded, or no threshold tells any two of them apart.
    """
    matrix = as_matrix(X)
    if matrix.size == 0:
        raise DataError(
            f"there is nothing to train on: {matrix.shape[0]} rows of {matrix.shape[1]} columns"
        )
    return _fit(spec, matrix, y).seeing(matrix)


def _fit(spec: str, matrix: NDArray[Any], y: ArrayLike | None) -> Encoder:
    kind, _, rest = spec.partition(":")
    if kind == "auto" and not rest:
        is_binary = bool(((matrix == 0) | (matrix == 1)).all())
        kind, rest = ("binary", "") if is_binary else ("thermometer", "8:quantile")
    if kind == "binary" and not rest:
        check_binary(matrix)
        return _same_for_all("binary", matrix.shape[1], [0.5])
    if kind in ("threshold", "thresholds"):
        values = _thresholds(spec, rest, many=kind == "thresholds")
        return _same_for_all("threshold", matrix.shape[1], values)
    if kind == "thermometer":
        bits, _, strategy = rest.partition(":")
        n_bits = _count(spec, bits, MAX_THERMOMETER_BITS, "bits per feature", "thermometer:4")
        if strategy not in ("", "quantile", "uniform", "gain"):
            raise ConfigError(
                f"encoder {spec!r}: thresholds are chosen by quantile, uniform or gain, "
                f"got {strategy!r}"
            )
        if strategy == "gain":
            return _by_gain(spec, matrix, y, MAX_GAIN_BITS, n_bits)
        return _thermometer(matrix, n_bits, strategy or "quantile")
    if kind == "gain":
        n_bits = _count(spec, rest, MAX_GAIN_BITS, "bits in all", "gain:400")
        return _by_gain(spec, matrix, y, n_bits, n_bits)
    raise ConfigError(f"unknown encoder {spec!r}; known: {SPECS}")


def _count(spec: str, text: str, most: int, what: str, example: str) -> int:
    # isdecimal accepts other scripts' digits, which int reads as well; the length bounds its work
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= most:
        raise ConfigError(f"encoder {spec!r}: {what} must be 1 to {most}, e.g. {example}")
    return int(text)


def _thresholds(spec: str, text: str, *, many: bool) -> list[float]:
    try:
        values = sorted({float(value) for value in (text.split(",") if many else [text])})
    except ValueError:
        values = [float("nan")]
    if not np.isfinite(values).all():
        wanted = "must be numbers, e.g. thresholds:64,160" if many else "must be a number, e.g. "
        raise ConfigError(
            f"encoder {spec!r}: the threshold{'s' * many} {wanted}{'' if many else 'threshold:8'}"
        )
    return values


def _same_for_all(kind: str, n_features: int, thresholds: list[float]) -> Encoder:
    feature = np.repeat(np.arange(n_features, dtype=np.int32), len(thresholds))
    return Encoder(kind, n_features, feature, np.tile(np.array(thresholds), n_features))


def _by_gain(
    spec: str, matrix: NDArray[Any], y: ArrayLike | None, budget: int, most: int
) -> Encoder:
    if y is None:
        raise ConfigError(f"encoder {spec!r}: thresholds chosen by gain need the labels y")
    labels = np.asarray(y)
    if labels.shape != (matrix.shape[0],):
        raise DataError(
            f"{matrix.shape[0]} samples, but labels of shape {labels.shape}; one label a sample"
        )
    distinct, classes = np.unique(labels, return_inverse=True)
    if distinct.size < 2:
        raise DataError(f"encoder {spec!r}: all labels are {distinct[0]}; two classes are needed")
    chosen = gain_thresholds(matrix, classes, budget, most)
    if not chosen:
        raise DataError(
            f"encoder {spec!r}: no threshold of a single feature tells the classes apart; choose "
            "thresholds without labels, e.g. thermometer:8:quantile"
        )
    return Encoder(
        "gain" if spec.startswith("gain") else "thermometer",
        int(matrix.shape[1]),
        np.array([feature for feature, _ in chosen], dtype=np.int32),
        np.array([threshold for _, threshold in chosen], dtype=np.float64),
    )


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
