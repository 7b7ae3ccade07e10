"""The fast kernel learns what counting, deciding and applying give, bit for bit."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lutgen.bits import pack, unpack
from lutgen.learn import kernels, parities
from lutgen.learn.byclass import EMPTY, ByClass
from lutgen.learn.counts import apply, count_classes
from lutgen.learn.executor import Executor, Serial, Threads
from lutgen.learn.fill import FILLS, Fill
from lutgen.learn.memorize.layer import LearntLayer, learn_fast, learn_plain


def assert_equal(fast: LearntLayer, plain: LearntLayer) -> None:
    for name in ("tables", "seen", "tied"):
        np.testing.assert_array_equal(getattr(fast.luts, name), getattr(plain.luts, name), name)
    np.testing.assert_array_equal(fast.outputs, plain.outputs)
    np.testing.assert_array_equal(fast.n_correct, plain.n_correct)


def both_ways(
    problem, executor: Executor, counts_bits: bool | None = None
) -> tuple[LearntLayer, LearntLayer]:
    """Learn with the kernels and plainly; the outputs of both sorted by class."""
    signals, labels, wires, fill = problem
    samples = ByClass.of(labels)
    can = kernels.counts_bits() if counts_bits is None else counts_bits
    with patch.object(kernels, "counts_bits", lambda: can):
        fast = learn_fast(samples.sort(signals, executor), samples, wires, fill, executor)
    plain = learn_plain(signals, labels, wires, fill)
    return fast, replace(plain, outputs=samples.sort(plain.outputs, executor))


@st.composite
def problems(draw):
    k = draw(st.integers(1, 16))
    n_samples = draw(st.sampled_from([1, 2, 63, 64, 65, 128, 200, 777, 1024, 1500]))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    # skewed bits make equal addresses in a row, ties and unseen entries
    signals = rng.random((n_samples, k + draw(st.integers(0, 5)))) < draw(
        st.sampled_from([0.03, 0.5, 0.97])
    )
    labels = (rng.random(n_samples) < draw(st.sampled_from([0.0, 0.3, 0.5, 1.0]))).astype(np.uint8)
    n_luts = draw(st.integers(1, 9))
    wires = np.array([rng.permutation(signals.shape[1])[:k] for _ in range(n_luts)], np.int32)
    keys = rng.integers(0, 1 << 63, n_luts).astype(np.uint64)
    fill = Fill(draw(st.sampled_from(FILLS)), keys, draw(st.integers(0, 1)))
    return pack(signals), labels, wires, fill


@settings(deadline=None, max_examples=200)
@given(problems(), st.integers(1, 4), st.booleans())
def test_kernels_equal_the_reference(problem, n_threads: int, counts_bits: bool) -> None:
    """By parities and by addresses, whatever this processor would take."""
    with Threads(n_threads) as threads:
        assert_equal(*both_ways(problem, threads, counts_bits))


@settings(deadline=None, max_examples=50)
@given(problems())
def test_the_fused_kernel_is_its_three_steps(problem) -> None:
    signals, labels, wires, fill = problem
    fast, plain = both_ways(problem, Serial())
    luts = count_classes(signals, wires, labels).decide(fill)
    outputs = ByClass.of(labels).sort(apply(luts.tables, signals, wires, labels.size), Serial())
    assert_equal(fast, LearntLayer(luts, outputs, plain.n_correct))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 1600), st.integers(1, 1600), st.integers(0, 99))
@example(512, 1024, 0)
@example(0, 513, 0)
def test_sorted_by_class(n_zeros: int, n_ones: int, seed: int) -> None:
    """Each class from a whole vector on, in its order, and nothing else."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.array([0, 1], np.uint8), [n_zeros, n_ones]))
    dense = rng.integers(0, 2, (labels.size, 3)).astype(np.uint8)
    samples = ByClass.of(labels)
    words = samples.sort(pack(dense), Serial())
    places = unpack(words, 64 * words.shape[1])
    first, ones = dense[labels == 0], dense[labels == 1]
    second = -(-n_zeros // 512) * 512
    assert len(places) == second + -(-n_ones // 512) * 512 and words.ctypes.data % 64 == 0
    np.testing.assert_array_equal(places[:n_zeros], first)
    np.testing.assert_array_equal(places[second : second + n_ones], ones)
    assert places.sum() == dense.sum()
    np.testing.assert_array_equal(np.flatnonzero(samples.labels == 1), second + np.arange(n_ones))
    assert (unpack(samples.places[None], len(places))[:, 0] == (samples.labels != EMPTY)).all()


def test_a_sample_at_an_empty_place_shows() -> None:
    """What is counted by parities relies on zeros there."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 700).astype(np.uint8)
    dense = rng.integers(0, 2, (700, 6)).astype(np.uint8)
    samples = ByClass.of(labels)
    words = samples.sort(pack(dense), Serial())
    rows = np.arange(8, dtype=np.uint64) % 6 * words.shape[1]

    def count() -> np.ndarray:
        counts, scratch = np.empty(64, np.int64), np.empty_like(words[0])
        flat = words.reshape(-1)
        end = np.uint64(samples.ends[0])
        parities.count(flat, rows, 6, np.uint64(0), end, samples.n_samples[0], scratch, counts)
        return counts

    address = dense[labels == 0] @ (1 << np.arange(6))
    np.testing.assert_array_equal(count(), np.bincount(address, minlength=64))
    words[:, samples.ends[0] - 1] |= np.uint64(1 << 63)
    assert (count() != np.bincount(address, minlength=64)).any()


@pytest.mark.parametrize("k", range(1, 17))
@pytest.mark.parametrize("policy", FILLS)
def test_every_k_and_policy(k: int, policy: str) -> None:
    rng = np.random.default_rng(k)
    signals = pack(rng.integers(0, 2, (1000, 20)).astype(np.uint8))
    labels = rng.integers(0, 2, 1000).astype(np.uint8)
    wires = np.array([rng.permutation(20)[:k] for _ in range(5)], np.int32)
    fill = Fill(policy, np.arange(5, dtype=np.uint64), 1)
    with Threads(2) as threads:
        assert_equal(*both_ways((signals, labels, wires, fill), threads))
