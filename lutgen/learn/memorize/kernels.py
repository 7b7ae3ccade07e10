"""Learning a layer with numba kernels, bit-equal to :mod:`lutgen.learn.memorize.reference`.

For each LUT: (1) the bits of its k signals are transposed, 64 samples at a time, into one address
byte a sample (two bytes for k > 8), and the class is put above the address: the entry of a table of
counts; (2) the entries are counted, in several tables at once so that equal ones in a row do not
wait for each other's stores; (3) the majority is taken; (4) the entries are looked up, which gives
the LUT's output. LUTs are shared out to threads in ranges; a LUT's result depends on nothing but
its own inputs.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from lutgen.bits import Words
from lutgen.learn.memorize.layer import FILLS, Fill, LearntLayer
from lutgen.learn.randomness import GOLDEN, MIX1, MIX2

_U = np.uint64
_MASK4 = _U(0x0F0F0F0F0F0F0F0F)
_MASK2 = _U(0x3333333333333333)
_MASK1 = _U(0x5555555555555555)
_PADDING = 2  # the "class" of the places past the last sample
_COUNTER_BYTES = 1 << 16
_RANGES_PER_THREAD = 24
_MAX_RANGE = 64  # LUTs between two chances to be interrupted

_RANDOM, _ZERO, _MAJORITY, _NEIGHBOUR = range(len(FILLS))


def learn_layer(
    signals: Words,
    labels: NDArray[np.uint8],
    wires: NDArray[np.int32],
    fill: Fill,
    n_threads: int,
) -> LearntLayer:
    """Learn the LUTs of one layer; see :class:`lutgen.learn.memorize.layer.LearnLayer`."""
    n_luts, k = wires.shape
    n_words = signals.shape[1]
    table_words = max(1, (1 << k) // 64)
    layer = LearntLayer(
        tables=np.empty((n_luts, table_words), dtype=np.uint64),
        seen=np.empty((n_luts, table_words), dtype=np.uint64),
        tied=np.empty((n_luts, table_words), dtype=np.uint64),
        outputs=np.empty((n_luts, n_words), dtype=np.uint64),
        n_correct=np.empty(n_luts, dtype=np.int64),
    )
    offsets = _class_offsets(labels, k, n_words)
    label_words = np.zeros(n_words * 8, dtype=np.uint8)
    label_words[: -(-labels.size // 8)] = np.packbits(labels, bitorder="little")
    policy = FILLS.index(fill.policy)

    def learn_range(first: int, last: int) -> None:
        _learn_luts(
            np.ascontiguousarray(signals), offsets, label_words.view(np.uint64), labels.size,
            wires[first:last], fill.keys[first:last], policy, fill.prior,
            layer.tables[first:last], layer.seen[first:last], layer.tied[first:last],
            layer.outputs[first:last], layer.n_correct[first:last],
        )  # fmt: skip

    step = min(_MAX_RANGE, -(-n_luts // (n_threads * _RANGES_PER_THREAD)))
    starts = range(0, n_luts, step)
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(learn_range, starts, [min(s + step, n_luts) for s in starts]))
    return layer


def _class_offsets(
    labels: NDArray[np.uint8], k: int, n_words: int
) -> NDArray[np.uint16] | NDArray[np.uint32]:
    """Return class << k for each place of the address buffer, in the buffer's order.

    The transposition leaves sample 64*w + 8*c + r at byte c of word w of plane r.
    """
    dtype = np.uint16 if 3 << k <= 1 << 16 else np.uint32
    classes: NDArray[Any] = np.full(n_words * 64, _PADDING, dtype=dtype)
    classes[: labels.size] = labels
    classes <<= dtype(k)
    return np.ascontiguousarray(classes.reshape(n_words, 8, 8).transpose(2, 0, 1)).reshape(-1)


@njit(inline="always")
def _swap(a, b, mask, shift):
    moved = ((a >> shift) ^ b) & mask
    return a ^ (moved << shift), b ^ moved


@njit(inline="always")
def _transpose(a, b, c, d, e, f, g, h):
    """Transpose the 8 x 8 bit matrix in each byte lane of eight words (Hacker's Delight 7-3)."""
    a, e = _swap(a, e, _MASK4, _U(4))
    b, f = _swap(b, f, _MASK4, _U(4))
    c, g = _swap(c, g, _MASK4, _U(4))
    d, h = _swap(d, h, _MASK4, _U(4))
    a, c = _swap(a, c, _MASK2, _U(2))
    b, d = _swap(b, d, _MASK2, _U(2))
    e, g = _swap(e, g, _MASK2, _U(2))
    f, h = _swap(f, h, _MASK2, _U(2))
    a, b = _swap(a, b, _MASK1, _U(1))
    c, d = _swap(c, d, _MASK1, _U(1))
    e, f = _swap(e, f, _MASK1, _U(1))
    g, h = _swap(g, h, _MASK1, _U(1))
    return a, b, c, d, e, f, g, h


@njit(inline="always")
def _row(signals, zeros, wires, j):
    return signals[wires[j]] if j < wires.size else zeros


@njit(nogil=True, cache=True)
def _address_bytes(signals, zeros, wires, first, planes):
    """Transpose signals first … first+7 of a LUT into address bytes; missing ones are zero."""
    s0 = _row(signals, zeros, wires, first)
    s1 = _row(signals, zeros, wires, first + 1)
    s2 = _row(signals, zeros, wires, first + 2)
    s3 = _row(signals, zeros, wires, first + 3)
    s4 = _row(signals, zeros, wires, first + 4)
    s5 = _row(signals, zeros, wires, first + 5)
    s6 = _row(signals, zeros, wires, first + 6)
    s7 = _row(signals, zeros, wires, first + 7)
    for w in range(zeros.size):
        a, b, c, d, e, f, g, h = _transpose(s0[w], s1[w], s2[w], s3[w], s4[w], s5[w], s6[w], s7[w])
        planes[0, w] = a
        planes[1, w] = b
        planes[2, w] = c
        planes[3, w] = d
        planes[4, w] = e
        planes[5, w] = f
        planes[6, w] = g
        planes[7, w] = h


@njit(nogil=True, cache=True)
def _join(low_bytes, high_bytes, k, offsets, entries):
    """Put address bytes and class together: the entry of the table of counts for each place."""
    for s in range(entries.size):
        entries[s] = offsets[s] | low_bytes[s]
    if k > 8:
        for s in range(entries.size):
            entries[s] |= offsets.dtype.type(high_bytes[s]) << offsets.dtype.type(8)


@njit(nogil=True, cache=True)
def _count(entries, counts):
    """Count entries; counts of shape (n_tables, 3 << k), n_tables 1, 2, 4 or 8.

    Unsigned indices spare a check for negative ones at each access: half the time.
    """
    counts[:] = 0
    last = _U(counts.shape[0] - 1)
    for group in range(entries.size >> 3):
        s = _U(group) << _U(3)
        counts[0, entries[s]] += 1
        counts[_U(1) & last, entries[s + _U(1)]] += 1
        counts[_U(2) & last, entries[s + _U(2)]] += 1
        counts[_U(3) & last, entries[s + _U(3)]] += 1
        counts[_U(4) & last, entries[s + _U(4)]] += 1
        counts[_U(5) & last, entries[s + _U(5)]] += 1
        counts[_U(6) & last, entries[s + _U(6)]] += 1
        counts[_U(7) & last, entries[s + _U(7)]] += 1


@njit(inline="always")
def _random_word(key, index):
    state = key + (_U(index) + _U(1)) * GOLDEN
    state = (state ^ (state >> _U(30))) * MIX1
    state = (state ^ (state >> _U(27))) * MIX2
    return state ^ (state >> _U(31))


@njit(nogil=True, cache=True)
def _decide(counts, k, key, policy, prior, sign, table, table_words, seen_words, tied_words):
    """Take the majority of each address; fill the draws; write the table and the care masks.

    `table` gets the values thrice, for the entries of either class and of the padding.
    """
    n_entries = 1 << k
    for p in range(n_entries):
        zeros, ones = np.int64(0), np.int64(0)
        for t in range(counts.shape[0]):
            zeros += counts[t, p]
            ones += counts[t, n_entries + p]
        sign[p] = np.int8(ones > zeros) - np.int8(ones < zeros)
        table[p] = zeros + ones > 0
    table_words[:] = 0
    seen_words[:] = 0
    tied_words[:] = 0
    for p in range(n_entries):
        word, bit = p >> 6, _U(p & 63)
        seen = table[p]
        value = sign[p] > 0
        if sign[p] == 0:
            value = (_random_word(key, word) >> bit) & _U(1) != 0
            if policy == _ZERO:
                value = False
            elif policy == _MAJORITY:
                value = prior > 0
            elif policy == _NEIGHBOUR:
                votes = 0
                for j in range(k):
                    votes += sign[p ^ (1 << j)]
                if votes != 0:
                    value = votes > 0
            tied_words[word] |= _U(seen) << bit
        seen_words[word] |= _U(seen) << bit
        table_words[word] |= _U(value) << bit
        table[p] = value
    table[n_entries : 2 * n_entries] = table[:n_entries]
    table[2 * n_entries :] = table[:n_entries]


@njit(nogil=True, cache=True)
def _look_up(entries, table, outputs):
    n_words = outputs.size
    for w in range(n_words):
        word = _U(0)
        for r in range(8):
            base = (r * n_words + w) * 8
            for c in range(8):
                word |= _U(table[entries[base + c]]) << _U(8 * c + r)
        outputs[w] = word


@njit(inline="always")
def _popcount(x):
    x = x - ((x >> _U(1)) & _MASK1)
    x = (x & _MASK2) + ((x >> _U(2)) & _MASK2)
    x = (x + (x >> _U(4))) & _MASK4
    return np.int64((x * _U(0x0101010101010101)) >> _U(56))


@njit(nogil=True, cache=True)
def _finish_outputs(outputs, label_words, n_samples):
    """Clear the places past the last sample; return how many outputs equal the label."""
    if n_samples & 63:
        outputs[-1] &= (_U(1) << _U(n_samples & 63)) - _U(1)
    n_wrong = 0
    for w in range(outputs.size):
        n_wrong += _popcount(outputs[w] ^ label_words[w])
    return n_samples - n_wrong


@njit(nogil=True, cache=True)
def _learn_luts(
    signals, offsets, label_words, n_samples, wires, keys, policy, prior,
    tables, seen, tied, outputs, n_correct,
):  # fmt: skip
    k = wires.shape[1]
    n_words = signals.shape[1]
    zeros = np.zeros(n_words, dtype=np.uint64)
    low = np.empty((8, n_words), dtype=np.uint64)
    high = np.empty((8, n_words), dtype=np.uint64)
    low_bytes = low.view(np.uint8).reshape(-1)
    high_bytes = high.view(np.uint8).reshape(-1)
    entries = np.empty_like(offsets)
    n_tables = 8
    while n_tables > 1 and n_tables * (3 << k) * 4 > _COUNTER_BYTES:
        n_tables //= 2
    counts = np.empty((n_tables, 3 << k), dtype=np.uint32)
    sign = np.empty(1 << k, dtype=np.int8)
    table = np.empty(3 << k, dtype=np.uint8)
    for i in range(wires.shape[0]):
        _address_bytes(signals, zeros, wires[i], 0, low)
        if k > 8:
            _address_bytes(signals, zeros, wires[i], 8, high)
        _join(low_bytes, high_bytes, k, offsets, entries)
        _count(entries, counts)
        _decide(counts, k, keys[i], policy, prior, sign, table, tables[i], seen[i], tied[i])
        _look_up(entries, table, outputs[i])
        n_correct[i] = _finish_outputs(outputs[i], label_words, n_samples)
