"""Baum's network interpolates exactly, and the searches for the smallest network find it."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.bits import Bits
from lutgen.errors import DataError
from lutgen.studies.baum import (
    least_weight_bits,
    make_baum_network,
    make_rounded_network,
    multiply,
    solve_integers,
)
from lutgen.studies.descent import fit_relu
from lutgen.studies.interpolation import random_points
from lutgen.studies.smallest import least, smallest_lut_network


def points(n: int, d: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return integer points in general position (almost surely) with integer values."""
    rng = np.random.default_rng(seed)
    return rng.integers(-200, 201, (n, d)), rng.integers(-9, 10, n)


@settings(max_examples=20)
@given(d=st.integers(1, 7), m=st.integers(1, 3), seed=st.integers(0, 1 << 16))
def test_solutions_are_exact(d: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, right = rng.integers(-9, 10, (d, d)), rng.integers(-9, 10, (d, m))
    try:
        numerators, denominator = solve_integers(matrix, right)
    except DataError:
        assert abs(np.linalg.det(matrix)) < 0.5
        return
    assert (matrix.astype(object) @ numerators == denominator * right).all()
    assert abs(denominator) == round(abs(np.linalg.det(matrix)))


def test_a_singular_matrix_is_refused() -> None:
    with pytest.raises(DataError, match="not in general position"):
        solve_integers(np.array([[1, 2], [2, 4]]), np.ones((2, 1), dtype=int))


@settings(max_examples=20)
@given(n_bits=st.integers(1, 300), seed=st.integers(0, 1 << 16))
def test_products_are_exact(n_bits: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    X = rng.integers(-7, 8, (9, 5))
    random = [int.from_bytes(rng.bytes(40), "little") % (1 << n_bits) for _ in range(5)]
    weights = np.array([w * (-1) ** i for i, w in enumerate(random)], dtype=object)
    assert (multiply(X, weights) == X.astype(object) @ weights).all()


@settings(max_examples=12, deadline=None)
@given(d=st.integers(2, 6), n_more=st.integers(0, 20), seed=st.integers(0, 1 << 16))
def test_the_network_has_the_values_exactly(d: int, n_more: int, seed: int) -> None:
    X, y = points(d + n_more, d, seed)
    network = make_baum_network(X, y)
    assert network.n_neurons == 4 * -(-len(X) // d)
    assert network.n_parameters == network.n_neurons * (d + 2)
    assert network.evaluate(X) == y.tolist()


def relu(value: Fraction) -> Fraction:
    return max(value, Fraction(0))


def test_the_formula_of_the_paper_gives_the_same_outputs() -> None:
    X, y = points(10, 3)
    network = make_baum_network(X, y)
    new = np.concatenate([X, points(20, 3, 1)[0]])
    for x, output in zip(new.tolist(), network.evaluate(new), strict=True):
        total = Fraction(0)
        for g, b in enumerate(network.threshold):
            delta = Fraction(1, network.scale[g])
            ux = Fraction(sum(w * v for w, v in zip(network.u[g], x, strict=True)))
            vx = Fraction(sum(w * v for w, v in zip(network.v[g], x, strict=True)), b)
            tilt, half = delta * vx * b, Fraction(1, 2)
            slab = relu(ux + tilt - b + half) - relu(ux - b + half)
            slab += relu(ux - b - half) - relu(ux + tilt - b - half)
            total += slab / delta / b
        assert total == output


def test_one_wrong_weight_shows_at_a_point() -> None:
    X, y = points(12, 4)
    network = make_baum_network(X, y)
    u = network.u.copy()
    u[1, 2] += 1
    wrong = replace(network, u=u).evaluate(X)
    assert sum(a != b for a, b in zip(wrong, y.tolist(), strict=True)) >= 1


def test_points_on_one_hyperplane_are_refused() -> None:
    X, y = points(8, 3)
    X[5] = X[0] + X[1] - X[2]  # on the plane through the first three
    with pytest.raises(DataError, match="point 5 lies on the hyperplane through points 0 to 2"):
        make_baum_network(X, y)
    with pytest.raises(DataError, match="3 points in 4 dimensions"):
        make_baum_network(np.eye(4, dtype=int)[:3], np.ones(3, dtype=int))


def test_rounded_weights_are_right_from_some_number_of_bits_on() -> None:
    X, y = random_points(192, 0)
    network = make_rounded_network(make_baum_network(X, y), X)
    n_bits = least_weight_bits(network, X, y)
    assert n_bits is not None and 8 < n_bits < 40
    assert network.rounded(n_bits).is_right(X, y)
    assert not network.rounded(n_bits - 1).is_right(X, y)
    assert not network.rounded(n_bits).is_right(X, 1 - y)


@given(threshold=st.integers(1, 200), low=st.integers(1, 20), high=st.integers(20, 200))
def test_least_finds_the_threshold(threshold: int, low: int, high: int) -> None:
    found = least(lambda number: number >= threshold, low, high)
    assert found == (max(threshold, low) if threshold <= high else None)


def test_the_smallest_lut_network_is_one_that_memorizes() -> None:
    found = smallest_lut_network(random_points(64, 1), 6, 0)
    assert found is not None
    assert found["tables"] == found["luts"] << 6 and found["tables"] >= 64
    assert found["luts"] <= found["layers"] * found["width"] + 1
    assert found["wires"] >= found["luts"] * 6


def test_contradicting_points_are_memorized_by_nothing() -> None:
    X, y = random_points(64, 1)
    X[1], y[1] = X[0], 1 - y[0]
    narrow = X[:, :8].copy()
    narrow[1] = narrow[0]
    assert smallest_lut_network((narrow[:20], y[:20]), 2, 0) is None


def test_random_points_are_as_they_say() -> None:
    X, y = random_points(128, 3)
    assert X.shape == (128, 64) and y.sum() == 64
    assert (random_points(128, 3)[0] == X).all() and (random_points(128, 4)[0] != X).any()
    assert Bits.from_dense(X).n_signals == 64


def test_descent_memorizes_if_it_has_the_neurons() -> None:
    X, y = random_points(64, 0)
    accuracy, n_steps = fit_relu(X, y, 24, n_steps=600)
    assert accuracy == 1 and 0 < n_steps < 600
    assert fit_relu(X, y, 1, n_steps=100)[0] < 1
    X[1], y[1] = X[0], 1 - y[0]
    assert fit_relu(X, y, 24, n_steps=300)[0] <= 63 / 64
