"""What the entries of a LUT add to a score: one bit or several, times a power of two.

An entry has a level, 0 to 2^bits - 1: as many LUTs on the same wires give its bits, and vote with
weights 1, 2, 4. One bit says -1 or 1; of more, one level says 0, so that an entry may abstain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.learn.boost.monotone import Directions, isotonic
from lutgen.learn.boost.step import NewtonGain
from lutgen.learn.counts import Counts, unpack_tables
from lutgen.learn.fill import Fill

MAX_LEAF_BITS = 3


@dataclass(frozen=True)
class Leaf:
    """What an entry may add.

    Parameters
    ----------
    bits : int
        Of a level, 1 to 3.
    max_weight : int
        The largest weight of a LUT, a power of two.
    """

    bits: int = 1
    max_weight: int = 1

    @property
    def centre(self) -> int:
        """A level i adds ``2 i - centre``, times the weight."""
        return 1 if self.bits == 1 else (1 << self.bits) - 2

    @property
    def weights(self) -> list[int]:
        """The weights that a LUT may have, ascending."""
        return [1 << e for e in range(self.max_weight.bit_length())]

    def votes(self, levels: NDArray[np.uint8], weight: int) -> NDArray[np.int32]:
        """Return what entries of these levels add."""
        return weight * (2 * levels.astype(np.int32) - self.centre)

    def nearest(
        self, wanted: NDArray[np.float64], trust: NDArray[np.float64]
    ) -> tuple[NDArray[np.uint8], int]:
        """Return the levels and the weight that come next to what entries are wanted to add.

        That is, of least squared error, entries counting as they are trusted; of equal ones the
        least weight.
        """
        best, error = (np.zeros(wanted.size, dtype=np.uint8), 1), np.inf
        for weight in self.weights:
            levels = np.rint((wanted / weight + self.centre) / 2)
            levels = np.clip(levels, 0, (1 << self.bits) - 1).astype(np.uint8)
            if self.bits == 1:
                levels = (wanted > 0).astype(np.uint8)
            away = trust * (self.votes(levels, weight) - wanted) ** 2
            total = float(np.add.accumulate(away)[-1])  # in order, on every machine
            if total < error:
                best, error = (levels, weight), total
        return best


@dataclass(frozen=True, eq=False)
class Lut:
    """A LUT that was learnt; of several bits, as many that share their wires.

    Parameters
    ----------
    wires : ndarray of shape (k,), dtype=np.int32
        Signals that it reads, address bit 0 first.
    levels : ndarray of shape (2^k,), dtype=np.uint8
        The level of each entry.
    weight : int
        A power of two.
    leaf : Leaf
        What levels mean.
    seen, tied : ndarray of shape (2^k,), dtype=np.bool_
        The entries that a sample of some weight reaches, and those of them whose residuals add up
        to zero.
    wire_gain : ndarray of shape (k,)
        What of the LUT's gain would be lost without each wire; see :func:`wire_gains`.
    """

    wires: NDArray[np.int32]
    levels: NDArray[np.uint8]
    weight: int
    leaf: Leaf
    seen: NDArray[np.bool_]
    tied: NDArray[np.bool_]
    wire_gain: NDArray[np.float64]

    @property
    def votes(self) -> NDArray[np.int32]:
        """What each entry adds, shape (2^k,)."""
        return self.leaf.votes(self.levels, self.weight)

    @property
    def tables(self) -> NDArray[np.bool_]:
        """The truth table of each bit, the lowest first, shape (bits, 2^k)."""
        bits = np.arange(self.leaf.bits, dtype=np.uint8)[:, None]
        tables: NDArray[np.bool_] = (self.levels >> bits) & 1 == 1
        return tables


def decide_by_sign(
    wires: NDArray[np.int32],
    counts: Counts,
    which: int,
    leaf: Leaf,
    backend: str,
    directions: Directions | None = None,
) -> Lut:
    """Return the LUT that the counts of one of some LUTs make: one where the sum is above 0.

    Parameters
    ----------
    directions : ndarray of shape (k,), optional
        In which direction what it adds may change with each wire; see
        :func:`lutgen.learn.boost.monotone.isotonic`.
    """
    one = replace(counts, statistics=counts.statistics[which : which + 1])
    luts = one.decide(Fill.zeros(1), backend=backend)
    table, seen, tied = (
        unpack_tables(mask, one.k)[0] for mask in (luts.tables, luts.seen, luts.tied)
    )
    gains = wire_gains(np.abs, counts.votes[which])
    if directions is not None:
        lacking = counts.votes[which].astype(np.float64)
        table = isotonic(lacking, np.ones_like(lacking), directions) > 0
    return Lut(wires, table.astype(np.uint8), 1, leaf, seen, tied, gains)


def decide_by_step(
    wires: NDArray[np.int32],
    counts: Counts,
    curvature: NDArray[np.int64],
    which: int,
    leaf: Leaf,
    gain: NewtonGain,
    wanted: NDArray[np.float64],
    directions: Directions | None = None,
) -> Lut:
    """Return the LUT whose entries come next to what they are wanted to add.

    Parameters
    ----------
    counts : Counts
        Of some LUTs; the votes are G.
    curvature : ndarray of shape (n_luts, 2^k), dtype=np.int64
        H of each entry.
    wanted : ndarray of shape (2^k,)
        In votes; a share of Newton's step.
    directions : ndarray of shape (k,), optional
        See :func:`decide_by_sign`.
    """
    lacking, curved = counts.votes[which], curvature[which]
    trust = curved + gain.regularization
    if leaf.bits > 1:  # of one bit it has to say something: the sign
        wanted = np.where(curved >= gain.least_curvature, wanted, 0.0)
    if directions is not None:
        wanted = isotonic(wanted, trust, directions)
    levels, weight = leaf.nearest(wanted, trust)
    seen = counts.reached[which] > 0
    tied = seen & (lacking == 0)
    return Lut(wires, levels, weight, leaf, seen, tied, wire_gains(gain, lacking, curved))


def wire_gains(gain: Callable[..., NDArray[Any]], *sums: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what of the gain of a LUT would be lost without each wire, shape (k,).

    Parameters
    ----------
    gain : callable
        The gain of each entry, of what is summed up there.
    sums : ndarray of shape (2^k,)
        Without a wire, the entries that it tells apart are one.
    """
    whole = gain(*sums).sum(dtype=np.float64)
    lost = []
    for j in range(sums[0].size.bit_length() - 1):
        merged = (values.reshape(-1, 2, 1 << j).sum(axis=1).reshape(-1) for values in sums)
        lost.append(max(0.0, float(whole - gain(*merged).sum(dtype=np.float64))))
    return np.array(lost)
