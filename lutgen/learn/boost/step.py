"""One step of boosting, what it takes and what it gives: the interface of both implementations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits, Words
from lutgen.learn.counts import Counts, unpack_tables
from lutgen.learn.executor import Executor
from lutgen.learn.fill import Fill

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


@dataclass(frozen=True, eq=False)
class Drawn:
    """Samples drawn in proportion to the size of their residual; each counts as +1 or -1.

    Parameters
    ----------
    rows : ndarray of shape (n_drawn + 1, row_words), dtype=np.uint64
        The signals of each, as `Samples.rows` has them, complemented where its sign is negative:
        so ones can be counted regardless of signs. The last row is zero.
    negative : ndarray of shape (n_drawn,), dtype=np.uint8
        Whether the sign is negative, 0 or 1.
    n_signals : int
        Number of signals.
    """

    rows: Words
    negative: NDArray[np.uint8]
    n_signals: int

    @property
    def plain_rows(self) -> Words:
        """The signals as they are, shape (n_drawn, row_words)."""
        flips: Words = np.negative(self.negative.astype(np.uint64))[:, None]
        return self.rows[:-1] ^ flips


@dataclass(frozen=True, eq=False)
class Lut:
    """A LUT that was learnt.

    Parameters
    ----------
    wires : ndarray of shape (k,), dtype=np.int32
        Signals that the LUT reads, address bit 0 first.
    table, seen, tied : ndarray of shape (2^k,), dtype=np.bool_
        Its truth table; the entries that a sample of some weight reaches, and those of them whose
        residuals add up to zero.
    """

    wires: NDArray[np.int32]
    table: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    tied: NDArray[np.bool_]

    @classmethod
    def decide(cls, wires: NDArray[np.int32], counts: Counts, which: int, backend: str) -> Lut:
        """Return the LUT that the counts of one of some LUTs make: one where the sum is above 0."""
        one = replace(counts, statistics=counts.statistics[which : which + 1])
        luts = one.decide(Fill.zeros(1), backend=backend)
        masks = (unpack_tables(mask, one.k)[0] for mask in (luts.tables, luts.seen, luts.tied))
        return cls(wires, *masks)


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
        part: range,
    ) -> None:
        """Write what each class lacks in each sample of a part: weight * UNIT * ([y = c] - p_c).

        Parameters
        ----------
        votes, out : ndarray of shape (n_classes, n_places), dtype=np.int32
            The score of each class, and where the residuals go.
        decay : ndarray, dtype=np.int64
            Entry d is what a class weighs whose score is d below the largest one, falling to 0;
            p_c is its share in the sum, rounded to a multiple of 1 / UNIT.
        """

    def count_right(
        self,
        votes: NDArray[np.int32],
        labels: NDArray[np.int32],
        weights: NDArray[np.int32],
        part: range,
    ) -> int:
        """Return the weight of the samples of a part whose class has the most votes.

        The lowest of classes that have as many wins, as in the model.
        """
        ...

    def draw(
        self, residual: NDArray[np.int32], key: np.uint64, unit: int, part: range, capacity: int
    ) -> NDArray[np.int64]:
        """Return the places drawn of a part, ascending; one drawn n times stands there n times.

        Place n is drawn floor((|residual| + r_n) / unit) times, r_n the random integer below the
        unit that the key has for n: it does not depend on the part. Of all that is drawn, the
        first `capacity` are returned.
        """
        ...

    def gather(
        self, samples: Samples, residual: NDArray[np.int32], places: NDArray[np.int64]
    ) -> Drawn:
        """Bring the drawn samples together."""
        ...

    def search(
        self, drawn: Drawn, start: NDArray[np.int32], k: int, n_sweeps: int, executor: Executor
    ) -> NDArray[np.int32]:
        """Return k wires for a LUT, shape (k,), dtype=np.int32.

        The first wires are those of `start`. Each further one is the signal s of the largest
        score sum_p |sum over address p of the drawn signs|, the address made of the wires so far
        and s; ties go to the lowest signal. Then each wire in turn is replaced by the best signal
        beside the k - 1 others where that is better, until nothing changes or `n_sweeps` rounds
        are over. All workers of the executor take part where that is worth it.
        """
        ...

    def interaction(self, drawn: Drawn, order: int, executor: Executor) -> NDArray[np.int32]:
        """Return the 2 or 3 (`order`) signals, ascending, dtype=np.int32, of largest interaction:
        abs(sum over the drawn signs, negated where the exclusive or of the signals is one).

        Ties go to the signals that are first in order.
        """
        ...

    def vote(
        self,
        signals: Words,
        wires: NDArray[np.int32],
        table: NDArray[np.bool_],
        sign: int,
        votes: NDArray[np.int32],
        words: range,
    ) -> None:
        """Add `sign` to the votes of the words' samples where the LUT gives one, else subtract it.

        Parameters
        ----------
        wires : ndarray of shape (k,), dtype=np.int32
            Rows of `signals`.
        votes : ndarray of shape (64 * number of words,), dtype=np.int32
            Those of the words' samples.
        """
        ...


def _by_place(
    signals: Words, views: NDArray[np.int32], transpose: Callable[[Words], Words]
) -> Words:
    return np.concatenate([transpose(signals[view]) for view in views])


def _padded(values: NDArray[np.integer], n_places: int) -> NDArray[np.int32]:
    padded = np.zeros(n_places, dtype=np.int32)
    padded[: values.size] = values
    return padded
