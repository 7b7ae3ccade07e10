"""The memorizers memorize exactly, in the number of parameters that they say."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.encode.encoder import fit_encoder
from lutgen.errors import DataError
from lutgen.studies.convex import (
    ConvexMemorizer,
    consistent_subset,
    nearby_set,
    smallest_gap,
    squared_distances,
)
from lutgen.studies.memorizers import LUT_KS, fit_lut
from lutgen.studies.memorizers_width import project
from lutgen.studies.problem import Problem
from lutgen.studies.sqrt_network import (
    Neuron,
    SqrtNetwork,
    find_direction,
    make_sqrt_network,
    part_codes,
)


def points(n: int, d: int = 24, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return different random points of bits with random labels of both classes."""
    rng = np.random.default_rng(seed)
    X = np.unique(rng.integers(0, 2, (2 * n, d)), axis=0).astype(np.uint8)
    X = rng.permutation(X)[:n]
    return X, rng.permutation(np.arange(len(X)) % 2).astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(2, 120), seed=st.integers(0, 1 << 16))
def test_the_sqrt_network_memorizes_every_point(n: int, seed: int) -> None:
    X, y = points(n, seed=seed)
    assert (make_sqrt_network(X, y, seed).evaluate(X) == y).all()


def test_it_reads_more_inputs_than_a_byte_counts() -> None:
    X, y = points(40, 784)
    assert (make_sqrt_network(X, y, 0).evaluate(X) == y).all()


def test_its_output_is_one_at_the_codes_of_class_1_and_zero_elsewhere() -> None:
    X, y = points(90)
    network = make_sqrt_network(X, y, 0)
    new = points(400, seed=9)[0]
    codes = set((X[y == 1].astype(int) @ network.direction).tolist())
    wanted = [int(z in codes) for z in (new.astype(int) @ network.direction).tolist()]
    assert network.evaluate(new).tolist() == wanted and 0 < sum(wanted) < len(wanted)


def test_its_width_is_constant_and_its_parameters_grow_as_the_root() -> None:
    networks = [make_sqrt_network(*points(n, 40), 0) for n in (200, 800, 3200)]
    assert [network.width for network in networks] == [9, 9, 9]
    counts = [network.n_parameters for network in networks]
    assert counts[1] / counts[0] < 2.9 and counts[2] / counts[1] < 2.9  # 4 were linear
    assert networks[0].n_input_weights == 40


def test_parameters_are_counted_one_by_one() -> None:
    network = make_sqrt_network(*points(30), 0)
    neurons = [neuron for layer in network.layers for neuron in layer]
    weights = sum(w != 0 for neuron in neurons for w in neuron.weights.values())
    biases = sum(neuron.bias != 0 for neuron in neurons)
    last = sum(w != 0 for w in network.output.values())
    assert network.n_parameters == weights + biases + last + (network.offset != 0)
    assert Neuron({0: 3, 1: 0}, 2).n_parameters == 2


def test_one_wrong_weight_shows_at_a_point() -> None:
    X, y = points(100)
    network = make_sqrt_network(X, y, 0)
    place = next(i for i, layer in enumerate(network.layers) if len(layer) == 4)
    z, table, *steps = network.layers[place]
    layer = (z, replace(table, bias=table.bias + 1), *steps)
    layers = (*network.layers[:place], layer, *network.layers[place + 1 :])
    wrong = SqrtNetwork(network.direction, network.offset, layers, network.output)
    assert (wrong.evaluate(X) != y).any()


def test_equal_points_of_two_classes_are_refused() -> None:
    X, y = points(20)
    X[1], y[0], y[1] = X[0], 0, 1
    with pytest.raises(DataError, match="two points of different classes are equal"):
        make_sqrt_network(X, y, 0)
    with pytest.raises(DataError, match="points of one class only"):
        make_sqrt_network(X, np.zeros_like(y), 0)


def test_directions_tell_the_classes_apart() -> None:
    X, y = points(300)
    direction, offset, code_bits = find_direction(X, y, 3)
    z = X.astype(int) @ direction + offset
    assert not set(z[y == 1].tolist()) & set(z[y == 0].tolist())
    assert min(z) == 0 and max(z) < (1 << code_bits) - 1


@given(n_codes=st.integers(1, 10_000), code_bits=st.integers(1, 60))
def test_codes_are_parted_for_few_parameters(n_codes: int, code_bits: int) -> None:
    held, n_groups = part_codes(n_codes, code_bits)
    assert (n_groups - 1) * held < n_codes <= n_groups * held

    def cost(m: int) -> float:
        return 8 * n_codes / m + 13 * code_bits * m

    assert cost(held) <= min(cost(m) for m in range(1, n_codes + 1)) * 1.2


