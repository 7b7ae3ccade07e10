"""What is counted of blocks of rows is what the whole matrix has; and sums and ranks are exact."""

from functools import reduce
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lutgen.encode import statistics
from lutgen.encode.encoder import Encoder, encoder_of, fit_encoder
from lutgen.encode.statistics import Block, Counted
from lutgen.encode.tally import ExactSum, Tally, Wanted, ordered, select, unordered

EXAMPLES = settings(max_examples=30, deadline=None)
SPECS = [
    "auto",
    "threshold:0.5",
    "thermometer:1",
    "thermometer:5:quantile",
    "thermometer:4:uniform",
    "thermometer:6:gain",
    "gain:20",
]


def make_matrix(seed: int, n: int) -> NDArray[Any]:
    random = np.random.default_rng(seed)
    normal = random.normal(size=n) * 10.0 ** random.integers(-5, 6)
    matrix = np.column_stack(
        [
            normal,
            np.where(random.random(n) < 0.1, np.nan, np.round(normal, 1)),
            random.integers(0, 4, n) - 1,
            np.where(random.random(n) < 0.02, 7.5, -0.0) * random.choice([1.0, -1.0], n),
            np.where(random.random(n) < 0.9, -1e30, random.normal(size=n)),
            np.full(n, np.nan),
            np.full(n, 3.0),
        ]
    )
    return matrix.astype((np.float64, np.float32)[seed % 2]) if seed % 3 else matrix


def of_blocks(spec: str, X: NDArray[Any], y: NDArray[Any], edges: list[int]) -> Encoder:
    parts = zip(np.split(X, edges), np.split(y, edges), strict=True)
    blocks = [Block(*part) for part in parts]

    def ask(question: Any, add: Any) -> Any:
        return reduce(add, [question(block) for block in blocks])

    classes = np.unique(y)
    known = Counted(ask, lambda labels: np.searchsorted(classes, labels), classes.size)
    return encoder_of(spec, known, is_labelled=True)


def assert_same(one: Encoder, other: Encoder) -> None:
    for name in ("kind", "n_features"):
        assert getattr(one, name) == getattr(other, name)
    for name in ("feature", "threshold", "missing", "nullable"):
        assert (a := getattr(one, name)) is getattr(other, name) or a.tobytes() == getattr(
            other, name
        ).tobytes()
    for name in ("low", "high", "below", "above", "beyond"):
        assert getattr(one.seen, name).tobytes() == getattr(other.seen, name).tobytes()


@EXAMPLES
@given(
    seed=st.integers(0, 10_000),
    n=st.sampled_from([2, 40, 900]),
    spec=st.sampled_from(SPECS),
    data=st.data(),
)
def test_an_encoder_of_blocks_is_that_of_the_whole(
    seed: int, n: int, spec: str, data: st.DataObject
) -> None:
    X, y = make_matrix(seed, n), np.arange(n) % 2 + (np.arange(n) > n // 2)
    edges = sorted(data.draw(st.lists(st.integers(0, n), max_size=5)))
    with np.errstate(over="ignore"):
        X = X[:, np.isfinite(X).any(axis=0)] if seed % 2 else X
        X[np.isinf(X)] = 0
    whole = fit_encoder(spec, X, y, missing="bit")
    assert_same(of_blocks(spec, X, y, edges), whole)


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.int64])
@pytest.mark.parametrize("spec", ["auto", "gain:9", "thermometer:3:quantile"])
def test_blocks_of_whole_numbers(dtype: Any, spec: str) -> None:
    random = np.random.default_rng(5)
    X = random.integers(0, 2 if dtype is np.bool_ else 200, (700, 5)).astype(dtype)
    y = (X[:, 0] > X[:, 1]).astype(int) + (X[:, 2] > 100)
    assert_same(of_blocks(spec, X, y, [0, 1, 699]), fit_encoder(spec, X, y))


def test_a_block_that_is_forgotten_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = np.random.default_rng(0).normal(size=(900, 3)), np.arange(900) % 2
    whole = fit_encoder("thermometer:8:quantile", X, y)
    monkeypatch.setattr(statistics.Tally, "add", lambda one, other: one if one.keys.size else other)
    with pytest.raises((AssertionError, IndexError)):
        assert_same(of_blocks("thermometer:8:quantile", X, y, [300]), whole)


@EXAMPLES
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), st.integers(0, 9))
def test_sums_are_exact_in_any_order(numbers: list[float], cut: int) -> None:
    from fractions import Fraction

    values = np.array(numbers)
    found = ExactSum.of(values[cut:][::-1]).add(ExactSum.of(values[:cut]))
    assert found.value == sum(map(Fraction, numbers), Fraction(0))


@EXAMPLES
@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60), st.data()
)
def test_ranks_are_those_of_sorted_numbers(numbers: list[float], data: st.DataObject) -> None:
    values = np.array(numbers) + 0.0
    keys = ordered(values)
    np.testing.assert_array_equal(unordered(keys), values)
    weights = np.array(data.draw(st.lists(
        st.integers(1, 5), min_size=values.size, max_size=values.size)))  # fmt: skip
    ranks = np.arange(1, weights.sum() + 1)
    order = np.argsort(values, kind="stable")
    expected = values[order][np.searchsorted(np.cumsum(weights[order]), ranks)]
    cut = data.draw(st.integers(0, values.size))

    def count(wanted: Wanted) -> Tally:
        one = wanted.count(1, keys[:cut], weights[:cut])
        return one.add(wanted.count(1, keys[cut:], weights[cut:]))

    nothing, found = select(count, [np.empty(0, dtype=np.int64), ranks])
    assert nothing.size == 0
    np.testing.assert_array_equal(unordered(found), expected)
