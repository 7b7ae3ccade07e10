"""The search for wires by Newton's gain with numba kernels, by one worker or by all together.

Beside k - 1 wires that are held fixed, every signal is scored at once and exactly: the samples are
sorted by their address, and within an address what each lacks and its curvature are added up for
all signals that it has: two masked additions of 32-bit integers for each bit of its row, SIMD code.

Together, each worker adds up a share of the samples, and the sums are added before they are scored:
so the scores are the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lutgen.learn.boost.step import NewtonGain, Weighed
from lutgen.learn.compiled import njit
from lutgen.learn.executor import Executor, ranges

_U = np.uint64
# Rows are read as half words, the low one first, as the bytes of all that numba compiles for lie.
_BLOCK = 64  # half words of a row whose signals are added up together: the sums stay in the cache
_WORTH_SHARING = 1 << 15  # half words of all samples: with fewer, handing out takes longer
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
    n_half_words = -(-weighed.n_signals // 32)
    n_sums = (1 << (k - 1)) * n_half_words * 32
    n_looks = weighed.places.size * n_half_words
    if executor.n_workers > 1 and n_looks >= _WORTH_SHARING and n_sums <= _MOST_SUMS:
        _search_together(weighed, wires, start.size, n_sweeps, gain, executor)
    else:
        _search_alone(
            weighed.rows.view(np.uint32).reshape(-1), weighed.rows.shape[1] * 2, weighed.n_signals,
            weighed.places, weighed.gradient, weighed.curvature, wires, start.size, n_sweeps,
            gain.regularization, gain.least_curvature,
        )  # fmt: skip
    return wires


class _Share:
    """Some of the samples, with their addresses as wires are chosen."""

    def __init__(self, weighed: Weighed, k: int, part: range) -> None:
        at = slice(part.start, part.stop)
        n = len(part)
        self.rows = weighed.rows.view(np.uint32).reshape(-1)
        self.width = weighed.rows.shape[1] * 2
        self.n_half_words = -(-weighed.n_signals // 32)
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
            self.rows, self.width, self.n_half_words, self.places, self.gradient, self.curvature,
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
    n_padded = -(-n_signals // 32) * 32
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
    n_half_words = -(-n_signals // 32)
    scores = np.empty(n_half_words * 32, dtype=np.float64)
    for j in range(n_given):
        _set_bit(rows, width, places, wires[j], j, address)
    for j in range(n_given, k):
        _sort(address, places, gradient, curvature, width, 1 << j, order, lacking, curved, start)
        _score(
            rows, n_half_words, order, lacking, curved, start, 1 << j, regularization, least, scores
        )
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
            rows, n_half_words, order, lacking, curved, start, 1 << (k - 1), regularization, least,
            scores,
        )  # fmt: skip
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
    word, bit = wire >> 5, np.uint32(wire & 31)
    others = ~np.uint16(1 << j)
    for i in range(address.size):
        value = np.uint16((rows[places[i] * width + word] >> bit) & np.uint32(1))
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


@njit(nogil=True, cache=True)
def _add_up(rows, order, lacking, curved, begin, end, first, n, lacks, curves):
    """Add up gradients and curvatures for the signals of half words first … first + n - 1.

    Return the sums of all, whatever their signals.
    """
    lacks[: 32 * n] = 0
    curves[: 32 * n] = 0
    lack_total, curve_total = np.int32(0), np.int32(0)
    skip = _U(first)
    for i in range(begin, end):
        g, h = lacking[i], curved[i]
        lack_total += g
        curve_total += h
        row = order[i] + skip
        for w in range(n):
            word = rows[row + _U(w)]
            base = _U(32 * w)
            for b in range(32):  # it becomes SIMD code: unsigned indices, 32-bit lanes
                mask = -np.int32((word >> np.uint32(b)) & np.uint32(1))
                lacks[base + _U(b)] += g & mask
                curves[base + _U(b)] += h & mask
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
    rows, n_half_words, order, lacking, curved, start, n_addresses, regularization, least, scores
):  # fmt: skip
    """Score every signal: the sum over addresses, in order, of the gains of its two halves."""
    lacks = np.empty(32 * _BLOCK, dtype=np.int32)
    curves = np.empty(32 * _BLOCK, dtype=np.int32)
    scores[:] = 0
    for first in range(0, n_half_words, _BLOCK):
        n = min(_BLOCK, n_half_words - first)
        for p in range(n_addresses):
            if start[p] == start[p + 1]:
                continue
            totals = _add_up(
                rows, order, lacking, curved, start[p], start[p + 1], first, n, lacks, curves
            )
            _add_scores(
                lacks, curves, totals[0], totals[1], regularization, least,
                scores[32 * first : 32 * (first + n)], 32 * n,
            )  # fmt: skip


@njit(nogil=True, cache=True)
def _sum_share(
    rows, width, n_half_words, places, gradient, curvature, address, j, n_addresses, others, order,
    lacking, curved, start, sums,
):  # fmt: skip
    """Write the sums of a share of the samples for each address, and of all signals last."""
    _without(address, j, others)
    _sort(others, places, gradient, curvature, width, n_addresses, order, lacking, curved, start)
    for p in range(n_addresses):
        for first in range(0, n_half_words, _BLOCK):
            n = min(_BLOCK, n_half_words - first)
            totals = _add_up(
                rows, order, lacking, curved, start[p], start[p + 1], first, n,
                sums[p, 0, 32 * first :], sums[p, 1, 32 * first :],
            )  # fmt: skip
        sums[p, 0, 32 * n_half_words], sums[p, 1, 32 * n_half_words] = totals


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
