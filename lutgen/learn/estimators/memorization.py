"""The learners as scikit-learn estimators."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lutgen.bits import Bits
from lutgen.encode.encoder import REFUSE, fit_encoder
from lutgen.errors import DataError
from lutgen.learn.estimators.shared import MayLack, Shown, as_copies, n_threads, names_of
from lutgen.learn.labelled import Labelled
from lutgen.learn.memorize import Parameters, memorize
from lutgen.learn.memorize.manyclass import ONE_VS_REST, memorize_classes
from lutgen.learn.scores import softmax
from lutgen.model import LutNetwork

_LEAST = 1e-6


class MemorizationClassifier(MayLack, Shown, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A network of lookup tables learnt by counting (Chatterjee 2018).

    More than two classes are told apart by networks side by side, one for each bit of a code.

    Parameters
    ----------
    k : int, default=8
        Inputs of each LUT, 1 to 16.
    widths : sequence of int, default=(1024,)*5
        LUTs in each hidden layer; a last layer of one LUT is added.
    wiring : str, default="random"
        ``random`` or ``window:W``.
    fill : {"random", "zero", "majority", "neighbour"}, default="random"
        What becomes of table entries whose two counts are equal.
    encoder : str, default="auto"
        How features become bits; see :func:`lutgen.encode.encoder.fit_encoder`.
    missing : {"refuse", "bit"}, default="refuse"
        ``bit``: features may be NaN; one that some training samples lack has a bit that tells so.
    feature_shape : sequence of int, default=()
        Shape of one sample where the features are an image, for ``window`` wiring.
    code : str, default="code:31"
        For more than two classes: ``code:N``, an error-correcting code of N networks, or
        ``one-vs-rest``; see :func:`lutgen.learn.memorize.manyclass.code_matrix`.
    cone_only : bool, default=False
        Learn only the LUTs that can reach the output; same predictions.
    random_state : int, RandomState instance or None, default=None
        An int is the seed itself: the same model as ``lutgen train --seed``.
    n_jobs : int or None, default=None
        Threads, negative as joblib reads it: -1 all processors, -2 all but one. None: all, but one
        in a worker of joblib's. The model is the same for any number.

    Attributes
    ----------
    network_ : LutNetwork
        The model; save it with ``network_.save(path)``.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, where X has any that are texts; the model keeps them, too.
    margins_ : ndarray of shape (2**k,)
        Of two classes, how far ahead class 1 is at each entry of the last LUT; else empty.
    """

    def __init__(
        self,
        k: int = 8,
        widths: Sequence[int] = (1024,) * 5,
        *,
        wiring: str = "random",
        fill: str = "random",
        encoder: str = "auto",
        missing: str = REFUSE,
        feature_shape: Sequence[int] = (),
        code: str = "code:31",
        cone_only: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.k = k
        self.widths = widths
        self.wiring = wiring
        self.fill = fill
        self.encoder = encoder
        self.missing = missing
        self.feature_shape = feature_shape
        self.code = code
        self.cone_only = cone_only
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn from samples X of shape (n_samples, n_features) and labels y.

        Parameters
        ----------
        sample_weight : array-like of shape (n_samples,), optional
            What each sample counts, as if it stood there so many times; default: all the same.
            Weights of which none is a whole multiple of the least are rounded, with a warning.

        Raises
        ------
        DataError
            If X holds infinity, or NaN that `missing` does not allow, y has only one class, weights
            are negative or not finite, or there are fewer encoded bits than k.
        ConfigError
            If a parameter is out of its range.
        """
        checked = validate_data(self, X, y, dtype="numeric", ensure_all_finite=False)
        matrix: NDArray[Any] = checked[0]
        labels: NDArray[Any] = checked[1]
        check_classification_targets(labels)
        if sample_weight is not None:
            rows = np.repeat(np.arange(labels.size), as_copies(sample_weight, labels.size))
            matrix, labels = matrix[rows], labels[rows]
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if self.classes_.size < 2:
            raise DataError(
                f"all {len(numbers)} samples are of one class, {self.classes_[0]}; learning "
                "needs two classes or more"
            )
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(1 << 31)
        encoder = fit_encoder(self.encoder, matrix, labels, missing=self.missing)
        learn: Callable[..., LutNetwork] = memorize
        if self.classes_.size > 2:
            learn = partial(memorize_classes, code=self.code)
        network = learn(
            encoder.encode(matrix),
            numbers,
            Parameters(
                k=self.k,
                widths=tuple(self.widths),
                wiring=self.wiring,
                fill=self.fill,
                seed=int(seed),
                cone_only=self.cone_only,
            ),
            encoder=encoder,
            classes=plain_labels(self.classes_),
            feature_shape=tuple(self.feature_shape),
            n_threads=n_threads(self.n_jobs),
        )
        self.network_ = replace(network, feature_names=names_of(self))
        self.margins_ = np.empty(0)
        if self.classes_.size == 2:
            counts = last_counts(Labelled(encoder.encode(matrix), numbers), self.network_)
            self.margins_ = margins_of(counts, self.network_)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the scores, shape (n_samples, n_classes): networks that speak for each class.

        With two classes, how much class 1 is ahead of class 0, shape (n_samples,): the logarithm of
        the odds among the training samples that read the same entry of the last LUT, one of each
        class added.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype="numeric", ensure_all_finite=False)
        if self.classes_.size == 2:
            bits = self.network_.encode(X)
            return np.asarray(self.margins_[last_addresses(self.network_, bits)])
        return self.network_.scores(X).astype(np.float64)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return a probability for each class, shape (n_samples, n_classes).

        The softmax of the scores, for more than two classes at a temperature that grows with the
        root of the number of networks; it is not calibrated, see
        :class:`sklearn.calibration.CalibratedClassifierCV`.
        """
        scores = self.decision_function(X)
        temperature = 1.0
        code = self.network_.provenance.parameters.get("code", ONE_VS_REST)
        if code != ONE_VS_REST:
            temperature = max(1.0, 0.7 * math.sqrt(self.network_.outputs.size))
        return softmax(scores, temperature)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the label of each sample; X of shape (n_samples, n_features)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype="numeric", ensure_all_finite=False)
        numbers = self.network_.class_numbers(X)
        labels: NDArray[Any] = self.classes_[numbers]
        return labels


