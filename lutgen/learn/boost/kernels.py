"""A step of boosting with numba kernels, bit-equal to :mod:`lutgen.learn.boost.reference`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, n_words, pack, unpack_rows
from lutgen.learn.boost import newton
from lutgen.learn.boost.searching import search_alone, search_together, worth_sharing
from lutgen.learn.boost.step import UNIT, Drawn, Samples
from lutgen.learn.compiled import njit
from lutgen.learn.executor import Executor, ranges
from lutgen.learn.kernels import find_addresses, popcount, random_word

_U = np.uint64
_PARTS_PER_WORKER = 8  # of the signals that pairs and threes begin with
_FEW_COPIED = 1 << 15  # words, not worth a task of their own
_SAMPLES = 512  # whose residuals are found together


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
    part: range,
) -> None:
    """Write what each class lacks in each sample; see :class:`BoostStep`."""
    _residuals(votes, labels, weights, decay.astype(np.float64), out, part.start, part.stop)


def count_right(
    votes: NDArray[np.int32],
    labels: NDArray[np.int32],
    weights: NDArray[np.int32],
    part: range,
) -> int:
    """Return the weight of the samples that are right; see :class:`BoostStep`."""
    return int(_count_right(votes, labels, weights, part.start, part.stop))


def sum_sizes(residual: NDArray[np.int32], part: range) -> int:
    """Return the sum of the absolute residuals; see :class:`BoostStep`."""
    return int(_sum_sizes(residual, part.start, part.stop))


def draw(
    residual: NDArray[np.int32],
    key: np.uint64,
    unit: int,
    part: range,
    capacity: int,
    shift: int,
) -> NDArray[np.int64]:
    """Return the places drawn; see :class:`BoostStep`."""
    places: NDArray[np.int64] = _draw(
        residual, _U(key), unit, part.start, part.stop, capacity, shift
    )
    return places


def gather(
    samples: Samples,
    residual: NDArray[np.int32],
    places: NDArray[np.int64],
    executor: Executor,
) -> Drawn:
    """Bring the drawn samples together; see :class:`BoostStep`."""
    negative = (residual[places] < 0).astype(np.uint8)
    width = samples.rows.shape[1]
    gathered = np.empty((places.size + 1, width), dtype=np.uint64)
    gathered[-1] = 0

    def copy(part: range) -> None:
        _gather(samples.rows, places, negative, part.start, part.stop, gathered)

    executor.map(copy, ranges(places.size, executor.n_workers, _FEW_COPIED // max(1, width) + 1))
    return Drawn(gathered, negative, samples.n_signals)


def rows(samples: Samples, places: NDArray[np.int64], signals: NDArray[np.int32]) -> Words:
    """Return some signals of some places; see :class:`BoostStep`."""
    n_places_a_view = 64 * samples.signals.shape[1]
    first = np.searchsorted(places, np.arange(len(samples.views) + 1) * n_places_a_view)
    read = np.zeros((places.size + 1, n_words(signals.size)), dtype=np.uint64)
    assert samples.position is not None
    position = np.append(samples.position, np.int32(-1))  # the row of zeros is nowhere
    for view, sources in enumerate(samples.views):
        here = slice(first[view], first[view + 1])
        if first[view] < first[view + 1]:
            runs = _runs(position[sources[signals]])
            _copy_runs(samples.rows, places[here] - view * n_places_a_view, runs, read[here])
    return read


def search(
    drawn: Drawn, start: NDArray[np.int32], k: int, n_sweeps: int, executor: Executor
) -> NDArray[np.int32]:
    """Return k wires for a LUT; see :class:`BoostStep`."""
    wires = np.empty(k, dtype=np.int32)
    wires[: start.size] = start
    if executor.n_workers > 1 and worth_sharing(drawn.negative.size, drawn.rows.shape[1]):
        search_together(drawn, wires, start.size, n_sweeps, executor)
    else:
        rows = drawn.rows.reshape(-1)
        width = drawn.rows.shape[1]
        search_alone(rows, width, drawn.n_signals, drawn.negative, wires, start.size, n_sweeps)
    return wires


search_newton = newton.search


def interaction(drawn: Drawn, order: int, executor: Executor) -> NDArray[np.int32]:
    """Return the signals of largest interaction; see :class:`BoostStep`."""
    signals = pack(unpack_rows(drawn.plain_rows, drawn.n_signals))
    negative, n_drawn = pack(drawn.negative[:, None])[0], drawn.negative.size

    def find(firsts: range) -> tuple[int, NDArray[np.int32]]:
        found = np.zeros(order, dtype=np.int32)
        size = _interaction(signals, negative, n_drawn, firsts.start, firsts.stop, found)
        return int(size), found

    # low signals have the most others after them: small parts, so that all workers end together
    n_parts = 1 if executor.n_workers == 1 else _PARTS_PER_WORKER * executor.n_workers
    parts = executor.map(find, ranges(drawn.n_signals, n_parts))
    return max(parts, key=lambda part: part[0])[1]  # of equals the first


def vote(
    signals: Words,
    wires: NDArray[np.int32],
    values: NDArray[np.int32],
    votes: NDArray[np.int32],
    words: range,
) -> None:
    """Add the value of the entry that each sample reaches; see :class:`BoostStep`."""
    _vote(signals, wires, values, votes, words.start, words.stop)


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
def _residuals(votes, labels, weights, decay, out, begin, end):
    """Class after class over a block of samples: each inner loop becomes SIMD code.

    Likelihoods and their sums are integers below 2^53, exact as floats.
    """
    n_classes = votes.shape[0]
    last = np.int32(decay.size - 1)
    best = np.empty(_SAMPLES, dtype=np.int32)
    total = np.empty(_SAMPLES, dtype=np.float64)
    likelihood = np.empty((n_classes, _SAMPLES), dtype=np.float64)
    for first in range(begin, end, _SAMPLES):
        n = min(_SAMPLES, end - first)
        best[:] = np.iinfo(np.int32).min
        for c in range(n_classes):
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
def _count_right(votes, labels, weights, begin, end):
    right = np.int64(0)
    best = np.empty(_SAMPLES, dtype=np.int32)
    chosen = np.empty(_SAMPLES, dtype=np.int32)
    for first in range(begin, end, _SAMPLES):
        n = min(_SAMPLES, end - first)
        best[:] = np.iinfo(np.int32).min
        chosen[:] = 0
        for c in range(votes.shape[0]):
            row = votes[c, first : first + n]
            for i in range(n):
                chosen[i] = c if row[i] > best[i] else chosen[i]
                best[i] = max(best[i], row[i])
        for i in range(n):
            right += weights[first + i] * (chosen[i] == labels[first + i])
    return right


@njit(nogil=True, cache=True)
def _sum_sizes(residual, begin, end):
    total = np.int64(0)
    for n in range(begin, end):
        total += np.int64(abs(residual[n]))
    return total


@njit(nogil=True, cache=True)
def _draw(residual, key, unit, begin, end, capacity, shift):
    drawn = np.empty(capacity, dtype=np.int64)
    n_bits = 0  # of the unit beyond 32
    while unit >> n_bits >= 1 << 32:
        n_bits += 1
    bound = _U(unit >> n_bits)
    m = 0
    for n in range(begin, end):
        size = abs(np.int64(residual[n]))
        if size == 0:
            continue
        random = random_word(key, n + shift) >> _U(32)
        rounding = np.int64((random * bound) >> _U(32)) << n_bits
        size += rounding
        if size < unit:  # mostly so, and it spares a division
            continue
        for _ in range(min(size // unit, capacity - m)):
            drawn[m] = n
            m += 1
    return drawn[:m]


@njit(nogil=True, cache=True)
def _gather(rows, drawn, negative, begin, end, gathered):
    """Copy drawn rows begin … end - 1 one after another, complemented where negative."""
    width = rows.shape[1]
    for i in range(begin, end):
        flip = _U(0) - _U(negative[i])
        row = rows[drawn[i]]
        for w in range(width):
            gathered[i, w] = row[w] ^ flip


@njit(nogil=True, cache=True)
def _runs(sources):
    """Return where bits that follow each other come from, where they go, and how many they are.

    Sources of -1 are left out; no run crosses a word where it goes.
    """
    runs = np.empty((sources.size, 3), dtype=np.int64)
    n, last = 0, np.int64(-2)
    for i in range(sources.size):
        source = np.int64(sources[i])
        if source >= 0:
            if source == last + 1 and i & 63:
                runs[n - 1, 2] += 1
            else:
                runs[n] = source, i, 1
                n += 1
            last = source
        else:
            last = np.int64(-2)
    return runs[:n]


@njit(nogil=True, cache=True)
def _copy_runs(rows, places, runs, out):
    """Copy runs of bits of some places' rows into rows of zeros."""
    for i in range(places.size):
        row, target = rows[places[i]], out[i]
        for r in range(runs.shape[0]):
            source, place, n = _U(runs[r, 0]), _U(runs[r, 1]), _U(runs[r, 2])
            word, shift = source >> _U(6), source & _U(63)
            bits = row[word] >> shift
            if shift + n > _U(64):
                bits |= row[word + _U(1)] << (_U(64) - shift)
            bits &= ~_U(0) >> (_U(64) - n)
            target[place >> _U(6)] |= bits << (place & _U(63))


