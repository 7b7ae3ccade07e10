"""The efficient memorization of Yu et al. (2024), from convex sets: one around each point.

The summary of the paper that was at hand says: convex sets partition the space, and each contains
points of one label alone. The nearest construction that this supports: the cell of a point is the
intersection of the half-spaces, one for each point of the other class, that end half-way to it; a
neuron for each half-space, one for each cell, and the output adds ±1 for each cell that x lies in.
With half-way planes, x lies in the cell of a point if no point of the other class is nearer, so the
sign is that of the nearest neighbour's class, which is how it is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_ROWS = 2048  # samples whose distances are held at a time


def squared_distances(A: Floats, B: Floats) -> Floats:
    """Return |a - b|² for each pair; exact for integers while the sums stay below 2^24."""
    products = A @ B.T
    distances: Floats = (A * A).sum(axis=1)[:, None] - 2 * products + (B * B).sum(axis=1)
    return distances


@dataclass(frozen=True, eq=False)
class ConvexMemorizer:
    """The network, as its training points.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_inputs), dtype=np.float32
        Integers whose squared distances are below 2^24.
    y : ndarray of shape (n_samples,), dtype=np.uint8
        Labels, 0 or 1.
    """

    X: Floats
    y: NDArray[np.uint8]

    @property
    def n_parameters(self) -> int:
        """Weights and biases: a plane a pair of points of two classes, a neuron a cell."""
        n_ones = int(self.y.sum())
        n_planes = 2 * n_ones * (self.y.size - n_ones)
        return n_planes * (int(self.X.shape[1]) + 1) + n_planes + 2 * self.y.size

    def scores(self, X: Floats) -> NDArray[np.int64]:
        """Return, for each sample, the cells of class 1 that it lies in less those of class 0."""
        scores = np.empty(len(X), dtype=np.int64)
        ones = self.y == 1
        for start in range(0, len(X), _ROWS):
            distances = squared_distances(X[start : start + _ROWS], self.X)
            nearest = [distances[:, ones == side].min(axis=1) for side in (False, True)]
            # a cell of class 1 holds x if no point of class 0 is nearer than the cell's own
            for_1 = (distances[:, ones] <= nearest[0][:, None]).sum(axis=1)
            for_0 = (distances[:, ~ones] <= nearest[1][:, None]).sum(axis=1)
            scores[start : start + _ROWS] = for_1.astype(np.int64) - for_0
        return scores

    def predict(self, X: Floats) -> NDArray[np.uint8]:
        """Return the class of each sample: 1 where the score is above 0."""
        return (self.scores(X) > 0).astype(np.uint8)

    def evaluate_network(self, X: Floats) -> NDArray[np.float64]:
        """Return the network's output, neuron by neuron; for small sets alone.

        A plane's neuron is relu(-s), with s the (integer) power of x to the plane, positive inside;
        a cell's is relu(1 - Σ of its planes), which is 1 inside, and 0 outside for integers.
        """
        output = np.zeros(len(X))
        for point, label in zip(self.X.astype(np.float64), self.y, strict=True):
            others = self.X[self.y != label].astype(np.float64)
            inside = 2 * X @ (point - others).T - (point @ point - (others**2).sum(axis=1))
            outside = np.maximum(-inside, 0).sum(axis=1)
            output += (1 if label else -1) * np.maximum(1 - outside, 0)
        return output


def smallest_gap(X: Floats, y: NDArray[np.uint8]) -> float:
    """Return the least distance of two points of different classes: the separation bound."""
    return float(np.sqrt(squared_distances(X[y == 1], X[y == 0]).min()))


def nearby_set(X: Floats, radius: float) -> NDArray[np.intp]:
    """Return points such that each point has one of them within `radius`, chosen greedily in order.

    A set of points near all others: what the number of samples must exceed in the paper's theorem.
    """
    squares = squared_distances(X, X)
    open_points = np.ones(len(X), dtype=np.bool_)
    chosen = []
    for point in range(len(X)):
        if open_points[point]:
            chosen.append(point)
            open_points &= squares[point] > radius * radius
    return np.array(chosen, dtype=np.intp)


def consistent_subset(X: Floats, y: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return points whose memorizer memorizes all the others as well (Hart 1968)."""
    squares = squared_distances(X, X)
    kept = [int(np.flatnonzero(y == side)[0]) for side in (0, 1)]
    nearest = [squares[point].copy() for point in kept]  # to the kept points of each class
    while True:
        answer = (nearest[1] < nearest[0]).astype(np.uint8)
        wrong = np.flatnonzero(answer != y)
        if not wrong.size:
            return np.array(sorted(kept), dtype=np.intp)
        point = int(wrong[0])
        kept.append(point)
        side = int(y[point])
        nearest[side] = np.minimum(nearest[side], squares[point])
