"""The learners as scikit-learn estimators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lutgen.encode.encoder import fit_encoder
from lutgen.errors import DataError
from lutgen.learn.memorize.memorize import Parameters, memorize


class MemorizationClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A network of lookup tables learnt by counting (Chatterjee 2018), for two classes.

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
    feature_shape : sequence of int, default=()
        Shape of one sample where the features are an image, for ``window`` wiring.
    cone_only : bool, default=False
        Learn only the LUTs that can reach the output; same predictions.
    random_state : int, RandomState instance or None, default=None
        An int is the seed itself: the same model as ``lutgen train --seed``.
    n_jobs : int or None, default=None
        Threads; None or -1: all processors.

    Attributes
    ----------
    network_ : LutNetwork
        The model; save it with ``network_.save(path)``.
    classes_ : ndarray of shape (2,)
        The two labels.
    n_features_in_ : int
        Features seen in fit.
    """

    def __init__(
        self,
        k: int = 8,
        widths: Sequence[int] = (1024,) * 5,
        *,
        wiring: str = "random",
        fill: str = "random",
        encoder: str = "auto",
        feature_shape: Sequence[int] = (),
        cone_only: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.k = k
        self.widths = widths
        self.wiring = wiring
        self.fill = fill
        self.encoder = encoder
        self.feature_shape = feature_shape
        self.cone_only = cone_only
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from samples X of shape (n_samples, n_features) and two kinds of labels y.

        Raises
        ------
        DataError
            If X holds NaN or infinity, y has not exactly two classes, or there are fewer
            encoded bits than k.
        ConfigError
            If a parameter is out of its range.
        """
        X, y = validate_data(self, X, y, dtype="numeric", ensure_all_finite=False)
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if self.classes_.size != 2:
            found = "one class" if self.classes_.size == 1 else f"{self.classes_.size} classes"
            raise DataError(
                f"MemorizationClassifier learns two classes, got {found}. "
                "Only binary classification is supported."
            )
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(1 << 31)
        encoder = fit_encoder(self.encoder, X, y)
        self.network_ = memorize(
            encoder.encode(X),
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
            n_threads=None if self.n_jobs in (None, -1) else self.n_jobs,
        )
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the label of each sample; X of shape (n_samples, n_features)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype="numeric", ensure_all_finite=False)
        numbers = self.network_.class_numbers(self.network_.encoder.encode(X))
        labels: NDArray[Any] = self.classes_[numbers]
        return labels


def plain_labels(classes: NDArray[Any]) -> NDArray[Any]:
    """Return labels as the model file can hold them: Python objects become strings."""
    return classes.astype(np.str_) if classes.dtype == object else classes
