"""Counting and applying LUTs of up to eight inputs, 512 samples at once, without their addresses.

**Counting.** Take samples of one class. For each set T of a LUT's inputs, let W[T] be the samples
in which an even number of them is one, less those in which it is odd: an exclusive or, a count of
ones and an addition for 512 samples. That is the Walsh-Hadamard transform of the counts,
``W[T] = sum_a n[a] (-1)^|T and a|``; the transform of W is 2^k times the counts, exactly.

**Applying.** A truth table is a tree of multiplexers, whose leaves are the 16 functions of the
first two inputs; but for these, it stays in registers.
"""

from __future__ import annotations

import numpy as np

from lutgen.learn.compiled import njit
from lutgen.learn.vectors import (
    WORDS,
    both,
    butterflies,
    complement,
    either,
    load,
    minus,
    plus,
    popcounts,
    store,
    total,
    xor,
    zero,
)

MOST_INPUTS = 8
"""Inputs of a LUT, at most; and rows that are read, whatever those beyond its inputs hold."""

_U = np.uint64
_STEP = _U(WORDS)
_TAIL = WORDS * 16
N_LEAVES = 1 << (MOST_INPUTS - 2)
SCRATCH = _TAIL + WORDS * (MOST_INPUTS + 1)
"""What :func:`multiplex` needs: places of leaves; words, aligned, for functions and for tails."""


@njit(nogil=True)
def find_rows(wires, n_words, rows):
    """Write where the rows of a LUT's inputs begin in flat words; rows has MOST_INPUTS places."""
    for j in range(rows.size):
        rows[j] = _U(wires[j if j < wires.size else 0]) * n_words


@njit(nogil=True)
def _count(n, v, x):
    """Count the ones of a parity, and return that of the next set, which x makes another."""
    return plus(n, popcounts(v)), xor(v, x)


@njit(nogil=True, cache=True)
def _count_odd(flat, rows, step, parity, first, last, odd):
    """Count the samples in which 16 sets of inputs are odd: of the first four rows, any.

    Parameters
    ----------
    step : np.uint64
        The row by which the sets differ from those of the call before.
    parity : ndarray of shape (n_words,), dtype=np.uint64
        Parity of what all sets have in common, in that call; changed in place.
    first, last : np.uint64
        Words of the samples, whole vectors.
    odd : ndarray of shape (16,), dtype=np.int64
        Bit j of an index says whether row j is in the set.
    """
    n0 = n1 = n2 = n3 = n4 = n5 = n6 = n7 = zero()
    n8 = n9 = n10 = n11 = n12 = n13 = n14 = n15 = zero()
    w = first
    while w < last:
        a, b = load(flat, rows[0] + w), load(flat, rows[1] + w)
        c, d = load(flat, rows[2] + w), load(flat, rows[3] + w)
        v = xor(load(parity, w), load(flat, step + w))
        store(parity, w, v)
        n0, v = _count(n0, v, a)
        n1, v = _count(n1, v, b)
        n3, v = _count(n3, v, a)
        n2, v = _count(n2, v, c)
        n6, v = _count(n6, v, a)
        n7, v = _count(n7, v, b)
        n5, v = _count(n5, v, a)
        n4, v = _count(n4, v, d)
        n12, v = _count(n12, v, a)
        n13, v = _count(n13, v, b)
        n15, v = _count(n15, v, a)
        n14, v = _count(n14, v, c)
        n10, v = _count(n10, v, a)
        n11, v = _count(n11, v, b)
        n9, v = _count(n9, v, a)
        n8, v = _count(n8, v, a)
        w += _STEP
    odd[0], odd[1], odd[2], odd[3] = total(n0), total(n1), total(n2), total(n3)
    odd[4], odd[5], odd[6], odd[7] = total(n4), total(n5), total(n6), total(n7)
    odd[8], odd[9], odd[10], odd[11] = total(n8), total(n9), total(n10), total(n11)
    odd[12], odd[13], odd[14], odd[15] = total(n12), total(n13), total(n14), total(n15)


@njit(nogil=True, cache=True)
def _transform(values):
    """Walsh-Hadamard transform, in place; 16 values or more."""
    flat = values.view(np.uint64)
    n = _U(values.size)
    for place in range(_U(0), n, _STEP):
        store(flat, place, butterflies(load(flat, place)))
    half = _STEP
    while half < n:
        for start in range(_U(0), n, half << _U(1)):
            for place in range(start, start + half, _STEP):
                low, high = load(flat, place), load(flat, place + half)
                store(flat, place, plus(low, high))
                store(flat, place + half, minus(low, high))
        half <<= _U(1)


@njit(nogil=True, cache=True)
def count(flat, rows, k, first, last, n_samples, parity, counts):
    """Count the samples at each entry.

    Parameters
    ----------
    flat, rows
        See :func:`find_rows`. Past the last sample all rows have zeros: even, they are not counted.
    first, last : np.uint64
        Words of the samples, whole vectors.
    n_samples : int
        How many samples these words have.
    parity : ndarray of shape (n_words,), dtype=np.uint64
        Scratch.
    counts : ndarray of shape (2^max(k, 4),), dtype=np.int64
        The counts are written to the first 2^k places.
    """
    for w in range(first, last, _STEP):
        store(parity, w, load(flat, rows[0] + w))
    step = rows[0]  # nothing is left of it: the first sets have nothing in common
    n_entries = 1 << k
    for turn in range(max(1, n_entries >> 4)):
        if turn:  # sets in Gray's order: from one to the next, the input of the lowest one changes
            place = 4
            while not turn >> (place - 4) & 1:
                place += 1
            step = rows[place]
        gray = turn ^ (turn >> 1)
        odd = counts[16 * gray : 16 * gray + 16]
        _count_odd(flat, rows, step, parity, first, last, odd)
    for p in range(n_entries):
        counts[p] = n_samples - 2 * counts[p]
    counts[n_entries:] = 0
    _transform(counts)
    for p in range(n_entries):
        counts[p] >>= k


