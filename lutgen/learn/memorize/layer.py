"""What learning one layer takes and gives: the interface of both implementations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words

FILLS = ("random", "zero", "majority", "neighbour")


@dataclass(frozen=True, eq=False)
class Fill:
    """What becomes of entries whose two counts are equal (never seen included).

    Parameters
    ----------
    policy : {"random", "zero", "majority", "neighbour"}
        Random bits (the paper's choice), zeros, the larger class of the whole training set (0 if
        they are equal), or the majority of those of the k entries at Hamming distance 1 that are
        decided by counts (random where that is a draw).
    keys : ndarray of shape (n_luts,), dtype=np.uint64
        Key of each LUT's random bits; bit p of its table is bit p % 64 of random word p // 64.
    prior : int
        The larger class of the training set, 0 or 1.
    """

    policy: str
    keys: NDArray[np.uint64]
    prior: int


@dataclass(frozen=True, eq=False)
class LearntLayer:
    """The LUTs of one layer.

    Parameters
    ----------
    tables, seen, tied : ndarray of shape (n_luts, max(1, 2^k / 64)), dtype=np.uint64
        Truth tables and care masks, as in :class:`lutgen.model.network.LutNetwork`.
    outputs : ndarray of shape (n_luts, n_words), dtype=np.uint64
        The LUTs' outputs on the training samples.
    n_correct : ndarray of shape (n_luts,), dtype=np.int64
        Training samples whose label the output equals.
    """

    tables: Words
    seen: Words
    tied: Words
    outputs: Words
    n_correct: NDArray[np.int64]


class LearnLayer(Protocol):
    """Learn the LUTs of one layer by counting.

    Parameters
    ----------
    signals : ndarray of shape (n_signals, n_words), dtype=np.uint64
        Bit-packed training samples as the layer sees them.
    labels : ndarray of shape (n_samples,), dtype=np.uint8
        Class of each sample, 0 or 1.
    wires : ndarray of shape (n_luts, k), dtype=np.int32
        Rows of `signals` that each LUT reads, address bit 0 first.
    """

    def __call__(
        self,
        signals: Words,
        labels: NDArray[np.uint8],
        wires: NDArray[np.int32],
        fill: Fill,
        n_threads: int,
    ) -> LearntLayer: ...
