"""Learning one layer: what it takes and gives, by the plain rule and by the fast one.

The rule is :mod:`lutgen.learn.counts`: count, decide, apply. The fast implementation does all three
for one LUT after another, and shares the LUTs out to workers in ranges; a LUT's result depends on
nothing but its own inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, pack
from lutgen.learn.counts import Tables, apply, count_classes
from lutgen.learn.executor import Executor
from lutgen.learn.fill import Fill

_RANGES_PER_WORKER = 24
_MAX_RANGE = 64  # LUTs between two chances to be interrupted


Signals = TypeVar("Signals")


@dataclass(frozen=True, eq=False)
class LearntLayer(Generic[Signals]):
    """The LUTs of one layer.

    Parameters
    ----------
    luts : Tables
        Truth tables and care masks.
    outputs : ndarray of shape (n_luts, n_words), dtype=np.uint64, or what holds it
        The LUTs' outputs on the training samples.
    n_correct : ndarray of shape (n_luts,), dtype=np.int64
        Training samples whose label the output equals.
    """

    luts: Tables
    outputs: Signals
    n_correct: NDArray[np.int64]


class LearnLayer(Protocol):
    """Learn the LUTs of one layer by counting.

    Parameters
    ----------
    signals : ndarray of shape (n_signals, n_words), dtype=np.uint64
        Bit-packed training samples as the layer sees them.
    labels : ndarray of shape (n_samples,), dtype=np.uint8
        Class of each sample, 0 or 1.
    wires : ndarray of shape (n_luts, k), dtype=np.int32
        Rows of `signals` that each LUT reads, address bit 0 first.
    """

    def __call__(
        self,
        signals: Words,
        labels: NDArray[np.uint8],
        wires: NDArray[np.int32],
        fill: Fill,
        executor: Executor,
    ) -> LearntLayer[Words]: ...


def learn_plain(
    signals: Words,
    labels: NDArray[np.uint8],
    wires: NDArray[np.int32],
    fill: Fill,
    executor: Executor | None = None,  # noqa: ARG001 - the signature of LearnLayer
) -> LearntLayer[Words]:
    """Learn a layer in plain NumPy; see :class:`LearnLayer`."""
    counts = count_classes(signals, wires, labels, backend="reference")
    luts = counts.decide(fill, backend="reference")
    outputs = apply(luts.tables, signals, wires, labels.size, backend="reference")
    return LearntLayer(luts, outputs, _count_right(outputs, pack(labels[:, None]), labels.size))


def learn_fast(
    signals: Words,
    labels: NDArray[np.uint8],
    wires: NDArray[np.int32],
    fill: Fill,
    executor: Executor,
) -> LearntLayer[Words]:
    """Learn a layer with the kernels; see :class:`LearnLayer`."""
    from lutgen.learn import kernels  # noqa: PLC0415 - loads numba

    n_luts, k = wires.shape
    table_words = max(1, (1 << k) // 64)
    widths = (table_words, table_words, table_words, signals.shape[1])
    tables, seen, tied, outputs = (np.empty((n_luts, n), dtype=np.uint64) for n in widths)
    signals = np.ascontiguousarray(signals)
    offsets = kernels.class_offsets(labels, k, signals.shape[1])
    target = pack(labels[:, None])
    n_correct = np.empty(n_luts, dtype=np.int64)

    def learn_range(luts: slice) -> None:
        part = tables[luts], seen[luts], tied[luts], outputs[luts]
        kernels.learn_luts(signals, offsets, wires[luts], labels.size, fill.of(luts), part)
        n_correct[luts] = _count_right(outputs[luts], target, labels.size)

    step = min(_MAX_RANGE, -(-n_luts // (executor.n_workers * _RANGES_PER_WORKER)))
    executor.map(learn_range, [slice(s, s + step) for s in range(0, n_luts, step)])
    return LearntLayer(Tables(tables, seen, tied), outputs, n_correct)


def _count_right(outputs: Words, target: Words, n_samples: int) -> NDArray[np.int64]:
    wrong: NDArray[np.int64] = np.bitwise_count(outputs ^ target).sum(axis=1, dtype=np.int64)
    return n_samples - wrong