@njit(nogil=True, cache=True)
def _interaction(signals, negative, n_drawn, begin, end, found):
    """Fill in the two or three signals, the first of them begin … end - 1, whose exclusive or
    goes best with the signs; return how well."""
    n_signals, width = signals.shape
    partial = np.empty(width, dtype=np.uint64)
    best = -1
    for i in range(begin, end):
        one = signals[i]
        if found.size == 2:
            for w in range(width):
                partial[w] = one[w] ^ negative[w]
            best = _last(signals, partial, n_drawn, i + 1, best, i, i, found)
        else:
            for j in range(i + 1, n_signals):
                two = signals[j]
                for w in range(width):
                    partial[w] = one[w] ^ two[w] ^ negative[w]
                best = _last(signals, partial, n_drawn, j + 1, best, i, j, found)
    return best


@njit(nogil=True, cache=True)
def _last(signals, partial, n_drawn, first, best, i, j, found):
    """Try each signal from `first` on as the last one; return the size of the best so far."""
    for s in range(first, signals.shape[0]):
        ones = 0
        three = signals[s]
        for w in range(partial.size):
            ones += popcount(partial[w] ^ three[w])
        size = abs(n_drawn - 2 * ones)
        if size > best:
            best = size
            found[0], found[found.size - 2], found[found.size - 1] = i, j, s
    return best


@njit(nogil=True, cache=True)
def _vote(signals, wires, values, votes, first, last):
    address = np.empty(64 * (last - first), dtype=np.uint16)
    find_addresses(signals, wires, first, last, address)
    for n in range(address.size):
        votes[n] += values[address[n]]
