"""How to split a wide function so that LUTs make it cheaply: a bounded, deterministic search.

A function of more inputs than a LUT has is split on one, two or three of them. What remains, the
cofactors, are smaller functions, and something puts them together again. That is either a LUT, or
a multiplexer of two 4-LUTs: then cofactors that are equal or complementary count once, and
constants cost nothing. Or it is a tree of hard multiplexers: that takes no LUT, but a LUT of its
own for each cofactor. A function of five inputs may also be two 4-LUTs, one reading the other
(:func:`is_pair`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lutgen.chips.fabric.decompose import are_triples
from lutgen.netlist.tables import cofactor, idle_inputs, low_half, ones, variable

_PAIRS_UP_TO = 10  # wider functions are split on one input at a time: the search stays bounded
_TRIPLES_UP_TO = 8
_MUX4_LEAF = 4  # inputs of the two LUTs that are a 4:1 multiplexer
_ENTRIES_AT_ONCE = (
    1 << 14
)  # of truth tables that are split together: all that they leave fits a cache
_NEVER = 1 << 40  # LUTs of what is not to be taken

Parts = NDArray[Any]
"""Truth tables: uint64, or Python's integers if they have more bits."""


class Shape(NamedTuple):
    """What a fabric offers: inputs of a LUT, and levels of hard multiplexers behind it."""

    leaf: int
    levels: int = 0


@dataclass(frozen=True, slots=True)
class Split:
    """A choice of inputs to split a function on.

    Parameters
    ----------
    cost : int
        LUTs that the function then takes, at most; equal parts of different functions, which
        are made only once, may make it cheaper.
    on : tuple of int
        Inputs to split on, ascending.
    hard : bool
        Whether hard multiplexers put the cofactors together.
    """

    cost: int
    on: tuple[int, ...]
    hard: bool = False


@cache
def worst_cost(k: int, shape: Shape) -> int:
    """Return how many LUTs a function that depends on k inputs takes at most."""
    if k <= shape.leaf:
        return int(k > 1)
    if k <= shape.leaf + shape.levels:
        return 1 << (k - shape.leaf)
    return _worst_root_cost(k, shape)


def _worst_root_cost(k: int, shape: Shape) -> int:
    """Return the same where a LUT, and no hard multiplexer, has to give the result."""
    if k <= shape.leaf:
        return 1
    by_two = 1 + 2 * worst_cost(k - 1, shape)
    if shape.leaf < _MUX4_LEAF:
        return by_two
    return min(by_two, _four_to_one(shape) + 4 * worst_cost(k - 2, shape))


def _four_to_one(shape: Shape) -> int:
    """Return the LUTs that a multiplexer of four different functions takes."""
    return 1 if shape.leaf >= 6 else 2


def cofactors(table: int, k: int, on: tuple[int, ...]) -> list[int]:
    """Return the 2^len(on) cofactors by the value of the split inputs, the first as bit 0."""
    parts = [table]
    for place, j in enumerate(on):
        parts = [cofactor(part, k - place, j - place, value) for value in (0, 1) for part in parts]
    return parts


