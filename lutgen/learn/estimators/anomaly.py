"""Rare samples, found by counting, as a scikit-learn estimator."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from lutgen.encode.encoder import REFUSE, fit_encoder
from lutgen.errors import DataError
from lutgen.learn.anomaly import INLIER, RarityParameters, count_rarity
from lutgen.learn.estimators.boosted import seed_of
from lutgen.learn.estimators.shared import MayLack, Shown, names_of
from lutgen.model import Argmax


class LutAnomalyDetector(MayLack, Shown, OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Lookup tables that tell how rare samples are, by counting how few are alike.

    Parameters
    ----------
    k, n_luts, leaf_bits, contamination
        See :class:`lutgen.learn.anomaly.RarityParameters`.
    encoder : str, default="thermometer:16:uniform"
        How features become bits; see :func:`lutgen.encode.encoder.fit_encoder`. Steps of equal
        width show what lies far off; quantiles have most thresholds where most samples are.
    missing : {"refuse", "bit"}, default="refuse"
        NaN among the features: refused, or a bit that says so for each feature that has any.
    random_state : int, RandomState instance or None, default=None
        An int is the seed itself.

    Attributes
    ----------
    network_ : LutNetwork
        The model, which answers 1 or -1; save it with ``network_.save(path)``.
    offset_ : float
        ``score_samples`` of the limit.
    n_features_in_ : int
        Features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, where X has any that are texts; the model keeps them, too.
    """

    def __init__(
        self,
        k: int = 6,
        n_luts: int = 100,
        *,
        leaf_bits: int = 3,
        contamination: float = 0.05,
        encoder: str = "thermometer:16:uniform",
        missing: str = REFUSE,
        random_state: Any = None,
    ) -> None:
        self.k = k
        self.n_luts = n_luts
        self.leaf_bits = leaf_bits
        self.contamination = contamination
        self.encoder = encoder
        self.missing = missing
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn from samples X of shape (n_samples, n_features), most of them usual ones.

        Raises
        ------
        DataError
            If the samples cannot be learnt from.
        ConfigError
            If a parameter is out of its range, or the encoder does not go with the samples.
        """
        matrix: NDArray[Any] = validate_data(self, X, dtype="numeric", ensure_all_finite=False)
        parameters = RarityParameters(
            self.k, self.n_luts, self.leaf_bits, self.contamination, seed_of(self.random_state)
        )
        if len(matrix) < 2:
            raise DataError("1 sample (n_samples = 1) is too few to tell rare ones; give more")
        encoder = fit_encoder(self.encoder, matrix, missing=self.missing)
        network = count_rarity(encoder.encode(matrix), parameters, encoder=encoder)
        self.network_ = replace(network, feature_names=names_of(self))
        assert isinstance(network.head, Argmax)
        self.offset_ = -float(network.head.bias[0]) / self.n_luts
        return self

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return how usual each sample is: the mean of its levels, times -1, shape (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype="numeric", ensure_all_finite=False)
        scores: NDArray[np.float64] = -self.network_.scores(X)[:, 1].astype(np.float64)
        return scores / self.n_luts

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return how far each sample lies from the limit, less than 0 for an anomaly."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return 1 for a usual sample, -1 for an anomaly, shape (n_samples,)."""
        return np.where(self.decision_function(X) < 0, -INLIER, INLIER)
