"""What the boosted estimators share: samples parted and encoded, and learning that may be ended."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from lutgen.bits import Bits
from lutgen.datasets.split import split_rows
from lutgen.encode.encoder import Encoder
from lutgen.errors import ConfigError
from lutgen.learn.boost import BoostParameters, Interrupted
from lutgen.learn.boost.network import rounds_of
from lutgen.learn.boost.training import Held
from lutgen.learn.estimators.shared import MayLack, Shown, as_weights, window_of
from lutgen.model import LutNetwork

FitEncoder = Callable[..., Encoder]
EvalSet = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Parted:
    """Encoded samples to learn from, what they are to be answered with, and those to watch."""

    encoder: Encoder
    bits: Bits
    targets: NDArray[Any]
    weights: NDArray[np.float64] | None
    held: Held | None


class Boosted(MayLack, Shown, BaseEstimator):  # type: ignore[misc]
    """A boosted estimator, which has a network once it is fitted."""

    network_: LutNetwork
    encoder: str | Encoder
    patience: int
    validation_fraction: float
    monotonic_cst: Any
    window: str | None

    @property
    def n_iter_(self) -> int:
        """Rounds of LUTs that were kept."""
        check_is_fitted(self)
        return rounds_of(self.network_)

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """Each feature's share of the gain."""
        check_is_fitted(self)
        return np.array(self.network_.provenance.feature_gain)

    def _part(
        self,
        X: NDArray[Any],
        targets: NDArray[Any],
        weights: NDArray[np.float64] | None,
        seed: int,
        *,
        fit_encoder: FitEncoder,
        stratified: bool,
        eval_set: EvalSet | None,
        encoder: Encoder | None = None,
    ) -> Parted:
        """Set samples aside, where they are to be watched, and encode all.

        Parameters
        ----------
        fit_encoder : callable
            Makes the encoder of the samples to learn from.
        eval_set : tuple or None
            Samples to watch, with their targets as numbers, and perhaps weights; then none are set
            aside.
        encoder : Encoder, optional
            Given already, by a network to go on with.
        """
        rows, held = np.arange(len(X)), eval_set
        if eval_set is None and self.patience:
            by = targets if stratified else rows
            rows, aside = split_rows(by, self.validation_fraction, seed, stratified=stratified)
            held = X[aside], targets[aside], None if weights is None else weights[aside]
        if encoder is None and isinstance(self.encoder, Encoder):
            if self.window is not None:
                raise ConfigError("an encoder that is fitted says itself what its window is")
            encoder = self.encoder
            if encoder.n_features != X.shape[1]:
                raise ConfigError(
                    f"the encoder is of {encoder.n_features} features, the samples have "
                    f"{X.shape[1]}"
                )
        if encoder is None:
            encoder = fit_encoder(
                self.encoder,
                X[rows],
                targets[rows],
                missing=self.missing,
                window=window_of(self, X[rows]),
            )
        if encoder.seen:  # what is watched, and what a warm start adds, are samples, too
            encoder = encoder.seeing(X)
            if eval_set is not None:
                encoder = encoder.seeing(eval_set[0])
        return Parted(
            encoder,
            encoder.encode(X[rows]),
            targets[rows],
            None if weights is None else weights[rows],
            None if held is None else (encoder.encode(held[0]), *held[1:]),
        )

    def _checked_set(
        self, eval_set: EvalSet | None, to_targets: Callable[[Any], NDArray[Any]]
    ) -> EvalSet | None:
        """Return samples to watch as they are to be encoded."""
        if eval_set is None:
            return None
        if not isinstance(eval_set, tuple) or len(eval_set) not in (2, 3):
            raise ConfigError("eval_set must be (X, y) or (X, y, weights)")
        X, y, weights = (*eval_set, None)[:3]
        matrix = validate_data(self, X, reset=False, dtype="numeric", ensure_all_finite=False)
        targets = to_targets(np.asarray(y))
        return matrix, targets, None if weights is None else as_weights(weights, len(matrix))


def ended_in_time(learn: Callable[[], LutNetwork]) -> LutNetwork:
    """Return what was learnt; after Ctrl-C what there was by then, with a warning."""
    try:
        return learn()
    except Interrupted as stop:
        warnings.warn(f"{stop}; the network of that moment is kept", stacklevel=3)
        return stop.network


def seed_of(random_state: ArrayLike | Any) -> int:
    """Return the seed that a random state means: an int is the seed itself."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(1 << 31))


def parameters_of(estimator: Any, seed: int, **more: Any) -> BoostParameters:
    """Return the booster's parameters that an estimator was given under the same names."""
    given = estimator.get_params(deep=False)
    known = {field.name for field in fields(BoostParameters)} & given.keys()
    return BoostParameters(**{name: given[name] for name in known - more.keys()}, seed=seed, **more)
