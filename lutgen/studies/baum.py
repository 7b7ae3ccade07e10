"""Baum's network: one hidden layer of 4⌈n/d⌉ ReLUs that interpolates n points, exactly.

Bubeck, Eldan, Lee and Mikulincer, "Network size and weights size for memorization with two-layers
neural networks", 2020, section 3 (after Baum, 1988): the points are taken d at a time. Through d
points in general position goes a hyperplane u·x = b that meets no other point, and some v has
v·x = y on them. Four ReLUs then give v·x in a thin slab around the hyperplane and 0 elsewhere::

    relu((u + δv)·x - b + ε) - relu(u·x - b + ε) - relu((u + δv)·x - b - ε) + relu(u·x - b - ε)

over δ. With points of integers everything is an integer but δ, so the check is exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import DataError

Integers = NDArray[Any]  # dtype=object: Python's integers
_LIMB = 40  # bits of a weight that are multiplied at a time, in floating point without error
_SIGNS = (1, -1, -1, 1)


def solve_integers(matrix: NDArray[np.integer], right: NDArray[np.integer]) -> tuple[Integers, int]:
    """Solve A·X = B without fractions (Bareiss 1968, with Jordan's backward steps).

    Parameters
    ----------
    matrix : ndarray of shape (d, d)
        A.
    right : ndarray of shape (d, m)
        B.

    Returns
    -------
    numerators : ndarray of shape (d, m), dtype=object
        X times the denominator.
    denominator : int
        The determinant of A, but for its sign.

    Raises
    ------
    DataError
        If A is singular: the points are not in general position.
    """
    d = len(matrix)
    work = np.concatenate([matrix, right], axis=1).astype(object)
    last = 1
    for column in range(d):
        candidates = np.flatnonzero(work[column:, column] != 0)
        if not candidates.size:
            raise DataError(
                f"{d} points lie on a hyperplane through the origin or on a smaller flat: not in "
                "general position; take more dimensions, or other points"
            )
        pivot_row = column + int(candidates[0])
        work[[column, pivot_row]] = work[[pivot_row, column]]
        pivot, factors = work[column, column], work[:, column].copy()
        rest = work[:, column + 1 :]
        kept = rest[column].copy()
        rest[...] = (pivot * rest - factors[:, None] * kept) // last
        rest[column] = kept
        last = pivot
    return work[:, d:], int(last)


@dataclass(frozen=True, eq=False)
class BaumNetwork:
    """A ReLU network of one hidden layer with integer weights; output weights are fractions.

    Parameters
    ----------
    u, v : ndarray of shape (n_groups, n_inputs), dtype=object
        The weights of the four neurons of group g are scale·u + v, scale·u, and both again.
    threshold : sequence of int
        b of each group: the hyperplane is u·x = b, the slab ends at b ± 1/2; the output weights of
        its neurons are ± 1/b, since v·x = b·y.
    scale : sequence of int
        1/δ, even.
    """

    u: Integers
    v: Integers
    threshold: tuple[int, ...]
    scale: tuple[int, ...]

    @property
    def n_neurons(self) -> int:
        """Neurons of the hidden layer."""
        return 4 * len(self.u)

    @property
    def n_parameters(self) -> int:
        """Weights and biases of the hidden layer, and output weights."""
        return self.n_neurons * (int(self.u.shape[1]) + 2)

    @property
    def weight_bits(self) -> int:
        """Bits, with the sign, of the largest of all integers; of an output weight, its inverse."""
        largest = max(
            max(abs(value) for neuron in self._hidden(group) for value in (*neuron[0], neuron[1]))
            for group in range(len(self.u))
        )
        return int(max(largest, *map(abs, self.threshold))).bit_length() + 1

    def _hidden(self, group: int) -> list[tuple[Integers, int]]:
        """Return weights and bias of the four neurons of a group."""
        scale, half = self.scale[group], self.scale[group] // 2
        plain = scale * self.u[group]
        tilted = plain + self.v[group]
        offset = -scale * self.threshold[group]
        return [
            (tilted, offset + half),
            (plain, offset + half),
            (tilted, offset - half),
            (plain, offset - half),
        ]

    def evaluate(self, X: NDArray[np.integer]) -> list[Fraction]:
        """Return the output for each sample of X, shape (n_samples, n_inputs), without rounding."""
        outputs = [Fraction(0)] * len(X)
        for group, threshold in enumerate(self.threshold):
            total: Any = 0
            for sign, (weights, bias) in zip(_SIGNS, self._hidden(group), strict=True):
                total = total + sign * np.maximum(multiply(X, weights) + bias, 0)
            for sample in np.flatnonzero(total):
                outputs[sample] += Fraction(int(total[sample]), threshold)
        return outputs


def make_baum_network(X: NDArray[np.integer], y: NDArray[np.integer]) -> BaumNetwork:
    """Construct the network that has the value y at every point of X.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_inputs), dtype integer
        Points in general position, at least as many as inputs; |x| times the inputs below 2^13.
    y : ndarray of shape (n_samples,), dtype integer

    Raises
    ------
    DataError
        If the points are not in general position, or fewer than inputs.
    """
    n_samples, d = X.shape
    if n_samples < d:
        raise DataError(f"{n_samples} points in {d} dimensions; Baum's network takes {d} or more")
    parts: list[tuple[Integers, Integers, int, int]] = []
    for start in range(0, n_samples, d):
        first = min(start, n_samples - d)  # the last group takes points again, at the value 0
        group = slice(first, first + d)
        target = np.where(np.arange(first, first + d) >= start, y[group], 0)
        ones = np.ones(d, dtype=np.int64)
        found, threshold = solve_integers(X[group], np.stack([ones, target], axis=1))
        u, v = found[:, 0], found[:, 1]
        off = multiply(X, u) - threshold
        off[group] = 1
        if not np.all(off != 0):
            raise DataError(
                f"point {int(np.flatnonzero(off == 0)[0])} lies on the hyperplane through points "
                f"{first} to {first + d - 1}: not in general position; take more dimensions"
            )
        # the slab is |u·x - b| < 1/2; δ·|v·x| must stay below 1/2 as well
        scale = 2 * int(np.abs(multiply(X, v)).max()) + 2
        parts.append((u, v, threshold, scale))
    return BaumNetwork(
        np.stack([part[0] for part in parts]),
        np.stack([part[1] for part in parts]),
        tuple([part[2] for part in parts]),
        tuple([part[3] for part in parts]),
    )


def multiply(X: NDArray[np.integer], weights: Integers) -> Integers:
    """Return X·w for a vector of integers of any size, exactly; shape (n_samples,)."""
    # sums of so many limbs must stay below 2^53
    largest = max(-int(X.min()), int(X.max()))
    assert largest * X.shape[1] < 1 << 53 - _LIMB, "values of X are too large"
    n_bits = max(1, *(int(abs(weight)).bit_length() for weight in weights))
    magnitude = np.array([abs(weight) for weight in weights], dtype=object)
    sign = np.array([1.0 if weight >= 0 else -1.0 for weight in weights])
    points = X.astype(np.float64)
    total: Any = np.zeros(len(X), dtype=object)
    for shift in range(0, n_bits, _LIMB):
        limb = (magnitude >> shift & (1 << _LIMB) - 1).astype(np.float64) * sign
        total = total + ((points @ limb).astype(np.int64).astype(object) << shift)
    return total  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class RoundedNetwork:
    """The same construction in floating point, each weight rounded to so many bits.

    Parameters
    ----------
    hidden : ndarray of shape (n_inputs, n_neurons)
    bias, output : ndarray of shape (n_neurons,)
    """

    hidden: NDArray[np.float64]
    bias: NDArray[np.float64]
    output: NDArray[np.float64]

    def rounded(self, n_bits: int) -> RoundedNetwork:
        """Return the network with `n_bits` of each weight's significand."""
        parts = (_round(part, n_bits) for part in (self.hidden, self.bias, self.output))
        return RoundedNetwork(*parts)

    def is_right(self, X: NDArray[np.integer], y: NDArray[np.integer]) -> bool:
        """Return whether the output, rounded to an integer, is y at every point."""
        total = np.zeros(len(X))
        for group in range(0, self.bias.size, 4):
            part = slice(group, group + 4)
            active = np.maximum(X @ self.hidden[:, part] + self.bias[part], 0)
            total += active @ self.output[part]
        return bool((np.abs(total - y) < 0.5).all())


