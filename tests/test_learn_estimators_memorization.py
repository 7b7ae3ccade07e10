"""The estimator keeps scikit-learn's contract and learns what the learner learns."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import check_estimator

from lutgen.encode.encoder import fit_encoder
from lutgen.errors import ConfigError, DataError
from lutgen.learn.estimators.memorization import MemorizationClassifier
from lutgen.learn.memorize import Parameters, memorize
from lutgen.learn.memorize.manyclass import memorize_classes


@pytest.mark.filterwarnings("ignore")
def test_passes_the_checks_of_scikit_learn() -> None:
    check_estimator(MemorizationClassifier(k=4, widths=(64,) * 3, random_state=0))


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    return X, (y >= 5).astype(int)


def test_equals_the_learner_it_wraps(digits) -> None:
    X, y = digits
    model = MemorizationClassifier(k=6, widths=(100, 50), random_state=7).fit(X, y)
    encoder = fit_encoder("auto", X)
    network = memorize(
        encoder.encode(X),
        y,
        Parameters(k=6, widths=(100, 50), seed=7),
        encoder=encoder,
        classes=np.array([0, 1]),
    )
    assert model.network_.digest == network.digest
    assert (model.predict(X) == network.predict(X)).all()


def test_generalises_on_real_digits(digits) -> None:
    X, y = digits
    scores = cross_val_score(MemorizationClassifier(k=6, random_state=0), X, y, cv=5)
    assert scores.mean() > 0.85  # chance is 0.5; see the README for the figures


@pytest.mark.parametrize(("code", "least"), [("code:31", 0.8), ("one-vs-rest", 0.5)])
def test_many_classes(code: str, least: float) -> None:
    X, y = load_digits(return_X_y=True)
    labels = np.array([f"digit {n}" for n in range(10)])[y]
    model = MemorizationClassifier(
        k=6, widths=(128, 128), code=code, encoder="threshold:8", random_state=3
    ).fit(X[::2], labels[::2])
    encoder = fit_encoder("threshold:8", X[::2])
    network = memorize_classes(
        encoder.encode(X[::2]), y[::2], Parameters(k=6, widths=(128, 128), seed=3),
        encoder=encoder, classes=model.classes_, code=code,
    )  # fmt: skip
    assert model.network_.digest == network.digest
    assert (model.predict(X[1::2]) == labels[1::2]).mean() > least


def test_keeps_string_labels(digits) -> None:
    X, y = digits
    labels = np.array(["low", "high"])[y]
    model = MemorizationClassifier(k=4, widths=(64,), random_state=0).fit(X, labels)
    assert set(model.predict(X)) == {"low", "high"}
    assert list(model.classes_) == ["high", "low"]


def test_clone_and_set_params_reach_the_network(digits) -> None:
    X, y = digits
    model = clone(MemorizationClassifier(widths=(32,), random_state=0)).set_params(k=5)
    assert (model.fit(X, y).network_.fan_in == 5).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"k": 17}, "k must be 1 to 16, got 17"),
        ({"k": 0}, "k must be 1 to 16, got 0"),
        ({"widths": (8, 0)}, "layer 2 must have 1 to 1048576 LUTs, got 0"),
        ({"fill": "maybe"}, "fill must be one of random, zero, majority, neighbour, got 'maybe'"),
        ({"wiring": "window:x"}, "wiring must be 'random' or 'window:W'"),
        ({"wiring": "window:4", "k": 8}, "a window of 4 signals cannot feed LUTs of k=8"),
        ({"widths": (4,), "k": 8}, "layer 1 has 4 LUTs, but each LUT of layer 2 reads k=8"),
        ({"random_state": -1}, "the seed must be 0 to"),
    ],
)
def test_says_which_parameter_is_wrong(digits, parameters, message) -> None:
    with pytest.raises(ConfigError, match=message):
        MemorizationClassifier(**parameters).fit(*digits)


def test_says_what_is_wrong_with_the_samples(digits) -> None:
    X, y = digits
    model = MemorizationClassifier(widths=(16,), random_state=0)
    with pytest.raises(DataError, match=r"all 1797 samples are of one class, 0\.0; learning needs"):
        model.fit(X, np.zeros(len(X)))
    with pytest.raises(ConfigError, match="2 networks do not tell 5 classes apart"):
        MemorizationClassifier(widths=(16,), code="code:2").fit(X, np.arange(len(X)) % 5)
    broken = X.copy()
    broken[3, 5] = np.nan
    with pytest.raises(DataError, match="row 3, column 5 of the samples is nan"):
        model.fit(broken, y)
    with pytest.raises(DataError, match="2 input bits, LUTs of k=8 need at least 8"):
        model.fit(np.eye(2)[y], y)
