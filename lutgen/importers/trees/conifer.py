"""Conifer's JSON: trees by iteration and class, as its converters write them.

What the file cannot say is how the library that trained the model rounds: features count as
float32 where that library compares these, as scikit-learn and XGBoost do, and so do XGBoost's
thresholds, which Conifer keeps as decimal texts of float32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.trees.comparisons import FLOAT32, cut
from lutgen.importers.trees.ensemble import MAX_SCORES, Collector, Ensemble
from lutgen.importers.trees.fields import field, items, real, reals, whole, wholes

_LEAF = -2
_SINGLE = ("xgboost", "sklearn", "onnx", "tmva", "ydf")


def recognises(content: Content) -> bool:
    """Return whether it is Conifer's JSON."""
    record = content.json
    return isinstance(record, Mapping) and {"trees", "init_predict", "n_features"} <= set(record)


def read(content: Content) -> Ensemble:
    """Read a file.

    Raises
    ------
    ModelError
        If it is damaged, or its trees ask for sums of several features.
    """
    record = content.json
    library = str(record.get("library", ""))
    convention = record.get("splitting_convention", "<=")
    if convention not in ("<", "<="):
        raise ModelError(f"its splitting_convention is {convention!r}; < or <= is meant")
    n_classes = whole(field(record, "n_classes"), "n_classes")
    n_scores = 1 if n_classes <= 2 else n_classes
    if n_scores > MAX_SCORES:
        raise ModelError(f"{n_scores} scores; {MAX_SCORES:,} is the most")
    collector = Collector(whole(field(record, "n_features"), "n_features"))
    for row in items(field(record, "trees"), "its trees"):
        for score, tree in enumerate(items(row, "an iteration's trees")):
            if score >= n_scores:
                raise ModelError(f"an iteration has more than {n_scores} trees")
            _add(collector, tree, score, strict=convention == "<", library=library)
    base = reals(np.ravel(field(record, "init_predict")), "init_predict")
    if base.size == 1:
        base = np.repeat(base, n_scores)
    if base.size != n_scores or not np.isfinite(base).all():
        raise ModelError(
            f"init_predict is {base.tolist()} for {n_scores} scores; Conifer 1.11 and before make "
            "NaN of XGBoost 3.1's several base scores: import XGBoost's own file"
        )
    norm = real(record.get("norm", 1), "norm")
    if not (math.isfinite(norm) and norm > 0):
        raise ModelError(f"norm is {norm:g}; a number above 0 is meant")
    classes = None if n_classes <= 1 else np.arange(n_classes)
    notes = []
    if library.lower() not in _SINGLE:
        notes.append(f"features count as float32, a guess: the file names {library or 'nobody'}")
    return collector.finish(
        base, classes=classes, divisor=1 / norm, takes_missing=False, notes=tuple(notes)
    )


def _add(collector: Collector, tree: Any, score: int, *, strict: bool, library: str) -> None:
    where = f"tree {len(collector.trees)}"
    features = wholes(field(tree, "feature"), "feature").tolist()
    thresholds = reals(field(tree, "threshold"), "threshold").tolist()
    values = reals(field(tree, "value"), "value")
    left = wholes(field(tree, "children_left"), "children_left").tolist()
    right = wholes(field(tree, "children_right"), "children_right").tolist()
    weights = tree.get("weight") or []
    n = len(features)
    if any(len(part) != n for part in (thresholds, values, left, right)):
        raise ModelError(f"{where}: its arrays are not of one length")
    questions = []
    for node, feature in enumerate(features):
        if feature == _LEAF or left[node] < 0:
            questions.append(-1)
            continue
        if math.isnan(thresholds[node]):
            raise ModelError(f"{where} has a threshold that is NaN")
        if node < len(weights) and not _is_one(weights[node], feature):
            raise ModelError(f"{where} asks for sums of several features, which are no comparators")
        threshold = thresholds[node]
        if library.lower() == "xgboost":
            with np.errstate(over="ignore"):
                threshold = float(np.float32(threshold))
        cuts = (cut(threshold, strict=strict, precision=FLOAT32),)
        questions.append(collector.ask(feature, cuts, missing=True))
    collector.add(questions, left, right, values[:, None], (score,))


def _is_one(weights: Any, feature: int) -> bool:
    """Return whether weights of features are 1 at one and 0 at all others."""
    array = reals(weights, "weight")
    others = np.delete(array, feature) if 0 <= feature < array.size else array
    return not others.any() and 0 <= feature < array.size and array[feature] == 1
