"""Encoded samples with their labels, in parts: what learners learn from, or watch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.learn.parts import Here, Parts, added, answers, firsts

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Labelled:
    """Encoded samples, one part of all.

    Parameters
    ----------
    bits : Bits
    labels : ndarray of shape (n_samples,), integers, or (n_scores, n_samples), dtype=np.float64
        Class numbers, or the numbers to answer.
    weights : ndarray of shape (n_samples,), dtype=np.float64, or None
        What each sample counts; None: all the same.
    """

    bits: Bits
    labels: NDArray[Any]
    weights: NDArray[np.float64] | None = None

    def take(self, rows: Rows) -> Labelled:
        """Return some of the samples."""
        weights = None if self.weights is None else self.weights[rows]
        return Labelled(self.bits.take(rows), self.labels[..., rows], weights)

    @property
    def filled(self) -> NDArray[np.float64]:
        """The weight of each sample."""
        return np.ones(self.bits.n_samples) if self.weights is None else self.weights


@dataclass(frozen=True)
class Weighing:
    """How the weights of all samples become whole numbers.

    Parameters
    ----------
    least, largest : float
        Of those above zero; infinity and 0 where there are none.
    """

    least: float
    largest: float

    @property
    def is_nothing(self) -> bool:
        """Whether no sample has a weight."""
        return self.largest == 0

    def whole(self, labelled: Labelled, unit: int) -> NDArray[np.int32]:
        """Return weights as integers up to the unit, all 1 where they are equal.

        Those that are not zero are 1 at least.
        """
        weights = labelled.filled
        if self.least == self.largest:
            return (weights > 0).astype(np.int32)
        scaled = np.rint(weights / self.largest * unit)
        return np.where(weights > 0, np.maximum(scaled, 1), 0).astype(np.int32)


@dataclass(frozen=True, eq=False)
class SampleSet:
    """All parts of some samples.

    Parameters
    ----------
    parts : Parts of Labelled
    sizes : sequence of int
        Samples of each part.
    n_signals : int
    """

    parts: Parts[Labelled]
    sizes: Sequence[int]
    n_signals: int

    @classmethod
    def here(cls, *items: Labelled) -> SampleSet:
        """Return samples that are in memory."""
        sizes = [item.bits.n_samples for item in items]
        return cls(Here(items), sizes, items[0].bits.n_signals)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return sum(self.sizes)

    @property
    def firsts(self) -> list[int]:
        """The number of each part's first sample."""
        return firsts(self.sizes)[:-1]

    def ask(self, question: Callable[[Labelled], Any]) -> list[Any]:
        """Return the answer of each part."""
        return answers(self.parts, question)

    def total(self, question: Callable[[Labelled], list[Any]]) -> list[Any]:
        """Return the lists of all parts, added up item by item by their method `add`."""
        found = self.ask(question)
        return [
            added(items, lambda one, other: one.add(other)) for items in zip(*found, strict=True)
        ]

    def followed_by(self, other: SampleSet) -> SampleSet:
        """Return these samples and then others."""
        return SampleSet(
            self.parts.followed_by(other.parts), [*self.sizes, *other.sizes], self.n_signals
        )

    def weighing(self) -> Weighing:
        """Return how weights become whole numbers."""
        found = self.ask(weight_range)
        return Weighing(min(least for least, _ in found), max(most for _, most in found))

    def class_counts(self, n_classes: int) -> NDArray[np.int64]:
        """Return the samples of some weight of each class, part by part: (n_parts, n_classes)."""
        return np.array(self.ask(partial(count_classes, n_classes=n_classes)))

    def take(self, choose: Callable[..., Rows], each: Sequence[tuple[Any, ...]]) -> SampleSet:
        """Return the samples that are chosen of each part, given that part's arguments."""
        parts = self.parts.derive(Taken(choose), each)
        return replace(self, parts=parts, sizes=answers(parts, n_samples_of))


class Taken:
    """Takes rows of a part by a rule."""

    def __init__(self, choose: Callable[..., Rows]) -> None:
        self._choose = choose

    def __call__(self, part: Labelled, *arguments: Any) -> Labelled:
        return part.take(self._choose(part, *arguments))


def n_samples_of(part: Labelled) -> int:
    """Return how many samples a part has."""
    return part.bits.n_samples


def weight_range(part: Labelled) -> tuple[float, float]:
    """Return the least and the largest weight above zero."""
    positive = part.filled[part.filled > 0]
    return float(positive.min(initial=np.inf)), float(positive.max(initial=0))


def class_sizes(part: Labelled, n_classes: int) -> NDArray[np.int64]:
    """Return how many samples each class has."""
    return np.bincount(part.labels, minlength=n_classes)


def count_classes(part: Labelled, n_classes: int) -> NDArray[np.int64]:
    """Return how many samples of each class have a weight."""
    return np.bincount(part.labels[part.filled > 0], minlength=n_classes)
