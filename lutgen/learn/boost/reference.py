"""A step of boosting in plain NumPy: the specification that the fast kernels must equal.

The functions are those of :class:`lutgen.learn.boost.step.BoostStep`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, pack, unpack_rows
from lutgen.learn import randomness
from lutgen.learn.boost.step import UNIT, Drawn, NewtonGain, Samples, Weighed
from lutgen.learn.executor import Executor
from lutgen.learn.reference import addresses


def transpose(signals: Words) -> Words:
    """Turn a row a signal into a row a place; see :class:`BoostStep`."""
    return pack(unpack_rows(signals, signals.shape[1] * 64))


def residuals(
    votes: NDArray[np.int32],
    labels: NDArray[np.int32],
    weights: NDArray[np.int32],
    decay: NDArray[np.int64],
    out: NDArray[np.int32],
    part: range,
) -> None:
    """Write what each class lacks in each sample; see :class:`BoostStep`."""
    at = slice(part.start, part.stop)
    votes = votes[:, at]
    below_best = np.minimum(votes.max(axis=0) - votes, decay.size - 1)
    likelihood = decay[below_best]
    share = (likelihood * (UNIT / likelihood.sum(axis=0)) + 0.5).astype(np.int64)
    is_label = labels[at] == np.arange(len(votes))[:, None]
    out[:, at] = (UNIT * is_label - share) * weights[at]


def count_right(
    votes: NDArray[np.int32],
    labels: NDArray[np.int32],
    weights: NDArray[np.int32],
    part: range,
) -> int:
    """Return the weight of the samples that are right; see :class:`BoostStep`."""
    at = slice(part.start, part.stop)
    return int(weights[at][votes[:, at].argmax(axis=0) == labels[at]].sum(dtype=np.int64))


def sum_sizes(residual: NDArray[np.int32], part: range) -> int:
    """Return the sum of the absolute residuals; see :class:`BoostStep`."""
    return int(np.abs(residual[part.start : part.stop]).sum(dtype=np.int64))


def draw(
    residual: NDArray[np.int32],
    key: np.uint64,
    unit: int,
    part: range,
    capacity: int,
    shift: int,
) -> NDArray[np.int64]:
    """Return the places drawn; see :class:`BoostStep`."""
    size = np.abs(residual.astype(np.int64))
    words = randomness.words_at(key, np.arange(size.size) + shift)
    n_bits = max(0, unit.bit_length() - 32)  # where there are so many samples
    bound = np.full(words.size, unit >> n_bits, dtype=np.uint64)
    rounding = randomness.below(words, bound).astype(np.int64) << n_bits
    times = np.where(size > 0, (size + rounding) // unit, 0)
    return np.repeat(np.arange(size.size), times * np.isin(np.arange(size.size), part))[:capacity]


def gather(
    samples: Samples,
    residual: NDArray[np.int32],
    places: NDArray[np.int64],
    executor: Executor,  # noqa: ARG001 - the signature of BoostStep
) -> Drawn:
    """Bring the drawn samples together; see :class:`BoostStep`."""
    negative = residual[places] < 0
    rows = np.where(negative[:, None], ~samples.rows[places], samples.rows[places])
    rows = np.concatenate([rows, np.zeros_like(samples.rows[:1])])
    return Drawn(rows, negative.astype(np.uint8), samples.n_signals)


def rows(samples: Samples, places: NDArray[np.int64], signals: NDArray[np.int32]) -> Words:
    """Return some signals of some places; see :class:`BoostStep`."""
    view, place = np.divmod(places, 64 * samples.signals.shape[1])
    source = samples.views[view[:, None], signals[None, :]]
    bits = samples.signals[source, place[:, None] // 64] >> (place[:, None] % 64).astype(np.uint64)
    read = np.zeros((places.size + 1, signals.size), dtype=np.uint8)
    read[:-1] = bits & np.uint64(1)
    return pack(np.ascontiguousarray(read.T))


def search(
    drawn: Drawn,
    start: NDArray[np.int32],
    k: int,
    n_sweeps: int,
    executor: Executor,  # noqa: ARG001 - the kernels' signature
) -> NDArray[np.int32]:
    """Return k wires for a LUT; see :class:`BoostStep`."""
    bits, signs = _unpack(drawn)
    return _search(lambda beside: _scores(bits, signs, beside), start, k, n_sweeps)


def search_newton(
    weighed: Weighed,
    start: NDArray[np.int32],
    k: int,
    n_sweeps: int,
    gain: NewtonGain,
    executor: Executor,  # noqa: ARG001 - the kernels' signature
) -> NDArray[np.int32]:
    """Return k wires for a LUT; see :class:`BoostStep`."""
    bits = unpack_rows(weighed.rows[weighed.places], weighed.n_signals)

    def scores(beside: list[int]) -> NDArray[np.float64]:
        address = _address(bits, beside)
        scores = np.zeros(weighed.n_signals)
        for p in np.unique(address):
            here = address == p
            ones = bits[here].astype(np.int64)
            sums = [weighed.gradient[here], weighed.curvature[here]]
            one = [values @ ones for values in sums]
            zero = [values.sum() - some for values, some in zip(sums, one, strict=True)]
            scores += gain(*one) + gain(*zero)
        scores[beside] = -1
        return scores

    return _search(scores, start, k, n_sweeps)


def _search(
    score: Callable[[list[int]], NDArray[Any]], start: NDArray[np.int32], k: int, n_sweeps: int
) -> NDArray[np.int32]:
    """Choose wires by the score that each signal has beside others."""
    wires = start.tolist()
    while len(wires) < k:
        wires.append(int(score(wires).argmax()))
    n_unchanged = 0
    for turn in range(k * n_sweeps):
        place = turn % k
        scores = score(wires[:place] + wires[place + 1 :])
        best = int(scores.argmax())
        if scores[best] > scores[wires[place]]:
            wires[place] = best
            n_unchanged = 0
        else:
            n_unchanged += 1
        if n_unchanged == k:
            break
    return np.array(wires, dtype=np.int32)


def interaction(
    drawn: Drawn,
    order: int,
    executor: Executor,  # noqa: ARG001 - the kernels' signature
) -> NDArray[np.int32]:
    """Return the signals of largest interaction; see :class:`BoostStep`."""
    bits, signs = _unpack(drawn)
    spins = 1 - 2 * bits.astype(np.int64)
    best, found = -1, (0,) * order
    for signals in combinations(range(drawn.n_signals), order):
        size = abs(int(signs @ spins[:, signals].prod(axis=1)))
        if size > best:
            best, found = size, signals
    return np.array(found, dtype=np.int32)


def vote(
    signals: Words,
    wires: NDArray[np.int32],
    values: NDArray[np.int32],
    votes: NDArray[np.int32],
    words: range,
) -> None:
    """Add the value of the entry that each sample reaches; see :class:`BoostStep`."""
    read = unpack_rows(signals[wires, words.start : words.stop], votes.size)
    votes += values[addresses(read)]


def _unpack(drawn: Drawn) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the signals of each sample drawn, and its sign."""
    return unpack_rows(drawn.plain_rows, drawn.n_signals), 1 - 2 * drawn.negative.astype(np.int64)


def _scores(
    bits: NDArray[np.uint8], signs: NDArray[np.int64], wires: list[int]
) -> NDArray[np.int64]:
    """Return the score of each signal beside the given wires; those themselves get -1."""
    address = _address(bits, wires)
    scores = np.zeros(bits.shape[1], dtype=np.int64)
    for p in np.unique(address):
        here = address == p
        ones = signs[here] @ bits[here].astype(np.int64)
        scores += np.abs(ones) + np.abs(signs[here].sum() - ones)
    scores[wires] = -1
    return scores


def _address(bits: NDArray[np.uint8], wires: list[int]) -> NDArray[np.intp]:
    """Return the address that some wires make of each sample; bits of a row a sample."""
    address = np.zeros(len(bits), dtype=np.intp)
    for j, wire in enumerate(wires):
        address |= bits[:, wire].astype(np.intp) << j
    return address
