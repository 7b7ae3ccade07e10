"""The search for wires with numba kernels, by one worker or by all of them together.

The search is where the time goes. Beside k - 1 wires that are held fixed, every signal is scored
at once and exactly: the drawn samples are sorted by their address, and within an address the
rows (a bit a signal) are added up as bits, eight at a time with carry-save adders, into eight
planes: 64 signals in an operation. A sample of negative sign is stored complemented, so that one
count gives the difference: ones - n_negative. Transposing the planes gives the counts as bytes.
With 12,000 samples and 1,568 signals that is about 0.2 us a candidate.

Together, each worker counts a share of the drawn samples, and the counts are added before they are
scored: so the scores are the same. Where tables of counts would be large (many signals and many
addresses), each worker scores a share of the signals instead.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lutgen.learn.boost.step import Drawn
from lutgen.learn.compiled import njit
from lutgen.learn.executor import Executor, ranges
from lutgen.learn.kernels import transpose_octets

_U = np.uint64
# Words of a row that are added up together: the planes stay in the L1 cache, and long stretches of
# rows are read, which matters where all rows are more than the caches hold. No power of two: places
# of a cache that planes would share.
_BLOCK = 320
_MOST_ROWS = 248  # rows that eight planes can count, in groups of eight
_WORTH_SHARING = 1 << 15  # words of drawn samples: with fewer, handing out takes longer
_FEW_SAMPLES = 1 << 11  # drawn ones, and words of a row, that are no share of their own
_FEW_WORDS = 8
_MOST_COUNTS = 1 << 19  # of one worker: 2 MB


def worth_sharing(n_drawn: int, row_words: int) -> bool:
    """Whether a search is long enough for several workers to gain time."""
    return n_drawn * row_words >= _WORTH_SHARING


def search_together(
    drawn: Drawn, wires: NDArray[np.int32], n_given: int, n_sweeps: int, executor: Executor
) -> None:
    """Fill in `wires` from place n_given on, then sweep: what :func:`search_alone` does."""
    k, n_signals = wires.size, drawn.n_signals
    n_counts = (1 << (k - 1)) * drawn.rows.shape[1] * 64
    team = (_BySamples if n_counts <= _MOST_COUNTS else _BySignals)(drawn, k, executor)
    for j in range(n_given):
        team.choose(j, wires[j])
    for j in range(n_given, k):
        wires[j] = _best(team.score(j, j), n_signals, wires, j, j)
        team.choose(j, wires[j])
    n_unchanged = 0
    for turn in range(k * n_sweeps):
        j = turn % k
        scores = team.score(j, k - 1)
        best = _best(scores, n_signals, wires, k, j)
        if scores[best] > scores[wires[j]]:
            wires[j] = best
            team.choose(j, best)
            n_unchanged = 0
        else:
            n_unchanged += 1
        if n_unchanged == k:
            break


class _Share:
    """Some of the drawn samples, with their addresses as wires are chosen."""

    def __init__(self, drawn: Drawn, k: int, part: range) -> None:
        n = len(part)
        self.rows, self.width, self.first = drawn.rows.reshape(-1), drawn.rows.shape[1], part.start
        self.negative = drawn.negative[part.start : part.stop]
        self.address = np.zeros(n, dtype=np.uint16)
        self.others = np.empty(n, dtype=np.uint16)
        self.order = np.empty(n, dtype=np.uint64)
        self.start = np.empty((1 << k) + 1, dtype=np.int64)
        self.n_negative = np.empty(1 << k, dtype=np.int64)
        self.chosen: list[tuple[int, int]] = []  # that the addresses do not show yet

    def sort(self, j: int, n_addresses: int) -> None:
        """Sort the samples by their addresses without bit j."""
        for place, wire in self.chosen:
            _set_bit(
                self.rows, self.first, self.width, self.negative, wire, place, self.address
            )  # fmt: skip
        self.chosen = []
        _without(self.address, j, self.others)
        _sort(
            self.others, self.negative, self.first, self.width, n_addresses, self.order,
            self.start, self.n_negative,
        )  # fmt: skip


class _BySamples:
    """Workers that each count a share of the samples."""

    def __init__(self, drawn: Drawn, k: int, executor: Executor) -> None:
        parts = ranges(drawn.negative.size, executor.n_workers, _FEW_SAMPLES)
        self._executor, self._width = executor, drawn.rows.shape[1]
        self._shares = [_Share(drawn, k, part) for part in parts]
        shape = len(parts), 1 << (k - 1)
        self._ones = np.empty((*shape, 64 * self._width), dtype=np.int32)
        self._totals = np.empty(shape, dtype=np.int64)
        self._scores = np.empty(64 * self._width, dtype=np.int32)

    def choose(self, j: int, wire: int) -> None:
        """Make a signal wire j."""
        for share in self._shares:
            share.chosen.append((j, wire))

    def score(self, j: int, n_beside: int) -> NDArray[np.int32]:
        """Return the score of each signal as wire j, beside `n_beside` others."""
        n_addresses = 1 << n_beside

        def count(which: int) -> None:
            share = self._shares[which]
            share.sort(j, n_addresses)
            _count_share(
                share.rows, share.width, share.order, share.start, share.n_negative, n_addresses,
                self._ones[which], self._totals[which],
            )  # fmt: skip

        self._executor.map(count, range(len(self._shares)))
        _score_shares(self._ones, self._totals, self._width, n_addresses, self._scores)
        return self._scores


class _BySignals:
    """Workers that each score a share of the signals."""

    def __init__(self, drawn: Drawn, k: int, executor: Executor) -> None:
        self._executor, self._width = executor, drawn.rows.shape[1]
        self._parts = ranges(self._width, executor.n_workers, _FEW_WORDS)
        self._all = _Share(drawn, k, range(drawn.negative.size))
        self._scores = np.empty(64 * self._width, dtype=np.int32)

    def choose(self, j: int, wire: int) -> None:
        """Make a signal wire j."""
        self._all.chosen.append((j, wire))

    def score(self, j: int, n_beside: int) -> NDArray[np.int32]:
        """Return the score of each signal as wire j, beside `n_beside` others."""
        share = self._all
        share.sort(j, 1 << n_beside)

        def score(words: range) -> None:
            _score(
                share.rows, share.width, share.order, share.start, share.n_negative,
                1 << n_beside, words.start, words.stop, self._scores,
            )  # fmt: skip

        self._executor.map(score, self._parts)
        return self._scores


@njit(nogil=True, cache=True)
def search_alone(rows, width, n_signals, negative, wires, n_given, n_sweeps):
    """Fill in `wires` from place n_given on, then sweep over all of them."""
    k = wires.size
    n_drawn = negative.size
    address = np.zeros(n_drawn, dtype=np.uint16)
    others = np.empty(n_drawn, dtype=np.uint16)
    order = np.empty(n_drawn, dtype=np.uint64)
    start = np.empty((1 << k) + 1, dtype=np.int64)
    n_negative = np.empty(1 << k, dtype=np.int64)
    scores = np.empty(width * 64, dtype=np.int32)
    for j in range(n_given):
        _set_bit(rows, 0, width, negative, wires[j], j, address)
    for j in range(n_given, k):
        _sort(address, negative, 0, width, 1 << j, order, start, n_negative)
        _score(rows, width, order, start, n_negative, 1 << j, 0, width, scores)
        wires[j] = _best(scores, n_signals, wires, j, j)
        _set_bit(rows, 0, width, negative, wires[j], j, address)
    n_unchanged = 0
    for turn in range(k * n_sweeps):
        j = turn % k
        _without(address, j, others)
        _sort(others, negative, 0, width, 1 << (k - 1), order, start, n_negative)
        _score(rows, width, order, start, n_negative, 1 << (k - 1), 0, width, scores)
        best = _best(scores, n_signals, wires, k, j)
        if scores[best] > scores[wires[j]]:
            wires[j] = best
            _set_bit(rows, 0, width, negative, best, j, address)
            n_unchanged = 0
        else:
            n_unchanged += 1
        if n_unchanged == k:
            break


@njit(nogil=True, cache=True)
def _set_bit(rows, first, width, negative, wire, j, address):
    """Make the value of a signal bit j of the addresses of drawn samples first, first + 1, …"""
    word, bit = wire >> 6, _U(wire & 63)
    others = ~np.uint16(1 << j)
    for i in range(address.size):
        value = np.uint16((rows[(first + i) * width + word] >> bit) & _U(1)) ^ negative[i]
        address[i] = (address[i] & others) | (np.uint16(value) << np.uint16(j))


@njit(nogil=True, cache=True)
def _without(address, j, others):
    """Write the addresses without bit j."""
    low = np.uint16((1 << j) - 1)
    for i in range(address.size):
        others[i] = (address[i] & low) | ((address[i] >> np.uint16(1)) & ~low)


@njit(nogil=True, cache=True)
def _sort(address, negative, first, width, n_addresses, order, start, n_negative):
    """Sort by address: order[start[p] : start[p + 1]] are where the rows of address p begin.

    The addresses are those of drawn samples first, first + 1, …
    """
    start[: n_addresses + 1] = 0
    n_negative[:n_addresses] = 0
    for i in range(address.size):
        start[np.int64(address[i]) + 1] += 1
        n_negative[address[i]] += negative[i]
    for p in range(n_addresses):
        start[p + 1] += start[p]
    place = start[:n_addresses].copy()
    for i in range(address.size):
        p = address[i]
        order[place[p]] = _U((first + i) * width)
        place[p] += 1


@njit(nogil=True, cache=True)
def _score(rows, width, order, start, n_negative, n_addresses, first_word, last_word, scores):
    """Score some words' signals: sum over addresses of |ones| + |all - ones|, signed sums."""
    planes = np.empty(8 * _BLOCK, dtype=np.uint64)
    octets = np.empty(8 * _BLOCK, dtype=np.uint64)
    counts = np.zeros(64 * _BLOCK, dtype=np.int32)
    block_scores = np.empty(64 * _BLOCK, dtype=np.int32)
    for first in range(first_word, last_word, _BLOCK):
        n = min(_BLOCK, last_word - first)
        block_scores[: 64 * n] = 0
        for p in range(n_addresses):
            i, end = start[p], start[p + 1]
            if i == end:
                continue
            _count_ones(rows, width, order, i, end, first, n, planes, octets, counts)
            total = np.int32(end - i - 2 * n_negative[p])
            _add_scores(block_scores, counts, np.int32(n_negative[p]), total, 64 * n)
        _in_order(block_scores, n, scores[64 * first :])


