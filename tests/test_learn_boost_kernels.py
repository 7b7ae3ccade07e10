"""The kernels of boosting equal plain NumPy, bit for bit; and the reference does what it says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.learn.boost import kernels, newton, places, reference, searching
from lutgen.learn.boost.leaves import Leaf, decide_by_sign
from lutgen.learn.boost.losses import Softmax
from lutgen.learn.boost.step import UNIT, BoostStep, Drawn, NewtonGain, Samples, Weighed
from lutgen.learn.executor import Executor, Serial, Threads

EXAMPLES = settings(max_examples=25, deadline=None)


def make_samples(seed: int, n: int, n_signals: int, n_views: int = 1) -> Samples:
    transpose = (reference, kernels)[seed % 2].transpose
    random = np.random.default_rng(seed)
    bits = Bits.from_dense(random.integers(0, 2, (n, n_signals)))
    views = np.arange(n_signals, dtype=np.int32)[None, :]
    more = random.integers(-1, n_signals, (n_views - 1, n_signals)).astype(np.int32)
    weights = random.integers(0, 4, n).astype(np.int32)
    return Samples.make(
        bits, random.integers(0, 3, n), weights, np.concatenate([views, more]), transpose
    )


def make_residual(seed: int, samples: Samples, size: int = UNIT) -> NDArray[np.int32]:
    random = np.random.default_rng(seed + 1)
    values = random.integers(-size, size + 1, samples.labels.size) * np.minimum(samples.weights, 1)
    return values.astype(np.int32)


def draw(
    samples: Samples,
    residual: NDArray[np.int32],
    key: int,
    n_drawn: int,
    step: BoostStep = kernels,
    executor: Executor | None = None,
) -> Drawn:
    executor = executor or Serial()
    size = places.sizes(step, residual[None, :], executor)[0]
    request = places.Draw.about(n_drawn, 0, key, size)
    n_views = len(samples.views)
    n_places = residual.size // n_views
    ids = [range(v * n_places, (v + 1) * n_places) for v in range(n_views)]
    at = places.draw(step, residual, request, ids, executor)[: request.most]
    return step.gather(samples, residual, at, executor)


def weigh(
    samples: Samples, residual: NDArray[np.int32], curvature: NDArray[np.int32], key: int,
    n_wanted: int, unit: float,
) -> Weighed:  # fmt: skip
    n_places = np.count_nonzero(samples.weights)
    bound = (n_wanted << 32) // n_places if n_wanted < n_places else None
    at = places.likely(samples.weights, key, bound, [range(residual.size)])
    own = Weighed(samples.rows, at, residual[at], curvature[at], samples.n_signals, 1.0)
    return places.weighed_together([(at, own)], unit)


def count(samples: Samples, residual: NDArray[np.int32], wires: NDArray[np.int32]):
    return places.count(samples, residual, wires[None, :], Serial(), "kernels")


@pytest.mark.parametrize("shape", [(1, 1), (64, 2), (130, 3)])
def test_transposition(shape: tuple[int, int]) -> None:
    words = np.random.default_rng(0).integers(0, 1 << 64, shape, dtype=np.uint64)
    np.testing.assert_array_equal(reference.transpose(words), kernels.transpose(words))


def test_rows_and_signals_hold_the_same_bits_in_every_view() -> None:
    samples = make_samples(0, 70, 67, 3)
    n_places = samples.labels.size // 3
    for v in range(3):
        for n in (0, 63, 64, 69, 127):
            row = samples.rows[v * n_places + n]
            for s in (0, 1, 63, 64, 66):
                source = samples.views[v, s]
                bit = int(samples.signals[source, n // 64]) >> (n % 64) & 1
                assert int(row[s // 64]) >> (s % 64) & 1 == bit
    assert not samples.weights[70:128].any()


@EXAMPLES
@given(
    seed=st.integers(0, 1000),
    n=st.integers(1, 300),
    n_signals=st.sampled_from([7, 64, 65, 200]),
    n_views=st.integers(1, 3),
    k=st.integers(1, 7),
    n_given=st.integers(0, 7),
    n_drawn=st.sampled_from([64, 500, 3000]),
    n_sweeps=st.integers(0, 2),
)
def test_draw_search_count_and_vote(
    seed: int, n: int, n_signals: int, n_views: int, k: int, n_given: int, n_drawn: int,
    n_sweeps: int,
) -> None:  # fmt: skip
    samples = make_samples(seed, n, n_signals, n_views)
    residual = make_residual(seed, samples)
    start = np.arange(min(n_given, k), dtype=np.int32)
    drawn, other = (
        draw(samples, residual, seed * 7919, n_drawn, step) for step in (reference, kernels)
    )
    np.testing.assert_array_equal(drawn.rows, other.rows)
    np.testing.assert_array_equal(drawn.negative, other.negative)
    plain = reference.search(drawn, start, k, n_sweeps, Serial())
    fast = kernels.search(drawn, start, k, n_sweeps, Serial())
    np.testing.assert_array_equal(plain, fast)
    assert np.unique(plain).size == k
    wires = np.stack([plain, plain[::-1]])
    counted = [
        places.count(samples, residual, wires, Serial(), backend)
        for backend in ("reference", "kernels")
    ]
    np.testing.assert_array_equal(counted[0].statistics, counted[1].statistics)
    assert counted[0].votes.sum(axis=1).tolist() == [residual.sum()] * 2
    lut = decide_by_sign(plain, counted[0], 0, Leaf(), "kernels")
    votes = [np.full(residual.size, 5, dtype=np.int32) for _ in range(2)]
    for step, out in zip((reference, kernels), votes, strict=True):
        places.vote(step, samples.signals, samples.views, [(lut, out)], -1, Serial())
    np.testing.assert_array_equal(votes[0], votes[1])
    # the gain is what the table wins of the residuals
    signs = 5 - votes[0].astype(np.int64)
    assert int(signs @ residual) == counted[0].gain[0]


@EXAMPLES
@given(
    seed=st.integers(0, 1000),
    n=st.integers(1, 300),
    n_signals=st.sampled_from([7, 64, 65, 200]),
    n_views=st.integers(1, 3),
    k=st.integers(1, 7),
    n_given=st.integers(0, 7),
    n_wanted=st.sampled_from([64, 1 << 20]),
    n_sweeps=st.integers(0, 2),
    size=st.sampled_from([1, UNIT, UNIT << 14]),
    regularization=st.sampled_from([0.001, 5.0, 1e4]),
    least=st.sampled_from([0.0, 3.0]),
    n_workers=st.integers(2, 5),
)
def test_newton_search(
    seed: int, n: int, n_signals: int, n_views: int, k: int, n_given: int, n_wanted: int,
    n_sweeps: int, size: int, regularization: float, least: float, n_workers: int,
) -> None:  # fmt: skip
    """Of all workers together or one, of sums that need more than 32 bits, of a part of samples."""
    samples = make_samples(seed, n, n_signals, n_views)
    residual = make_residual(seed, samples, size)
    curvature = np.abs(make_residual(seed + 5, samples, size))
    unit = float(size)
    weighed = weigh(samples, residual, curvature, seed, n_wanted, unit)
    assert (samples.weights[weighed.places] > 0).all() and (np.diff(weighed.places) > 0).all()
    assert max(np.abs(weighed.gradient).sum(dtype=np.int64), weighed.curvature.sum()) < 1 << 31
    shift = round(unit / weighed.unit)
    assert (residual[weighed.places] // shift == weighed.gradient).all()
    start, gain = np.arange(min(n_given, k), dtype=np.int32), NewtonGain(regularization, least)
    arguments = weighed, start, k, n_sweeps, gain.scaled(weighed.unit)
    plain = reference.search_newton(*arguments, Serial())
    np.testing.assert_array_equal(plain, kernels.search_newton(*arguments, Serial()))
    with pytest.MonkeyPatch.context() as patch, Threads(n_workers) as threads:
        patch.setattr(newton, "_WORTH_SHARING", 1)  # nothing is not shared
        patch.setattr(newton, "_FEW_SAMPLES", 1)
        np.testing.assert_array_equal(plain, kernels.search_newton(*arguments, threads))
    assert np.unique(plain).size == k


def test_newton_search_of_many_signals_and_of_parts_that_differ() -> None:
    """Many blocks of signals; and a worker's share that is forgotten shows."""
    samples = make_samples(2, 400, 4500)
    residual = make_residual(2, samples)
    curvature = np.abs(residual) // 2
    weighed = weigh(samples, residual, curvature, 1, 1 << 20, float(UNIT))
    arguments = weighed, np.empty(0, np.int32), 3, 1, NewtonGain(5.0, 0.0).scaled(weighed.unit)
    found = kernels.search_newton(*arguments, Serial())
    np.testing.assert_array_equal(found, reference.search_newton(*arguments, Serial()))
    real = newton._score_shares
    with pytest.MonkeyPatch.context() as patch, Threads(3) as threads:
        patch.setattr(newton, "_FEW_SAMPLES", 1)
        np.testing.assert_array_equal(found, kernels.search_newton(*arguments, threads))
        patch.setattr(newton, "_score_shares", lambda sums, *rest: real(sums[:-1], *rest))
        assert (found != kernels.search_newton(*arguments, threads)).any()


