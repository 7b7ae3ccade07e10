"""CatBoost's JSON: oblivious trees, which ask one question a level, and other ones.

Features are rounded to float32 and pass a border if they are above it. Categories are hashes and
statistics of training data, no features: trees that ask for them are refused.
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
from lutgen.importers.trees.fields import field, items, real, reals, whole

_DEEPEST = 16
_FLOAT = "FloatFeature"


def recognises(content: Content) -> bool:
    """Return whether it is CatBoost's JSON."""
    record = content.json
    return isinstance(record, Mapping) and {"features_info", "scale_and_bias"} <= set(record)


def read(content: Content) -> Ensemble:
    """Read a file.

    Raises
    ------
    ModelError
        If it is damaged, or its trees ask for categories.
    """
    record = content.json
    told = items(field(record, "features_info").get("float_features", []), "float_features")
    columns = [whole(field(item, "flat_feature_index"), "flat_feature_index") for item in told]
    at_nan = [item.get("nan_value_treatment") == "AsTrue" for item in told]
    others = items(field(record, "features_info").get("categorical_features", []), "features")
    all_columns = [
        *columns,
        *(whole(item.get("flat_feature_index", 0), "index") for item in others),
    ]
    scale, bias = _scale_and_bias(field(record, "scale_and_bias"))
    names = [str(item.get("feature_id", "")) for item in told] if not others else []
    collector = Collector(max(all_columns, default=0) + 1)
    reading = _Reading(collector, columns, at_nan, scale, bias.size)
    if "oblivious_trees" in record:
        for tree in items(record["oblivious_trees"], "its trees"):
            reading.add_oblivious(tree)
    else:
        for tree in items(field(record, "trees"), "its trees"):
            reading.add_other(tree)
    labels = _labels(record, bias.size)
    ordered = sorted(zip(columns, names, strict=False)) if names else []
    return collector.finish(
        bias.tolist(),
        classes=labels,
        feature_names=[name for _, name in ordered] if all(names) else (),
    )


def _scale_and_bias(told: Any) -> tuple[float, Any]:
    parts = items(told, "scale_and_bias")
    if len(parts) != 2:
        raise ModelError("scale_and_bias must be a number and a list")
    scale, bias = real(parts[0], "the scale"), reals(np.ravel(parts[1]), "the bias")
    if not math.isfinite(scale) or not 1 <= bias.size <= MAX_SCORES:
        raise ModelError(f"scale_and_bias is {str(told)[:60]}")
    return scale, bias


def _labels(record: Any, n_scores: int) -> Any:
    told = record.get("model_info")
    parameters = told.get("class_params") if isinstance(told, Mapping) else None
    names = parameters.get("class_names") if isinstance(parameters, Mapping) else None
    if not isinstance(names, list) or not names:
        return None
    labels = np.array(names)
    wanted = 2 if n_scores == 1 else n_scores
    if labels.shape != (wanted,) or labels.dtype.kind not in "biufU":
        raise ModelError(f"{len(names)} class names for {n_scores} scores")
    return labels


class _Reading:
    """Trees on their way out of the file."""

    def __init__(
        self, collector: Collector, columns: list[int], at_nan: list[bool], scale: float,
        n_scores: int,
    ) -> None:  # fmt: skip
        self.collector = collector
        self.columns = columns
        self.at_nan = at_nan
        self.scale = scale
        self.n_scores = n_scores

    def ask(self, split: Any) -> int:
        """Return the question of a split."""
        kind = split.get("split_type", _FLOAT) if isinstance(split, Mapping) else None
        if kind != _FLOAT:
            raise ModelError(
                f"a tree asks for a {kind}: categories are hashes and statistics of the training "
                "data, which are no features of the file; train without cat_features"
            )
        number = whole(field(split, "float_feature_index"), "float_feature_index")
        border = real(field(split, "border"), "border")
        if not 0 <= number < len(self.columns):
            raise ModelError(f"a tree asks for float feature {number} of {len(self.columns)}")
        if math.isnan(border):
            raise ModelError(f"tree {len(self.collector.trees)} has a threshold that is NaN")
        with np.errstate(over="ignore"):
            cuts = (cut(float(np.float32(border)), strict=False, precision=FLOAT32),)
        return self.collector.ask(self.columns[number], cuts, missing=self.at_nan[number])

    def add_oblivious(self, tree: Any) -> None:
        """Add a tree of one question a level; question i is bit i of the leaf's number."""
        splits = items(tree.get("splits") or [] if isinstance(tree, Mapping) else None, "splits")
        depth = len(splits)
        values = reals(field(tree, "leaf_values"), "leaf_values") * self.scale
        if depth > _DEEPEST or values.size != self.n_scores << depth:
            raise ModelError(
                f"tree {len(self.collector.trees)} has {values.size} leaf values at depth {depth}"
            )
        asked = [self.ask(split) for split in reversed(splits)]
        n_inner = (1 << depth) - 1
        questions = [asked[(node + 1).bit_length() - 1] for node in range(n_inner)]
        left = [2 * node + 1 for node in range(n_inner)]
        ends = 1 << depth
        leaves = np.zeros((n_inner + ends, self.n_scores))
        leaves[n_inner:] = values.reshape(ends, self.n_scores)
        self.collector.add(
            [*questions, *[-1] * ends],
            [*left, *[0] * ends],
            [*(child + 1 for child in left), *[0] * ends],
            leaves,
            tuple(range(self.n_scores)),
        )

    def add_other(self, tree: Any) -> None:
        """Add a tree of nested nodes."""
        questions: list[int] = []
        left: list[int] = []
        right: list[int] = []
        values = []
        waiting: list[tuple[Any, int, bool]] = [(tree, -1, False)]
        while waiting:
            node, parent, is_right = waiting.pop()
            number = len(questions)
            if parent >= 0:
                (right if is_right else left)[parent] = number
            left.append(0)
            right.append(0)
            if isinstance(node, Mapping) and "value" in node:
                value = reals(np.ravel(node["value"]), "value") * self.scale
                if value.size != self.n_scores:
                    raise ModelError(f"a leaf has {value.size} values for {self.n_scores} scores")
                questions.append(-1)
                values.append(value)
                continue
            questions.append(self.ask(field(node, "split")))
            values.append(np.zeros(self.n_scores))
            waiting += [(field(node, "right"), number, True), (field(node, "left"), number, False)]
        self.collector.add(questions, left, right, np.array(values), tuple(range(self.n_scores)))
