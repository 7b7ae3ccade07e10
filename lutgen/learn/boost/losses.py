"""What scores should become: residuals, their curvature, where scores start, how good they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import MAX_FAN_IN
from lutgen.encode.tally import Keys
from lutgen.learn.boost import places
from lutgen.learn.boost.step import UNIT, BoostStep, NewtonGain, Samples
from lutgen.learn.counts import Counts
from lutgen.learn.executor import Executor, ranges

MOST_LACKING = 60 * UNIT
_FEW_PLACES = 1 << 13  # not worth a task of their own
_DECAY_UNIT = 1 << 20
_LACKING_BITS = 21
KEY_BITS = MAX_FAN_IN + _LACKING_BITS
_SUMMED = 1 << 14  # sums of so many stay below 2^63
_LEAST_SHARE = 1e-6  # of a class beside the largest, where scores start from


class Loss(Protocol):
    """What the learner asks of a loss.

    Attributes
    ----------
    groups : list of int
        The scores that LUTs add to.
    prior : ndarray of shape (n_scores,), dtype=np.int32
        Where each score starts.
    votes_a_step : float
        What a Newton step of one is in votes.
    quantile : float or None
        That quantile of the labels is the best constant, which the measure has to know.
    """

    groups: list[int]
    prior: NDArray[np.int32]
    votes_a_step: float
    quantile: float | None

    def find_residuals(
        self,
        step: BoostStep,
        samples: Samples,
        votes: NDArray[np.int32],
        out: NDArray[np.int32],
        executor: Executor,
        seen: places.Seen | None = None,
    ) -> None:
        """Write what each score lacks at each place seen: the weight times minus the gradient."""

    def find_curvature(
        self, residual: NDArray[np.int32], weights: NDArray[np.int32], out: NDArray[np.int32]
    ) -> None:
        """Write the second derivative of each place, weighted, out of a score's residuals."""

    def steps(
        self,
        select: Callable[[NDArray[np.int64]], Keys],
        counts: Counts,
        curvature: NDArray[np.int64],
        gain: NewtonGain,
    ) -> NDArray[np.float64]:
        """Return the steps that suit the entries of one LUT, shape (2^k,).

        Parameters
        ----------
        select : callable
            Returns the keys of some ranks among those of all samples; see :meth:`keys`.
        counts : Counts
            The votes are what the samples of each entry lack.
        curvature : ndarray of shape (2^k,)
            Of the samples of each entry.
        """
        ...

    def keys(
        self,
        samples: Samples,
        votes: NDArray[np.int32],
        score: int,
        wires: NDArray[np.int32],
    ) -> tuple[Keys, NDArray[np.int32]]:
        """Return keys of samples, and their weights: the entry of a LUT above what is lacking."""
        ...

    def tally(
        self,
        step: BoostStep,
        votes: NDArray[np.int32],
        labels: NDArray[np.int32],
        weights: NDArray[np.int32],
        n_samples: int,
        executor: Executor,
    ) -> NDArray[np.object_]:
        """Return whole numbers that say how good the scores are; those of parts add up."""
        ...

    def measure(self, tally: NDArray[np.object_], wholes: Sequence[Fraction]) -> float:
        """Return how good the scores are, the larger the better.

        Parameters
        ----------
        wholes : sequence of Fraction
            The loss of the best constant of each score, where `quantile` says which that is.
        """
        ...


