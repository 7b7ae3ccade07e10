"""XGBoost's models, JSON and UBJSON, of versions 1 to 3.

Features are rounded to float32; a number goes left if it is below the threshold, a category if it
is not in the node's set. Margins are added up in float32, from the base score on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ConfigError, ModelError
from lutgen.importers.content import Content
from lutgen.importers.trees import ubjson
from lutgen.importers.trees.comparisons import FLOAT32, cut
from lutgen.importers.trees.ensemble import MAX_SCORES, Collector, Ensemble, joined
from lutgen.importers.trees.fields import field, items, reals, texts, whole, wholes

_LOGISTIC = ("binary:logistic", "reg:logistic")
_EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft")
_MAX_CATEGORIES = 1 << 24


def is_json(content: Content) -> bool:
    """Return whether it is XGBoost's JSON."""
    return _is_model(content.json)


def is_ubjson(content: Content) -> bool:
    """Return whether it is XGBoost's UBJSON."""
    return content.data[:1] == b"{" and b"gradient_booster" in content.data and content.json is None


def _is_model(record: Any) -> bool:
    return isinstance(record, Mapping) and isinstance(record.get("learner"), Mapping)


def read_json(content: Content, iterations: int | None = None) -> Ensemble:
    """Read JSON."""
    return of_record(content.json, iterations)


def read_ubjson(content: Content, iterations: int | None = None) -> Ensemble:
    """Read UBJSON."""
    return of_record(ubjson.read(content.data), iterations)


def of_record(record: Any, iterations: int | None = None) -> Ensemble:
    """Read a model out of nested objects.

    Parameters
    ----------
    iterations : int, optional
        Boosting rounds to take; by default all.

    Raises
    ------
    ModelError
        If it is damaged or no ensemble of trees.
    ConfigError
        If there are not as many rounds.
    """
    learner = field(record, "learner")
    booster = field(learner, "gradient_booster")
    name = booster.get("name", "gbtree") if isinstance(booster, Mapping) else ""
    if name == "gblinear":
        raise ModelError("it is a linear model (gblinear), which has no trees")
    if name not in ("gbtree", "dart"):
        raise ModelError(f"its booster is {name!r}; lutgen knows gbtree and dart")
    model = field(booster, "gbtree", "model") if name == "dart" else field(booster, "model")
    trees = items(field(model, "trees"), "its trees")
    drops = (
        reals(field(booster, "weight_drop"), "weight_drop")
        if name == "dart"
        else np.ones(len(trees))
    )
    groups = wholes(field(model, "tree_info"), "tree_info")
    if not len(trees) == drops.size == groups.size:
        raise ModelError(
            f"{len(trees)} trees, but {groups.size} entries of tree_info and {drops.size} weights"
        )
    parameters = field(learner, "learner_model_param")
    n_scores = max(
        1,
        whole(field(parameters, "num_class"), "num_class"),
        whole(parameters.get("num_target", 1), "num_target"),
    )
    if n_scores > MAX_SCORES:
        raise ModelError(f"it has {n_scores} scores; {MAX_SCORES:,} is the most")
    collector = Collector(whole(field(parameters, "num_feature"), "num_feature"))
    n_trees, notes = _n_trees(learner, model, len(trees), n_scores, iterations)
    for tree, group, drop in zip(trees[:n_trees], groups.tolist(), drops.tolist(), strict=False):
        _add(collector, tree, group, np.float32(drop), n_scores)
    objective = str(field(learner, "objective", "name"))
    is_raw = objective == "binary:logitraw" and _version(record) < (3, 1)
    transformed = "binary:logistic" if is_raw else objective
    base = _base(field(parameters, "base_score"), transformed, n_scores)
    if objective in (*_EXPONENTIAL, "reg:logistic"):
        notes.append(f"the answers are margins; XGBoost's are a function of them ({objective})")
    classes = None
    if objective.startswith("multi:"):
        classes = np.arange(n_scores)
    elif objective.startswith("binary:") and n_scores == 1:
        classes = np.arange(2)
    return collector.finish(
        base,
        classes=classes,
        single=True,
        feature_names=texts(learner.get("feature_names")),
        notes=tuple(notes),
    )


def _version(record: Any) -> tuple[int, ...]:
    told = record.get("version")
    return tuple(wholes(told, "version").tolist()) if isinstance(told, list) else ()


def _n_trees(
    learner: Any, model: Any, n_trees: int, n_scores: int, iterations: int | None
) -> tuple[int, list[str]]:
    """Return how many trees the rounds have that are to be taken."""
    ends = model.get("iteration_indptr")
    if ends is None:  # before XGBoost 1.7
        parallel = field(model, "gbtree_model_param").get("num_parallel_tree", 1)
        step = max(1, whole(parallel, "num_parallel_tree") * n_scores)
        ends = list(range(0, n_trees + 1, step))
    places = wholes(ends, "iteration_indptr")
    if iterations is not None:
        if not 1 <= iterations < places.size:
            raise ConfigError(
                f"it has {places.size - 1} boosting rounds, so iterations cannot be {iterations}"
            )
        return int(np.clip(places[iterations], 0, n_trees)), []
    attributes = learner.get("attributes")
    best = attributes.get("best_iteration") if isinstance(attributes, Mapping) else None
    if isinstance(best, str) and best.isdecimal() and int(best[:9]) + 1 < places.size - 1:
        rounds = int(best[:9]) + 1
        return n_trees, [
            f"all {places.size - 1} rounds; early stopping found the first {rounds} best "
            f"(--iterations {rounds})"
        ]
    return n_trees, []


