"""Votes for the tests of heads."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from lutgen.bits import pack, unpack
from lutgen.chips.registry import get_family
from lutgen.core.build import head_resources
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.head import ONE_HOT, Head, Resources, Votes
from lutgen.netlist.ir import Netlist

LUT6, LUT5, LUT4 = Resources(6), Resources(5), Resources(4)
SLICE4, SLICE8 = (head_resources(get_family(name)) for name in ("xilinx7", "xcup"))
EVERY = {"LUT6": LUT6, "LUT5": LUT5, "LUT4": LUT4, "xilinx7": SLICE4, "xcup": SLICE8}


def groups(n_classes: int, n_bits: int) -> Votes:
    """Return votes of so many bits for each class, each bit for one class."""
    weights = np.kron(np.eye(n_classes, dtype=np.int32), np.ones((1, n_bits), np.int32))
    return Votes(weights, np.zeros(n_classes, np.int32))


def threshold(n_bits: int, least: int) -> Votes:
    """Return votes of two classes: class 1 from so many bits on."""
    weights = np.stack([np.zeros(n_bits, np.int32), np.ones(n_bits, np.int32)])
    return Votes(weights, np.array([0, 1 - least], np.int32))


def codes(n_classes: int, n_bits: int, seed: int = 0) -> Votes:
    """Return votes by a random code of -1 and 1."""
    rng = np.random.default_rng(seed)
    weights = rng.choice([-1, 1], (n_classes, n_bits)).astype(np.int32)
    return Votes(weights, np.zeros(n_classes, np.int32))


@st.composite
def votes(draw: st.DrawFn, max_bits: int = 8, max_classes: int = 12) -> Votes:
    """Votes with weights of all sorts, some classes without any, and biases."""
    n_classes = draw(st.integers(2, max_classes))
    n_bits = draw(st.integers(1, max_bits))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = draw(
        st.sampled_from([[0, 1], [-1, 1], [-1, 0, 1, 2, 3], [-7, -2, 0, 0, 1, 5, 6, 11], [0, 2]])
    )
    weights = rng.choice(values, (n_classes, n_bits)).astype(np.int32)
    weights[rng.random(n_classes) < draw(st.sampled_from([0, 0.3]))] = 0
    largest = draw(st.sampled_from([0, 1, 5, 40]))
    return Votes(weights, rng.integers(-largest, largest + 1, n_classes).astype(np.int32))


def samples(votes: Votes, n_samples: int = 4096, seed: int = 1) -> NDArray[np.uint8]:
    """Return bits: all of them if they are few, else random ones of many densities and extremes.

    The densities of the classes' own bits differ little in one half of the samples, so that many
    scores are equal or next to equal.
    """
    n_bits = votes.n_bits
    if n_bits <= 12:
        return (np.arange(1 << n_bits)[:, None] >> np.arange(n_bits) & 1).astype(np.uint8)
    rng = np.random.default_rng(seed)
    density = rng.random((n_samples, 1)) + rng.normal(0, 0.03, (n_samples, n_bits))
    bits = (rng.random((n_samples, n_bits)) < density).astype(np.uint8)
    for_class = (votes.weights > 0).astype(np.uint8)
    against = (votes.weights < 0).astype(np.uint8)
    ones = np.ones((1, n_bits), np.uint8)
    return np.concatenate([bits, for_class, against, ones, 0 * ones])


def answers(netlist: Netlist, bits: NDArray[np.uint8], one_hot: bool) -> NDArray[np.int64]:
    """Return the class numbers that a head's netlist gives; -1 where not one of them is hot."""
    y = unpack(evaluate(netlist, pack(bits)), len(bits)).astype(np.int64)
    if one_hot:
        return np.where(y.sum(axis=1) == 1, y.argmax(axis=1), -1)
    return (y << np.arange(y.shape[1])).sum(axis=1)


def assert_right(head: Head, votes: Votes) -> None:
    """Compare a head with the votes on `samples`."""
    bits = samples(votes)
    np.testing.assert_array_equal(
        answers(head.netlist, bits, head.answer == ONE_HOT), votes.classes(bits)
    )
