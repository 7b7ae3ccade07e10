"""Counts: what the training samples say at each entry of some LUTs' tables.

Learning a table is counting, and nothing but: the samples that reach an entry are counted, and the
counts decide the entry. Counts are integers, so those of disjoint parts of the samples add up to
those of the whole, exactly, in any order: parts may lie in other threads or on other machines.

Here, and nowhere else, samples are counted (`count_classes`, `count_residuals`), counts are added
(`Counts.add`) and decided (`Counts.decide`), and tables are applied to samples (`apply`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, unpack_rows
from lutgen.learn.fill import Fill


@dataclass(frozen=True)
class Criterion:
    """What is counted at an entry, and what that says.

    Parameters
    ----------
    statistics : tuple of str
        The integers that an entry has.
    votes : tuple of int
        What each statistic adds to the entry's votes: their sign is the value that it should
        have, and their size how much that decides.
    reached : tuple of int
        What each adds to the number of samples that reach the entry.
    """

    statistics: tuple[str, ...]
    votes: tuple[int, ...]
    reached: tuple[int, ...]


CLASSES = Criterion(("samples of class 0", "samples of class 1"), (-1, 1), (1, 1))
RESIDUALS = Criterion(("sum of residuals", "samples of some weight"), (1, 0), (0, 1))


@dataclass(frozen=True, eq=False)
class Tables:
    """What counts were decided to be.

    Parameters
    ----------
    tables, seen, tied : ndarray of shape (n_luts, max(1, 2^k / 64)), dtype=np.uint64
        Truth tables and care masks, as in :class:`lutgen.model.network.LutNetwork`.
    """

    tables: Words
    seen: Words
    tied: Words


@dataclass(frozen=True, eq=False)
class Counts:
    """What was counted at each entry of the tables of some LUTs of one k.

    Parameters
    ----------
    criterion : Criterion
        What the statistics are.
    statistics : ndarray of shape (n_luts, n_statistics, 2^k), dtype=np.int64
        The statistics of each LUT's entries.
    """

    criterion: Criterion
    statistics: NDArray[np.int64]

    def __post_init__(self) -> None:
        assert self.statistics.dtype == np.int64 and self.statistics.ndim == 3
        assert self.statistics.shape[1] == len(self.criterion.statistics)
        assert self.statistics.shape[2].bit_count() == 1

    @classmethod
    def zeros(cls, criterion: Criterion, n_luts: int, k: int) -> Counts:
        """Return the counts of no samples: they change nothing that they are added to."""
        shape = (n_luts, len(criterion.statistics), 1 << k)
        return cls(criterion, np.zeros(shape, dtype=np.int64))

    @property
    def n_luts(self) -> int:
        """Number of LUTs."""
        return int(self.statistics.shape[0])

    @property
    def k(self) -> int:
        """Inputs of each LUT."""
        return int(self.statistics.shape[2]).bit_length() - 1

    @property
    def votes(self) -> NDArray[np.int64]:
        """The votes of each entry, shape (n_luts, 2^k); zero where nothing is decided."""
        return _combine(self.criterion.votes, self.statistics)

    @property
    def reached(self) -> NDArray[np.int64]:
        """How many samples reach each entry, shape (n_luts, 2^k)."""
        return _combine(self.criterion.reached, self.statistics)

    @property
    def gain(self) -> NDArray[np.int64]:
        """What each LUT's table wins of the votes, shape (n_luts,): how well it fits."""
        gain: NDArray[np.int64] = np.abs(self.votes).sum(axis=1)
        return gain

    def add(self, other: Counts) -> Counts:
        """Return the counts of both sets of samples, which have none in common."""
        assert self.criterion == other.criterion, "counts of different things"
        assert self.statistics.shape == other.statistics.shape, "counts of other LUTs"
        return replace(self, statistics=self.statistics + other.statistics)

    def __add__(self, other: Counts) -> Counts:
        return self.add(other)

    def decide(self, fill: Fill, *, backend: str = "kernels") -> Tables:
        """Return the tables: the sign of each entry's votes, and the fill where they are equal.

        Seen are the entries that a sample reaches, tied those of them whose votes are equal.
        """
        assert fill.keys.shape == (self.n_luts,)
        return Tables(*_backend(backend).decide(self.votes, self.reached, fill))


