"""Bit-packed samples: the one form in which bits travel between the stages.

A signal is a row of 64-bit words; bit b of word w is sample 64*w + b. Bits past the last sample
are zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint64]

MAX_FAN_IN = 16
"""Inputs of a LUT, at most: its truth table has 2^16 bits then."""

WORD_BITS = 64


def n_words(n_samples: int) -> int:
    """Return the number of 64-bit words that hold `n_samples` bits."""
    return -(-n_samples // WORD_BITS)


def pack(dense: NDArray[np.uint8] | NDArray[np.bool_]) -> Words:
    """Pack an array of 0 and 1, shape (n_samples, n_signals), into shape (n_signals, n_words)."""
    n_samples, n_signals = dense.shape
    packed = np.zeros((n_signals, n_words(n_samples) * 8), dtype=np.uint8)
    rows = np.packbits(np.ascontiguousarray(dense.T), axis=1, bitorder="little")
    packed[:, : rows.shape[1]] = rows
    return packed.view("<u8").astype(np.uint64, copy=False)


def unpack(words: Words, n_samples: int) -> NDArray[np.uint8]:
    """Undo :func:`pack`: words (n_signals, n_words) to 0 and 1, shape (n_samples, n_signals)."""
    rows = unpack_rows(words, n_samples)
    return np.ascontiguousarray(rows.T)


def unpack_rows(words: Words, n_samples: int) -> NDArray[np.uint8]:
    """Unpack words of shape (n_signals, n_words) to 0 and 1, shape (n_signals, n_samples)."""
    octets = np.ascontiguousarray(words).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(octets, axis=1, bitorder="little", count=n_samples)


def tail_mask(n_samples: int) -> Words:
    """Return words of shape (n_words,) with a one for every sample and zeros after the last."""
    mask = np.full(n_words(n_samples), np.iinfo(np.uint64).max, dtype=np.uint64)
    if n_samples % WORD_BITS:
        mask[-1] = np.uint64((1 << (n_samples % WORD_BITS)) - 1)
    return mask


@dataclass(frozen=True, eq=False)
class Bits:
    """Bit-packed samples.

    Parameters
    ----------
    words : ndarray of shape (n_signals, n_words), dtype=np.uint64
        Row i is signal i; bit b of word w is sample 64*w + b; bits past the last sample are zero.
    n_samples : int
        Number of samples.
    """

    words: Words
    n_samples: int

    def __post_init__(self) -> None:
        assert self.words.dtype == np.uint64 and self.words.ndim == 2
        assert self.words.shape[1] == n_words(self.n_samples)

    @property
    def n_signals(self) -> int:
        """Number of signals (rows)."""
        return int(self.words.shape[0])

    @classmethod
    def from_dense(cls, dense: ArrayLike) -> Bits:
        """Pack an array-like of 0 and 1 of shape (n_samples, n_signals)."""
        array = np.asarray(dense)
        return cls(pack(array.astype(np.uint8, copy=False)), int(array.shape[0]))

    def to_dense(self) -> NDArray[np.uint8]:
        """Return 0 and 1 as uint8, shape (n_samples, n_signals)."""
        return unpack(self.words, self.n_samples)

    def take(self, samples: NDArray[np.integer]) -> Bits:
        """Return the named samples, in the order given."""
        return Bits.from_dense(self.to_dense()[samples])
