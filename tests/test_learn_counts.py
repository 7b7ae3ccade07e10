"""Counts: those of parts add up to those of the whole, kernels equal plain NumPy, and decisions."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.bits import pack, unpack_rows
from lutgen.learn import reference
from lutgen.learn.counts import (
    CLASSES,
    RESIDUALS,
    Counts,
    apply,
    count_classes,
    count_residuals,
    reached,
    total,
    unpack_tables,
)
from lutgen.learn.fill import FILLS, Fill

EXAMPLES = settings(max_examples=60, deadline=None)


class Samples:
    """Samples, wires, labels and residuals of a random problem, to be cut into parts of words."""

    def __init__(self, seed: int, n: int, k: int, n_luts: int) -> None:
        rng = np.random.default_rng(seed)
        self.k, self.n = k, n
        self.dense = (rng.random((n, k + 4)) < rng.choice([0.05, 0.5])).astype(np.uint8)
        self.labels = rng.integers(0, 2, n).astype(np.uint8)
        self.wires = np.array([rng.permutation(k + 4)[:k] for _ in range(n_luts)], np.int32)
        self.wires = self.wires.reshape(n_luts, k)
        self.signals = pack(self.dense)
        n_places = 64 * self.signals.shape[1]
        self.weights = np.zeros(n_places, dtype=np.int32)
        self.weights[:n] = rng.integers(0, 3, n)
        self.residual = (rng.integers(-900, 900, n_places) * self.weights).astype(np.int32)

    def classes(self, rows: np.ndarray, backend: str = "kernels") -> Counts:
        return count_classes(pack(self.dense[rows]), self.wires, self.labels[rows], backend=backend)

    def residuals(self, words: range | None = None, backend: str = "kernels") -> Counts:
        at = slice(None) if words is None else slice(64 * words.start, 64 * words.stop)
        return count_residuals(
            self.signals, self.wires, self.residual[at], self.weights[at], words=words,
            backend=backend,
        )  # fmt: skip


problems = st.builds(
    Samples,
    seed=st.integers(0, 1 << 32),
    n=st.sampled_from([1, 63, 64, 65, 200, 777]),
    k=st.integers(0, 11),
    n_luts=st.integers(1, 4),
)


def equal(a: Counts, b: Counts) -> bool:
    return a.criterion == b.criterion and np.array_equal(a.statistics, b.statistics)


@EXAMPLES
@given(problems, st.data())
def test_counts_of_parts_add_up_to_those_of_the_whole_in_any_order(
    samples: Samples, data: st.DataObject
) -> None:
    rows = np.array(data.draw(st.permutations(range(samples.n))))
    cuts = sorted(data.draw(st.lists(st.integers(0, samples.n), max_size=5)))
    parts = [samples.classes(rows[a:b]) for a, b in pairwise([0, *cuts, samples.n])]
    whole = samples.classes(np.arange(samples.n))
    assert equal(total(parts), whole)
    assert equal(
        sum(parts[::-1], start=Counts.zeros(CLASSES, len(samples.wires), samples.k)), whole
    )
    n_words = samples.signals.shape[1]
    cuts = sorted(data.draw(st.lists(st.integers(0, n_words), max_size=4)))
    of_words = [samples.residuals(range(a, b)) for a, b in pairwise([0, *cuts, n_words])]
    order = data.draw(st.permutations(of_words))
    assert equal(total(order), samples.residuals())


@EXAMPLES
@given(problems, st.integers(0, 999))
def test_adding_is_commutative_and_associative_and_a_lost_sample_shows(
    samples: Samples, seed: int
) -> None:
    thirds = np.array_split(np.random.default_rng(seed).permutation(samples.n), 3)
    a, b, c = (samples.classes(rows) for rows in thirds)
    assert equal(a + b, b + a)
    assert equal((a + b) + c, a + (b + c))
    lost = samples.classes(np.arange(samples.n - 1))
    assert not equal(lost, a + b + c)
    assert equal(lost + samples.classes(np.array([samples.n - 1])), a + b + c)


@EXAMPLES
@given(problems)
def test_kernels_count_what_the_reference_counts(samples: Samples) -> None:
    rows = np.arange(samples.n)
    assert equal(samples.classes(rows), samples.classes(rows, "reference"))
    assert equal(samples.residuals(), samples.residuals(backend="reference"))
    last = range(samples.signals.shape[1] - 1, samples.signals.shape[1])
    assert equal(samples.residuals(last), samples.residuals(last, "reference"))


@EXAMPLES
@given(problems)
def test_what_is_counted(samples: Samples) -> None:
    """Sample by sample, without any of the code that counts."""
    classes, residuals = samples.classes(np.arange(samples.n)), samples.residuals()
    expected = np.zeros_like(classes.statistics), np.zeros_like(residuals.statistics)
    for lut, wires in enumerate(samples.wires):
        for n in range(samples.n):
            p = sum(int(samples.dense[n, wire]) << j for j, wire in enumerate(wires))
            expected[0][lut, samples.labels[n], p] += 1
            expected[1][lut, 0, p] += samples.residual[n]
            expected[1][lut, 1, p] += samples.weights[n] > 0
    np.testing.assert_array_equal(classes.statistics, expected[0])
    # places past the last sample reach entry 0, and count nothing
    np.testing.assert_array_equal(residuals.statistics, expected[1])
    assert residuals.gain.tolist() == np.abs(expected[1][:, 0]).sum(axis=1).tolist()
    assert (classes.reached.sum(axis=1) == samples.n).all()
    seen = reached(samples.signals, samples.wires, samples.n)
    np.testing.assert_array_equal(seen, classes.reached > 0)


@EXAMPLES
@given(problems, st.sampled_from(FILLS), st.integers(0, 1), st.integers(0, 1 << 60))
def test_kernels_decide_and_apply_as_the_reference_does(
    samples: Samples, policy: str, prior: int, key: int
) -> None:
    keys = np.arange(key, key + len(samples.wires)).astype(np.uint64)
    fill = Fill(policy, keys, prior)
    for counts in (samples.classes(np.arange(samples.n)), samples.residuals()):
        fast, plain = (counts.decide(fill, backend=name) for name in ("kernels", "reference"))
        for name in ("tables", "seen", "tied"):
            np.testing.assert_array_equal(getattr(fast, name), getattr(plain, name), name)
        table = unpack_tables(fast.tables, samples.k)
        decided = counts.votes != 0
        np.testing.assert_array_equal(table[decided], (counts.votes > 0)[decided])
        tied = unpack_tables(fast.tied, samples.k)
        np.testing.assert_array_equal(tied, (counts.reached > 0) & ~decided)
        outputs = [
            apply(fast.tables, samples.signals, samples.wires, samples.n, backend=name)
            for name in ("kernels", "reference")
        ]
        np.testing.assert_array_equal(outputs[0], outputs[1])
        dense = unpack_rows(outputs[0], samples.n)
        for lut, wires in enumerate(samples.wires):
            address = reference.addresses(samples.dense[:, wires].T)
            np.testing.assert_array_equal(dense[lut], table[lut][address])


def test_counts_of_different_things_are_not_added() -> None:
    classes, residuals = Counts.zeros(CLASSES, 2, 3), Counts.zeros(RESIDUALS, 2, 3)
    assert (classes.n_luts, classes.k) == (2, 3)
    with pytest.raises(AssertionError, match="counts of different things"):
        classes.add(residuals)
    with pytest.raises(AssertionError, match="counts of other LUTs"):
        classes.add(Counts.zeros(CLASSES, 2, 4))
    with pytest.raises(AssertionError):
        replace(classes, statistics=classes.statistics[:, :1])
