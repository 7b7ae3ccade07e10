"""The criterion that suits the samples, found by learning small networks with each.

The sum of absolute values rewards cells of few samples: it finds more where labels follow from the
features, and learns noise by heart where they do not. Which it is shows on samples held out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lutgen.learn.boost.parameters import ABSOLUTE, NEWTON, BoostParameters
from lutgen.learn.labelled import Labelled, Rows

_FEW_LUTS, _MANY_LUTS = 60, 200  # of a small network
_MOST_TRIALS = 120_000  # of signals as wires, in all LUTs: with many signals networks are smaller
_SHARE = 5  # every fifth sample is held out
_ENOUGH_HELD_OUT = 4000  # with fewer, other fifths are held out in turn
_MOST_FOLDS = 3


@dataclass(frozen=True)
class Choice:
    """What was chosen, and why, in words."""

    criterion: str
    why: str


def trial_parameters(
    parameters: BoostParameters, n_groups: int, n_signals: int
) -> list[BoostParameters]:
    """Return how the small networks are learnt, one for each criterion."""
    n_luts = min(_MANY_LUTS, max(_FEW_LUTS, _MOST_TRIALS // n_signals))
    luts_per_class = min(parameters.luts_per_class, max(1, n_luts // n_groups))
    small = replace(parameters, luts_per_class=luts_per_class, layers=1, refits=0, patience=0)
    return [replace(small, criterion=criterion) for criterion in (NEWTON, ABSOLUTE)]


def n_folds(n_samples: int) -> int:
    """Return how many fifths of so many samples are held out in turn."""
    return min(_MOST_FOLDS, max(1, -(-_ENOUGH_HELD_OUT * _SHARE // max(1, n_samples))))


def fold_rows(part: Labelled, before: NDArray[np.int64], fold: int, is_aside: bool) -> Rows:
    """Return which rows of a part to hold out, or to learn from, of each class as many.

    The k-th sample of each class is held out by its k alone. A class of few samples is not held
    out: each has one at least to be learnt from.

    Parameters
    ----------
    before : ndarray of shape (n_classes,), dtype=np.int64
        Samples of each class in the parts before this one.
    """
    rank = np.empty(part.labels.size, dtype=np.int64)
    for label, n_before in enumerate(before.tolist()):
        members = np.flatnonzero(part.labels == label)
        rank[members] = n_before + np.arange(members.size)
    chosen: Rows = np.flatnonzero((rank % _SHARE == _SHARE - 1 - fold) == is_aside)
    return chosen


def choose(
    trials: list[BoostParameters],
    n_held_out: int,
    accuracy: Callable[[BoostParameters], float],
) -> Choice:
    """Return the criterion whose network is right more often; Newton's where they are equal.

    Parameters
    ----------
    accuracy : callable
        Learns a network and returns the share of the samples held out that it has right.
    """
    if n_held_out == 0:
        return Choice(NEWTON, "too few samples to compare criteria on")
    found = [(accuracy(trial), trial.criterion) for trial in trials]
    best = max(found, key=lambda item: item[0])[1]
    shares = ", ".join(f"{criterion} {share:.4f}" for share, criterion in found)
    n_luts = trials[0].luts_per_class
    return Choice(
        best,
        f"of {n_held_out:,} samples held out, networks of {n_luts} LUTs a class have right: "
        f"{shares}",
    )
