"""Trees of any library as one value, with their meaning.

Every question of a tree is about one feature: the number line is cut, and whoever stands behind an
odd number of cuts goes right. One cut is a threshold; several are sets of categories, or a
threshold with missing values written as zero. Where NaN goes is said beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.errors import ModelError

MAX_NODES = 1 << 24
MAX_FEATURES = 1 << 20
MAX_SCORES = 1 << 12
_CELLS = 1 << 25  # answers of samples to questions held at a time


class Question(NamedTuple):
    """A question about a feature.

    Parameters
    ----------
    feature : int
    cuts : tuple of float
        Ascending; a number goes right if an odd number of them are less than or equal to it.
    missing : bool
        Whether NaN goes right.
    """

    feature: int
    cuts: tuple[float, ...]
    missing: bool


def joined(intervals: Iterable[tuple[float, float]]) -> tuple[float, ...]:
    """Return the cuts of a set of numbers, given as disjoint intervals ``[from, to)``."""
    cuts: list[float] = []
    for first, end in sorted(intervals):
        if cuts and cuts[-1] == first:
            cuts[-1] = end
        elif first < end:
            cuts += [first, end]
    return tuple(cuts)


def overruled(cuts: Sequence[float], first: float, end: float, *, right: bool) -> tuple[float, ...]:
    """Return the cuts of a question whose answer in ``[first, end)`` is another one."""
    before = [value for value in cuts if value < first]
    after = [value for value in cuts if value > end]
    n_behind = len(cuts) - len(after)  # at or before the end
    if len(before) % 2 != right:
        before.append(first)
    if n_behind % 2 != right:
        after.insert(0, end)
    return (*before, *after)


@dataclass(frozen=True, eq=False)
class Tree:
    """A decision tree, its nodes from the root down, each after its parent.

    Parameters
    ----------
    question : ndarray of shape (n_nodes,), dtype=np.int32
        Number of the ensemble's question; -1 at a leaf.
    left, right : ndarray of shape (n_nodes,), dtype=np.int32
        Nodes where no and yes lead to.
    values : ndarray of shape (n_nodes, n), dtype=np.float64
        What a leaf adds to each of `scores`.
    scores : tuple of int
        Scores that the tree adds to.
    """

    question: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    values: NDArray[np.float64]
    scores: tuple[int, ...]

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return int(self.question.size)

    @property
    def is_leaf(self) -> NDArray[np.bool_]:
        """Which nodes are leaves."""
        return self.question < 0


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Trees whose leaves add up to scores.

    Parameters
    ----------
    n_features : int
    questions : tuple of Question
        Each of them different.
    trees : tuple of Tree
    base : ndarray of shape (n_scores,), dtype=np.float64
        What the scores start from.
    classes : ndarray of shape (n_classes,) or None
        Labels, of one score for two classes or of one a class; None: the scores are the answer.
    divisor : float
        Scores are divided by it in the end, e.g. the number of trees for their mean.
    ties_to_second : bool
        Of one score: whether 0 means the second class, rather than the first.
    single : bool
        Whether the library adds up in float32.
    takes_missing : bool
        Whether the library takes NaN at all.
    feature_names : tuple of str
    notes : tuple of str
        What was taken for granted.
    """

    n_features: int
    questions: tuple[Question, ...]
    trees: tuple[Tree, ...]
    base: NDArray[np.float64]
    classes: NDArray[Any] | None = None
    divisor: float = 1.0
    ties_to_second: bool = False
    single: bool = False
    takes_missing: bool = True
    feature_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def n_scores(self) -> int:
        """Number of scores."""
        return int(self.base.size)

    @property
    def is_binary(self) -> bool:
        """Whether one score tells two classes apart."""
        return self.classes is not None and self.n_scores == 1

    def margins(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the scores as the library adds them up, shape (n_samples, n_scores)."""
        return self.margins_of(self.leaves(X))

    def leaves(self, X: NDArray[Any]) -> NDArray[np.int32]:
        """Return the leaf of each tree that each sample comes to, shape (n_trees, n_samples)."""
        found = np.zeros((len(self.trees), len(X)), dtype=np.int32)
        step = max(1, _CELLS // max(1, len(self.questions)))
        for start in range(0, len(X), step):
            answers = self._answers(X[start : start + step])
            for row, tree in zip(found, self.trees, strict=True):
                row[start : start + step] = _walk(tree, answers)
        return found

    def margins_of(self, leaves: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return the scores at leaves of all trees, as the library adds them up."""
        dtype = np.float32 if self.single else np.float64
        sums = np.tile(self.base.astype(dtype), (leaves.shape[1], 1))
        for tree, nodes in zip(self.trees, leaves, strict=True):
            sums[:, list(tree.scores)] += tree.values[nodes].astype(dtype)
        return sums.astype(np.float64) / self.divisor

    def _answers(self, X: NDArray[Any]) -> NDArray[np.bool_]:
        answers = np.zeros((len(self.questions), len(X)), dtype=bool)
        for row, question in zip(answers, self.questions, strict=True):
            column = X[:, question.feature].astype(np.float64)
            row[:] = np.searchsorted(question.cuts, column, side="right") & 1
            row[np.isnan(column)] = question.missing
        return answers


def _walk(tree: Tree, answers: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return the leaf that each sample comes to."""
    rows = np.arange(answers.shape[1])
    node = np.zeros(rows.size, dtype=np.int32)
    while True:
        question = tree.question[node]
        if (question < 0).all():
            return node
        onward = np.where(answers[question, rows], tree.right[node], tree.left[node])
        node = np.where(question < 0, node, onward)


class Collector:
    """Collects the trees of a file, checked, each question once."""

    def __init__(self, n_features: int) -> None:
        if not 1 <= n_features <= MAX_FEATURES:
            raise ModelError(f"{n_features} features; 1 to {MAX_FEATURES:,} are possible")
        self.n_features = n_features
        self.trees: list[Tree] = []
        self._questions: dict[Question, int] = {}
        self._n_nodes = 0

    @property
    def questions(self) -> tuple[Question, ...]:
        """All questions so far."""
        return tuple(self._questions)

    def ask(self, feature: int, cuts: Sequence[float], *, missing: bool) -> int:
        """Return the number of a question.

        Raises
        ------
        ModelError
            If there is no such feature, or a cut is NaN.
        """
        if not 0 <= feature < self.n_features:
            raise ModelError(
                f"tree {len(self.trees)} asks for feature {feature}; there are {self.n_features}"
            )
        if any(math.isnan(value) for value in cuts):
            raise ModelError(f"tree {len(self.trees)} has a threshold that is NaN")
        question = Question(feature, tuple(float(value) for value in cuts), bool(missing))
        return self._questions.setdefault(question, len(self._questions))

    def add(
        self,
        questions: Sequence[int],
        left: Sequence[int],
        right: Sequence[int],
        values: NDArray[np.float64],
        scores: tuple[int, ...],
        root: int = 0,
    ) -> None:
        """Add a tree; its nodes may come in any order, and ones that nothing leads to are left out.

        Parameters
        ----------
        questions : sequence of int
            Of each node, as :meth:`ask` gave it; -1 at a leaf.
        left, right : sequence of int
            Children; passed over at leaves.
        values : ndarray of shape (n_nodes, len(scores))

        Raises
        ------
        ModelError
            If it is no tree, or a leaf is NaN or infinite.
        """
        where = f"tree {len(self.trees)}"
        n = len(questions)
        if not n == len(left) == len(right) == len(values) or not 0 <= root < n:
            raise ModelError(f"{where}: its arrays are not of one length, or it has no nodes")
        place = [-1] * n
        order: list[int] = []
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if place[node] >= 0:
                raise ModelError(f"{where}: several ways lead to node {node}, so it is no tree")
            place[node] = len(order)
            order.append(node)
            if questions[node] >= 0:
                for child in (right[node], left[node]):
                    if not 0 <= child < n:
                        raise ModelError(
                            f"{where}: node {node} leads to node {child}; there are {n}"
                        )
                    waiting.append(child)
        self._n_nodes += len(order)
        if self._n_nodes > MAX_NODES:
            raise ModelError(f"more than {MAX_NODES:,} nodes")
        asked = np.array([questions[node] for node in order], dtype=np.int32)
        leaf_values = np.where(asked[:, None] < 0, values[order], 0.0)
        if not np.isfinite(leaf_values).all():
            raise ModelError(f"{where}: a leaf is NaN or infinite")
        sides = [
            np.array([place[side[node]] if questions[node] >= 0 else 0 for node in order], np.int32)
            for side in (left, right)
        ]
        self.trees.append(Tree(asked, sides[0], sides[1], leaf_values, scores))

    def finish(self, base: ArrayLike, **told: Any) -> Ensemble:
        """Return the ensemble; `told` are its other fields.

        Raises
        ------
        ModelError
            If there are no trees, or more scores than can be, or the base is NaN or infinite.
        """
        start = np.array(base, dtype=np.float64)
        if not self.trees:
            raise ModelError("it has no trees")
        if not 1 <= start.size <= MAX_SCORES:
            raise ModelError(f"{start.size} scores; 1 to {MAX_SCORES:,} are possible")
        if not np.isfinite(start).all():
            raise ModelError("what the scores start from is NaN or infinite")
        if max(max(tree.scores) for tree in self.trees) >= start.size:
            raise ModelError(f"a tree adds to a score that is none of the {start.size}")
        names = tuple(told.pop("feature_names", ()))
        if len(names) != self.n_features or len(set(names)) != len(names):
            names = ()
        return Ensemble(
            self.n_features, self.questions, tuple(self.trees), start, feature_names=names, **told
        )
