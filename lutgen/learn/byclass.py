"""Samples sorted by class: those of class 0, then those of class 1, each in their order.

Each class begins with a vector (512 samples) of its own, and the places past its last sample are
empty: zero in all signals. So samples of a class are counted without asking for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import WORD_BITS, Words, pack
from lutgen.learn.compiled import njit
from lutgen.learn.executor import Executor
from lutgen.learn.vectors import WORDS, aligned

EMPTY = 2
"""The "class" of empty places."""

_ROWS_AT_ONCE = 32
_U = np.uint64


@dataclass(frozen=True, eq=False)
class ByClass:
    """Where samples of two classes go.

    Parameters
    ----------
    n_samples : tuple of int
        Samples of class 0, and of class 1.
    masks : ndarray of shape (2, n_words), dtype=np.uint64
        In the order from before, the samples of each class.
    """

    n_samples: tuple[int, int]
    masks: Words

    @classmethod
    def of(cls, labels: NDArray[np.uint8]) -> ByClass:
        """Return the places of samples, given the class of each, 0 or 1."""
        n_ones = int(labels.sum())
        masks = pack(np.stack([labels == 0, labels == 1], axis=1))
        return cls((labels.size - n_ones, n_ones), masks)

    @cached_property
    def ends(self) -> tuple[int, int]:
        """The word after the last of each class; the second is the number of words."""
        n_bits = WORD_BITS * WORDS
        first, second = (-(-n // n_bits) * WORDS for n in self.n_samples)
        return first, first + second

    @property
    def labels(self) -> NDArray[np.uint8]:
        """Class of each place, or EMPTY."""
        labels = np.full(self.ends[1] * WORD_BITS, EMPTY, dtype=np.uint8)
        labels[: self.n_samples[0]] = 0
        labels[self.ends[0] * WORD_BITS :][: self.n_samples[1]] = 1
        return labels

    @cached_property
    def places(self) -> Words:
        """Which places have a sample, shape (n_words,)."""
        places: Words = pack((self.labels != EMPTY)[:, None])[0]
        return places

    def sort(self, signals: Words, executor: Executor) -> Words:
        """Return signals with the samples at their places, in C order and aligned."""
        result = aligned(len(signals), self.ends[1])
        moves = _moves(self.masks)
        sizes = np.bitwise_count(self.masks)

        def sort_rows(first: int) -> None:
            rows = slice(first, first + _ROWS_AT_ONCE)
            _sort(signals[rows], self.masks, moves, sizes, self.ends[0], result[rows])

        executor.map(sort_rows, range(0, len(signals), _ROWS_AT_ONCE))
        return result


def _moves(masks: Words) -> Words:
    """Return which bits of each word move right by 1, 2, 4 … 32, to put those of a mask together.

    Shape (6, *masks.shape). Warren, Hacker's Delight (2013), section 7-4, compress.
    """
    left = masks.copy()
    below = ~masks << _U(1)
    moves = np.empty((6, *masks.shape), dtype=np.uint64)
    for i in range(6):
        parity = below.copy()  # of the bits below each that the mask lacks
        for j in range(6):
            parity ^= parity << _U(1 << j)
        moves[i] = parity & left
        left = (left ^ moves[i]) | (moves[i] >> _U(1 << i))
        below &= ~parity
    return moves


@njit(nogil=True, cache=True)
def _sort(signals, masks, moves, sizes, second, result):
    n_words = signals.shape[1]
    together = np.empty(n_words, dtype=np.uint64)
    for i in range(signals.shape[0]):
        for w in range(result.shape[1]):
            result[i, w] = 0
        for c in range(2):
            for w in range(n_words):
                x = signals[i, w] & masks[c, w]
                for j in range(6):
                    moved = x & moves[j, c, w]
                    x = (x ^ moved) | (moved >> _U(1 << j))
                together[w] = x
            place = 64 * second * c
            for w in range(n_words):
                word, bit = place >> 6, place & 63
                place += sizes[c, w]
                if sizes[c, w]:  # else there may be no such word
                    result[i, word] |= together[w] << _U(bit)
                if bit + sizes[c, w] > 64:
                    result[i, word + 1] |= together[w] >> _U(64 - bit)