class Splits:
    """The cheapest splits of wide functions, found for many at once and kept until asked for."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._found: dict[tuple[int, int, bool], Split] = {}

    def find(self, table: int, k: int, *, lut_on_top: bool = False) -> Split:
        """Return the split of a function, see :func:`find_splits`."""
        found = self._found.get((_normal(table, k), k, lut_on_top))
        return found or find_splits([table], k, self._shape, lut_on_top=lut_on_top)[0]

    def find_ahead(self, functions: Iterable[tuple[int, int]]) -> None:
        """Find the splits of functions, tables and numbers of inputs, and of what these leave."""
        leaf = self._shape.leaf
        self._found = {}
        waiting: defaultdict[tuple[int, bool], set[int]] = defaultdict(set)
        for table, k in functions:
            waiting[k, False].add(_normal(table, k))
        for k in range(max((k for k, _ in waiting), default=0), leaf, -1):
            for lut_on_top in (False, True):
                for table, split in self._split_all(list(waiting[k, lut_on_top]), k, lut_on_top):
                    self._found[table, k, lut_on_top] = split
                    if (rest := k - len(split.on)) > leaf:
                        for part in cofactors(table, k, split.on):
                            left, size = _without_idle(part, rest)
                            waiting[size, split.hard].add(_normal(left, size))

    def _split_all(
        self, tables: list[int], k: int, lut_on_top: bool
    ) -> Iterator[tuple[int, Split]]:
        at_once = max(1, _ENTRIES_AT_ONCE >> k)
        for start in range(0, len(tables), at_once):
            some = tables[start : start + at_once]
            splits = find_splits(some, k, self._shape, lut_on_top=lut_on_top)
            yield from zip(some, splits, strict=True)


def find_splits(
    tables: Sequence[int], k: int, shape: Shape, *, lut_on_top: bool = False
) -> list[Split]:
    """Return the cheapest split of each of some functions among those tried, the first of equals.

    The first is that of the whole function by hard multiplexers; then come splits on one input,
    then those on more in the order of the inputs, a LUT on top before hard multiplexers.

    Parameters
    ----------
    tables : sequence of int
        Functions that depend on all their k inputs, more than a LUT has; many at once take a
        fraction of the time.
    lut_on_top : bool
        Whether a LUT has to give the result.
    """
    n_hard = 0 if lut_on_top else shape.levels
    found = [split for tried in _tried(tables, k, shape) for split in tried.best(n_hard)]
    best = [min(splits, key=_preference) for splits in zip(*found, strict=True)]
    if k <= shape.leaf + n_hard:
        whole = Split(1 << (k - shape.leaf), tuple(range(shape.leaf, k)), hard=True)
        best = [whole if whole.cost <= split.cost else split for split in best]
    return best


def _preference(split: Split) -> tuple[int, bool, tuple[int, ...], bool]:
    return split.cost, len(split.on) > 1, split.on, split.hard


def _tried(tables: Sequence[int], k: int, shape: Shape) -> Iterator[_Tried]:
    """Yield the splits that are tried, those on equally many inputs together."""
    yield _Tried(*_all_cofactors(tables, k, 1), k, shape)
    if k > _PAIRS_UP_TO:
        last: list[tuple[int, ...]] = [(k - 2, k - 1)]
        quarters = np.array([[cofactors(table, k, last[0])] for table in tables], dtype=object)
        tried = _Tried(last, quarters, k, shape)
        yield tried.where(tried.n_distinct == 4)
        return
    pairs = _Tried(*_all_cofactors(tables, k, 2), k, shape)
    yield pairs
    few = pairs.n_distinct <= 3
    if k <= _TRIPLES_UP_TO and few.any():
        sets, eighths = _all_cofactors(tables, k, 3)
        place = {on: i for i, on in enumerate(pairs.sets)}
        yield _Tried(sets, eighths, k, shape).where(few[:, [place[on[:2]] for on in sets]])


def _all_cofactors(tables: Sequence[int], k: int, n: int) -> tuple[list[tuple[int, ...]], Parts]:
    """Return all sets of n of the k inputs, and :func:`cofactors` of each table by each set."""
    if k > _PAIRS_UP_TO:
        sets = list(combinations(range(k), n))
        parts = [[cofactors(table, k, on) for on in sets] for table in tables]
        return sets, np.array(parts, dtype=object)
    sets, places = _cofactor_places(k, n)
    octets = b"".join([table.to_bytes(1 << (k - 3), "little") for table in tables])
    rows = np.frombuffer(octets, dtype=np.uint8).reshape(len(tables), -1)
    entries = np.unpackbits(rows, axis=1, bitorder="little")[:, places].reshape(-1, 1 << (k - n))
    return sets, _packed(entries).reshape(len(tables), len(sets), 1 << n)


def _packed(entries: NDArray[np.uint8]) -> Parts:
    """Return truth tables, one of each row of bits."""
    octets = np.packbits(entries, axis=1, bitorder="little")
    size = octets.shape[1]
    if size <= 8:
        return octets.view(f"<u{size}").ravel().astype(np.uint64)
    text = octets.tobytes()
    starts = range(0, len(text), size)
    values = [int.from_bytes(text[start : start + size], "little") for start in starts]
    return np.array(values, dtype=object)


@cache
def _cofactor_places(k: int, n: int) -> tuple[list[tuple[int, ...]], NDArray[np.intp]]:
    """Return all sets of n inputs, and the addresses of the entries of their cofactors in order."""
    sets = list(combinations(range(k), n))
    addresses = np.arange(1 << k)
    places = []
    for on in sets:
        number = sum((addresses >> j & 1) << place for place, j in enumerate(on))
        places.append(np.argsort(number, kind="stable"))
    return sets, np.concatenate(places)


class _Tried:
    """What splits of some functions on equally many inputs cost.

    Parameters
    ----------
    sets : list of tuple of int
        Inputs to split on.
    parts : array of shape (n_functions, n_sets, n_cofactors)
        Tables of the cofactors.
    k : int
        Inputs of the functions.

    Attributes
    ----------
    n_distinct : ndarray of shape (n_functions, n_sets)
        Cofactors up to complement, without the constants.
    """

    def __init__(self, sets: list[tuple[int, ...]], parts: Parts, k: int, shape: Shape) -> None:
        n = len(sets[0])
        rest = k - n
        parts = np.where(parts & 1, parts ^ ones(rest), parts)
        earlier = np.tri(1 << n, k=-1, dtype=bool)
        again = ((parts[..., :, None] == parts[..., None, :]) & earlier).any(axis=-1)
        distinct = (parts != 0) & ~again
        costs, root_costs = _costs(parts, rest, shape)
        self.sets = sets
        self.n_distinct = distinct.sum(axis=-1)
        top = _four_to_one(shape) if n == 2 and shape.leaf >= _MUX4_LEAF else _NEVER
        self._soft = np.where(n + self.n_distinct <= shape.leaf, 1, top)
        never = self._soft == _NEVER
        self._soft += (costs * distinct).sum(axis=-1)
        self._hard = np.where(never, _NEVER, root_costs.sum(axis=-1)) if rest > shape.leaf else None

    def where(self, allowed: NDArray[np.bool_]) -> _Tried:
        """Leave out what is not allowed, by function and set."""
        self._soft[~allowed] = _NEVER
        if self._hard is not None:
            self._hard[~allowed] = _NEVER
        return self

    def best(self, n_hard: int) -> Iterator[list[Split]]:
        """Yield the first of the cheapest splits of each function, by LUT and by multiplexers."""
        yield self._cheapest(self._soft, hard=False)
        if self._hard is not None and len(self.sets[0]) <= n_hard:
            yield self._cheapest(self._hard, hard=True)

    def _cheapest(self, costs: NDArray[np.int64], *, hard: bool) -> list[Split]:
        places = costs.argmin(axis=1)
        cheapest = costs[np.arange(len(costs)), places].tolist()
        return [
            Split(cost, self.sets[place], hard)
            for cost, place in zip(cheapest, places.tolist(), strict=True)
        ]


def _costs(parts: Parts, k: int, shape: Shape) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the LUTs that functions take in whatever way, and those where a LUT is the last."""
    tables = parts.ravel()
    if k <= shape.leaf:
        own = np.array([0, *[variable(k, j) for j in range(k)]], dtype=np.uint64)
        costs = (tables[:, None] != own).all(axis=1).astype(np.int64).reshape(parts.shape)
        return costs, costs
    shifts = np.array([1 << j for j in range(k)], dtype=parts.dtype)
    lows = np.array([low_half(k, j) for j in range(k)], dtype=parts.dtype)
    n_inputs = (((tables[:, None] ^ tables[:, None] >> shifts) & lows) != 0).sum(axis=1)
    sizes = range(k + 1)
    costs = np.array([worst_cost(size, shape) for size in sizes])[n_inputs]
    root_costs = np.array([_worst_root_cost(size, shape) for size in sizes])[n_inputs]
    if shape.leaf == 4:
        for size, holds, n_luts in ((5, are_pairs, 2), (6, are_triples, 3)):
            where = np.flatnonzero(n_inputs == size)
            if where.size:
                some = tables[where].tolist()
                needed = some if k == size else [_without_idle(table, k)[0] for table in some]
                where = where[holds(needed)]
                costs[where] = root_costs[where] = n_luts
    return costs.reshape(parts.shape), root_costs.reshape(parts.shape)


