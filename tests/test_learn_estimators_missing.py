"""Estimators and features that are missing."""

from typing import Any

import numpy as np
import pytest
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator

from lutgen.errors import DataError
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.learn.estimators.memorization import MemorizationClassifier

MODELS = (
    lambda **more: BoostedLutClassifier(k=3, luts_per_class=5, random_state=0, **more),
    lambda **more: MemorizationClassifier(k=4, widths=(32,) * 2, random_state=0, **more),
)


def table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 4))
    lacks = rng.random(300) < 0.4
    y = np.where(lacks, X[:, 0] > 0, X[:, 0] < 0).astype(int)
    X[lacks, 2] = np.nan
    return X, y


@pytest.mark.parametrize("make", MODELS)
def test_nan_is_a_value_of_its_own(make: Any) -> None:
    X, y = table()
    model = make(missing="bit").fit(X, y)
    assert get_tags(model).input_tags.allow_nan and not get_tags(make()).input_tags.allow_nan
    assert model.score(X, y) > 0.8
    assert model.predict_proba(X).shape == (300, 2)
    assert np.array_equal(model.predict(X), model.network_.predict(X))
    with pytest.raises(DataError, match="row 0, column 1 of the samples is NaN, but no training"):
        model.predict(np.array([[0, np.nan, 0, 0]]))
    with pytest.raises(DataError, match="NaN and infinity have no code"):
        make().fit(X, y)


def test_samples_that_are_watched_may_lack_other_features() -> None:
    X, y = table()
    model = BoostedLutClassifier(
        k=3, luts_per_class=3, random_state=0, missing="bit", patience=2, warm_start=True
    ).fit(X, y)
    again = X.copy()
    again[::2, 3] = np.nan
    model.fit(again, y)
    encoder = model.network_.encoder
    assert encoder.may_lack.tolist() == [False, False, True, True]
    assert model.predict(again).shape == (300,)


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks_pass() -> None:
    expected = {
        f"check_sample_weight_equivalence_on_{kind}_data": "the draw differs"
        for kind in ("dense", "sparse")
    }
    check_estimator(
        BoostedLutClassifier(
            k=4, luts_per_class=20, search_samples=300, missing="bit", random_state=0
        ),
        expected_failed_checks=expected,
    )
