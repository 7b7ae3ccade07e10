"""Networks of models in memory: XGBoost's, LightGBM's and scikit-learn's own objects.

None of these packages is imported: an object that is given brings its own.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from lutgen.encode.encoder import as_matrix
from lutgen.errors import ModelError
from lutgen.importers.trees import FORMATS, lightgbm, sklearn, ubjson, xgboost
from lutgen.importers.trees.ensemble import Ensemble
from lutgen.importers.trees.importing import imported
from lutgen.model import LutNetwork, Provenance

_FORMAT = {item.name: item for item in FORMATS}


def from_xgboost(
    booster: Any,
    *,
    score_bits: int | str | None = None,
    missing_values: str = "keep",
    iterations: int | None = None,
    samples: ArrayLike | None = None,
) -> LutNetwork:
    """Return the network of an XGBoost Booster, or of an estimator that has one.

    Parameters
    ----------
    booster : xgboost.Booster or xgboost.XGBModel
        Of an estimator that stopped early, the rounds up to the best one are taken, as it does.
    score_bits : int or str, optional
        Bits of a leaf, 1 to 16; ``auto``: as few as change no answer of `samples`; ``auto:1%``. By
        default exact where leaves are whole numbers of one scale, else ``auto`` where there are
        samples, and 8 where there are none.
    missing_values : {"keep", "refuse"}
        Whether features may be NaN.
    iterations : int, optional
        Boosting rounds to take.
    samples : array-like of shape (n_samples, n_features), optional
        Samples to choose by.

    Returns
    -------
    LutNetwork
        A classifier has an Argmax head, whose :meth:`~lutgen.model.LutNetwork.margins` are the
        booster's; of two classes, those of the second. All else has a Sum head.

    Raises
    ------
    ModelError
        If it is no ensemble of trees.
    ConfigError
        If an option is none.
    """
    inner = booster.get_booster() if hasattr(booster, "get_booster") else booster
    if not hasattr(inner, "save_raw"):
        raise ModelError(f"{type(booster).__name__} is no Booster of XGBoost, and has none")
    if iterations is None and inner is not booster:
        best = getattr(booster, "best_iteration", None) if _stopped_early(booster) else None
        iterations = None if best is None else int(best) + 1
    raw = bytes(inner.save_raw("json"))
    record = json.loads(raw) if raw[:2] == b'{"' else ubjson.read(raw)
    ensemble = xgboost.of_record(record, iterations)
    return _network(ensemble, "xgboost", "XGBoost", samples,
                    score_bits=score_bits, missing_values=missing_values)  # fmt: skip


def _stopped_early(estimator: Any) -> bool:
    return getattr(estimator, "early_stopping_rounds", None) is not None


def from_lightgbm(
    booster: Any,
    *,
    score_bits: int | str | None = None,
    missing_values: str = "keep",
    iterations: int | None = None,
    samples: ArrayLike | None = None,
) -> LutNetwork:
    """Return the network of a LightGBM Booster, or of an estimator that has one.

    Parameters and what comes back are as for :func:`from_xgboost`; the labels of a classifier are
    those that it was fitted on.
    """
    inner = getattr(booster, "booster_", booster)
    if not hasattr(inner, "model_to_string"):
        raise ModelError(f"{type(booster).__name__} is no Booster of LightGBM, and has none")
    ensemble = lightgbm.of_text(str(inner.model_to_string()), iterations)
    if inner is not booster and ensemble.classes is not None:
        ensemble = replace(ensemble, classes=booster.classes_)
    return _network(ensemble, "lightgbm", "LightGBM", samples,
                    score_bits=score_bits, missing_values=missing_values)  # fmt: skip


def from_sklearn(
    estimator: Any,
    *,
    score_bits: int | str | None = None,
    missing_values: str = "keep",
    samples: ArrayLike | None = None,
) -> LutNetwork:
    """Return the network of a fitted estimator of scikit-learn, told by its fitted attributes.

    Decision trees, forests, extremely randomised trees, bagged trees, gradient boosting (also by
    histograms), AdaBoost's classifier and isolation forests; regressors have a Sum head.

    Parameters are as for :func:`from_xgboost`.

    Raises
    ------
    ModelError
        If it is not fitted, or its answer is no sum of leaves.
    ConfigError
        If an option is none.
    """
    if hasattr(estimator, "get_booster"):
        return from_xgboost(estimator, score_bits=score_bits, missing_values=missing_values,
                            samples=samples)  # fmt: skip
    if hasattr(estimator, "booster_"):
        return from_lightgbm(estimator, score_bits=score_bits, missing_values=missing_values,
                             samples=samples)  # fmt: skip
    ensemble = sklearn.of_estimator(estimator)
    return _network(ensemble, "skops", f"scikit-learn, {sklearn.type_name(estimator)}", samples,
                    score_bits=score_bits, missing_values=missing_values)  # fmt: skip


def _network(
    ensemble: Ensemble, format_: str, origin: str, samples: ArrayLike | None, **told: Any
) -> LutNetwork:
    options = _FORMAT[format_].given(told)
    matrix = None if samples is None else as_matrix(samples, missing=True)
    network = imported(ensemble, options, matrix).network
    parameters = {name: str(value) for name, value in options.items()}
    return replace(network, provenance=Provenance(learner=origin, parameters=parameters))
