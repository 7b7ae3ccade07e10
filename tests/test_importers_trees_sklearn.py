"""Fitted estimators of scikit-learn, as objects and as files of skops; XGBoost's and LightGBM's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from needed import need_module
from numpy.typing import NDArray
from sklearn import ensemble as se
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import lutgen
from lutgen.errors import ConfigError, DataError, ModelError
from lutgen.importers import import_file
from lutgen.importers.trees.sklearn import of_estimator
from lutgen.model import Argmax, Sum

IRIS = load_iris(return_X_y=True)
LABELS = np.array(["a", "b", "c"])[IRIS[1]]
CANCER = load_breast_cancer(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
_RANDOM = np.random.default_rng(0)
LACKING = np.where(_RANDOM.random(CANCER[0].shape) < 0.2, np.nan, CANCER[0])
CODES = np.stack([_RANDOM.integers(0, 6, 300) * 1.5, _RANDOM.normal(size=300)], axis=1)
OF_CODES = ((CODES[:, 0] % 3 > 1) ^ (CODES[:, 1] > 0)).astype(int)
TWO = np.stack([DIABETES[1], DIABETES[0][:, 0]], axis=1)
SMALL = {"n_estimators": 5, "random_state": 0}


def shallow(depth: int = 3) -> DecisionTreeClassifier:
    return DecisionTreeClassifier(max_depth=depth, random_state=0)


Case = tuple[Any, NDArray[Any], NDArray[Any]]
CASES: dict[str, Case] = {
    "tree": (shallow(4), IRIS[0], LABELS),
    "tree of two classes": (shallow(4), LACKING, CANCER[1]),
    "regression tree": (DecisionTreeRegressor(max_depth=4, random_state=0), *DIABETES),
    "forest": (se.RandomForestClassifier(max_depth=4, **SMALL), IRIS[0], LABELS),
    "forest of two classes": (
        se.RandomForestClassifier(max_depth=4, **SMALL),
        LACKING,
        CANCER[1],
    ),
    "extra trees": (se.ExtraTreesClassifier(max_depth=4, **SMALL), *IRIS),
    "regression forest": (se.RandomForestRegressor(max_depth=3, **SMALL), *DIABETES),
    "two numbers": (se.RandomForestRegressor(max_depth=3, **SMALL), DIABETES[0], TWO),
    "bagged trees": (
        se.BaggingClassifier(shallow(), max_features=0.5, **SMALL),
        *CANCER,
    ),
    "boosting": (se.GradientBoostingClassifier(**SMALL), *IRIS),
    "boosting of two classes": (se.GradientBoostingClassifier(**SMALL), *CANCER),
    "exponential loss": (se.GradientBoostingClassifier(loss="exponential", **SMALL), *CANCER),
    "boosting from zero": (se.GradientBoostingClassifier(init="zero", **SMALL), *CANCER),
    "boosted numbers": (se.GradientBoostingRegressor(loss="huber", **SMALL), *DIABETES),
    "histograms": (se.HistGradientBoostingClassifier(max_iter=4), *IRIS),
    "histograms of two": (se.HistGradientBoostingClassifier(max_iter=4), LACKING, CANCER[1]),
    "categories": (
        se.HistGradientBoostingClassifier(max_iter=4, categorical_features=[0]),
        CODES,
        OF_CODES,
    ),
    "histograms of numbers": (se.HistGradientBoostingRegressor(max_iter=4), *DIABETES),
    "AdaBoost": (se.AdaBoostClassifier(shallow(2), **SMALL), IRIS[0], LABELS),
    "AdaBoost of two classes": (se.AdaBoostClassifier(**SMALL), *CANCER),
    "isolation": (se.IsolationForest(max_features=0.5, **SMALL), *CANCER),
}


@pytest.mark.parametrize("name", CASES)
def test_an_estimator_is_the_same_as_object_and_as_file(name: str, tmp_path: Path) -> None:
    estimator, X, y = CASES[name]
    estimator.fit(X, y)
    ensemble = of_estimator(estimator)
    margins = ensemble.margins(X)
    theirs = reference(estimator, X)
    if theirs is not None:
        assert np.abs(margins - theirs.reshape(margins.shape)).max() <= 1e-9 * np.abs(theirs).max()
    network = lutgen.from_sklearn(estimator, samples=X)
    assert network.provenance.learner == f"scikit-learn, {type(estimator).__name__}"
    if ensemble.classes is None:
        assert isinstance(network.head, Sum)
        tolerance = np.ptp(np.atleast_2d(margins.T), axis=1).max() / 256
        assert np.abs(network.predict(X) - estimator.predict(X)).max() <= tolerance
    else:
        assert isinstance(network.head, Argmax)
        assert np.array_equal(network.predict(X), estimator.predict(X))
    skops = need_module("skops.io", "pip install skops")
    path = tmp_path / "model.skops"
    skops.dump(estimator, path)
    assert import_file(path, samples=X).network.digest == network.digest


def reference(estimator: Any, X: NDArray[Any]) -> NDArray[np.float64] | None:
    """Return the margins that scikit-learn gives, as lutgen means them."""
    if hasattr(estimator, "offset_"):
        return None
    if hasattr(estimator, "decision_function"):
        return np.asarray(estimator.decision_function(X))
    if not hasattr(estimator, "classes_"):
        return np.asarray(estimator.predict(X))
    shares = estimator.predict_proba(X)
    return np.asarray(shares if shares.shape[1] > 2 else shares[:, 1] - shares[:, 0])


def test_unknown_and_missing_categories() -> None:
    estimator, X, y = CASES["categories"]
    estimator.fit(X, y)
    rows = np.array([[7.0, 0.1], [np.nan, 0.1], [-3.0, 0.2], [1.5, np.nan], [1.25, 0.5]])
    ensemble = of_estimator(estimator)
    assert np.array_equal(ensemble.margins(rows)[:, 0], estimator.decision_function(rows))


def test_what_takes_no_missing_values() -> None:
    estimator = se.GradientBoostingClassifier(**SMALL).fit(*IRIS)
    network = lutgen.from_sklearn(estimator)
    assert network.encoder.missing is None
    with pytest.raises(DataError, match="NaN"):
        network.predict([[np.nan, 1, 1, 1]])


def test_numbers_next_to_thresholds() -> None:
    estimator = se.RandomForestClassifier(max_depth=4, **SMALL).fit(*CANCER)
    thresholds = [
        (int(f), float(t))
        for member in estimator.estimators_
        for f, t in zip(member.tree_.feature, member.tree_.threshold, strict=True)
        if f >= 0
    ]
    rows = np.repeat(CANCER[0][:1], 3 * len(thresholds), axis=0)
    for number, (feature, threshold) in enumerate(thresholds):
        single = float(np.float32(threshold))
        for place, value in enumerate(
            (single, np.nextafter(single, np.inf), np.nextafter(np.float32(threshold), np.inf))
        ):
            rows[3 * number + place, feature] = value
    network = lutgen.from_sklearn(estimator, score_bits=14)
    assert np.abs(network.margins(rows)[:, 1] - reference(estimator, rows)).max() < 1e-3


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (shallow(), "not fitted"),
        (make_pipeline(PCA(2), shallow()).fit(*IRIS), "several steps"),
        (LogisticRegression(max_iter=500).fit(*IRIS), "none of the trees"),
        (se.AdaBoostRegressor(n_estimators=2).fit(*DIABETES), "weighted median"),
        (se.BaggingClassifier(LogisticRegression(), n_estimators=2).fit(*CANCER),
         "is a LogisticRegression, not a decision tree"),
        (se.GradientBoostingClassifier(init=shallow(), n_estimators=1).fit(*CANCER),
         "starts from a DecisionTreeClassifier"),
        (se.VotingClassifier([("a", shallow())], voting="hard").fit(*IRIS), "votes among"),
        (se.RandomForestClassifier(n_estimators=1, max_depth=1).fit(
            IRIS[0], np.stack([IRIS[1], IRIS[1]], axis=1)), "classes"),
        (object(), "object is not fitted"),
    ],
)  # fmt: skip
def test_what_is_no_sum_of_leaves_is_refused(estimator: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        lutgen.from_sklearn(estimator)


def test_boosters_in_memory() -> None:
    xgboost = need_module("xgboost", "pip install xgboost-cpu")
    estimator = xgboost.XGBClassifier(n_estimators=4, max_depth=3).fit(LACKING, CANCER[1])
    network = lutgen.from_xgboost(estimator, samples=LACKING)
    assert np.array_equal(network.predict(LACKING), estimator.predict(LACKING))
    assert lutgen.from_xgboost(estimator.get_booster(), samples=LACKING).digest == network.digest
    assert lutgen.from_sklearn(estimator, samples=LACKING).digest == network.digest
    first = lutgen.from_xgboost(estimator, score_bits=16, iterations=1)
    theirs = estimator.predict(LACKING, output_margin=True, iteration_range=(0, 1))
    assert np.abs(first.margins(LACKING)[:, 1] - theirs).max() < 1e-4
    with pytest.raises(ConfigError, match="score_bits"):
        lutgen.from_xgboost(estimator, score_bits="some")
    for wrong in (lutgen.from_xgboost, lutgen.from_lightgbm):
        with pytest.raises(ModelError, match="is no Booster"):
            wrong(object())


def test_rounds_after_the_best_are_left_out() -> None:
    xgboost = need_module("xgboost", "pip install xgboost-cpu")
    estimator = xgboost.XGBClassifier(
        n_estimators=30, max_depth=3, learning_rate=1.0, early_stopping_rounds=3
    )
    estimator.fit(CANCER[0][::2], CANCER[1][::2], eval_set=[(CANCER[0][1::2], CANCER[1][1::2])],
                  verbose=False)  # fmt: skip
    assert estimator.best_iteration + 1 < estimator.get_booster().num_boosted_rounds()
    network = lutgen.from_xgboost(estimator, score_bits=16)
    theirs = estimator.predict(CANCER[0], output_margin=True)
    assert np.abs(network.margins(CANCER[0])[:, 1] - theirs).max() < 2e-3


def test_multi_output_trees_of_xgboost() -> None:
    xgboost = need_module("xgboost", "pip install xgboost-cpu")
    estimator = xgboost.XGBRegressor(
        n_estimators=3, max_depth=3, multi_strategy="multi_output_tree", tree_method="hist"
    ).fit(DIABETES[0], TWO)
    network = lutgen.from_xgboost(estimator, score_bits=16)
    error = np.abs(network.predict(DIABETES[0]) - estimator.predict(DIABETES[0]))
    assert error.max() < 4 * network.head.scale  # type: ignore[attr-defined]


def test_lightgbm_in_memory() -> None:
    lightgbm = need_module("lightgbm", "pip install lightgbm")
    estimator = lightgbm.LGBMClassifier(n_estimators=4, num_leaves=7, verbosity=-1)
    estimator.fit(IRIS[0], LABELS)
    network = lutgen.from_lightgbm(estimator, samples=IRIS[0])
    assert np.array_equal(network.predict(IRIS[0]), estimator.predict(IRIS[0]))
    forest = lightgbm.LGBMRegressor(
        n_estimators=4, boosting_type="rf", bagging_freq=1, bagging_fraction=0.6, verbosity=-1
    ).fit(*DIABETES)
    network = lutgen.from_lightgbm(forest, score_bits=16)
    error = np.abs(network.predict(DIABETES[0]) - forest.predict(DIABETES[0]))
    assert error.max() < 4 * network.head.scale  # type: ignore[attr-defined]
    edges = np.array([[0.0], [1e-35], [float(np.float32(1e-35))], [-2e-35], [np.nan], [1.0]])
    X = np.concatenate([np.repeat(edges, 20, axis=0), np.linspace(-1, 1, 80)[:, None]])
    zeros = lightgbm.LGBMRegressor(
        n_estimators=3, num_leaves=4, zero_as_missing=True, min_child_samples=5, verbosity=-1
    ).fit(X, np.where(np.abs(np.nan_to_num(X[:, 0])) < 1e-30, 1.0, X[:, 0] ** 2))
    error = np.abs(lutgen.from_lightgbm(zeros, score_bits=16).predict(X) - zeros.predict(X))
    assert error.max() < 1e-4
