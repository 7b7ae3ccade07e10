"""Encoders turn features into bits; the one that was fitted is saved inside the model.

Every encoder is a list of comparators: bit j is ``X[:, feature[j]] >= threshold[j]``. A binary
encoder is the special case of one threshold of 0.5 a feature that accepts only 0 and 1. Where a
feature may be missing, each of its comparators says what it answers to NaN; one of threshold
infinity, which no number passes, asks whether the value is missing and nothing else.

An encoder of series has a :class:`lutgen.encode.window.Window` in front: it compares what that
makes of a sample, and `feature` counts these numbers.

One kind compares nothing: of a "code" encoder, bit j is a bit of the number itself in two's
complement, that which counts as much as threshold j says. So fixed-point numbers come in as they
are, and what lies beyond their range goes round, as it does in hardware.
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
from lutgen.encode.shortest import shortest
from lutgen.encode.statistics import Dense, Statistics
from lutgen.encode.window import Window
from lutgen.errors import ConfigError, DataError

CODE = "code"
KINDS = ("binary", "threshold", "thermometer", "gain", CODE)
SPECS = (
    "auto, binary, threshold:VALUE, thresholds:VALUE,VALUE,…, thermometer:BITS:quantile, "
    "thermometer:BITS:uniform, thermometer:BITS:gain, gain:TOTAL; these four also with :PERCENT%"
)
REFUSE, BIT = "refuse", "bit"
"""What becomes of missing values: they are refused, or bits tell of them."""
MAX_THERMOMETER_BITS = 256
MAX_GAIN_BITS = 100_000
_CHUNK = 64 * WORD_BITS  # samples compared at a time: bounds the memory of wide encoders


@dataclass(frozen=True, eq=False)
class Encoder:
    """A list of comparators from features to bits.

    Parameters
    ----------
    kind : {"binary", "threshold", "thermometer", "gain", "code"}
        How the thresholds were chosen; "binary" also demands inputs of 0 and 1. "code": bits are
        not comparisons, see `threshold`.
    n_features : int
        Width of the matrices that :meth:`encode` takes.
    feature : ndarray of shape (n_bits,), dtype=np.int32
        Feature that bit j compares, in any order.
    threshold : ndarray of shape (n_bits,), dtype=np.float64
        Bit j is one where the feature is greater than or equal to threshold j. Of kind "code":
        where ``floor(feature / threshold j)`` is odd, and threshold j is a power of two.
    seen : SeenValues or None
        Training values around the thresholds; None where nobody looked. No part of the function.
    missing : ndarray of shape (n_bits,), dtype=np.bool_, or None
        Value of bit j where its feature is NaN, which stands for a missing value; then a threshold
        may be infinity. None: NaN is refused.
    nullable : ndarray of shape (n_features,), dtype=np.bool_, or None
        Features that may be NaN, where `missing` is given; the others are refused as if it were
        not. None: all of them. No part of the function.
    window : Window or None
        What is made of a sample before it is compared, where samples are windows of series; None:
        features are compared as they are.
    """

    kind: str
    n_features: int
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    seen: SeenValues | None = None
    missing: NDArray[np.bool_] | None = None
    nullable: NDArray[np.bool_] | None = None
    window: Window | None = None

    def __post_init__(self) -> None:
        faults = []
        if self.kind not in KINDS:
            faults.append(f"kind must be one of {', '.join(KINDS)}, got {self.kind!r}")
        if self.feature.shape != self.threshold.shape or self.feature.ndim != 1:
            faults.append("feature and threshold must be vectors of one length")
        elif self.feature.size:
            if self.feature.min() < 0 or self.feature.max() >= self.n_compared:
                faults.append(f"feature numbers must lie in [0, {self.n_compared})")
            if self.missing is None and not np.isfinite(self.threshold).all():
                faults.append("thresholds must be finite")
            elif not (self.threshold > -np.inf).all():
                faults.append("thresholds must be finite, or +inf")
        faults += self._missing_faults()
        faults += self._window_faults()
        if self.kind == CODE and not faults:
            faults += self._code_faults()
        if self.seen is not None and not faults:
            faults += self.seen.faults(self.n_compared, self.threshold)
        if faults:
            raise ConfigError("encoder: " + "; ".join(faults))

    def _missing_faults(self) -> list[str]:
        faults = []
        wanted = {"missing": int(self.feature.size), "nullable": self.n_features}
        for name, size in wanted.items():
            array = getattr(self, name)
            if array is not None and (array.dtype != np.bool_ or array.shape != (size,)):
                faults.append(f"{name} must be a vector of {size} truth values")
        if self.nullable is not None and self.missing is None:
            faults.append("features may be missing only where it is said what bits they become")
        return faults

    def _window_faults(self) -> list[str]:
        if self.window is None:
            return []
        faults = []
        if self.n_features != self.window.n_columns:
            faults.append(
                f"{self.n_features} features, but a window of {self.window.n_columns} values"
            )
        if self.kind == CODE or self.missing is not None:
            faults.append("what a window makes is compared, and never missing")
        return faults

    def _code_faults(self) -> list[str]:
        faults = []
        if (self.threshold <= 0).any() or (np.frexp(self.threshold)[0] != 0.5).any():
            faults.append("what a bit of a code counts must be a power of two")
        if self.missing is not None:
            faults.append("the bits of a code say nothing of missing values")
        return faults

    @property
    def n_bits(self) -> int:
        """Number of bits that a sample becomes."""
        return int(self.feature.size)

    @property
    def n_compared(self) -> int:
        """Number of what may be compared: the features, or what the window makes of them."""
        return self.n_features if self.window is None else len(self.window.terms)

    def compared(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """Return what is compared, shape (n_samples, n_compared), of samples that are checked."""
        return matrix if self.window is None else self.window.features(matrix)

    def compared_names(self, names: Sequence[str] = ()) -> tuple[str, ...]:
        """Return a name for each of these; the names of the features, where there is no window."""
        return tuple(names) if self.window is None else self.window.feature_names

    @property
    def may_lack(self) -> NDArray[np.bool_]:
        """Which features may be NaN, shape (n_features,)."""
        if self.nullable is not None:
            return self.nullable
        return np.full(self.n_features, self.missing is not None)

    def seeing(self, X: ArrayLike) -> Encoder:
        """Return the encoder that has seen these training samples, beside those of before.

        Where it takes missing values, features that these samples lack may be missing from now on.
        """
        matrix = as_matrix(X, missing=self.missing is not None)
        return self.knowing(Dense(self.compared(matrix)))

    def knowing(self, known: Statistics) -> Encoder:
        """Return the encoder that has seen training samples of which so much is known.

        Of a window, it is known of what that makes of them.
        """
        seen = (
            SeenValues.of_range(known.low, known.high, self.n_bits)
            if self.kind == CODE
            else known.seen(self.feature, self.threshold)
        )
        nullable = None if self.nullable is None else self.nullable | known.lacking
        return replace(self, seen=seen.merge(self.seen) if self.seen else seen, nullable=nullable)

    def describe(self) -> str:
        """Return one line for people, e.g. ``threshold at 128: 784 features -> 784 bits``."""
        where = ""
        if self.kind == "threshold" and self.n_bits:
            numbers = np.unique(self.threshold[np.isfinite(self.threshold)])
            where = " at " + ", ".join(f"{value:g}" for value in numbers)
        lacking = ""
        if n_lacking := int(self.may_lack.sum()):
            lacking = f"; {n_lacking} feature{'s' * (n_lacking > 1)} may be missing"
        text = f"{self.kind}{where}: {self.n_compared} features -> {self.n_bits} bits{lacking}"
        return text if self.window is None else f"{self.window.describe()}; {text}"

    def get_feature_names_out(
        self, input_features: Sequence[str] | None = None
    ) -> NDArray[np.object_]:
        """Return what each bit says, e.g. ``petal>=2.5``, as scikit-learn's transformers do.

        A bit that asks whether a value is missing is called ``petal missing``; one that a missing
        value passes, too, ``petal>=2.5 or missing``.

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
        if len(input_features) != self.n_features:
            raise ConfigError(
                f"{len(input_features)} names for the {self.n_features} features of an encoder"
            )
        names = self.compared_names(input_features)
        passes = self.missing if self.missing is not None else np.zeros(self.n_bits, dtype=bool)
        told = zip(
            self.feature.tolist(), self.threshold.tolist(), passes.tolist(), strict=True
        )  # fmt: skip
        return np.array(
            [
                f"{names[feature]} bit of {threshold:.12g}"
                if self.kind == CODE
                else _bit_name(names[feature], threshold, missing, is_binary=self.kind == "binary")
                for feature, threshold, missing in told
            ],
            dtype=object,
        )

    def checked(self, X: ArrayLike, *, names: Sequence[str] = ()) -> NDArray[Any]:
        """Return samples as a matrix of shape (n_samples, n_features) that can be encoded.

        Parameters
        ----------
        names : sequence of str
            A name for each feature, for messages.

        Raises
        ------
        DataError
            If the width is wrong, a value is NaN where it may not be, or infinite, or (binary)
            neither 0 nor 1; the message names row and column, both counted from 0.
        """
        matrix = as_matrix(X, missing=self.missing is not None, names=names)
        if matrix.shape[1] != self.n_features and self.window is not None:
            raise DataError(self.window.other_width(matrix))
        if matrix.shape[1] != self.n_features:
            raise DataError(
                f"the samples have {matrix.shape[1]} columns, the encoder was fitted "
                f"on {self.n_features}; give the same columns as in training"
            )
        self.check_missing(matrix, names)
        if self.kind == "binary":
            check_binary(self.compared(matrix), missing=self.missing is not None)
        return matrix

    def encode(self, X: ArrayLike, *, names: Sequence[str] = ()) -> Bits:
        """Encode samples; see :meth:`checked` for what they are and what is refused."""
        matrix = self.checked(X, names=names)
        words = np.empty((self.n_bits, n_words(matrix.shape[0])), dtype=np.uint64)
        for start in range(0, matrix.shape[0], _CHUNK):
            part = self.compared(matrix[start : start + _CHUNK])[:, self.feature]
            if self.kind == CODE:
                dense = bits_of_numbers(part, self.threshold)
            else:
                dense = part >= self.threshold
            if self.missing is not None and part.dtype.kind == "f":
                np.copyto(dense, self.missing, where=np.isnan(part))
            first = start // WORD_BITS
            words[:, first : first + n_words(dense.shape[0])] = pack(dense)
        return Bits(words, int(matrix.shape[0]))

    def check_missing(self, matrix: NDArray[Any], names: Sequence[str] = ()) -> None:
        """Raise :class:`DataError` naming the first NaN of a feature that may not be missing."""
        if self.nullable is None or matrix.dtype.kind != "f" or self.nullable.all():
            return
        bad = np.isnan(matrix) & ~self.nullable
        if bad.any():
            row, column = np.argwhere(bad)[0].tolist()
            raise DataError(
                f"row {row}, {_column(column, names)} of the samples is NaN, but no training "
                f"sample lacked this feature, so nothing is known of it; {int(bad.sum())} such "
                "value(s), replace or drop them"
            )


