"""Krueger et al.'s questions: the noise is what it says, and the measures measure."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.bits import Bits
from lutgen.encode.encoder import fit_encoder
from lutgen.learn.memorize import Parameters
from lutgen.model.network import LutNetwork
from lutgen.studies.noise import (
    add_noise,
    all_of,
    choose_samples,
    noises,
    permute_labels,
    replace_inputs,
)
from lutgen.studies.noise_capacity import least_capacity
from lutgen.studies.noise_complexity import average_sensitivity, circuit_size
from lutgen.studies.noise_depth import depth_to_reach
from lutgen.studies.noise_regularisers import BASE_KS, plan_of
from lutgen.studies.problem import Problem
from lutgen.studies.regularisers import REGULARISERS, Learner, flip_inputs, regularised_counts
from lutgen.studies.study import Verdict


def make_problem(n_samples: int = 400, n_bits: int = 12, seed: int = 0) -> Problem:
    """Return majority of the first five bits, with one label in ten wrong."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 2, (2 * n_samples, n_bits)).astype(np.uint8)
    y = (X[:, :5].sum(axis=1) > 2).astype(np.uint8) ^ (rng.random(2 * n_samples) < 0.1)
    encoder = fit_encoder("binary", X)
    train, test = slice(n_samples), slice(n_samples, None)
    return Problem(
        encoder, encoder.encode(X[train]), y[train], encoder.encode(X[test]), y[test], n_threads=1
    )


PROBLEM = make_problem()


@given(
    n=st.integers(2, 300),
    fraction=st.floats(0, 1),
    seed=st.integers(0, 1 << 20),
)
def test_permuting_touches_the_fraction_alone_and_keeps_the_classes(
    n: int, fraction: float, seed: int
) -> None:
    labels = np.random.default_rng(seed).integers(0, 2, n).astype(np.uint8)
    permuted = permute_labels(labels, fraction, seed)
    chosen = choose_samples(n, fraction, seed)
    assert chosen.size == round(fraction * n) == np.unique(chosen).size
    assert set(np.flatnonzero(permuted != labels)) <= set(chosen.tolist())
    assert permuted.sum() == labels.sum()
    assert (permuted == permute_labels(labels, fraction, seed)).all()


def test_permuted_labels_agree_with_the_old_ones_no_more_than_chance() -> None:
    labels = (np.arange(20_000) % 2).astype(np.uint8)
    agreement = float((permute_labels(labels, 0.6, 1) == labels).mean())
    assert agreement == pytest.approx(0.4 + 0.6 / 2, abs=0.01)


def test_replaced_inputs_keep_the_mean_of_each_bit_and_nothing_else() -> None:
    rng = np.random.default_rng(5)
    mean = np.array([0.0, 1.0, 0.1, 0.5, 0.9])
    column = rng.random((20_000, 1)) < mean  # bits that depend on each other
    bits = Bits.from_dense(column)
    noisy = replace_inputs(bits, 0.5, 3).to_dense()
    chosen = np.zeros(20_000, dtype=bool)
    chosen[choose_samples(20_000, 0.5, 3)] = True
    assert (noisy[~chosen] == column[~chosen]).all()
    assert noisy[chosen].mean(axis=0) == pytest.approx(column.mean(axis=0), abs=0.02)
    before = np.corrcoef(column[:, 2:].T)
    after = np.corrcoef(noisy[chosen][:, 2:].T)
    assert before[0, 1] > 0.3 and abs(after - np.eye(3)).max() < 0.05


def test_no_noise_changes_nothing_and_noise_leaves_the_validation_samples() -> None:
    for kind, fraction in noises((0.0, 0.5)):
        noisy = add_noise(PROBLEM, kind, fraction, 0)
        assert noisy.test is PROBLEM.test and noisy.y_test is PROBLEM.y_test
        same = (noisy.train.words == PROBLEM.train.words).all(), (noisy.y_train == PROBLEM.y_train)
        assert bool(same[0]) == (kind == "labels" or not fraction)
        assert bool(same[1].all()) == (kind == "inputs" or not fraction)


def test_depth_is_interpolated_and_may_not_be_reached() -> None:
    assert depth_to_reach([0.5, 0.6, 0.8, 0.9], 0.7) == pytest.approx(1.5)
    assert depth_to_reach([0.5, 0.6, 0.8], 0.8) == 2
    assert depth_to_reach([0.9, 0.95], 0.9) == 0
    assert depth_to_reach([0.5, 0.6], 0.7) is None


def test_least_capacity_is_the_first_close_to_the_best() -> None:
    assert least_capacity((1, 2, 4, 8), (0.5, 0.795, 0.8, 0.7), 0.01) == 2
    assert least_capacity((1, 2, 4, 8), (0.5, 0.78, 0.8, 0.9), 0.01) == 8


def test_a_claim_holds_if_all_its_parts_do() -> None:
    good, bad = Verdict("a", True, ""), Verdict("b", False, "")
    assert all_of("claim", [good, good]).holds
    both = all_of("claim", [good, bad])
    assert not both.holds and both.figures == "1 of the 2 parts that follow hold"


