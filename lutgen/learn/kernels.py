"""Counting with numba kernels, bit-equal to :mod:`lutgen.learn.reference`.

For each LUT: (1) the bits of its k signals are transposed, 64 samples at a time, into one address
byte a sample (two bytes for k > 8), and the class is put above the address: the entry of a table of
counts; (2) the entries are counted, in several tables at once so that equal ones in a row do not
wait for each other's stores; (3) the counts are decided; (4) the entries are looked up in the
table, which gives the LUT's output. `count_classes`, `decide` and `apply` do these steps for all
LUTs one after another; `learn_luts` does them LUT after LUT, while the entries are in the cache.

Up to eight inputs, LUTs are applied without addresses, and counted without them where the processor
can do that and the samples are sorted by class: see :mod:`lutgen.learn.parities`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Words, n_words
from lutgen.learn import parities
from lutgen.learn.byclass import EMPTY, ByClass
from lutgen.learn.compiled import njit
from lutgen.learn.fill import FILLS, Fill
from lutgen.learn.randomness import GOLDEN, MIX1, MIX2
from lutgen.learn.vectors import aligned, counts_bits

_U = np.uint64
_MASK4 = _U(0x0F0F0F0F0F0F0F0F)
_MASK2 = _U(0x3333333333333333)
_MASK1 = _U(0x5555555555555555)
_COUNTER_BYTES = 1 << 16

_RANDOM, _ZERO, _MAJORITY, _NEIGHBOUR = range(len(FILLS))

Offsets = NDArray[np.uint16] | NDArray[np.uint32]


def count_classes(
    signals: Words, wires: NDArray[np.int32], labels: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Count the samples of each class at each entry; shape (n_luts, 2, 2^k)."""
    n_luts, k = wires.shape
    statistics = np.empty((n_luts, 2, 1 << k), dtype=np.int64)
    offsets = class_offsets(labels, k, signals.shape[1])
    _count_luts(np.ascontiguousarray(signals), offsets, wires, statistics)
    return statistics


def count_residuals(
    signals: Words,
    wires: NDArray[np.int32],
    residual: NDArray[np.int32],
    weights: NDArray[np.int32],
    words: range,
) -> NDArray[np.int64]:
    """Sum residuals, and count samples of some weight, at each entry; shape (n_luts, 2, 2^k)."""
    n_luts, k = wires.shape
    statistics = np.zeros((n_luts, 2, 1 << k), dtype=np.int64)
    _sum_residuals(signals, wires, residual, weights, words.start, words.stop, statistics)
    return statistics


def decide(
    votes: NDArray[np.int64], reached: NDArray[np.int64], fill: Fill
) -> tuple[Words, Words, Words]:
    """Return tables, seen and tied of entries, all arrays of shape (n_luts, 2^k), packed."""
    n_luts, n_entries = votes.shape
    tables, seen, tied = (np.empty((n_luts, n_words(n_entries)), dtype=np.uint64) for _ in range(3))
    policy = FILLS.index(fill.policy)
    _decide_luts(votes, reached, fill.keys, policy, fill.prior, tables, seen, tied)
    return tables, seen, tied


def apply(tables: Words, signals: Words, wires: NDArray[np.int32], n_samples: int) -> Words:
    """Return what the LUTs give for the samples, shape (n_luts, n_words)."""
    outputs = np.empty((len(wires), signals.shape[1]), dtype=np.uint64)
    signals = np.ascontiguousarray(signals)
    if 0 < wires.shape[1] <= parities.MOST_INPUTS:
        scratch = aligned(parities.SCRATCH)
        _apply_by_multiplexers(signals, wires, tables, n_samples, scratch, outputs)
    else:
        no_class = np.zeros(signals.shape[1] * 64, dtype=np.uint16)
        _apply_by_addresses(signals, no_class, wires, tables, n_samples, outputs)
    return outputs


