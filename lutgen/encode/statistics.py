"""What an encoder has to know of the training samples: of a matrix, or of blocks of rows.

Of blocks it is counted, in a few passes over all of them, and comes out as of the whole matrix, to
the last bit. A question is a function of one block, which can be pickled; its answers are added up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lutgen.encode.gain import MAX_CANDIDATES, STEPS, Cells, cells_of, tally
from lutgen.encode.seen import SeenValues
from lutgen.encode.tally import Tally, Wanted, ordered, select, unordered

Answer = TypeVar("Answer")
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_FEW_ROWS = 4096  # that tell mostly whether a column has many values


class Statistics(Protocol):
    """What an encoder has to know.

    Attributes
    ----------
    n_samples, n_features : int
    low, high : ndarray of shape (n_features,), dtype=np.float64
        Least and largest value of each feature, NaN where all are missing.
    lacking : ndarray of shape (n_features,), dtype=np.bool_
        Features that some samples lack, NaN.
    is_binary : bool
        Whether every value is 0 or 1, or missing.
    fractional : ndarray of shape (n_features,), dtype=np.bool_
        Features of which a value is no whole number.
    """

    n_samples: int
    n_features: int

    @property
    def low(self) -> Floats: ...

    @property
    def high(self) -> Floats: ...

    @property
    def lacking(self) -> Flags: ...

    @property
    def is_binary(self) -> bool: ...

    @property
    def fractional(self) -> Flags: ...

    def quantiles(self, steps: Floats) -> Floats:
        """Return the values at quantiles, the higher of two, shape (n_steps, n_features)."""
        ...

    def above_low(self) -> Floats:
        """Return the least value above the least one, shape (n_features,); NaN if none is."""
        ...

    def cells(self) -> Sequence[Cells]:
        """Return for each feature its intervals and the samples of each class below them."""
        ...

    def seen(self, feature: NDArray[np.int32], threshold: Floats) -> SeenValues:
        """Return what values there are around thresholds."""
        ...


class Dense:
    """Statistics of a matrix.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_features)
        NaN where a value is missing.
    classes : ndarray of int of shape (n_samples,), optional
    """

    def __init__(self, matrix: NDArray[Any], classes: NDArray[np.integer] | None = None) -> None:
        self.matrix, self.classes = matrix, classes
        self.n_samples, self.n_features = matrix.shape

    @cached_property
    def low(self) -> Floats:
        """See :class:`Statistics`."""
        return np.asarray(np.fmin.reduce(self.matrix, axis=0), dtype=np.float64)

    @cached_property
    def high(self) -> Floats:
        """See :class:`Statistics`."""
        return np.asarray(np.fmax.reduce(self.matrix, axis=0), dtype=np.float64)

    @cached_property
    def lacking(self) -> Flags:
        """See :class:`Statistics`."""
        return lacking_of(self.matrix)

    @property
    def is_binary(self) -> bool:
        """See :class:`Statistics`."""
        return is_binary(self.matrix)

    @cached_property
    def fractional(self) -> Flags:
        """See :class:`Statistics`."""
        return fractional_of(self.matrix)

    @cached_property
    def _values(self) -> Floats:
        return self.matrix.astype(np.float64)

    def quantiles(self, steps: Floats) -> Floats:
        """See :class:`Statistics`."""
        # method="higher" picks a value that occurs, so integer features keep integer thresholds
        found = np.quantile(self._values, steps, axis=0, method="higher")
        for feature in np.flatnonzero(self.lacking).tolist():
            values = self._values[:, feature]
            there = values[~np.isnan(values)]
            if there.size:
                found[:, feature] = np.quantile(there, steps, method="higher")
        return np.asarray(found)

    def above_low(self) -> Floats:
        """See :class:`Statistics`."""
        above = np.full(self.n_features, np.nan)
        for feature in range(self.n_features):
            values = self._values[:, feature]
            greater = values[values > self.low[feature]]
            if greater.size:
                above[feature] = greater.min()
        return above

    def cells(self) -> list[Cells]:
        """See :class:`Statistics`."""
        assert self.classes is not None
        return [tally(self.matrix[:, f], self.classes) for f in range(self.n_features)]

    def seen(self, feature: NDArray[np.int32], threshold: Floats) -> SeenValues:
        """See :class:`Statistics`."""
        return SeenValues.of(self.matrix, feature, threshold)


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of the training samples.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_features)
        Checked: numbers, finite but for NaN where values may be missing.
    labels : ndarray of shape (n_rows,) or (n_rows, n_numbers), or None
    weights : ndarray of shape (n_rows,), dtype=np.float64, or None
        What each row counts; None: all the same.
    """

    matrix: NDArray[Any]
    labels: NDArray[Any] | None = None
    weights: NDArray[np.float64] | None = None

    def take(self, rows: NDArray[np.integer]) -> Block:
        """Return some of the rows."""
        labels = None if self.labels is None else self.labels[rows]
        weights = None if self.weights is None else self.weights[rows]
        return Block(self.matrix[rows], labels, weights)