@njit(nogil=True, cache=True)
def _count_share(rows, width, order, start, n_negative, n_addresses, ones, totals):
    """Write the signed sums of a share of the samples: ones of each address and signal, and all.

    The signals of a block of words stand in the order that :func:`_in_order` puts right.
    """
    planes = np.empty(8 * _BLOCK, dtype=np.uint64)
    octets = np.empty(8 * _BLOCK, dtype=np.uint64)
    for p in range(n_addresses):
        i, end = start[p], start[p + 1]
        totals[p] = end - i - 2 * n_negative[p]
        for first in range(0, width, _BLOCK):
            n = min(_BLOCK, width - first)
            counts = ones[p, 64 * first : 64 * (first + n)]
            counts[:] = np.int32(-n_negative[p])
            if i < end:
                _count_ones(rows, width, order, i, end, first, n, planes, octets, counts)


@njit(nogil=True, cache=True)
def _score_shares(ones, totals, width, n_addresses, scores):
    """Score every signal by the sums of all shares, shape (n_shares, n_addresses, 64 * width)."""
    block_scores = np.zeros(64 * width, dtype=np.int32)
    counts = np.empty(64 * width, dtype=np.int32)
    for p in range(n_addresses):
        counts[:] = ones[0, p]
        total = totals[0, p]
        for share in range(1, ones.shape[0]):
            row = ones[share, p]
            for s in range(counts.size):
                counts[s] += row[s]
            total += totals[share, p]
        _add_scores(block_scores, counts, np.int32(0), np.int32(total), counts.size)
    for first in range(0, width, _BLOCK):
        n = min(_BLOCK, width - first)
        _in_order(block_scores[64 * first :], n, scores[64 * first :])


