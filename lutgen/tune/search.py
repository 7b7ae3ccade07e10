"""A search over the boosters' parameters, as a scikit-learn estimator that knows the hardware."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ParameterGrid,
    StratifiedKFold,
    check_cv,
)
from sklearn.utils import check_X_y, get_tags
from sklearn.utils.multiclass import check_classification_targets

from lutgen.chips.chip import get_chip
from lutgen.core import CoreConfig
from lutgen.encode.encoder import BIT
from lutgen.errors import ConfigError, DataError
from lutgen.learn.estimators.boosted import Boosted, seed_of
from lutgen.learn.estimators.shared import as_weights
from lutgen.records.tune import Candidate, Trial
from lutgen.tune.choice import choose
from lutgen.tune.cost import Cost
from lutgen.tune.halving import Halving, Plan
from lutgen.tune.space import DEFAULT_MOST_LUTS, MAPPED, SIZES, Space
from lutgen.tune.trials import Trials

DEFAULT_CORE = CoreConfig(input_format="auto")


class BoostedLutSearch(GridSearchCV):  # type: ignore[misc]
    """The parameters of a boosted estimator, chosen by score and by LUTs of the hardware.

    Combinations are compared by successive halving: each grows a network once, which is measured
    on samples held out as it grows and mapped onto the chip; the better ones go on with more
    samples and other parts held out. The best are learnt in full, in cross-validation. One of them
    is chosen, and learnt from all samples.

    Parameters
    ----------
    estimator : BoostedLutClassifier or BoostedLutRegressor
        What learns; its parameters hold where they are not searched, but for `patience`: how far
        networks grow is what is searched.
    param_grid : dict, list of dict, Space or None, default=None
        Lists of parameters to try, as of :class:`sklearn.model_selection.GridSearchCV`; the sizes
        (``luts_per_class`` or ``luts_per_output``) among them or, where they are not named, in
        steps of a quarter. None: what suits samples and chip; a :class:`lutgen.tune.space.Space`
        names some of it.
    core : CoreConfig or None, default=None
        What the hardware is to be: chip, input format, registers. None: portable LUTs of any size,
        features as numbers in the smallest format that loses nothing (``input_format="auto"``).
    max_luts : int or None, default=None
        The most LUTs that encoder, core and head may take together. None: those of the device that
        `core` names, 2,000 at most.
    min_score : float or None, default=None
        Choose the smallest network whose score is as good. None: the best within `max_luts`, or
        where that is not given either, the smallest within a standard error of the best.
    n_finalists : int, default=10
        Candidates that are learnt in full.
    factor : int, default=3
        One of so many combinations stays from rung to rung.
    cv : int, splitter or iterable, default=5
        How samples are held out, as of `GridSearchCV`.
    refit : bool, default=True
        Learn the chosen model from all samples.

    Attributes
    ----------
    best_estimator_ : estimator
        The chosen one, fitted on all samples.
    best_params_, best_score_, best_index_
        Its parameters, its mean score (accuracy, of numbers R² or D²) and its place.
    best_luts_ : int
        What it takes of the chip.
    cv_results_ : dict of ndarray
        The candidates that were learnt in full: ``params``, ``split0_test_score`` …,
        ``mean_test_score``, ``std_test_score``, ``rank_test_score`` and ``luts``.
    candidates_ : list of Candidate
        The same as values.
    trials_ : list of Trial
        All networks that were learnt on the way.
    left_out_ : list of (dict, str)
        Combinations that the samples do not go with, such as a k of more inputs than there are
        bits, and why.
    classes_ : ndarray
        The labels, of a classifier.
    """

    scoring = None
    verbose = 0
    pre_dispatch = "2*n_jobs"
    error_score = "raise"
    return_train_score = False
    n_jobs = None

    def __init__(
        self,
        estimator: Boosted,
        param_grid: Mapping[str, Any] | Sequence[Mapping[str, Any]] | Space | None = None,
        *,
        core: CoreConfig | None = None,
        max_luts: int | None = None,
        min_score: float | None = None,
        n_finalists: int = 10,
        factor: int = 3,
        cv: Any = 5,
        refit: bool = True,
    ) -> None:
        self.estimator = estimator
        self.param_grid = param_grid
        self.core = core
        self.max_luts = max_luts
        self.min_score = min_score
        self.n_finalists = n_finalists
        self.factor = factor
        self.cv = cv
        self.refit = refit

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags = deepcopy(get_tags(self.estimator).target_tags)
        tags.input_tags.allow_nan = getattr(self.estimator, "missing", "") == BIT
        return tags

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        *,
        groups: ArrayLike | None = None,
        known: Iterable[Trial] = (),
        keep: Callable[[Trial], None] = lambda _: None,
        progress: Callable[[int, int, str], None] = lambda _done, _total, _remark: None,
    ) -> Self:
        """Search, choose, and learn the chosen model from all samples.

        Parameters
        ----------
        sample_weight : array-like of shape (n_samples,), optional
            What each sample counts, in learning and in scores.
        groups : array-like of shape (n_samples,), optional
            Of each sample, for splitters that keep groups together.
        known : iterable of Trial
            Trials of an earlier search with the same samples and parameters, which are not made
            again.
        keep : callable
            Called with each new trial.
        progress : callable
            Called with trials done, trials in all, and a remark.

        Raises
        ------
        MismatchError
            If no candidate meets what is asked for; `candidates_` tells what there is.
        ConfigError, DataError
            If a parameter or the samples are not as they have to be.
        """
        self._check()
        matrix, targets = self._checked(X, y)
        weights = None if sample_weight is None else as_weights(sample_weight, len(matrix))
        splits = self._splits(matrix, targets, groups)
        base = clone(self.estimator).set_params(
            random_state=seed_of(self.estimator.random_state), patience=0
        )
        config = self.core or DEFAULT_CORE
        trials = Trials(base, matrix, targets, weights, splits, Cost(config), known, keep)
        shapes, plan = self._planned(trials, config, matrix)
        self.n_splits_ = len(splits)
        self.multimetric_ = False
        self.scorer_ = check_scoring(self.estimator)
        halving = Halving(trials, plan, progress)
        self.candidates_, _ = halving.run(shapes)
        self.left_out_ = halving.left_out
        self.trials_ = trials.all
        self.cv_results_ = results_of(self.candidates_)
        limit = self.max_luts or (plan.max_luts if get_chip(config.chip).device else None)
        frugal = self.max_luts is None
        self.best_index_ = choose(self.candidates_, limit, self.min_score, frugal=frugal)
        chosen = self.candidates_[self.best_index_]
        self.best_params_, self.best_score_ = chosen.parameters, chosen.score
        self.best_luts_ = chosen.luts
        if self.refit:
            self.best_estimator_ = clone(base).set_params(**chosen.parameters)
            self.best_estimator_.fit(X, y, sample_weight)
            if hasattr(self.best_estimator_, "feature_names_in_"):
                self.feature_names_in_ = self.best_estimator_.feature_names_in_
            self._recheck(chosen)
        return self

    def _check(self) -> None:
        """Refuse parameters that are out of their range."""
        faults = []
        estimator: object = self.estimator
        if not isinstance(estimator, Boosted):
            faults.append(
                "estimator must be a BoostedLutClassifier or a BoostedLutRegressor, got "
                f"{type(estimator).__name__}"
            )
        elif estimator.get_params()["layers"] != 1:
            faults.append("a search learns networks of one layer: leave layers at 1")
        elif estimator.get_params()["popcount"]:
            faults.append("a search learns networks of one layer: leave popcount off")
        least = {"max_luts": 1, "n_finalists": 1, "factor": 2}
        for name, fewest in least.items():
            value = getattr(self, name)
            optional = name == "max_luts" and value is None
            if not optional and not (_is_whole(value) and value >= fewest):
                faults.append(f"{name} must be a whole number of {fewest} or more, got {value!r}")
        if self.min_score is not None and not -np.inf < self.min_score <= 1:
            faults.append(f"min_score must be 1 or less, got {self.min_score!r}")
        if faults:
            raise ConfigError("; ".join(faults))

    def _checked(self, X: ArrayLike, y: ArrayLike | None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return samples and labels, or numbers, as arrays."""
        of_classes = is_classifier(self.estimator)
        matrix, targets = check_X_y(
            X,
            y,
            dtype="numeric",
            ensure_all_finite=False,
            multi_output=not of_classes,
            y_numeric=not of_classes,
            estimator=self,
        )
        if of_classes:
            check_classification_targets(targets)
        return matrix, targets

    def _splits(
        self, X: NDArray[Any], y: NDArray[Any], groups: ArrayLike | None
    ) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Return rows to learn from and rows held out, fold by fold."""
        try:
            cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
            splits = [(np.sort(kept), np.sort(aside)) for kept, aside in cv.split(X, y, groups)]
        except (ValueError, TypeError) as error:
            raise DataError(f"samples cannot be held out so: {error}") from error
        if not splits or any(not len(kept) or not len(aside) for kept, aside in splits):
            raise DataError("samples cannot be held out so: a part is empty")
        return splits

    def _planned(
        self, trials: Trials, config: CoreConfig, X: NDArray[Any]
    ) -> tuple[list[dict[str, Any]], Plan]:
        """Return what is tried, without sizes, and how."""
        chip = get_chip(config.chip)
        device = chip.device.luts if chip.device else DEFAULT_MOST_LUTS
        max_luts = self.max_luts or min(device, DEFAULT_MOST_LUTS)
        given = Space() if self.param_grid is None else self.param_grid
        sizes: set[Any] = set()
        grids: list[Mapping[str, Any]]
        if isinstance(given, Space):
            sizes.update(given.sizes)
            most = max(1, max_luts // trials.n_groups)
            of_numbers = trials.is_regression
            grids = [*given.grids(X, chip.family, most, of_numbers=of_numbers)]
        else:
            grids = [given] if isinstance(given, Mapping) else [*given]
            for grid in grids:
                sizes.update(np.asarray(grid.get(trials.size_name, ())).tolist())
            grids = [{k: v for k, v in grid.items() if k != trials.size_name} for grid in grids]
        if bad := [size for size in sizes if not (_is_whole(size) and size >= 1)]:
            raise ConfigError(f"{trials.size_name} must be whole numbers of 1 or more: {bad[0]!r}")
        known = trials.estimator.get_params()
        own = {"patience", "layers", "popcount", "random_state", "warm_start", "n_jobs"}
        for name in sorted({name for grid in grids for name in grid}):
            if name not in known or name in own:
                raise ConfigError(f"param_grid: {name!r} is no parameter that can be searched")
        shapes = [{k: _plain(v) for k, v in shape.items()} for shape in ParameterGrid(grids)]
        told = tuple(sorted(int(size) for size in sizes))
        plan = Plan(
            sizes=told or SIZES,
            mapped=told or MAPPED,
            max_luts=max_luts,
            factor=self.factor,
            n_finalists=self.n_finalists,
        )
        return list({str(shape): shape for shape in shapes}.values()), plan

    def _recheck(self, chosen: Candidate) -> None:
        """Compare the model with what trials, perhaps those of an earlier search, told of it."""
        network = self.best_estimator_.network_
        if network.provenance.interrupted:
            raise KeyboardInterrupt
        luts = Cost(self.core or DEFAULT_CORE)(network)
        if network.digest != chosen.digest or luts != chosen.luts:
            raise DataError(
                f"the trials do not fit these samples: the chosen model is {network.digest[:8]} "
                f"and takes {luts:,} LUTs, where {chosen.digest[:8]} with {chosen.luts:,} was "
                "noted; begin the search anew"
            )


def shuffled_folds(n_folds: int, seed: int, *, stratified: bool) -> Any:
    """Return a splitter into so many parts, drawn with a seed; of each class as many where asked.

    Raises
    ------
    ConfigError
        If there are fewer than two.
    """
    if n_folds < 2:
        raise ConfigError(f"folds must be 2 or more, got {n_folds}")
    kind = StratifiedKFold if stratified else KFold
    return kind(n_folds, shuffle=True, random_state=seed % (1 << 32))


def results_of(candidates: Sequence[Candidate]) -> dict[str, Any]:
    """Return candidates as scikit-learn's ``cv_results_``."""
    results: dict[str, Any] = {"params": [candidate.parameters for candidate in candidates]}
    for name in sorted({name for candidate in candidates for name in candidate.parameters}):
        values = [candidate.parameters.get(name) for candidate in candidates]
        lacking = [name not in candidate.parameters for candidate in candidates]
        results[f"param_{name}"] = np.ma.MaskedArray(np.array(values, dtype=object), mask=lacking)
    scores = np.array([candidate.scores for candidate in candidates])
    results |= {f"split{i}_test_score": column for i, column in enumerate(scores.T)}
    means = scores.mean(axis=1)
    results["mean_test_score"], results["std_test_score"] = means, scores.std(axis=1)
    better = (means[None, :] > means[:, None]).sum(axis=1)
    results["rank_test_score"] = (better + 1).astype(np.int32)
    results["luts"] = np.array([candidate.luts for candidate in candidates])
    return results


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """Return a value of a grid as plain Python's; refuse what no record could hold."""
    plain = value.item() if isinstance(value, np.generic) else value
    if not isinstance(plain, str | bool | int | float | type(None)):
        raise ConfigError(f"param_grid: numbers and texts alone can be searched, got {plain!r}")
    return plain
