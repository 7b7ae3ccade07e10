"""Fitted estimators of scikit-learn, by what they hold: trees, forests, boosting, isolation.

Nothing of scikit-learn is imported: an estimator is told by its fitted attributes, so that objects
read from files (:mod:`lutgen.importers.trees.skops`) do as well. Its trees round features to
float32 and send what is at or below the threshold left; histogram gradient boosting compares
float64.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers.trees.comparisons import FLOAT32, FLOAT64, cut
from lutgen.importers.trees.ensemble import MAX_SCORES, Collector, Ensemble, joined
from lutgen.importers.trees.fields import real, whole

_LOG_LINKS = ("poisson", "gamma")
_EPSILON = float(np.finfo(np.float64).eps)


def of_estimator(estimator: Any) -> Ensemble:
    """Return the ensemble of a fitted estimator.

    Raises
    ------
    ModelError
        If it is not fitted, or no trees whose leaves add up.
    """
    kind = type_name(estimator)
    for name, why in _NOT.items():
        if _has(estimator, name):
            raise ModelError(f"{kind} {why}")
    if _has(estimator, "_predictors") and _has(estimator, "_baseline_prediction"):
        return _histogram(estimator)
    if _has(estimator, "estimator_weights_"):
        return _ada_boost(estimator)
    if _has(estimator, "estimators_") and _has(estimator, "init_"):
        return _gradient_boosting(estimator)
    if _has(estimator, "estimators_") and _has(estimator, "offset_"):
        return _isolation(estimator)
    if _has(estimator, "estimators_"):
        return _forest(estimator, list(np.ravel(np.array(estimator.estimators_, dtype=object))))
    if _has(estimator, "tree_"):
        return _forest(estimator, [estimator])
    raise ModelError(
        f"{kind} is not fitted, or none of the trees, forests and boosted trees that lutgen takes"
    )


_NOT = {
    "steps": "has several steps; give the last of them, which has the trees",
    "voting": "votes among estimators; give one of them",
    "final_estimator_": "stacks estimators, whose answers are no sum",
    "best_estimator_": "searched for parameters; give its best_estimator_",
    "one_hot_encoder_": "answers with leaves, not with what they add up to",
}


def type_name(estimator: Any) -> str:
    """Return the name of an estimator's class."""
    return str(getattr(estimator, "type_name", type(estimator).__name__))


def _has(estimator: Any, name: str) -> bool:
    return getattr(estimator, name, None) is not None


def _get(estimator: Any, name: str) -> Any:
    value = getattr(estimator, name, None)
    if value is None:
        raise ModelError(f"{type_name(estimator)} has no {name}; fit it first")
    return value


def _array(value: Any, what: str, n_dim: int, kinds: str = "biuf") -> NDArray[Any]:
    array = np.asarray(value)
    if array.ndim != n_dim or array.dtype.kind not in kinds:
        raise ModelError(
            f"{what} must be an array of {n_dim} dimension(s), got {array.dtype} of shape "
            f"{array.shape}"
        )
    return array


def _collector(estimator: Any) -> Collector:
    return Collector(whole(_get(estimator, "n_features_in_"), "n_features_in_"))


def _classes(estimator: Any) -> NDArray[Any]:
    classes = np.asarray(_get(estimator, "classes_"))
    if classes.dtype == object and all(isinstance(label, str) for label in classes.ravel()):
        classes = classes.astype(str)
    if classes.ndim != 1 or not 2 <= classes.size <= MAX_SCORES:
        raise ModelError(
            f"its classes are of shape {classes.shape}; one answer of several is meant"
        )
    return classes


def _names(estimator: Any) -> tuple[str, ...]:
    names = getattr(estimator, "feature_names_in_", None)
    return () if names is None else tuple(str(name) for name in np.ravel(names))


def _add(
    collector: Collector,
    tree: Any,
    values: NDArray[np.float64],
    scores: tuple[int, ...],
    features: NDArray[Any] | None = None,
) -> None:
    """Add one tree with the values of its leaves, shape (n_nodes, len(scores))."""
    left = _array(tree.children_left, "children_left", 1).astype(np.int64).tolist()
    right = _array(tree.children_right, "children_right", 1).astype(np.int64).tolist()
    asked = _array(tree.feature, "feature", 1).astype(np.int64).tolist()
    thresholds = _array(tree.threshold, "threshold", 1).astype(np.float64).tolist()
    to_left = getattr(tree, "missing_go_to_left", None)
    missing = [False] * len(left) if to_left is None else np.asarray(to_left).astype(bool).tolist()
    if any(len(part) != len(left) for part in (right, asked, thresholds, missing)):
        raise ModelError(f"tree {len(collector.trees)}: its arrays are not of one length")
    questions = []
    for node, child in enumerate(left):
        if child < 0:
            questions.append(-1)
            continue
        if math.isnan(thresholds[node]):
            raise ModelError(f"tree {len(collector.trees)} has a threshold that is NaN")
        column = asked[node]
        if features is not None:
            if not 0 <= column < features.size:
                raise ModelError(f"tree {len(collector.trees)} asks for feature {column} of "
                                 f"{features.size}")  # fmt: skip
            column = int(features[column])
        cuts = (cut(thresholds[node], strict=False, precision=FLOAT32),)
        questions.append(collector.ask(column, cuts, missing=not missing[node]))
    collector.add(questions, left, right, values, scores)


