"""The search for wires by Newton's gain with numba kernels, by one worker or by all together.

Beside k - 1 wires that are held fixed, every signal is scored at once and exactly: the samples are
sorted by their address, and within an address what each lacks and its curvature are added up for
all signals that it has: two additions of 32-bit integers for 16 bits of its row at once, which are
the mask of these additions.

Together, each worker adds up a share of the samples, and the sums are added before they are scored:
so the scores are the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import n_words
from lutgen.learn.boost.step import NewtonGain, Weighed
from lutgen.learn.compiled import njit
from lutgen.learn.executor import Executor, ranges
from lutgen.learn.vectors import HALVES, plus_where, store, zero

_U = np.uint64
_BLOCK = 32  # words of a row that are scored together: the sums stay in the cache
_WORTH_SHARING = 1 << 14  # words of all samples: with fewer, handing out takes longer
_FEW_SAMPLES = 1 << 10  # that are no share of their own
_MOST_SUMS = 1 << 19  # of one worker: 4 MB


def search(
    weighed: Weighed,
    start: NDArray[np.int32],
    k: int,
    n_sweeps: int,
    gain: NewtonGain,
    executor: Executor,
) -> NDArray[np.int32]:
    """Return k wires for a LUT; see :meth:`.BoostStep.search_newton`."""
    wires = np.empty(k, dtype=np.int32)
    wires[: start.size] = start
    n_row = n_words(weighed.n_signals)
    n_sums = (1 << (k - 1)) * n_row * 64
    n_looks = weighed.places.size * n_row
    if executor.n_workers > 1 and n_looks >= _WORTH_SHARING and n_sums <= _MOST_SUMS:
        _search_together(weighed, wires, start.size, n_sweeps, gain, executor)
    else:
        _search_alone(
            weighed.rows.reshape(-1), weighed.rows.shape[1], weighed.n_signals,
            weighed.places, weighed.gradient, weighed.curvature, wires, start.size, n_sweeps,
            gain.regularization, gain.least_curvature,
        )  # fmt: skip
    return wires


class _Share:
    """Some of the samples, with their addresses as wires are chosen."""

    def __init__(self, weighed: Weighed, k: int, part: range) -> None:
        at = slice(part.start, part.stop)
        n = len(part)
        self.rows, self.width = weighed.rows.reshape(-1), weighed.rows.shape[1]
        self.n_words = n_words(weighed.n_signals)
        self.places = weighed.places[at]
        self.gradient, self.curvature = weighed.gradient[at], weighed.curvature[at]
        self.address = np.zeros(n, dtype=np.uint16)
        self.sorted = (
            np.empty(n, dtype=np.uint16),
            np.empty(n, dtype=np.uint64),
            np.empty(n, dtype=np.int32),
            np.empty(n, dtype=np.int32),
            np.empty((1 << k) + 1, dtype=np.int64),
        )
        self.chosen: list[tuple[int, int]] = []  # that the addresses do not show yet

    def sum(self, j: int, n_addresses: int, sums: NDArray[np.int32]) -> None:
        """Add up gradients and curvatures by the addresses without bit j, for each signal."""
        for place, wire in self.chosen:
            _set_bit(self.rows, self.width, self.places, wire, place, self.address)
        self.chosen = []
        _sum_share(
            self.rows, self.width, self.n_words, self.places, self.gradient, self.curvature,
            self.address, j, n_addresses, *self.sorted, sums,
        )  # fmt: skip


def _search_together(
    weighed: Weighed,
    wires: NDArray[np.int32],
    n_given: int,
    n_sweeps: int,
    gain: NewtonGain,
    executor: Executor,
) -> None:
    """Fill in `wires` from place n_given on, then sweep: what `_search_alone` does."""
    k, n_signals = wires.size, weighed.n_signals
    parts = ranges(weighed.places.size, executor.n_workers, _FEW_SAMPLES)
    shares = [_Share(weighed, k, part) for part in parts]
    n_padded = 64 * n_words(n_signals)
    sums = np.empty((len(shares), 1 << (k - 1), 2, n_padded + 1), dtype=np.int32)
    scores = np.empty(n_padded, dtype=np.float64)

    def choose(j: int, wire: int) -> None:
        for share in shares:
            share.chosen.append((j, wire))

    def score(j: int, n_beside: int) -> None:
        n_addresses = 1 << n_beside
        executor.map(lambda i: shares[i].sum(j, n_addresses, sums[i]), range(len(shares)))
        _score_shares(sums, n_addresses, gain.regularization, gain.least_curvature, scores)

    for j in range(n_given):
        choose(j, int(wires[j]))
    for j in range(n_given, k):
        score(j, j)
        wires[j] = _best(scores, n_signals, wires, j, j)
        choose(j, int(wires[j]))
    n_unchanged = 0
    for turn in range(k * n_sweeps):
        j = turn % k
        score(j, k - 1)
        best = _best(scores, n_signals, wires, k, j)
        if scores[best] > scores[wires[j]]:
            wires[j] = best
            choose(j, int(best))
            n_unchanged = 0
        else:
            n_unchanged += 1
        if n_unchanged == k:
            break


@njit(nogil=True, cache=True)
def _search_alone(
    rows, width, n_signals, places, gradient, curvature, wires, n_given, n_sweeps, regularization,
    least,
):  # fmt: skip
    """Fill in `wires` from place n_given on, then sweep over all of them."""
    k, n = wires.size, places.size
    address = np.zeros(n, dtype=np.uint16)
    others = np.empty(n, dtype=np.uint16)
    order = np.empty(n, dtype=np.uint64)
    lacking = np.empty(n, dtype=np.int32)
    curved = np.empty(n, dtype=np.int32)
    start = np.empty((1 << k) + 1, dtype=np.int64)
    n_row = -(-n_signals // 64)
    scores = np.empty(n_row * 64, dtype=np.float64)
    for j in range(n_given):
        _set_bit(rows, width, places, wires[j], j, address)
    for j in range(n_given, k):
        _sort(address, places, gradient, curvature, width, 1 << j, order, lacking, curved, start)
        _score(rows, n_row, order, lacking, curved, start, 1 << j, regularization, least, scores)
        wires[j] = _best(scores, n_signals, wires, j, j)
        _set_bit(rows, width, places, wires[j], j, address)
    n_unchanged = 0
    for turn in range(k * n_sweeps):
        j = turn % k
        _without(address, j, others)
        _sort(
            others, places, gradient, curvature, width, 1 << (k - 1), order, lacking, curved, start
        )
        _score(
            rows, n_row, order, lacking, curved, start, 1 << (k - 1), regularization, least, scores
        )
        best = _best(scores, n_signals, wires, k, j)
        if scores[best] > scores[wires[j]]:
            wires[j] = best
            _set_bit(rows, width, places, best, j, address)
            n_unchanged = 0
        else:
            n_unchanged += 1
        if n_unchanged == k:
            break


@njit(nogil=True, cache=True)
def _set_bit(rows, width, places, wire, j, address):
    """Make the value of a signal bit j of the addresses."""
    word, bit = wire >> 6, _U(wire & 63)
    others = ~np.uint16(1 << j)
    for i in range(address.size):
        value = np.uint16((rows[places[i] * width + word] >> bit) & _U(1))
        address[i] = (address[i] & others) | (value << np.uint16(j))


@njit(nogil=True, cache=True)
def _without(address, j, others):
    """Write the addresses without bit j."""
    low = np.uint16((1 << j) - 1)
    for i in range(address.size):
        others[i] = (address[i] & low) | ((address[i] >> np.uint16(1)) & ~low)


@njit(nogil=True, cache=True)
def _sort(
    address, places, gradient, curvature, width, n_addresses, order, lacking, curved, start
):  # fmt: skip
    """Sort by address: samples start[p] … start[p + 1] - 1 are those of address p.

    `order` is where their rows begin, `lacking` and `curved` are gradient and curvature.
    """
    start[: n_addresses + 1] = 0
    for i in range(address.size):
        start[np.int64(address[i]) + 1] += 1
    for p in range(n_addresses):
        start[p + 1] += start[p]
    at = start[:n_addresses].copy()
    for i in range(address.size):
        to = at[address[i]]
        order[to] = _U(places[i] * width)
        lacking[to] = gradient[i]
        curved[to] = curvature[i]
        at[address[i]] = to + 1


@njit(nogil=True)
def _add_bits(lacks, curves, bits, g, h):
    return plus_where(lacks, bits, g), plus_where(curves, bits, h)


@njit(nogil=True, cache=True)
def _add_up(rows, order, lacking, curved, begin, end, first, n, lacks, curves):
    """Add up gradients and curvatures for the signals of words first … first + n - 1.

    Return the sums of all, whatever their signals.
    """
    lack_total, curve_total = np.int32(0), np.int32(0)
    for i in range(begin, end):
        lack_total += lacking[i]
        curve_total += curved[i]
    for w in range(n):
        lacks0 = lacks1 = lacks2 = lacks3 = curves0 = curves1 = curves2 = curves3 = zero()
        skip = _U(first + w)
        for i in range(begin, end):
            word, g, h = rows[order[i] + skip], lacking[i], curved[i]
            lacks0, curves0 = _add_bits(lacks0, curves0, word, g, h)
            lacks1, curves1 = _add_bits(lacks1, curves1, word >> _U(16), g, h)
            lacks2, curves2 = _add_bits(lacks2, curves2, word >> _U(32), g, h)
            lacks3, curves3 = _add_bits(lacks3, curves3, word >> _U(48), g, h)
        at = _U(64 * w)
        store(lacks, at, lacks0)
        store(lacks, at + _U(HALVES), lacks1)
        store(lacks, at + _U(2 * HALVES), lacks2)
        store(lacks, at + _U(3 * HALVES), lacks3)
        store(curves, at, curves0)
        store(curves, at + _U(HALVES), curves1)
        store(curves, at + _U(2 * HALVES), curves2)
        store(curves, at + _U(3 * HALVES), curves3)
    return lack_total, curve_total


@njit(inline="always")
def _gain(g, h, regularization, least):
    return g * g / (h + regularization) if h >= least else 0.0


@njit(nogil=True, cache=True)
def _add_scores(lacks, curves, lack_total, curve_total, regularization, least, scores, n):
    for s in range(n):
        g, h = np.float64(lacks[s]), np.float64(curves[s])
        rest, h_rest = np.float64(lack_total) - g, np.float64(curve_total) - h
        scores[s] += _gain(g, h, regularization, least) + _gain(rest, h_rest, regularization, least)


@njit(nogil=True, cache=True)
def _score(
    rows, n_row, order, lacking, curved, start, n_addresses, regularization, least, scores
):  # fmt: skip
    """Score every signal: the sum over addresses, in order, of the gains of its two halves."""
    lacks = np.empty(64 * _BLOCK, dtype=np.int32)
    curves = np.empty(64 * _BLOCK, dtype=np.int32)
    scores[:] = 0
    for first in range(0, n_row, _BLOCK):
        n = min(_BLOCK, n_row - first)
        for p in range(n_addresses):
            if start[p] == start[p + 1]:
                continue
            totals = _add_up(
                rows, order, lacking, curved, start[p], start[p + 1], first, n, lacks, curves
            )
            _add_scores(
                lacks, curves, totals[0], totals[1], regularization, least,
                scores[64 * first : 64 * (first + n)], 64 * n,
            )  # fmt: skip


@njit(nogil=True, cache=True)
def _sum_share(
    rows, width, n_row, places, gradient, curvature, address, j, n_addresses, others, order,
    lacking, curved, start, sums,
):  # fmt: skip
    """Write the sums of a share of the samples for each address, and of all signals last."""
    _without(address, j, others)
    _sort(others, places, gradient, curvature, width, n_addresses, order, lacking, curved, start)
    for p in range(n_addresses):
        sums[p, 0, 64 * n_row], sums[p, 1, 64 * n_row] = _add_up(
            rows, order, lacking, curved, start[p], start[p + 1], 0, n_row, sums[p, 0], sums[p, 1]
        )


@njit(nogil=True, cache=True)
def _score_shares(sums, n_addresses, regularization, least, scores):
    """Score every signal by the sums of all shares, (n_shares, n_addresses, 2, n_padded + 1)."""
    n = scores.size
    scores[:] = 0
    for p in range(n_addresses):
        for share in range(1, sums.shape[0]):
            sums[0, p] += sums[share, p]
        lacks, curves = sums[0, p, 0], sums[0, p, 1]
        _add_scores(lacks, curves, lacks[n], curves[n], regularization, least, scores, n)


@njit(nogil=True, cache=True)
def _best(scores, n_signals, wires, n_wires, place):
    """Return the signal of the largest score that is no wire but perhaps the one at `place`."""
    for j in range(n_wires):
        if j != place:
            scores[wires[j]] = -1
    best = 0
    for s in range(1, n_signals):
        if scores[s] > scores[best]:
            best = s
    return best