@njit(nogil=True)
def _mux(s, one, other):
    return either(both(s, one), both(complement(s), other))


@njit(nogil=True)
def _branch(words, leaves, first, a, b, c):
    """Walk three levels of the tree, from eight leaves to one vector."""
    end0 = _mux(a, load(words, leaves[first + _U(1)]), load(words, leaves[first]))
    end1 = _mux(a, load(words, leaves[first + _U(3)]), load(words, leaves[first + _U(2)]))
    end2 = _mux(a, load(words, leaves[first + _U(5)]), load(words, leaves[first + _U(4)]))
    end3 = _mux(a, load(words, leaves[first + _U(7)]), load(words, leaves[first + _U(6)]))
    return _mux(c, _mux(b, end3, end2), _mux(b, end1, end0))


@njit(nogil=True)
def _store_functions(x, y, words):
    """Store the functions of two inputs, each at the place that its truth table spells."""
    not_x, not_y = complement(x), complement(y)
    neither, only_x, only_y = both(not_x, not_y), both(x, not_y), both(not_x, y)
    all_, differ = both(x, y), xor(x, y)
    store(words, _U(1 * WORDS), neither)
    store(words, _U(2 * WORDS), only_x)
    store(words, _U(3 * WORDS), not_y)
    store(words, _U(4 * WORDS), only_y)
    store(words, _U(5 * WORDS), not_x)
    store(words, _U(6 * WORDS), differ)
    store(words, _U(7 * WORDS), complement(all_))
    store(words, _U(8 * WORDS), all_)
    store(words, _U(9 * WORDS), complement(differ))
    store(words, _U(10 * WORDS), x)
    store(words, _U(11 * WORDS), complement(only_y))
    store(words, _U(12 * WORDS), y)
    store(words, _U(13 * WORDS), complement(only_x))
    store(words, _U(14 * WORDS), complement(neither))


@njit(nogil=True)
def _find_leaves(table, k, leaves):
    """Write where the function of each leaf is stored; what is beyond k inputs is all the same."""
    last = (1 << k) - 1
    for leaf in range(N_LEAVES):
        p = 4 * leaf & last
        function = (table[p >> 6] >> _U(p & 63)) & _U(15)
        if k == 1:
            function = (function & _U(3)) * _U(5)
        leaves[leaf] = function * _STEP


@njit(nogil=True)
def _walk(flat, rows, n_words, leaves, scratch, outputs):
    store(scratch, _U(0 * WORDS), zero())
    store(scratch, _U(15 * WORDS), complement(zero()))
    w = _U(0)
    while w < n_words:
        _store_functions(load(flat, rows[0] + w), load(flat, rows[1] + w), scratch)
        a, b, c = load(flat, rows[2] + w), load(flat, rows[3] + w), load(flat, rows[4] + w)
        d, e, f = load(flat, rows[5] + w), load(flat, rows[6] + w), load(flat, rows[7] + w)
        b0 = _branch(scratch, leaves, _U(0), a, b, c)
        b1 = _branch(scratch, leaves, _U(8), a, b, c)
        b2 = _branch(scratch, leaves, _U(16), a, b, c)
        b3 = _branch(scratch, leaves, _U(24), a, b, c)
        low = _mux(e, _mux(d, b3, b2), _mux(d, b1, b0))
        b4 = _branch(scratch, leaves, _U(32), a, b, c)
        b5 = _branch(scratch, leaves, _U(40), a, b, c)
        b6 = _branch(scratch, leaves, _U(48), a, b, c)
        b7 = _branch(scratch, leaves, _U(56), a, b, c)
        high = _mux(e, _mux(d, b7, b6), _mux(d, b5, b4))
        store(outputs, w, _mux(f, high, low))
        w += _STEP


@njit(nogil=True, cache=True)
def multiplex(flat, rows, k, table, leaves, scratch, outputs):
    """Write what a LUT gives for samples.

    Parameters
    ----------
    flat, rows
        See :func:`find_rows`.
    table : ndarray of shape (max(1, 2^k / 64),), dtype=np.uint64
        The truth table.
    leaves, scratch : ndarrays of shape (N_LEAVES,) and (SCRATCH,), dtype=np.uint64
    outputs : ndarray of shape (n_words,), dtype=np.uint64
    """
    n_words = _U(outputs.size)
    _find_leaves(table, k, leaves)
    whole = n_words & ~(_STEP - _U(1))
    _walk(flat, rows, whole, leaves, scratch, outputs)
    if whole < n_words:  # the words of a vector in part are worked on elsewhere
        own = np.empty_like(rows)
        for j in range(rows.size):
            own[j] = _TAIL + WORDS * j
            for w in range(n_words - whole):
                scratch[own[j] + w] = flat[rows[j] + whole + w]
        tail = scratch[_TAIL + WORDS * rows.size :]
        _walk(scratch, own, _STEP, leaves, scratch, tail)
        for w in range(n_words - whole):
            outputs[whole + w] = tail[w]
