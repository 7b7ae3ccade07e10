"""What is done with every place of the samples, cut into parts for the workers.

The parts give what the whole would: residuals and votes of places do not depend on each other,
counts add up, and what is drawn at a place goes by the number that the place has in the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, unpack_rows
from lutgen.learn import randomness
from lutgen.learn.boost.leaves import Lut
from lutgen.learn.boost.step import BoostStep, Drawn, Samples, Weighed
from lutgen.learn.counts import Counts, count_residuals, total
from lutgen.learn.executor import Executor, ranges
from lutgen.learn.reference import addresses

_FEW_PLACES = 1 << 13  # not worth a task of their own
_FEW_WORDS = 3 << 7  # nor these, where a place is only counted or voted on


def find_residuals(
    step: BoostStep,
    samples: Samples,
    votes: NDArray[np.int32],
    decay: NDArray[np.int64],
    out: NDArray[np.int32],
    executor: Executor,
) -> None:
    """Write what each class lacks at each place; see :meth:`.BoostStep.residuals`."""

    def find(part: range) -> None:
        step.residuals(votes, samples.labels, samples.weights, decay, out, part)

    executor.map(find, ranges(samples.labels.size, executor.n_workers, _FEW_PLACES))


def draw(
    step: BoostStep,
    samples: Samples,
    residual: NDArray[np.int32],
    key: np.uint64,
    n_drawn: int,
    executor: Executor,
) -> Drawn:
    """Draw about `n_drawn` samples in proportion to the size of their residual.

    Place n is drawn floor((|residual| + r_n) / unit) times, r_n a random integer below the unit,
    which is the sum of the sizes over `n_drawn`, at least 1.
    """
    parts = ranges(residual.size, executor.n_workers, _FEW_PLACES)

    def size(part: range) -> int:
        return int(np.abs(residual[part.start : part.stop]).sum(dtype=np.int64))

    unit = max(1, sum(executor.map(size, parts)) // n_drawn)
    # what is drawn is random, and so is how much; the last places lose where it is too much
    capacity = n_drawn + 8 * int(n_drawn**0.5) + 64
    drawn = executor.map(lambda part: step.draw(residual, key, unit, part, capacity), parts)
    return step.gather(samples, residual, np.concatenate(drawn)[:capacity])


def weigh(
    samples: Samples,
    residual: NDArray[np.int32],
    curvature: NDArray[np.int32],
    key: np.uint64,
    n_wanted: int,
    unit: float,
) -> Weighed:
    """Return all samples of some weight, or about as many as wanted, each as likely.

    Where sums could take more than 32 bits, the lowest bits of all are left out.

    Parameters
    ----------
    key : int
        Key of the draw, where fewer are wanted than there are.
    unit : float
        The gradient and curvature that stand for 1.
    """
    places = np.flatnonzero(samples.weights)
    if n_wanted < places.size:
        random = randomness.words(np.array([key]), residual.size)[0][places]
        bound = np.uint64((n_wanted << 32) // places.size)
        places = places[random >> np.uint64(32) < bound]
    gradient, curved = residual[places], curvature[places]
    most = max(int(np.abs(gradient).sum(dtype=np.int64)), int(curved.sum(dtype=np.int64)))
    n_bits = max(0, most.bit_length() - 30)  # rounding down adds up to one a sample
    return Weighed(
        samples.rows, places, gradient >> n_bits, curved >> n_bits, samples.n_signals,
        unit / (1 << n_bits),
    )  # fmt: skip


def count(
    samples: Samples,
    residual: NDArray[np.int32],
    wires: NDArray[np.int32],
    executor: Executor,
    backend: str,
) -> Counts:
    """Count every place at the entries that it reaches; wires of shape (n_luts, k)."""

    def count_part(part: tuple[int, range]) -> Counts:
        view, words = part
        first = view * samples.signals.shape[1]
        at = slice(64 * (first + words.start), 64 * (first + words.stop))
        sources = samples.views[view][wires]
        return count_residuals(
            samples.signals, sources, residual[at], samples.weights[at], words=words,
            backend=backend,
        )  # fmt: skip

    return total(executor.map(count_part, _parts(samples.signals, len(samples.views), executor)))


def find_addresses(samples: Samples, wires: NDArray[np.int32]) -> NDArray[np.integer]:
    """Return the entry of a LUT that each place reaches, shape (n_places,)."""
    n_places = 64 * samples.signals.shape[1]
    views = [unpack_rows(samples.signals[view[wires]], n_places) for view in samples.views]
    return np.concatenate([addresses(bits) for bits in views])


def vote(
    step: BoostStep,
    signals: Words,
    views: NDArray[np.int32],
    luts: Sequence[tuple[Lut, NDArray[np.int32]]],
    sign: int,
    executor: Executor,
) -> None:
    """Add the votes of LUTs, or (sign -1) take them back.

    Parameters
    ----------
    luts : sequence of (Lut, ndarray of shape (n_places,), dtype=np.int32)
        Each LUT with the votes that it adds to, no two the same.
    """

    def vote_part(task: tuple[Lut, NDArray[np.int32], list[tuple[int, range]]]) -> None:
        lut, votes, parts = task
        for view, words in parts:
            first = view * signals.shape[1]
            at = slice(64 * (first + words.start), 64 * (first + words.stop))
            step.vote(signals, views[view][lut.wires], sign * lut.votes, votes[at], words)

    whole = [(view, range(signals.shape[1])) for view in range(len(views))]
    if len(luts) >= executor.n_workers:
        tasks = [(lut, votes, whole) for lut, votes in luts]
    else:
        parts = _parts(signals, len(views), executor)
        tasks = [(lut, votes, [part]) for lut, votes in luts for part in parts]
    executor.map(vote_part, tasks)


def accuracy(
    step: BoostStep,
    votes: NDArray[np.int32],
    labels: NDArray[np.int32],
    weights: NDArray[np.int32],
    n_samples: int,
    executor: Executor,
) -> float:
    """Return the (weighted) share of samples whose class has the most votes."""

    def right(part: range) -> int:
        return step.count_right(votes, labels, weights, part)

    n_right = sum(executor.map(right, ranges(n_samples, executor.n_workers, 4 * _FEW_PLACES)))
    return n_right / int(weights[:n_samples].sum(dtype=np.int64))


def _parts(signals: Words, n_views: int, executor: Executor) -> list[tuple[int, range]]:
    """Cut all places into (view, words), about as many as there are workers."""
    n_ranges = -(-executor.n_workers // n_views)
    words = ranges(signals.shape[1], n_ranges, _FEW_WORDS)
    return [(view, part) for view in range(n_views) for part in words]
