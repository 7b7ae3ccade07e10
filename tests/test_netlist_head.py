"""Heads as netlists: the right class, few LUTs, legal names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from heads import EVERY, answers, assert_right, codes, groups, samples, threshold, votes
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.errors import NetlistError
from lutgen.netlist.check import check
from lutgen.netlist.head import NUMBER, ONE_HOT, SCORES, Votes, build_head
from lutgen.netlist.head.votes import digits, shifted
from lutgen.netlist.ir import HEAD, LUT, REGISTER, Netlist
from lutgen.netlist.passes.pipeline import pipeline


@given(votes(), st.sampled_from(sorted(EVERY)), st.booleans())
@settings(max_examples=90, deadline=None)
def test_a_head_gives_the_class_of_the_votes_for_all_bits(
    given_votes: Votes, name: str, hot: bool
) -> None:
    resources = EVERY[name]
    head = build_head(given_votes, resources, answer=ONE_HOT if hot else NUMBER)
    check(head.netlist)
    n_classes = given_votes.n_classes
    assert len(head.netlist.outputs) == (n_classes if hot else (n_classes - 1).bit_length())
    assert all(cell.part == HEAD and not cell.layer for cell in head.netlist.cells)
    assert all(cell.name.startswith("h_") for cell in head.netlist.cells)
    assert all(len(cell.inputs) <= resources.lut_inputs for cell in head.netlist.cells)
    assert_right(head, given_votes)


# votes, resources, one-hot: LUTs and levels, at most. Ten groups of 100 left to Yosys took 1,773
# LUT6 (measured with a sketch of the head, in plain Verilog).
SIZES = [
    (groups(10, 100), "xcup", False, 762, 14),
    (groups(10, 100), "LUT6", False, 1011, 18),
    (groups(10, 100), "LUT6", True, 1007, 18),
    (groups(10, 100), "LUT4", False, 1996, 34),
    (groups(10, 60), "xcup", False, 475, 14),
    (groups(2, 100), "xcup", False, 143, 7),
    (threshold(100, 51), "xcup", False, 68, 6),
    (threshold(100, 51), "LUT6", False, 89, 8),
    (threshold(100, 51), "LUT4", False, 182, 10),
    (codes(10, 60), "xcup", False, 194, 13),
    (codes(10, 60), "LUT6", False, 256, 17),
    (Votes(np.array([[0], [1]], np.int32), np.zeros(2, np.int32)), "LUT6", False, 0, 0),
    (threshold(6, 3), "LUT6", False, 1, 1),
    (threshold(6, 3), "xcup", False, 1, 1),
]


@pytest.mark.parametrize(("given_votes", "name", "hot", "n_luts", "depth"), SIZES)
def test_large_heads_are_right_and_no_larger_than_they_were(
    given_votes: Votes, name: str, hot: bool, n_luts: int, depth: int
) -> None:
    resources = EVERY[name]
    head = build_head(given_votes, resources, answer=ONE_HOT if hot else NUMBER)
    check(head.netlist)
    assert_right(head, given_votes)
    mapped = resources.map(head.netlist) if resources.map else head.netlist
    check(mapped)
    assert_right(replace(head, netlist=mapped), given_votes)
    assert mapped.count(LUT) <= n_luts
    assert mapped.depth <= depth


@pytest.mark.parametrize("name", EVERY)
def test_ties_go_to_the_lowest_class(name: str) -> None:
    given_votes = groups(11, 20)
    rng = np.random.default_rng(3)
    counts = rng.integers(17, 21, (600, 11))
    bits = (np.arange(20) < counts[:, :, None]).reshape(600, -1).astype(np.uint8)
    head = build_head(given_votes, EVERY[name])
    np.testing.assert_array_equal(answers(head.netlist, bits, False), counts.argmax(axis=1))
    assert (np.sort(counts, axis=1)[:, -1] == np.sort(counts, axis=1)[:, -2]).mean() > 0.5


def test_classes_without_votes_have_their_bias() -> None:
    weights = np.zeros((4, 30), np.int32)
    weights[1, :15] = 1
    weights[2, 15:] = -2
    given_votes = Votes(weights, np.array([7, 0, 12, -3], np.int32))
    assert_right(build_head(given_votes), given_votes)


@pytest.mark.parametrize("name", EVERY)
def test_large_weights(name: str) -> None:
    rng = np.random.default_rng(5)
    weights = rng.integers(-1000, 1000, (5, 20)).astype(np.int32)
    given_votes = Votes(weights, rng.integers(-1000, 1000, 5).astype(np.int32))
    assert_right(build_head(given_votes, EVERY[name]), given_votes)


def ages(netlist: Netlist) -> list[int]:
    """Return for each cell the registers before it."""
    found = [0] * netlist.first_cell
    for cell in netlist.cells:
        found.append(max(found[net] for net in cell.inputs) + (cell.kind == REGISTER))
    return found[netlist.first_cell :]


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("name", ["LUT6", "LUT4", "xcup", "xilinx7"])
def test_a_pipelined_head_is_the_same(every: int, name: str) -> None:
    given_votes = groups(4, 30)
    head = build_head(given_votes, EVERY[name])
    piped, _ = pipeline(head.netlist, every)
    check(piped)  # all paths have one latency
    if name.startswith("LUT"):
        assert piped.latency == -(-head.netlist.depth // every)
    assert piped.depth <= every
    in_stage = {(cell.site, age) for cell, age in zip(piped.cells, ages(piped), strict=True)}
    sites = [site for site, _ in in_stage if site]
    assert len(sites) == len(set(sites))
    assert_right(replace(head, netlist=piped), given_votes)


@given(votes(max_bits=10))
@settings(max_examples=60, deadline=None)
def test_shifted_votes_have_the_same_winner_and_no_negative_scores(given_votes: Votes) -> None:
    bits = samples(given_votes)
    for scored in shifted(given_votes):
        np.testing.assert_array_equal(scored.classes(bits), given_votes.classes(bits))
        assert scored.scores(bits).min() >= 0
        assert scored.scores(bits).min() == 0 or len(shifted(given_votes)) > 1


def test_codes_of_plus_and_minus_one_become_codes_of_zero_and_two() -> None:
    scored = shifted(codes(10, 50))[0]
    assert set(np.unique(scored.weights)) == {-2, 0, 2}  # whichever is rarer at a bit is left
    assert np.count_nonzero(scored.weights) < 10 * 50 / 2


@given(st.integers(-(2**20), 2**20))
def test_digits_are_the_weight(weight: int) -> None:
    found = digits(weight)
    assert sum(sign << column for column, sign in found) == weight
    assert len(found) <= abs(weight).bit_count()


def test_the_same_votes_make_the_same_netlist() -> None:
    first, second = (str(build_head(codes(6, 40)).netlist) for _ in range(2))
    assert first == second


def test_bad_votes_are_named() -> None:
    with pytest.raises(NetlistError, match=r"weights of shape \(2, 3\) and bias of shape \(3,\)"):
        Votes(np.zeros((2, 3), np.int32), np.zeros(3, np.int32))
    with pytest.raises(NetlistError, match="one class and one bit are the least"):
        Votes(np.zeros((0, 3), np.int32), np.zeros(0, np.int32))
    one = Votes(np.ones((1, 3), np.int32), np.zeros(1, np.int32))
    with pytest.raises(NetlistError, match="the class number needs two classes or more, got 1"):
        build_head(one)
    assert len(build_head(one, answer=SCORES).netlist.outputs) == 3  # 0 to 3, and a sign
    with pytest.raises(NetlistError, match="scores must fit 31 bits"):
        build_head(Votes(np.array([[-(2**31)], [1]], np.int32), np.zeros(2, np.int32)))