def _values(tree: Any) -> NDArray[np.float64]:
    """Return the values of nodes, shape (n_nodes, n_outputs, n_classes or 1)."""
    values = getattr(tree, "value", None)
    return _array(values, "the values of a tree", 3).astype(np.float64)


def _shares(tree: Any, n_classes: int) -> NDArray[np.float64]:
    """Return the share of each class at each node; before scikit-learn 1.3 trees have counts."""
    values = _values(tree)
    if values.shape[1] != 1 or values.shape[2] != n_classes:
        raise ModelError(f"a tree has values of shape {values.shape}, not for {n_classes} classes")
    shares = values[:, 0, :]
    total = shares.sum(axis=1, keepdims=True)
    counted = (np.abs(total - 1) > 1e-9) & (total > 0)
    return np.where(counted, shares / np.where(total > 0, total, 1), shares)


def _features(estimator: Any, number: int) -> NDArray[Any] | None:
    all_of_them = getattr(estimator, "estimators_features_", None)
    if all_of_them is None:
        return None
    if number >= len(all_of_them):
        raise ModelError("estimators_features_ has too few entries")
    return _array(all_of_them[number], "estimators_features_", 1, "iu")


def _forest(estimator: Any, members: list[Any]) -> Ensemble:
    collector = _collector(estimator)
    classes = _classes(estimator) if _has(estimator, "classes_") else None
    n_scores = 0
    for number, member in enumerate(members):
        tree = _tree(member)
        values = _values(tree)[:, :, 0] if classes is None else _shares(tree, classes.size)
        if classes is not None and classes.size == 2:
            values = values[:, 1:] - values[:, :1]
        n_scores = n_scores or values.shape[1]
        if values.shape[1] != n_scores or values.shape[1] > MAX_SCORES:
            raise ModelError("its trees are not for the same number of scores")
        _add(collector, tree, values, tuple(range(n_scores)), _features(estimator, number))
    return collector.finish(
        np.zeros(max(1, n_scores)),
        classes=classes,
        divisor=float(len(members)),
        feature_names=_names(estimator),
    )


def _tree(member: Any) -> Any:
    if not _has(member, "tree_"):
        raise ModelError(f"one of its members is a {type_name(member)}, not a decision tree")
    return member.tree_


def _gradient_boosting(estimator: Any) -> Ensemble:
    collector = _collector(estimator)
    rounds = np.asarray(estimator.estimators_, dtype=object)
    if rounds.ndim != 2:
        raise ModelError(f"its estimators_ are of shape {rounds.shape}, not (rounds, scores)")
    n_scores = int(rounds.shape[1])
    rate = real(_get(estimator, "learning_rate"), "learning_rate")
    for row in rounds:
        for score, member in enumerate(row):
            tree = _tree(member)
            _add(collector, tree, rate * _values(tree)[:, :1, 0], (score,))
    classes = _classes(estimator) if _has(estimator, "classes_") else None
    return collector.finish(
        _initial(estimator, n_scores, classes),
        classes=classes,
        takes_missing=False,
        ties_to_second=True,
        feature_names=_names(estimator),
    )


def _initial(estimator: Any, n_scores: int, classes: NDArray[Any] | None) -> NDArray[np.float64]:
    """Return what the scores start from."""
    init = estimator.init_
    if isinstance(init, str) and init == "zero":
        return np.zeros(n_scores)
    if classes is None and _has(init, "constant_"):
        return np.full(n_scores, real(np.ravel(init.constant_)[0], "the initial constant"))
    if classes is None or not _has(init, "class_prior_") or init.strategy != "prior":
        raise ModelError(f"it starts from a {type_name(init)}, whose answers are no constant")
    prior = np.clip(_array(init.class_prior_, "class_prior_", 1), _EPSILON, 1 - _EPSILON)
    if prior.size != classes.size:
        raise ModelError(f"{prior.size} priors for {classes.size} classes")
    if n_scores > 1:
        logs = np.log(prior)
        return np.asarray(logs - logs.mean(), dtype=np.float64)
    logit = np.log(prior[1] / (1 - prior[1]))
    return np.array([logit / 2 if estimator.loss == "exponential" else logit])


