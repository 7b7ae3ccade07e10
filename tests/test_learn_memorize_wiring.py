"""Wires: distinct, within the window, spread evenly, and independent of everything but the seed."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.errors import ConfigError, DataError
from lutgen.learn.memorize.wiring import Wiring, draw, image_positions


@given(
    st.integers(1, 16), st.integers(0, 40), st.lists(st.integers(16, 80), max_size=3), st.integers()
)
def test_wires_are_distinct_ascending_and_within_the_layer_before(k, extra, widths, seed) -> None:
    n_before = k + extra
    for wires, n_luts in zip(
        draw(Wiring(), k=k, widths=[*widths, 1], n_inputs=n_before, seed=seed),
        [*widths, 1],
        strict=True,
    ):
        assert wires.shape == (n_luts, k)
        assert (np.diff(wires, axis=1) > 0).all()
        assert wires.min() >= 0 and wires.max() < n_before
        n_before = n_luts


def test_random_wires_are_uniform() -> None:
    (wires,) = draw(Wiring(), k=4, widths=[50_000], n_inputs=20, seed=1)
    share = np.bincount(wires.reshape(-1), minlength=20) / 50_000
    np.testing.assert_allclose(share, 4 / 20, atol=0.01)  # five standard deviations are 0.009
    pairs = np.zeros((20, 20))
    for a, b in itertools.combinations(range(4), 2):
        np.add.at(pairs, (wires[:, a], wires[:, b]), 1 / 50_000)
    np.testing.assert_allclose(pairs[np.triu_indices(20, 1)], 4 * 3 / (20 * 19), atol=0.005)


def test_the_seed_decides_and_layers_differ() -> None:
    a = draw(Wiring(), k=3, widths=[30, 30], n_inputs=30, seed=5)
    b = draw(Wiring(), k=3, widths=[30, 30], n_inputs=30, seed=5)
    c = draw(Wiring(), k=3, widths=[30, 30], n_inputs=30, seed=6)
    assert all((x == y).all() for x, y in zip(a, b, strict=True))
    assert (a[0] != c[0]).any() and (a[0] != a[1]).any()


@given(st.integers(8, 40), st.integers(1, 8), st.integers(1, 90), st.integers(40, 90))
def test_a_window_bounds_the_span(window, k, n_luts, n_before) -> None:
    (wires,) = draw(Wiring(window), k=k, widths=[n_luts], n_inputs=n_before, seed=0)
    assert (wires[:, -1] - wires[:, 0] < window).all()
    assert wires.min() >= 0 and wires.max() < n_before
    centre = (np.arange(n_luts) + 0.5) * n_before / n_luts
    reach = window + 1  # a window at the edge is pushed inside
    assert (np.abs(wires - centre[:, None]) <= reach).all()


@pytest.mark.parametrize(
    ("shape", "bits_per_feature"), [((28, 28), 1), ((8, 8), 3), ((3, 16, 16), 1)]
)
def test_a_window_on_an_image_is_a_square(shape, bits_per_feature) -> None:
    feature = np.repeat(np.arange(np.prod(shape)), bits_per_feature)
    positions = image_positions(shape, feature)
    assert positions is not None
    (wires,) = draw(
        Wiring(48), k=6, widths=[300], n_inputs=feature.size, seed=0, positions=positions
    )
    span = np.ptp(positions[wires], axis=1)
    side = int(np.ceil(np.sqrt(48 / (feature.size / (shape[-1] * shape[-2])))))
    assert span.max() < side
    assert {0, shape[-2] - 1} <= set(positions[wires][..., 0].ravel())  # the edges are read too


def test_an_image_window_grows_until_it_holds_k_bits() -> None:
    # a thermometer drops constant pixels: here all but the last rows have no bits
    positions = np.stack(np.divmod(np.arange(48, 64), 8), axis=1)
    (wires,) = draw(Wiring(8), k=8, widths=[10], n_inputs=16, seed=0, positions=positions)
    assert (np.diff(wires, axis=1) > 0).all()


def test_positions_only_for_images() -> None:
    assert image_positions((5,), np.arange(5)) is None
    assert image_positions((), np.arange(5)) is None
    np.testing.assert_array_equal(
        image_positions((2, 2, 3), np.array([0, 5, 6, 11])), [[0, 0], [1, 2], [0, 0], [1, 2]]
    )


@pytest.mark.parametrize(
    "spec", ["", "window", "window:", "window:0", "window:-3", "Random", "window:2.5"]
)
def test_refuses_unknown_wirings(spec) -> None:
    with pytest.raises(ConfigError, match="wiring must be 'random' or 'window:W'"):
        Wiring.parse(spec)


def test_parses_what_it_documents() -> None:
    assert Wiring.parse("random") == Wiring(0)
    assert Wiring.parse("window:64") == Wiring(64)


def test_says_which_layer_is_too_narrow() -> None:
    with pytest.raises(DataError, match="the samples have 5 input bits, LUTs of k=6"):
        draw(Wiring(), k=6, widths=[9, 1], n_inputs=5, seed=0)
    with pytest.raises(ConfigError, match="layer 1 has 5 LUTs, but each LUT of layer 2 reads k=6"):
        draw(Wiring(), k=6, widths=[5, 1], n_inputs=9, seed=0)
