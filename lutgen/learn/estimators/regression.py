"""The booster of numbers as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from lutgen.encode.encoder import REFUSE, Encoder
from lutgen.errors import DataError
from lutgen.learn.boost import BoostProgress, boost_numbers
from lutgen.learn.boost.numbers import encoder_of_numbers
from lutgen.learn.estimators.boosted import Boosted, EvalSet, ended_in_time, parameters_of, seed_of
from lutgen.learn.estimators.shared import as_weights, monotone_of, n_threads, names_of


class BoostedLutRegressor(MultiOutputMixin, RegressorMixin, Boosted):  # type: ignore[misc]
    """Lookup tables learnt by boosting that answer a number, or several, as sums.

    Parameters
    ----------
    k, layers, search_samples, random_wires, wire_fraction, sweeps, interactions, popcount, refits
    patience, refit_on_all, leaf_bits, max_weight, learning_rate, l2_regularization
    min_entry_weight
        See :class:`lutgen.learn.boost.BoostParameters`.
    luts_per_output : int, default=100
        Leaves of each number; each is `leaf_bits` LUTs on the same wires.
    loss, quantile
        See :func:`lutgen.learn.boost.numbers.boost_numbers`.
    resolution : float, default=0
        Votes that are a standard deviation, rounded to a power of two; 0: 256.
    encoder : str or Encoder, default="auto"
        How features become bits; see :func:`lutgen.encode.encoder.fit_encoder`. Thresholds by gain
        tell sixteenths of the numbers apart. An encoder that is fitted already is taken as it is.
    missing : {"refuse", "bit"}, default="refuse"
        NaN among the features: refused, or a bit that says so for each feature that has any.
    monotonic_cst : array-like of int of shape (n_features,), dict or None, default=None
        1 where the answer may only rise with a feature, -1 fall, 0 either: of each
        feature, or by name or number. What each LUT adds is made monotone, and the learnt tables
        are looked through for it.
    window : str or None, default=None
        The samples are windows of a series, the oldest step first, as
        :func:`lutgen.encode.window.sliding` makes them: ``8:lags,sums`` says of how many steps, and
        what is made of them; see :meth:`lutgen.encode.window.Window.fit`.
    validation_fraction : float, default=0.1
        Share of the samples that is set aside where `patience` is not 0.
    random_state : int, RandomState instance or None, default=None
        An int is the seed itself: the same model as on the command line.
    n_jobs : int or None, default=None
        Threads, negative as joblib reads it. The model is the same for any number.

    Attributes
    ----------
    network_ : LutNetwork
        The model; save it with ``network_.save(path)``.
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
        luts_per_output: int = 100,
        layers: int = 1,
        *,
        loss: str = "squared_error",
        quantile: float = 0.5,
        resolution: float = 0.0,
        search_samples: int = 0,
        random_wires: int = -1,
        wire_fraction: float = 1.0,
        sweeps: int = 2,
        interactions: int = 0,
        popcount: bool = False,
        refits: int = 1,
        patience: int = 0,
        refit_on_all: bool = True,
        leaf_bits: int = 3,
        max_weight: int = 64,
        learning_rate: float = 0.2,
        l2_regularization: float = 5.0,
        min_entry_weight: float = 0.0,
        encoder: str | Encoder = "auto",
        missing: str = REFUSE,
        monotonic_cst: Any = None,
        window: str | None = None,
        validation_fraction: float = 0.1,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.k = k
        self.luts_per_output = luts_per_output
        self.layers = layers
        self.loss = loss
        self.quantile = quantile
        self.resolution = resolution
        self.search_samples = search_samples
        self.random_wires = random_wires
        self.wire_fraction = wire_fraction
        self.sweeps = sweeps
        self.interactions = interactions
        self.popcount = popcount
        self.refits = refits
        self.patience = patience
        self.refit_on_all = refit_on_all
        self.leaf_bits = leaf_bits
        self.max_weight = max_weight
        self.learning_rate = learning_rate
        self.l2_regularization = l2_regularization
        self.min_entry_weight = min_entry_weight
        self.encoder = encoder
        self.missing = missing
        self.monotonic_cst = monotonic_cst
        self.window = window
        self.validation_fraction = validation_fraction
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
        """Learn from samples X of shape (n_samples, n_features) and numbers y, a column or several.

        Ctrl-C ends the learning with a warning, as in scikit-learn, and keeps what there is.

        Parameters
        ----------
        sample_weight : array-like of shape (n_samples,), optional
            What each sample counts; default: all the same.
        eval_set : tuple, optional
            ``(X, y)`` or ``(X, y, weights)``: samples to watch instead of some set aside, which
            are never learnt from.
        progress : callable, optional
            Called with a :class:`lutgen.learn.boost.BoostProgress` after each round.

        Raises
        ------
        DataError
            If samples or numbers cannot be learnt from.
        ConfigError
            If a parameter is out of its range, or the encoder does not go with the samples.
        """
        checked = validate_data(
            self, X, y, dtype="numeric", ensure_all_finite=False, multi_output=True, y_numeric=True
        )
        matrix: NDArray[Any] = checked[0]
        numbers = np.asarray(checked[1], dtype=np.float64)
        if not np.isfinite(numbers).all():
            raise DataError("the numbers to learn have NaN or infinity among them; leave those out")
        if len(numbers) < 2:
            raise DataError("1 sample (n_samples = 1) is too few to learn from; give two or more")
        seed = seed_of(self.random_state)
        parameters = parameters_of(
            self,
            seed,
            luts_per_class=self.luts_per_output,
            temperature=self.resolution,
            refit_on_all=self.refit_on_all and eval_set is None,
        )
        weights = None if sample_weight is None else as_weights(sample_weight, len(numbers))
        watched = self._checked_set(eval_set, lambda y: y.astype(np.float64))
        parted = self._part(
            matrix,
            numbers,
            weights,
            seed,
            fit_encoder=encoder_of_numbers,
            stratified=False,
            eval_set=watched,
        )
        network = ended_in_time(
            lambda: boost_numbers(
                parted.bits,
                parted.targets,
                parameters,
                encoder=parted.encoder,
                loss=self.loss,
                quantile=self.quantile,
                sample_weight=parted.weights,
                validation=parted.held,
                monotone=monotone_of(self),
                n_threads=n_threads(self.n_jobs),
                progress=progress,
            )
        )
        self.network_ = replace(network, feature_names=names_of(self))
        self._is_column = numbers.ndim == 2
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the number of each sample, shape (n_samples,) or that of several."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype="numeric", ensure_all_finite=False)
        numbers = self.network_.predict(X)
        return numbers.reshape(len(numbers), -1) if self._is_column else numbers