@njit(nogil=True, cache=True)
def _count_ones(rows, width, order, i, end, first, n, planes, octets, counts):
    """Add the ones of rows order[i : end] in words first … first + n - 1 to their signals' counts.

    Signal 64 * w + 8 * c + r has its count at place 8 * w + c of n * 8 for r: as bytes are left.
    """
    skip = _U(first)
    nothing = _U(rows.size - width)
    while i < end:
        for plane in range(8):
            planes[plane * _BLOCK : plane * _BLOCK + n] = _U(0)
        stop = min(end, i + _MOST_ROWS)
        while i < stop:
            m = stop - i
            a = order[i]
            b = order[i + 1] if m > 1 else nothing
            c = order[i + 2] if m > 2 else nothing
            d = order[i + 3] if m > 3 else nothing
            e = order[i + 4] if m > 4 else nothing
            f = order[i + 5] if m > 5 else nothing
            g = order[i + 6] if m > 6 else nothing
            h = order[i + 7] if m > 7 else nothing
            _add_rows(
                rows, planes, n, a + skip, b + skip, c + skip, d + skip, e + skip,
                f + skip, g + skip, h + skip,
            )  # fmt: skip
            i += 8
        i = stop
        _to_octets(planes, octets, n)
        _add_octets(counts, octets.view(np.uint8), 64 * n)


