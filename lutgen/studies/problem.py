"""A question of two classes, encoded: what the papers' networks are learnt from and tested on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.datasets.load import Dataset
from lutgen.datasets.tasks import apply_task
from lutgen.encode.encoder import Encoder, fit_encoder
from lutgen.errors import DataError
from lutgen.learn.memorize import Parameters, memorize
from lutgen.model.network import LutNetwork

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
    validation : Bits or None
        Samples of the data set's training set that are not in `train`, to choose settings on:
        the test samples then tell the accuracy of what was chosen.
    y_validation : ndarray of shape (n_samples,), dtype=np.uint8, or None
        Their class numbers.
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
    validation: Bits | None = None
    y_validation: Labels | None = None

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

    @staticmethod
    def train_accuracy(network: LutNetwork) -> float:
        """Return the share of training samples whose class the network tells, as it recorded it."""
        accuracy = network.provenance.train_accuracy
        assert accuracy is not None, "its learner recorded none"
        return accuracy

    def test_accuracy(self, network: LutNetwork) -> float:
        """Return the share of test samples whose class the network tells."""
        return float((network.class_numbers(self.test) == self.y_test).mean())

    def validation_accuracy(self, network: LutNetwork) -> float:
        """Return the share of the samples set aside whose class the network tells."""
        assert self.validation is not None, "no samples were set aside"
        return float((network.class_numbers(self.validation) == self.y_validation).mean())

    def permuted_labels(self, seed: int) -> Labels:
        """Return the training labels in random order: as many of each class, telling nothing."""
        return np.random.default_rng(seed).permutation(self.y_train)


def make_problem(
    dataset: Dataset,
    task: str,
    n_train: int | None = None,
    n_threads: int | None = None,
    n_validation: int = 0,
) -> Problem:
    """Choose a task of a data set and encode it as the data set suggests.

    Parameters
    ----------
    task : str
        As in :func:`lutgen.datasets.tasks.apply_task`.
    n_train : int, optional
        The first so many training samples alone.
    n_validation : int
        The last so many samples of the training set are set aside, before others are taken.

    Raises
    ------
    DataError, ConfigError
        As :func:`lutgen.datasets.tasks.apply_task`; and if too few training samples remain.
    """
    chosen = apply_task(dataset, task)
    n_left = len(chosen.y_train) - n_validation
    if n_validation and n_left < (n_train or 1):
        raise DataError(
            f"{dataset.name}, {task}: {len(chosen.y_train)} training samples, of which "
            f"{n_validation} are set aside and {n_train or 1} asked for; take fewer"
        )
    X, y = chosen.X_train[:n_left][:n_train], chosen.y_train[:n_left][:n_train]
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
        encoder.encode(chosen.X_train[n_left:]) if n_validation else None,
        np.searchsorted(classes, chosen.y_train[n_left:]).astype(np.uint8)
        if n_validation
        else None,
    )