def learn_luts(
    signals: Words,
    samples: ByClass,
    offsets: Offsets | None,
    wires: NDArray[np.int32],
    fill: Fill,
    found: tuple[Words, Words, Words, Words, NDArray[np.int64]],
) -> None:
    """Count, decide and apply; write tables, seen, tied, outputs and the samples that are right.

    Parameters
    ----------
    signals : ndarray of shape (n_signals, n_words), dtype=np.uint64, in C order
        Samples sorted by class, as :meth:`ByClass.sort` gives them.
    offsets : ndarray
        The classes of the places, as :func:`offsets_for` has them.
    found : tuple of ndarrays
        What is written, each with a row a LUT.
    """
    policy = FILLS.index(fill.policy)
    if offsets is None:
        ends = _U(samples.ends[0]), _U(samples.ends[1])
        scratch = aligned(parities.SCRATCH + signals.shape[1])
        _learn_by_parities(
            signals, ends, samples.n_samples, samples.places, wires, fill.keys, policy, fill.prior,
            scratch, *found,
        )  # fmt: skip
    else:
        _learn_by_addresses(
            signals, offsets, samples.places, wires, fill.keys, policy, fill.prior, *found
        )


def offsets_for(samples: ByClass, k: int) -> Offsets | None:
    """Return :func:`class_offsets` of sorted samples; None where they are counted by parities."""
    if counts_bits() and k <= parities.MOST_INPUTS:
        return None
    return class_offsets(samples.labels, k, samples.ends[1])


def class_offsets(labels: NDArray[np.uint8], k: int, n_words: int) -> Offsets:
    """Return class << k for each place of the address buffer, in the buffer's order.

    The transposition leaves sample 64*w + 8*c + r at byte c of word w of plane r.
    """
    dtype = np.uint16 if 3 << k <= 1 << 16 else np.uint32
    classes: NDArray[Any] = np.full(n_words * 64, EMPTY, dtype=dtype)
    classes[: labels.size] = labels
    classes <<= dtype(k)
    return np.ascontiguousarray(classes.reshape(n_words, 8, 8).transpose(2, 0, 1)).reshape(-1)


@njit(inline="always")
def _swap(a, b, mask, shift):
    moved = ((a >> shift) ^ b) & mask
    return a ^ (moved << shift), b ^ moved


@njit(inline="always")
def transpose_octets(a, b, c, d, e, f, g, h):
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
        a, b, c, d, e, f, g, h = transpose_octets(
            s0[w], s1[w], s2[w], s3[w], s4[w], s5[w], s6[w], s7[w]
        )
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
def random_word(key, index):
    state = key + (_U(index) + _U(1)) * GOLDEN
    state = (state ^ (state >> _U(30))) * MIX1
    state = (state ^ (state >> _U(27))) * MIX2
    return state ^ (state >> _U(31))


@njit(nogil=True, cache=True)
def _add_tables(counts, statistics):
    """Add up the tables of counts; statistics of shape (2, 2^k): samples of class 0, of class 1."""
    n_entries = statistics.shape[1]
    for c in range(2):
        for p in range(n_entries):
            total = np.int64(0)
            for t in range(counts.shape[0]):
                total += counts[t, c * n_entries + p]
            statistics[c, p] = total


@njit(nogil=True, cache=True)
def _find_votes(statistics, votes, reached):
    for p in range(votes.size):
        votes[p] = statistics[1, p] - statistics[0, p]
        reached[p] = statistics[1, p] + statistics[0, p]


@njit(nogil=True, cache=True)
def _decide(votes, reached, key, policy, prior, table_words, seen_words, tied_words):
    """Take the sign of each entry's votes; fill the draws; write the table and the care masks."""
    table_words[:] = 0
    seen_words[:] = 0
    tied_words[:] = 0
    for p in range(votes.size):
        word, bit = p >> 6, _U(p & 63)
        seen = reached[p] > 0
        value = votes[p] > 0
        if votes[p] == 0:
            value = (random_word(key, word) >> bit) & _U(1) != 0
            if policy == _ZERO:
                value = False
            elif policy == _MAJORITY:
                value = prior > 0
            elif policy == _NEIGHBOUR:
                margin = np.int64(0)
                j = 1
                while j < votes.size:
                    margin += np.int64(votes[p ^ j] > 0) - np.int64(votes[p ^ j] < 0)
                    j <<= 1
                if margin != 0:
                    value = margin > 0
            tied_words[word] |= _U(seen) << bit
        seen_words[word] |= _U(seen) << bit
        table_words[word] |= _U(value) << bit