def _ada_boost(estimator: Any) -> Ensemble:
    collector = _collector(estimator)
    if not _has(estimator, "classes_"):
        raise ModelError(
            f"{type_name(estimator)} answers with the weighted median of its trees, which is no sum"
        )
    classes = _classes(estimator)
    n_classes = classes.size
    members = list(estimator.estimators_)
    weights = _array(_get(estimator, "estimator_weights_"), "estimator_weights_", 1)
    if len(members) > weights.size:
        raise ModelError(f"{weights.size} weights for {len(members)} trees")
    weights = weights[: len(members)].astype(np.float64)
    for member, weight in zip(members, weights.tolist(), strict=True):
        tree = _tree(member)
        chosen = _shares(tree, n_classes).argmax(axis=1)
        if n_classes == 2:
            values = np.where(chosen == 1, 2 * weight, -2 * weight)[:, None]
        else:
            others = -1 / (n_classes - 1) * weight
            values = np.where(chosen[:, None] == np.arange(n_classes), weight, others)
        _add(collector, tree, values, tuple(range(values.shape[1])))
    total = float(weights.sum())
    if not total > 0:
        raise ModelError("the weights of its trees add up to nothing")
    return collector.finish(
        np.zeros(1 if n_classes == 2 else n_classes),
        classes=classes,
        divisor=total,
        feature_names=_names(estimator),
    )


def _isolation(estimator: Any) -> Ensemble:
    """Return an isolation forest: the mean path is compared with the one that the offset means.

    The score of a sample is ``2 ** (-path / expected)``, and it is an outlier if the score is above
    ``-offset``, so if its path is shorter than ``-log2(-offset) * expected``.
    """
    collector = _collector(estimator)
    members = list(estimator.estimators_)
    largest = getattr(estimator, "_max_samples", getattr(estimator, "max_samples_", None))
    expected = float(_average_path(np.array([real(largest, "max_samples_")]))[0])
    offset = real(estimator.offset_, "offset_")
    if not (offset < 0 and expected > 0):
        raise ModelError(f"its offset is {offset:g}; a number below 0 is meant")
    for number, member in enumerate(members):
        tree = _tree(member)
        path = _depths(tree) + _average_path(_array(tree.n_node_samples, "n_node_samples", 1))
        _add(collector, tree, path[:, None], (0,), _features(estimator, number))
    least = -math.log2(-offset) * expected
    return collector.finish(
        np.array([-least * len(members)]),
        classes=np.array([-1, 1]),
        divisor=float(len(members)),
        ties_to_second=True,
        feature_names=_names(estimator),
        notes=(
            "margins are by how much the mean path is longer than that of the offset; "
            "decision_function is a rising function of them",
        ),
    )


def _depths(tree: Any) -> NDArray[np.float64]:
    """Return the number of questions on the way to each node."""
    left = _array(tree.children_left, "children_left", 1).astype(np.int64)
    right = _array(tree.children_right, "children_right", 1).astype(np.int64)
    depths = np.zeros(left.size)
    level, depth = np.array([0]), 0
    while level.size:
        inner = level[left[level] >= 0]
        depth += 1
        level = np.concatenate([left[inner], right[inner]])
        if depth > left.size or (level.size and not 0 <= level.min() <= level.max() < left.size):
            raise ModelError("a tree's children are not among its nodes, or go round in circles")
        depths[level] = depth
    return depths


