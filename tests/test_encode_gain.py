import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lutgen.encode.gain import MAX_CANDIDATES, Cells, gain_thresholds, tally

SAMPLES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 2)), min_size=2)


def tallies(X: np.ndarray, classes: np.ndarray) -> list[Cells]:
    return [tally(column, classes) for column in X.T]


def error(classes: list[int]) -> float:
    """Squared error of guessing the class shares, of the definition."""
    shares = [classes.count(c) / len(classes) for c in range(3)]
    return sum((int(c == own) - shares[c]) ** 2 for own in classes for c in range(3))


def best_cut(values: list[int], classes: list[int]) -> tuple[float, int | None]:
    """Try every cut of one interval."""
    best: tuple[float, int | None] = (0, None)
    for cut in sorted(set(values))[1:]:
        parts = [[c for v, c in zip(values, classes, strict=True) if (v >= cut) == up]
                 for up in (False, True)]  # fmt: skip
        gain = error(classes) - error(parts[0]) - error(parts[1])
        if gain > best[0] + 1e-6:
            best = gain, cut
    return best


@given(SAMPLES)
def test_the_first_threshold_has_the_largest_gain_of_all(
    samples: list[tuple[int, int, int]],
) -> None:
    X = np.array([sample[:2] for sample in samples])
    classes = [sample[2] for sample in samples]
    cuts = [best_cut(X[:, f].tolist(), classes) for f in range(2)]
    chosen = gain_thresholds(tallies(X, np.array(classes)), 1, 1)
    if max(cuts)[0] < 1e-6:
        assert chosen == []
        return
    [(feature, threshold)] = chosen
    parts = [[c for c, up in zip(classes, X[:, feature] >= threshold, strict=True) if up == side]
             for side in (False, True)]  # fmt: skip
    gain = error(classes) - error(parts[0]) - error(parts[1])
    assert abs(gain - max(cut[0] for cut in cuts)) < 1e-5


@given(SAMPLES, st.integers(1, 8), st.integers(1, 4))
def test_a_larger_budget_adds_thresholds_and_keeps_the_others(
    samples: list[tuple[int, int, int]], budget: int, most: int
) -> None:
    X = np.array([sample[:2] for sample in samples])
    classes = np.array([sample[2] for sample in samples])
    fewer, more = (set(gain_thresholds(tallies(X, classes), n, most)) for n in (budget, budget + 1))
    assert fewer <= more and len(more) <= budget + 1
    assert all(sum(f == feature for f, _ in more) <= most for feature in range(2))
    assert all(threshold in X[:, feature] for feature, threshold in more)


def test_enough_thresholds_leave_nothing_to_be_told_apart() -> None:
    rng = np.random.default_rng(1)
    X = rng.integers(0, 30, (500, 1))
    classes = np.array([0, 2, 1] * 10)[X[:, 0]]
    chosen = gain_thresholds(tallies(X, classes), 100, 100)
    assert [t for _, t in chosen] == list(range(1, 30))


def test_many_values_are_cut_at_their_quantiles() -> None:
    x = np.random.default_rng(2).normal(size=20_000)
    classes = ((x > -0.7) & (x < 0.4)).astype(np.int64)
    chosen = gain_thresholds(tallies(x[:, None], classes), 2, 2)
    assert np.allclose([t for _, t in chosen], [-0.7, 0.4], atol=0.02)
    every = gain_thresholds(tallies(x[:, None], np.arange(x.size) % 2), 10_000, 10_000)
    assert 100 < len(every) <= MAX_CANDIDATES


@given(SAMPLES, st.floats(0, 0.9))
def test_a_tolerance_gives_no_more_of_the_gain_away(
    samples: list[tuple[int, int, int]], tolerance: float
) -> None:
    values = np.array([sample[0] for sample in samples])
    classes = [sample[2] for sample in samples]
    best, cut = best_cut(values.tolist(), classes)
    chosen = gain_thresholds(tallies(values[:, None], np.array(classes)), 1, 1, tolerance)
    if cut is None:
        return
    [(_, threshold)] = chosen
    parts = [[c for c, v in zip(classes, values, strict=True) if (v >= threshold) == up]
             for up in (False, True)]  # fmt: skip
    gain = error(classes) - error(parts[0]) - error(parts[1])
    assert gain >= (1 - tolerance) * best - 1e-5


def test_the_cheapest_of_cuts_that_gain_almost_as_much_is_taken() -> None:
    X = np.repeat(np.arange(60), 10)[:, None]
    classes = (X[:, 0] >= 35).astype(int)
    assert gain_thresholds(tallies(X, classes), 1, 1) == [(0, 35.0)]
    assert gain_thresholds(tallies(X, classes), 1, 1, 0.1) == [(0, 36.0)]  # a multiple of 4
    assert gain_thresholds(tallies(X, classes), 1, 1, 0.3) == [(0, 32.0)]


def test_cheaper_thresholds_part_columns_of_fractions_alike() -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(4000, 3))
    classes = (X[:, 0] + 0.5 * X[:, 1] + 0.3 * rng.normal(size=4000) > 0.21).astype(int)

    def digits(tolerance: float) -> int:
        found = gain_thresholds(tallies(X, classes), 40, 40, tolerance)
        assert len(found) == len(set(found)) == 40
        ratios = [threshold.as_integer_ratio() for _, threshold in found]
        return sum(above.bit_length() for above, _ in ratios)

    assert digits(0.2) < digits(0.05) < digits(0) / 4
