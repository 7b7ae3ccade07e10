"""How to split a wide function so that 4-LUTs make it cheaply: a bounded, deterministic search.

A function of more than four inputs is split on one, two or three of them. What remains, the
cofactors, are smaller functions, and one 4-LUT or a multiplexer of two puts them together again;
cofactors that are equal or complementary count once, constants cost nothing. A function of five
inputs may also be two 4-LUTs, one reading the other (:func:`find_pair`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

from lutgen.netlist.tables import cofactor, depends_on, literals, ones

LEAF = 4
_PAIRS_UP_TO = 10  # wider functions are split on one input at a time: the search stays bounded
_TRIPLES_UP_TO = 8


@dataclass(frozen=True, slots=True)
class Split:
    """A choice of inputs to split a function on.

    Parameters
    ----------
    cost : int
        4-LUTs that the function then takes, at most; equal parts of different functions, which
        are made only once, may make it cheaper.
    on : tuple of int
        Inputs to split on, ascending.
    """

    cost: int
    on: tuple[int, ...]


@cache
def worst_cost(k: int) -> int:
    """Return how many 4-LUTs a function that depends on k inputs takes at most."""
    if k <= LEAF:
        return int(k > 1)
    if k == LEAF + 1:
        return 3
    return min(1 + 2 * worst_cost(k - 1), 2 + 4 * worst_cost(k - 2))


def cofactors(table: int, k: int, on: tuple[int, ...]) -> list[int]:
    """Return the 2^len(on) cofactors by the value of the split inputs, the first as bit 0."""
    parts = [table]
    for place, j in enumerate(on):
        parts = [cofactor(part, k - place, j - place, value) for value in (0, 1) for part in parts]
    return parts


def find_split(table: int, k: int) -> Split:
    """Return the cheapest split among those tried, the first of equals.

    Parameters
    ----------
    table : int
        A function that depends on all its k inputs, k > 4.
    """
    return min(_splits(table, k), key=lambda split: split.cost)


def _splits(table: int, k: int) -> Iterator[Split]:
    halves = [cofactors(table, k, (i,)) for i in range(k)]
    for i, parts in enumerate(halves):
        yield Split(1 + _cost_of_parts(_distinct(parts, k - 1), k - 1), (i,))
    if k > _PAIRS_UP_TO:
        return
    for i, j in combinations(range(k), 2):
        quarters = [cofactor(half, k - 1, j - 1, value) for value in (0, 1) for half in halves[i]]
        distinct = _distinct(quarters, k - 2)
        top = 1 if len(distinct) <= LEAF - 2 else 2
        yield Split(top + _cost_of_parts(distinct, k - 2), (i, j))
        if k > _TRIPLES_UP_TO or len(distinct) > 3:
            continue
        for h in range(j + 1, k):
            eighths = [cofactor(q, k - 2, h - 2, value) for value in (0, 1) for q in quarters]
            distinct = _distinct(eighths, k - 3)
            if len(distinct) == LEAF - 3:
                yield Split(1 + _cost_of_parts(distinct, k - 3), (i, j, h))


def _distinct(parts: list[int], k: int) -> set[int]:
    """Return the parts up to complement, without the constants."""
    return {part ^ ones(k) if part & 1 else part for part in parts} - {0}


def _cost_of_parts(parts: set[int], k: int) -> int:
    return sum([_cost(part, k) for part in parts])


def _cost(table: int, k: int) -> int:
    if k <= LEAF:
        return int(table not in literals(k))
    idle = [j for j in range(k) if not depends_on(table, k, j)]
    for j in reversed(idle):
        table = cofactor(table, k, j, 0)
        k -= 1
    if k == LEAF + 1 and is_pair(table):
        return 2
    return worst_cost(k)


@dataclass(frozen=True, slots=True)
class Pair:
    """A function of five inputs as two 4-LUTs.

    The inner LUT reads the four inputs other than `late`, in order; the outer one reads the inner
    one, the inputs ``again[0]`` and ``again[1]``, and `late`, in this order.
    """

    late: int
    again: tuple[int, int]
    inner: int
    outer: int


def find_pair(table: int) -> Pair | None:
    """Return a function of five inputs as two 4-LUTs, or None if it is not.

    With one input held back, each value of the other four leaves a function of it alone: 0, 1,
    itself or its complement. The outer LUT knows the held-back input and two of the four, so the
    inner one has only to tell apart two such functions for each value of those two.
    """
    for p in range(4):
        found = min(((q, late) for q, late in _pairs_with(table, p) if q >= p), default=None)
        if found is not None:
            return _pair(table, p, found[0] + 1, found[1] + (found[1] >= p))
    return None


def is_pair(table: int) -> bool:
    """Return whether a function of five inputs is two 4-LUTs."""
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


def _pair(table: int, p: int, q: int, late: int) -> Pair:
    others = [j for j in range(5) if j != late]
    kinds = _kinds(table, 5, late)
    shift_p, shift_q = others.index(p), others.index(q)
    overall = sorted(set(kinds))
    inner = outer = 0
    for value in range(4):
        where = [a for a in range(16) if (a >> shift_p & 1) | (a >> shift_q & 1) << 1 == value]
        # where two kinds do everywhere, the outer LUT need not read the two inputs again
        found = overall if len(overall) <= 2 else sorted({kinds[a] for a in where})
        inner |= sum(1 << a for a in where if kinds[a] != found[0])
        for selected, kind in enumerate((found[0], found[-1])):
            address = selected + 2 * value
            outer |= (kind & 1) << address | (kind >> 1) << (address + 8)
    return Pair(late, (p, q), inner, outer)