def _without_idle(table: int, k: int) -> tuple[int, int]:
    for j in idle_inputs(table, k):
        table = cofactor(table, k, j, 0)
        k -= 1
    return table, k


def _normal(table: int, k: int) -> int:
    """Return a function up to complement."""
    return table ^ ones(k) if table & 1 else table


def are_pairs(tables: Sequence[int]) -> NDArray[np.bool_]:
    """Return which functions of five inputs are two 4-LUTs, one reading the other.

    With one input held back, each value of the other four leaves a function of it alone: 0, 1,
    itself or its complement. The outer LUT knows the held-back input and two of the four, so the
    inner one has only to tell apart two such functions for each value of those two.
    """
    _, halves = _all_cofactors(tables, 5, 1)
    options = _options()[halves[:, :4].astype(np.intp)]
    return np.asarray((options[..., 0] & options[..., 1]).any(axis=1))


@cache
def _options() -> NDArray[np.int64]:
    """Return which (q, late) leave, for each value of q, at most two kinds of function of late.

    A bit for each, of every function of four inputs. The kind of a function of one input is its
    value where the input is 0, plus twice that where it is 1.
    """
    bits = (np.arange(1 << 16)[:, None] >> np.arange(16) & 1).astype(np.uint8)
    addresses = np.arange(16)
    options = np.zeros(1 << 16, dtype=np.int64)
    for late in range(4):
        at0 = addresses[addresses >> late & 1 == 0]
        kinds = np.uint8(1) << (bits[:, at0] | bits[:, at0 | 1 << late] << 1)
        for place in range(3):
            is_few = np.ones(1 << 16, dtype=bool)
            for value in (0, 1):
                where = np.flatnonzero(np.arange(8) >> place & 1 == value)
                is_few &= np.bitwise_count(np.bitwise_or.reduce(kinds[:, where], axis=1)) <= 2
            options |= is_few.astype(np.int64) << (4 * late + place)
    return options
