"""One step of boosting, what it takes and what it gives: the interface of both implementations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits, Words

UNIT = 1 << 14
"""The residual that stands for a probability of one."""

WEIGHT_UNIT = 1 << 15
"""The weight of the heaviest sample, where samples have weights; without, every one weighs 1."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Training samples as the learner reads them: every view of every sample, in two layouts.

    There are V views of n_words * 64 places, the last of which may be padding; place
    ``v * 64 * n_words + n`` is sample n as view v shows it.

    Parameters
    ----------
    signals : ndarray of shape (n_rows, n_words), dtype=np.uint64
        Bit-packed samples, a row a signal; one row is zero.
    views : ndarray of shape (n_views, n_signals), dtype=np.int32
        Row of `signals` that view v shows as signal s.
    rows : ndarray of shape (n_places, row_words), dtype=np.uint64
        The same bits with a row a place: bit b of word w is signal 64*w + b.
    labels : ndarray of shape (n_places,), dtype=np.int32
        Class number of each place.
    weights : ndarray of shape (n_places,), dtype=np.int32
        Weight of each place, 0 to 2^15; 0 in the padding.
    """

    signals: Words
    views: NDArray[np.int32]
    rows: Words
    labels: NDArray[np.int32]
    weights: NDArray[np.int32]

    @property
    def n_signals(self) -> int:
        """Number of signals."""
        return int(self.views.shape[1])

    @classmethod
    def make(
        cls,
        bits: Bits,
        labels: NDArray[np.integer],
        weights: NDArray[np.int32],
        views: NDArray[np.int32],
        transpose: Callable[[Words], Words],
    ) -> Samples:
        """Lay out samples; a source signal of -1 in `views` stands for zero."""
        n_places = 64 * bits.words.shape[1]
        signals = np.concatenate([bits.words, np.zeros_like(bits.words[:1])])
        sources = np.where(views < 0, bits.n_signals, views).astype(np.int32)
        return cls(
            signals,
            sources,
            _by_place(signals, sources, transpose),
            np.tile(_padded(labels, n_places), len(views)),
            np.tile(_padded(weights, n_places), len(views)),
        )

    def with_signals(self, more: Words, transpose: Callable[[Words], Words]) -> Samples:
        """Add signals after those there are: their values at each place, (n_more, n_places/64)."""
        n_more, n_views = len(more), len(self.views)
        signals = np.concatenate([self.signals, more.reshape(n_more * n_views, -1)])
        rows = len(self.signals) + np.arange(n_more * n_views, dtype=np.int32)
        views = np.concatenate([self.views, rows.reshape(n_more, n_views).T], axis=1)
        by_place = _by_place(signals, views, transpose)
        return replace(self, signals=signals, views=views, rows=by_place)


@dataclass(frozen=True)
class Effort:
    """How hard wires are searched for.

    Parameters
    ----------
    k : int
        Inputs of a LUT.
    n_drawn : int
        Samples drawn for the search, about.
    n_sweeps : int
        How often each wire is reconsidered, the others held fixed.
    """

    k: int
    n_drawn: int
    n_sweeps: int

    @property
    def capacity(self) -> int:
        """Samples that a draw holds at most: what is drawn is random, and so is how many."""
        return self.n_drawn + 8 * int(self.n_drawn**0.5) + 64


@dataclass(frozen=True, eq=False)
class CountedLut:
    """A LUT's wires and what was counted at each entry of its table.

    Parameters
    ----------
    wires : ndarray of shape (k,), dtype=np.int32
        Signals that the LUT reads, address bit 0 first.
    sums : ndarray of shape (2^k,), dtype=np.int64
        Sum of the residuals of the samples that reach each entry.
    seen : ndarray of shape (2^k,), dtype=np.bool_
        Whether a sample of some weight reaches the entry.
    """

    wires: NDArray[np.int32]
    sums: NDArray[np.int64]
    seen: NDArray[np.bool_]

    @property
    def table(self) -> NDArray[np.bool_]:
        """The table, shape (2^k,): one where the sum is above zero."""
        return self.sums > 0

    @property
    def gain(self) -> int:
        """The sum of residuals that the table wins: how well it fits."""
        return int(np.abs(self.sums).sum())


class BoostStep(Protocol):
    """The functions that an implementation has to offer."""

    def transpose(self, signals: Words) -> Words:
        """Turn a row a signal, (n_signals, n_words), into a row a place, as `Samples.rows`."""

    def residuals(
        self,
        votes: NDArray[np.int32],
        labels: NDArray[np.int32],
        weights: NDArray[np.int32],
        decay: NDArray[np.int64],
        out: NDArray[np.int32],
    ) -> None:
        """Write what each class lacks in each sample: weight * UNIT * ([y = c] - p_c).

        Parameters
        ----------
        votes, out : ndarray of shape (n_classes, n_places), dtype=np.int32
            The score of each class, and where the residuals go.
        decay : ndarray, dtype=np.int64
            Entry d is what a class weighs whose score is d below the largest one, falling to 0;
            p_c is its share in the sum, rounded to a multiple of 1 / UNIT.
        """

    def search(
        self,
        samples: Samples,
        residual: NDArray[np.int32],
        key: np.uint64,
        start: NDArray[np.int32],
        effort: Effort,
    ) -> NDArray[np.int32]:
        """Return k wires for a LUT, shape (k,), dtype=np.int32.

        Samples are drawn in proportion to their residual's size (each counts as +1 or -1; sample
        n is taken floor((|g| + r_n) / unit) times, r_n a random integer below the unit). The
        first wires are those of `start`. Each further one is the signal s of the largest score
        sum_p |sum over address p of the drawn signs|, the address made of the wires so far and
        s; ties go to the lowest signal. Then each wire in turn is replaced by the best signal
        beside the k - 1 others where that is better, until nothing changes or `n_sweeps` rounds
        are over.
        """

    def interaction(
        self,
        samples: Samples,
        residual: NDArray[np.int32],
        key: np.uint64,
        order: int,
        effort: Effort,
    ) -> NDArray[np.int32]:
        """Return the 2 or 3 (`order`) signals, ascending, dtype=np.int32, of largest interaction:
        abs(sum over the drawn signs, negated where the exclusive or of the signals is one).

        Samples are drawn as by :meth:`search`. Ties go to the signals that are first in order.
        """

    def count(
        self, samples: Samples, residual: NDArray[np.int32], wires: NDArray[np.int32]
    ) -> CountedLut:
        """Count every sample at the entry of the table that it reaches."""

    def vote(
        self,
        signals: Words,
        views: NDArray[np.int32],
        wires: NDArray[np.int32],
        table: NDArray[np.bool_],
        sign: int,
        votes: NDArray[np.int32],
    ) -> None:
        """Add `sign` to the votes (n_places,) where the LUT gives one, else subtract it."""


def _by_place(
    signals: Words, views: NDArray[np.int32], transpose: Callable[[Words], Words]
) -> Words:
    return np.concatenate([transpose(signals[view]) for view in views])


def _padded(values: NDArray[np.integer], n_places: int) -> NDArray[np.int32]:
    padded = np.zeros(n_places, dtype=np.int32)
    padded[: values.size] = values
    return padded
