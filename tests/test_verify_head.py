"""Proof of heads: right ones are proved, and no fault that changes the answer passes."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from heads import EVERY, LUT4, LUT6, SLICE8, answers, codes, groups, threshold, votes
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.bits import Bits
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.head import NUMBER, ONE_HOT, Head, Resources, Votes, build_head
from lutgen.netlist.ir import Netlist
from lutgen.netlist.passes.pipeline import pipeline
from lutgen.verify.head import HeadProof, prove_head
from lutgen.verify.head_cones import TABLE_INPUTS
from lutgen.verify.mutate import first_on_pin, flip_init_bit, rewire, swap_wires


@given(votes(max_bits=14), st.sampled_from(sorted(EVERY)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_head_is_proved(given_votes: Votes, name: str, hot: bool) -> None:
    head = build_head(given_votes, EVERY[name], answer=ONE_HOT if hot else NUMBER)
    proof = prove_head(head, given_votes)
    assert proof.proved and not proof.failed and not proof.exhausted, str(proof)


LARGE = [
    groups(10, 60),
    groups(2, 100),
    threshold(100, 51),
    codes(10, 60),
    Votes(np.array([[0], [1]], np.int32), np.zeros(2, np.int32)),
]


@pytest.mark.parametrize("given_votes", LARGE)
@pytest.mark.parametrize("hot", [False, True])
@pytest.mark.parametrize("resources", [LUT6, LUT4, SLICE8])
def test_large_heads_are_proved(given_votes: Votes, hot: bool, resources: Resources) -> None:
    proof = prove_head(
        build_head(given_votes, resources, answer=ONE_HOT if hot else NUMBER), given_votes
    )
    assert proof.proved and not proof.failed and proof.n_open == 0, str(proof)
    assert proof.n_counters_proved == proof.n_counters
    assert proof.n_nodes_proved == proof.n_nodes >= 1


@pytest.mark.parametrize("resources", [LUT4, SLICE8])
def test_heads_of_many_weighted_votes_are_built_in_seconds(resources: Resources) -> None:
    rng = np.random.default_rng(1)
    weights = rng.integers(-127, 128, (10, 500)).astype(np.int32)
    given_votes = Votes(weights, np.zeros(10, np.int32))
    start = time.process_time()
    head = build_head(given_votes, resources)
    assert time.process_time() - start < 10
    bits = rng.integers(0, 2, (256, 500)).astype(np.uint8)
    answers = evaluate(head.netlist, Bits.from_dense(bits).words)
    numbers = Bits(answers, 256).to_dense() @ (1 << np.arange(4))
    assert np.array_equal(numbers, given_votes.classes(bits))
    few = Votes(np.ascontiguousarray(weights[:3, :60]), np.zeros(3, np.int32))
    assert prove_head(build_head(few, resources), few).proved


@pytest.mark.parametrize("resources", [LUT6, SLICE8])
def test_wide_comparisons_are_proved_by_the_solver(resources: Resources) -> None:
    rng = np.random.default_rng(7)
    weights = rng.integers(-30_000, 30_000, (9, 12)).astype(np.int32)
    given_votes = Votes(weights, np.zeros(9, np.int32))
    head = build_head(given_votes, resources)
    assert len(head.scores[0]) > TABLE_INPUTS / 2
    assert prove_head(head, given_votes).proved


def test_a_pipelined_head_is_proved_as_a_head_of_its_own() -> None:
    """Its nets have other numbers, so the claims are of no use, and this is noticed."""
    given_votes = groups(3, 4)
    head = build_head(given_votes)
    piped = replace(head, netlist=pipeline(head.netlist, 1)[0])
    proof = prove_head(piped, given_votes)
    assert proof.failed and proof.exhausted and proof.proved


def planted(netlist: Netlist, rng: np.random.Generator) -> Netlist:
    """Return the netlist with one fault of a random kind in a random cell."""
    place = int(rng.integers(len(netlist.cells)))
    cell = netlist.cells[place]
    kind = rng.integers(3)
    if kind == 0 or (kind == 1 and len(cell.inputs) < 2):
        return flip_init_bit(netlist, place, int(rng.integers(1 << len(cell.inputs))))
    if kind == 1:
        first, second = rng.choice(len(cell.inputs), 2, replace=False)
        return swap_wires(netlist, place, int(first), int(second))
    wire = int(rng.integers(len(cell.inputs)))
    net = int(rng.integers(netlist.first_cell + first_on_pin(netlist, place, wire)))
    return rewire(netlist, place, wire, net)


def assert_refuted(head: Head, given_votes: Votes, proof: HeadProof) -> None:
    assert not proof.proved and proof.failed and proof.n_open == 0
    assert proof.counterexample is not None
    bits = proof.counterexample[None]
    assert answers(head.netlist, bits, head.answer == ONE_HOT)[0] != given_votes.classes(bits)[0]
    assert "WRONG CLASS" in str(proof)


SMALL = [groups(3, 4), groups(5, 2), threshold(12, 5), codes(4, 11), groups(2, 6)]


@pytest.mark.parametrize("given_votes", SMALL)
@pytest.mark.parametrize("resources", [LUT6, LUT4, SLICE8])
@pytest.mark.parametrize("hot", [False, True])
def test_of_small_heads_exactly_the_faults_that_matter_are_refuted(
    given_votes: Votes, resources: Resources, hot: bool
) -> None:
    head = build_head(given_votes, resources, answer=ONE_HOT if hot else NUMBER)
    rng = np.random.default_rng(11)
    n = given_votes.n_bits
    every = (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(np.uint8)
    n_refuted = 0
    for _ in range(20):
        faulty = replace(head, netlist=planted(head.netlist, rng))
        same = (answers(faulty.netlist, every, hot) == given_votes.classes(every)).all()
        proof = prove_head(faulty, given_votes)
        assert proof.proved == same, str(proof)
        if not same:
            assert_refuted(faulty, given_votes, proof)
            n_refuted += 1
    assert n_refuted >= 5


@pytest.mark.parametrize("given_votes", [groups(5, 24), codes(6, 40), threshold(60, 31)])
@pytest.mark.parametrize("resources", [LUT6, LUT4, SLICE8])
def test_faults_of_large_heads_are_refuted_by_bits_or_harmless(
    given_votes: Votes, resources: Resources
) -> None:
    """What neither proof nor search decides would be a fault that no sample here shows."""
    head = build_head(given_votes, resources)
    rng = np.random.default_rng(15)
    n_refuted = n_open = 0
    for _ in range(20):
        faulty = replace(head, netlist=planted(head.netlist, rng))
        proof = prove_head(faulty, given_votes, search_seconds=0.5)
        if proof.proved:  # a wire swapped with its like, a table that says the same
            words = rng.integers(0, 2**64, (given_votes.n_bits, 512), dtype=np.uint64)
            np.testing.assert_array_equal(
                evaluate(faulty.netlist, words), evaluate(head.netlist, words)
            )
        elif proof.counterexample is None:
            n_open += 1
        else:
            assert_refuted(faulty, given_votes, proof)
            n_refuted += 1
    assert n_refuted >= 10
    assert n_open <= 1


def test_claims_are_not_trusted() -> None:
    """A claim that leaves out a counter, or is of other votes, proves nothing."""
    given_votes = groups(3, 20)
    head = build_head(given_votes)
    first, *rest = head.counters
    for wrong in (
        replace(head, counters=(first[1:], *rest)),
        replace(head, counters=(first[:-1], *rest)),
        replace(head, scores=(head.scores[1], head.scores[0], head.scores[2])),
        replace(head, nodes=(replace(head.nodes[0], children=(1, 0, 2)),)),
        replace(head, nodes=()),
        replace(head, scored=Votes(head.scored.weights * 2, head.scored.bias)),
        replace(head, scores=tuple(score[:-1] for score in head.scores)),
    ):
        proof = prove_head(wrong, given_votes, search_seconds=0)
        assert not proof.proved and proof.n_open > 0 and proof.counterexample is None


def test_a_head_of_other_votes_is_refuted() -> None:
    given_votes = groups(3, 20)
    other = Votes(given_votes.weights, np.array([0, 1, 0], np.int32))
    head = build_head(other)
    assert_refuted(head, given_votes, prove_head(head, given_votes))