@pytest.mark.parametrize("n_workers", [2, 3, 7])
@pytest.mark.parametrize("most_counts", [0, 1 << 19])
@pytest.mark.parametrize(
    ("n_signals", "k", "n_given", "skew"),
    [(200, 6, 3, 0.5), (1300, 4, 0, 0.9), (2100, 9, 1, 0.5), (64, 1, 0, 0.5)],
)
def test_workers_together_find_what_one_finds(
    monkeypatch: pytest.MonkeyPatch, n_workers: int, most_counts: int, n_signals: int, k: int,
    n_given: int, skew: float,
) -> None:  # fmt: skip
    """Whether they share the samples or the signals."""
    monkeypatch.setattr(searching, "_MOST_COUNTS", most_counts)
    monkeypatch.setattr(searching, "_WORTH_SHARING", 0)
    monkeypatch.setattr(searching, "_FEW_SAMPLES", 50)
    random = np.random.default_rng(n_signals)
    dense = (random.random((900, n_signals)) > skew).astype(np.uint8)
    weights = np.ones(900, dtype=np.int32)
    views = np.arange(n_signals, dtype=np.int32)[None, :]
    samples = Samples.make(
        Bits.from_dense(dense), np.zeros(900, np.int64), weights, views, kernels.transpose
    )
    target = dense[:, 7] ^ (dense[:, 20] & dense[:, 33])
    residual = np.zeros(samples.labels.size, dtype=np.int32)
    residual[:900] = np.where(target, 700, -900) + random.integers(-300, 300, 900)
    drawn = draw(samples, residual, 5, 2000)
    start = np.arange(n_given, dtype=np.int32) * 9
    alone = kernels.search(drawn, start, k, 2, Serial())
    with Threads(n_workers) as threads:
        np.testing.assert_array_equal(kernels.search(drawn, start, k, 2, threads), alone)
    if k <= 6 and n_signals < 1000:  # as many looks as the reference takes a second for
        np.testing.assert_array_equal(reference.search(drawn, start, k, 2, Serial()), alone)


