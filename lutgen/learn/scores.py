"""What scores are worth: probabilities, and how far answers lie off."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

N_BINS = 15

Floats = NDArray[np.float64]


def softmax(scores: NDArray[Any], temperature: float) -> Floats:
    """Return probabilities out of scores, shape (n_samples, n_classes).

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
        A vector is how much class 1 is ahead of class 0.
    temperature : float
        Two scores that differ by this differ by a factor of e in probability.
    """
    if scores.ndim == 1:
        scores = np.column_stack([np.zeros_like(scores), scores])
    above = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(above / above.sum(axis=1, keepdims=True))


def calibration_error(probabilities: Floats, numbers: NDArray[np.integer]) -> float:
    """Return how far the probability of the answer lies from the share of right answers.

    The mean over the samples, of 15 parts of equal width that answers fall in by their probability
    (the expected calibration error; Guo et al., "On calibration of modern neural networks", 2017).

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples, n_classes)
    numbers : ndarray of shape (n_samples,)
        The true class of each sample.
    """
    _, probable, right = calibration(probabilities, numbers)
    return float(np.abs(right - probable).sum() / len(numbers))


def calibration(
    probabilities: Floats, numbers: NDArray[np.integer]
) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Return what lies in each of 15 parts of equal width, by the probability of the answer.

    Parameters
    ----------
    probabilities, numbers
        As of :func:`calibration_error`.

    Returns
    -------
    n_samples : ndarray of shape (15,), dtype=np.intp
    probable, right : ndarray of shape (15,)
        The sum of the answers' probabilities, and how many are right.
    """
    best = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == numbers
    place = np.minimum((best * N_BINS).astype(np.intp), N_BINS - 1)
    counts = np.bincount(place, minlength=N_BINS)
    probable, right = np.zeros(N_BINS), np.zeros(N_BINS)
    np.add.at(probable, place, best)
    np.add.at(right, place, is_right)
    return counts, probable, right


def explained(y: NDArray[Any], found: NDArray[Any], quantile: float | None = None) -> float:
    """Return the share of the best constant's loss that answers take off, a mean over the columns.

    Of the squared distance (R²), or of a quantile's loss (D²). Of numbers that are all the same it
    is 1 if they are answered exactly, else 0.
    """
    true = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
    given = np.asarray(found, dtype=np.float64).reshape(len(y), -1)
    if quantile is None:
        constant = true.mean(axis=0)
        left, whole = ((true - other) ** 2 for other in (given, constant))
    else:
        constant = np.quantile(true, quantile, axis=0)
        left, whole = (
            np.maximum(quantile * (true - other), (quantile - 1) * (true - other))
            for other in (given, constant)
        )
    lost, most = left.sum(axis=0), whole.sum(axis=0)
    shares = np.where(most > 0, 1 - lost / np.where(most > 0, most, 1), lost == 0)
    return float(shares.mean())
