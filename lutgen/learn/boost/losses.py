"""What scores should become: residuals, their curvature, where scores start, how good they are."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lutgen.learn.boost import places
from lutgen.learn.boost.step import UNIT, BoostStep, NewtonGain, Samples
from lutgen.learn.executor import Executor, ranges

MOST_LACKING = 60 * UNIT
_FEW_PLACES = 1 << 13  # not worth a task of their own
_DECAY_UNIT = 1 << 20
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
    """

    groups: list[int]
    prior: NDArray[np.int32]
    votes_a_step: float

    def find_residuals(
        self,
        step: BoostStep,
        samples: Samples,
        votes: NDArray[np.int32],
        out: NDArray[np.int32],
        executor: Executor,
    ) -> None:
        """Write what each score lacks at each place: the weight times the negative gradient."""

    def find_curvature(
        self, residual: NDArray[np.int32], weights: NDArray[np.int32], out: NDArray[np.int32]
    ) -> None:
        """Write the second derivative of each place, weighted, out of a score's residuals."""

    def steps(
        self,
        samples: Samples,
        votes: NDArray[np.int32],
        score: int,
        wires: NDArray[np.int32],
        gain: NewtonGain,
    ) -> NDArray[np.float64] | None:
        """Return the steps that suit the entries of a LUT, shape (2^k,); None: Newton's."""
        ...

    def measure(
        self,
        step: BoostStep,
        votes: NDArray[np.int32],
        labels: NDArray[np.int32],
        weights: NDArray[np.int32],
        n_samples: int,
        executor: Executor,
    ) -> float:
        """Return how good the scores are, the larger the better."""
        ...


class Softmax:
    """Classes: the cross entropy of the softmax of the scores over a temperature.

    With two classes, class 0 has no LUTs and no votes.
    """

    def __init__(self, n_classes: int, temperature: float) -> None:
        self.groups = list(range(n_classes)) if n_classes > 2 else [1]
        self.prior = np.zeros(n_classes, dtype=np.int32)
        self.votes_a_step = temperature
        self.decay = _decay(temperature)

    def start_from_shares(self, samples: Samples) -> None:
        """Begin with the scores that say how frequent each class is."""
        n_classes = self.prior.size
        of_class = np.bincount(samples.labels, weights=samples.weights, minlength=n_classes)
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
    ) -> None:
        """See :class:`Loss`."""
        places.find_residuals(step, samples, votes, self.decay, out, executor)

    def find_curvature(
        self, residual: NDArray[np.int32], weights: NDArray[np.int32], out: NDArray[np.int32]
    ) -> None:
        """See :class:`Loss`: p (1 - p), rounded down; the residual is of size p or 1 - p."""
        size = np.abs(residual.astype(np.int64))
        whole = UNIT * weights.astype(np.int64)
        out[:] = size * (whole - size) // np.maximum(whole, 1)

    def steps(
        self,
        samples: Samples,  # noqa: ARG002 - the signature of all losses
        votes: NDArray[np.int32],  # noqa: ARG002
        score: int,  # noqa: ARG002
        wires: NDArray[np.int32],  # noqa: ARG002
        gain: NewtonGain,  # noqa: ARG002
    ) -> NDArray[np.float64] | None:
        """See :class:`Loss`."""
        return None

    def measure(
        self,
        step: BoostStep,
        votes: NDArray[np.int32],
        labels: NDArray[np.int32],
        weights: NDArray[np.int32],
        n_samples: int,
        executor: Executor,
    ) -> float:
        """Return the accuracy."""
        return places.accuracy(step, votes, labels, weights, n_samples, executor)


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
        samples: Samples,
        votes: NDArray[np.int32],
        score: int,
        wires: NDArray[np.int32],
        gain: NewtonGain,
    ) -> NDArray[np.float64] | None:
        """See :class:`Loss`: of a quantile's loss that quantile of what the entry's samples lack.

        Shrunk as Newton's step is, by what their weight is beside the regularization.
        """
        if self.quantile is None:
            return None
        kept = np.flatnonzero(samples.weights)
        weights = samples.weights[kept].astype(np.int64)
        address = places.find_addresses(samples, wires)[kept].astype(np.int64)
        lacking = self._lacking(votes[score], samples.labels[score])[kept]
        order = np.lexsort((lacking, address))
        n_entries = 1 << wires.size
        end = np.cumsum(np.bincount(address, minlength=n_entries))
        weight_at = np.concatenate([[0], np.cumsum(weights[order])])
        before = weight_at[np.concatenate([[0], end[:-1]])]
        total = weight_at[end] - before
        wanted = before + np.ceil(self.quantile * total).astype(np.int64)
        found = np.searchsorted(weight_at[1:], np.maximum(wanted, before + 1))
        middle = lacking[order][np.minimum(found, lacking.size - 1)]
        trust = UNIT * total / (UNIT * total + gain.regularization)
        return np.where(total > 0, middle / UNIT * trust, 0.0)

    def measure(
        self,
        step: BoostStep,  # noqa: ARG002
        votes: NDArray[np.int32],
        labels: NDArray[np.int32],
        weights: NDArray[np.int32],
        n_samples: int,
        executor: Executor,  # noqa: ARG002
    ) -> float:
        """Return the share of the loss of the best constant that is gone, a mean over the scores.

        Of the squared distance it is R², of a quantile's loss D².
        """
        part, own = weights[:n_samples], labels[:, :n_samples]
        left = self._loss(own - votes[:, :n_samples].astype(np.int64) * self._unit, part)
        whole = self._loss(own - self._constants(own, part)[:, None], part)
        return float(np.mean(1 - np.divide(left, whole, out=left * 0.0 + 1, where=whole > 0)))

    def _constants(
        self, labels: NDArray[np.int32], weights: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        if self.quantile is None:
            return np.array([_in_order(row * weights.astype(np.float64)) for row in labels]) / max(
                1, int(weights.sum(dtype=np.int64))
            )
        return np.array([weighted_quantile(row, weights, self.quantile) for row in labels])

    def _loss(self, distance: NDArray[Any], weights: NDArray[np.int32]) -> NDArray[np.float64]:
        far = distance / UNIT
        if self.quantile is None:
            loss = far * far
        else:
            loss = np.maximum(self.quantile * far, (self.quantile - 1) * far)
        return np.array([_in_order(row * weights) for row in loss])


def weighted_quantile(
    values: NDArray[Any], weights: NDArray[np.integer] | NDArray[np.floating], quantile: float
) -> float:
    """Return the least value that so large a share of the weight does not exceed."""
    order = np.argsort(values, kind="stable")
    at = np.cumsum(weights[order])
    return float(values[order][min(np.searchsorted(at, quantile * at[-1]), values.size - 1)])


def _in_order(values: NDArray[np.float64]) -> float:
    """Add up one after another: the same sum on every machine."""
    return float(np.add.accumulate(values)[-1])


def _decay(temperature: float) -> NDArray[np.int64]:
    """Return the table of exp(-d / temperature) as integers, down to 0."""
    reach = math.ceil(temperature * math.log(2 * _DECAY_UNIT)) + 1
    table = [round(_DECAY_UNIT * math.exp(-d / temperature)) for d in range(reach + 1)]
    return np.array(table, dtype=np.int64)
