"""Incompletely specified functions: tables some of whose entries nobody cares about.

A function over k inputs is two tables as in :mod:`lutgen.netlist.tables`: where it is 1 (`onset`)
and where its value matters (`care`). The algorithms give values to the other entries so that the
function reads fewer inputs, or falls into fewer different cofactors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from lutgen.netlist.tables import cofactor, low_half, ones, permute

LEAF = 4
_SPLITS_UP_TO = 8  # of wider functions only one way to part the inputs is tried: bounded work
_MOST_LEAVES = 64


@dataclass(frozen=True, slots=True)
class Isf:
    """An incompletely specified function.

    Parameters
    ----------
    k : int
        Number of inputs.
    onset : int
        Table that is 1 where the function is 1 for sure; a subset of `care`.
    care : int
        Table that is 1 where the value matters.
    """

    k: int
    onset: int
    care: int

    def __post_init__(self) -> None:
        assert self.onset & ~self.care == 0 and self.care <= ones(self.k)

    def accepts(self, table: int) -> bool:
        """Return whether a table has the right value wherever it matters."""
        return (table ^ self.onset) & self.care == 0

    def ignores(self, j: int) -> bool:
        """Return whether the function can do without input j."""
        differs = (self.onset ^ self.onset >> (1 << j)) & self.care & self.care >> (1 << j)
        return differs & low_half(self.k, j) == 0

    def without(self, j: int) -> Isf:
        """Return the function over the other inputs, for an input that it can do without."""
        assert self.ignores(j)
        low, high = self.cofactor(j, 0), self.cofactor(j, 1)
        return Isf(self.k - 1, low.onset | high.onset, low.care | high.care)

    def cofactor(self, j: int, value: int) -> Isf:
        """Return the function over the other inputs when input j is `value`."""
        return Isf(
            self.k - 1,
            cofactor(self.onset, self.k, j, value),
            cofactor(self.care, self.k, j, value),
        )

    def complement(self) -> Isf:
        """Return the function that is 0 where this is 1."""
        return Isf(self.k, self.care ^ self.onset, self.care)

    def meet(self, other: Isf) -> Isf | None:
        """Return the function that stands for both, or None if they contradict each other."""
        if (self.onset ^ other.onset) & self.care & other.care:
            return None
        return Isf(self.k, self.onset | other.onset, self.care | other.care)


def minimise_support(isf: Isf, order: Iterable[int] | None = None) -> tuple[Isf, tuple[int, ...]]:
    """Take out inputs, one after the other, as long as the function can do without the next.

    Parameters
    ----------
    isf : Isf
        The function.
    order : iterable of int, optional
        Inputs in the order in which they are tried; by default the last first.

    Returns
    -------
    Isf
        The function over the inputs that are left. None of them can go.
    tuple of int
        Those inputs, ascending.
    """
    kept = list(range(isf.k))
    for j in range(isf.k - 1, -1, -1) if order is None else order:
        place = kept.index(j)
        if isf.ignores(place):
            isf = isf.without(place)
            del kept[place]
    return isf, tuple(kept)


def join(groups: list[Isf], part: Isf) -> tuple[int, bool]:
    """Put a function into the first of some groups that can stand for it or its complement.

    Where there is none, it becomes a group of its own.

    Returns
    -------
    int
        Number of the group, which now is what it was and the function besides.
    bool
        Whether the group stands for the complement.
    """
    for number, group in enumerate(groups):
        for inverted in (False, True):
            joined = group.meet(part.complement() if inverted else part)
            if joined is not None:
                groups[number] = joined
                return number, inverted
    groups.append(part)
    return len(groups) - 1, False


def complete(isf: Isf, leaf: int = LEAF) -> int:
    """Return a table for the function, made of few different cofactors.

    The inputs are parted into `leaf` inputs (more for very wide functions) and the rest. Each value
    of the rest leaves a cofactor; cofactors that can be constant, equal or each other's complement
    are made so, greedily, those that are most specified first. Of all ways to part the inputs the
    one with the fewest different cofactors is taken, the first of equals.

    Returns
    -------
    int
        Table over the same inputs, right wherever the value matters.
    """
    if isf.care == ones(isf.k):
        return isf.onset
    if isf.k <= leaf:
        return isf.onset if 2 * isf.onset.bit_count() <= isf.care.bit_count() else _high(isf)
    return _fewest_cofactors(isf, leaf)[1]


def count_cofactors(table: int, k: int, leaf: int = LEAF) -> int:
    """Return the number of cofactors, neither constant nor complements, that `complete` counts."""
    return _fewest_cofactors(Isf(k, table, ones(k)), leaf)[0] if k > leaf else 0


def _fewest_cofactors(isf: Isf, leaf: int) -> tuple[int, int]:
    leaf = max(leaf, isf.k - _MOST_LEAVES.bit_length() + 1)
    best: tuple[int, int, tuple[int, ...]] | None = None
    for order in _orders(isf.k, leaf):
        n_leaves, table = _merge_leaves(_permuted(isf, order), leaf)
        if best is None or n_leaves < best[0]:
            best = n_leaves, table, order
    assert best is not None
    n_leaves, table, order = best
    return n_leaves, permute(table, [order.index(j) for j in range(isf.k)])


def _high(isf: Isf) -> int:
    return isf.onset | ones(isf.k) ^ isf.care


def _orders(k: int, leaf: int) -> Iterable[tuple[int, ...]]:
    """Ways to put `leaf` inputs first."""
    if k > _SPLITS_UP_TO:
        return [tuple(range(k))]
    return [(*low, *(j for j in range(k) if j not in low)) for low in combinations(range(k), leaf)]


def _permuted(isf: Isf, order: tuple[int, ...]) -> Isf:
    return Isf(isf.k, permute(isf.onset, order), permute(isf.care, order))


def _merge_leaves(isf: Isf, leaf: int) -> tuple[int, int]:
    """Return the number of different cofactors over the first `leaf` inputs, and the table."""
    width, mask = 1 << leaf, ones(leaf)
    leaves = [
        Isf(leaf, isf.onset >> start & mask, isf.care >> start & mask)
        for start in range(0, 1 << isf.k, width)
    ]
    groups: list[Isf] = []
    choice: dict[int, tuple[int, bool]] = {}
    for place in sorted(range(len(leaves)), key=lambda i: -leaves[i].care.bit_count()):
        part = leaves[place]
        if part.onset not in (0, part.care):
            choice[place] = join(groups, part)
    table = 0
    for place, part in enumerate(leaves):
        if place in choice:
            number, inverted = choice[place]
            value = groups[number].onset ^ (mask if inverted else 0)
        else:
            value = mask if part.onset else 0
        table |= value << (place * width)
    return len(groups), table