@settings(max_examples=20, deadline=None)
@given(n=st.integers(2, 40), d=st.integers(6, 10), seed=st.integers(0, 1 << 16))
def test_convex_sets_answer_as_their_network_does(n: int, d: int, seed: int) -> None:
    X, y = points(n, d, seed)
    if y.min() == y.max():
        return
    memorizer = ConvexMemorizer(X.astype(np.float32), y)
    new = points(60, d, seed + 1)[0].astype(np.float32)
    assert (memorizer.scores(new) == memorizer.evaluate_network(new)).all()
    assert (memorizer.predict(memorizer.X) == y).all()
    output = memorizer.evaluate_network(memorizer.X)
    assert (np.sign(output) == np.where(y == 1, 1, -1)).all()


def test_convex_sets_are_the_nearest_neighbour_where_it_is_one() -> None:
    X, y = points(50, 30)
    new = points(200, 30, 1)[0].astype(np.float32)
    distances = ((new[:, None] - X[None].astype(np.float32)) ** 2).sum(axis=2)
    assert (squared_distances(new, X.astype(np.float32)) == distances).all()
    nearest = np.sort(distances, axis=1)
    sole = nearest[:, 0] < nearest[:, 1]
    predicted = ConvexMemorizer(X.astype(np.float32), y).predict(new)
    assert (predicted[sole] == y[distances.argmin(axis=1)][sole]).all() and sole.sum() > 50


def test_parameters_of_convex_sets() -> None:
    X, y = points(7, 5)
    pairs = int(y.sum()) * int((1 - y).sum())
    planes = 2 * pairs  # each pair has a plane in the cells of both of its points
    expected = planes * (5 + 1) + planes + 7 * 2  # plane, its weight; cell's bias, its weight
    assert ConvexMemorizer(X.astype(np.float32), y).n_parameters == expected


def test_a_nearby_set_is_near_all_points_and_its_own_are_apart() -> None:
    X = points(200, 12)[0].astype(np.float32)
    chosen = nearby_set(X, 2.0)
    assert (squared_distances(X, X[chosen]).min(axis=1) <= 4).all()
    apart = squared_distances(X[chosen], X[chosen])
    assert (apart[~np.eye(len(chosen), dtype=bool)] > 4).all()
    assert nearby_set(X, 0.5).size == 200


def test_the_gap_is_the_least_distance_of_the_classes() -> None:
    X = np.array([[0, 0], [0, 1], [3, 4]], dtype=np.float32)
    assert smallest_gap(X, np.array([0, 0, 1], dtype=np.uint8)) == pytest.approx(18**0.5)


def test_a_consistent_subset_memorizes_all() -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 60, (300, 2)).astype(np.float32)
    y = (X[:, 0] > 30).astype(np.uint8)
    kept = consistent_subset(X, y)
    assert (ConvexMemorizer(X[kept], y[kept]).predict(X) == y).all() and kept.size < 60


def test_projections_are_linear_and_as_wide_as_asked() -> None:
    X = points(20)[0].astype(np.float32)
    projected = project(X, 3, 0)
    assert projected.shape == (20, 3)
    assert (project(X[:1] + X[1:2], 3, 0) == projected[0] + projected[1]).all()
    assert (project(X, 3, 1) != projected).any()


def test_k_is_chosen_on_the_validation_samples_alone() -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (700, 16)).astype(np.uint8)
    y = (X[:, :5].sum(axis=1) > 2).astype(np.uint8)
    encoder = fit_encoder("binary", X)
    parts = [part for s in np.split(np.arange(700), (300, 500)) for part in (X[s], y[s])]
    bits = [encoder.encode(part) for part in parts[::2]]
    problem = Problem(
        encoder, bits[0], parts[1], bits[1], parts[3], n_threads=1,
        validation=bits[2], y_validation=parts[5],
    )  # fmt: skip
    widths = (24, 24)
    found = fit_lut(problem, widths, [0, 1])
    assert found["k"] in LUT_KS and found["validation"] > 0.7
    wrong = replace(problem, y_test=1 - problem.y_test)  # chooses the same, and is tested on it
    assert fit_lut(wrong, widths, [0, 1]) == found | {"test": pytest.approx(1 - found["test"])}
    other = replace(problem, y_validation=1 - parts[5])  # the best is now the worst
    assert fit_lut(other, widths, [0, 1])["k"] != found["k"]
    assert fit_lut(problem, (5, 5), [0])["k"] == 4  # others are wider than a layer
