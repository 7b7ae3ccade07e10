"""Monotone constraints: projections, what is learnt under them, and the look at every table."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.errors import ConfigError
from lutgen.learn.boost.monotone import directions_of, isotonic, monotone_fault
from lutgen.learn.estimators.boosting import BoostedLutClassifier
from lutgen.learn.estimators.regression import BoostedLutRegressor

QUICK = {"k": 4, "encoder": "thermometer:8:quantile", "refits": 1, "random_state": 0}
UP_DOWN = np.array([1, -1, 0], dtype=np.int8)


def samples(n: int = 1500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth rises with feature 0 and falls with 1; much noise, so that free tables do not."""
    rng = np.random.default_rng(2)
    X = rng.uniform(-1, 1, size=(n, 3))
    score = X[:, 0] - X[:, 1] + np.sin(6 * X[:, 2]) + rng.normal(size=n)
    return X, score, (score > 0).astype(np.int64)


@given(st.integers(1, 5), st.data())
@settings(max_examples=60)
def test_a_projection_is_monotone_and_keeps_what_is(k: int, data: st.DataObject) -> None:
    directions = np.array(data.draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=k, max_size=k)))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    wanted, trust = rng.normal(size=1 << k), rng.uniform(0.1, 2, size=1 << k)
    found = isotonic(wanted, trust, directions.astype(np.int8))
    for bit in np.flatnonzero(directions):
        pairs = found.reshape(-1, 2, 1 << bit)
        assert ((pairs[:, 1] - pairs[:, 0]) * directions[bit] >= 0).all()
    np.testing.assert_array_equal(isotonic(found, trust, directions.astype(np.int8)), found)
    if not directions.any():
        np.testing.assert_array_equal(found, wanted)


def test_of_one_direction_the_projection_is_the_nearest_by_trust() -> None:
    found = isotonic(np.array([3.0, 0, 1, 2]), np.array([1.0, 2, 1, 1]), np.array([1, 0]))
    assert found.tolist() == [1, 1, 1, 2]
    found = isotonic(np.array([3.0, 0, 1, 2]), np.array([1.0, 2, 1, 1]), np.array([0, -1]))
    assert found.tolist() == [3, 2 / 3, 1, 2 / 3]


@pytest.mark.parametrize(
    "options",
    [{"criterion": "newton"}, {"criterion": "absolute"}, {"leaf_bits": 3, "max_weight": 4}],
)
def test_classes_keep_to_directions_that_free_tables_break(options: dict) -> None:
    X, _, y = samples()
    train, test = slice(0, 1000), slice(1000, None)
    free = BoostedLutClassifier(luts_per_class=40, **QUICK, **options).fit(X[train], y[train])
    assert "break the direction of feature" in monotone_fault(free.network_, UP_DOWN)
    bound = BoostedLutClassifier(
        luts_per_class=40, monotonic_cst={0: 1, 1: -1}, **QUICK, **options
    ).fit(X[train], y[train])
    network = bound.network_
    assert not monotone_fault(network, UP_DOWN)
    assert bound.score(X[test], y[test]) > free.score(X[test], y[test]) - 0.03
    steps = np.linspace(-1, 1, 60)
    for feature, direction in ((0, 1), (1, -1)):
        for others in product((-0.7, 0.2), repeat=2):
            line = np.insert(np.tile(others, (60, 1)), feature, steps, axis=1)
            assert (np.diff(bound.decision_function(line)) * direction >= 0).all()
    table = network.tables.copy()  # one entry of one table
    table[int(np.argmax(np.bitwise_count(table) > 2))] ^= np.uint64(0xFFFF)
    assert monotone_fault(replace(network, tables=table), UP_DOWN)


def test_numbers_keep_to_directions() -> None:
    X, y, _ = samples()
    told = {"luts_per_output": 60, "monotonic_cst": UP_DOWN, **QUICK}
    model = BoostedLutRegressor(**told).fit(X[:1000], y[:1000])
    assert not monotone_fault(model.network_, UP_DOWN)
    free = BoostedLutRegressor(**{**told, "monotonic_cst": None}).fit(X[:1000], y[:1000])
    assert monotone_fault(free.network_, UP_DOWN)
    assert model.score(X[1000:], y[1000:]) > free.score(X[1000:], y[1000:]) - 0.02


def test_directions_are_by_name_or_number_and_others_are_refused() -> None:
    assert directions_of({"b": -1, "0": 1}, 3, ("a", "b", "c")).tolist() == [1, -1, 0]
    assert directions_of([0, 1, -1], 3).tolist() == [0, 1, -1]
    for asked, message in (
        ({"d": 1}, "there is no feature 'd'; there are 3, named a, b, c"),
        ({0: 2}, "must be 1 .*, -1 .* or 0 .*, got 2"),
        ([1], "1 directions for 3 features"),
    ):
        with pytest.raises(ConfigError, match=message):
            directions_of(asked, 3, ("a", "b", "c"))
    X, _, y = samples(200)
    for options, message in (
        ({"layers": 2}, "layers must be 1"),
        ({"window": "3:lags"}, "without a window"),
        ({"shift": 1, "feature_shape": (1, 3)}, "have no direction"),
    ):
        with pytest.raises(ConfigError, match=message):
            BoostedLutClassifier(luts_per_class=4, monotonic_cst=UP_DOWN, **QUICK, **options).fit(
                X, y
            )
    with pytest.raises(ConfigError, match="3 classes have no common score"):
        BoostedLutClassifier(luts_per_class=4, monotonic_cst=UP_DOWN, **QUICK).fit(
            X, np.arange(200) % 3
        )