class Backend(Protocol):
    """The functions that an implementation has to offer."""

    def count_classes(
        self, signals: Words, wires: NDArray[np.int32], labels: NDArray[np.uint8]
    ) -> NDArray[np.int64]:
        """Return the statistics of CLASSES."""
        ...

    def count_residuals(
        self,
        signals: Words,
        wires: NDArray[np.int32],
        residual: NDArray[np.int32],
        weights: NDArray[np.int32],
        words: range,
    ) -> NDArray[np.int64]:
        """Return the statistics of RESIDUALS."""
        ...

    def decide(
        self, votes: NDArray[np.int64], reached: NDArray[np.int64], fill: Fill
    ) -> tuple[Words, Words, Words]:
        """Return tables, seen and tied of entries, all arrays of shape (n_luts, 2^k), packed."""
        ...

    def apply(
        self, tables: Words, signals: Words, wires: NDArray[np.int32], n_samples: int
    ) -> Words:
        """Return what the LUTs give for the samples."""
        ...


def count_classes(
    signals: Words,
    wires: NDArray[np.int32],
    labels: NDArray[np.uint8],
    *,
    backend: str = "kernels",
) -> Counts:
    """Count the samples of each class at each entry.

    Parameters
    ----------
    signals : ndarray of shape (n_signals, n_words), dtype=np.uint64
        Bit-packed samples: bit b of word w is sample 64*w + b.
    wires : ndarray of shape (n_luts, k), dtype=np.int32
        Rows of `signals` that each LUT reads, address bit 0 first; k may be 0.
    labels : ndarray of shape (n_samples,), dtype=np.uint8
        Class of each sample, 0 or 1.
    backend : {"kernels", "reference"}
        Fast or plain implementation; the counts are the same.
    """
    return Counts(CLASSES, _backend(backend).count_classes(signals, wires, labels))


def count_residuals(
    signals: Words,
    wires: NDArray[np.int32],
    residual: NDArray[np.int32],
    weights: NDArray[np.int32],
    *,
    words: range | None = None,
    backend: str = "kernels",
) -> Counts:
    """Sum the residuals, and count the samples of some weight, at each entry.

    Parameters
    ----------
    signals, wires
        See :func:`count_classes`.
    residual, weights : ndarray of shape (64 * number of words,), dtype=np.int32
        What each sample lacks, and what it counts; both 0 in places past the last sample.
    words : range, optional
        Words to count; default: all. `residual` and `weights` are those of their samples.
    backend : {"kernels", "reference"}
        Fast or plain implementation; the counts are the same.
    """
    words = range(signals.shape[1]) if words is None else words
    count = _backend(backend).count_residuals
    return Counts(RESIDUALS, count(signals, wires, residual, weights, words))


def total(parts: Sequence[Counts]) -> Counts:
    """Return the counts of all parts together: pairs are added, then pairs of pairs."""
    while len(parts) > 1:
        pairs = [a.add(b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
        parts = [*pairs, *parts[2 * len(pairs) :]]
    return parts[0]


def apply(
    tables: Words,
    signals: Words,
    wires: NDArray[np.int32],
    n_samples: int,
    *,
    backend: str = "kernels",
) -> Words:
    """Return what LUTs give for samples, shape (n_luts, n_words); zero past the last sample.

    Parameters
    ----------
    tables : ndarray of shape (n_luts, max(1, 2^k / 64)), dtype=np.uint64
        As :class:`Tables` has them.
    signals, wires
        See :func:`count_classes`.
    """
    return _backend(backend).apply(tables, signals, wires, n_samples)


def reached(signals: Words, wires: NDArray[np.int32], n_samples: int) -> NDArray[np.bool_]:
    """Return which entries a sample reaches, whatever its class; shape (n_luts, 2^k)."""
    everyone = np.zeros(n_samples, dtype=np.uint8)
    seen: NDArray[np.bool_] = count_classes(signals, wires, everyone).reached > 0
    return seen


def unpack_tables(words: Words, k: int) -> NDArray[np.bool_]:
    """Return tables or masks of shape (n_luts, max(1, 2^k / 64)) as shape (n_luts, 2^k)."""
    values: NDArray[np.bool_] = unpack_rows(words, 1 << k) == 1
    return values


def _combine(factors: tuple[int, ...], statistics: NDArray[np.int64]) -> NDArray[np.int64]:
    combined = np.zeros_like(statistics[:, 0])
    for place, factor in enumerate(factors):
        if factor:
            combined += factor * statistics[:, place]
    return combined


def _backend(name: str) -> Backend:
    module: ModuleType
    if name == "reference":
        from lutgen.learn import reference as module  # noqa: PLC0415
    else:
        from lutgen.learn import kernels as module  # noqa: PLC0415 - loads numba
    return cast(Backend, module)
