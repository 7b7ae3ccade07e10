"""Choosing a policy by validation: samples that were held out of the training part decide.

The model itself has been learnt from all training samples, so what it answers to some of them
proves nothing. Its tables are counted anew without the held-out ones, and that network is measured
before and after it is optimised.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.errors import MismatchError
from lutgen.model.network import LutNetwork
from lutgen.optimise.external import optimise, recount
from lutgen.optimise.policy import Policy

_ROUNDING = 1e-9  # 0.8108 - 0.8088 is a little more than 0.002


@dataclass(frozen=True, eq=False)
class Labelled:
    """Encoded samples and the class number of each."""

    bits: Bits
    labels: NDArray[Any]

    def accuracy(self, network: LutNetwork) -> float:
        """Return the share of the samples whose class a network tells."""
        return float(np.mean(network.class_numbers(self.bits) == self.labels))


@dataclass(frozen=True)
class Trial:
    """A policy, and the accuracy on held-out samples without and with it."""

    policy: str
    accuracy_before: float
    accuracy_after: float

    @property
    def loss(self) -> float:
        """How much accuracy the policy costs; below zero if it gains some."""
        return self.accuracy_before - self.accuracy_after

    def to_json(self) -> dict[str, Any]:
        """Return the trial as plain JSON."""
        return asdict(self)


def find_policy(
    network: LutNetwork,
    policies: Sequence[Policy],
    fit: Labelled,
    validation: Labelled,
    max_loss: float,
    *,
    trying: Callable[[Policy], None] | None = None,
) -> tuple[Policy, tuple[Trial, ...]]:
    """Return the first policy that costs little enough accuracy, and all that were tried.

    Parameters
    ----------
    policies : sequence of Policy
        The boldest first.
    fit : Labelled
        Training samples to count.
    validation : Labelled
        Training samples held out of `fit`.
    max_loss : float
        Largest loss of accuracy on `validation`, as a share.
    trying : callable, optional
        Called with each policy before it is tried.

    Raises
    ------
    MismatchError
        If none of them does.
    """
    base = recount(network, fit.bits, fit.labels)
    before = validation.accuracy(base)
    trials: list[Trial] = []
    for policy in policies:
        if trying is not None:
            trying(policy)
        smaller, _ = optimise(base, policy, fit.bits, fit.labels)
        trials.append(Trial(str(policy), before, validation.accuracy(smaller)))
        if trials[-1].loss <= max_loss + _ROUNDING:
            return policy, tuple(trials)
    best = min(trials, key=lambda trial: trial.loss)
    raise MismatchError(
        f"policy {best.policy} takes the accuracy on {validation.bits.n_samples} held-out samples "
        f"from {before:.4f} to {best.accuracy_after:.4f}, more than the {max_loss:g} allowed; "
        "choose a more careful policy, or allow a larger loss"
    )
