"""What is done with every place of the samples, cut into parts for the workers.

The parts give what the whole would: residuals and votes of places do not depend on each other,
counts add up, and what is drawn at a place goes by the number that the place has in the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, unpack_rows
from lutgen.learn import randomness
from lutgen.learn.boost.leaves import Lut
from lutgen.learn.boost.step import BoostStep, Drawn, Samples, Weighed
from lutgen.learn.counts import RESIDUALS, Counts, count_residuals, total
from lutgen.learn.executor import Executor, ranges
from lutgen.learn.reference import addresses

_FEW_PLACES = 1 << 13  # not worth a task of their own
_FEW_WORDS = 3 << 7  # nor these, where a place is only counted or voted on


Seen = list[tuple[int, range]]
"""Places: some words of some views."""


@dataclass(frozen=True, eq=False)
class Draw:
    """A draw of samples in proportion to the size of one score's residuals.

    Parameters
    ----------
    score : int
    key : int
        Key of what is random.
    unit : int
        Size of a residual that is drawn once.
    most : int
        What is drawn is random, and so is how much; the last places lose where it is too much.
    signals : ndarray of shape (n,), dtype=np.int32, optional
        Those that are needed; default: all.
    """

    score: int
    key: int
    unit: int
    most: int
    signals: NDArray[np.int32] | None = None

    @classmethod
    def about(
        cls, n_drawn: int, score: int, key: int, size: int, signals: NDArray[np.int32] | None = None
    ) -> Draw:
        """Return the draw of about so many samples, whose residuals' sizes add up to `size`."""
        most = n_drawn + 8 * int(n_drawn**0.5) + 64
        return cls(score, key, max(1, size // n_drawn), most, signals)


def find_residuals(
    step: BoostStep,
    samples: Samples,
    votes: NDArray[np.int32],
    decay: NDArray[np.int64],
    out: NDArray[np.int32],
    executor: Executor,
    seen: Seen | None = None,
) -> None:
    """Write what each class lacks at each place; see :meth:`.BoostStep.residuals`.

    Parameters
    ----------
    seen : Seen, optional
        The places that are looked at; default: all.
    """

    def find(part: range) -> None:
        step.residuals(votes, samples.labels, samples.weights, decay, out, part)

    if seen is None:
        parts = ranges(samples.labels.size, executor.n_workers, _FEW_PLACES)
    else:
        parts = _ranges(seen, samples.signals.shape[1])
    executor.map(find, parts)


def draw(
    step: BoostStep,
    residual: NDArray[np.int32],
    request: Draw,
    ids: Sequence[range],
    executor: Executor,
    seen: Seen | None = None,
) -> NDArray[np.int64]:
    """Draw about so many samples in proportion to the size of their residual; return the places.

    Of all samples, place n is drawn floor((|residual| + r_n) / unit) times, r_n a random integer
    below the unit.

    Parameters
    ----------
    residual : ndarray of shape (n_places,), dtype=np.int32
        Of the places of each view, one view after another.
    ids : sequence of range
        For each view, the numbers of its places among those of all samples.
    """
    key = np.uint64(request.key)
    tasks, first = [], 0
    for view, own in enumerate(ids):
        if seen is None:
            parts = ranges(len(own), -(-executor.n_workers // len(ids)), _FEW_PLACES)
        else:
            parts = _ranges([(0, words) for v, words in seen if v == view], 0)
        for part in parts:
            tasks.append((range(first + part.start, first + part.stop), own.start - first))
        first += len(own)
    drawn = executor.map(
        lambda task: step.draw(residual, key, request.unit, task[0], request.most, task[1]), tasks
    )
    return np.concatenate([*drawn, np.empty(0, dtype=np.int64)])


def sizes(
    step: BoostStep,
    residual: NDArray[np.int32],
    executor: Executor,
    n_words: int = 0,
    seen: Seen | None = None,
) -> list[int]:
    """Return the sum of the sizes of each row's residuals.

    Parameters
    ----------
    n_words : int
        Words of a view; with `seen`.
    """

    def size(task: tuple[int, range]) -> int:
        row, part = task
        return step.sum_sizes(residual[row], part)

    if seen is None:
        parts = ranges(residual.shape[1], executor.n_workers, _FEW_PLACES)
    else:
        parts = _ranges(seen, n_words)
    found = executor.map(size, [(row, part) for row in range(len(residual)) for part in parts])
    n = max(1, len(parts))
    return [sum(found[row * n : (row + 1) * n]) for row in range(len(residual))]


def likely(
    weights: NDArray[np.int32],
    key: int,
    bound: int | None,
    ids: Sequence[range],
    seen: Seen | None = None,
) -> NDArray[np.int64]:
    """Return the places of some weight, all or each as likely as `bound` is in 2^32.

    Parameters
    ----------
    key : int
        Key of the draw.
    ids
        See :func:`draw`.
    """
    places = np.flatnonzero(weights)
    if seen is not None:
        shown = np.zeros(weights.size, dtype=np.bool_)
        for part in _ranges(seen, len(ids[0]) // 64):
            shown[part.start : part.stop] = True
        places = places[shown[places]]
    if bound is None:
        return places
    number = places + ids[0].start
    if len(ids) > 1:
        shifts = np.cumsum([0, *(len(own) for own in ids)])
        view = np.searchsorted(shifts, places, side="right") - 1
        number = places + (np.array([own.start for own in ids]) - shifts[:-1])[view]
    random = randomness.words_at(np.uint64(key), number)
    return places[random >> np.uint64(32) < np.uint64(bound)]


def together(found: Sequence[tuple[NDArray[np.int64], Drawn]], most: int) -> Drawn:
    """Return what was drawn of all parts, the first `most` by the numbers of the places."""
    if len(found) == 1:
        numbers, drawn = found[0]
        if numbers.size <= most:
            return drawn
    numbers = np.concatenate([own for own, _ in found])
    order = np.argsort(numbers, kind="stable")[:most]
    rows = np.concatenate([drawn.rows[:-1] for _, drawn in found])[order]
    negative = np.concatenate([drawn.negative for _, drawn in found])[order]
    rows = np.concatenate([rows, np.zeros_like(found[0][1].rows[-1:])])
    return Drawn(rows, negative, found[0][1].n_signals)


def weighed_together(found: Sequence[tuple[NDArray[np.int64], Weighed]], unit: float) -> Weighed:
    """Return what a search by Newton's gain looks at, of all parts.

    Where sums could take more than 32 bits, the lowest bits of all are left out.

    Parameters
    ----------
    unit : float
        The gradient and curvature that stand for 1.
    """
    if len(found) == 1:
        rows, at = found[0][1].rows, found[0][1].places
        gradient, curvature = found[0][1].gradient, found[0][1].curvature
    else:
        order = np.argsort(np.concatenate([own for own, _ in found]), kind="stable")
        rows = np.concatenate([own.rows for _, own in found])
        gradient = np.concatenate([own.gradient for _, own in found])[order]
        curvature = np.concatenate([own.curvature for _, own in found])[order]
        at = order
    most = max(int(np.abs(gradient).sum(dtype=np.int64)), int(curvature.sum(dtype=np.int64)))
    n_bits = max(0, most.bit_length() - 30)  # rounding down adds up to one a sample
    return Weighed(
        rows, at, gradient >> n_bits, curvature >> n_bits, found[0][1].n_signals,
        unit / (1 << n_bits),
    )  # fmt: skip


def count(
    samples: Samples,
    residual: NDArray[np.int32],
    wires: NDArray[np.int32],
    executor: Executor,
    backend: str,
    seen: Seen | None = None,
) -> Counts:
    """Count every place that is seen at the entries that it reaches; wires of shape (n_luts, k)."""
    if not samples.weights.size:
        return Counts.zeros(RESIDUALS, *wires.shape)

    def count_part(part: tuple[int, range]) -> Counts:
        view, words = part
        first = view * samples.signals.shape[1]
        at = slice(64 * (first + words.start), 64 * (first + words.stop))
        sources = samples.views[view][wires]
        return count_residuals(
            samples.signals, sources, residual[at], samples.weights[at], words=words,
            backend=backend,
        )  # fmt: skip

    parts = _parts(samples.signals, len(samples.views), executor) if seen is None else seen
    return total(
        [Counts.zeros(RESIDUALS, *wires.shape)] * (not parts) + executor.map(count_part, parts)
    )


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


def count_right(
    step: BoostStep,
    votes: NDArray[np.int32],
    labels: NDArray[np.int32],
    weights: NDArray[np.int32],
    n_samples: int,
    executor: Executor,
) -> int:
    """Return the weight of the samples whose class has the most votes."""

    def right(part: range) -> int:
        return step.count_right(votes, labels, weights, part)

    return sum(executor.map(right, ranges(n_samples, executor.n_workers, 4 * _FEW_PLACES)))


def share_of_views(
    n_views: int, n_shares: int, turn: int, words: range, n_words: int
) -> Seen | None:
    """Return one of the shares that all places are cut into, as far as a part has it.

    A share shows as many views of every sample, and all views of some sample; None: all places.

    Parameters
    ----------
    words : range
        The words of the part among the `n_words` of all samples.
    """
    if n_shares == 1:
        return None
    seen = []
    for view in range(n_views):
        share = (view + turn) % n_shares
        first = max(words.start, n_words * share // n_shares) - words.start
        last = min(words.stop, n_words * (share + 1) // n_shares) - words.start
        if first < last:
            seen.append((view, range(first, last)))
    return seen


def _ranges(seen: Seen, n_words: int) -> list[range]:
    """Return the ranges of the places that are seen, where a view has so many words."""
    return [
        range(64 * (view * n_words + words.start), 64 * (view * n_words + words.stop))
        for view, words in seen
    ]


def _parts(signals: Words, n_views: int, executor: Executor) -> list[tuple[int, range]]:
    """Cut all places into (view, words), about as many as there are workers."""
    n_ranges = -(-executor.n_workers // n_views)
    words = ranges(signals.shape[1], n_ranges, _FEW_WORDS)
    return [(view, part) for view in range(n_views) for part in words]