def test_a_share_that_is_forgotten_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wires of the test above do depend on every worker's part."""
    samples = make_samples(3, 3000, 300)
    drawn = draw(samples, make_residual(3, samples), 5, 9000)
    start, real = np.arange(3, dtype=np.int32), searching._score_shares

    def forgetful(ones: NDArray, totals: NDArray, *rest: object) -> None:
        real(ones[:-1], totals[:-1], *rest)

    with Threads(3) as threads:
        alone = kernels.search(drawn, start, 6, 2, Serial())
        assert (kernels.search(drawn, start, 6, 2, threads) == alone).all()
        monkeypatch.setattr(searching, "_score_shares", forgetful)
        assert (kernels.search(drawn, start, 6, 2, threads) != alone).any()


@EXAMPLES
@given(seed=st.integers(0, 1000), n_workers=st.integers(2, 9), n_views=st.integers(1, 3))
def test_parts_of_the_places_give_what_the_whole_gives(
    seed: int, n_workers: int, n_views: int
) -> None:
    samples = make_samples(seed, 700, 20, n_views)
    residual = make_residual(seed, samples)
    wires = np.array([[3, 7, 19], [0, 1, 2]], dtype=np.int32)
    random = np.random.default_rng(seed)
    votes = random.integers(-9, 10, (3, residual.size)).astype(np.int32)
    decay = np.array([9, 5, 2, 1, 0])

    def everything(executor: Executor) -> list[NDArray]:
        drawn = draw(samples, residual, seed, 300, executor=executor)
        counts = places.count(samples, residual, wires, executor, "kernels")
        luts = [decide_by_sign(wires[i], counts, i, Leaf(), "kernels") for i in range(2)]
        own = votes.copy()
        pairs = [(luts[0], own[1]), (luts[1], own[2])]
        places.vote(kernels, samples.signals, samples.views, pairs, 1, executor)
        lacking = np.empty_like(own)
        places.find_residuals(kernels, samples, own, decay, lacking, executor)
        right = [
            places.count_right(step, own, samples.labels, samples.weights, 700, executor)
            for step in (kernels, reference)
        ]
        return [drawn.rows, drawn.negative, counts.statistics, own, lacking, np.array(right)]

    class Many(Serial):
        pass

    Many.n_workers = n_workers
    with pytest.MonkeyPatch.context() as patch:
        whole = everything(Serial())
        patch.setattr(places, "_FEW_PLACES", 1)
        patch.setattr(places, "_FEW_WORDS", 1)
        for a, b in zip(whole, everything(Many()), strict=True):
            np.testing.assert_array_equal(a, b)
    weights = samples.weights[:700]
    right = whole[3][:, :700].argmax(axis=0) == samples.labels[:700]
    assert whole[5].tolist() == [int(right @ weights)] * 2


