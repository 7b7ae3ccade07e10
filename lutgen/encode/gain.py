"""Thresholds that tell the classes apart, found by counting.

A threshold cuts an interval of one feature's values in two. Its gain is what the cut takes off the
squared error of guessing the class shares of the interval: with n_c samples of class c in it,
``sum_c n_c^2 / n`` of the two parts less that of the whole (Gini impurity times samples; Breiman et
al., Classification and Regression Trees, 1984). Cuts are made best first over all features, so
that a budget of thresholds goes where it pays. Every sum runs in a fixed order over exact counts:
the same data give the same thresholds on every machine.

With a tolerance, the cheapest threshold to compare is taken of the cuts around the best one that
gain almost as much: the one of fewest binary digits (:mod:`lutgen.encode.shortest`).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.shortest import shortest

_Cut = tuple[float, int, int, int, int, float]
MAX_CANDIDATES = 255  # per feature: all values but the least, or so many quantiles
STEPS = np.arange(1, MAX_CANDIDATES + 1) / (MAX_CANDIDATES + 1)


Cells = tuple[NDArray[Any], NDArray[np.int64]]
"""The lower ends of a feature's intervals, and the samples of each class below them.

The second is of shape (n_classes, n_intervals + 1); its last column counts all samples.
"""


def gain_thresholds(
    tallies: Sequence[Cells], budget: int, most: int, tolerance: float = 0.0
) -> list[tuple[int, float]]:
    """Choose thresholds by their gain.

    Parameters
    ----------
    tallies : sequence of Cells
        Of each feature, as :func:`tally` counts them.
    budget : int
        Thresholds in all, at most.
    most : int
        Thresholds per feature, at most.
    tolerance : float
        The share of the best cut's gain that may be lost for a threshold of fewer digits.

    Returns
    -------
    list of (feature, threshold), ascending
        Without a tolerance, thresholds are values that occur. Fewer than the budget where no other
        threshold gains.
    """
    # of each open interval: its best cut, the largest gain first, then the lowest feature and code
    heap: list[_Cut] = []
    for feature, (values, below) in enumerate(tallies):
        _push(heap, feature, values, below, 0, below.shape[1] - 1, tolerance)
    n_chosen = [0] * len(tallies)
    chosen: list[tuple[int, float]] = []
    while heap and len(chosen) < budget:
        _, feature, first, cut, last, threshold = heapq.heappop(heap)
        if n_chosen[feature] == most:
            continue
        n_chosen[feature] += 1
        values, below = tallies[feature]
        chosen.append((feature, threshold))
        _push(heap, feature, values, below, first, cut, tolerance)
        _push(heap, feature, values, below, cut, last, tolerance)
    return sorted(chosen)


def tally(column: NDArray[Any], classes: NDArray[np.integer]) -> Cells:
    """Count a feature's samples by intervals and classes.

    Parameters
    ----------
    column : ndarray of shape (n_samples,), finite numbers
        A feature is judged without the samples in which it is missing, NaN.
    classes : ndarray of int of shape (n_samples,)
        Class numbers from 0.
    """
    n_classes = int(classes.max()) + 1
    there = column[~np.isnan(column)]
    values = np.unique(there)
    if values.size > MAX_CANDIDATES + 1:
        quantiles = np.quantile(there, STEPS, method="higher")
        values = np.unique(np.concatenate([values[:1], quantiles]))
    below = np.zeros((n_classes, values.size + 1), dtype=np.int64)
    np.cumsum(cells_of(column, classes, values, n_classes), axis=1, out=below[:, 1:])
    return values, below


def cells_of(
    column: NDArray[Any], classes: NDArray[np.integer], values: NDArray[Any], n_classes: int
) -> NDArray[np.int64]:
    """Count the samples of each class in each interval, shape (n_classes, n_intervals).

    Parameters
    ----------
    values : ndarray
        The intervals' lower ends, ascending; the first is the least value.
    """
    there = ~np.isnan(column)
    if not there.all():
        column, classes = column[there], classes[there]
    codes = np.searchsorted(values, column, side="right") - 1
    cells = np.bincount(classes * values.size + codes, minlength=n_classes * values.size)
    return cells.reshape(n_classes, values.size)


def _push(
    heap: list[_Cut],
    feature: int,
    values: NDArray[Any],
    below: NDArray[np.int64],
    first: int,
    last: int,
    tolerance: float,
) -> None:
    """Add the best cut of codes first .. last - 1 to the heap, where one gains."""
    if last - first < 2:
        return
    left = below[:, first + 1 : last] - below[:, first, None]
    whole = below[:, last] - below[:, first]
    n, n_left = whole.sum(), left.sum(axis=0)
    right = whole[:, None] - left
    gains = _square(left) / n_left + _square(right) / (n - n_left) - _square(whole[:, None]) / n
    best = int(np.argmax(gains))
    if gains[best] <= _MIN_GAIN * n:
        return
    cut, threshold = first + 1 + best, float(values[first + 1 + best])
    if tolerance:
        enough = gains >= (1 - tolerance) * gains[best]
        low = best - int(np.argmin(np.append(enough[best::-1], False))) + 1
        high = best + int(np.argmin(np.append(enough[best:], False))) - 1
        threshold = shortest(float(values[first + low]), float(values[first + 1 + high]))
        cut = int(np.searchsorted(values, threshold))
    gain = float(gains[cut - first - 1])
    heapq.heappush(heap, (-gain, feature, first, cut, last, threshold))


_MIN_GAIN = 1e-9  # of the samples: less is rounding


def _square(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    squared: NDArray[np.int64] = (counts * counts).sum(axis=0)
    return squared
