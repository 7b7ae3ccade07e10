"""What the estimators share: threads, weights and names of features."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from joblib.parallel import get_active_backend
from numpy.typing import ArrayLike, NDArray

from lutgen.encode.encoder import BIT
from lutgen.encode.window import Window
from lutgen.errors import ConfigError, DataError
from lutgen.learn.boost.monotone import Directions, directions_of
from lutgen.model.summary import summary_html
from lutgen.processors import n_processors

_MOST_COPIES = 64
_STEPS = 16
_ROUNDED = 1e-9


class MayLack:
    """An estimator whose parameter ``missing`` says whether features may be NaN: "bit" if so."""

    missing: str

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.allow_nan = self.missing == BIT
        return tags


class Shown:
    """An estimator that notebooks show with its network, once it is fitted."""

    def _repr_html_inner(self) -> str:
        text: str = super()._repr_html_inner()  # type: ignore[misc]
        return text + self._network_html()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if "text/html" in bundle:
            bundle["text/html"] += self._network_html()
        return bundle

    def _network_html(self) -> str:
        network = getattr(self, "network_", None)
        return "" if network is None else summary_html(network)


def n_threads(n_jobs: Any) -> int:
    """Return the number of threads that `n_jobs` asks for, as joblib reads it.

    -1 is all processors, -2 all but one, and so on. None is all of them, but one in a worker of
    joblib's, as there others learn beside it.

    Raises
    ------
    ConfigError
        If it is 0 or no whole number.
    """
    if n_jobs is None:
        return n_processors() if get_active_backend()[0].nesting_level == 0 else 1
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int | np.integer) or n_jobs == 0:
        raise ConfigError(
            "n_jobs must be None, a number of threads, or negative: -1 for all processors, -2 for "
            f"all but one, and so on; got {n_jobs!r}"
        )
    return int(n_jobs) if n_jobs > 0 else max(1, n_processors() + 1 + int(n_jobs))


def as_copies(sample_weight: ArrayLike, n_samples: int) -> NDArray[np.intp]:
    """Return how often each sample is to stand in the training set for its weight.

    Exact where all weights are whole multiples of the least, up to 64; otherwise they are rounded
    to 1/16 of the largest, with a warning.

    Raises
    ------
    DataError
        If there is not a weight for each sample, one is negative or not finite, or all are 0.
    """
    weights = as_weights(sample_weight, n_samples)
    if not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise DataError("sample weights must be finite and not negative, and not all zero")
    ratios = weights / weights[weights > 0].min()
    copies = np.rint(ratios)
    if np.abs(ratios - copies).max() > _ROUNDED or copies.max() > _MOST_COPIES:
        copies = np.maximum(np.rint(_STEPS * weights / weights.max()), weights > 0)
        warnings.warn(
            f"sample weights are rounded to 1/{_STEPS} of the largest, as samples are counted; "
            "give whole numbers to have them exact",
            stacklevel=3,
        )
    return np.asarray(copies, dtype=np.intp)


def as_weights(sample_weight: ArrayLike, n_samples: int) -> NDArray[np.float64]:
    """Return sample weights as a vector; refuse one of another length."""
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.ndim == 0:
        weights = np.full(n_samples, float(weights))
    if weights.shape != (n_samples,):
        raise DataError(f"{n_samples} samples, but sample weights of shape {weights.shape}")
    return weights


def monotone_of(estimator: Any) -> Directions | None:
    """Return the direction of each feature that an estimator was given; None if none was."""
    asked = estimator.monotonic_cst
    if asked is None:
        return None
    return directions_of(asked, estimator.n_features_in_, names_of(estimator))


def window_of(estimator: Any, X: NDArray[Any]) -> Window | None:
    """Return the window that an estimator was given, its formats fitted; None if none was."""
    return None if estimator.window is None else Window.fit(estimator.window, X)


def names_of(estimator: Any) -> tuple[str, ...]:
    """Return the names of the features that an estimator was fitted on; empty if they had none."""
    return tuple(str(name) for name in getattr(estimator, "feature_names_in_", ()))
