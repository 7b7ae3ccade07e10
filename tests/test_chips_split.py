"""The search for a cheap split; functions of five inputs that are two 4-LUTs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.chips.fabric.decompose import find_decomposition
from lutgen.chips.fabric.split import (
    Shape,
    Split,
    Splits,
    are_pairs,
    cofactors,
    find_splits,
    worst_cost,
)
from lutgen.netlist.tables import cofactor, depends_on, ones, tabulate

SHAPES = (Shape(4), Shape(4, 3), Shape(4, 4), Shape(6, 2), Shape(6, 3))


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.permutations(range(5)))
def test_every_composition_of_two_luts_is_found(inner: int, outer: int, order: list[int]) -> None:
    def function(*x: int) -> int:
        a, b, c, d, e = (x[j] for j in order)
        g = inner >> (a | b << 1 | c << 2 | d << 3) & 1
        return outer >> (g | a << 1 | b << 2 | e << 3) & 1

    assert are_pairs([tabulate(5, function)])[0]


def test_pairs_are_what_can_be_decomposed_into_two() -> None:
    rng = np.random.default_rng(0)
    tables = [int.from_bytes(rng.bytes(4), "little") for _ in range(200)]
    found = are_pairs(tables).tolist()
    assert 0 < sum(found) < 200
    assert found == [find_decomposition(table, 5, 4, 2) is not None for table in tables]


@given(st.integers(7, 8), st.integers(0, 2**32 - 1))
def test_no_split_costs_more_than_the_worst(k: int, seed: int) -> None:
    table = int.from_bytes(np.random.default_rng(seed).bytes(1 << (k - 3)), "little")
    if all(depends_on(table, k, j) for j in range(k)):
        for shape in SHAPES:
            (split,) = find_splits([table], k, shape)
            assert split.cost <= worst_cost(k, shape)
            assert [split] == find_splits([table], k, shape)
            (soft,) = find_splits([table], k, shape, lut_on_top=True)
            assert not soft.hard and soft.cost >= split.cost


def test_one_distinct_cofactor_of_three_inputs_is_found() -> None:
    vote = tabulate(5, lambda *x: sum(x) > 2)
    table = tabulate(8, lambda *x: (vote >> sum(b << j for j, b in enumerate(x[:5])) & 1) ^ x[6])
    assert depends_on(table, 8, 6) and not depends_on(table, 8, 7)
    table = tabulate(8, lambda *x: (sum(x[:5]) > 2) if sum(x[5:]) > 1 else (sum(x[:5]) <= 2))
    assert find_splits([table], 8, Shape(4))[0].on == (5, 6, 7)


def test_cofactors_come_in_address_order() -> None:
    table = tabulate(3, lambda a, b, c: c if (a, b) == (1, 0) else 0)
    assert cofactors(table, 3, (0, 1)) == [0, 0b10, 0, 0]
    assert cofactors(ones(3), 3, (1,)) == [ones(2), ones(2)]


def plain_split(table: int, k: int, shape: Shape, *, lut_on_top: bool) -> Split:
    """Return what `find_splits` has to find, cofactor by cofactor."""
    four_to_one = 1 if shape.leaf == 6 else 2

    def cost(part: int, size: int, *, root: bool) -> int:
        for j in reversed(range(size)):
            if not depends_on(part, size, j):
                part, size = cofactor(part, size, j, 0), size - 1
        for inputs, n_luts in ((5, 2), (6, 3)):
            if (shape.leaf, size) == (4, inputs) and find_decomposition(part, size, 4, n_luts):
                return n_luts
        if root and size > shape.leaf:
            smaller, smallest = (worst_cost(size - n, shape) for n in (1, 2))
            return min(1 + 2 * smaller, four_to_one + 4 * smallest)
        return max(worst_cost(size, shape), int(root))

    def distinct(on: tuple[int, ...]) -> set[int]:
        rest = k - len(on)
        return {min(part, part ^ ones(rest)) for part in cofactors(table, k, on)} - {0}

    n_hard = 0 if lut_on_top else shape.levels
    splits = []
    if k <= shape.leaf + n_hard:
        splits.append(Split(1 << (k - shape.leaf), tuple(range(shape.leaf, k)), hard=True))
    pairs = [on for on in combinations(range(k), 2) if k <= 10 or on == (k - 2, k - 1)]
    triples = [on for on in combinations(range(k), 3) if k <= 8 and len(distinct(on[:2])) <= 3]
    for on in [*combinations(range(k), 1), *sorted(pairs + triples)]:
        rest, parts = k - len(on), distinct(on)
        is_lut = len(on) + len(parts) <= shape.leaf
        if (k > 10 and len(on) == 2 and len(parts) < 4) or not (is_lut or len(on) == 2):
            continue
        top = 1 if is_lut else four_to_one
        splits.append(Split(top + sum(cost(part, rest, root=False) for part in parts), on))
        if len(on) <= n_hard and rest > shape.leaf:
            costs = [cost(part, rest, root=True) for part in cofactors(table, k, on)]
            splits.append(Split(sum(costs), on, hard=True))
    return min(splits, key=lambda split: split.cost)


@pytest.mark.parametrize("k", [5, 6, 7, 8, 9, 11])
def test_splits_of_many_are_those_of_the_definition(k: int) -> None:
    rng = np.random.default_rng(k)
    weights = rng.integers(-3, 4, size=(6, k))
    inner = [int.from_bytes(rng.bytes(2), "little") for _ in range(6)]
    tables = [
        *[int.from_bytes(rng.bytes(1 << (k - 3)), "little") for _ in range(4)],
        *[tabulate(k, lambda *x, w=w: int(np.dot(w, x)) > 0) for w in weights],
        *[
            tabulate(
                k,
                lambda *x, table=table: (
                    (table >> sum(bit << j for j, bit in enumerate(x[:4])) & 1) ^ (sum(x[4:]) > 1)
                ),
            )
            for table in inner
        ],
    ]
    tables = [table for table in tables if all(depends_on(table, k, j) for j in range(k))]
    assert len(tables) > 4
    for shape in SHAPES:
        if k <= shape.leaf:
            continue
        for lut_on_top in (False, True):
            plain = [plain_split(table, k, shape, lut_on_top=lut_on_top) for table in tables]
            assert find_splits(tables, k, shape, lut_on_top=lut_on_top) == plain


def test_splits_found_ahead_are_those_found_alone() -> None:
    rng = np.random.default_rng(3)
    functions = [(int.from_bytes(rng.bytes(1 << (k - 3)), "little"), k) for k in (8, 7, 8, 6, 5)]
    for shape in SHAPES:
        ahead, alone = Splits(shape), Splits(shape)
        ahead.find_ahead(functions)
        for table, k in functions:
            if k > shape.leaf:
                for function in (table, table ^ ones(k)):
                    assert ahead.find(function, k) == alone.find(function, k)
                    assert ahead.find(function, k, lut_on_top=True) == alone.find(
                        function, k, lut_on_top=True
                    )
