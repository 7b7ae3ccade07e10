"""Leaves: what levels and weights mean, the nearest ones, and what a wire is worth."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.learn.boost.leaves import Leaf, Lut, wire_gains
from lutgen.learn.boost.step import NewtonGain


def test_levels_mean_votes_and_one_of_several_says_nothing() -> None:
    levels = np.arange(8, dtype=np.uint8)
    assert Leaf(1).votes(levels[:2], 1).tolist() == [-1, 1]
    assert Leaf(2).votes(levels[:4], 1).tolist() == [-2, 0, 2, 4]
    assert Leaf(3).votes(levels, 4).tolist() == [-24, -16, -8, 0, 8, 16, 24, 32]
    assert Leaf(3, 64).weights == [1, 2, 4, 8, 16, 32, 64]
    nothing = np.zeros(8, dtype=np.bool_)
    lut = Lut(np.arange(3, dtype=np.int32), levels, 2, Leaf(3), nothing, nothing, np.zeros(3))
    assert lut.tables.astype(int).tolist() == [
        [0, 1, 0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1, 1, 1]
    ]  # fmt: skip
    halves = 2 * (lut.tables * (2 << np.arange(3))[:, None]).sum(axis=0) - 2 * Leaf(3).centre
    assert lut.votes.tolist() == halves.tolist()


@given(
    bits=st.integers(1, 3),
    most=st.sampled_from([1, 2, 8]),
    wanted=st.lists(st.floats(-40, 40), min_size=2, max_size=2),
    trust=st.lists(st.floats(0.1, 9), min_size=2, max_size=2),
)
def test_the_nearest_levels_are_of_least_error(
    bits: int, most: int, wanted: list[float], trust: list[float]
) -> None:
    leaf = Leaf(bits, most)
    levels, weight = leaf.nearest(np.array(wanted), np.array(trust))

    def error(weight: int, levels: tuple[int, ...]) -> float:
        votes = leaf.votes(np.array(levels, dtype=np.uint8), weight)
        return float(np.sum(trust * (votes - wanted) ** 2))

    every = product(leaf.weights, product(range(1 << bits), repeat=2))
    best = min(error(*one) for one in every)
    assert error(weight, tuple(levels.tolist())) == pytest.approx(best)


def test_a_wire_is_worth_what_is_lost_without_it() -> None:
    gain = NewtonGain(1.0, 0.0)
    # what lacks follows from wire 1 alone; wire 0 tells nothing, wire 2 a little
    lacking = np.array([8, 8, -8, -8, 8, 8, -8, -9], dtype=np.int64)
    curved = np.full(8, 3, dtype=np.int64)
    found = wire_gains(gain, lacking, curved)
    assert found[1] > 100 > found[0]
    pairs = np.array([gain(lacking[[p]] + lacking[[p ^ 2]], curved[[p]] * 2) for p in (0, 1, 4, 5)])
    assert found[1] == pytest.approx(gain(lacking, curved).sum() - pairs.sum())
    assert wire_gains(np.abs, lacking)[0] == 0
    assert wire_gains(np.abs, lacking)[1] == np.abs(lacking).sum() - 1
