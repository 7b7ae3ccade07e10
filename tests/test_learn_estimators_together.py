"""Both estimators inside of what scikit-learn has around estimators; scores, threads, frames."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from joblib import Parallel, delayed, parallel_config
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from lutgen.errors import ConfigError, DataError
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.learn.estimators.memorization import MemorizationClassifier
from lutgen.learn.estimators.shared import as_copies, n_threads
from lutgen.learn.scores import softmax
from lutgen.processors import n_processors

IRIS = load_iris(return_X_y=True)
CANCER = load_breast_cancer(return_X_y=True)
MODELS = {
    "boosted": BoostedLutClassifier(k=3, luts_per_class=4, random_state=0),
    "memorization": MemorizationClassifier(k=3, widths=(16, 8), code="code:15", random_state=0),
    "one-vs-rest": MemorizationClassifier(k=3, widths=(8,), code="one-vs-rest", random_state=0),
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Any:
    return clone(MODELS[request.param])


@pytest.mark.parametrize("data", [IRIS, CANCER])
def test_scores_are_floats_and_go_with_the_prediction(model, data) -> None:
    X, y = data
    labels = np.array(["a", "b", "c"])[y]
    model.fit(X, labels)
    scores, chances = model.decision_function(X), model.predict_proba(X)
    n_classes = model.classes_.size
    assert scores.dtype == chances.dtype == np.float64
    assert scores.shape == ((len(X),) if n_classes == 2 else (len(X), n_classes))
    assert chances.shape == (len(X), n_classes)
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    chosen = scores > 0 if n_classes == 2 else scores.argmax(axis=1)
    assert (model.classes_[chosen.astype(int)] == model.predict(X)).all()
    best = chances[np.arange(len(X)), chosen.astype(int)]
    np.testing.assert_allclose(best, chances.max(axis=1))


@pytest.mark.parametrize("scoring", ["roc_auc_ovr", "neg_log_loss"])
def test_cross_validation_scores_many_classes(model, scoring) -> None:
    values = cross_val_score(model, *IRIS, cv=3, scoring=scoring, error_score="raise")
    assert np.isfinite(values).all()
    if scoring == "roc_auc_ovr":
        assert values.mean() > 0.75  # chance is 0.5


def test_cross_validation_scores_two_classes(model) -> None:
    assert cross_val_score(model, *CANCER, cv=3, scoring="roc_auc").mean() > 0.85
    chance = cross_val_score(model, *CANCER, cv=3, scoring="neg_log_loss", error_score="raise")
    assert chance.mean() > -np.log(2)


@pytest.mark.parametrize(
    "around",
    [
        OneVsRestClassifier,
        OneVsOneClassifier,
        lambda model: CalibratedClassifierCV(model, cv=3),
        lambda model: CalibratedClassifierCV(model, cv=3, method="isotonic"),
        lambda model: StackingClassifier([("luts", model)], LogisticRegression(), cv=3),
        lambda model: GridSearchCV(model, {"k": [2, 3]}, cv=3, n_jobs=2, error_score="raise"),
        lambda model: make_pipeline(
            FeatureUnion([("as is", FunctionTransformer()), ("scaled", StandardScaler())]), model
        ),
    ],
    ids=["rest", "one", "sigmoid", "isotonic", "stacking", "grid", "union"],
)
@pytest.mark.parametrize("data", [IRIS, CANCER], ids=["three", "two"])
def test_it_works_inside_of_others(model, around, data) -> None:
    X, y = data
    labels = np.array(["a", "b", "c"])[y]
    assert around(model).fit(X, labels).score(X, labels) > 0.6


def test_frames_come_in_and_names_are_kept(model) -> None:
    pandas = pytest.importorskip("pandas")
    X, y = load_iris(return_X_y=True, as_frame=True)
    labels = pandas.Series(["a", "b", "c"]).iloc[y].reset_index(drop=True)
    plain = clone(model).fit(X.to_numpy(), labels.to_numpy())
    model.fit(X, labels)
    assert model.network_.feature_names == tuple(X.columns)
    assert model.network_.digest == plain.network_.digest
    assert (model.predict(X) == plain.predict(X.to_numpy())).all()
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X[X.columns[::-1]])
    union = FeatureUnion([("a", StandardScaler()), ("b", FunctionTransformer())])
    chain = make_pipeline(union.set_output(transform="pandas"), clone(model)).fit(X, labels)
    assert chain[-1].network_.feature_names[0] == "a__sepal length (cm)"


def test_polars_frames_come_in(model) -> None:
    polars = pytest.importorskip("polars")
    X, y = load_iris(return_X_y=True, as_frame=True)
    frame = polars.DataFrame({name: X[name].to_numpy() for name in X})
    labels = polars.Series([f"kind {n}" for n in y])
    model.fit(frame, labels)
    assert model.network_.feature_names == tuple(frame.columns)
    assert (model.predict(frame) == labels.to_numpy()).mean() > 0.6


@pytest.mark.parametrize("n_jobs", [-2, -1, None, 2, np.int64(3), -100])
def test_threads_are_counted_as_joblib_does(model, n_jobs) -> None:
    X, y = IRIS
    expected = clone(model).set_params(n_jobs=1).fit(X, y).network_.digest
    assert model.set_params(n_jobs=n_jobs).fit(X, y).network_.digest == expected


def test_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lutgen.learn.estimators.shared.n_processors", lambda: 8)
    assert [n_threads(n) for n in (-1, -2, -7, -8, -9, 3, None)] == [8, 7, 2, 1, 1, 3, 8]
    with parallel_config("threading"):
        assert Parallel(n_jobs=2)(delayed(n_threads)(None) for _ in range(2)) == [1, 1]
    assert n_processors() >= 1


@pytest.mark.parametrize("n_jobs", [0, 2.0, "2", True])
def test_no_number_of_threads(model, n_jobs) -> None:
    with pytest.raises(ConfigError, match="n_jobs must be None, a number of threads, or negative"):
        model.set_params(n_jobs=n_jobs).fit(*IRIS)


def test_weights_are_copies() -> None:
    X, y = IRIS
    model = MODELS["memorization"]
    weights = np.arange(len(y)) % 3 + (y == 0)
    rows = np.repeat(np.arange(len(y)), weights)
    expected = clone(model).fit(X[rows], y[rows]).network_.digest
    assert clone(model).fit(X, y, sample_weight=weights * 0.25).network_.digest == expected
    with pytest.warns(UserWarning, match="rounded to 1/16 of the largest"):
        assert as_copies([1, 2.5, 0, 1e-9], 4).tolist() == [6, 16, 0, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert as_copies([0.1, 0.3, 0], 3).tolist() == [1, 3, 0]
    for wrong in ([1, -1], [np.nan, 1], [0, 0], [1, 2, 3]):
        with pytest.raises(DataError, match="sample weights"):
            as_copies(wrong, 2)


def test_softmax_stands_large_scores() -> None:
    np.testing.assert_allclose(softmax(np.array([0.0, 2e4]), 2.0), [[0.5, 0.5], [0, 1]])
