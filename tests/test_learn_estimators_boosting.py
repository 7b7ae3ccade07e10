"""The boosted estimator keeps scikit-learn's contract and learns what the booster learns."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, recall_score
from sklearn.utils.estimator_checks import check_estimator

from lutgen.encode.encoder import fit_encoder
from lutgen.errors import ConfigError, DataError
from lutgen.learn.boost import BoostParameters, BoostProgress, boost
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.model.network import LutNetwork

X, Y = load_digits(return_X_y=True)
QUICK: dict[str, Any] = {"k": 4, "luts_per_class": 6, "search_samples": 500, "random_state": 0}


@pytest.mark.filterwarnings("ignore")
def test_passes_the_checks_of_scikit_learn() -> None:
    # weights are counts, but encoder and draw are those of the samples given
    expected = {
        "check_sample_weight_equivalence_on_dense_data": "the draw differs",
        "check_sample_weight_equivalence_on_sparse_data": "the draw differs",
    }
    check_estimator(
        BoostedLutClassifier(k=4, luts_per_class=20, leaf_bits=2, random_state=0),
        expected_failed_checks=expected,
    )


def test_equals_the_learner_it_wraps() -> None:
    model = BoostedLutClassifier(**QUICK).fit(X, Y)
    encoder = fit_encoder("auto", X)
    parameters = BoostParameters(k=4, luts_per_class=6, search_samples=500, seed=0)
    network = boost(encoder.encode(X), Y, parameters, encoder=encoder, classes=np.arange(10))
    assert model.network_.digest == network.digest
    assert (model.predict(X) == network.predict(X)).all()
    np.testing.assert_array_equal(model.decision_function(X), network.scores(encoder.encode(X)))


def test_two_classes_of_strings() -> None:
    labels = np.array(["low", "high"])[(Y >= 5).astype(int)]
    model = BoostedLutClassifier(**QUICK).fit(X, labels.astype(object))
    assert model.network_.n_luts == 6
    assert (model.predict(X) == labels).mean() > 0.85
    assert (model.predict(X) == model.network_.predict(X)).all()


def test_weights_move_the_boundary() -> None:
    y = Y == 8
    models = [
        BoostedLutClassifier(**QUICK).fit(X, y, sample_weight=np.where(y, weight, 1.0))
        for weight in (0.01, 100)
    ]
    found = [int(model.predict(X).sum()) for model in models]
    assert found[0] < y.sum() < found[1]


def test_patience_sets_samples_aside_and_stops() -> None:
    told = {**QUICK, "luts_per_class": 500, "patience": 3, "refits": 0}
    model = BoostedLutClassifier(**told, refit_on_all=False).fit(X, Y)
    assert model.network_.n_luts < 5000
    assert model.network_.provenance.n_samples == pytest.approx(0.9 * len(X), abs=10)
    assert model.network_.provenance.validation_accuracy > 0.8
    # and by default it says what it kept, and learns as much from all samples
    again = BoostedLutClassifier(**told).fit(X, Y).network_.provenance
    before = model.network_.provenance
    assert again.n_samples == len(X) and again.history == before.history
    assert again.validation_accuracy == before.validation_accuracy
    n_luts = model.network_.n_luts
    assert again.growth_ended == (
        f"{n_luts // 10} LUTs a class or number ({n_luts} in all) were best on samples held out, "
        f"{before.validation_accuracy:.4f}; as many learnt anew from all 1797 samples"
    )
    assert again.parameters["luts_per_class"] == n_luts // 10
    assert again.parameters["temperature"] == before.parameters["temperature"]


def test_rare_positives_next_to_gradient_boosting() -> None:
    """1 in 100 is positive: average precision on the same bits, and what class weights do."""
    X, y = make_classification(
        12_000, 12, n_informative=8, weights=[0.99], flip_y=0.002, n_clusters_per_class=3,
        random_state=0,
    )  # fmt: skip
    train, test = slice(0, 6000), slice(6000, None)
    told = {"k": 4, "luts_per_class": 60, "leaf_bits": 3, "random_state": 0}
    model = BoostedLutClassifier(**told, encoder="thermometer:16:quantile")
    model.fit(X[train], y[train])
    bits = model.network_.encoder.encode(X).to_dense()
    other = HistGradientBoostingClassifier(random_state=0).fit(bits[train], y[train])
    found = average_precision_score(y[test], model.decision_function(X[test]))
    assert 0.008 < y.mean() < 0.014
    trees = average_precision_score(y[test], other.decision_function(bits[test]))
    assert found > trees - 0.02 > 0.4
    balanced = clone(model).set_params(class_weight="balanced").fit(X[train], y[train])
    recall, before = (recall_score(y[test], m.predict(X[test])) for m in (balanced, model))
    assert recall > before + 0.3
    assert average_precision_score(y[test], balanced.decision_function(X[test])) > 0.4


def test_class_weights_are_sample_weights() -> None:
    y = np.array(["no", "yes"])[(Y == 8).astype(int)]
    twice = BoostedLutClassifier(**QUICK, class_weight={"yes": 3.0}).fit(X, y)
    weights = np.where(y == "yes", 3.0, 1.0)
    plain = BoostedLutClassifier(**QUICK).fit(X, y, sample_weight=weights)
    assert twice.network_.digest == plain.network_.digest
    both = BoostedLutClassifier(**QUICK, class_weight={"yes": 1.5}).fit(
        X, y, sample_weight=np.where(y == "yes", 2.0, 1.0)
    )
    assert both.network_.digest == plain.network_.digest
    with pytest.raises(ConfigError, match="no sample has the label 'maybe'"):
        BoostedLutClassifier(**QUICK, class_weight={"maybe": 1}).fit(X, y)
    with pytest.raises(ConfigError, match="class_weight must be balanced"):
        BoostedLutClassifier(**QUICK, class_weight="equal").fit(X, y)


@pytest.mark.parametrize(
    "told", [{"criterion": "absolute"}, {"criterion": "newton"}, {"layers": 2}]
)
def test_importances_tell_features_from_noise(told: dict[str, Any]) -> None:
    random = np.random.default_rng(0)
    features = random.random((3000, 9))
    y = (features[:, 2] + features[:, 5] > 1) ^ (features[:, 7] > 0.8)
    model = BoostedLutClassifier(**QUICK | {"luts_per_class": 20}, **told).fit(features, y)
    importances = model.feature_importances_
    assert importances.sum() == pytest.approx(1, abs=1e-4)
    assert set(np.argsort(importances)[-3:]) == {2, 5, 7} and importances[[2, 5, 7]].sum() > 0.6


def test_warm_start_goes_on(tmp_path: Any) -> None:
    model = BoostedLutClassifier(**QUICK, refits=0, warm_start=True).fit(X, Y)
    first = model.network_
    model.network_.save(tmp_path / "model.npz")
    model.set_params(refits=1).fit(X, Y)
    assert model.network_.n_luts == first.n_luts
    assert model.network_.provenance.train_accuracy > first.provenance.train_accuracy
    other = clone(model)
    other.network_ = LutNetwork.load(tmp_path / "model.npz")
    assert other.fit(X, Y).network_.digest == model.network_.digest
    with pytest.raises(ConfigError, match="the network reads 64 features, the samples have 60"):
        model.fit(X[:, :60], Y)


def test_progress_and_shifts_reach_the_learner() -> None:
    seen: list[BoostProgress] = []
    model = BoostedLutClassifier(**QUICK, encoder="threshold:8", shift=1, feature_shape=(8, 8)).fit(
        X, Y, progress=seen.append
    )
    assert "progress" not in model.get_params()
    assert seen[-1].n_done == seen[-1].n_total == 120
    assert model.network_.provenance.parameters["shift"] == 1


def test_ctrl_c_warns_and_keeps_what_there_is() -> None:
    def interrupt(now: BoostProgress) -> None:
        if now.n_done == 30 and not now.trial:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted after 30 LUTs; the network of that moment"):
        model = BoostedLutClassifier(**QUICK).fit(X, Y, progress=interrupt)
    assert model.network_.n_luts == 30
    assert model.network_.provenance.interrupted
    assert model.predict(X).shape == Y.shape


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"k": 0}, "k must be 1 to 16, got 0"),
        ({"temperature": -2}, "temperature must be 0.1 to 10000"),
        ({"random_state": -1}, "the seed must be 0 to"),
        ({"shift": 1}, r"shift=1 needs images"),
        ({"patience": 2, "validation_fraction": 2.5}, "a share below 1 or a whole number"),
    ],
)
def test_says_which_parameter_is_wrong(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        BoostedLutClassifier(**parameters).fit(X, Y)


def test_says_what_is_wrong_with_the_samples() -> None:
    model = BoostedLutClassifier(**QUICK)
    with pytest.raises(DataError, match="of one class, 0"):
        model.fit(X, np.zeros(len(X)))
    with pytest.raises(DataError, match="class 3 has no training samples, or all of weight zero"):
        model.fit(X, Y, sample_weight=(Y != 3).astype(float))
    with pytest.raises(DataError, match="must be finite and not negative: that of row 5 is -1"):
        model.fit(X, Y, sample_weight=np.where(np.arange(len(X)) == 5, -1, 1))
    with pytest.raises(DataError, match="sample weights of shape"):
        model.fit(X, Y, sample_weight=np.ones(3))
    broken = X.copy()
    broken[3, 5] = np.nan
    with pytest.raises(DataError, match="row 3, column 5 of the samples is nan"):
        model.fit(broken, Y)


def test_samples_to_watch_are_never_learnt_from() -> None:
    train, held = slice(0, 1200), slice(1200, None)
    model = BoostedLutClassifier(**QUICK, refits=0)
    plain = clone(model).fit(X[train], Y[train])
    watched = clone(model).fit(X[train], Y[train], eval_set=(X[held], Y[held]))
    assert watched.network_.digest == plain.network_.digest
    history = watched.network_.provenance.history
    assert [point.n_luts for point in history] == [10 * n for n in range(1, 7)]
    assert history[-1].validation_accuracy == pytest.approx(plain.score(X[held], Y[held]))
    # the score after each round is that of a network of so many LUTs, with the same temperature
    told = {"temperature": 2.0, "criterion": "newton"}
    grown = clone(model).set_params(**told).fit(X[train], Y[train], eval_set=(X[held], Y[held]))
    small = clone(model).set_params(**told, luts_per_class=3).fit(X[train], Y[train])
    at_three = grown.network_.provenance.history[2].validation_accuracy
    assert at_three == pytest.approx(small.score(X[held], Y[held]))
    # early stopping goes by them, and keeps the network that was measured
    told = {"luts_per_class": 500, "patience": 2}
    stopped = clone(model).set_params(**told).fit(X[train], Y[train], eval_set=(X[held], Y[held]))
    assert stopped.network_.n_luts < 5000 and stopped.network_.provenance.n_samples == 1200
    # labels that were not learnt are answered wrongly
    few = Y[train] < 9
    model.fit(X[train][few], Y[train][few], eval_set=(X[held], Y[held]))
    known = model.network_.provenance.history[-1].validation_accuracy
    assert known == pytest.approx((model.predict(X[held]) == Y[held]).mean())
    with pytest.raises(ConfigError, match=r"eval_set must be \(X, y\) or \(X, y, weights\)"):
        model.fit(X, Y, eval_set=X)


def test_an_encoder_that_is_fitted_is_taken_as_it_is() -> None:
    encoder = fit_encoder("gain:40", X, Y)
    model = BoostedLutClassifier(**QUICK, encoder=encoder).fit(X[:900], Y[:900])
    assert np.array_equal(model.network_.encoder.threshold, encoder.threshold)
    with pytest.raises(ConfigError, match="the encoder is of 64 features, the samples have 60"):
        model.fit(X[:, :60], Y)
