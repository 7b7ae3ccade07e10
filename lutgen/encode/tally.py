"""Weights counted by integer keys, and what exactly follows from such counts: order statistics.

Numbers become integers of the same order, and those are counted by their digits of 16 bits (of
fewer, where there are very many columns), from the highest on: a pass tells which digit the number
of a rank has, and the next one looks at numbers with that digit alone (a radix selection). Counts
of disjoint parts add up, so the number of a rank is exact, and the same however the samples are
parted. Sums of floating-point numbers are kept as integers for each exponent, and rounded once in
the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGIT_BITS = 16
_MOST_CELLS = 22  # 2^22 that a pass may fill: 64 MB
_FEWEST_BITS = 4
_SIGN = np.uint64(1 << 63)
_HALF = 1 << 26

Keys = NDArray[np.uint64]


def ordered(values: NDArray[Any]) -> Keys:
    """Return finite numbers as integers of the same order; both zeros are one.

    They are taken as float64, as which whole numbers beyond 2^53 are not told apart.
    """
    bits = (np.asarray(values, dtype=np.float64) + 0.0).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def unordered(keys: Keys) -> NDArray[np.float64]:
    """Undo :func:`ordered`."""
    bits = np.where(keys & _SIGN, keys & ~_SIGN, ~keys)
    return np.ascontiguousarray(bits, dtype=np.uint64).view(np.float64)


@dataclass(frozen=True, eq=False)
class Tally:
    """Weights by keys.

    Parameters
    ----------
    keys : ndarray of shape (n,), dtype=np.uint64
        Ascending, each once.
    weights : ndarray of shape (n,), dtype=np.int64
    """

    keys: Keys
    weights: NDArray[np.int64]

    @classmethod
    def of(cls, keys: Keys, weights: NDArray[np.integer] | None = None) -> Tally:
        """Count keys in any order, each by its weight or as one."""
        if weights is None:
            distinct, counts = np.unique(keys, return_counts=True)
            return cls(distinct, counts.astype(np.int64))
        order = np.argsort(keys, kind="stable")
        ascending, own = keys[order], weights[order].astype(np.int64)
        if not ascending.size:
            return cls(ascending, own)
        first = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1]]))
        return cls(ascending[first], np.add.reduceat(own, first))

    def add(self, other: Tally) -> Tally:
        """Return the weights of both."""
        keys = np.concatenate([self.keys, other.keys])
        return Tally.of(keys, np.concatenate([self.weights, other.weights]))


@dataclass(frozen=True, eq=False)
class Wanted:
    """What a pass counts: in each column, the digits that come after some prefixes.

    Parameters
    ----------
    shift, n_bits : int
        Bits below the digit, and of the digit.
    prefixes : sequence of ndarray, dtype=np.uint64
        For each column, what may stand above the digit; ascending. None: nothing is looked at.
    """

    shift: int
    n_bits: int
    prefixes: Sequence[Keys | None]

    def count(self, column: int, keys: Keys, weights: NDArray[np.integer] | None = None) -> Tally:
        """Count the keys of a column, by the places of their prefixes and by their digits."""
        prefixes = self.prefixes[column]
        if prefixes is None:
            return Tally(np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64))
        above = np.uint64(self.shift + self.n_bits)
        top = keys >> above if above < 64 else np.zeros_like(keys)
        place = np.searchsorted(prefixes, top)
        there = prefixes[np.minimum(place, prefixes.size - 1)] == top
        digit = (keys[there] >> np.uint64(self.shift)) & np.uint64((1 << self.n_bits) - 1)
        cells = (place[there].astype(np.int64) << self.n_bits) | digit.astype(np.int64)
        if weights is not None:
            found = Tally.of(cells.astype(np.uint64), weights[there])
        elif prefixes.size << self.n_bits <= max(1 << 20, 4 * cells.size):
            counts = np.bincount(cells)
            filled = np.flatnonzero(counts)
            found = Tally(filled.astype(np.uint64), counts[filled].astype(np.int64))
        else:
            found = Tally.of(cells.astype(np.uint64))
        return Tally(found.keys | np.uint64(column << 40), found.weights)


def select(
    count: Callable[[Wanted], Tally], ranks: Sequence[NDArray[np.int64]], n_bits: int = 64
) -> list[Keys]:
    """Return the keys of some ranks in each column.

    Parameters
    ----------
    count : callable
        Makes one pass over all samples: what :meth:`Wanted.count` gives for each column, added up.
    ranks : sequence of ndarray, dtype=np.int64
        For each column, in any order: the least key is meant such that keys up to it weigh so much,
        from 1 to the weight of all.
    n_bits : int
        Bits of the keys, at most.
    """
    found = [np.zeros(own.size, dtype=np.uint64) for own in ranks]
    left = [own.copy() for own in ranks]
    shift = n_bits
    while shift:
        prefixes = [np.unique(keys) if keys.size else None for keys in found]
        n_prefixes = sum(own.size for own in prefixes if own is not None)
        width = max(_FEWEST_BITS, min(DIGIT_BITS, _MOST_CELLS - n_prefixes.bit_length()))
        width = min(width, shift)
        shift -= width
        tally = count(Wanted(shift, width, prefixes))
        column = (tally.keys >> np.uint64(40)).astype(np.int64)
        edges = np.searchsorted(column, np.arange(len(ranks) + 1))
        for number, own in enumerate(prefixes):
            if own is None:
                continue
            part = slice(edges[number], edges[number + 1])
            cells = tally.keys[part] & np.uint64((1 << 40) - 1)
            weight = np.concatenate([[0], np.cumsum(tally.weights[part])])
            place = np.searchsorted(own, found[number]).astype(np.uint64)
            before = weight[np.searchsorted(cells, place << np.uint64(width))]
            at = np.searchsorted(weight[1:], before + left[number])
            left[number] = left[number] + before - weight[at]
            digit = cells[at] & np.uint64((1 << width) - 1)
            found[number] = (found[number] << np.uint64(width)) | digit
    return found


@dataclass(frozen=True, eq=False)
class ExactSum:
    """A sum of finite floating-point numbers that does not depend on their order.

    Parameters
    ----------
    parts : ndarray of shape (2, 2100), dtype=np.int64
        Sums of the upper and the lower halves of the numbers' 53 bits, by exponent. They hold those
        of 2^36 numbers.
    """

    parts: NDArray[np.int64]

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> ExactSum:
        """Add numbers up."""
        fraction, exponent = np.frexp(values)
        whole = (fraction * 2.0**53).astype(np.int64)
        high, place = whole >> 26, exponent.astype(np.int64) + 1080
        parts = np.zeros((2, 2110), dtype=np.int64)
        np.add.at(parts[0], place, high)
        np.add.at(parts[1], place, whole - (high << 26))
        return cls(parts)

    def add(self, other: ExactSum) -> ExactSum:
        """Return the sum of both."""
        return ExactSum(self.parts + other.parts)

    @property
    def value(self) -> Fraction:
        """The sum, exactly."""
        total = Fraction(0)
        for place in np.flatnonzero(self.parts.any(axis=0)).tolist():
            own = int(self.parts[0, place]) * _HALF + int(self.parts[1, place])
            power = place - 1080 - 53
            total += own * Fraction(2) ** power
        return total
