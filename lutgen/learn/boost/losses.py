"""What scores should become: residuals, their curvature, where scores start, how good they are."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lutgen.learn.boost import places
from lutgen.learn.boost.step import UNIT, BoostStep, Samples
from lutgen.learn.executor import Executor

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


def _decay(temperature: float) -> NDArray[np.int64]:
    """Return the table of exp(-d / temperature) as integers, down to 0."""
    reach = math.ceil(temperature * math.log(2 * _DECAY_UNIT)) + 1
    table = [round(_DECAY_UNIT * math.exp(-d / temperature)) for d in range(reach + 1)]
    return np.array(table, dtype=np.int64)
