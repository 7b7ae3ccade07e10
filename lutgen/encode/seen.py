"""What training values an encoder was fitted on, as far as a number format must know them.

Of each feature its range; of each comparator the training values next to its threshold. With them
it is decided, without the samples, whether a format changes a bit of any training sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 64

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SeenValues:
    """Training values around the thresholds of an encoder.

    Parameters
    ----------
    low, high : ndarray of shape (n_features,), dtype=np.float64
        Least and largest value of each feature; NaN, both, of one that every sample lacked.
    below, above, beyond : ndarray of shape (n_bits,), dtype=np.float64
        Of each comparator: the largest value less than its threshold, the least that is not less,
        and the least that is greater; NaN where there is none.
    """

    low: Floats
    high: Floats
    below: Floats
    above: Floats
    beyond: Floats

    @classmethod
    def of_range(cls, low: Floats, high: Floats, n_bits: int) -> SeenValues:
        """Return what is known where nothing is compared: the range of each feature."""
        none = np.full(n_bits, np.nan)
        return cls(np.asarray(low, np.float64), np.asarray(high, np.float64), none, none, none)

    @classmethod
    def of(cls, matrix: NDArray[Any], feature: NDArray[np.int32], threshold: Floats) -> SeenValues:
        """Look at training samples of shape (n_samples, n_features), one at least.

        NaN stands for a missing value and is passed over.
        """
        below, above, beyond = (np.full(feature.size, np.nan) for _ in range(3))
        order = np.argsort(feature, kind="stable")
        ends = np.searchsorted(feature[order], np.arange(matrix.shape[1] + 1))
        low, high = np.empty((2, matrix.shape[1]))
        for number in range(matrix.shape[1]):
            if number % _BLOCK == 0:  # columns of a matrix of rows lie far apart
                columns = np.ascontiguousarray(matrix[:, number : number + _BLOCK].T)
            column = columns[number % _BLOCK]
            bits = order[ends[number] : ends[number + 1]]
            low[number], high[number] = column.min(), column.max()
            if np.isnan(low[number]):
                column = column[~np.isnan(column)]
                if column.size:
                    low[number], high[number] = column.min(), column.max()
            if not bits.size:
                continue
            values = np.unique(column).astype(np.float64) + 0.0  # both zeros are one
            padded = np.concatenate([[np.nan], values, [np.nan]])
            first = np.searchsorted(values, threshold[bits], side="left")
            below[bits], above[bits] = padded[first], padded[first + 1]
            beyond[bits] = padded[np.searchsorted(values, threshold[bits], side="right") + 1]
        return cls(low + 0.0, high + 0.0, below, above, beyond)

    def merge(self, other: SeenValues) -> SeenValues:
        """Return what was seen of both, for the same comparators."""
        return SeenValues(
            low=np.fmin(self.low, other.low),
            high=np.fmax(self.high, other.high),
            below=np.fmax(self.below, other.below),
            above=np.fmin(self.above, other.above),
            beyond=np.fmin(self.beyond, other.beyond),
        )

    def faults(self, n_features: int, threshold: Floats) -> list[str]:
        """Return what does not go together, in words."""
        shapes = {"low": n_features, "high": n_features}
        shapes |= dict.fromkeys(("below", "above", "beyond"), int(threshold.size))
        faults = [
            f"the training values {name!r} must be {n_items} numbers"
            for name, n_items in shapes.items()
            if getattr(self, name).shape != (n_items,)
        ]
        if faults:
            return faults
        lacking = np.isnan(self.low) & np.isnan(self.high)
        with np.errstate(invalid="ignore"):
            wrong = (
                not (lacking | (np.isfinite(self.low) & np.isfinite(self.high))).all()
                or (self.low > self.high).any()
                or np.isinf([self.below, self.above, self.beyond]).any()
                or (self.below >= threshold).any()
                or (self.above < threshold).any()
                or (self.beyond <= threshold).any()
            )
        return ["the training values lie on the wrong side of a threshold"] if wrong else []