@pytest.mark.parametrize(("n_signals", "k"), [(5000, 3), (80, 11), (20, 16)])
def test_search_of_many_signals_and_large_luts(n_signals: int, k: int) -> None:
    samples = make_samples(1, 700, n_signals)
    residual = make_residual(1, samples)
    start, drawn = np.empty(0, dtype=np.int32), draw(samples, residual, 3, 900)
    np.testing.assert_array_equal(
        reference.search(drawn, start, k, 1, Serial()), kernels.search(drawn, start, k, 1, Serial())
    )


def test_an_address_of_very_many_rows_is_counted_exactly() -> None:
    bits = Bits.from_dense(np.tile([[1, 0, 1, 1], [1, 1, 0, 1]], (700, 1)))
    views = np.arange(4, dtype=np.int32)[None, :]
    samples = Samples.make(
        bits, np.zeros(1400, np.int64), np.ones(1400, np.int32), views, kernels.transpose
    )
    residual = np.zeros(samples.labels.size, dtype=np.int32)
    residual[:1400] = np.where(np.arange(1400) % 2, 900, -900)
    for step in (reference, kernels):
        drawn = draw(samples, residual, 0, 1400, step)
        wires = step.search(drawn, np.empty(0, np.int32), 1, 0, Serial())
        assert wires.tolist() == [1]  # signals 1 and 2 tell the signs apart; the lowest wins
        assert np.abs(count(samples, residual, wires).votes).tolist() == [[630_000] * 2]


@EXAMPLES
@given(seed=st.integers(0, 1000), n_classes=st.integers(2, 6), temperature=st.floats(0.1, 50))
def test_residuals(seed: int, n_classes: int, temperature: float) -> None:
    random = np.random.default_rng(seed)
    votes = random.integers(-60, 61, (n_classes, 300)).astype(np.int32)
    labels = random.integers(0, n_classes, 300).astype(np.int32)
    weights = random.integers(0, 1 << 15, 300).astype(np.int32)
    decay = np.rint((1 << 20) * np.exp(-np.arange(130) / temperature)).astype(np.int64)
    out = [np.empty_like(votes), np.empty_like(votes)]
    for step, target in zip((reference, kernels), out, strict=True):
        step.residuals(votes, labels, weights, decay, target, range(300))
    np.testing.assert_array_equal(out[0], out[1])
    exact = np.exp((votes - votes.max(axis=0)) / temperature)
    exact /= exact.sum(axis=0)
    lacking = UNIT * ((labels == np.arange(n_classes)[:, None]) - exact)
    assert (np.abs(out[0] - lacking * weights) <= 0.52 * weights + 1e-6).all()


