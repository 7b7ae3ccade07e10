"""A question of two classes, encoded: what the papers' networks are learnt from and tested on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.data.bits import Bits
from lutgen.data.encode import Encoder, fit_encoder
from lutgen.data.load import Dataset
from lutgen.data.tasks import apply_task
from lutgen.learn.memorize import Parameters, memorize
from lutgen.model import LutNetwork

Labels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Problem:
    """Two classes of a data set.

    Parameters
    ----------
    encoder : Encoder
    train, test : Bits
        Encoded samples.
    y_train, y_test : ndarray of shape (n_samples,), dtype=np.uint8
        Class numbers, 0 and 1.
    feature_shape : tuple of int
        Shape of one sample.
    split : str
        How the samples were parted, and what is missing of them.
    n_threads : int or None
        Threads to learn with; None: all.
    """

    encoder: Encoder
    train: Bits
    y_train: Labels
    test: Bits
    y_test: Labels
    feature_shape: tuple[int, ...] = ()
    split: str = ""
    n_threads: int | None = None

    def learn(
        self,
        parameters: Parameters,
        *,
        labels: Labels | None = None,
        bits: Bits | None = None,
        **options: Any,
    ) -> LutNetwork:
        """Memorize the training samples, or other labels or bits in their place."""
        return memorize(
            self.train if bits is None else bits,
            self.y_train if labels is None else labels,
            parameters,
            encoder=self.encoder,
            classes=np.array([0, 1]),
            feature_shape=self.feature_shape,
            **{"n_threads": self.n_threads, **options},
        )

    def test_accuracy(self, network: LutNetwork) -> float:
        """Return the share of test samples whose class the network tells."""
        return float((network.class_numbers(self.test) == self.y_test).mean())

    def permuted_labels(self, seed: int) -> Labels:
        """Return the training labels in random order: as many of each class, telling nothing."""
        return np.random.default_rng(seed).permutation(self.y_train)


def make_problem(
    dataset: Dataset, task: str, n_train: int | None = None, n_threads: int | None = None
) -> Problem:
    """Choose a task of a data set and encode it as the data set suggests.

    Parameters
    ----------
    task : str
        As in :func:`lutgen.data.tasks.apply_task`.
    n_train : int, optional
        The first so many training samples alone.

    Raises
    ------
    DataError, ConfigError
        As :func:`lutgen.data.tasks.apply_task`.
    """
    chosen = apply_task(dataset, task)
    X, y = chosen.X_train[:n_train], chosen.y_train[:n_train]
    encoder = fit_encoder(chosen.encoder, X)
    classes = np.unique(chosen.y_train)
    return Problem(
        encoder,
        encoder.encode(X),
        np.searchsorted(classes, y).astype(np.uint8),
        encoder.encode(chosen.X_test),
        np.searchsorted(classes, chosen.y_test).astype(np.uint8),
        chosen.feature_shape,
        chosen.split,
        n_threads,
    )
