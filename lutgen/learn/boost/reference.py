"""A step of boosting in plain NumPy: the specification that the fast kernels must equal.

The functions are those of :class:`lutgen.learn.boost.step.BoostStep`.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, pack, unpack_rows
from lutgen.learn import randomness
from lutgen.learn.boost.step import UNIT, CountedLut, Effort, Samples


def transpose(signals: Words) -> Words:
    """Turn a row a signal into a row a place; see :class:`BoostStep`."""
    return pack(unpack_rows(signals, signals.shape[1] * 64))


def residuals(
    votes: NDArray[np.int32],
    labels: NDArray[np.int32],
    weights: NDArray[np.int32],
    decay: NDArray[np.int64],
    out: NDArray[np.int32],
) -> None:
    """Write what each class lacks in each sample; see :class:`BoostStep`."""
    below_best = np.minimum(votes.max(axis=0) - votes, decay.size - 1)
    likelihood = decay[below_best]
    share = (likelihood * (UNIT / likelihood.sum(axis=0)) + 0.5).astype(np.int64)
    is_label = labels == np.arange(len(votes))[:, None]
    out[:] = (UNIT * is_label - share) * weights


def search(
    samples: Samples,
    residual: NDArray[np.int32],
    key: np.uint64,
    start: NDArray[np.int32],
    effort: Effort,
) -> NDArray[np.int32]:
    """Return k wires for a LUT; see :class:`BoostStep`."""
    drawn = draw(residual, key, effort)
    signs = np.sign(residual[drawn]).astype(np.int64)
    bits = unpack_rows(samples.rows[drawn], samples.n_signals)
    wires = start.tolist()
    while len(wires) < effort.k:
        wires.append(int(_scores(bits, signs, wires).argmax()))
    n_unchanged = 0
    for turn in range(effort.k * effort.n_sweeps):
        place = turn % effort.k
        scores = _scores(bits, signs, wires[:place] + wires[place + 1 :])
        best = int(scores.argmax())
        if scores[best] > scores[wires[place]]:
            wires[place] = best
            n_unchanged = 0
        else:
            n_unchanged += 1
        if n_unchanged == effort.k:
            break
    return np.array(wires, dtype=np.int32)


def interaction(
    samples: Samples, residual: NDArray[np.int32], key: np.uint64, order: int, effort: Effort
) -> NDArray[np.int32]:
    """Return the signals of largest interaction; see :class:`BoostStep`."""
    drawn = draw(residual, key, effort)
    signs = np.sign(residual[drawn]).astype(np.int64)
    spins = 1 - 2 * unpack_rows(samples.rows[drawn], samples.n_signals).astype(np.int64)
    best, found = -1, (0,) * order
    for signals in combinations(range(samples.n_signals), order):
        size = abs(int(signs @ spins[:, signals].prod(axis=1)))
        if size > best:
            best, found = size, signals
    return np.array(found, dtype=np.int32)


def draw(residual: NDArray[np.int32], key: np.uint64, effort: Effort) -> NDArray[np.intp]:
    """Return the places drawn, ascending; one that is drawn n times stands there n times."""
    size = np.abs(residual.astype(np.int64))
    unit = max(1, int(size.sum()) // effort.n_drawn)
    words = randomness.words(np.array([key]), size.size)[0]
    rounding = randomness.below(words, np.full(words.size, unit, dtype=np.uint64)).astype(np.int64)
    times = np.where(size > 0, (size + rounding) // unit, 0)
    return np.repeat(np.arange(size.size), times)[: effort.capacity]


def _scores(
    bits: NDArray[np.uint8], signs: NDArray[np.int64], wires: list[int]
) -> NDArray[np.int64]:
    """Return the score of each signal beside the given wires; those themselves get -1."""
    address = np.zeros(signs.size, dtype=np.intp)
    for j, wire in enumerate(wires):
        address |= bits[:, wire].astype(np.intp) << j
    scores = np.zeros(bits.shape[1], dtype=np.int64)
    for p in np.unique(address):
        here = address == p
        ones = signs[here] @ bits[here].astype(np.int64)
        scores += np.abs(ones) + np.abs(signs[here].sum() - ones)
    scores[wires] = -1
    return scores


def count(samples: Samples, residual: NDArray[np.int32], wires: NDArray[np.int32]) -> CountedLut:
    """Count every sample at the entry that it reaches; see :class:`BoostStep`."""
    address = _addresses(samples.signals, samples.views, wires)
    sums = np.zeros(1 << wires.size, dtype=np.int64)
    np.add.at(sums, address, residual)
    seen = np.zeros(sums.size, dtype=np.bool_)
    seen[address[samples.weights > 0]] = True
    return CountedLut(wires, sums, seen)


def vote(
    signals: Words,
    views: NDArray[np.int32],
    wires: NDArray[np.int32],
    table: NDArray[np.bool_],
    sign: int,
    votes: NDArray[np.int32],
) -> None:
    """Add `sign` where the LUT gives one, else subtract it; see :class:`BoostStep`."""
    votes += np.where(table[_addresses(signals, views, wires)], sign, -sign).astype(np.int32)


def _addresses(
    signals: Words, views: NDArray[np.int32], wires: NDArray[np.int32]
) -> NDArray[np.intp]:
    """Return the table address of every place, shape (n_places,)."""
    n_places = signals.shape[1] * 64
    address = np.zeros((len(views), n_places), dtype=np.intp)
    for v, view in enumerate(views):
        for j, row in enumerate(unpack_rows(signals[view[wires]], n_places)):
            address[v] |= row.astype(np.intp) << j
    return address.reshape(-1)
