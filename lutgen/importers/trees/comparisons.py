"""Comparisons of other libraries as cuts: the least float64 from which on the other way is taken.

XGBoost and scikit-learn compare numbers that were rounded to float32, LightGBM float64; some with
``<``, some with ``<=``. All are one comparator ``x >= cut`` on the unrounded number, exactly.
"""

from __future__ import annotations

import math

import numpy as np

FLOAT32, FLOAT64 = "float32", "float64"

_LARGEST = float(np.finfo(np.float32).max)
_BEYOND = 2.0**128  # what would follow; numbers from half way on round to infinity


def cut(threshold: float, *, strict: bool, precision: str) -> float:
    """Return the least float64 that is not below (or, not strict, that is above) a threshold.

    Parameters
    ----------
    threshold : float
        Not NaN. It may have more digits than the numbers that are compared with it.
    strict : bool
        Whether the comparison is ``x < threshold``, rather than ``x <= threshold``.
    precision : {"float32", "float64"}
        What x is rounded to, to nearest, ties to even, before it is compared.

    Returns
    -------
    float
        ``x >= cut`` of a finite, unrounded x is true exactly where the comparison is false; it may
        be infinite, where it is never false.
    """
    if threshold == math.inf and not strict:
        return math.inf
    if precision == FLOAT64:
        return threshold if strict else math.nextafter(threshold, math.inf)
    return _rounds_to(_least_single(threshold, strict=strict))


def _least_single(threshold: float, *, strict: bool) -> float:
    """Return the least float32 for which the comparison is false."""
    with np.errstate(over="ignore", under="ignore"):
        single = np.float32(threshold)
    if float(single) < threshold or (float(single) == threshold and not strict):
        with np.errstate(over="ignore", under="ignore"):
            return float(np.nextafter(single, np.float32(np.inf)))
    return float(single)


def _rounds_to(single: float) -> float:
    """Return the least float64 that rounds to a float32 or to a larger one."""
    if single == -np.inf:
        return -np.inf
    with np.errstate(over="ignore", under="ignore"):
        below = float(np.nextafter(np.float32(single), np.float32(-np.inf)))
    upper = _BEYOND if single == np.inf else single
    lower = -_BEYOND if below == -np.inf else below
    middle = lower + (upper - lower) / 2  # exact: both have 24 digits
    is_even = single == np.inf or not int(np.float32(single).view(np.uint32)) & 1
    return middle if is_even else float(np.nextafter(middle, np.inf))
