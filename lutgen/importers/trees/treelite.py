"""Treelite's models: the JSON of ``dump_as_json``, and checkpoints (``serialize``) of version 4.

Features count in the type of the thresholds. What the model was made of may have rounded them
before: scikit-learn does, and its trees come here with float64 thresholds.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.trees.comparisons import FLOAT32, FLOAT64, cut
from lutgen.importers.trees.ensemble import MAX_SCORES, Collector, Ensemble, joined
from lutgen.importers.trees.fields import field, items, reals, texts, whole, wholes

_MAX_CATEGORY = 1 << 24
_OPERATORS = {"<": (True, False), "<=": (False, False), ">=": (True, True), ">": (False, True)}
"""Whether the threshold itself is outside of what is below, and whether yes is above."""


def is_json(content: Content) -> bool:
    """Return whether it is the JSON of a model."""
    record = content.json
    return isinstance(record, Mapping) and {"threshold_type", "leaf_vector_shape"} <= set(record)


def is_checkpoint(content: Content) -> bool:
    """Return whether it is a checkpoint: version, types of thresholds and leaves."""
    head = content.head[:14]
    if len(head) < 14 or content.suffix in (".onnx", ".pt", ".npz"):
        return False
    major, minor, patch, threshold, leaf = struct.unpack("<iiiBB", head)
    is_version = major == 4 and 0 <= minor < 100 and 0 <= patch < 100
    return bool(is_version and threshold == leaf and leaf in (2, 3))


def read_json(content: Content) -> Ensemble:
    """Read JSON."""
    return of_record(content.json)


def read_checkpoint(content: Content) -> Ensemble:
    """Read a checkpoint."""
    return of_record(_Reader(content.data).model())


def of_record(record: Any) -> Ensemble:
    """Read a model as ``dump_as_json`` has it.

    Raises
    ------
    ModelError
        If it is damaged, or a tree answers for a part of several targets.
    """
    targets = whole(field(record, "num_target"), "num_target")
    counts = wholes(field(record, "num_class"), "num_class").tolist()
    if targets < 1 or len(counts) != targets or (targets > 1 and max(counts) > 1):
        raise ModelError(f"it has {targets} targets of {counts} classes; several of one, or one")
    n_scores = targets if targets > 1 else max(1, counts[0])
    if n_scores > MAX_SCORES:
        raise ModelError(f"{n_scores} scores; {MAX_SCORES:,} is the most")
    trees = items(field(record, "trees"), "its trees")
    own = [wholes(field(record, name), name).tolist() for name in ("target_id", "class_id")]
    if any(len(part) != len(trees) for part in own):
        raise ModelError(f"{len(trees)} trees, but other numbers of target_id and class_id")
    precision = FLOAT32 if field(record, "threshold_type") == "float32" else FLOAT64
    collector = Collector(whole(field(record, "num_feature"), "num_feature"))
    for tree, target, class_ in zip(trees, *own, strict=True):
        score = target if targets > 1 else class_
        scores = (score,) if score >= 0 else tuple(range(n_scores))
        if not scores[-1] < n_scores:
            raise ModelError(f"a tree adds to score {scores[-1]}; there are {n_scores}")
        _add(collector, items(field(tree, "nodes"), "a tree's nodes"), scores, precision)
    base = reals(record.get("base_scores", [0.0] * n_scores), "base_scores")
    if base.size != n_scores:
        raise ModelError(f"{base.size} base scores for {n_scores} scores")
    divisor = float(len(trees) if n_scores == 1 or own[1][0] < 0 else len(trees) // n_scores)
    divisor = max(1.0, divisor) if record.get("average_tree_output") else 1.0
    kind = str(field(record, "task_type"))
    return _as_answered(collector, record, base * divisor, divisor, kind)


def _as_answered(
    collector: Collector, record: Any, base: NDArray[np.float64], divisor: float, kind: str
) -> Ensemble:
    """Return the ensemble with what its task and postprocessor say of the answer."""
    postprocessor = str(record.get("postprocessor", "identity"))
    notes, classes = [], None
    if kind == "kMultiClf":
        classes = np.arange(max(2, base.size))
        if base.size == 1:
            raise ModelError("it tells several classes apart by one score")
    elif kind == "kBinaryClf":
        classes = np.arange(2)
        if base.size != 1:
            raise ModelError(f"it tells two classes apart by {base.size} scores")
        if postprocessor == "identity":  # probabilities
            base = base - divisor / 2
    elif kind == "kIsolationForest":
        notes.append(
            f"the answers are mean paths; a score of anomaly is 2 ** (-path / "
            f"{record.get('ratio_c')})"
        )
    elif postprocessor not in ("identity", "identity_multiclass"):
        notes.append(f"the answers are those before {postprocessor}")
    return collector.finish(
        base.tolist(),
        classes=classes,
        divisor=divisor,
        single=field(record, "leaf_output_type") == "float32",
        feature_names=texts(record.get("feature_names")),
        notes=tuple(notes),
    )


def _add(collector: Collector, nodes: list[Any], scores: tuple[int, ...], precision: str) -> None:
    where = f"tree {len(collector.trees)}"
    places = {}
    for place, node in enumerate(nodes):
        places[whole(field(node, "node_id"), "node_id")] = place
    values = np.zeros((len(nodes), len(scores)))
    questions, left, right = [], [], []
    for place, node in enumerate(nodes):
        if "leaf_value" in node:
            value = reals(np.ravel(node["leaf_value"]), "leaf_value")
            if value.size != len(scores):
                raise ModelError(f"{where} has leaves of {value.size} values, not {len(scores)}")
            values[place] = value
            questions.append(-1)
            left.append(0)
            right.append(0)
            continue
        feature = whole(field(node, "split_feature_id"), "split_feature_id")
        to_left = bool(node.get("default_left"))
        sides = [
            places.get(whole(field(node, name), name), -1) for name in ("left_child", "right_child")
        ]
        if node.get("node_type") == "categorical_test_node":
            codes = set(wholes(field(node, "category_list"), "category_list").tolist())
            if codes and not 0 <= min(codes) <= max(codes) < _MAX_CATEGORY:
                raise ModelError(f"{where} has a category that is not in [0, {_MAX_CATEGORY:,})")
            cuts = joined((_code(code, precision), _code(code + 1, precision)) for code in codes)
            swap = not node.get("category_list_right_child")
        else:
            operator = field(node, "comparison_op")
            threshold = float(reals([field(node, "threshold")], "threshold")[0])
            if math.isnan(threshold):
                raise ModelError(f"{where} has a threshold that is NaN")
            if operator not in _OPERATORS:
                raise ModelError(f"{where} compares by {operator!r}, which lutgen does not know")
            strict, swap = _OPERATORS[operator]
            cuts = (cut(threshold, strict=strict, precision=precision),)
        if swap:  # yes leads left
            sides.reverse()
        questions.append(collector.ask(feature, cuts, missing=to_left if swap else not to_left))
        left.append(sides[0])
        right.append(sides[1])
    collector.add(questions, left, right, values, scores)


def _code(code: int, precision: str) -> float:
    return cut(float(code), strict=True, precision=precision)


class _Reader:
    """A checkpoint of version 4, little endian: fields, and arrays behind their lengths."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 14
        self.number = {2: "<f4", 3: "<f8"}[data[12]]

    def one(self, kind: str) -> Any:
        return self.take(1, kind)[0].item()

    def take(self, count: int, kind: str) -> NDArray[Any]:
        dtype = np.dtype(kind)
        if not 0 <= count <= (len(self.data) - self.place) // dtype.itemsize:
            raise ModelError(
                f"the checkpoint ends at byte {len(self.data)}, where more must follow"
            )
        found = np.frombuffer(self.data, dtype, count, self.place)
        self.place += count * dtype.itemsize
        return found

    def array(self, kind: str) -> NDArray[Any]:
        return self.take(self.one("<u8"), kind)

    def model(self) -> dict[str, Any]:
        """Return it as dump_as_json has it."""
        n_trees = self.one("<u8")
        if n_trees > len(self.data):
            raise ModelError(f"the checkpoint claims {n_trees} trees")
        is_single = self.number == "<f4"
        told: dict[str, Any] = {
            "threshold_type": "float32" if is_single else "float64",
            "leaf_output_type": "float32" if is_single else "float64",
            "num_feature": self.one("<i4"),
        }
        tasks = ("kBinaryClf", "kRegressor", "kMultiClf", "kLearningToRank", "kIsolationForest")
        task = self.one("u1")
        if task >= len(tasks):
            raise ModelError(f"the checkpoint's task is {task}, which lutgen does not know")
        told |= {
            "task_type": tasks[task],
            "average_tree_output": bool(self.one("u1")),
            "num_target": self.one("<i4"),
            "num_class": self.array("<i4").tolist(),
            "leaf_vector_shape": self.array("<i4").tolist(),
            "target_id": self.array("<i4").tolist(),
            "class_id": self.array("<i4").tolist(),
            "postprocessor": self.array("u1").tobytes().decode("utf-8", "replace"),
        }
        self.take(2, "<f4")  # sigmoid_alpha, ratio_c
        told["base_scores"] = self.array("<f8").tolist()
        self.array("u1")  # attributes
        self.skip_extensions()
        told["trees"] = [{"nodes": self.tree()} for _ in range(n_trees)]
        return told

    def skip_extensions(self) -> None:
        """Pass over fields that later versions may add: names and arrays."""
        count = self.one("<i4")
        if count:
            raise ModelError("the checkpoint has fields of a newer Treelite; use dump_as_json")

    def tree(self) -> list[dict[str, Any]]:
        n_nodes = self.one("<i4")
        self.one("u1")  # has_categorical_split
        kinds = ("i1", "<i4", "<i4", "<i4", "u1", self.number, self.number, "i1", "u1")
        names = ("node_type", "left", "right", "feature", "default_left", "leaf", "threshold",
                 "cmp", "list_right")  # fmt: skip
        told = {name: self.array(kind) for name, kind in zip(names, kinds, strict=True)}
        vector, first, end = self.array(self.number), self.array("<u8"), self.array("<u8")
        codes, code_first, code_end = self.array("<u4"), self.array("<u8"), self.array("<u8")
        for kind in ("<u8", "u1", "<f8", "u1", "<f8", "u1"):  # data_count, sum_hess, gain
            self.array(kind)
        self.skip_extensions()
        self.skip_extensions()
        if any(array.size != n_nodes for array in told.values()):
            raise ModelError("the arrays of a tree are not of one length")
        operators = {1: "==", 2: "<", 3: "<=", 4: ">", 5: ">="}
        nodes: list[dict[str, Any]] = []
        for node in range(n_nodes):
            if told["left"][node] < 0:
                ranges = (vector, first, end)
                value = _range(ranges, node) if first.size else vector[:0]
                nodes.append({
                    "node_id": node,
                    "leaf_value": value if value.size else float(told["leaf"][node]),
                })  # fmt: skip
                continue
            is_set = int(told["node_type"][node]) == 2
            nodes.append({
                "node_id": node,
                "split_feature_id": int(told["feature"][node]),
                "default_left": bool(told["default_left"][node]),
                "node_type": "categorical_test_node" if is_set else "numerical_test_node",
                "comparison_op": operators.get(int(told["cmp"][node]), "?"),
                "threshold": float(told["threshold"][node]),
                "category_list_right_child": bool(told["list_right"][node]),
                "category_list": _range((codes, code_first, code_end), node) if is_set else [],
                "left_child": int(told["left"][node]),
                "right_child": int(told["right"][node]),
            })  # fmt: skip
        return nodes


def _range(ranges: tuple[NDArray[Any], NDArray[Any], NDArray[Any]], node: int) -> NDArray[Any]:
    values, first, end = ranges
    if not node < first.size == end.size or not first[node] <= end[node] <= values.size:
        raise ModelError("a range of the checkpoint is not among its values")
    return values[int(first[node]) : int(end[node])]