def _average_path(n_samples: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean length of an unsuccessful search in a random tree of so many samples."""
    n = np.maximum(n_samples.astype(np.float64), 2.0)
    long = 2.0 * (np.log(np.maximum(n - 1.0, 1.0)) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return np.where(n_samples <= 1, 0.0, np.where(n_samples == 2, 1.0, long))


def _histogram(estimator: Any) -> Ensemble:
    collector = _collector(estimator)
    rounds = list(estimator._predictors)
    base = np.ravel(_array(np.atleast_1d(estimator._baseline_prediction),
                           "_baseline_prediction", np.ndim(estimator._baseline_prediction) or 1)
                    ).astype(np.float64)  # fmt: skip
    if not 1 <= base.size <= MAX_SCORES:
        raise ModelError(f"{base.size} scores; 1 to {MAX_SCORES:,} are possible")
    columns, categories, notes = _columns(estimator)
    for row in rounds:
        if len(row) != base.size:
            raise ModelError(f"a round of {len(row)} trees for {base.size} scores")
        for score, predictor in enumerate(row):
            _add_histogram(collector, predictor, score, columns, categories)
    classes = _classes(estimator) if _has(estimator, "classes_") else None
    if classes is None and getattr(estimator, "loss", "") in _LOG_LINKS:
        notes.append("the answers are logarithms of what the estimator predicts")
    return collector.finish(
        base, classes=classes, feature_names=_names(estimator), notes=tuple(notes)
    )


def _columns(estimator: Any) -> tuple[list[int], dict[int, list[float]], list[str]]:
    """Return the column behind each feature of the trees, and values behind codes of categories.

    The estimator puts columns of categories first, and numbers their values.
    """
    n_features = whole(estimator.n_features_in_, "n_features_in_")
    is_category = getattr(estimator, "is_categorical_", None)
    if is_category is None or not np.any(is_category):
        return list(range(n_features)), {}, []
    chosen = _array(is_category, "is_categorical_", 1)
    if chosen.size != n_features:
        raise ModelError(f"is_categorical_ has {chosen.size} entries for {n_features} features")
    first = np.flatnonzero(chosen).tolist()
    columns = [*first, *np.flatnonzero(~chosen.astype(bool)).tolist()]
    values: dict[int, list[float]] = {}
    notes: list[str] = []
    preprocessor = getattr(estimator, "_preprocessor", None)
    if preprocessor is None:  # before scikit-learn 1.4: codes as they are, and columns in place
        return list(range(n_features)), {}, []
    encoders = [item[1] for item in preprocessor.transformers_ if item[0] == "encoder"]
    lists = list(getattr(encoders[0], "categories_", ())) if encoders else []
    if len(lists) != len(first):
        raise ModelError(f"{len(lists)} lists of categories for {len(first)} columns of them")
    for place, found in enumerate(lists):
        array = np.asarray(found)
        try:
            values[place] = array.astype(np.float64).tolist()
        except (TypeError, ValueError):
            values[place] = [float(code) for code in range(array.size)]
            notes.append(
                f"column {first[place]} is the place of its text in categories_, from 0 on"
            )
    return columns, values, notes


def _add_histogram(
    collector: Collector,
    predictor: Any,
    score: int,
    columns: list[int],
    categories: dict[int, list[float]],
) -> None:
    nodes = np.asarray(predictor.nodes)
    names = {"value", "feature_idx", "num_threshold", "missing_go_to_left", "left", "right",
             "is_leaf", "is_categorical", "bitset_idx"}  # fmt: skip
    if nodes.ndim != 1 or not names <= set(nodes.dtype.names or ()):
        raise ModelError("a tree has no nodes as histogram gradient boosting has them")
    told = {name: nodes[name].tolist() for name in names}
    questions = []
    for node, is_leaf in enumerate(told["is_leaf"]):
        if is_leaf:
            questions.append(-1)
            continue
        feature, to_left = told["feature_idx"][node], bool(told["missing_go_to_left"][node])
        if not 0 <= feature < len(columns):
            raise ModelError(f"a tree asks for feature {feature}; there are {len(columns)}")
        if told["is_categorical"][node]:
            sets = np.asarray(predictor.raw_left_cat_bitsets)
            place = told["bitset_idx"][node]
            if sets.ndim != 2 or sets.dtype.kind != "u" or not place < len(sets):
                raise ModelError(f"node {node} of a tree has no set of categories")
            cuts = _category_cuts(sets[place].tolist(), categories.get(feature), to_left)
        else:
            if math.isnan(told["num_threshold"][node]):
                raise ModelError(f"tree {len(collector.trees)} has a threshold that is NaN")
            cuts = (cut(told["num_threshold"][node], strict=False, precision=FLOAT64),)
        questions.append(collector.ask(columns[feature], cuts, missing=not to_left))
    collector.add(
        questions, told["left"], told["right"], nodes["value"].astype(np.float64)[:, None], (score,)
    )


def _category_cuts(
    words: list[int], values: list[float] | None, unknown_left: bool
) -> tuple[float, ...]:
    """Return the cuts of what goes right: known values outside of the set, and perhaps unknown."""
    in_set = {32 * place + bit for place, word in enumerate(words) for bit in range(32)
              if word >> bit & 1}  # fmt: skip
    if values is None:
        raise ModelError("columns of categories without their values (before scikit-learn 1.4)")
    known = [(code, value) for code, value in enumerate(values) if not math.isnan(value)]
    if unknown_left:
        return joined(_only(value) for code, value in known if code not in in_set)
    left = joined(_only(value) for code, value in known if code in in_set)
    return (-np.inf, *left)


def _only(value: float) -> tuple[float, float]:
    return value, float(np.nextafter(value, np.inf))
