"""External don't-cares: what must stay the same does, what must shrink does, and it is recorded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import binary_encoder, networks, random_samples, voting_network

from lutgen.bits import Bits, pack
from lutgen.core import CoreConfig, make_core
from lutgen.errors import ConfigError, DataError, MismatchError
from lutgen.learn.memorize import Parameters, memorize
from lutgen.model import LutNetwork
from lutgen.model.provenance import Optimised
from lutgen.optimise.evidence import CountEvidence, MaskEvidence
from lutgen.optimise.external import optimise, recount
from lutgen.optimise.policy import LADDER, Policy
from lutgen.optimise.search import Labelled, find_policy
from lutgen.optimise.wires import levels

UNSEEN, TIED = Policy("unseen"), Policy("tied")


def learn(seed: int, n_samples: int = 150, k: int = 5) -> tuple[LutNetwork, Bits, np.ndarray]:
    """A network learnt from samples of a noisy rule over 24 correlated bits."""
    rng = np.random.default_rng(seed)
    cause = rng.integers(0, 2, size=(n_samples, 4))
    dense = (np.repeat(cause, 6, axis=1) ^ (rng.random((n_samples, 24)) < 0.15)).astype(np.uint8)
    labels = (cause.sum(axis=1) >= 2).astype(np.uint8)
    labels[:2] = 0, 1
    bits = Bits.from_dense(dense)
    network = memorize(
        bits,
        labels,
        Parameters(k=k, widths=(24, 16), seed=seed),
        encoder=binary_encoder(24),
        classes=np.array([0, 1]),
    )
    return network, bits, labels


def signals_by_layer(network: LutNetwork, bits: Bits) -> dict[int, set[bytes]]:
    rows = network.signals(bits).words
    return {
        layer: {rows[network.n_inputs + lut].tobytes() for lut in np.flatnonzero(at)}
        for layer in np.unique(network.layer).tolist()
        for at in [network.layer == layer]
    }


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 6))
def test_unseen_keeps_every_signal_of_every_training_sample(seed: int, k: int) -> None:
    network, bits, labels = learn(seed, k=k)
    for given_samples in ((), (bits, labels)):
        smaller, stats = optimise(network, UNSEEN, *given_samples)
        assert (smaller.class_numbers(bits) == network.class_numbers(bits)).all()
        before, after = signals_by_layer(network, bits), signals_by_layer(smaller, bits)
        assert all(rows <= before[layer] for layer, rows in after.items())
        assert stats.luts_after == smaller.n_luts <= stats.luts_before
        assert stats.inputs_after == smaller.fan_in.sum() <= stats.inputs_before
        assert smaller.cone.all()


def voting(seed: int) -> tuple[LutNetwork, Bits, np.ndarray]:
    """A voting network with the care masks that samples give it, and what it answers to them."""
    rng = np.random.default_rng(seed)
    network = voting_network(rng, 20, [30, 24], 5, 4)
    bits = Bits.from_dense(np.repeat(rng.integers(0, 2, size=(60, 5)), 4, axis=1))
    full = np.zeros_like(network.seen)
    for lut in range(network.n_luts):
        first, last = network.table_offset[lut : lut + 2]
        full[first:last] = (1 << (1 << int(network.fan_in[lut]))) - 1
    network = replace(network, seen=full, tied=np.zeros_like(full))
    seen = recount(network, bits, np.zeros(60))
    assert 0 < np.bitwise_count(seen.seen).sum() < np.bitwise_count(full).sum()
    return seen, bits, network.class_numbers(bits)


@pytest.mark.parametrize("seed", range(5))
def test_unseen_entries_of_voting_networks_make_them_smaller(seed: int) -> None:
    network, bits, answers = voting(seed)
    smaller, stats = optimise(network, UNSEEN, bits, answers)
    assert (smaller.class_numbers(bits) == answers).all()
    assert smaller.head is network.head
    assert smaller.outputs.size == network.outputs.size
    assert smaller.provenance.train_accuracy == 1 and not smaller.provenance.layers
    assert stats.inputs_after < stats.inputs_before


def test_masks_of_voting_networks_shrink_with_fewer_samples() -> None:
    network, bits, answers = voting(0)
    fewer = recount(network, bits.take(np.arange(10)), answers[:10])
    assert not (fewer.seen & ~network.seen).any() and (fewer.seen != network.seen).any()
    assert np.array_equal(fewer.tables, network.tables)
    held_out = Labelled(bits.take(np.arange(10, 60)), answers[10:])
    policy, trials = find_policy(
        network, [UNSEEN], Labelled(bits.take(np.arange(10)), answers[:10]), held_out, 0.99
    )
    assert policy == UNSEEN and trials[0].accuracy_before == 1 > trials[0].accuracy_after


def test_policies_that_count_majorities_are_not_for_voting_networks() -> None:
    network, bits, answers = voting(0)
    with pytest.raises(ConfigError, match=r"policy weak:0.01 goes by majorities.*unseen"):
        optimise(network, Policy("weak", 0.01), bits, answers)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_masks_of_the_result_are_those_of_its_own_tables(seed: int) -> None:
    network, bits, labels = learn(seed)
    for policy in (UNSEEN, TIED):
        smaller, _ = optimise(network, policy, bits, labels)
        counted = recount(smaller, bits, labels)
        assert counted.digest == smaller.digest
        assert not (counted.seen & ~smaller.seen).any()
        # a constant reads an input all the same, but what it was made of did not
        real = np.repeat(smaller.fan_in > 1, np.diff(smaller.table_offset))
        assert (counted.seen == smaller.seen)[real].all()
        assert (counted.tied == smaller.tied)[real].all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_recounting_the_training_samples_changes_nothing(seed: int) -> None:
    network, bits, labels = learn(seed)
    again = recount(network, bits, labels)
    assert again.digest == network.digest
    assert (again.seen == network.seen).all() and (again.tied == network.tied).all()


def test_recounting_other_samples_gives_what_learning_from_them_gives() -> None:
    network, bits, labels = learn(3, n_samples=400)
    half = np.arange(200)
    counted = recount(network, bits.take(half), labels[half])
    learnt, _, _ = learn(3, n_samples=400)
    learnt = memorize(
        bits.take(half),
        labels[half],
        Parameters(k=5, widths=(24, 16), seed=3),
        encoder=network.encoder,
        classes=network.classes,
    )
    assert counted.digest != network.digest
    first = slice(0, int(network.table_offset[24]))  # later layers also read what unseen became
    assert (counted.seen[first] == learnt.seen[first]).all()
    decided = learnt.seen[first] & ~learnt.tied[first]
    assert (counted.tables[first] & decided == learnt.tables[first] & decided).all()


@settings(max_examples=40, deadline=None)
@given(networks(max_k=6), st.integers(0, 2**32 - 1))
def test_any_network_keeps_its_answers_to_samples_that_reach_only_seen_entries(
    network: LutNetwork, seed: int
) -> None:
    """Mixed fan-in, skip connections, repeated wires: masks are made by counting, then trusted."""
    rng = np.random.default_rng(seed)
    bits = Bits.from_dense(random_samples(rng, 40, network.n_inputs))
    labels = rng.integers(0, 2, 40)
    network = recount(network, bits, labels)
    smaller, _ = optimise(network, UNSEEN)
    assert (smaller.class_numbers(bits) == network.class_numbers(bits)).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.01, 0.03]))
def test_no_lut_of_the_first_layer_loses_more_than_the_policy_allows(
    seed: int, tolerance: float
) -> None:
    network, bits, labels = learn(seed, n_samples=400)
    smaller, _ = optimise(network, Policy("weak", tolerance), bits, labels)
    target = pack(labels[:, None])[0]
    worst_before = right_by_layer(network, bits, target)[1]
    after = right_by_layer(smaller, bits, target).get(1, np.array([400]))
    assert after.min() >= worst_before.min() - int(tolerance * 400)
    assert smaller.provenance.train_accuracy == np.mean(smaller.class_numbers(bits) == labels)


def right_by_layer(network: LutNetwork, bits: Bits, target: np.ndarray) -> dict[int, np.ndarray]:
    wrong = np.bitwise_count(network.signals(bits).words ^ target).sum(axis=1).astype(int)
    right = bits.n_samples - wrong[network.n_inputs :]
    return {layer: right[network.layer == layer] for layer in np.unique(network.layer).tolist()}


def test_bolder_policies_make_smaller_networks_and_all_are_recorded() -> None:
    network, bits, labels = learn(11, n_samples=600)
    luts = [len(make_core(network, CoreConfig(chip="ice40")).netlist.cells)]
    for policy in (UNSEEN, Policy("weak", 0.01), Policy("weak", 0.05)):
        smaller, _ = optimise(network, policy, bits, labels)
        assert smaller.digest != network.digest
        assert smaller.provenance.optimised == Optimised(network.digest, str(policy))
        luts.append(len(make_core(smaller, CoreConfig(chip="ice40")).netlist.cells))
    assert luts[0] > luts[1] > luts[2] > luts[3]


def test_result_is_the_same_every_time_and_survives_the_file(tmp_path) -> None:
    network, bits, labels = learn(4)
    first, _ = optimise(network, Policy("weak", 0.01), bits, labels)
    again, _ = optimise(network, Policy("weak", 0.01), bits, labels)
    first.save(tmp_path / "model.npz")
    assert LutNetwork.load(tmp_path / "model.npz").digest == first.digest == again.digest


def test_a_network_that_may_forget_everything_becomes_a_constant() -> None:
    network, bits, labels = learn(2)
    smaller, stats = optimise(network, Policy("weak", 0.9), bits, labels)
    assert stats.luts_after == smaller.n_luts == 1
    assert len(set(smaller.class_numbers(bits).tolist())) == 1
    assert make_core(smaller).netlist.cells == ()


def test_levels_put_each_lut_above_all_that_it_reads() -> None:
    network, _, _ = learn(1)
    assert [len(luts) for luts in levels(network)] == [24, 16, 1]


def test_masks_and_counts_agree_on_what_is_seen() -> None:
    network, bits, labels = learn(9)
    masks, counts = MaskEvidence(network), CountEvidence(network, bits, labels)
    for lut in range(24):
        kept = (0, 2, 3)
        wires = network.lut_wires(lut)[list(kept)].tolist()
        a, b = masks.entries(lut, wires, kept), counts.entries(lut, wires, kept)
        assert (a.seen == b.seen).all()


@pytest.mark.parametrize("text", ["", "rare", "weak", "weak:0", "weak:1", "weak:x", "weak:nan"])
def test_unknown_policies_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="must be one of unseen, tied, weak:SHARE"):
        Policy.parse(text)


@pytest.mark.parametrize("policy", LADDER)
def test_policies_are_written_as_they_are_read(policy: Policy) -> None:
    assert Policy.parse(str(policy)) == policy


def test_counting_needs_samples_and_as_many_labels() -> None:
    network, bits, labels = learn(0)
    with pytest.raises(ConfigError, match="policy tied counts training samples"):
        optimise(network, TIED)
    with pytest.raises(DataError, match="150 samples need as many class numbers"):
        optimise(network, TIED, bits, labels[:-1])


def test_search_takes_the_boldest_policy_within_the_loss_and_refuses_when_there_is_none() -> None:
    network, bits, labels = learn(7, n_samples=600)
    rows = np.arange(600)
    fit = Labelled(bits.take(rows[:450]), labels[:450])
    held = Labelled(bits.take(rows[450:]), labels[450:])
    ruin = Policy("weak", 0.9)
    policy, trials = find_policy(network, (ruin, UNSEEN), fit, held, max_loss=0.1)
    assert policy == UNSEEN
    assert [trial.policy for trial in trials] == ["weak:0.9", "unseen"]
    assert trials[0].loss > 0.1 >= trials[1].loss
    assert trials[0].accuracy_before == held.accuracy(recount(network, fit.bits, fit.labels))
    with pytest.raises(MismatchError, match=r"weak:0.9 takes the accuracy on 150 held-out samples"):
        find_policy(network, (ruin,), fit, held, max_loss=0.1)


def test_a_loss_of_just_what_is_allowed_is_allowed() -> None:
    network, bits, labels = learn(7, n_samples=600)
    rows = np.arange(600)
    fit = Labelled(bits.take(rows[:450]), labels[:450])
    held = Labelled(bits.take(rows[450:]), labels[450:])
    ruin = Policy("weak", 0.9)
    _, (trial,) = find_policy(network, (ruin,), fit, held, max_loss=1)
    n_lost = round(trial.loss * 150)
    assert n_lost > 10
    assert find_policy(network, (ruin,), fit, held, max_loss=n_lost / 150)[0] == ruin
    with pytest.raises(MismatchError):
        find_policy(network, (ruin,), fit, held, max_loss=(n_lost - 1) / 150)
