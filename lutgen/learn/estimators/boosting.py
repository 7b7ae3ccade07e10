"""The booster as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lutgen.encode.encoder import REFUSE, Encoder, fit_encoder
from lutgen.errors import ConfigError, DataError
from lutgen.learn.boost import BoostProgress, boost
from lutgen.learn.boost.network import score_temperature
from lutgen.learn.estimators.boosted import Boosted, EvalSet, ended_in_time, parameters_of, seed_of
from lutgen.learn.estimators.memorization import plain_labels
from lutgen.learn.estimators.shared import as_weights, monotone_of, n_threads, names_of
from lutgen.learn.scores import softmax


class BoostedLutClassifier(ClassifierMixin, Boosted):  # type: ignore[misc]
    """Lookup tables learnt by boosting, for any number of classes, with wires that are searched.

    Parameters
    ----------
    k, luts_per_class, layers, temperature, search_samples, random_wires, wire_fraction, sweeps
    interactions, popcount, refits, shift, warp, mirror, patch, views_a_round, patience
    refit_on_all, criterion, leaf_bits
    max_weight, learning_rate, l2_regularization, min_entry_weight
        See :class:`lutgen.learn.boost.BoostParameters`.
    class_weight : "balanced", dict or None, default=None
        Weight of each class, times that of each sample: "balanced" gives all classes as much, a
        mapping of label to weight what it says (1 where it says nothing).
    encoder : str or Encoder, default="auto"
        How features become bits; see :func:`lutgen.encode.encoder.fit_encoder`. An encoder that is
        fitted already is taken as it is.
    missing : {"refuse", "bit"}, default="refuse"
        ``bit``: features may be NaN; one that some training samples lack has a bit that tells so.
    feature_shape : sequence of int, default=()
        Shape of one sample where the features are an image; `shift`, `warp`, `mirror` and
        `patch` need it.
    monotonic_cst : array-like of int of shape (n_features,), dict or None, default=None
        1 where the score of class 1 of two may only rise with a feature, -1 fall, 0 either: of each
        feature, or by name or number. What each LUT adds is made monotone, and the learnt tables
        are looked through for it.
    window : str or None, default=None
        The samples are windows of a series, the oldest step first, as
        :func:`lutgen.encode.window.sliding` makes them: ``8:lags,sums`` says of how many steps, and
        what is made of them; see :meth:`lutgen.encode.window.Window.fit`.
    validation_fraction : float, default=0.1
        Share of the samples of each class that is set aside where `patience` is not 0.
    warm_start : bool, default=False
        Go on with the network of the last fit (grow it to `luts_per_class`, then the refits),
        with the encoder it has. Set ``network_`` to a loaded model to go on with that one.
    random_state : int, RandomState instance or None, default=None
        An int is the seed itself: the same model as on the command line.
    n_jobs : int or None, default=None
        Threads, negative as joblib reads it: -1 all processors, -2 all but one. None: all, but one
        in a worker of joblib's. The model is the same for any number.

    Attributes
    ----------
    network_ : LutNetwork
        The model; save it with ``network_.save(path)``.
    classes_ : ndarray of shape (n_classes,)
        The labels.
    feature_importances_ : ndarray of shape (n_features,)
        Each feature's share of what LUTs gained by the wires that read it, 1 in all.
    n_iter_ : int
        Rounds of LUTs that were kept: less than asked for where `patience` ended the growth.
    n_features_in_ : int
        Features seen in fit.
    feature_names_in_ : ndarray of shape (n_features,)
        Their names, where X has any that are texts; the model keeps them, too.
    """

    def __init__(
        self,
        k: int = 6,
        luts_per_class: int = 70,
        layers: int = 1,
        *,
        temperature: float = 0.0,
        search_samples: int = 0,
        random_wires: int = -1,
        wire_fraction: float = 1.0,
        sweeps: int = 2,
        interactions: int = 0,
        popcount: bool = False,
        refits: int = 1,
        shift: int = 0,
        warp: float = 0.0,
        mirror: bool = False,
        patch: int = 0,
        views_a_round: int = 0,
        patience: int = 0,
        refit_on_all: bool = True,
        criterion: str = "auto",
        leaf_bits: int = 1,
        max_weight: int = 1,
        learning_rate: float = 0.2,
        l2_regularization: float = 5.0,
        min_entry_weight: float = 0.0,
        class_weight: Any = None,
        encoder: str | Encoder = "auto",
        missing: str = REFUSE,
        monotonic_cst: Any = None,
        window: str | None = None,
        feature_shape: Sequence[int] = (),
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.k = k
        self.luts_per_class = luts_per_class
        self.layers = layers
        self.temperature = temperature
        self.search_samples = search_samples
        self.random_wires = random_wires
        self.wire_fraction = wire_fraction
        self.sweeps = sweeps
        self.interactions = interactions
        self.popcount = popcount
        self.refits = refits
        self.shift = shift
        self.warp = warp
        self.mirror = mirror
        self.patch = patch
        self.views_a_round = views_a_round
        self.patience = patience
        self.refit_on_all = refit_on_all
        self.criterion = criterion
        self.leaf_bits = leaf_bits
        self.max_weight = max_weight
        self.learning_rate = learning_rate
        self.l2_regularization = l2_regularization
        self.min_entry_weight = min_entry_weight
        self.class_weight = class_weight
        self.encoder = encoder
        self.missing = missing
        self.monotonic_cst = monotonic_cst
        self.window = window
        self.feature_shape = feature_shape
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        eval_set: EvalSet | None = None,
        progress: Callable[[BoostProgress], None] | None = None,
    ) -> Self:
        """Learn from samples X of shape (n_samples, n_features) and labels y.

        Ctrl-C ends the learning with a warning, as in scikit-learn, and keeps what there is.

        Parameters
        ----------
        sample_weight : array-like of shape (n_samples,), optional
            What each sample counts; default: all the same.
        eval_set : tuple, optional
            ``(X, y)`` or ``(X, y, weights)``: samples to watch instead of some set aside, which
            are never learnt from; ``network_.provenance.history`` has the accuracy on them after
            each round. A label that the training samples lack is answered wrongly.
        progress : callable, optional
            Called with a :class:`lutgen.learn.boost.BoostProgress` after each round. It is
            no parameter of the model: neither `clone` nor a grid search sees it.

        Raises
        ------
        DataError
            If X holds infinity, or NaN that `missing` does not allow, there is only one class, a
            class has no sample of any weight, weights are negative or not finite, or there are
            fewer encoded bits than k.
        ConfigError
            If a parameter is out of its range, or a warm start does not fit the network.
        """
        checked = validate_data(self, X, y, dtype="numeric", ensure_all_finite=False)
        matrix: NDArray[Any] = checked[0]
        check_classification_targets(checked[1])
        self.classes_, numbers = np.unique(checked[1], return_inverse=True)
        if self.classes_.size < 2:
            raise DataError(
                f"all {len(numbers)} samples are of one class, {self.classes_[0]}; learning "
                "needs two classes or more"
            )
        seed = seed_of(self.random_state)
        parameters = parameters_of(self, seed, refit_on_all=self.refit_on_all and eval_set is None)
        start = getattr(self, "network_", None) if self.warm_start else None
        if start is not None and start.encoder.n_features != self.n_features_in_:
            raise ConfigError(
                f"warm_start: the network reads {start.encoder.n_features} features, the samples "
                f"have {self.n_features_in_}"
            )
        threads = n_threads(self.n_jobs)
        names = names_of(self)
        if start is not None and names and start.feature_names not in ((), names):
            raise ConfigError(
                "warm_start: the network's features have other names, or the same in another order"
            )
        weights = None if sample_weight is None else as_weights(sample_weight, len(numbers))
        if self.class_weight is not None:
            of_class = _class_weights(self.class_weight, checked[1])
            weights = of_class if weights is None else weights * of_class
        watched = self._checked_set(eval_set, lambda y: _class_numbers(y, self.classes_))
        parted = self._part(
            matrix,
            numbers,
            weights,
            seed,
            fit_encoder=fit_encoder,
            stratified=True,
            eval_set=watched,
            encoder=None if start is None else start.encoder,
        )
        network = ended_in_time(
            lambda: boost(
                parted.bits,
                parted.targets,
                parameters,
                encoder=parted.encoder,
                classes=plain_labels(self.classes_),
                sample_weight=parted.weights,
                validation=parted.held,
                feature_shape=tuple(self.feature_shape),
                start=start,
                monotone=monotone_of(self),
                n_threads=threads,
                progress=progress,
            )
        )
        self.network_ = replace(network, feature_names=names or network.feature_names)
        return self

    def decision_function(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the scores, whole numbers of votes, shape (n_samples, n_classes).

        With two classes, how much class 1 is ahead of class 0, shape (n_samples,).
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype="numeric", ensure_all_finite=False)
        scores = self.network_.scores(X).astype(np.float64)
        return scores if self.classes_.size > 2 else scores[:, 1] - scores[:, 0]

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return a probability for each class, shape (n_samples, n_classes).

        The softmax of the scores at the temperature that was learnt with. ``lutgen evaluate`` tells
        how far it lies off on samples; :class:`sklearn.calibration.CalibratedClassifierCV` mends.
        """
        return softmax(self.decision_function(X), score_temperature(self.network_))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the label of each sample; X of shape (n_samples, n_features)."""
        scores = self.decision_function(X)
        numbers = scores > 0 if scores.ndim == 1 else scores.argmax(axis=1)
        labels: NDArray[Any] = self.classes_[numbers.astype(np.intp)]
        return labels


def _class_numbers(y: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.int64]:
    """Return the place of each label among the classes, -1 where it is none of them."""
    places = np.minimum(np.searchsorted(classes, y), classes.size - 1)
    return np.where(classes[places] == y, places, -1)


def _class_weights(class_weight: Any, y: NDArray[Any]) -> NDArray[np.float64]:
    """Return each sample's weight by its class; refuse labels that there are none of."""
    if isinstance(class_weight, str) and class_weight != "balanced":
        raise ConfigError(
            f"class_weight must be balanced, a weight for each label, or None; got {class_weight!r}"
        )
    if not isinstance(class_weight, str):
        known = set(np.unique(y).tolist())
        unknown = [label for label in class_weight if label not in known]
        if unknown:
            raise ConfigError(f"class_weight: no sample has the label {unknown[0]!r}")
    weights: NDArray[np.float64] = compute_sample_weight(class_weight, y)
    return weights
