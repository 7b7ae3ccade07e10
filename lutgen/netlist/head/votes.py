"""Votes: what a head computes, and the forms of it that are cheap in hardware.

The class of an answer is the one with the largest score, so whatever is added to all scores alike
changes nothing: a weight common to all classes at one bit, or a constant. `shifted` uses this to
make all scores non-negative, and to leave as few digits of weights as it can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import NetlistError
from lutgen.weights import score_limits

Digit = tuple[int, int]
"""A digit of a weight: its column (power of two), and its sign, 1 or -1."""


@dataclass(frozen=True, eq=False)
class Votes:
    """Bits vote for classes; the class of most votes wins, the lowest class number on ties.

    Parameters
    ----------
    weights : ndarray of shape (n_classes, n_bits), dtype=np.int32
        What bit i adds to the score of class c where it is 1.
    bias : ndarray of shape (n_classes,), dtype=np.int32
        What the score of class c is where all bits are 0.

    Raises
    ------
    NetlistError
        If the shapes do not fit, or there are no classes or no bits.
    """

    weights: NDArray[np.int32]
    bias: NDArray[np.int32]

    def __post_init__(self) -> None:
        shapes = f"weights of shape {self.weights.shape} and bias of shape {self.bias.shape}"
        if self.weights.ndim != 2 or self.bias.shape != self.weights.shape[:1]:
            raise NetlistError(f"votes: {shapes}; give (n_classes, n_bits) and (n_classes,)")
        if self.n_classes < 1 or self.n_bits < 1:
            raise NetlistError(f"votes: {shapes}; one class and one bit are the least")

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.weights.shape[0])

    @property
    def n_bits(self) -> int:
        """Number of bits that vote."""
        return int(self.weights.shape[1])

    def scores(self, bits: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return scores of shape (n_samples, n_classes) of 0 and 1 in (n_samples, n_bits)."""
        scores: NDArray[np.int64] = bits.astype(np.int64) @ self.weights.T.astype(np.int64)
        return scores + self.bias

    def classes(self, bits: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Return class numbers of shape (n_samples,) of 0 and 1 in (n_samples, n_bits)."""
        winner: NDArray[np.intp] = np.argmax(self.scores(bits), axis=1)
        return winner

    def limits(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the least and the largest score of each class."""
        return score_limits(self.weights, self.bias)

    def signed_width(self) -> int:
        """Return the bits of two's complement that hold every score of every class."""
        least, largest = self.limits()
        return 1 + max(
            int(largest.max()).bit_length() if largest.max() > 0 else 0,
            int(-least.min() - 1).bit_length() if least.min() < 0 else 0,
        )

    def widths(self) -> list[int]:
        """Return the bits that each class's score takes; no score may be negative."""
        least, largest = self.limits()
        assert least.min() >= 0
        return [int(value).bit_length() for value in largest]


def shifted(votes: Votes) -> list[Votes]:
    """Return votes with the same winner for all bits, no negative scores and few digits.

    Where one class's score is constant (of two classes it always is), shifts that make it 2^p or
    2^p - 1 follow, as a comparison with these is a look at the upper bits.
    """
    weights = votes.weights.astype(np.int64) + _common(votes.weights.astype(np.int64))
    base = Votes(_narrow(weights), votes.bias)
    least = int(base.limits()[0].min())
    shifts = [-least]
    for c in np.flatnonzero(~base.weights.any(axis=1)):
        power = 1 << int(base.bias[c] - least).bit_length()
        shifts += [power - 1 - int(base.bias[c]), power - int(base.bias[c])]
    shifts = sorted({shift for shift in shifts if shift >= -least}, key=shifts.index)
    bias = votes.bias.astype(np.int64)
    return [Votes(base.weights, _narrow(bias + shift)) for shift in shifts]


def _narrow(values: NDArray[np.int64]) -> NDArray[np.int32]:
    if np.abs(values).max(initial=0) > np.iinfo(np.int32).max:
        raise NetlistError("votes: weights and bias are too large, scores must fit 31 bits")
    return values.astype(np.int32)


def _common(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each bit what to add to its weights so that they have the fewest digits."""
    candidates = np.concatenate([np.zeros_like(weights[:1]), -weights])
    digits = np.stack([_count(weights + candidate).sum(axis=0) for candidate in candidates])
    best = np.argmin(digits, axis=0)  # the first: leave the weights alone if that is no worse
    return np.asarray(np.take_along_axis(candidates, best[None], axis=0)[0])


def n_digits(weights: NDArray[np.int64]) -> int:
    """Return the number of digits other than zero of all weights together."""
    return int(_count(weights).sum())


def _count(weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of digits other than zero in the non-adjacent form of each weight."""
    size = np.abs(weights)
    # the digits of n stand where 3n and n differ (H. Prodinger, Integers 0, 2000)
    differs = (3 * size) ^ size
    return np.asarray(np.bitwise_count(differs), dtype=np.int64)


def digits(weight: int) -> list[Digit]:
    """Return a weight as signed powers of two: as few as can be, and of one sign if no more."""
    size, sign = abs(weight), 1 if weight > 0 else -1
    adjacent = (3 * size) ^ size
    if adjacent.bit_count() == size.bit_count():
        return [(j, sign) for j in range(size.bit_length()) if size >> j & 1]
    plus = (3 * size) & ~size
    width = adjacent.bit_length()
    return [(j - 1, sign if plus >> j & 1 else -sign) for j in range(width) if adjacent >> j & 1]
