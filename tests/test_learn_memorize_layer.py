"""The fast kernel learns what counting, deciding and applying give, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lutgen.bits import pack
from lutgen.learn.counts import apply, count_classes
from lutgen.learn.executor import Serial, Threads
from lutgen.learn.fill import FILLS, Fill
from lutgen.learn.memorize.layer import LearntLayer, learn_fast, learn_plain


def assert_equal(fast: LearntLayer, plain: LearntLayer) -> None:
    for name in ("tables", "seen", "tied"):
        np.testing.assert_array_equal(getattr(fast.luts, name), getattr(plain.luts, name), name)
    np.testing.assert_array_equal(fast.outputs, plain.outputs)
    np.testing.assert_array_equal(fast.n_correct, plain.n_correct)


@st.composite
def problems(draw):
    k = draw(st.integers(1, 16))
    n_samples = draw(st.sampled_from([1, 2, 63, 64, 65, 128, 200, 777]))
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
@given(problems(), st.integers(1, 4))
def test_kernels_equal_the_reference(problem, n_threads: int) -> None:
    with Threads(n_threads) as threads:
        fast = learn_fast(*problem, threads)
    assert_equal(fast, learn_plain(*problem))


@settings(deadline=None, max_examples=50)
@given(problems())
def test_the_fused_kernel_is_its_three_steps(problem) -> None:
    signals, labels, wires, fill = problem
    fast = learn_fast(signals, labels, wires, fill, Serial())
    luts = count_classes(signals, wires, labels).decide(fill)
    outputs = apply(luts.tables, signals, wires, labels.size)
    assert_equal(fast, LearntLayer(luts, outputs, fast.n_correct))


@pytest.mark.parametrize("k", range(1, 17))
@pytest.mark.parametrize("policy", FILLS)
def test_every_k_and_policy(k: int, policy: str) -> None:
    rng = np.random.default_rng(k)
    signals = pack(rng.integers(0, 2, (1000, 20)).astype(np.uint8))
    labels = rng.integers(0, 2, 1000).astype(np.uint8)
    wires = np.array([rng.permutation(20)[:k] for _ in range(5)], np.int32)
    fill = Fill(policy, np.arange(5, dtype=np.uint64), 1)
    with Threads(2) as threads:
        fast = learn_fast(signals, labels, wires, fill, threads)
    assert_equal(fast, learn_plain(signals, labels, wires, fill))
