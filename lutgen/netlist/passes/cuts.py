"""Cuts of a netlist of small LUTs, and which of them cover it: the compiled part of `cover`.

A cut of a LUT is a set of nets that decide its value; with at most k of them one LUT of k inputs
can take the place of all LUTs between. Each LUT keeps the few best of its cuts, merged from those
of the LUTs that it reads. (A. Mishchenko, S. Cho, S. Chatterjee, R. Brayton, "Combinational and
sequential mapping with priority cuts", ICCAD 2007.)

Which cut is best is asked several times over: first by depth, then, within the depth that is
allowed, by area flow, and last by the exact area: the LUTs that are there for this cut alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

LEAVES = 6
"""Inputs of the largest LUT: a truth table is one word."""

FREE, LUT, FIXED, REGISTER = range(4)
"""Kinds of nets: inputs, LUTs to be covered, other cells (a level each), registers."""

_N_CUTS = 8
_N_PARTIAL = 128
_BY_DEPTH, _BY_FLOW, _BY_AREA = range(3)
_ROUNDS = (_BY_DEPTH, _BY_FLOW, _BY_FLOW, _BY_AREA, _BY_AREA, _BY_AREA)
_NEVER = 1 << 30

_U = np.uint64
_ALL = _U(0xFFFFFFFFFFFFFFFF)
_VARIABLES = np.array(
    [0xAAAAAAAAAAAAAAAA, 0xCCCCCCCCCCCCCCCC, 0xF0F0F0F0F0F0F0F0,
     0xFF00FF00FF00FF00, 0xFFFF0000FFFF0000, 0xFFFFFFFF00000000],
    dtype=np.uint64,
)  # fmt: skip


def choose_cuts(
    kinds: NDArray[np.uint8],
    start: NDArray[np.int64],
    reads: NDArray[np.int32],
    tables: NDArray[np.uint64],
    parts: NDArray[np.uint8],
    outputs: NDArray[np.int32],
    costs: NDArray[np.float32],
    max_depth: int,
) -> tuple[NDArray[np.bool_], NDArray[np.uint8], NDArray[np.int32], NDArray[np.uint64]]:
    """Choose the LUTs that stay, and a cut for each.

    Parameters
    ----------
    kinds, parts : ndarray of shape (n_nets,)
        Kind of each net, and part of the netlist; no cut reaches from one part into another.
    start, reads : ndarray of shape (n_nets + 1,) and (start[-1],)
        Nets that each net reads.
    tables : ndarray of shape (n_nets,)
        Truth tables of the LUTs, repeated until they fill the word.
    outputs : ndarray
        Nets that have to be there.
    costs : ndarray of shape (k + 1,)
        Cost of a LUT by its number of inputs.
    max_depth : int
        Levels that are allowed, if that many are needed at all.

    Returns
    -------
    used : ndarray of shape (n_nets,)
        LUTs that stay.
    sizes, leaves, tables : ndarray of shape (n_nets,), (n_nets, 6) and (n_nets,)
        Their cuts, leaves ascending, and truth tables over these.
    """
    n = kinds.size
    sizes = np.zeros((n, _N_CUTS), dtype=np.uint8)
    leaves = np.zeros((n, _N_CUTS, LEAVES), dtype=np.int32)
    cut_tables = np.zeros((n, _N_CUTS), dtype=np.uint64)
    counts = np.zeros(n, dtype=np.uint8)
    graph = kinds, start, reads, tables, parts
    cuts = counts, sizes, leaves, cut_tables
    fanout = np.bincount(reads, minlength=n) + np.bincount(outputs, minlength=n)
    estimate = np.maximum(fanout, 1).astype(np.float32)
    level = np.zeros(n, dtype=np.int32)
    flow = np.zeros(n, dtype=np.float32)
    required = np.full(n, _NEVER, dtype=np.int32)
    references = np.zeros(n, dtype=np.int32)
    for round_, mode in enumerate(_ROUNDS):
        state = level, flow, required, references, estimate
        _select(graph, cuts, state, costs, mode, round_ > 0)
        if round_ == 0:
            ends = level[outputs].max(initial=0)
            for net in np.flatnonzero(kinds >= FIXED).tolist():
                ends = max(ends, *level[reads[start[net] : start[net + 1]]].tolist())
            max_depth = max(max_depth, int(ends))
        references = _references(graph, cuts, outputs)
        required = _required(graph, cuts, outputs, references, max_depth)
        estimate = np.maximum((estimate + 2 * references) / 3, 1).astype(np.float32)
    used = (references > 0) & (kinds == LUT)
    return used, sizes[:, 0], leaves[:, 0], cut_tables[:, 0]


# Of each function one version only is compiled, so that the first use is not kept waiting: lengths
# are int64 where they are handed on, and lists are copied by `_copy`, as what would have to be said
# of lists of other lengths takes two seconds to compile.


@njit(inline="always")
def _copy(source: Any, target: Any) -> None:
    for i in range(target.size):
        target[i] = source[i]


@njit(cache=True)
def _swap(table: Any, i: Any, j: Any) -> Any:
    """Exchange inputs i < j."""
    distance = _U((1 << j) - (1 << i))
    differs = (table ^ (table >> distance)) & _VARIABLES[i] & ~_VARIABLES[j]
    return table ^ differs ^ (differs << distance)


@njit(cache=True)
def _merge(a: Any, n_a: Any, b: Any, n_b: Any, k: Any, out: Any) -> Any:
    """Put the union of two ascending lists into `out`; return its length, k + 1 if it is longer."""
    i = j = n = 0
    while i < n_a or j < n_b:
        if n == k:
            return k + 1
        if j == n_b or (i < n_a and a[i] < b[j]):
            out[n] = a[i]
            i += 1
        elif i == n_a or b[j] < a[i]:
            out[n] = b[j]
            j += 1
        else:
            out[n] = a[i]
            i += 1
            j += 1
        n += 1
    return n


@njit(cache=True)
def _widened(table: Any, own: Any, n_own: Any, wanted: Any, n_wanted: Any) -> Any:
    """Return a table over some leaves as one over more of them, both lists ascending."""
    place = n_wanted - 1
    for j in range(n_own - 1, -1, -1):
        while wanted[place] != own[j]:
            place -= 1
        if place != j:
            table = _swap(table, j, place)
    return table


@njit(cache=True)
def _reduced(table: Any, leaves: Any, size: Any) -> Any:
    """Drop the leaves that do not matter; return table and size."""
    for j in range(size - 1, -1, -1):
        if ((table ^ (table >> _U(1 << j))) & ~_VARIABLES[j]) == _U(0):
            for i in range(j, size - 1):
                table = _swap(table, i, i + 1)
                leaves[i] = leaves[i + 1]
            size -= 1
    return table, size


@njit(cache=True)
def _applied(table: Any, values: Any, fan_in: Any, work: Any) -> Any:
    """Return the table of a LUT whose inputs are tables: a tree of multiplexers."""
    n = 1 << fan_in
    for p in range(n):
        work[p] = _ALL if (table >> _U(p)) & _U(1) else _U(0)
    for j in range(fan_in):
        n >>= 1
        for p in range(n):
            low, high = work[2 * p], work[2 * p + 1]
            work[p] = low ^ ((low ^ high) & values[j])
    return work[0]


@njit(cache=True)
def _refer(cuts: Any, kinds: Any, references: Any, costs: Any, leaves: Any, size: Any, stack: Any,
           by: Any) -> Any:  # fmt: skip
    """Count a cut's leaves as read once more (by = 1) or less (-1).

    Returns the cost of the LUTs that are there, directly or not, for this cut alone.
    """
    _, sizes, all_leaves, _ = cuts
    area = costs[size]
    n = 0
    for i in range(size):
        stack[n] = leaves[i]
        n += 1
    while n:
        n -= 1
        net = stack[n]
        alone = references[net] == (0 if by > 0 else 1)
        references[net] += by
        if alone and kinds[net] == LUT:
            n_leaves = np.int64(sizes[net, 0])
            area += costs[n_leaves]
            for i in range(n_leaves):
                stack[n] = all_leaves[net, 0, i]
                n += 1
    return area


@njit(inline="always")
def _refer_first(cuts: Any, kinds: Any, references: Any, costs: Any, net: Any, stack: Any,
                 by: Any) -> None:  # fmt: skip
    """Do so with the first cut of a LUT."""
    _, sizes, leaves, _ = cuts
    size = np.int64(sizes[net, 0])
    _refer(cuts, kinds, references, costs, leaves[net, 0], size, stack, by)


@njit(cache=True)
def _combine(graph: Any, cuts: Any, net: Any, k: Any, work: Any) -> Any:
    """Merge the cuts of what a LUT reads, one of each, or the net itself.

    Returns which half of the work space holds the unions, and how many there are: leaves, sizes,
    and of each net read the number of its cut, -1 for itself.
    """
    _, start, reads, _, parts = graph
    counts, sizes, leaves, _ = cuts
    unions, union_sizes, picks, itself = work
    half, n_unions = 0, 1
    union_sizes[0, 0] = 0
    for j in range(start[net + 1] - start[net]):
        source = reads[start[net] + j]
        n_cuts = counts[source] if parts[source] == parts[net] else 0
        itself[0] = source
        n_new = 0
        for old in range(n_unions):
            for c in range(-1, n_cuts):
                if n_new == _N_PARTIAL:
                    break
                own = itself if c < 0 else leaves[source, c]
                n_own = np.int64(1 if c < 0 else sizes[source, c])
                size = _merge(unions[half, old], union_sizes[half, old], own, n_own, k,
                              unions[1 - half, n_new])  # fmt: skip
                if size > k:
                    continue
                union_sizes[1 - half, n_new] = size
                _copy(picks[half, old], picks[1 - half, n_new])
                picks[1 - half, n_new, j] = c
                n_new += 1
        half, n_unions = 1 - half, n_new
    return half, n_unions


@njit(cache=True)
def _table_of(graph: Any, cuts: Any, net: Any, picks: Any, union: Any, size: Any, work: Any) -> Any:
    """Return the truth table of a LUT over a union of cuts of what it reads."""
    _, start, reads, tables, _ = graph
    _, sizes, leaves, cut_tables = cuts
    values, itself, entries = work
    fan_in = start[net + 1] - start[net]
    for j in range(fan_in):
        source, c = reads[start[net] + j], picks[j]
        itself[0] = source
        own = itself if c < 0 else leaves[source, c]
        n_own = np.int64(1 if c < 0 else sizes[source, c])
        table = _VARIABLES[0] if c < 0 else cut_tables[source, c]
        values[j] = _widened(table, own, n_own, union, size)
    return _applied(tables[net], values, fan_in, entries)


@njit(cache=True)
def _weigh(state: Any, costs: Any, leaves: Any, size: Any) -> Any:
    """Return the level of a LUT with such a cut, and its area flow."""
    level, flow, _, _, estimate = state
    depth, cost = 0, costs[size]
    for i in range(size):
        depth = max(depth, level[leaves[i]])
        cost += flow[leaves[i]] / estimate[leaves[i]]
    return depth + (size > 1), cost


@njit(cache=True)
def _judge(
    state: Any, costs: Any, mode: Any, net: Any, leaves: Any, size: Any, area: float, key: Any
) -> None:
    """Write down how good a cut is: the smaller the better, the first figure first."""
    depth, cost = _weigh(state, costs, leaves, size)
    key[0] = depth > state[2][net]  # later than required
    if mode == _BY_DEPTH:
        key[1], key[2], key[3] = depth, cost, size
    elif mode == _BY_FLOW:
        key[1], key[2], key[3] = cost, depth, size
    else:
        key[1], key[2], key[3] = area, cost, depth


@njit(cache=True)
def _insert(kept: Any, n_kept: Any, key: Any, leaves: Any, size: Any, table: Any) -> Any:
    """Put a cut where it belongs among the best; return how many these are."""
    keys, all_leaves, sizes, tables = kept
    place = n_kept
    while place > 0 and _is_less(key, keys[place - 1]):
        place -= 1
    if place == _N_CUTS:
        return n_kept
    n_kept = min(n_kept + 1, _N_CUTS)
    for i in range(n_kept - 1, place, -1):
        _copy(keys[i - 1], keys[i])
        _copy(all_leaves[i - 1], all_leaves[i])
        sizes[i] = sizes[i - 1]
        tables[i] = tables[i - 1]
    _copy(key, keys[place])
    _copy(leaves, all_leaves[place])
    sizes[place] = size
    tables[place] = table
    return n_kept


@njit(inline="always")
def _store(kept: Any, n_kept: Any, sizes: Any, leaves: Any, tables: Any) -> None:
    _, all_leaves, all_sizes, all_tables = kept
    for c in range(n_kept):
        sizes[c] = all_sizes[c]
        _copy(all_leaves[c], leaves[c])
        tables[c] = all_tables[c]


@njit(cache=True, nogil=True)
def _select(graph: Any, cuts: Any, state: Any, costs: Any, mode: Any, again: bool) -> None:
    """Go through all LUTs in order, find their cuts and put the best first."""
    kinds, start, reads, _, _ = graph
    counts, sizes, leaves, cut_tables = cuts
    level, flow, _, references, _ = state
    unions = np.zeros((2, _N_PARTIAL, LEAVES), dtype=np.int32)
    union_sizes = np.zeros((2, _N_PARTIAL), dtype=np.int64)
    picks = np.zeros((2, _N_PARTIAL, LEAVES), dtype=np.int64)
    itself = np.zeros(LEAVES, dtype=np.int32)
    merging = unions, union_sizes, picks, itself
    tabling = np.zeros(LEAVES, np.uint64), itself, np.zeros(1 << LEAVES, np.uint64)
    stack = np.zeros(LEAVES * (kinds.size + 1), dtype=np.int32)
    keys = np.zeros((_N_CUTS, 4), dtype=np.float64)
    best = np.zeros((_N_CUTS, LEAVES), dtype=np.int32)
    best_sizes = np.zeros(_N_CUTS, dtype=np.int64)
    kept = keys, best, best_sizes, np.zeros(_N_CUTS, dtype=np.uint64)
    key = np.zeros(4, dtype=np.float64)
    cut = np.zeros(LEAVES, dtype=np.int32)
    for net in range(kinds.size):
        if kinds[net] != LUT:
            level[net] = 0
            if kinds[net] == FIXED:
                for i in range(start[net], start[net + 1]):
                    level[net] = max(level[net], level[reads[i]] + 1)
            continue
        half, n_unions = _combine(graph, cuts, net, costs.size - 1, merging)
        was_used = mode == _BY_AREA and references[net] > 0
        if was_used:
            _refer_first(cuts, kinds, references, costs, net, stack, np.int64(-1))
        n_kept: Any = np.int64(0)
        for number in range(-1 if again else 0, n_unions):
            if number < 0:  # the cut that was best last time
                size, table = np.int64(sizes[net, 0]), cut_tables[net, 0]
                _copy(leaves[net, 0], cut)
            else:
                size = union_sizes[half, number]
                _copy(unions[half, number], cut)
                table = _table_of(graph, cuts, net, picks[half, number], cut, size, tabling)
                table, size = _reduced(table, cut, size)
            if _is_dominated(best, best_sizes, n_kept, cut, size):
                continue
            area = 0.0
            if mode == _BY_AREA:
                area = _refer(cuts, kinds, references, costs, cut, size, stack, np.int64(1))
                _refer(cuts, kinds, references, costs, cut, size, stack, np.int64(-1))
            _judge(state, costs, mode, net, cut, size, area, key)
            n_kept = _insert(kept, n_kept, key, cut, size, table)
        counts[net] = n_kept
        _store(kept, n_kept, sizes[net], leaves[net], cut_tables[net])
        level[net], flow[net] = _weigh(state, costs, best[0], best_sizes[0])
        if was_used:
            _refer_first(cuts, kinds, references, costs, net, stack, np.int64(1))


@njit(cache=True)
def _is_dominated(kept: Any, sizes: Any, n_kept: Any, leaves: Any, size: Any) -> Any:
    """Return whether some cut that is kept has no leaf beyond these."""
    found = False
    for other in range(n_kept):
        found = found or _is_within(kept[other], sizes[other], leaves, size)
    return found


@njit(cache=True)
def _is_within(some: Any, n_some: Any, leaves: Any, size: Any) -> bool:
    """Return whether one ascending list is a subset of another."""
    if n_some > size:
        return False
    j = 0
    for i in range(n_some):
        while j < size and leaves[j] < some[i]:
            j += 1
        if j == size or leaves[j] != some[i]:
            return False
    return True


@njit(cache=True)
def _is_less(key: Any, other: Any) -> Any:
    for i in range(key.size):
        if key[i] != other[i]:
            return key[i] < other[i]
    return False


@njit(cache=True)
def _references(graph: Any, cuts: Any, outputs: Any) -> Any:
    """Return how many LUTs that stay, other cells and outputs read each net."""
    kinds, start, reads, _, _ = graph
    _, sizes, leaves, _ = cuts
    references = np.zeros(kinds.size, dtype=np.int32)
    for net in outputs:
        references[net] += 1
    for net in range(kinds.size - 1, -1, -1):
        if kinds[net] >= FIXED:
            for i in range(start[net], start[net + 1]):
                references[reads[i]] += 1
        elif kinds[net] == LUT and references[net]:
            for i in range(sizes[net, 0]):
                references[leaves[net, 0, i]] += 1
    return references


@njit(cache=True)
def _required(graph: Any, cuts: Any, outputs: Any, references: Any, max_depth: Any) -> Any:
    """Return the level at which each net has to be there at the latest."""
    kinds, start, reads, _, _ = graph
    _, sizes, leaves, _ = cuts
    required = np.full(kinds.size, _NEVER, dtype=np.int32)
    for net in outputs:
        required[net] = max_depth
    for net in range(kinds.size - 1, -1, -1):
        if kinds[net] >= FIXED:
            latest = max_depth if kinds[net] == REGISTER else min(required[net], max_depth) - 1
            for i in range(start[net], start[net + 1]):
                required[reads[i]] = min(required[reads[i]], latest)
        elif kinds[net] == LUT and references[net]:
            latest = required[net] - (sizes[net, 0] > 1)
            for i in range(sizes[net, 0]):
                leaf = leaves[net, 0, i]
                required[leaf] = min(required[leaf], latest)
    return required
