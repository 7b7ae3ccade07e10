"""The regressor: scikit-learn's contract, its losses, several numbers, and what it is next to."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import d2_pinball_score, mean_absolute_error, r2_score
from sklearn.utils.estimator_checks import check_estimator

from lutgen.encode.encoder import fit_encoder
from lutgen.encode.tally import Tally, select
from lutgen.errors import ConfigError, DataError
from lutgen.learn.boost import BoostParameters, BoostProgress, boost_numbers
from lutgen.learn.boost.losses import KEY_BITS, Distance
from lutgen.learn.boost.step import UNIT, Samples
from lutgen.learn.estimators.regression import BoostedLutRegressor
from lutgen.model import LutNetwork, Sum

QUICK: dict[str, Any] = {"k": 4, "luts_per_output": 30, "random_state": 0}
X, Y = make_friedman1(3000, 10, noise=1.0, random_state=0)
TRAIN, TEST = slice(0, 2000), slice(2000, None)


@pytest.mark.filterwarnings("ignore")
def test_passes_the_checks_of_scikit_learn() -> None:
    expected = {
        "check_sample_weight_equivalence_on_dense_data": "thresholds are those of the rows",
        "check_sample_weight_equivalence_on_sparse_data": "thresholds are those of the rows",
    }
    check_estimator(
        BoostedLutRegressor(k=3, luts_per_output=30, random_state=0),
        expected_failed_checks=expected,
    )


def test_is_next_to_gradient_boosting_and_says_so() -> None:
    model = BoostedLutRegressor(k=4, encoder="thermometer:16:quantile", random_state=0)
    model.fit(X[TRAIN], Y[TRAIN])
    network = model.network_
    assert isinstance(network.head, Sum) and network.n_luts == 300
    bits = network.encoder.encode(X)
    other = HistGradientBoostingRegressor(random_state=0)
    other.fit(bits.to_dense()[TRAIN], Y[TRAIN])
    score = model.score(X[TEST], Y[TEST])
    assert score > r2_score(Y[TEST], other.predict(bits.to_dense()[TEST])) > 0.9
    known = network.provenance
    assert known.metric == "R²"
    assert known.train_accuracy == pytest.approx(model.score(X[TRAIN], Y[TRAIN]), abs=1e-3)
    np.testing.assert_array_equal(model.predict(X), network.predict(X))
    assert model.feature_importances_.sum() == pytest.approx(1, abs=1e-4)
    assert set(np.argsort(model.feature_importances_)[5:]) == set(range(5))  # the others are noise


@pytest.mark.parametrize("quantile", [0.5, 0.1, 0.9])
def test_quantiles(quantile: float) -> None:
    loss = "absolute_error" if quantile == 0.5 else "quantile"
    model = BoostedLutRegressor(**QUICK, loss=loss, quantile=quantile)
    heard: list[BoostProgress] = []
    model.fit(X[TRAIN], Y[TRAIN], progress=heard.append)
    found = model.predict(X[TRAIN])
    assert (Y[TRAIN] <= found).mean() == pytest.approx(quantile, abs=0.06)
    known = model.network_.provenance
    assert known.metric == "D²" and known.parameters["loss"] == loss
    d2 = d2_pinball_score(Y[TRAIN], found, alpha=quantile)
    assert known.train_accuracy == pytest.approx(d2, abs=2e-3)
    assert heard[-1].train_accuracy > heard[5].train_accuracy > heard[0].train_accuracy


def test_the_absolute_loss_stands_outliers() -> None:
    y = Y[TRAIN].copy()
    y[::20] += 1e6
    robust, mean = (
        BoostedLutRegressor(**QUICK, loss=loss).fit(X[TRAIN], y).predict(X[TEST])
        for loss in ("absolute_error", "squared_error")
    )
    assert mean_absolute_error(Y[TEST], robust) < 2.2
    assert mean_absolute_error(Y[TEST], mean) > 1000


def test_several_numbers_of_different_size_and_place() -> None:
    y = np.stack([Y, 1000 - 60 * Y, 20 * X[:, 0] + 7], axis=1)
    model = BoostedLutRegressor(**QUICK | {"luts_per_output": 60}, l2_regularization=1.0)
    model.fit(X[TRAIN], y[TRAIN])
    network = model.network_
    assert network.head.n_scores == 3 and network.n_luts == 3 * 60 * 3
    scores = r2_score(y[TEST], model.predict(X[TEST]), multioutput="raw_values")
    assert (scores > [0.88, 0.88, 0.95]).all()
    assert network.provenance.train_accuracy == pytest.approx(
        model.score(X[TRAIN], y[TRAIN]), abs=2e-3
    )
    with pytest.raises(ConfigError, match="differ too much in size"):
        model.fit(X, np.stack([Y, 1e5 * Y], axis=1))
    with pytest.raises(ConfigError, match="lie too far apart"):
        model.fit(X, np.stack([Y, 1e9 + Y], axis=1))
    column = model.fit(X, Y[:, None]).predict(X[:5])
    assert column.shape == (5, 1) and model.fit(X, Y).predict(X[:5]).shape == (5,)


def test_early_stopping_says_what_it_kept_and_learns_from_all_rows() -> None:
    told = {**QUICK, "luts_per_output": 400, "patience": 5, "refits": 0, "learning_rate": 0.5}
    model = BoostedLutRegressor(**told).fit(X, Y)
    known = model.network_.provenance
    n_rounds = model.network_.n_luts // 3
    assert 5 < n_rounds < 400
    assert known.n_samples == len(X)
    assert known.growth_ended.startswith(f"{n_rounds} LUTs a class or number ({3 * n_rounds} in")
    assert "anew from all 3000 samples" in known.growth_ended
    assert known.validation_accuracy == max(row.validation_accuracy for row in known.history)
    assert known.parameters["patience"] == 5
    kept = BoostedLutRegressor(**told, refit_on_all=False).fit(X, Y).network_
    assert kept.provenance.n_samples == 2700 and kept.n_luts == model.network_.n_luts
    assert kept.digest != model.network_.digest and not kept.provenance.growth_ended


def test_weights_count() -> None:
    X, y = load_diabetes(return_X_y=True)
    high = y > np.median(y)
    means = [
        BoostedLutRegressor(**QUICK, learning_rate=0.05)
        .fit(X, y, sample_weight=np.where(high, weight, 1.0))
        .predict(X)
        .mean()
        for weight in (0.1, 1, 10)
    ]
    assert means[0] < means[1] - 10 < means[1] + 10 < means[2]
    none = BoostedLutRegressor(**QUICK).fit(X, y, sample_weight=high.astype(float))
    assert none.predict(X).min() > y.min() + 20
    with pytest.raises(DataError, match="all training samples are of weight zero"):
        BoostedLutRegressor(**QUICK).fit(X, y, sample_weight=np.zeros(len(y)))


def test_numbers_that_are_all_the_same() -> None:
    model = BoostedLutRegressor(**QUICK).fit(X, np.full(len(X), 7.25))
    assert (model.predict(X) == 7.25).all()
    assert not model.feature_importances_.any()


@pytest.mark.parametrize("loss", ["squared_error", "quantile"])
@pytest.mark.parametrize("n_scores", [1, 3])
def test_backends_and_threads_give_the_same_network(loss: str, n_scores: int) -> None:
    encoder = fit_encoder("thermometer:4:quantile", X[:300])
    y = (Y[:300, None] * np.arange(1, n_scores + 1) + X[:300, :n_scores]).squeeze()
    parameters = BoostParameters(
        k=3, luts_per_class=5, leaf_bits=2, max_weight=8, layers=2, criterion="newton"
    )
    networks = [
        boost_numbers(
            encoder.encode(X[:300]), y, parameters, encoder=encoder, loss=loss, quantile=0.3,
            sample_weight=1 + np.arange(300) % 4, **options,
        )
        for options in ({"backend": "reference"}, {"n_threads": 1}, {"n_threads": 5})
    ]  # fmt: skip
    assert len({network.digest for network in networks}) == 1
    assert networks[1].provenance == networks[0].provenance == networks[2].provenance


def test_a_model_file_keeps_it_all(tmp_path: Any) -> None:
    network = BoostedLutRegressor(**QUICK).fit(X, Y).network_
    network.save(tmp_path / "numbers.npz")
    again = LutNetwork.load(tmp_path / "numbers.npz")
    assert again.digest == network.digest and again.provenance == network.provenance
    np.testing.assert_array_equal(again.predict(X), network.predict(X))


def test_the_quantile_of_an_entry_is_that_of_its_samples() -> None:
    random = np.random.default_rng(0)
    dense = random.integers(0, 2, (500, 3))
    encoder = fit_encoder("binary", dense)
    labels = random.integers(-9 * UNIT, 9 * UNIT, (1, 500)).astype(np.int32)
    weights = random.integers(0, 3, 500).astype(np.int32)
    views = np.arange(3, dtype=np.int32)[None, :]
    from lutgen.learn.boost import places, reference
    from lutgen.learn.executor import Serial

    samples = Samples.make(encoder.encode(dense), labels, weights, views, reference.transpose)
    votes = np.full((1, samples.weights.size), 5, dtype=np.int32)
    wires = np.array([2, 0], dtype=np.int32)

    def pick(keys: Tally, ranks: np.ndarray) -> np.ndarray:
        return select(lambda wanted: wanted.count(0, keys.keys, keys.weights), [ranks], KEY_BITS)[0]

    for quantile in (0.2, 0.5, 0.93):
        loss = Distance(1, 64, quantile)

        def no_shrinkage() -> None: ...

        no_shrinkage.regularization = 0.0
        keys = Tally.of(*loss.keys(samples, votes, 0, wires))
        counts = places.count(
            samples, UNIT * samples.weights, wires[None, :], Serial(), "reference"
        )  # fmt: skip
        found = loss.steps(partial(pick, keys), counts, counts.votes[0], no_shrinkage)
        for entry in range(4):
            here = (dense[:, 2] + 2 * dense[:, 0] == entry) & (weights > 0)
            lacking = labels[0, here] - 5 * UNIT // 64
            order = np.argsort(lacking, kind="stable")
            at = np.cumsum(weights[here][order])
            wanted = lacking[order][np.searchsorted(at, quantile * at[-1])] / UNIT
            assert found[entry] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"loss": "huber"}, "loss must be one of squared_error, absolute_error, quantile"),
        ({"loss": "quantile", "quantile": 1.0}, "quantile must lie between 0 and 1, got 1"),
        ({"leaf_bits": 1, "max_weight": 1}, "numbers need leaf_bits of 2 or 3"),
        ({"resolution": 1e4, "k": 0}, "k must be 1 to 16"),
        ({"max_weight": 3}, "max_weight must be a power of two"),
        ({"luts_per_output": 0}, "luts_per_class must be 1 to"),
    ],
)
def test_says_which_parameter_is_wrong(told: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        BoostedLutRegressor(**told).fit(X, Y)


def test_says_what_is_wrong_with_the_numbers() -> None:
    def fit(y: NDArray[Any]) -> None:
        BoostedLutRegressor(**QUICK).fit(X, y)

    broken = Y.copy()
    broken[3] = np.inf
    with pytest.raises(ValueError, match="contains infinity"):
        fit(broken)
    encoder = fit_encoder("auto", X)
    with pytest.raises(DataError, match="of row 3 is"):
        boost_numbers(encoder.encode(X), broken, BoostParameters(leaf_bits=3), encoder=encoder)
    with pytest.raises(DataError, match="numbers to learn of shape"):
        boost_numbers(encoder.encode(X), Y[:5], BoostParameters(leaf_bits=3), encoder=encoder)


def test_samples_to_watch_are_never_learnt_from() -> None:
    model = BoostedLutRegressor(**QUICK, refits=0)
    plain = model.fit(X[TRAIN], Y[TRAIN]).network_
    watched = model.fit(X[TRAIN], Y[TRAIN], eval_set=(X[TEST], Y[TEST])).network_
    assert watched.digest == plain.digest
    last = watched.provenance.history[-1].validation_accuracy
    assert last == pytest.approx(model.score(X[TEST], Y[TEST]), abs=1e-3)
