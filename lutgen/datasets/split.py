"""Rows set aside: a test part of data that come without one, a validation part of training data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.errors import ConfigError, DataError

Rows = NDArray[np.int64]


def split_rows(
    y: ArrayLike, share: float, seed: int | None, *, stratified: bool = True
) -> tuple[Rows, Rows]:
    """Part rows into those that are kept and those that are set aside.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Labels, numbers or strings.
    share : float or int
        What is set aside: a share below 1, or a whole number of rows. Where stratified it is taken
        from each class in proportion, rounded.
    seed : int or None
        Seed of the draw; the same on every machine. None sets the last rows aside, as they are.
    stratified : bool
        Draw from each class by its share, leaving every class at least one row. Has no meaning
        without a seed.

    Returns
    -------
    kept, aside : ndarray of int64
        Row numbers, ascending; together every row once.

    Raises
    ------
    ConfigError
        If `share` or `seed` makes no sense.
    DataError
        If there are too few rows: one of the two parts would be empty.
    """
    labels: NDArray[Any] = np.asarray(y)
    n = int(labels.size)
    if not (0 <= share < 1 or (share >= 1 and float(share).is_integer())):
        raise ConfigError(f"rows to set aside: a share below 1 or a whole number, got {share}")
    if seed is not None and seed < 0:
        raise ConfigError(f"the seed of a split must not be negative, got {seed}")
    fraction = float(share) if share < 1 else share / max(n, 1)
    is_aside = np.zeros(n, dtype=np.bool_)
    if seed is None:
        is_aside[n - round(fraction * n) :] = fraction <= 1
    else:
        # The raw stream of a bit generator is the one that NumPy promises never to change.
        draws = np.random.PCG64(seed).random_raw(n)
        for members, n_aside in _quotas(labels, fraction, stratified):
            is_aside[members[np.argsort(draws[members], kind="stable")[:n_aside]]] = True
    if not is_aside.any() or is_aside.all():
        much = f"{100 * share:g} %" if share < 1 else f"{share:g} rows"
        of_each = " of each class" if stratified and seed is not None and share < 1 else ""
        raise DataError(
            f"{n} samples are too few to set {much}{of_each} aside; give more, or another share"
        )
    return np.flatnonzero(~is_aside), np.flatnonzero(is_aside)


def _quotas(labels: NDArray[Any], fraction: float, stratified: bool) -> list[tuple[Rows, int]]:
    """Return groups of rows, and how many of each to set aside."""
    if not stratified:
        return [(np.arange(labels.size), round(fraction * labels.size))]
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return [(rows, min(round(fraction * rows.size), rows.size - 1)) for rows in groups]
