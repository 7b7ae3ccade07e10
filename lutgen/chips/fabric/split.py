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

from lutgen.chips.fabric.decompose import is_triple
from lutgen.netlist.tables import cofactor, depends_on, literals, ones

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
    halves = [cofactors(table, k, (i,)) for i in range(k)]
    for i, parts in enumerate(halves):
        yield from _splits_on((i,), parts, k, shape, n_hard)
    for i, j in combinations(range(k), 2) if k <= _PAIRS_UP_TO else [(k - 2, k - 1)]:
        quarters = [cofactor(half, k - 1, j - 1, value) for value in (0, 1) for half in halves[i]]
        n_distinct = len(_distinct(quarters, k - 2))
        if k <= _PAIRS_UP_TO or n_distinct == 4:
            yield from _splits_on((i, j), quarters, k, shape, n_hard)
        if k > _TRIPLES_UP_TO or n_distinct > 3:
            continue
        for h in range(j + 1, k):
            eighths = [cofactor(q, k - 2, h - 2, value) for value in (0, 1) for q in quarters]
            yield from _splits_on((i, j, h), eighths, k, shape, n_hard)


def _splits_on(
    on: tuple[int, ...], parts: list[int], k: int, shape: Shape, n_hard: int
) -> Iterator[Split]:
    """Yield what a split on certain inputs costs with a LUT and with hard multiplexers on top."""
    rest = k - len(on)
    distinct = _distinct(parts, rest)
    if len(on) + len(distinct) <= shape.leaf:
        top = 1
    elif len(on) == 2 and shape.leaf >= _MUX4_LEAF:
        top = _four_to_one(shape)
    else:
        return
    yield Split(top + sum([_cost(part, rest, shape) for part in distinct]), on)
    if len(on) <= n_hard and rest > shape.leaf:
        yield Split(sum([_root_cost(part, rest, shape) for part in parts]), on, hard=True)


def _distinct(parts: list[int], k: int) -> set[int]:
    """Return the parts up to complement, without the constants."""
    return {part ^ ones(k) if part & 1 else part for part in parts} - {0}


def _cost(table: int, k: int, shape: Shape) -> int:
    if k <= shape.leaf:
        return int(table not in literals(k))
    table, k = _without_idle(table, k)
    return _decomposed_cost(table, k, shape) or worst_cost(k, shape)


def _root_cost(table: int, k: int, shape: Shape) -> int:
    """Return the cost if a LUT has to give the result, even a constant."""
    table, k = _without_idle(table, k)
    return _decomposed_cost(table, k, shape) or _worst_root_cost(k, shape)


def _decomposed_cost(table: int, k: int, shape: Shape) -> int:
    """Return the cost of a functional decomposition, 0 if there is none that is quickly found."""
    if shape.leaf == 4:
        if k == 5 and is_pair(table):
            return 2
        if k == 6 and is_triple(table):
            return 3
    return 0


def _without_idle(table: int, k: int) -> tuple[int, int]:
    for j in reversed([j for j in range(k) if not depends_on(table, k, j)]):
        table = cofactor(table, k, j, 0)
        k -= 1
    return table, k


def is_pair(table: int) -> bool:
    """Return whether a function of five inputs is two 4-LUTs, one reading the other.

    With one input held back, each value of the other four leaves a function of it alone: 0, 1,
    itself or its complement. The outer LUT knows the held-back input and two of the four, so the
    inner one has only to tell apart two such functions for each value of those two.
    """
    return any(_pairs_with(table, p) for p in range(4))


def _pairs_with(table: int, p: int) -> frozenset[tuple[int, int]]:
    """Return the (q, late) that go with p, numbered without p."""
    low, high = cofactor(table, 5, p, 0), cofactor(table, 5, p, 1)
    return _options(min(low, low ^ 0xFFFF)) & _options(min(high, high ^ 0xFFFF))


@cache
def _options(table: int) -> frozenset[tuple[int, int]]:
    """Return which (q, late) leave, for each value of q, at most two kinds of function of late.

    `table` is a function of four inputs, up to complement: the cache ends at 32,768 of them.
    """
    options = []
    for late in range(4):
        kinds = _kinds(table, 4, late)
        for place, addresses in enumerate(_WHERE):
            if all(len({kinds[a] for a in where}) <= 2 for where in addresses):
                options.append((place + (place >= late), late))
    return frozenset(options)


# for each of three inputs: the addresses where it is 0, and where it is 1
_WHERE = tuple(
    tuple(tuple(a for a in range(8) if a >> place & 1 == value) for value in (0, 1))
    for place in range(3)
)


def _kinds(table: int, k: int, late: int) -> list[int]:
    """Return the kind of function of one input that is left, by the address of the others.

    Its value where the input is 0, plus twice that where it is 1.
    """
    at0, at1 = cofactor(table, k, late, 0), cofactor(table, k, late, 1)
    return [(at0 >> p & 1) | (at1 >> p & 1) << 1 for p in range(1 << (k - 1))]