@pytest.mark.parametrize("heaviest", [1, 2, 1 << 15])
def test_curvature_is_exact(heaviest: int) -> None:
    """Of whole weights of one, found without a division; of others; none in the padding."""
    rng = np.random.default_rng(heaviest)
    weights = np.append(rng.integers(0, heaviest + 1, 2 * UNIT), [0, heaviest]).astype(np.int32)
    sizes = np.append(np.arange(UNIT + 1), rng.integers(0, UNIT + 1, UNIT + 1))
    residual = (sizes * weights * rng.choice([-1, 1], sizes.size)).astype(np.int32)
    out = np.empty_like(residual)
    Softmax(2, 1.0).find_curvature(residual, weights, out)
    expected = [
        abs(r) * (UNIT * w - abs(r)) // (UNIT * w) if w else 0
        for r, w in zip(residual.tolist(), weights.tolist(), strict=True)
    ]
    assert out.tolist() == expected


def test_workers_bring_drawn_samples_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_FEW_COPIED", 0)
    samples = make_samples(4, 700, 130, 2)
    residual = make_residual(4, samples)
    plain = draw(samples, residual, 1, 500, reference)
    with Threads(3) as threads:
        fast = draw(samples, residual, 1, 500, kernels, threads)
    np.testing.assert_array_equal(fast.rows, plain.rows)
    np.testing.assert_array_equal(fast.negative, plain.negative)


def test_the_draw_keeps_the_proportions() -> None:
    residual = np.repeat(np.array([-3000, 0, 1000], dtype=np.int32), 2000)
    unit = int(np.abs(residual).sum()) // 4000
    drawn = reference.draw(residual, np.uint64(9), unit, range(6000), 9000, 0)
    np.testing.assert_array_equal(
        drawn, kernels.draw(residual, np.uint64(9), unit, range(6000), 9000, 0)
    )
    times = np.bincount(drawn // 2000, minlength=3)
    assert times[1] == 0
    assert abs(times[0] - 3000) < 150
    assert abs(times[2] - 1000) < 150


def test_the_greedy_search_finds_what_the_residuals_are_made_of() -> None:
    samples = make_samples(5, 4000, 300)
    dense = np.unpackbits(samples.signals.view(np.uint8), axis=1, bitorder="little")
    target = (dense[17] & dense[211]) | dense[99]
    residual = np.where(target[: samples.labels.size], 1000, -1000).astype(np.int32)
    residual *= np.minimum(samples.weights, 1)
    drawn = draw(samples, residual, 1, 3000)
    wires = kernels.search(drawn, np.array([5], np.int32), 3, 2, Serial())
    assert sorted(wires.tolist()) == [17, 99, 211]
    assert count(samples, residual, wires).gain == np.abs(residual).sum()


@EXAMPLES
@given(
    seed=st.integers(0, 1000),
    n=st.integers(1, 300),
    n_signals=st.sampled_from([3, 8, 12]),
    n_views=st.integers(1, 3),
    n_drawn=st.sampled_from([64, 3000]),
    order=st.sampled_from([2, 3]),
)
def test_interaction(
    seed: int, n: int, n_signals: int, n_views: int, n_drawn: int, order: int
) -> None:
    samples = make_samples(seed, n, n_signals, n_views)
    residual = make_residual(seed, samples)
    drawn = draw(samples, residual, seed, n_drawn)
    found = reference.interaction(drawn, order, Serial())
    np.testing.assert_array_equal(found, kernels.interaction(drawn, order, Serial()))
    with Threads(3) as threads:
        np.testing.assert_array_equal(found, kernels.interaction(drawn, order, threads))
    assert (np.diff(found) > 0).all() and found[-1] < n_signals


def test_interaction_goes_against_the_signs_as_well() -> None:
    samples = make_samples(0, 200, 9)
    parity = (samples.rows[:, 0] >> np.uint64(2) ^ samples.rows[:, 0] >> np.uint64(6)) & np.uint64(
        1
    )
    for sign in (1, -1):
        residual = sign * UNIT * (1 - 2 * parity.astype(np.int32)) * (samples.weights > 0)
        found = kernels.interaction(draw(samples, residual.astype(np.int32), 1, 1000), 2, Serial())
        assert found.tolist() == [2, 6]
