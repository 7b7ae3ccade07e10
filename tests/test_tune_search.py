"""Parameters chosen by score and by LUTs: the search as an estimator, and its rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.utils.estimator_checks import check_estimator

from lutgen import BoostedLutClassifier, BoostedLutRegressor, BoostedLutSearch, CoreConfig
from lutgen.chips.registry import get_family
from lutgen.core import make_core
from lutgen.errors import ConfigError, DataError, MismatchError
from lutgen.jobs.hardware import core_record
from lutgen.jobs.synthesise import synthesise
from lutgen.learn.boost.network import first_rounds
from lutgen.records.tune import Candidate, Point, Trial, front
from lutgen.tune.choice import choose
from lutgen.tune.cost import Cost, count_luts
from lutgen.tune.halving import Halving, Plan
from lutgen.tune.search import shuffled_folds
from lutgen.tune.space import Space, suitable_encoders, suitable_ks, suitable_temperatures
from lutgen.tune.trials import Trials

IRIS = load_iris(return_X_y=True)
ICE40 = CoreConfig(chip="ice40-up5k", input_format="auto")
GRID = {"k": [2, 4], "encoder": ["thermometer:4:quantile", "gain:16"], "luts_per_class": [2, 4, 8]}


def quick(**told: Any) -> BoostedLutSearch:
    estimator = BoostedLutClassifier(criterion="newton", temperature=2.0, random_state=0, n_jobs=1)
    usual = {"param_grid": GRID, "core": ICE40, "cv": 3, "n_finalists": 3}
    return BoostedLutSearch(estimator, **{**usual, **told})


# --- the estimator


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [BoostedLutClassifier, BoostedLutRegressor])
def test_passes_the_checks_of_scikit_learn(kind: Any) -> None:
    sizes = "luts_per_class" if kind is BoostedLutClassifier else "luts_per_output"
    expected = {
        "check_sample_weight_equivalence_on_dense_data": "folds are of the rows",
        "check_sample_weight_equivalence_on_sparse_data": "folds are of the rows",
    }
    told = {"leaf_bits": 2, "refits": 0, "random_state": 0, "n_jobs": 1}
    search = BoostedLutSearch(
        kind(**told),
        {"k": [2], sizes: [8 if kind is BoostedLutClassifier else 20]},
        cv=2,
        n_finalists=1,
    )
    check_estimator(search, expected_failed_checks=expected)


def test_what_is_found_is_scikit_learns(tmp_path: Any) -> None:
    X, y = IRIS
    search = quick().fit(X, y)
    results = search.cv_results_
    assert results["params"][search.best_index_] == search.best_params_
    assert results["mean_test_score"][search.best_index_] == search.best_score_
    assert len(results["luts"]) == 3 and results["split2_test_score"].shape == (3,)
    assert results["rank_test_score"].min() == 1 and not results["param_k"].mask.any()
    best = clone(search.estimator).set_params(**search.best_params_).fit(X, y)
    assert best.network_.digest == search.best_estimator_.network_.digest
    assert (search.predict(X) == best.predict(X)).all()
    assert search.predict_proba(X).shape == (150, 3) and search.score(X, y) > 0.9
    assert search.classes_.tolist() == [0, 1, 2] and search.n_features_in_ == 4
    # scores are those of learning as the model is learnt, on each part held out
    kept, aside = list(StratifiedKFold(3).split(X, y))[1]
    again = clone(search.estimator).set_params(**search.best_params_).fit(X[kept], y[kept])
    place = search.best_index_
    assert results["split1_test_score"][place] == pytest.approx(again.score(X[aside], y[aside]))
    unrefitted = quick(refit=False).fit(X, y)
    assert unrefitted.best_params_ == search.best_params_
    assert not hasattr(unrefitted, "best_estimator_")


def test_luts_are_those_of_the_record_and_of_yosys() -> None:
    for chip in ("ice40-up5k", "xilinx7", "ecp5-25k"):
        config = CoreConfig(chip=chip, input_format="auto")
        search = quick(max_luts=80).set_params(core=config).fit(*IRIS)
        core = make_core(search.best_estimator_.network_, config)
        assert search.best_luts_ == count_luts(core.netlist, core.family) <= 80
        assert core.interface.formats and core.head is not None
        assert search.best_luts_ == core_record(core).netlist.luts
        if chip == "xilinx7":  # primitives of two outputs count once
            assert search.best_luts_ == synthesise(core).n_luts


def test_encoder_and_head_are_in_the_count() -> None:
    network = quick().fit(*IRIS).best_estimator_.network_
    with_encoder = Cost(ICE40)(network)
    assert with_encoder > Cost(CoreConfig(chip="ice40-up5k"))(network)
    cost = Cost(ICE40)
    assert cost(network) == cost(network) and list(cost._known) == [network.digest]


def test_limits_are_kept() -> None:
    X, y = IRIS
    free = quick().fit(X, y)
    luts = sorted(candidate.luts for candidate in free.candidates_)
    limit = luts[0] + 1
    small = quick(max_luts=limit).fit(X, y)
    assert small.best_luts_ <= limit < luts[-1]
    within = [c for c in small.candidates_ if c.luts <= limit]
    assert small.best_score_ == max(c.score for c in within)
    with pytest.raises(
        MismatchError, match=r"no network found takes 3 LUTs or fewer: the smallest"
    ):
        quick(max_luts=3).fit(X, y)
    least = min(c.score for c in free.candidates_)
    assert quick(min_score=least).fit(X, y).best_luts_ == luts[0]
    missed = quick(min_score=0.999)
    with pytest.raises(MismatchError, match=r"0\.999 or more in 2,000 LUTs: the best has 0\.9"):
        missed.fit(X, y)
    assert missed.candidates_  # tell what there is


def test_missing_values_weights_groups_and_names() -> None:
    pandas = pytest.importorskip("pandas")
    X, y = load_iris(return_X_y=True, as_frame=True)
    labels = pandas.Series(["a", "b", "c"]).iloc[y].reset_index(drop=True)
    X = X.mask(np.random.default_rng(0).random(X.shape) < 0.1)
    search = quick(cv=GroupKFold(3))
    with pytest.raises(DataError, match="samples cannot be held out so: The 'groups' parameter"):
        search.fit(X, labels)
    groups = np.arange(150) % 10
    with pytest.raises(DataError, match="NaN"):
        search.fit(X, labels, groups=groups)
    search.estimator.set_params(missing="bit")
    search.fit(X, labels, groups=groups)
    assert search.feature_names_in_.tolist() == list(X.columns)
    assert search.best_estimator_.network_.feature_names == tuple(X.columns)
    assert set(search.predict(X)) == {"a", "b", "c"} and search.best_score_ > 0.8
    weights = np.where(labels == "a", 1.0, 0.01)
    weighted = search.fit(X, labels, weights, groups=groups)
    assert weighted.best_score_ > 0.9  # of nearly one class alone


def test_numbers() -> None:
    X, y = load_diabetes(return_X_y=True)
    estimator = BoostedLutRegressor(random_state=0, n_jobs=1)
    grid = {"k": [3, 4], "leaf_bits": [2], "encoder": ["gain:40"]}
    grid["luts_per_output"] = [5, 10, 20]
    cv = shuffled_folds(3, 0, stratified=False)
    search = BoostedLutSearch(estimator, grid, core=ICE40, cv=cv, n_finalists=2).fit(X, y)
    assert 0.2 < search.best_score_ < 0.6 and search.score(X, y) > 0.3
    assert search.best_luts_ == Cost(ICE40)(search.best_estimator_.network_)
    two = clone(search).fit(X, np.column_stack([y, -y]))
    assert two.predict(X).shape == (442, 2)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"max_luts": 0}, "max_luts must be a whole number of 1 or more, got 0"),
        ({"max_luts": 1.5}, "max_luts must be a whole number"),
        ({"n_finalists": 0}, "n_finalists must be"),
        ({"factor": 1}, "factor must be a whole number of 2 or more"),
        ({"min_score": 2}, "min_score must be 1 or less"),
        ({"min_score": float("nan")}, "min_score must be 1 or less"),
        ({"param_grid": {"kk": [1]}}, "'kk' is no parameter that can be searched"),
        ({"param_grid": {"patience": [1]}}, "'patience' is no parameter that can be searched"),
        ({"param_grid": {"luts_per_class": [0]}}, "luts_per_class must be whole numbers"),
        ({"param_grid": {"k": [[4]]}}, "numbers and texts alone can be searched"),
        ({"param_grid": []}, "there is nothing to search"),
        ({"estimator": BoostedLutClassifier(layers=2)}, "leave layers at 1"),
        ({"estimator": BoostedLutClassifier(popcount=True)}, "leave popcount off"),
        ({"estimator": 3}, "estimator must be a BoostedLutClassifier or"),
        ({"core": CoreConfig(chip="ice41")}, "ice41"),
        ({"cv": 1}, "samples cannot be held out so"),
        ({"cv": [([0, 1, 60], [])]}, "a part is empty"),
        ({"param_grid": Space(criteria=("absolute",), leaf_bits=(2,))}, "leaves of one bit"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(told: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, DataError), match=message):
        quick().set_params(**told).fit(*IRIS)


def test_combinations_that_do_not_go_with_the_samples_are_left_out() -> None:
    X, y = IRIS
    search = quick(param_grid={**GRID, "k": [4, 12], "encoder": ["thermometer:2:uniform"]})
    search.fit(X, y)
    assert search.best_params_["k"] == 4
    ((shape, why),) = search.left_out_
    assert shape["k"] == 12 and "have 8 input bits, LUTs of k=12 need at least 12" in why
    with pytest.raises(DataError, match="have 8 input bits, LUTs of k=12"):
        search.set_params(param_grid={**search.param_grid, "k": [12]}).fit(X, y)


# --- trials


def test_a_growth_holds_the_smaller_networks() -> None:
    X, y = load_digits(return_X_y=True)
    for labels in (y, y > 4):
        for told in ({"criterion": "absolute"}, {"criterion": "newton", "leaf_bits": 3}):
            model = BoostedLutClassifier(
                k=4, luts_per_class=5, search_samples=500, random_state=0, refits=0, temperature=4,
                **told,
            ).fit(X, labels)  # fmt: skip
            small = clone(model).set_params(luts_per_class=3).fit(X, labels)
            assert first_rounds(model.network_, 3).digest == small.network_.digest
    X, y = load_diabetes(return_X_y=True)
    for numbers in (y, np.column_stack([y, -2 * y])):
        model = BoostedLutRegressor(k=4, luts_per_output=5, random_state=0, refits=0)
        grown = model.fit(X, numbers).network_
        assert first_rounds(grown, 5).digest == grown.digest
        small = model.set_params(luts_per_output=2).fit(X, numbers).network_
        assert first_rounds(grown, 2).digest == small.digest


def test_what_is_known_is_not_learnt_again() -> None:
    made: list[Trial] = []
    search = quick().fit(*IRIS, keep=made.append)
    kept: list[Trial] = []
    again = quick().fit(*IRIS, known=search.trials_, keep=kept.append)
    assert not kept and again.candidates_ == search.candidates_
    part = [trial for i, trial in enumerate(search.trials_) if i % 2]
    resumed = quick().fit(*IRIS, known=part, keep=kept.append)
    assert 0 < len(kept) < len(made)
    assert resumed.candidates_ == search.candidates_
    # what an earlier search noted is not taken for granted: planted is a cost, or another model
    count = next(i for i, trial in enumerate(search.trials_)
                 if trial.digest == search.best_estimator_.network_.digest)  # fmt: skip
    for change in ({"points": (Point(size=search.trials_[count].size, luts=1),)},
                   {"digest": "0" * 64}):  # fmt: skip
        planted = [*search.trials_]
        planted[count] = Trial(**{**vars(planted[count]), **change})
        with pytest.raises(DataError, match="the trials do not fit these samples: the chosen"):
            quick().fit(*IRIS, known=planted)


# --- halving, on curves that are known


class FakeTrials:
    """Shapes whose score and LUTs are formulas: an `a` that is good when small, one when large."""

    size_name = "luts_per_class"
    n_groups = 1
    splits = (None, None, None)
    estimator = BoostedLutClassifier()

    def __init__(self, over: float = 0.0) -> None:
        self.grown: list[tuple[Any, int, int]] = []
        self.rows: list[int] = []
        self.over = over

    def score(self, shape: Any, n: int) -> float:
        large = 1 - 1.0 / n + 0.0005 * shape["a"]
        return 0.9 if shape["a"] == 0 and n >= 2 else min(large, 0.99) - 0.05

    def grow(self, shape: Any, fold: int, size: int, sizes: Any, mapped: Any, rows: int) -> Trial:
        self.grown.append((shape["a"], fold, size))
        self.rows.append(rows)
        points = tuple(
            Point(size=n, score=self.score(shape, n), luts=10 * n if n in mapped else None)
            for n in sizes
            if n <= size
        )
        return Trial(parameters=dict(shape), fold=fold, refitted=False, n_samples=1, points=points,
                     digest="")  # fmt: skip

    def count(self, shape: Any, size: int) -> tuple[int, str]:
        return round(10 * size * (1 + self.over)), ""

    def measure(self, shape: Any, size: int, fold: int) -> float:
        return self.score(shape, size)


def halved(n: int, trials: FakeTrials, **told: Any) -> list[Candidate]:
    plan = Plan((1, 2, 3, 4, 6, 8, 12, 16, 24, 32), (2, 8, 32), **{"max_luts": 200, **told})
    totals: list[tuple[int, int]] = []
    shapes = [{"a": a, "k": 4} for a in range(n)]
    halving = Halving(trials, plan, lambda done, total, _: totals.append((done, total)))  # type: ignore[arg-type]
    found, curves = halving.run(shapes)
    assert totals[-1][0] == totals[-1][1] == len(totals) - 1
    assert [curve.shape for curve in curves] == shapes
    return found


def test_shapes_stay_that_are_best_at_some_size() -> None:
    trials = FakeTrials()
    found = halved(27, trials, n_finalists=3)
    rungs = [{a for a, fold, _ in trials.grown if fold == rung} for rung in range(3)]
    assert [len(rung) for rung in rungs] == [27, 9, 3]
    assert 0 in rungs[2]  # best of few LUTs, worst of many
    assert sorted(set(trials.rows)) == [8000, 24000, 72000]
    assert {c.parameters["a"] for c in found} == {0, 26}  # and none twice at one size
    assert all(c.luts <= 200 and len(c.scores) == 3 for c in found)
    assert {found[i].parameters["a"] for i in front(found)} == {0, 26}
    # the first grows until it takes too much, and the others as far
    assert [size for _, _, size in trials.grown[:6]] == [2, 8, 32, 32, 32, 32]
    tight = FakeTrials()
    halved(9, tight, n_finalists=3, max_luts=50)
    assert [size for _, _, size in tight.grown[:4]] == [2, 8, 8, 8]
    assert len(tight.grown) == 2 + 9 + 3


def test_lines_between_mapped_sizes_and_limits_that_are_missed_by_a_little() -> None:
    found = halved(3, FakeTrials(), n_finalists=4, max_luts=165)
    assert max(c.luts for c in found) == 160  # 16, which was not mapped while it grew
    # the network of all samples takes more than the line told: fewer LUTs
    found = halved(3, FakeTrials(over=0.2), n_finalists=4, max_luts=165)
    assert max(c.luts for c in found) == 144
    found = halved(3, FakeTrials(), n_finalists=2, max_luts=5)
    assert min(c.luts for c in found) == 10  # nothing fits: the smallest there is


# --- the choice


def some(*pairs: tuple[int, tuple[float, ...]]) -> list[Candidate]:
    return [Candidate(parameters={}, scores=scores, luts=luts, digest="") for luts, scores in pairs]


def test_the_choice() -> None:
    found = some((500, (0.9, 0.92)), (100, (0.8, 0.8)), (300, (0.9, 0.9)), (400, (0.85, 0.85)),
                 (300, (0.7, 0.7)))  # fmt: skip
    assert front(found) == (1, 2, 0)
    assert choose(found) == 0
    assert choose(found, frugal=True) == 2  # 0.91 ± 0.01
    assert choose(found, max_luts=499) == 2
    assert choose(found, max_luts=299) == 1
    assert choose(found, min_score=0.85) == 2
    assert choose(found, min_score=0.905, max_luts=500) == 0
    with pytest.raises(MismatchError, match="no network found takes 99 LUTs or fewer: the small"):
        choose(found, max_luts=99)
    with pytest.raises(MismatchError, match=r"0\.905 or more in 400 LUTs: the best has 0\.9000"):
        choose(found, max_luts=400, min_score=0.905)


# --- what is tried


def test_the_space_suits_samples_and_chip() -> None:
    X = IRIS[0]
    assert suitable_encoders(X)[:2] == ["thermometer:4:quantile", "thermometer:8:quantile"]
    assert suitable_encoders(X, "gain:16").count("gain:16") == 1
    assert suitable_encoders(X > 1) == ["binary"]
    assert suitable_encoders(np.ones((2, 784)) * 3, "threshold:128") == [
        "threshold:128", "gain:392", "gain:784", "gain:1568"
    ]  # fmt: skip
    assert suitable_ks(get_family("ice40")) == [4, 6] and suitable_ks(get_family("xcup")) == [5, 6]
    assert suitable_temperatures(166) == [2, 4, 8] and suitable_temperatures(1, 4.0) == [4, 8]
    grids = Space(ks=(4,)).grids(X, get_family("ice40"), 166, of_numbers=False)
    assert [(g["criterion"], g["leaf_bits"], g["temperature"]) for g in grids] == [
        (["absolute"], [1], [2, 4, 8]),
        (["newton"], [1], [4, 8, 16]),
        (["newton"], [3], [16, 32, 64]),
    ]
    pairs = Space().grids(X, get_family("xilinx7"), 166, of_numbers=False)
    assert [grid["leaf_bits"] for grid in pairs] == [[1], [1], [2], [3]]
    assert all(grid["k"] == [4] for grid in grids)
    with pytest.raises(ConfigError, match="numbers have one criterion and no temperature"):
        Space(criteria=("newton",)).grids(X, get_family("ice40"), 9, of_numbers=True)


def test_the_first_rungs_learn_from_fewer_rows() -> None:
    X, y = load_digits(return_X_y=True)
    estimator = BoostedLutClassifier(criterion="newton", temperature=2.0, random_state=0, n_jobs=1)
    splits = list(shuffled_folds(3, 0, stratified=True).split(X, y))
    trials = Trials(estimator, X, y, None, splits, Cost(ICE40))
    told = {"k": 2, "encoder": "thresholds:8"}
    few, all_of_them = (trials.grow(told, 1, 2, (1, 2), (), most) for most in (300, 10_000))
    assert few.n_samples == 300 and all_of_them.n_samples == len(splits[1][0])
    assert [point.size for point in few.points] == [1, 2] and few.digest != all_of_them.digest
    rows = trials._rows(1, 300)
    assert np.isin(rows, splits[1][0]).all() and (np.diff(rows) > 0).all()
    assert abs(np.bincount(y[rows]) - 30).max() <= 2
