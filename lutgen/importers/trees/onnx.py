"""Tree ensembles of ONNX files (ai.onnx.ml): classifiers and regressors, and TreeEnsemble of set 5.

Numbers are compared and added up as float32, or as float64 where the graph's input is; what a node
asks (below, at most, equal, …) and where NaN goes are said at each. The operator's scores are what
comes in: of what follows it, only what keeps the answer may stand in the graph.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.onnx_file import Graph, Node, is_onnx, operators, read_graph
from lutgen.importers.protobuf import Message
from lutgen.importers.trees.comparisons import FLOAT32, FLOAT64, cut
from lutgen.importers.trees.ensemble import (
    MAX_FEATURES,
    MAX_NODES,
    MAX_SCORES,
    Collector,
    Ensemble,
    joined,
)
from lutgen.importers.trees.fields import reals, whole, wholes

CLASSIFIER, REGRESSOR, ENSEMBLE = "TreeEnsembleClassifier", "TreeEnsembleRegressor", "TreeEnsemble"
_OPERATORS = (CLASSIFIER, REGRESSOR, ENSEMBLE)
_MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ",
          "BRANCH_MEMBER")  # fmt: skip
_LEAF = "LEAF"
_BEFORE = ("Identity", "Cast")
_AFTER = ("Identity", "Cast", "ZipMap", "Reshape")
_AGGREGATES = ("AVERAGE", "SUM", "MIN", "MAX")
_DOUBLE = 11


def recognises(content: Content) -> bool:
    """Return whether it is ONNX with an operator of trees."""
    return is_onnx(content) and not operators(content).isdisjoint(_OPERATORS)


def read(content: Content) -> Ensemble:
    """Read a file.

    Raises
    ------
    ModelError
        If it is damaged, or has several ensembles, or something changes features before the trees.
    """
    graph = read_graph(content)
    found = [node for node in graph.nodes if node.op in _OPERATORS]
    if len(found) != 1:
        raise ModelError(f"it has {len(found)} ensembles of trees; one is meant")
    node = found[0]
    shape, kind = _input(content, graph, node)
    notes = _notes(graph, node)
    precision = FLOAT64 if kind == _DOUBLE else FLOAT32
    reading = _Reading(node, precision, shape, notes)
    return reading.of_set_5() if node.op == ENSEMBLE else reading.of_lists()


def _input(content: Content, graph: Graph, node: Node) -> tuple[tuple[int, ...], int]:
    """Return shape and type of the input that the trees read."""
    made_by = {name: other for other in graph.nodes for name in other.outputs}
    name = node.inputs[0] if node.inputs else ""
    for _ in range(len(graph.nodes)):
        if name not in made_by:
            break
        before = made_by[name]
        if before.op not in _BEFORE:
            raise ModelError(
                f"{before.op} changes the features before the trees; save the trees alone, and "
                "give lutgen features as they come out of it"
            )
        name = before.inputs[0] if before.inputs else ""
    if name not in graph.inputs:
        raise ModelError("the trees do not read the input of the graph")
    return graph.inputs[name], _element_type(content, name)


def _element_type(content: Content, name: str) -> int:
    graph = Message.whole(content.data).message(7)
    for told in graph.messages(11) if graph else ():
        kind = told.message(2)
        tensor = kind.message(1) if kind else None
        if told.text(1) == name and tensor:
            return tensor.integer(1)
    return 0


def _notes(graph: Graph, node: Node) -> list[str]:
    names, after = set(node.outputs), []
    for other in graph.nodes:
        if other is not node and names & set(other.inputs):
            names |= set(other.outputs)
            if other.op not in _AFTER:
                after.append(other.op)
    notes = []
    if after:
        notes.append(
            f"the scores are those of {node.op}; what follows it in the graph is left out "
            f"({', '.join(sorted(set(after)))})"
        )
    transform = node.attributes.get("post_transform", "NONE")
    if transform not in ("NONE", 0):
        notes.append(
            f"the scores are those before {transform}; it does not change which is largest"
        )
    return notes


class _Leaf(NamedTuple):
    """What a leaf adds: scores and weights."""

    targets: list[int]
    weights: list[float]


class _Reading:
    """An ensemble on its way out of an operator's attributes."""

    def __init__(
        self, node: Node, precision: str, shape: tuple[int, ...], notes: list[str]
    ) -> None:
        self.node = node
        self.told: Mapping[str, Any] = node.attributes
        self.precision = precision
        self.notes = notes
        features = self.list_of("nodes_featureids")
        wanted = int(features.max(initial=0)) + 1
        static = shape[1] if len(shape) == 2 and shape[1] > 0 else 0
        if not 0 <= wanted <= (static or MAX_FEATURES):
            raise ModelError(f"nodes ask for feature {wanted - 1}; there are {static or 'fewer'}")
        if not static:
            notes.append(f"{wanted} features, as many as are asked for; the file does not say")
        self.collector = Collector(static or wanted)

    def list_of(self, name: str, default: Sequence[int] | None = None) -> NDArray[np.int64]:
        """Return an attribute of whole numbers."""
        value = self.told.get(name, default)
        if value is None:
            raise ModelError(f"{self.node.op} has no {name}")
        return wholes(value, name)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return an attribute of numbers, which may be a tensor of double precision."""
        value = self.told.get(f"{name}_as_tensor", self.told.get(name, []))
        return reals(np.ravel(np.asarray(value)), name)

    def ask(self, mode: str, feature: int, value: float, missing: bool) -> tuple[int, bool]:
        """Return the question of a node, and whether yes leads to its false branch."""
        if math.isnan(value):
            raise ModelError(f"tree {len(self.collector.trees)} has a threshold that is NaN")
        at_least = cut(value, strict=True, precision=self.precision)
        above = cut(value, strict=False, precision=self.precision)
        if mode in ("BRANCH_LT", "BRANCH_LEQ"):
            cuts: tuple[float, ...] = (at_least if mode == "BRANCH_LT" else above,)
            return self.collector.ask(feature, cuts, missing=not missing), True
        if mode in ("BRANCH_GTE", "BRANCH_GT"):
            cuts = (at_least if mode == "BRANCH_GTE" else above,)
            return self.collector.ask(feature, cuts, missing=missing), False
        if mode == "BRANCH_EQ":
            return self.collector.ask(feature, (at_least, above), missing=missing), False
        if mode == "BRANCH_NEQ":  # NaN is unequal to everything
            return self.collector.ask(feature, (at_least, above), missing=False), True
        raise ModelError(f"a node's mode is {mode!r}, which is none that ONNX has")

    def finish(self, base: NDArray[np.float64], classes: NDArray[Any] | None) -> Ensemble:
        aggregate = self.told.get("aggregate_function", "SUM")
        if isinstance(aggregate, int) and 0 <= aggregate < len(_AGGREGATES):
            aggregate = _AGGREGATES[aggregate]
        if aggregate not in ("SUM", "AVERAGE"):
            raise ModelError(f"its trees are put together by {aggregate}, not added up")
        divisor = float(len(self.collector.trees)) if aggregate == "AVERAGE" else 1.0
        return self.collector.finish(
            (base * divisor).tolist(),
            classes=classes,
            divisor=divisor,
            single=self.precision == FLOAT32,
            notes=tuple(self.notes),
        )

    def add(
        self, questions: list[int], left: list[int], right: list[int], leaves: dict[int, _Leaf],
        n_scores: int, root: int,
    ) -> None:  # fmt: skip
        """Add a tree whose leaves are those nodes."""
        targets = sorted({target for leaf in leaves.values() for target in leaf.targets}) or [0]
        if not 0 <= targets[0] <= targets[-1] < n_scores:
            raise ModelError(f"a leaf adds to score {targets[-1]}; there are {n_scores}")
        if len(questions) * len(targets) > MAX_NODES:
            raise ModelError("its leaves have too many scores")
        values = np.zeros((len(questions), len(targets)))
        for node, leaf in leaves.items():
            for target, weight in zip(leaf.targets, leaf.weights, strict=True):
                values[node, targets.index(target)] += weight
        self.collector.add(questions, left, right, values, tuple(targets), root)

    # -- operators of parallel lists -----------------------------------------------------------

    def of_lists(self) -> Ensemble:
        """Read TreeEnsembleClassifier and TreeEnsembleRegressor."""
        of = "class" if self.node.op == CLASSIFIER else "target"
        weights = self.numbers(f"{of}_weights")
        targets = self.list_of(f"{of}_ids")
        owners = list(zip(self.list_of(f"{of}_treeids").tolist(),
                          self.list_of(f"{of}_nodeids").tolist(), strict=False))  # fmt: skip
        if not len(owners) == weights.size == targets.size:
            raise ModelError(f"the lists {of}_* are not of one length")
        labels = self._labels() if of == "class" else None
        n_scores = len(labels) if labels is not None else whole(
            self.told.get("n_targets", 1), "n_targets")  # fmt: skip
        if not 1 <= n_scores <= MAX_SCORES:
            raise ModelError(f"{n_scores} scores; 1 to {MAX_SCORES:,} are possible")
        base = self.numbers("base_values")
        is_binary = labels is not None and n_scores == 2 and set(targets.tolist()) in ({0}, {1})
        if is_binary:  # one score tells both apart: probabilities against 1/2, others against 0
            targets = np.zeros_like(targets)
            n_scores = 1
            base = base[-1:] - (0.5 if (weights >= 0).all() else 0.0)
            if not base.size:
                base = np.array([-0.5 if (weights >= 0).all() else 0.0])
        leaves: dict[tuple[int, int], _Leaf] = {}
        for owner, target, weight in zip(owners, targets.tolist(), weights.tolist(), strict=True):
            leaf = leaves.setdefault(owner, _Leaf([], []))
            leaf.targets.append(target)
            leaf.weights.append(weight)
        self._add_lists(leaves, n_scores)
        if base.size not in (0, n_scores):
            raise ModelError(f"base_values has {base.size} values for {n_scores} scores")
        return self.finish(base if base.size else np.zeros(n_scores), labels)

    def _labels(self) -> NDArray[Any]:
        strings = self.told.get("classlabels_strings") or []
        numbers = self.told.get("classlabels_int64s", self.told.get("classlabels_ints")) or []
        labels = np.array(strings) if strings else wholes(numbers, "class labels")
        if labels.size < 2 or np.unique(labels).size != labels.size:
            raise ModelError(f"it has {labels.size} class labels, or some twice")
        return labels

    def _add_lists(self, leaves: dict[tuple[int, int], _Leaf], n_scores: int) -> None:
        numbers = [
            self.list_of(f"nodes_{name}").tolist()
            for name in ("treeids", "nodeids", "featureids", "truenodeids", "falsenodeids")
        ]
        n = len(numbers[0])
        modes = list(self.told.get("nodes_modes", []))
        values = self.numbers("nodes_values").tolist()
        missing = self.list_of("nodes_missing_value_tracks_true", [0] * n).tolist() or [0] * n
        if any(len(part) != n for part in (*numbers, modes, values, missing)):
            raise ModelError("the lists nodes_* are not of one length")
        by_tree: dict[int, list[int]] = {}
        for place, tree in enumerate(numbers[0]):
            by_tree.setdefault(tree, []).append(place)
        _, ids, features, yes, no = numbers
        for tree, places in by_tree.items():
            own = {ids[place]: number for number, place in enumerate(places)}
            if len(own) != len(places):
                raise ModelError(f"tree {tree} has a node twice")
            questions, left, right = [], [], []
            inner: dict[int, _Leaf] = {}
            children: set[int] = set()
            for number, place in enumerate(places):
                if modes[place] == _LEAF:
                    questions.append(-1)
                    left.append(0)
                    right.append(0)
                    inner[number] = leaves.get((tree, ids[place]), _Leaf([], []))
                    continue
                question, swap = self.ask(modes[place], features[place], values[place],
                                          bool(missing[place]))  # fmt: skip
                where = own.get(yes[place], -1), own.get(no[place], -1)
                children.update(where)
                questions.append(question)
                left.append(where[0] if swap else where[1])
                right.append(where[1] if swap else where[0])
            roots = [number for number in range(len(places)) if number not in children]
            if len(roots) != 1:
                raise ModelError(f"tree {tree} has {len(roots)} roots")
            self.add(questions, left, right, inner, n_scores, roots[0])

    # -- the operator of set 5 -----------------------------------------------------------------

    def of_set_5(self) -> Ensemble:
        """Read TreeEnsemble."""
        names = ("featureids", "truenodeids", "falsenodeids", "trueleafs", "falseleafs")
        lists = [self.list_of(f"nodes_{name}").tolist() for name in names]
        n = len(lists[0])
        modes = wholes(np.ravel(self.told.get("nodes_modes", [])), "nodes_modes").tolist()
        splits = self.numbers("nodes_splits").tolist()
        missing = self.list_of("nodes_missing_value_tracks_true", [0] * n).tolist() or [0] * n
        if any(len(part) != n for part in (*lists, modes, splits, missing)):
            raise ModelError("the lists nodes_* are not of one length")
        if modes and not 0 <= min(modes) <= max(modes) < len(_MODES):
            raise ModelError("a node's mode is none that ONNX has")
        sets = self._members(sum(mode == len(_MODES) - 1 for mode in modes))
        weights, targets = self.numbers("leaf_weights").tolist(), self.list_of("leaf_targetids")
        n_scores = whole(self.told.get("n_targets", 1), "n_targets")
        if len(weights) != targets.size or not 1 <= n_scores <= MAX_SCORES:
            raise ModelError(f"{len(weights)} leaves, {targets.size} targets, {n_scores} scores")
        asked = []
        for place in range(n):
            mode = _MODES[modes[place]]
            if mode == "BRANCH_MEMBER":
                cuts = joined(
                    (cut(value, strict=True, precision=self.precision),
                     cut(value, strict=False, precision=self.precision))
                    for value in sets.pop(0)
                )  # fmt: skip
                question = self.collector.ask(lists[0][place], cuts, missing=bool(missing[place]))
                asked.append((question, False))
            else:
                asked.append(self.ask(mode, lists[0][place], splits[place], bool(missing[place])))
        for root in self.list_of("tree_roots").tolist():
            self._add_from(root, lists, asked, weights, targets.tolist(), n_scores)
        return self.finish(np.zeros(n_scores), None)

    def _members(self, n_sets: int) -> list[list[float]]:
        """Return the sets that nodes ask for, in order: NaN parts them."""
        found: list[list[float]] = [[]]
        for value in self.numbers("membership_values").tolist():
            if math.isnan(value):
                found.append([])
            else:
                found[-1].append(value)
        found = [sorted(set(part)) for part in found if part]
        if len(found) != n_sets:
            raise ModelError(f"membership_values has {len(found)} sets for {n_sets} nodes")
        return found

    def _add_from(
        self, root: int, lists: list[list[int]], asked: list[tuple[int, bool]],
        weights: list[float], targets: list[int], n_scores: int,
    ) -> None:  # fmt: skip
        """Add the tree below a node; a leaf that is named twice is two."""
        _, yes, no, yes_is_leaf, no_is_leaf = lists
        questions, left, right = [-1], [0], [0]
        leaves: dict[int, _Leaf] = {}
        waiting = [(root, False, 0)]
        seen = set()
        while waiting:
            place, is_leaf, number = waiting.pop()
            if is_leaf:
                if not 0 <= place < len(weights):
                    raise ModelError(f"a node leads to leaf {place}; there are {len(weights)}")
                leaves[number] = _Leaf([targets[place]], [weights[place]])
                continue
            if not 0 <= place < len(asked) or place in seen:
                raise ModelError(f"a node leads to node {place}, which is not there or has been")
            seen.add(place)
            question, swap = asked[place]
            both = [(yes[place], bool(yes_is_leaf[place])), (no[place], bool(no_is_leaf[place]))]
            first, second = both if swap else both[::-1]
            questions[number] = question
            for side, (child, ends) in ((left, first), (right, second)):
                side[number] = len(questions)
                waiting.append((child, ends, len(questions)))
                questions.append(-1)
                left.append(0)
                right.append(0)
        self.add(questions, left, right, leaves, n_scores, 0)
