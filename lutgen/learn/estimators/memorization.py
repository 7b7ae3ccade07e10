"""The learners as scikit-learn estimators."""

from __future__ import annotations

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

from lutgen.encode.encoder import fit_encoder
from lutgen.errors import DataError
from lutgen.learn.memorize import Parameters, memorize
from lutgen.learn.memorize.manyclass import memorize_classes
from lutgen.model import LutNetwork


class MemorizationClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
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
        Threads; None or -1: all processors.

    Attributes
    ----------
    network_ : LutNetwork
        The model; save it with ``network_.save(path)``.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    n_features_in_ : int
        Features seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where X has any that are texts; the model keeps them, too.
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
        self.feature_shape = feature_shape
        self.code = code
        self.cone_only = cone_only
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from samples X of shape (n_samples, n_features) and labels y.

        Raises
        ------
        DataError
            If X holds NaN or infinity, y has only one class, or there are fewer encoded
            bits than k.
        ConfigError
            If a parameter is out of its range.
        """
        X, y = validate_data(self, X, y, dtype="numeric", ensure_all_finite=False)
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if self.classes_.size < 2:
            raise DataError(
                f"all {len(numbers)} samples are of one class, {self.classes_[0]}; learning "
                "needs two classes or more"
            )
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            seed = check_random_state(seed).randint(1 << 31)
        encoder = fit_encoder(self.encoder, X, y)
        learn: Callable[..., LutNetwork] = memorize
        if self.classes_.size > 2:
            learn = partial(memorize_classes, code=self.code)
        network = learn(
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
        self.network_ = with_feature_names(network, self)
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


def with_feature_names(network: LutNetwork, estimator: BaseEstimator) -> LutNetwork:
    """Return a network with the names of the features that an estimator saw in fit, if any."""
    names = getattr(estimator, "feature_names_in_", ())
    return replace(network, feature_names=tuple(map(str, names)))
