"""How to split a wide function so that LUTs make it cheaply: a bounded, deterministic search.

A function of more inputs than a LUT has is split on one, two or three of them. What remains, the
cofactors, are smaller functions, and something puts them together again. That is either a LUT, or
a multiplexer of two 4-LUTs: then cofactors that are equal or complementary count once, and
constants cost nothing. Or it is a tree of hard multiplexers: that takes no LUT, but a LUT of its
own for each cofactor. A function of five inputs may also be two 4-LUTs, one reading the other
(:func:`is_pair`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lutgen.chips.fabric.decompose import find_triples
from lutgen.netlist.tables import cofactor, idle_inputs, literals, ones

_PAIRS_UP_TO = 10  # wider functions are split on one input at a time: the search stays bounded
_TRIPLES_UP_TO = 8
_MUX4_LEAF = 4  # inputs of the two LUTs that are a 4:1 multiplexer


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


def find_split(table: int, k: int, shape: Shape, *, lut_on_top: bool = False) -> Split:
    """Return the cheapest split among those tried, the first of equals: hard multiplexers if any.

    Parameters
    ----------
    table : int
        A function that depends on all its k inputs, more than a LUT has.
    lut_on_top : bool
        Whether a LUT has to give the result.
    """
    return min(_splits(table, k, shape, lut_on_top), key=lambda split: split.cost)


def _splits(table: int, k: int, shape: Shape, lut_on_top: bool) -> Iterator[Split]:
    n_hard = 0 if lut_on_top else shape.levels
    if k <= shape.leaf + n_hard:
        yield Split(1 << (k - shape.leaf), tuple(range(shape.leaf, k)), hard=True)
    tried = list(_tried(table, k))
    costs = _Costs(shape, [(part, k - len(on)) for on, parts in tried for part in parts])
    for on, parts in tried:
        yield from _splits_on(on, parts, k, n_hard, costs)


def _tried(table: int, k: int) -> Iterator[tuple[tuple[int, ...], list[int]]]:
    """Yield inputs to split on, and the cofactors."""
    if k > _PAIRS_UP_TO:
        yield from [((i,), cofactors(table, k, (i,))) for i in range(k)]
        quarters = cofactors(table, k, (k - 2, k - 1))
        if len(_distinct(quarters, k - 2)) == 4:
            yield (k - 2, k - 1), quarters
        return
    yield from _all_cofactors(table, k, 1)
    for on, quarters in _all_cofactors(table, k, 2):
        yield on, quarters
        if k > _TRIPLES_UP_TO or len(_distinct(quarters, k - 2)) > 3:
            continue
        for h in range(on[1] + 1, k):
            eighths = [cofactor(q, k - 2, h - 2, value) for value in (0, 1) for q in quarters]
            yield (*on, h), eighths


def _all_cofactors(table: int, k: int, n: int) -> list[tuple[tuple[int, ...], list[int]]]:
    """Return all sets of n of the k inputs, and :func:`cofactors` of each."""
    if k - n < 3:  # less than a byte each
        return [(on, cofactors(table, k, on)) for on in combinations(range(k), n)]
    sets, places = _cofactor_places(k, n)
    octets = np.frombuffer(table.to_bytes(1 << (k - 3), "little"), dtype=np.uint8)
    entries = np.unpackbits(octets, bitorder="little")[places].reshape(-1, 1 << (k - n))
    parts = np.packbits(entries, axis=1, bitorder="little")
    size = parts.shape[1]
    if size <= 8:
        values = parts.view(f"<u{size}").ravel().tolist()
    else:
        text = parts.tobytes()
        starts = range(0, len(text), size)
        values = [int.from_bytes(text[start : start + size], "little") for start in starts]
    n_parts = 1 << n
    return [(on, values[i * n_parts : (i + 1) * n_parts]) for i, on in enumerate(sets)]


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


def _splits_on(
    on: tuple[int, ...], parts: list[int], k: int, n_hard: int, costs: _Costs
) -> Iterator[Split]:
    """Yield what a split on certain inputs costs with a LUT and with hard multiplexers on top."""
    rest, shape = k - len(on), costs.shape
    distinct = _distinct(parts, rest)
    if len(on) + len(distinct) <= shape.leaf:
        top = 1
    elif len(on) == 2 and shape.leaf >= _MUX4_LEAF:
        top = _four_to_one(shape)
    else:
        return
    yield Split(top + sum([costs.of(part, rest) for part in distinct]), on)
    if len(on) <= n_hard and rest > shape.leaf:
        yield Split(sum([costs.of_root(part, rest) for part in parts]), on, hard=True)


def _distinct(parts: list[int], k: int) -> set[int]:
    """Return the parts up to complement, without the constants."""
    return {part ^ ones(k) if part & 1 else part for part in parts} - {0}


class _Costs:
    """What the parts of a function cost, those of six inputs looked at all together.

    Parameters
    ----------
    parts : list of (int, int)
        Tables and how many inputs each has.
    """

    def __init__(self, shape: Shape, parts: list[tuple[int, int]]) -> None:
        self.shape = shape
        wide = {part for part in parts if part[1] > shape.leaf}
        self._reduced = {part: _without_idle(*part) for part in wide}
        six = {_normal(*part) for part in self._reduced.values() if part[1] == 6}
        self._triples = find_triples(list(six)) if six and shape.leaf == 4 else set()

    def of(self, table: int, k: int) -> int:
        """Return the LUTs that a part takes, in whatever way."""
        if k <= self.shape.leaf:
            return int(table not in literals(k))
        table, k = self._reduced.get((table, k)) or _without_idle(table, k)
        return self._decomposed(table, k) or worst_cost(k, self.shape)

    def of_root(self, table: int, k: int) -> int:
        """Return the same if a LUT has to give the result, even a constant."""
        table, k = self._reduced[table, k]
        return self._decomposed(table, k) or _worst_root_cost(k, self.shape)

    def _decomposed(self, table: int, k: int) -> int:
        """Return the LUTs of a functional decomposition, 0 if there is none quickly found."""
        if self.shape.leaf == 4:
            if k == 5 and is_pair(table):
                return 2
            if k == 6 and _normal(table, k) in self._triples:
                return 3
        return 0


def _normal(table: int, k: int) -> int:
    """Return a function up to complement."""
    return table ^ ones(k) if table & 1 else table


def _without_idle(table: int, k: int) -> tuple[int, int]:
    for j in idle_inputs(table, k):
        table = cofactor(table, k, j, 0)
        k -= 1
    return table, k


def is_pair(table: int) -> bool:
    """Return whether a function of five inputs is two 4-LUTs, one reading the other.

    With one input held back, each value of the other four leaves a function of it alone: 0, 1,
    itself or its complement. The outer LUT knows the held-back input and two of the four, so the
    inner one has only to tell apart two such functions for each value of those two.
    """
    options = _options()
    for p in range(4):
        if options[cofactor(table, 5, p, 0)] & options[cofactor(table, 5, p, 1)]:
            return True
    return False


@cache
def _options() -> list[int]:
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
    return list(options.tolist())
