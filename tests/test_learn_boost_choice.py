"""How the criterion is chosen: folds, small networks, and the comparison."""

import numpy as np
import pytest

from lutgen.bits import Bits
from lutgen.learn.boost.choice import choose, fold_rows, n_folds, trial_parameters
from lutgen.learn.boost.parameters import BoostParameters
from lutgen.learn.labelled import Labelled


def folds(labels: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return what is learnt from and what is held out, in turn; parts give what the whole does."""
    n_classes = int(labels.max()) + 1
    parts = [
        Labelled(Bits(np.zeros((0, -(-own.size // 64)), np.uint64), own.size), own)
        for own in np.split(labels, [labels.size // 3, labels.size // 3, labels.size // 2])
    ]
    before = np.zeros(n_classes, dtype=np.int64)
    found = [([], []) for _ in range(n_folds(labels.size))]
    first = 0
    for part in parts:
        for fold, both in enumerate(found):
            for is_aside in (False, True):
                both[is_aside].append(first + fold_rows(part, before, fold, is_aside))
        before = before + np.bincount(part.labels, minlength=n_classes)
        first += part.labels.size
    rows = [(np.concatenate(kept), np.concatenate(aside)) for kept, aside in found]
    return [(kept, aside) for kept, aside in rows if aside.size]


@pytest.mark.parametrize(
    ("n", "n_wanted"), [(50, 3), (6000, 3), (9000, 3), (11_000, 2), (20_000, 1)]
)
def test_fifths_are_held_out_in_turn_until_there_are_enough(n: int, n_wanted: int) -> None:
    labels = np.random.default_rng(n).integers(0, 3, n)
    parts = folds(labels)
    assert len(parts) == n_wanted
    aside = np.concatenate([rows for _, rows in parts])
    assert np.unique(aside).size == aside.size
    for kept, rows in parts:
        np.testing.assert_array_equal(np.sort(np.concatenate([kept, rows])), np.arange(n))
        share = np.bincount(labels[rows], minlength=3) / np.bincount(labels)
        assert (np.abs(share - 0.2) < 0.06).all()


def test_a_class_of_few_samples_is_learnt_from() -> None:
    labels = np.array([0] * 30 + [1] * 2 + [2])
    for kept, aside in folds(labels):
        assert set(labels[kept]) == {0, 1, 2} and set(labels[aside]) == {0}
    assert folds(np.array([0, 1])) == []


def test_the_small_networks_are_of_the_criteria_alone() -> None:
    parameters = BoostParameters(luts_per_class=500, layers=3, refits=2, patience=4, k=5, seed=9)
    for n_groups, n_signals, luts in ((1, 100, 200), (10, 1500, 8), (300, 100, 1)):
        trials = trial_parameters(parameters, n_groups, n_signals)
        assert [trial.criterion for trial in trials] == ["newton", "absolute"]
        for trial in trials:
            assert (trial.luts_per_class, trial.layers, trial.refits) == (luts, 1, 0)
            assert (trial.patience, trial.k, trial.seed) == (0, 5, 9)
    assert trial_parameters(BoostParameters(luts_per_class=7), 1, 50)[0].luts_per_class == 7


@pytest.mark.parametrize(
    ("newton", "absolute", "chosen"),
    [(0.8, 0.9, "absolute"), (0.9, 0.8, "newton"), (0.7, 0.7, "newton")],
)
def test_the_better_one_is_taken(newton: float, absolute: float, chosen: str) -> None:
    trials = trial_parameters(BoostParameters(), 1, 50)
    shares = {"newton": newton, "absolute": absolute}
    found = choose(trials, 1234, lambda trial: shares[trial.criterion])
    assert found.criterion == chosen
    assert found.why == (
        "of 1,234 samples held out, networks of 70 LUTs a class have right: "
        f"newton {newton:.4f}, absolute {absolute:.4f}"
    )
    nothing = choose(trials, 0, lambda trial: pytest.fail("nothing to compare on"))
    assert nothing.criterion == "newton" and "too few" in nothing.why