def make_rounded_network(network: BaumNetwork, X: NDArray[np.integer]) -> RoundedNetwork:
    """Return the network in floating point, its slabs as wide as the points allow."""
    hidden, bias, output = [], [], []
    points = X.astype(np.float64)
    for group, threshold in enumerate(network.threshold):
        u = np.array([float(Fraction(w, threshold)) for w in network.u[group]])
        v = np.array([float(Fraction(w, threshold)) for w in network.v[group]])
        off = np.abs(points @ u - 1)
        exact = multiply(X, network.u[group]) - threshold
        width = float(off[exact != 0].min(initial=1.0)) / 2
        tilt = width / (2 * max(float(np.abs(points @ v).max()), 1e-300))
        for sign, tilted, edge in zip(_SIGNS, (1, 0, 1, 0), (1, 1, -1, -1), strict=True):
            hidden.append(u + tilted * tilt * v)
            bias.append(edge * width - 1)
            output.append(sign / tilt)
    return RoundedNetwork(np.array(hidden).T, np.array(bias), np.array(output))


def _round(values: NDArray[np.float64], n_bits: int) -> NDArray[np.float64]:
    significand, exponent = np.frexp(values)
    rounded: NDArray[np.float64] = np.ldexp(
        np.rint(np.ldexp(significand, n_bits)), exponent - n_bits
    )
    return rounded


def least_weight_bits(
    network: RoundedNetwork, X: NDArray[np.integer], y: NDArray[np.integer]
) -> int | None:
    """Return the least bits of a significand that keep every answer; None if 53 are too few."""
    low, high = 0, 53
    if not network.rounded(high).is_right(X, y):
        return None
    while high - low > 1:
        middle = math.ceil((low + high) / 2)
        if network.rounded(middle).is_right(X, y):
            high = middle
        else:
            low = middle
    return high