def last_addresses(network: LutNetwork, bits: Bits) -> NDArray[np.intp]:
    """Return the address at which each sample reads the last LUT."""
    wires = network.lut_wires(network.n_luts - 1)
    signals = network.signals(bits, network.reach(wires))
    read = Bits(signals.words[wires], bits.n_samples).to_dense()
    return np.asarray((read.astype(np.intp) << np.arange(wires.size)).sum(axis=1))


def last_counts(samples: Labelled, network: LutNetwork) -> NDArray[np.int64]:
    """Count the samples of each of two classes at each entry of the last LUT."""
    table = network.lut_table(network.n_luts - 1)
    counts = np.zeros((2, table.size), dtype=np.int64)
    if samples.labels.size:
        np.add.at(counts, (samples.labels, last_addresses(network, samples.bits)), 1)
    return counts


def margins_of(counts: NDArray[np.int64], network: LutNetwork) -> NDArray[np.float64]:
    """Return how far ahead class 1 is at each entry of the last LUT, of its sign."""
    table = network.lut_table(network.n_luts - 1)
    margins = np.log(counts[1] + 1.0) - np.log(counts[0] + 1.0)
    # entries that no sample reached, or as many of each class, are what the fill made them
    return np.asarray(np.where(margins == 0, np.where(table, _LEAST, -_LEAST), margins))


def plain_labels(classes: NDArray[Any]) -> NDArray[Any]:
    """Return labels as the model file can hold them: Python objects become strings."""
    return classes.astype(np.str_) if classes.dtype == object else classes
