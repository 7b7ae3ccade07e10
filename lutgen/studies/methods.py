"""Experiments 4 and 7: memorization beside standard methods, on Binary-MNIST and Binary-CIFAR-10.

The methods are scikit-learn's, untuned like the paper's, on the same bits as memorization. One row
is ours alone: LUTs learnt by boosting.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB
from sklearn.neighbors import KNeighborsClassifier

from lutgen.learn.boost import BoostParameters, boost
from lutgen.learn.memorize import Parameters
from lutgen.studies.context import Cell, Context
from lutgen.studies.conv_net import MISSING, is_available, train_conv_net
from lutgen.studies.plot import Bars, draw
from lutgen.studies.problem import Problem
from lutgen.studies.study import MEMORIZATION, Result, Row, Study, Verdict, within

_Array = NDArray[Any]
_Predict = Callable[[_Array], _Array]

CONV, FOREST, MEMORIZED, BOOSTED = "conv net", "random forest", "memorization", "boosted LUTs"
ONE, FIVE = "1-nearest neighbour", "5-nearest neighbours"
REGRESSION, BAYES, GUESS = "logistic regression", "naive Bayes", "random guess"
SEEDED = (CONV, FOREST, MEMORIZED, BOOSTED, GUESS)
WIDTHS = (1024,) * 5
N_QUICK = 5000  # training samples of the small version
N_QUICK_TREES = 30
N_QUERIES = 2000  # training samples that the neighbours are asked for
BOOST_K, N_BOOSTED = 6, 400


@dataclass(frozen=True)
class _Task:
    """A table of the paper: its data, its figures (training, test) and what they were made with."""

    data: str
    k: int
    n_trees: int
    n_epochs: int
    theirs: dict[str, tuple[float, float]]


TABLE_3 = _Task(
    data="mnist",
    k=12,
    n_trees=10,
    n_epochs=6,
    theirs={
        CONV: (0.98, 0.98),
        FIVE: (0.99, 0.97),
        ONE: (1.00, 0.97),
        FOREST: (1.00, 0.96),
        MEMORIZED: (0.99, 0.90),
        REGRESSION: (0.87, 0.87),
        BAYES: (0.76, 0.77),
        GUESS: (0.50, 0.50),
    },
)
TABLE_4 = _Task(
    data="cifar10",
    k=10,
    n_trees=300,
    n_epochs=40,
    theirs={
        CONV: (0.93, 0.71),
        FOREST: (1.00, 0.66),
        FIVE: (0.75, 0.63),
        ONE: (1.00, 0.63),
        MEMORIZED: (0.79, 0.63),
        REGRESSION: (0.64, 0.56),
        BAYES: (0.55, 0.56),
        GUESS: (0.50, 0.50),
    },
)


def _scores(predict: _Predict, problem: Problem) -> list[float]:
    """Return training and test accuracy of what tells classes from dense bits."""
    parts = ((problem.train, problem.y_train), (problem.test, problem.y_test))
    return [float((predict(bits.to_dense()) == y).mean()) for bits, y in parts]


def _neighbours(problem: Problem, n_threads: int | None) -> dict[str, list[float]]:
    """Search once for both rows; bits are exact in float32, and so are their distances."""
    X = problem.train.to_dense().astype(np.float32)
    search = KNeighborsClassifier(5, algorithm="brute", n_jobs=n_threads).fit(X, problem.y_train)
    test = problem.test.to_dense().astype(np.float32)
    found: dict[str, list[float]] = {ONE: [], FIVE: []}
    for queries, y in ((X[:N_QUERIES], problem.y_train[:N_QUERIES]), (test, problem.y_test)):
        near = problem.y_train[search.kneighbors(queries, return_distance=False)]
        found[ONE].append(float((near[:, 0] == y).mean()))
        found[FIVE].append(float(((near.sum(axis=1) > 2) == y).mean()))
    return found


def _estimator(model: Any, problem: Problem) -> list[float]:
    X = problem.train.to_dense()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # untuned, as the paper's
        model.fit(X.astype(np.float32), problem.y_train)
    return _scores(lambda X: model.predict(X.astype(np.float32)), problem)


def _memorization(k: int, problem: Problem, seed: int) -> list[float]:
    network = problem.learn(Parameters(k=k, widths=WIDTHS, seed=seed, cone_only=True))
    return [problem.train_accuracy(network), problem.test_accuracy(network)]


def _boosted(problem: Problem, seed: int, n_threads: int | None) -> list[float]:
    network = boost(
        problem.train,
        problem.y_train,
        BoostParameters(k=BOOST_K, luts_per_class=N_BOOSTED, seed=seed, criterion="absolute"),
        encoder=problem.encoder,
        classes=np.array([0, 1]),
        feature_shape=problem.feature_shape,
        n_threads=n_threads,
    )
    return [problem.train_accuracy(network), problem.test_accuracy(network)]


def _guess(problem: Problem, seed: int) -> list[float]:
    random = np.random.default_rng(seed)
    return _scores(lambda X: random.integers(2, size=len(X)), problem)


def _n_trees(task: _Task, context: Context) -> int:
    return min(task.n_trees, N_QUICK_TREES) if context.quick else task.n_trees


def _cells(task: _Task, context: Context) -> dict[str, Cell]:
    n_threads = context.settings.n_threads
    n_epochs = 1 if context.quick else task.n_epochs
    n_trees = _n_trees(task, context)

    def problem() -> Problem:
        return context.problem(task.data, "ge5", N_QUICK if context.quick else None)

    def conv_net(seed: int) -> list[float]:
        p = problem()
        X = p.train.to_dense()
        net = train_conv_net(X, p.y_train, p.feature_shape, n_epochs, seed, n_threads)
        return _scores(net, p)

    def forest(seed: int) -> list[float]:
        model = RandomForestClassifier(n_trees, random_state=seed, n_jobs=n_threads)
        return _estimator(model, problem())

    def seeded(name: str, measure: Callable[[int], list[float]]) -> dict[str, Cell]:
        return {f"{name} seed={seed}": partial(measure, seed) for seed in context.seeds}

    return {  # the quickest first
        **seeded(MEMORIZED, lambda seed: _memorization(task.k, problem(), seed)),
        **seeded(GUESS, lambda seed: _guess(problem(), seed)),
        **seeded(BOOSTED, lambda seed: _boosted(problem(), seed, n_threads)),
        BAYES: lambda: _estimator(BernoulliNB(), problem()),
        "neighbours": lambda: _neighbours(problem(), n_threads),
        REGRESSION: lambda: _estimator(LogisticRegression(max_iter=100), problem()),
        **seeded(FOREST, forest),
        **(seeded(CONV, conv_net) if is_available() else {}),
    }


def _run(task: _Task, context: Context) -> Result:
    values = context.compute(_cells(task, context))
    runs: dict[str, list[list[float]]] = {
        **{name: [value] for name, value in values["neighbours"].items()},
        **{name: [values[name]] for name in (REGRESSION, BAYES)},
    }
    for name in SEEDED:
        if name != CONV or is_available():
            runs[name] = [values[f"{name} seed={seed}"] for seed in context.seeds]
    notes = {
        FOREST: f"{_n_trees(task, context)} trees",
        MEMORIZED: f"k={task.k}, 5 layers of 1,024",
        BOOSTED: f"k={BOOST_K}, {N_BOOSTED} LUTs; not in the paper",
        CONV: "PyTorch" if is_available() else f"skipped: {MISSING}",
    }
    rows = []
    for name in (*task.theirs, BOOSTED):
        for place, part in enumerate(("training", "test")):
            theirs = task.theirs[name][place] if name in task.theirs else None
            label, note = f"{name}, {part}", "" if place else notes.get(name, "")
            if name in runs:
                rows.append(Row.of(label, [run[place] for run in runs[name]], theirs, note))
            else:
                rows.append(Row(label, None, theirs, note=note))
    test = {name: float(np.mean([run[1] for run in runs[name]])) for name in runs}
    memorized = [row for row in rows if row.name.startswith(MEMORIZED)]
    claims = [
        _order(task, test),
        within(memorized, 0.01, "memorization: both accuracies within 0.01"),
    ]
    if task.data == "mnist":
        claims.append(_beats(test, (REGRESSION, BAYES)))
    else:
        claims += [_ties(test), _beats(test, (REGRESSION, BAYES))]
    first = f"The nearest neighbours' training accuracy is that of the first {N_QUERIES:,} samples."
    split = context.dataset(task.data).split
    return Result(tuple(rows), tuple(claims), (first, f"Split: {split}."))


def _order(task: _Task, test: dict[str, float]) -> Verdict:
    """Compare each pair of methods whose test accuracies the paper tells apart."""
    known = {name: theirs for name, (_, theirs) in task.theirs.items() if name in test}
    pairs = [
        (a, b) if known[a] > known[b] else (b, a)
        for a, b in combinations(known, 2)
        if known[a] != known[b]
    ]
    wrong = [f"{b} above {a}" for a, b in pairs if test[a] <= test[b]]
    figures = f"{len(pairs) - len(wrong)} of {len(pairs)} pairs of methods in their order"
    return Verdict(
        "the same order of the methods by test accuracy",
        not wrong,
        "; ".join([figures, *wrong, *([] if CONV in known else ["conv net not run"])]),
    )


def _beats(test: dict[str, float], others: tuple[str, ...]) -> Verdict:
    return Verdict(
        f"memorization beats {' and '.join(others)}",
        all(test[MEMORIZED] > test[other] for other in others),
        ", ".join(f"{name} {test[name]:.4f}" for name in (MEMORIZED, *others)),
    )


def _ties(test: dict[str, float]) -> Verdict:
    return Verdict(
        "memorization ties with the nearest neighbours, within 0.015",
        all(abs(test[MEMORIZED] - test[other]) <= 0.015 for other in (ONE, FIVE)),
        ", ".join(f"{name} {test[name]:.4f}" for name in (MEMORIZED, ONE, FIVE)),
    )


def _draw(result: Result) -> dict[str, str]:
    panels = []
    for part in ("training", "test"):
        rows = [row for row in result.rows if row.name.endswith(f", {part}")]
        names = [row.name.removesuffix(f", {part}") for row in rows]
        groups = {"ours": [row.ours for row in rows], "paper": [row.theirs for row in rows]}
        panels.append(Bars(f"{part} accuracy".capitalize(), names, groups, (0.4, 1.0)))
    return {"methods": draw(panels, scale=1.2)}


STUDIES = (
    Study(
        "table3",
        "standard methods beside memorization on Binary-MNIST",
        f"{MEMORIZATION}, experiment 4, table 3",
        partial(_run, TABLE_3),
        _draw,
    ),
    Study(
        "table4",
        "standard methods beside memorization on Binary-CIFAR-10",
        f"{MEMORIZATION}, experiment 7, table 4",
        partial(_run, TABLE_4),
        _draw,
    ),
)