class Softmax:
    """Classes: the cross entropy of the softmax of the scores over a temperature.

    With two classes, class 0 has no LUTs and no votes.
    """

    quantile: float | None = None

    def __init__(self, n_classes: int, temperature: float) -> None:
        self.groups = list(range(n_classes)) if n_classes > 2 else [1]
        self.prior = np.zeros(n_classes, dtype=np.int32)
        self.votes_a_step = temperature
        self.decay = _decay(temperature)

    def start_from_shares(self, of_class: NDArray[np.int64]) -> None:
        """Begin with the scores that say how frequent each class is, given the weight of each."""
        n_classes = self.prior.size
        share = np.maximum(of_class / of_class.max(), _LEAST_SHARE)
        score = self.votes_a_step * np.log(share)
        halves = np.rint((score - score[0] if n_classes == 2 else score) / 2)
        self.prior = (2 * halves).astype(np.int32)

    def find_residuals(
        self,
        step: BoostStep,
        samples: Samples,
        votes: NDArray[np.int32],
        out: NDArray[np.int32],
        executor: Executor,
        seen: places.Seen | None = None,
    ) -> None:
        """See :class:`Loss`."""
        places.find_residuals(step, samples, votes, self.decay, out, executor, seen)

    def find_curvature(
        self, residual: NDArray[np.int32], weights: NDArray[np.int32], out: NDArray[np.int32]
    ) -> None:
        """See :class:`Loss`: p (1 - p), rounded down; the residual is of size p or 1 - p."""
        if weights.max(initial=0) <= 1:  # no division, and 32 bits hold it
            small = np.abs(residual)
            np.right_shift(small * (UNIT - small), UNIT.bit_length() - 1, out=out)
            return
        size = np.abs(residual.astype(np.int64))
        whole = UNIT * weights.astype(np.int64)
        out[:] = size * (whole - size) // np.maximum(whole, 1)

    def steps(
        self,
        select: Callable[[NDArray[np.int64]], Keys],  # noqa: ARG002 - the signature of all losses
        counts: Counts,
        curvature: NDArray[np.int64],
        gain: NewtonGain,
    ) -> NDArray[np.float64]:
        """See :class:`Loss`: Newton's."""
        return newton_steps(counts, curvature, gain)

    def keys(
        self,
        samples: Samples,
        votes: NDArray[np.int32],
        score: int,
        wires: NDArray[np.int32],
    ) -> tuple[Keys, NDArray[np.int32]]:
        """See :class:`Loss`: nobody asks for them."""
        raise NotImplementedError

    def tally(
        self,
        step: BoostStep,
        votes: NDArray[np.int32],
        labels: NDArray[np.int32],
        weights: NDArray[np.int32],
        n_samples: int,
        executor: Executor,
    ) -> NDArray[np.object_]:
        """Return the weight of the samples that are right, and of all."""
        n_right = places.count_right(step, votes, labels, weights, n_samples, executor)
        return np.array([n_right, int(weights[:n_samples].sum(dtype=np.int64))], dtype=object)

    def measure(self, tally: NDArray[np.object_], wholes: Sequence[Fraction]) -> float:  # noqa: ARG002
        """Return the accuracy."""
        return float(tally[0] / tally[1])