@njit(nogil=True, cache=True)
def _unpack_table(words, n_entries, table):
    """Write the table's values, as often as they fit: for the entries of every class."""
    for p in range(n_entries):
        table[p] = (words[p >> 6] >> _U(p & 63)) & _U(1)
    for p in range(n_entries, table.size):
        table[p] = table[p - n_entries]


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
def popcount(x):
    x = x - ((x >> _U(1)) & _MASK1)
    x = (x & _MASK2) + ((x >> _U(2)) & _MASK2)
    x = (x + (x >> _U(4))) & _MASK4
    return np.int64((x * _U(0x0101010101010101)) >> _U(56))


@njit(nogil=True, cache=True)
def _clear_tail(outputs, n_samples):
    """Clear the places past the last sample."""
    if n_samples & 63:
        outputs[-1] &= (_U(1) << _U(n_samples & 63)) - _U(1)


@njit(inline="always")
def _find_entries(signals, zeros, wires, low, high, offsets, entries):
    """Write the entry of each place: its address, and its class above that."""
    _address_bytes(signals, zeros, wires, 0, low)
    if wires.size > 8:
        _address_bytes(signals, zeros, wires, 8, high)
    _join(low.view(np.uint8).reshape(-1), high.view(np.uint8).reshape(-1), wires.size, offsets,
          entries)  # fmt: skip


@njit(inline="always")
def _counters(k):
    """Return the tables to count in, as many as stay in the cache."""
    n_tables = 8
    while n_tables > 1 and n_tables * (3 << k) * 4 > _COUNTER_BYTES:
        n_tables //= 2
    return np.empty((n_tables, 3 << k), dtype=np.uint32)


@njit(nogil=True, cache=True)
def _count_luts(signals, offsets, wires, statistics):
    zeros = np.zeros(signals.shape[1], dtype=np.uint64)
    low = np.empty((8, zeros.size), dtype=np.uint64)
    high = np.empty((8, zeros.size), dtype=np.uint64)
    entries = np.empty_like(offsets)
    counts = _counters(wires.shape[1])
    for i in range(wires.shape[0]):
        _find_entries(signals, zeros, wires[i], low, high, offsets, entries)
        _count(entries, counts)
        _add_tables(counts, statistics[i])


@njit(nogil=True, cache=True)
def _decide_luts(votes, reached, keys, policy, prior, tables, seen, tied):
    for i in range(votes.shape[0]):
        _decide(votes[i], reached[i], keys[i], policy, prior, tables[i], seen[i], tied[i])


@njit(nogil=True, cache=True)
def _apply_by_multiplexers(signals, wires, tables, n_samples, scratch, outputs):
    rows = np.empty(parities.MOST_INPUTS, dtype=np.uint64)
    leaves = np.empty(parities.N_LEAVES, dtype=np.uint64)
    flat = signals.reshape(-1)
    for i in range(wires.shape[0]):
        parities.find_rows(wires[i], _U(signals.shape[1]), rows)
        parities.multiplex(flat, rows, wires.shape[1], tables[i], leaves, scratch, outputs[i])
        _clear_tail(outputs[i], n_samples)


@njit(nogil=True, cache=True)
def _apply_by_addresses(signals, no_class, wires, tables, n_samples, outputs):
    n_entries = 1 << wires.shape[1]
    zeros = np.zeros(signals.shape[1], dtype=np.uint64)
    low = np.empty((8, zeros.size), dtype=np.uint64)
    high = np.empty((8, zeros.size), dtype=np.uint64)
    entries = np.empty_like(no_class)
    table = np.empty(n_entries, dtype=np.uint8)
    for i in range(wires.shape[0]):
        _find_entries(signals, zeros, wires[i], low, high, no_class, entries)
        _unpack_table(tables[i], n_entries, table)
        _look_up(entries, table, outputs[i])
        _clear_tail(outputs[i], n_samples)