class Ask(Protocol):
    """Asks all blocks a question and adds the answers up."""

    def __call__(
        self, question: Callable[[Block], Answer], add: Callable[[Answer, Answer], Answer]
    ) -> Answer: ...


@dataclass(frozen=True, eq=False)
class _Summary:
    n_samples: int
    low: Floats
    high: Floats
    n_there: NDArray[np.int64]
    is_binary: bool
    fractional: Flags

    def add(self, other: _Summary) -> _Summary:
        return _Summary(
            self.n_samples + other.n_samples,
            np.fmin(self.low, other.low),
            np.fmax(self.high, other.high),
            self.n_there + other.n_there,
            self.is_binary and other.is_binary,
            self.fractional | other.fractional,
        )


class Counted:
    """Statistics of blocks of rows.

    Parameters
    ----------
    ask : callable
        See :class:`Ask`.
    classes_of : callable, optional
        Makes class numbers of a block's labels, for thresholds by gain.
    n_classes : int
        Their number.
    """

    def __init__(
        self,
        ask: Ask,
        classes_of: Callable[[NDArray[Any]], NDArray[np.integer]] | None = None,
        n_classes: int = 0,
    ) -> None:
        self._ask, self._classes_of, self._n_classes = ask, classes_of, n_classes
        self._summary = ask(_summarise, _Summary.add)
        self.n_samples = self._summary.n_samples
        self.n_features = self._summary.low.size

    @property
    def low(self) -> Floats:
        """See :class:`Statistics`."""
        return self._summary.low

    @property
    def high(self) -> Floats:
        """See :class:`Statistics`."""
        return self._summary.high

    @property
    def lacking(self) -> Flags:
        """See :class:`Statistics`."""
        return np.asarray(self._summary.n_there < self.n_samples)

    @property
    def is_binary(self) -> bool:
        """See :class:`Statistics`."""
        return self._summary.is_binary

    @property
    def fractional(self) -> Flags:
        """See :class:`Statistics`."""
        return self._summary.fractional

    def quantiles(self, steps: Floats) -> Floats:
        """See :class:`Statistics`: by radix selection, see :mod:`lutgen.encode.tally`."""
        return self._quantiles(steps, np.ones(self.n_features, dtype=np.bool_))

    def _quantiles(self, steps: Floats, wanted: Flags) -> Floats:
        n_there = np.where(wanted, self._summary.n_there, 0)
        ranks = [
            (np.ceil((n - 1) * steps).astype(np.int64) + 1) if n else np.empty(0, dtype=np.int64)
            for n in n_there.tolist()
        ]
        found = select(lambda digits: self._ask(partial(_digits, wanted=digits), Tally.add), ranks)
        columns = [unordered(keys) if keys.size else np.full(steps.size, np.nan) for keys in found]
        return np.stack(columns, axis=1)

    def above_low(self) -> Floats:
        """See :class:`Statistics`."""
        features = np.flatnonzero(~np.isnan(self.low)).astype(np.int32)
        above = np.full(self.n_features, np.nan)
        above[features] = self.seen(features, self.low[features]).beyond
        return above

    def cells(self) -> list[Cells]:
        """See :class:`Statistics`."""
        distinct = self._ask(_distinct, _united)
        many = np.array([values.size > MAX_CANDIDATES + 1 for values in distinct])
        edges = list(distinct)
        if many.any():
            quantiles = self._quantiles(STEPS, many)
            for f in np.flatnonzero(many).tolist():
                edges[f] = np.unique(np.concatenate([self.low[f : f + 1], quantiles[:, f]]))
        assert self._classes_of is not None
        question = partial(
            _count_cells, edges=edges, classes_of=self._classes_of, n_classes=self._n_classes
        )
        counts = self._ask(question, _each_added)
        cells = []
        for values, own in zip(edges, counts, strict=True):
            below = np.zeros((self._n_classes, values.size + 1), dtype=np.int64)
            np.cumsum(own, axis=1, out=below[:, 1:])
            cells.append((values, below))
        return cells

    def seen(self, feature: NDArray[np.int32], threshold: Floats) -> SeenValues:
        """See :class:`Statistics`."""
        question = partial(_look, feature=feature, threshold=threshold)
        return self._ask(question, SeenValues.merge)


