"""Learning one layer: what it takes and gives, by the plain rule and by the fast one.

The rule is :mod:`lutgen.learn.counts`: count, decide, apply. The fast implementation does all three
for one LUT after another, and shares the LUTs out to workers in ranges; a LUT's result depends on
nothing but its own inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, pack
from lutgen.learn.counts import Tables, apply, count_classes
from lutgen.learn.executor import Executor
from lutgen.learn.fill import Fill

if TYPE_CHECKING:
    from lutgen.learn.byclass import ByClass

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


def learn_plain(
    signals: Words, labels: NDArray[np.uint8], wires: NDArray[np.int32], fill: Fill
) -> LearntLayer[Words]:
    """Learn a layer in plain NumPy.

    Parameters
    ----------
    signals : ndarray of shape (n_signals, n_words), dtype=np.uint64
        Bit-packed training samples as the layer sees them.
    labels : ndarray of shape (n_samples,), dtype=np.uint8
        Class of each sample, 0 or 1.
    wires : ndarray of shape (n_luts, k), dtype=np.int32
        Rows of `signals` that each LUT reads, address bit 0 first.
    """
    counts = count_classes(signals, wires, labels, backend="reference")
    luts = counts.decide(fill, backend="reference")
    outputs = apply(luts.tables, signals, wires, labels.size, backend="reference")
    wrong = np.bitwise_count(outputs ^ pack(labels[:, None])).sum(axis=1, dtype=np.int64)
    return LearntLayer(luts, outputs, labels.size - wrong)


def learn_fast(
    signals: Words,
    samples: ByClass,
    wires: NDArray[np.int32],
    fill: Fill,
    executor: Executor,
) -> LearntLayer[Words]:
    """Learn a layer with the kernels.

    Parameters
    ----------
    signals : ndarray of shape (n_signals, n_words), dtype=np.uint64
        The samples sorted by class, as :meth:`ByClass.sort` gives them; so are the outputs.
    wires
        See :func:`learn_plain`.
    """
    from lutgen.learn import kernels  # noqa: PLC0415 - loads numba
    from lutgen.learn.vectors import aligned  # noqa: PLC0415

    n_luts, k = wires.shape
    table_words = max(1, (1 << k) // 64)
    tables, seen, tied = (np.empty((n_luts, table_words), dtype=np.uint64) for _ in range(3))
    outputs = aligned(n_luts, signals.shape[1])
    n_correct = np.empty(n_luts, dtype=np.int64)
    offsets = kernels.offsets_for(samples, k)

    def learn_range(luts: slice) -> None:
        found = tables[luts], seen[luts], tied[luts], outputs[luts], n_correct[luts]
        kernels.learn_luts(signals, samples, offsets, wires[luts], fill.of(luts), found)

    step = min(_MAX_RANGE, -(-n_luts // (executor.n_workers * _RANGES_PER_WORKER)))
    executor.map(learn_range, [slice(s, s + step) for s in range(0, n_luts, step)])
    return LearntLayer(Tables(tables, seen, tied), outputs, n_correct)


class Learn(Protocol):
    """Learns a layer from signals."""

    def __call__(
        self, signals: Words, wires: NDArray[np.int32], fill: Fill
    ) -> LearntLayer[Words]: ...


def start_plain(
    signals: Words,
    labels: NDArray[np.uint8],
    executor: Executor,  # noqa: ARG001 - the signature of BACKENDS
) -> tuple[Words, Learn]:
    """Return the signals for the first layer, and what learns layers, one after another."""

    def learn(signals: Words, wires: NDArray[np.int32], fill: Fill) -> LearntLayer[Words]:
        return learn_plain(signals, labels, wires, fill)

    return signals, learn


def start_fast(
    signals: Words, labels: NDArray[np.uint8], executor: Executor
) -> tuple[Words, Learn]:
    """See :func:`start_plain`."""
    from lutgen.learn.byclass import ByClass  # noqa: PLC0415 - loads numba

    samples = ByClass.of(labels)

    def learn(signals: Words, wires: NDArray[np.int32], fill: Fill) -> LearntLayer[Words]:
        return learn_fast(signals, samples, wires, fill, executor)

    return samples.sort(signals, executor), learn


BACKENDS: dict[str, Callable[[Words, NDArray[np.uint8], Executor], tuple[Words, Learn]]] = {
    "kernels": start_fast,
    "reference": start_plain,
}
"""Take samples and the class of each; may put the samples in another order."""