@njit(nogil=True, cache=True)
def _count_right(statistics, table_words):
    """Count the samples that a table has right."""
    n_right = np.int64(0)
    for p in range(statistics.shape[1]):
        n_right += statistics[(table_words[p >> 6] >> _U(p & 63)) & _U(1), p]
    return n_right


@njit(nogil=True, cache=True)
def _learn_by_parities(
    signals, ends, n_samples, places, wires, keys, policy, prior, scratch,
    tables, seen, tied, outputs, n_correct,
):  # fmt: skip
    k = wires.shape[1]
    rows = np.empty(parities.MOST_INPUTS, dtype=np.uint64)
    leaves = np.empty(parities.N_LEAVES, dtype=np.uint64)
    parity = scratch[parities.SCRATCH :]
    room = np.empty((2, max(16, 1 << k)), dtype=np.int64)
    statistics = room[:, : 1 << k]
    votes = np.empty(1 << k, dtype=np.int64)
    reached = np.empty(1 << k, dtype=np.int64)
    flat = signals.reshape(-1)
    for i in range(wires.shape[0]):
        parities.find_rows(wires[i], _U(places.size), rows)
        first = _U(0)
        for c in range(2):
            parities.count(flat, rows, k, first, ends[c], n_samples[c], parity, room[c])
            first = ends[c]
        _find_votes(statistics, votes, reached)
        _decide(votes, reached, keys[i], policy, prior, tables[i], seen[i], tied[i])
        n_correct[i] = _count_right(statistics, tables[i])
        parities.multiplex(flat, rows, k, tables[i], leaves, scratch, outputs[i])
        for w in range(places.size):
            outputs[i, w] &= places[w]


@njit(nogil=True, cache=True)
def _learn_by_addresses(
    signals, offsets, places, wires, keys, policy, prior, tables, seen, tied, outputs, n_correct
):  # fmt: skip
    zeros = np.zeros(signals.shape[1], dtype=np.uint64)
    low = np.empty((8, zeros.size), dtype=np.uint64)
    high = np.empty((8, zeros.size), dtype=np.uint64)
    entries = np.empty_like(offsets)
    n_entries = 1 << wires.shape[1]
    counts = _counters(wires.shape[1])
    statistics = np.empty((2, n_entries), dtype=np.int64)
    votes = np.empty(n_entries, dtype=np.int64)
    reached = np.empty(n_entries, dtype=np.int64)
    table = np.empty(3 * n_entries, dtype=np.uint8)
    for i in range(wires.shape[0]):
        _find_entries(signals, zeros, wires[i], low, high, offsets, entries)
        _count(entries, counts)
        _add_tables(counts, statistics)
        _find_votes(statistics, votes, reached)
        _decide(votes, reached, keys[i], policy, prior, tables[i], seen[i], tied[i])
        n_correct[i] = _count_right(statistics, tables[i])
        _unpack_table(tables[i], n_entries, table)
        _look_up(entries, table, outputs[i])
        for w in range(places.size):
            outputs[i, w] &= places[w]


@njit(inline="always")
def find_addresses(signals, sources, first, last, address):
    """Write the table address of every sample of some words; sources are rows, bit 0 first."""
    address[:] = np.uint16(0)
    for j in range(sources.size):
        row = signals[sources[j], first:last]  # it becomes SIMD code because w begins at 0
        for w in range(row.size):
            word = row[w]
            for b in range(64):
                address[64 * w + b] |= np.uint16((word >> _U(b)) & _U(1)) << np.uint16(j)


@njit(nogil=True, cache=True)
def _sum_residuals(signals, wires, residual, weights, first, last, statistics):
    address = np.empty(64 * (last - first), dtype=np.uint16)
    for i in range(wires.shape[0]):
        find_addresses(signals, wires[i], first, last, address)
        sums, reached = statistics[i, 0], statistics[i, 1]
        for n in range(address.size):
            sums[address[n]] += residual[n]
            reached[address[n]] += weights[n] > 0