def lacking_of(matrix: NDArray[Any]) -> Flags:
    """Return which columns have NaN."""
    if matrix.dtype.kind != "f":
        return np.zeros(matrix.shape[1], dtype=np.bool_)
    return np.asarray(np.isnan(matrix).any(axis=0))


def is_binary(matrix: NDArray[Any]) -> bool:
    """Return whether every value is 0 or 1, or NaN."""
    return bool(((matrix == 0) | (matrix == 1) | np.isnan(matrix)).all())


def fractional_of(matrix: NDArray[Any]) -> Flags:
    """Return which columns have a number that is not whole."""
    found = np.zeros(matrix.shape[1], dtype=np.bool_)
    if matrix.dtype.kind == "f":
        for feature in range(matrix.shape[1]):
            column = matrix[:, feature]
            found[feature] = (np.isfinite(column) & (column != np.rint(column))).any()
    return found


def _summarise(block: Block) -> _Summary:
    matrix = block.matrix
    n_rows, n_features = matrix.shape
    if not n_rows:
        none = np.full(n_features, np.nan)
        nothing = np.zeros(n_features, dtype=np.int64)
        return _Summary(0, none, none, nothing, True, nothing > 0)
    n_there = np.full(n_features, n_rows, dtype=np.int64)
    if matrix.dtype.kind == "f":
        n_there -= np.isnan(matrix).sum(axis=0)
    return _Summary(
        n_rows,
        np.asarray(np.fmin.reduce(matrix, axis=0), dtype=np.float64),
        np.asarray(np.fmax.reduce(matrix, axis=0), dtype=np.float64),
        n_there,
        is_binary(matrix),
        fractional_of(matrix),
    )


def _there(column: NDArray[Any]) -> Floats:
    """Return the values that are not missing; both zeros are one."""
    values = column.astype(np.float64) + 0.0
    return values[~np.isnan(values)]


def _digits(block: Block, wanted: Wanted) -> Tally:
    found = [
        wanted.count(feature, ordered(_there(block.matrix[:, feature])))
        for feature, prefixes in enumerate(wanted.prefixes)
        if prefixes is not None
    ]
    if not found:
        return Tally.of(np.empty(0, dtype=np.uint64))
    return Tally(  # ascending, as columns are
        np.concatenate([tally.keys for tally in found]),
        np.concatenate([tally.weights for tally in found]),
    )


def _distinct(block: Block) -> list[Floats]:
    """Return the values of each column, or so many that they are too many."""
    found = []
    for feature in range(block.matrix.shape[1]):
        column = block.matrix[:, feature]
        values = np.unique(_there(column[:_FEW_ROWS]))
        if values.size <= MAX_CANDIDATES + 1:
            values = np.unique(_there(column))
        found.append(values[: MAX_CANDIDATES + 2])
    return found


def _united(one: list[Floats], other: list[Floats]) -> list[Floats]:
    return [np.union1d(a, b)[: MAX_CANDIDATES + 2] for a, b in zip(one, other, strict=True)]


def _count_cells(
    block: Block,
    edges: Sequence[Floats],
    classes_of: Callable[[NDArray[Any]], NDArray[np.integer]],
    n_classes: int,
) -> list[NDArray[np.int64]]:
    assert block.labels is not None
    classes = classes_of(block.labels)
    return [
        cells_of(block.matrix[:, feature], classes, values, n_classes)
        for feature, values in enumerate(edges)
    ]


def _each_added(
    one: list[NDArray[np.int64]], other: list[NDArray[np.int64]]
) -> list[NDArray[np.int64]]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _look(block: Block, feature: NDArray[np.int32], threshold: Floats) -> SeenValues:
    if not len(block.matrix):
        none = np.full(block.matrix.shape[1], np.nan)
        return SeenValues.of_range(none, none, int(feature.size))
    return SeenValues.of(block.matrix, feature, threshold)