def brute_sensitivity(network: LutNetwork, n_inputs: int) -> float:
    """Return the average sensitivity from the whole truth table."""
    points = np.arange(1 << n_inputs)[:, None] >> np.arange(n_inputs) & 1
    table = network.class_numbers(Bits.from_dense(points))
    total = 0
    for point in range(1 << n_inputs):
        total += sum(int(table[point] != table[point ^ 1 << j]) for j in range(n_inputs))
    return total / (1 << n_inputs)


@settings(max_examples=15)
@given(k=st.integers(1, 4), width=st.integers(4, 9), seed=st.integers(0, 1000))
def test_sensitivity_over_all_points_is_the_brute_one(k: int, width: int, seed: int) -> None:
    problem = make_problem(60, 7, seed)
    network = problem.learn(Parameters(k=k, widths=(width, width), seed=seed))
    points = np.arange(1 << 7)[:, None] >> np.arange(7) & 1
    found = average_sensitivity(network, Bits.from_dense(points))
    assert found == pytest.approx(brute_sensitivity(network, 7))


def parity(k: int) -> LutNetwork:
    network = make_problem(50, k).learn(Parameters(k=k, widths=()))
    init = sum((p.bit_count() & 1) << p for p in range(1 << k))
    return replace(network, tables=np.array([init], dtype=np.uint64))


def test_every_input_of_a_parity_is_sensitive_and_a_wrong_entry_shows() -> None:
    network = parity(6)
    points = Bits.from_dense(np.arange(64)[:, None] >> np.arange(6) & 1)
    assert average_sensitivity(network, points) == 6
    wrong = replace(network, tables=network.tables ^ np.uint64(1))
    assert average_sensitivity(wrong, points) == 6 - 2 * 6 / 64


def test_a_parity_has_the_size_of_its_circuit() -> None:
    luts, ands = circuit_size(parity(6))
    assert ands == 3 * 5 and 2 <= luts <= 3


def test_counting_anew_without_a_regulariser_changes_only_free_entries() -> None:
    network = PROBLEM.learn(Parameters(k=4, widths=(20, 20), fill="zero"))
    anew = regularised_counts(network, PROBLEM.train, PROBLEM.y_train)
    first = network.layer == 1  # further on, other fills make other signals
    words = slice(network.table_offset[int(first.sum())])
    decided = network.seen[words] & ~network.tied[words]
    assert ((anew.tables[words] ^ network.tables[words]) & decided == 0).all()
    assert (anew.seen[words] == network.seen[words]).all()
    assert (anew.tied[words] == network.tied[words]).all()
    other = regularised_counts(network, PROBLEM.train, 1 - PROBLEM.y_train)
    assert ((other.tables[words] ^ network.tables[words]) & decided == decided).all()


def test_a_minimum_count_leaves_what_fewer_samples_reach_open() -> None:
    network = PROBLEM.learn(Parameters(k=4, widths=(20,)))
    dense = PROBLEM.train.to_dense()
    trusted = regularised_counts(network, PROBLEM.train, PROBLEM.y_train, least_count=25)
    for lut in range(20):
        address = dense[:, network.lut_wires(lut)] @ (1 << np.arange(4))
        counts = np.bincount(address, minlength=16)
        seen = int(trusted.seen[trusted.table_offset[lut]])
        assert [seen >> p & 1 for p in range(16)] == (counts >= 25).tolist()
    assert np.bitwise_count(trusted.seen).sum() < np.bitwise_count(network.seen).sum()
    none = regularised_counts(network, PROBLEM.train, PROBLEM.y_train, least_count=401)
    assert not none.seen.any()


def test_dropping_all_but_a_few_counts_forgets() -> None:
    network = PROBLEM.learn(Parameters(k=8, widths=(64, 64)))
    fitted = [
        float((n.class_numbers(PROBLEM.train) == PROBLEM.y_train).mean())
        for drop in (0.0, 0.999)
        for n in [regularised_counts(network, PROBLEM.train, PROBLEM.y_train, drop=drop)]
    ]
    assert fitted[0] > 0.95 and fitted[1] < 0.7


def test_flips_are_of_the_share() -> None:
    flipped = flip_inputs(PROBLEM.train, 0.2, 0)
    share = (flipped.to_dense() != PROBLEM.train.to_dense()).mean()
    assert share == pytest.approx(0.2, abs=0.03)
    assert (flip_inputs(PROBLEM.train, 0, 0).words == PROBLEM.train.words).all()


@pytest.mark.parametrize("name", REGULARISERS)
def test_the_first_value_of_a_regulariser_is_none_and_the_last_is_one(name: str) -> None:
    learner = Learner(PROBLEM, 24, 0, max(BASE_KS))
    method, values = REGULARISERS[name]
    plain = learner.plain(PROBLEM.y_train)
    first, last = (method(learner, PROBLEM.y_train, value) for value in (values[0], values[-1]))
    assert first.digest == plain.digest != last.digest


def test_a_regulariser_of_k_starts_at_the_base() -> None:
    for base_k in BASE_KS:
        plan = plan_of(base_k, quick=False)
        assert [value for name, value in plan if name == "smaller k"] == list(range(base_k, 1, -1))
        assert {name for name, _ in plan} == set(REGULARISERS)
