"""A step of boosting with numba kernels, bit-equal to :mod:`lutgen.learn.boost.reference`.

The search is where the time goes. Beside k - 1 wires that are held fixed, every signal is scored
at once and exactly: the drawn samples are sorted by their address, and within an address the
rows (a bit a signal) are added up as bits, eight at a time with carry-save adders, into eight
planes: 64 signals in an operation. A sample of negative sign is stored complemented, so that one
count gives the difference: ones - n_negative. Transposing the planes gives the counts as bytes.
With 12,000 samples and 1,568 signals that is about 0.2 us a candidate.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lutgen.bits import Words, n_words, pack, unpack_rows
from lutgen.learn.boost.step import UNIT, CountedLut, Effort, Samples
from lutgen.learn.kernels import _popcount, _random_word, _transpose

_U = np.uint64
_BLOCK = 64  # words of a row that are added up together: the planes stay in the L1 cache
_SAMPLES = 512  # whose residuals are found together
_MOST_ROWS = 248  # rows that eight planes can count, in groups of eight


def transpose(signals: Words) -> Words:
    """Turn a row a signal into a row a place; see :class:`BoostStep`."""
    rows = np.empty((signals.shape[1] * 64, n_words(len(signals))), dtype=np.uint64)
    _transpose_words(signals, rows)
    return rows


def residuals(
    votes: NDArray[np.int32],
    labels: NDArray[np.int32],
    weights: NDArray[np.int32],
    decay: NDArray[np.int64],
    out: NDArray[np.int32],
) -> None:
    """Write what each class lacks in each sample; see :class:`BoostStep`."""
    _residuals(votes, labels, weights, decay.astype(np.float64), out)


def search(
    samples: Samples,
    residual: NDArray[np.int32],
    key: np.uint64,
    start: NDArray[np.int32],
    effort: Effort,
) -> NDArray[np.int32]:
    """Return k wires for a LUT; see :class:`BoostStep`."""
    drawn, negative = _draw(residual, _U(key), effort.n_drawn, effort.capacity)
    rows = _gather(samples.rows, drawn, negative)
    wires = np.empty(effort.k, dtype=np.int32)
    wires[: start.size] = start
    _search(
        rows, samples.rows.shape[1], samples.n_signals, negative, wires, start.size, effort.n_sweeps
    )
    return wires


def interaction(
    samples: Samples, residual: NDArray[np.int32], key: np.uint64, order: int, effort: Effort
) -> NDArray[np.int32]:
    """Return the signals of largest interaction; see :class:`BoostStep`."""
    drawn, negative = _draw(residual, _U(key), effort.n_drawn, effort.capacity)
    signals = pack(unpack_rows(samples.rows[drawn], samples.n_signals))
    found = np.zeros(order, dtype=np.int32)
    _interaction(signals, pack(negative[:, None])[0], drawn.size, found)
    return found


def count(samples: Samples, residual: NDArray[np.int32], wires: NDArray[np.int32]) -> CountedLut:
    """Count every sample at the entry that it reaches; see :class:`BoostStep`."""
    sums = np.zeros(1 << wires.size, dtype=np.int64)
    seen = np.zeros(1 << wires.size, dtype=np.bool_)
    _count(samples.signals, samples.views[:, wires], residual, samples.weights, sums, seen)
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
    _vote(signals, views[:, wires], np.where(table, sign, -sign).astype(np.int32), votes)


@njit(nogil=True, cache=True)
def _transpose_words(signals, rows):
    """Transpose blocks of 64 x 64 bits (Hacker's Delight, section 7-3, widened)."""
    block = np.empty(64, dtype=np.uint64)
    for place in range(signals.shape[1]):
        for first in range(0, signals.shape[0], 64):
            n = min(64, signals.shape[0] - first)
            for i in range(n):
                block[i] = signals[first + i, place]
            block[n:] = _U(0)
            step, mask = 32, _U(0xFFFFFFFF)
            while step:
                i = 0
                while i < 64:
                    a, b = block[i], block[i + step]
                    moved = ((a >> _U(step)) ^ b) & mask
                    block[i] = a ^ (moved << _U(step))
                    block[i + step] = b ^ moved
                    i = (i + step + 1) & ~step
                step >>= 1
                mask ^= mask << _U(step)
            for i in range(64):
                rows[64 * place + i, first >> 6] = block[i]


@njit(nogil=True, cache=True)
def _residuals(votes, labels, weights, decay, out):
    """Class after class over a block of samples: each inner loop becomes SIMD code.

    Likelihoods and their sums are integers below 2^53, exact as floats.
    """
    n_classes, n_places = votes.shape
    last = np.int32(decay.size - 1)
    best = np.empty(_SAMPLES, dtype=np.int32)
    total = np.empty(_SAMPLES, dtype=np.float64)
    likelihood = np.empty((n_classes, _SAMPLES), dtype=np.float64)
    for first in range(0, n_places, _SAMPLES):
        n = min(_SAMPLES, n_places - first)
        best[:n] = votes[0, first : first + n]
        for c in range(1, n_classes):
            row = votes[c, first : first + n]
            for i in range(n):
                best[i] = max(best[i], row[i])
        total[:] = 0
        for c in range(n_classes):
            row, target = votes[c, first : first + n], likelihood[c]
            for i in range(n):
                target[i] = decay[_U(min(best[i] - row[i], last))]
                total[i] += target[i]
        for i in range(n):
            total[i] = UNIT / total[i]
        for c in range(n_classes):
            row, source = out[c, first : first + n], likelihood[c]
            label, weight = labels[first : first + n], weights[first : first + n]
            for i in range(n):
                share = np.int32(source[i] * total[i] + 0.5)
                row[i] = (UNIT * (label[i] == c) - share) * weight[i]


@njit(nogil=True, cache=True)
def _draw(residual, key, n_drawn, capacity):
    """Return the places drawn and whether the sign of each is negative (0 or 1)."""
    total = np.int64(0)
    for n in range(residual.size):
        total += abs(np.int64(residual[n]))
    unit = max(np.int64(1), total // n_drawn)
    drawn = np.empty(capacity, dtype=np.int64)
    negative = np.empty(capacity, dtype=np.uint8)
    m = 0
    for n in range(residual.size):
        size = abs(np.int64(residual[n]))
        if size == 0:
            continue
        rounding = np.int64(((_random_word(key, n) >> _U(32)) * _U(unit)) >> _U(32))
        size += rounding
        if size < unit:  # mostly so, and it spares a division
            continue
        for _ in range(min(size // unit, capacity - m)):
            drawn[m] = n
            negative[m] = residual[n] < 0
            m += 1
    return drawn[:m], negative[:m]


@njit(nogil=True, cache=True)
def _gather(rows, drawn, negative):
    """Copy the drawn rows one after another, complemented where negative, and a row of zeros."""
    width = rows.shape[1]
    flat = np.zeros((drawn.size + 1) * width, dtype=np.uint64)
    for i in range(drawn.size):
        flip = _U(0) - _U(negative[i])
        row = rows[drawn[i]]
        for w in range(width):
            flat[i * width + w] = row[w] ^ flip
    return flat


@njit(nogil=True, cache=True)
def _interaction(signals, negative, n_drawn, found):
    """Fill in the two or three signals whose exclusive or goes best with the signs."""
    n_signals, width = signals.shape
    partial = np.empty(width, dtype=np.uint64)
    best = -1
    for i in range(n_signals):
        if found.size == 2:
            for w in range(width):
                partial[w] = signals[i, w] ^ negative[w]
            best = _last(signals, partial, n_drawn, i + 1, best, i, i, found)
        else:
            for j in range(i + 1, n_signals):
                for w in range(width):
                    partial[w] = signals[i, w] ^ signals[j, w] ^ negative[w]
                best = _last(signals, partial, n_drawn, j + 1, best, i, j, found)


@njit(nogil=True, cache=True)
def _last(signals, partial, n_drawn, first, best, i, j, found):
    """Try each signal from `first` on as the last one; return the size of the best so far."""
    for s in range(first, signals.shape[0]):
        ones = 0
        for w in range(partial.size):
            ones += _popcount(partial[w] ^ signals[s, w])
        size = abs(n_drawn - 2 * ones)
        if size > best:
            best = size
            found[0], found[found.size - 2], found[found.size - 1] = i, j, s
    return best


@njit(nogil=True, cache=True)
def _search(rows, width, n_signals, negative, wires, n_given, n_sweeps):
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
        _set_bit(rows, width, negative, wires[j], j, address)
    for j in range(n_given, k):
        _sort(address, negative, width, 1 << j, order, start, n_negative)
        _score(rows, width, order, start, n_negative, 1 << j, scores)
        wires[j] = _best(scores, n_signals, wires, j, j)
        _set_bit(rows, width, negative, wires[j], j, address)
    n_unchanged = 0
    for turn in range(k * n_sweeps):
        j = turn % k
        low = np.uint16((1 << j) - 1)
        for i in range(n_drawn):
            others[i] = (address[i] & low) | ((address[i] >> np.uint16(1)) & ~low)
        _sort(others, negative, width, 1 << (k - 1), order, start, n_negative)
        _score(rows, width, order, start, n_negative, 1 << (k - 1), scores)
        best = _best(scores, n_signals, wires, k, j)
        if scores[best] > scores[wires[j]]:
            wires[j] = best
            _set_bit(rows, width, negative, best, j, address)
            n_unchanged = 0
        else:
            n_unchanged += 1
        if n_unchanged == k:
            break


@njit(nogil=True, cache=True)
def _set_bit(rows, width, negative, wire, j, address):
    """Make the value of a signal bit j of each drawn sample's address."""
    word, bit = wire >> 6, _U(wire & 63)
    others = ~np.uint16(1 << j)
    for i in range(address.size):
        value = np.uint16((rows[i * width + word] >> bit) & _U(1)) ^ negative[i]
        address[i] = (address[i] & others) | (np.uint16(value) << np.uint16(j))


@njit(nogil=True, cache=True)
def _sort(address, negative, width, n_addresses, order, start, n_negative):
    """Sort by address: order[start[p] : start[p + 1]] are where the rows of address p begin."""
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
        order[place[p]] = _U(i * width)
        place[p] += 1


@njit(nogil=True, cache=True)
def _score(rows, width, order, start, n_negative, n_addresses, scores):
    """Score every signal: sum over addresses of |ones| + |all - ones|, signed sums."""
    planes = np.empty(8 * _BLOCK, dtype=np.uint64)
    octets = np.empty(8 * _BLOCK, dtype=np.uint64)
    counts = np.zeros(64 * _BLOCK, dtype=np.int32)
    block_scores = np.empty(64 * _BLOCK, dtype=np.int32)
    nothing = _U(rows.size - width)
    for first in range(0, width, _BLOCK):
        n = min(_BLOCK, width - first)
        skip = _U(first)
        block_scores[: 64 * n] = 0
        for p in range(n_addresses):
            i, end = start[p], start[p + 1]
            if i == end:
                continue
            total = np.int32(end - i - 2 * n_negative[p])
            while i < end:
                planes[:] = _U(0)
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
            _add_scores(block_scores, counts, np.int32(n_negative[p]), total, 64 * n)
        for w in range(n):  # signal 64 * w + 8 * c + r lies in byte c of word w of octet row r
            for r in range(8):
                for c in range(8):
                    scores[(first + w) * 64 + 8 * c + r] = block_scores[(r * n + w) * 8 + c]


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
        a, b, c, d, e, f, g, h = _transpose(
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


@njit(inline="always")
def _find_addresses(signals, sources, address):
    """Write the table address of every sample; sources are rows of `signals`, bit 0 first."""
    address[:] = np.uint16(0)
    for j in range(sources.size):
        row = signals[sources[j]]
        for w in range(row.size):
            word = row[w]
            for b in range(64):
                address[64 * w + b] |= np.uint16((word >> _U(b)) & _U(1)) << np.uint16(j)


@njit(nogil=True, cache=True)
def _count(signals, sources, residual, weights, sums, seen):
    n_places = signals.shape[1] * 64
    address = np.empty(n_places, dtype=np.uint16)
    for v in range(sources.shape[0]):
        _find_addresses(signals, sources[v], address)
        for n in range(n_places):
            sums[address[n]] += residual[v * n_places + n]
            seen[address[n]] |= weights[v * n_places + n] > 0


@njit(nogil=True, cache=True)
def _vote(signals, sources, values, votes):
    n_places = signals.shape[1] * 64
    address = np.empty(n_places, dtype=np.uint16)
    for v in range(sources.shape[0]):
        _find_addresses(signals, sources[v], address)
        for n in range(n_places):
            votes[v * n_places + n] += values[address[n]]