def _base(told: Any, objective: str, n_scores: int) -> NDArray[np.float32]:
    """Return the margins that trees add to; the file has probabilities or means."""
    if isinstance(told, str) and told.startswith("["):
        values = reals(told.strip("[]").split(","), "base_score")
    else:
        values = reals([told], "base_score")
    if values.size not in (1, n_scores):
        raise ModelError(f"base_score has {values.size} values for {n_scores} scores")
    single = np.full(n_scores, values[0]) if values.size == 1 else values
    with np.errstate(all="ignore"):
        start = single.astype(np.float32)
        if objective in _LOGISTIC:
            odds = np.float32(1) / start - np.float32(1)
            start = -np.log(odds.astype(np.float64)).astype(np.float32)
        elif objective in _EXPONENTIAL:
            start = np.log(start.astype(np.float64)).astype(np.float32)
    if not np.isfinite(start).all():
        raise ModelError(f"base_score is {str(told)[:40]!r}, from which {objective} has no margin")
    return start


def _add(collector: Collector, tree: Any, group: int, drop: np.float32, n_scores: int) -> None:
    left = wholes(field(tree, "left_children"), "left_children")
    right = wholes(field(tree, "right_children"), "right_children").tolist()
    features = wholes(field(tree, "split_indices"), "split_indices").tolist()
    conditions = _singles(field(tree, "split_conditions"), "split_conditions").tolist()
    defaults = wholes(field(tree, "default_left"), "default_left").tolist()
    n = left.size
    kinds = wholes(tree.get("split_type", [0] * n), "split_type").tolist()
    if any(len(part) != n for part in (right, features, conditions, defaults, kinds)):
        raise ModelError(f"tree {len(collector.trees)}: its arrays are not of one length")
    sets = _categories(tree) if any(kinds) else {}
    questions = []
    for node, child in enumerate(left.tolist()):
        if child == -1:
            questions.append(-1)
            continue
        if kinds[node]:
            cuts = sets.get(node, ())
        else:
            if math.isnan(conditions[node]):
                raise ModelError(f"tree {len(collector.trees)} has a threshold that is NaN")
            cuts = (cut(conditions[node], strict=True, precision=FLOAT32),)
        questions.append(collector.ask(features[node], cuts, missing=not defaults[node]))
    values = _values(tree, conditions, n, n_scores)
    if values.shape[1] == 1 and not 0 <= group < n_scores:
        raise ModelError(f"tree_info names score {group}; there are {n_scores}")
    scores = (group,) if values.shape[1] == 1 else tuple(range(n_scores))
    with np.errstate(over="ignore"):
        weighted = (values.astype(np.float32) * drop).astype(np.float64)
    collector.add(questions, left.tolist(), right, weighted, scores)


def _singles(values: Any, what: str) -> NDArray[np.float64]:
    """Return float32 numbers, which JSON writes with as few digits as tell them apart."""
    with np.errstate(over="ignore"):
        return reals(values, what).astype(np.float32).astype(np.float64)


def _values(tree: Any, conditions: list[float], n: int, n_scores: int) -> NDArray[np.float64]:
    """Return what leaves add, shape (n_nodes, 1 or n_scores)."""
    parameters = tree.get("tree_param")
    told = parameters.get("size_leaf_vector", 1) if isinstance(parameters, Mapping) else 1
    size = whole(told, "size_leaf_vector")
    if size <= 1:
        return np.array(conditions, dtype=np.float64)[:, None]
    if size != n_scores:
        raise ModelError(f"leaves of {size} values for {n_scores} scores")
    if "leaf_weights" not in tree:  # before XGBoost 3.2, for all nodes
        return _rows(field(tree, "base_weights"), np.arange(n), size)
    left = wholes(field(tree, "left_children"), "left_children")
    rows = wholes(field(tree, "right_children"), "right_children")  # at a leaf, its number
    return _rows(tree["leaf_weights"], np.where(left == -1, rows, 0), size)


def _rows(told: Any, rows: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    weights = reals(told, "leaf weights")
    if not 0 <= rows.min(initial=0) <= rows.max(initial=0) < weights.size / size:
        raise ModelError(f"{weights.size} leaf values are too few for leaves of {size} each")
    return weights[: weights.size // size * size].reshape(-1, size)[rows]


def _categories(tree: Any) -> dict[int, tuple[float, ...]]:
    """Return for each node that asks for categories the cuts of those that go right."""
    codes = wholes(field(tree, "categories"), "categories").tolist()
    nodes = wholes(field(tree, "categories_nodes"), "categories_nodes").tolist()
    starts = wholes(field(tree, "categories_segments"), "categories_segments").tolist()
    sizes = wholes(field(tree, "categories_sizes"), "categories_sizes").tolist()
    if not len(nodes) == len(starts) == len(sizes):
        raise ModelError("categories_nodes, _segments and _sizes are not of one length")
    found = {}
    for node, start, size in zip(nodes, starts, sizes, strict=True):
        if min(start, size) < 0 or start + size > len(codes):
            raise ModelError(f"the categories of node {node} are not among the {len(codes)}")
        chosen = set(codes[start : start + size])
        if chosen and not 0 <= min(chosen) <= max(chosen) < _MAX_CATEGORIES:
            raise ModelError(f"node {node} has a category that is not in [0, {_MAX_CATEGORIES:,})")
        found[node] = joined((_code(code), _code(code + 1)) for code in chosen)
    return found


def _code(code: int) -> float:
    """Return the least number that counts as a code or more, as float32 and without fraction."""
    return cut(float(code), strict=True, precision=FLOAT32)
