"""Leaves as whole numbers: exactly where one scale allows it, else in as many bits as are given.

As in TreeLUT (A. Khataei and K. Bazargan, FPGA 2025) the least leaf of a tree goes into the bias,
so that no leaf is negative, and all trees share one scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers.trees.ensemble import Ensemble

MAX_BITS = 16
"""Bits of a leaf, at most."""


@dataclass(frozen=True, eq=False)
class Whole:
    """An ensemble's leaves as whole numbers.

    A score is ``(sum of leaves + bias) * scale + offset``.

    Parameters
    ----------
    leaves : tuple of ndarray of shape (n_nodes, n), dtype=np.int64
        Of each tree, zero or more; 0 at nodes that are no leaves.
    bias : ndarray of shape (n_scores,), dtype=np.int64
    scale, offset : float
    is_exact : bool
        Whether nothing was rounded.
    """

    leaves: tuple[NDArray[np.int64], ...]
    bias: NDArray[np.int64]
    scale: float
    offset: float
    is_exact: bool

    def scores(self, ensemble: Ensemble, nodes: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the scores of samples at these leaves, shape (n_samples, n_scores)."""
        sums = np.tile(self.bias, (nodes.shape[1], 1))
        for tree, leaves, at in zip(ensemble.trees, self.leaves, nodes, strict=True):
            sums[:, list(tree.scores)] += leaves[at]
        return sums


def exactly(ensemble: Ensemble) -> Whole | None:
    """Return the leaves as whole numbers of one scale, or None if that takes more than 16 bits."""
    above, start = _above_least(ensemble)
    if not _lossless(ensemble, above):
        return None
    values = np.unique(np.concatenate([np.unique(part) for part in above]))
    largest = float(values[-1])
    values = np.concatenate([values, np.abs(start - start[0])])
    values = values[values > 0]
    if not values.size:
        return _whole(ensemble, 1.0)
    ratios = [float(value).as_integer_ratio() for value in values.tolist()]
    common = max(bottom for _, bottom in ratios)  # powers of two
    unit = math.gcd(*(top * (common // bottom) for top, bottom in ratios)) / common
    if not unit or largest / unit >= 1 << MAX_BITS or values.max() / unit >= 1 << 30:
        return None
    whole = _whole(ensemble, unit)
    return whole if whole.is_exact else None


def in_bits(ensemble: Ensemble, n_bits: int) -> Whole:
    """Return the leaves rounded to so many bits.

    The steps are even in number, so that what is half way, such as a tie of two classes, is one.
    """
    above, _ = _above_least(ensemble)
    widest = max(float(part.max(initial=0.0)) for part in above)
    return _whole(ensemble, widest / max(1, (1 << n_bits) - 2) if widest else 1.0)


def _whole(ensemble: Ensemble, scale: float) -> Whole:
    above, start = _above_least(ensemble)
    leaves = tuple(np.rint(part / scale).astype(np.int64) for part in above)
    offset = float(start[0])
    steps = (start - offset) / scale
    if np.abs(steps).max() + sum(int(part.max(initial=0)) for part in leaves) >= 1 << 31:
        raise ModelError("the scores take more than 31 bits; take fewer for a leaf (--score-bits)")
    bias = np.rint(steps).astype(np.int64)
    is_exact = bool((bias == steps).all()) and all(
        (whole * scale == part).all() for whole, part in zip(leaves, above, strict=True)
    )
    divisor = ensemble.divisor
    return Whole(leaves, bias, scale / divisor, offset / divisor, is_exact)


def _above_least(ensemble: Ensemble) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    """Return what leaves are above the least of their tree, and what scores start from with it."""
    start = ensemble.base.copy()
    above = []
    for tree in ensemble.trees:
        least = tree.values[tree.is_leaf].min(axis=0)
        start[list(tree.scores)] += least
        above.append(np.where(tree.is_leaf[:, None], tree.values - least, 0.0))
    return above, start


def _lossless(ensemble: Ensemble, above: list[NDArray[np.float64]]) -> bool:
    """Return whether the differences are those of real numbers (T. J. Dekker's exact error)."""
    for tree, part in zip(ensemble.trees, above, strict=True):
        values, found = tree.values[tree.is_leaf], part[tree.is_leaf]
        least = values.min(axis=0)
        back = found - values
        error = (values - (found - back)) - (least + back)
        if error.any():
            return False
    return True