def _bit_name(feature: str, threshold: float, missing: bool, *, is_binary: bool) -> str:
    if threshold == np.inf:
        return f"{feature} missing" if missing else f"{feature}>=inf"
    own = feature if is_binary else f"{feature}>={threshold:.12g}"
    return f"{own} or missing" if missing else own


def _column(number: int, names: Sequence[str]) -> str:
    return f"column {number}" + (f" ({names[number]})" if len(names) > number else "")


def bits_of_numbers(values: NDArray[Any], weight: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the bits of numbers in two's complement that count so much, powers of two."""
    bits: NDArray[np.bool_] = np.floor(values.astype(np.float64) / weight) % 2 == 1
    return bits


def as_matrix(X: ArrayLike, *, missing: bool = False, names: Sequence[str] = ()) -> NDArray[Any]:
    """Return X as a numeric matrix of finite values, without copying where it already is one.

    Parameters
    ----------
    missing : bool
        Whether NaN may stand for missing values.
    names : sequence of str
        A name for each column, for messages.

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
            row, column = np.argwhere(bad)[0].tolist()
            raise DataError(
                f"row {row}, {_column(column, names)} of the samples is {array[row, column]}: "
                f"{'infinity has' if missing else 'NaN and infinity have'} no code; "
                f"{int(bad.sum())} such value(s), replace or drop them"
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


def check_binary(matrix: NDArray[Any], *, missing: bool = False) -> None:
    """Raise :class:`DataError` naming the first entry that is neither 0 nor 1, nor missing."""
    whole = matrix.dtype.kind in "biu"
    if matrix.size == 0 or (whole and matrix.max() <= 1 and matrix.min() >= 0):
        return  # some hundred times as fast as to look for the first
    bad = (matrix != 0) & (matrix != 1)
    if missing and matrix.dtype.kind == "f":
        bad &= ~np.isnan(matrix)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"row {row}, column {column} of the samples is {matrix[row, column]}, not 0 or 1; "
            f"choose an encoder that makes bits of it ({SPECS})"
        )


def fit_encoder(
    spec: str,
    X: ArrayLike,
    y: ArrayLike | None = None,
    *,
    missing: str = REFUSE,
    window: Window | None = None,
) -> Encoder:
    """Fit an encoder on training samples.

    Thresholds that are chosen by the values lie above one training value and at most at the next.
    In a column of whole numbers they are values that occur (by ``uniform``, equal steps); in any
    other the number of fewest binary digits there, see :mod:`lutgen.encode.shortest`.

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
        any of these with ``:P%`` after it, e.g. ``gain:100:5%``, gives so much away for thresholds
        that take fewer LUTs: of each one's gain, or of the way to halfway between it and the next;
        ``auto``: binary where every value is 0 or 1, otherwise ``thermometer:8:quantile``.
    X : array-like of shape (n_samples, n_features)
        Training samples.
    y : array-like of shape (n_samples,), optional
        Their labels, numbers or strings, which thresholds chosen by gain need.
    missing : {"refuse", "bit"}
        ``bit``: NaN stands for a missing value. It passes no threshold, thresholds are chosen
        without it, and each feature that some samples lack has one bit more, which tells so. A
        feature that no sample lacks may not be missing later.
    window : Window, optional
        The samples are windows of series: thresholds are of what it makes of them.

    Raises
    ------
    ConfigError
        If `spec` or `missing` is none of these, or labels are needed and there are none.
    DataError
        If the samples cannot be encoded, or no threshold tells any two of them apart.
    """
    if missing not in (REFUSE, BIT):
        raise ConfigError(f"missing must be {REFUSE} or {BIT}, got {missing!r}")
    matrix = as_matrix(X, missing=missing == BIT)
    if window is not None:
        if missing == BIT:
            raise ConfigError("missing values have no place in a window; refuse or replace them")
        plain = fit_encoder(spec, window.features(matrix), y)
        return replace(plain, n_features=window.n_columns, window=window)
    classes = None
    if is_by_gain(spec) and y is not None:
        labels = np.asarray(y)
        if labels.shape != (matrix.shape[0],):
            raise DataError(
                f"{matrix.shape[0]} samples, but labels of shape {labels.shape}; one label a sample"
            )
        distinct, classes = np.unique(labels, return_inverse=True)
        if distinct.size == 1:
            raise DataError(
                f"encoder {spec!r}: all labels are {distinct[0]}; two classes are needed"
            )
    if _is_binary(spec):
        check_binary(matrix, missing=True)
    return encoder_of(spec, Dense(matrix, classes), is_labelled=classes is not None)


def encoder_of(spec: str, known: Statistics, *, is_labelled: bool) -> Encoder:
    """Fit an encoder on what is known of training samples; see :func:`fit_encoder`.

    Parameters
    ----------
    is_labelled : bool
        Whether their classes are known, which thresholds chosen by gain need.
    """
    if known.n_samples == 0 or known.n_features == 0:
        raise DataError(
            f"there is nothing to train on: {known.n_samples} rows of {known.n_features} columns"
        )
    encoder = _with_missing_bits(_fit(spec, known, is_labelled), known)
    if not encoder.n_bits:
        raise DataError(
            f"encoder {spec!r}: no threshold of a single feature tells the classes apart; choose "
            "thresholds without labels, e.g. thermometer:8:quantile"
            if is_by_gain(spec)
            else "no threshold tells the training samples apart: every column is constant; give "
            "features that vary"
        )
    encoder = _looked_at(encoder, known)
    return encoder if encoder.kind == "threshold" else _shortened(encoder, known)


def is_by_gain(spec: str) -> bool:
    """Return whether a spec chooses thresholds by gain, which needs labels."""
    return "gain" in spec.split(":")


def _is_binary(spec: str) -> bool:
    return spec in ("binary", "binary:")


def _looked_at(encoder: Encoder, known: Statistics) -> Encoder:
    return replace(encoder, seen=known.seen(encoder.feature, encoder.threshold))


def _with_missing_bits(encoder: Encoder, known: Statistics) -> Encoder:
    """Return an encoder with a bit more for each feature that some samples lack."""
    if not known.lacking.any():
        return encoder
    told = np.flatnonzero(known.lacking & ~np.isnan(known.low)).astype(np.int32)
    return replace(
        encoder,
        feature=np.concatenate([encoder.feature, told]),
        threshold=np.concatenate([encoder.threshold, np.full(told.size, np.inf)]),
        missing=np.arange(encoder.n_bits + told.size) >= encoder.n_bits,
        nullable=known.lacking,
    )


def _shortened(encoder: Encoder, known: Statistics) -> Encoder:
    """Return an encoder of short thresholds where a column holds numbers with fractions.

    Every bit of a training sample is as before. Of thresholds that come to be one, one is kept.
    """
    seen = encoder.seen
    assert seen is not None
    thresholds = encoder.threshold.copy()
    for bit in np.flatnonzero(known.fractional[encoder.feature]).tolist():
        if not np.isnan([seen.below[bit], seen.above[bit]]).any():
            thresholds[bit] = shortest(float(seen.below[bit]), float(seen.above[bit]))
    if np.array_equal(thresholds, encoder.threshold):
        return encoder
    _, first = np.unique(np.column_stack([encoder.feature, thresholds]), axis=0, return_index=True)
    kept = np.sort(first)
    short = replace(
        encoder,
        feature=encoder.feature[kept],
        threshold=thresholds[kept],
        missing=None if encoder.missing is None else encoder.missing[kept],
        seen=None,
    )
    return _looked_at(short, known)


def _fit(spec: str, known: Statistics, is_labelled: bool) -> Encoder:
    kind, _, rest = spec.partition(":")
    if kind == "auto" and not rest:
        kind, rest = ("binary", "") if known.is_binary else ("thermometer", "8:quantile")
    if kind == "binary" and not rest:
        return _same_for_all("binary", known.n_features, [0.5])
    if kind in ("threshold", "thresholds"):
        values = _thresholds(spec, rest, many=kind == "thresholds")
        return _same_for_all("threshold", known.n_features, values)
    if kind == "thermometer":
        bits, _, rest = rest.partition(":")
        strategy, colon, lost = rest.partition(":")
        tolerance = _percent(spec, lost) if colon else 0.0
        n_bits = _count(spec, bits, MAX_THERMOMETER_BITS, "bits per feature", "thermometer:4")
        if strategy not in ("", "quantile", "uniform", "gain"):
            raise ConfigError(
                f"encoder {spec!r}: thresholds are chosen by quantile, uniform or gain, "
                f"got {strategy!r}"
            )
        if strategy == "gain":
            return _by_gain(spec, known, is_labelled, MAX_GAIN_BITS, n_bits, tolerance)
        return _thermometer(known, n_bits, strategy or "quantile", tolerance)
    if kind == "gain":
        bits, colon, lost = rest.partition(":")
        n_bits = _count(spec, bits, MAX_GAIN_BITS, "bits in all", "gain:400")
        tolerance = _percent(spec, lost) if colon else 0.0
        return _by_gain(spec, known, is_labelled, n_bits, n_bits, tolerance)
    raise ConfigError(f"unknown encoder {spec!r}; known: {SPECS}")


def _between(
    low: NDArray[np.float64], high: NDArray[np.float64], otherwise: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the shortest number above one and at most the other, if the other is larger."""
    pairs = zip(low.ravel().tolist(), high.ravel().tolist(), otherwise.ravel(), strict=True)
    found = [shortest(one, other) if one < other else own for one, other, own in pairs]
    return np.array(found).reshape(low.shape)


def _count(spec: str, text: str, most: int, what: str, example: str) -> int:
    # isdecimal accepts other scripts' digits, which int reads as well; the length bounds its work
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= most:
        raise ConfigError(f"encoder {spec!r}: {what} must be 1 to {most}, e.g. {example}")
    return int(text)


def _percent(spec: str, text: str) -> float:
    """Return the share that a percentage says."""
    number, sign, rest = text.partition("%")
    try:
        share = float(number) / 100
    except ValueError:
        share = -1.0
    if not (sign and not rest and 0 <= share < 1):
        raise ConfigError(
            f"encoder {spec!r}: what may be given away for cheaper thresholds must be a percentage "
            "below 100, e.g. gain:400:5%"
        )
    return share


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
    spec: str,
    known: Statistics,
    is_labelled: bool,
    budget: int,
    most: int,
    tolerance: float = 0.0,
) -> Encoder:
    if not is_labelled:
        raise ConfigError(f"encoder {spec!r}: thresholds chosen by gain need the labels y")
    chosen = gain_thresholds(known.cells(), budget, most, tolerance)
    return Encoder(
        "gain" if spec.startswith("gain") else "thermometer",
        known.n_features,
        np.array([feature for feature, _ in chosen], dtype=np.int32),
        np.array([threshold for _, threshold in chosen], dtype=np.float64),
    )


def _thermometer(known: Statistics, n_bits: int, strategy: str, tolerance: float) -> Encoder:
    steps = np.arange(1, n_bits + 1) / (n_bits + 1)
    low = known.low

    def at(steps: NDArray[np.float64]) -> NDArray[np.float64]:
        if strategy == "uniform":
            return low + steps[:, None] * (known.high - low)
        return known.quantiles(steps)

    thresholds = at(steps)
    if tolerance:
        away = tolerance / 2 / (n_bits + 1)
        thresholds = _between(at(steps - away), at(steps + away), thresholds)
    above = None
    features: list[int] = []
    kept: list[float] = []
    for feature in range(known.n_features):
        distinct = np.unique(thresholds[:, feature])
        distinct = distinct[distinct > low[feature]]
        if not distinct.size and known.high[feature] > low[feature]:
            # rarely above its minimum, but then it tells a lot
            above = known.above_low() if above is None else above
            distinct = above[feature : feature + 1]
        features += [feature] * distinct.size
        kept += distinct.tolist()
    return Encoder(
        "thermometer",
        known.n_features,
        np.array(features, dtype=np.int32),
        np.array(kept, dtype=np.float64) + 0.0,  # both zeros are one
    )
