"""Gradient descent on one hidden layer of ReLUs, in NumPy: does it memorize a set of points?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8
_CHECK_EVERY = 20


def fit_relu(
    X: NDArray[np.integer],
    y: NDArray[np.integer],
    n_neurons: int,
    *,
    n_steps: int,
    rate: float = 0.01,
    seed: int = 0,
) -> tuple[float, int]:
    """Train a random network until it answers every training sample right.

    The loss is logistic, a step takes all samples (Adam: Kingma and Ba, 2015), the weights start as
    Glorot and Bengio (2010) say. Points of 0 and 1 go in as -1 and 1.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_inputs)
        Bits.
    y : ndarray of shape (n_samples,)
        Labels, 0 or 1.
    n_steps : int
        Steps after which to stop in any case.

    Returns
    -------
    accuracy : float
        Share of the training samples answered right, the best that was seen.
    n_steps : int
        Steps after which it was.
    """
    rng = np.random.default_rng(seed)
    points = (2.0 * X - 1).astype(np.float32)
    target = y.astype(np.float32)
    n_inputs = X.shape[1]
    weights = [
        _glorot(rng, n_inputs, n_neurons),
        np.zeros(n_neurons, dtype=np.float32),
        _glorot(rng, n_neurons, 1)[:, 0],
        np.zeros((), dtype=np.float32),
    ]
    first = [np.zeros_like(w) for w in weights]
    second = [np.zeros_like(w) for w in weights]
    best, best_step = 0.0, 0
    for step in range(1, n_steps + 1):
        hidden = np.maximum(points @ weights[0] + weights[1], 0)
        score = hidden @ weights[2] + weights[3]
        if step % _CHECK_EVERY == 1 or step == n_steps:
            accuracy = float(((score > 0) == (target > 0)).mean())
            if accuracy > best:
                best, best_step = accuracy, step - 1
            if best == 1:
                break
        slope = (1 / (1 + np.exp(-np.clip(score, -60, 60))) - target) / np.float32(len(X))
        back = np.outer(slope, weights[2]) * (hidden > 0)
        gradients = [points.T @ back, back.sum(axis=0), hidden.T @ slope, slope.sum()]
        for place, gradient in enumerate(gradients):
            first[place] = _BETA1 * first[place] + (1 - _BETA1) * gradient
            second[place] = _BETA2 * second[place] + (1 - _BETA2) * gradient**2
            mean = first[place] / (1 - _BETA1**step)
            spread = np.sqrt(second[place] / (1 - _BETA2**step)) + _EPSILON
            weights[place] = (weights[place] - rate * mean / spread).astype(np.float32)
    return best, best_step


def _glorot(rng: np.random.Generator, n_in: int, n_out: int) -> NDArray[np.float32]:
    limit = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-limit, limit, (n_in, n_out)).astype(np.float32)
