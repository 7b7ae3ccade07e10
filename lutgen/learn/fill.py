"""What becomes of table entries that the counts do not decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FILLS = ("random", "zero", "majority", "neighbour")


@dataclass(frozen=True, eq=False)
class Fill:
    """What becomes of entries whose votes are equal (never seen included).

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

    @classmethod
    def zeros(cls, n_luts: int) -> Fill:
        """Return the fill of zeros, which draws nothing."""
        return cls("zero", np.zeros(n_luts, dtype=np.uint64), 0)

    def of(self, luts: slice) -> Fill:
        """Return the fill of some of the LUTs."""
        return Fill(self.policy, self.keys[luts], self.prior)
