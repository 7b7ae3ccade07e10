"""One step of boosting, what it takes and what it gives: the interface of both implementations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits, Words, pack
from lutgen.learn.executor import Executor

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
        Bit-packed samples, a row a signal; where a view lacks a signal, one row is zero.
    views : ndarray of shape (n_views, n_signals), dtype=np.int32
        Row of `signals` that view v shows as signal s.
    rows : ndarray of shape (n_places, row_words), dtype=np.uint64
        The same bits with a row a place: bit b of word w is signal 64*w + b.
    labels : ndarray of shape (n_places,) or (n_scores, n_places), dtype=np.int32
        Class number of each place, or the numbers that its scores should be.
    weights : ndarray of shape (n_places,), dtype=np.int32
        Weight of each place, 0 to 2^15; 0 in the padding.
    position : ndarray of shape (n_signals,), dtype=np.int32, optional
        Where wires are chosen among some signals only: `rows` are of view 0 alone, and signal s is
        bit ``position[s]`` of a row; :meth:`BoostStep.rows` makes those of all views of them.
    """

    signals: Words
    views: NDArray[np.int32]
    rows: Words
    labels: NDArray[np.int32]
    weights: NDArray[np.int32]
    position: NDArray[np.int32] | None = None

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
        transpose: Callable[[Words], Words] | None,
        order: NDArray[np.int32] | None = None,
    ) -> Samples:
        """Lay out samples; a source signal of -1 in `views` stands for zero.

        Without `transpose` there are no `rows`: of samples that are only watched.

        Parameters
        ----------
        order : ndarray of shape (n_signals,), dtype=np.int32, optional
            Rows are of view 0 alone, its signals in this order, so that those that are wanted
            together stand together.
        """
        n_places = 64 * bits.words.shape[1]
        signals, sources = bits.words, views.astype(np.int32)
        if (views < 0).any():
            signals = np.concatenate([signals, np.zeros_like(signals[:1])])
            sources = np.where(views < 0, bits.n_signals, views).astype(np.int32)
        return cls(
            signals,
            sources,
            _by_place(signals, sources if order is None else order[None, :], transpose),
            np.tile(_padded(labels, n_places), len(views)),
            np.tile(_padded(weights, n_places), len(views)),
            None if order is None else np.argsort(order).astype(np.int32),
        )

    def with_signals(self, more: Words, transpose: Callable[[Words], Words] | None) -> Samples:
        """Add signals after those there are: their values at each place, (n_more, n_places/64)."""
        n_more, n_views = len(more), len(self.views)
        signals = np.concatenate(
            [self.signals, more.reshape(n_more * n_views, self.signals.shape[1])]
        )
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
class Weighed:
    """Samples with what they lack and its curvature, for Newton's gain.

    Parameters
    ----------
    rows : ndarray of shape (n_places, row_words), dtype=np.uint64
        As `Samples.rows` has them.
    places : ndarray of shape (n,), dtype=np.int64
        The samples: rows of `rows`, ascending.
    gradient, curvature : ndarray of shape (n,), dtype=np.int32
        Of each; the sizes of all add up to less than 2^31, so any sum fits 32 bits.
    n_signals : int
        Number of signals.
    unit : float
        The gradient and curvature that stand for 1.
    """

    rows: Words
    places: NDArray[np.int64]
    gradient: NDArray[np.int32]
    curvature: NDArray[np.int32]
    n_signals: int
    unit: float

    def among(self, signals: NDArray[np.int32]) -> Weighed:
        """Return the samples with all other signals zero, so that these gain nothing."""
        shown = np.zeros((64 * self.rows.shape[1], 1), dtype=np.uint8)
        shown[signals] = 1
        return replace(self, rows=self.rows & pack(shown))


@dataclass(frozen=True)
class NewtonGain:
    """What an entry gains of whose samples gradients add up to G, and curvatures to H.

    It is ``G^2 / (H + regularization)``, or nothing where H is less than `least_curvature` (Chen
    and Guestrin, "XGBoost", 2016, equation 6); both in the units of G and H.
    """

    regularization: float
    least_curvature: float

    def __call__(
        self, gradient: NDArray[np.integer], curvature: NDArray[np.integer]
    ) -> NDArray[np.float64]:
        """Return the gain of each entry."""
        g, h = gradient.astype(np.float64), curvature.astype(np.float64)
        gain: NDArray[np.float64] = np.where(
            h >= self.least_curvature, g * g / (h + self.regularization), 0.0
        )
        return gain

    def scaled(self, unit: float) -> NewtonGain:
        """Return the same for gradients and curvatures in which `unit` stands for 1."""
        return NewtonGain(self.regularization * unit, self.least_curvature * unit)


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

    def sum_sizes(self, residual: NDArray[np.int32], part: range) -> int:
        """Return the sum of the absolute residuals of a part."""
        ...

    def draw(
        self,
        residual: NDArray[np.int32],
        key: np.uint64,
        unit: int,
        part: range,
        capacity: int,
        shift: int,
    ) -> NDArray[np.int64]:
        """Return the places drawn of a part, ascending; one drawn n times stands there n times.

        Place n is drawn floor((|residual| + r) / unit) times, r the random integer below the unit
        that the key has for n + shift: the number of the place among those of all samples, so that
        it does not depend on the part. Of all that is drawn, the first `capacity` are returned.
        """
        ...

    def gather(
        self,
        samples: Samples,
        residual: NDArray[np.int32],
        places: NDArray[np.int64],
        executor: Executor,
    ) -> Drawn:
        """Bring the drawn samples together; workers take parts of them where that is worth it."""
        ...

    def rows(
        self, samples: Samples, places: NDArray[np.int64], signals: NDArray[np.int32]
    ) -> Words:
        """Return some signals of some places: bit b of word w of a row is signal number 64*w + b of
        those asked for; after the last place comes a row of zeros. Samples have their position.

        Parameters
        ----------
        places : ndarray of shape (n,), dtype=np.int64
            Ascending; the same may stand there several times.
        """
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

    def search_newton(
        self,
        weighed: Weighed,
        start: NDArray[np.int32],
        k: int,
        n_sweeps: int,
        gain: NewtonGain,
        executor: Executor,
    ) -> NDArray[np.int32]:
        """Return k wires for a LUT, as :meth:`search`, by another score.

        It is the sum over addresses p of the gain of the samples at p; addresses are added up
        ascending by the bits of the wires so far, and of each first that where the signal is one.
        """
        ...

    def vote(
        self,
        signals: Words,
        wires: NDArray[np.int32],
        values: NDArray[np.int32],
        votes: NDArray[np.int32],
        words: range,
    ) -> None:
        """Add to the votes of the words' samples the value of the entry that each reaches.

        Parameters
        ----------
        wires : ndarray of shape (k,), dtype=np.int32
            Rows of `signals`.
        values : ndarray of shape (2^k,), dtype=np.int32
            What each entry adds.
        votes : ndarray of shape (64 * number of words,), dtype=np.int32
            Those of the words' samples.
        """
        ...


def _by_place(
    signals: Words, views: NDArray[np.int32], transpose: Callable[[Words], Words] | None
) -> Words:
    if transpose is None:
        return np.empty((0, 0), dtype=np.uint64)
    return np.concatenate([transpose(signals[view]) for view in views])


def _padded(values: NDArray[np.integer], n_places: int) -> NDArray[np.int32]:
    padded = np.zeros((*values.shape[:-1], n_places), dtype=np.int32)
    padded[..., : values.shape[-1]] = values
    return padded
