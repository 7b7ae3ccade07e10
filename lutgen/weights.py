"""What bits of given weights add up to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def score_limits(
    weights: NDArray[np.int32], bias: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the least and the largest value that each score can have, shape (n_scores,).

    Parameters
    ----------
    weights : ndarray of shape (n_scores, n_bits)
        What each bit adds to each score where it is 1.
    bias : ndarray of shape (n_scores,)
        What each score starts from.
    """
    exact, start = weights.astype(np.int64), bias.astype(np.int64)
    least = start + np.minimum(exact, 0).sum(axis=1)
    return least, start + np.maximum(exact, 0).sum(axis=1)