class Distance:
    """Numbers: how far the scores are from them, squared or by a quantile's loss.

    Labels are the numbers that scores should be, `UNIT` a standard deviation; beyond 60 of those
    they are cut off.

    Parameters
    ----------
    n_scores : int
    votes_a_deviation : int
        A power of two: votes that are a standard deviation.
    quantile : float or None
        None: the squared distance. Otherwise what lies below the number counts by `quantile`, what
        lies above by 1 - `quantile` (0.5: the absolute distance).
    """

    def __init__(self, n_scores: int, votes_a_deviation: int, quantile: float | None) -> None:
        self.groups = list(range(n_scores))
        self.prior = np.zeros(n_scores, dtype=np.int32)
        self.votes_a_step = float(votes_a_deviation)
        self.quantile = quantile
        self._unit = UNIT // votes_a_deviation  # that a vote is

    def _lacking(self, votes: NDArray[np.int32], labels: NDArray[np.int32]) -> NDArray[np.int64]:
        lacking = labels - votes.astype(np.int64) * self._unit
        return lacking.clip(-MOST_LACKING, MOST_LACKING)

    def find_residuals(
        self,
        step: BoostStep,  # noqa: ARG002 - the signature of all losses
        samples: Samples,
        votes: NDArray[np.int32],
        out: NDArray[np.int32],
        executor: Executor,
        seen: places.Seen | None = None,  # noqa: ARG002 - numbers have one view
    ) -> None:
        """See :class:`Loss`."""

        def find(part: range) -> None:
            at = slice(part.start, part.stop)
            lacking = self._lacking(votes[:, at], samples.labels[:, at])
            if self.quantile is not None:
                below, above = round(UNIT * self.quantile), round(UNIT * (1 - self.quantile))
                lacking = np.where(lacking > 0, below, np.where(lacking < 0, -above, 0))
            out[:, at] = lacking * samples.weights[at]

        executor.map(find, ranges(samples.weights.size, executor.n_workers, _FEW_PLACES))

    def find_curvature(
        self,
        residual: NDArray[np.int32],  # noqa: ARG002
        weights: NDArray[np.int32],
        out: NDArray[np.int32],
    ) -> None:
        """See :class:`Loss`: 1, of the quantile's loss too, which has none."""
        out[:] = UNIT * weights

    def steps(
        self,
        select: Callable[[NDArray[np.int64]], Keys],
        counts: Counts,
        curvature: NDArray[np.int64],
        gain: NewtonGain,
    ) -> NDArray[np.float64]:
        """See :class:`Loss`: of a quantile's loss that quantile of what the entry's samples lack.

        Shrunk as Newton's step is, by what their weight is beside the regularization.
        """
        if self.quantile is None:
            return newton_steps(counts, curvature, gain)
        total = curvature // UNIT  # the weight of each entry's samples
        end = np.cumsum(total)
        before = end - total
        wanted = before + np.ceil(self.quantile * total).astype(np.int64)
        lacking = self.lacking_of(select(np.clip(wanted, before + 1, max(1, int(end[-1])))))
        trust = UNIT * total / (UNIT * total + gain.regularization)
        return np.where(total > 0, lacking / UNIT * trust, 0.0)

    def keys(
        self,
        samples: Samples,
        votes: NDArray[np.int32],
        score: int,
        wires: NDArray[np.int32],
    ) -> tuple[Keys, NDArray[np.int32]]:
        """See :class:`Loss`."""
        kept = np.flatnonzero(samples.weights)
        address = places.find_addresses(samples, wires)[kept].astype(np.uint64)
        lacking = self._lacking(votes[score], samples.labels[score])[kept] + MOST_LACKING
        return address << np.uint64(_LACKING_BITS) | lacking.astype(np.uint64), samples.weights[
            kept
        ]

    def label_keys(self, labels: NDArray[np.int32]) -> Keys:
        """Return the labels of one score as keys."""
        return (labels.astype(np.int64) + MOST_LACKING).astype(np.uint64)

    def distances(
        self, labels: NDArray[np.int32], weights: NDArray[np.int32], keys: Keys
    ) -> NDArray[np.object_]:
        """Return how far constants, as keys, lie below and above the labels, (n_scores, 2)."""
        rows = []
        for own, constant in zip(labels, self.lacking_of(keys).tolist(), strict=True):
            away = own.astype(np.int64) - constant
            rows.append([_sum(away.clip(0), weights), _sum((-away).clip(0), weights)])
        return np.array(rows, dtype=object)

    @staticmethod
    def lacking_of(keys: Keys) -> NDArray[np.int64]:
        """Return what is lacking, of keys."""
        return (keys & np.uint64((1 << _LACKING_BITS) - 1)).astype(np.int64) - MOST_LACKING

    def tally(
        self,
        step: BoostStep,  # noqa: ARG002
        votes: NDArray[np.int32],
        labels: NDArray[np.int32],
        weights: NDArray[np.int32],
        n_samples: int,
        executor: Executor,  # noqa: ARG002
    ) -> NDArray[np.object_]:
        """Return sums over the samples of each score, shape (n_scores, 5 or 3).

        The weights, the labels and their squares, and the squares of how far the scores are from
        them; or of a quantile's loss the weights, and how far the scores lie below and above.
        """
        rows = []
        for own, votes_of in zip(labels[:, :n_samples], votes[:, :n_samples], strict=True):
            lacking = own - votes_of.astype(np.int64) * self._unit
            part = weights[:n_samples]
            total = int(part.sum(dtype=np.int64))
            if self.quantile is None:
                wide = own.astype(np.int64)
                sums = [total, _sum(wide, part), _sum(wide * wide, part), _sum(lacking**2, part)]
            else:
                sums = [total, _sum(lacking.clip(0), part), _sum((-lacking).clip(0), part)]
            rows.append(sums)
        return np.array(rows, dtype=object)

    def measure(self, tally: NDArray[np.object_], wholes: Sequence[Fraction]) -> float:
        """Return the share of the loss of the best constant that is gone, a mean over the scores.

        Of the squared distance it is R², of a quantile's loss D².
        """
        shares = []
        left: Fraction
        for place, row in enumerate(tally):
            if self.quantile is None:
                weight, total, squares, left = (Fraction(number) for number in row)
                whole = squares - total * total / (weight or 1)
            else:
                left = self.quantile_loss(*row[1:])
                whole = wholes[place]
            shares.append(float(1 - left / whole) if whole > 0 else 0.0)
        return float(np.mean(shares))

    def quantile_loss(self, below: int, above: int) -> Fraction:
        """Return the loss of scores that lie so far below the labels, and above them."""
        assert self.quantile is not None
        share = Fraction(self.quantile)
        return share * below + (1 - share) * above


def newton_steps(
    counts: Counts, curvature: NDArray[np.int64], gain: NewtonGain
) -> NDArray[np.float64]:
    """Return Newton's step at each entry of one LUT."""
    steps: NDArray[np.float64] = counts.votes[0] / (curvature + gain.regularization)
    return steps


def _sum(values: NDArray[np.int64], weights: NDArray[np.int32]) -> int:
    """Return the sum of values times weights, exactly; values below 2^62, weights to 2^10."""
    total = 0
    for first in range(0, values.size, _SUMMED):
        part, own = values[first : first + _SUMMED], weights[first : first + _SUMMED]
        high = part >> 24
        total += int((high * own).sum()) << 24
        total += int(((part - (high << 24)) * own).sum())
    return total


def _decay(temperature: float) -> NDArray[np.int64]:
    """Return the table of exp(-d / temperature) as integers, down to 0."""
    reach = math.ceil(temperature * math.log(2 * _DECAY_UNIT)) + 1
    table = [round(_DECAY_UNIT * math.exp(-d / temperature)) for d in range(reach + 1)]
    return np.array(table, dtype=np.int64)