@njit(nogil=True, cache=True)
def _in_order(block_scores, n, scores):
    for w in range(n):  # signal 64 * w + 8 * c + r lies in byte c of word w of octet row r
        for r in range(8):
            for c in range(8):
                scores[w * 64 + 8 * c + r] = block_scores[(r * n + w) * 8 + c]


@njit(nogil=True, cache=True)
def _add_rows(rows, planes, n, a, b, c, d, e, f, g, h):
    """Add eight rows, given by where they begin, to the counts in the planes.

    Carry-save adders (Hacker's Delight, section 5-1): seven of them turn eight bits and three
    planes into three planes and one carry of weight eight. It becomes SIMD code because the planes
    have a stride known at compile time, and indices are unsigned: a check for negative ones would
    make gathers of the loads.
    """
    for i in range(n):
        w = _U(i)
        s0, c0 = _add3(rows[a + w], rows[b + w], rows[c + w])
        s1, c1 = _add3(rows[d + w], rows[e + w], rows[f + w])
        s2, c2 = _add3(rows[g + w], rows[h + w], planes[w])
        s3, c3 = _add3(s0, s1, s2)
        planes[w] = s3
        t0, d0 = _add3(c0, c1, c2)
        t1, d1 = _add3(c3, t0, planes[_U(_BLOCK) + w])
        planes[_U(_BLOCK) + w] = t1
        u0, carry = _add3(d0, d1, planes[_U(2 * _BLOCK) + w])
        planes[_U(2 * _BLOCK) + w] = u0
        plane = planes[_U(3 * _BLOCK) + w]
        planes[_U(3 * _BLOCK) + w] = plane ^ carry
        carry &= plane
        plane = planes[_U(4 * _BLOCK) + w]
        planes[_U(4 * _BLOCK) + w] = plane ^ carry
        carry &= plane
        plane = planes[_U(5 * _BLOCK) + w]
        planes[_U(5 * _BLOCK) + w] = plane ^ carry
        carry &= plane
        plane = planes[_U(6 * _BLOCK) + w]
        planes[_U(6 * _BLOCK) + w] = plane ^ carry
        planes[_U(7 * _BLOCK) + w] ^= plane & carry


@njit(inline="always")
def _add3(a, b, c):
    """Full adder in each bit: sum and carry."""
    half = a ^ b
    return half ^ c, (a & b) | (half & c)


@njit(nogil=True, cache=True)
def _to_octets(planes, octets, n):
    """Transpose eight planes into counts, a byte a signal."""
    for w in range(n):
        a, b, c, d, e, f, g, h = transpose_octets(
            planes[w], planes[_BLOCK + w], planes[2 * _BLOCK + w], planes[3 * _BLOCK + w],
            planes[4 * _BLOCK + w], planes[5 * _BLOCK + w], planes[6 * _BLOCK + w],
            planes[7 * _BLOCK + w],
        )  # fmt: skip
        octets[w] = a
        octets[n + w] = b
        octets[2 * n + w] = c
        octets[3 * n + w] = d
        octets[4 * n + w] = e
        octets[5 * n + w] = f
        octets[6 * n + w] = g
        octets[7 * n + w] = h


@njit(nogil=True, cache=True)
def _add_octets(counts, octets, n):
    for i in range(n):
        counts[i] += octets[i]


@njit(nogil=True, cache=True)
def _add_scores(scores, counts, n_negative, total, n):
    for i in range(n):
        ones = counts[i] - n_negative
        scores[i] += abs(ones) + abs(total - ones)
        counts[i] = 0


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
