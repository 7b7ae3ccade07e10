"""Noise as Krueger et al. put it into data: labels permuted, or inputs replaced, for a fraction.

Their Gaussian noise with the mean and variance of the data becomes, for bits, independent bits
with the mean of each: a bit's mean says its variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.studies.context import Context
from lutgen.studies.problem import Labels, Problem
from lutgen.studies.study import Verdict

KINDS = ("labels", "inputs")
FRACTIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
QUICK_FRACTIONS = (0.0, 0.4, 1.0)
TASK = "ge5"
N_VALIDATION = 10_000

NOISE_NOTE = (
    "Binary-MNIST (a digit of 5 or more); noise in a fraction of the training samples alone: their "
    "labels permuted among them, or their input bits replaced by independent ones with the mean of "
    "each bit."
)
VALIDATION_NOTE = (
    f"Validation accuracy is of the last {N_VALIDATION:,} samples of the training set, which are "
    "never learnt from and have no noise; what is called best, least or strongest is chosen on "
    "it. Test accuracy, where it is told, is of the test set, for what was chosen."
)


def clean_problem(context: Context, n_train: int) -> Problem:
    """Return the task without noise: the first training samples, and validation samples."""
    return context.problem("mnist", TASK, n_train, N_VALIDATION)


def choose_samples(n_samples: int, fraction: float, seed: int) -> NDArray[np.intp]:
    """Return round(fraction · n_samples) different sample numbers, in random order."""
    n_chosen = round(fraction * n_samples)
    return np.random.default_rng((seed, 1)).permutation(n_samples)[:n_chosen]


def permute_labels(labels: Labels, fraction: float, seed: int) -> Labels:
    """Permute the labels of a fraction of the samples among themselves.

    As many labels of each class stay; of two classes of one size, about half of the labels that
    take part come out as they were.
    """
    chosen = choose_samples(labels.size, fraction, seed)
    permuted = labels.copy()
    permuted[chosen] = labels[np.random.default_rng((seed, 2)).permutation(chosen)]
    return permuted


def replace_inputs(bits: Bits, fraction: float, seed: int) -> Bits:
    """Replace the inputs of a fraction of the samples by independent bits of the same means."""
    dense = bits.to_dense()
    chosen = choose_samples(bits.n_samples, fraction, seed)
    mean = dense.mean(axis=0)
    noise = np.random.default_rng((seed, 3)).random((chosen.size, bits.n_signals)) < mean
    dense[chosen] = noise
    return Bits.from_dense(dense)


def add_noise(problem: Problem, kind: str, fraction: float, seed: int) -> Problem:
    """Return the problem with noise in its training samples; `kind` is one of `KINDS`."""
    assert kind in KINDS
    if kind == "labels":
        return replace(problem, y_train=permute_labels(problem.y_train, fraction, seed))
    return replace(problem, train=replace_inputs(problem.train, fraction, seed))


def noises(fractions: tuple[float, ...]) -> list[tuple[str, float]]:
    """Return all kinds and fractions; none at all is told once, as labels."""
    return [
        (kind, fraction) for kind in KINDS for fraction in fractions if fraction or kind == KINDS[0]
    ]


def name_noise(kind: str, fraction: float) -> str:
    """Return the noise in words."""
    return f"{fraction:.0%} of the {kind}" if fraction else "no noise"


def all_of(claim: str, parts: Sequence[Verdict]) -> Verdict:
    """Return the verdict on one of the paper's claims, for pure memorization, from its parts."""
    n_held = sum(part.holds is True for part in parts)
    figures = f"{n_held} of the {len(parts)} parts that follow hold"
    return Verdict(f"{claim} (for pure memorization)", n_held == len(parts), figures)
