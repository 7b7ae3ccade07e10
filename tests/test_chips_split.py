"""The search for a cheap split; functions of five inputs that are two 4-LUTs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lutgen.chips.fabric.decompose import find_decomposition
from lutgen.chips.fabric.split import Shape, cofactors, find_split, is_pair, worst_cost
from lutgen.netlist.tables import depends_on, ones, tabulate

SHAPES = (Shape(4), Shape(4, 3), Shape(4, 4), Shape(6, 2), Shape(6, 3))


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.permutations(range(5)))
def test_every_composition_of_two_luts_is_found(inner: int, outer: int, order: list[int]) -> None:
    def function(*x: int) -> int:
        a, b, c, d, e = (x[j] for j in order)
        g = inner >> (a | b << 1 | c << 2 | d << 3) & 1
        return outer >> (g | a << 1 | b << 2 | e << 3) & 1

    assert is_pair(tabulate(5, function))


def test_pairs_are_what_can_be_decomposed_into_two() -> None:
    rng = np.random.default_rng(0)
    tables = [int.from_bytes(rng.bytes(4), "little") for _ in range(200)]
    found = [is_pair(table) for table in tables]
    assert 0 < sum(found) < 200
    assert found == [find_decomposition(table, 5, 4, 2) is not None for table in tables]


@given(st.integers(7, 8), st.integers(0, 2**32 - 1))
def test_no_split_costs_more_than_the_worst(k: int, seed: int) -> None:
    table = int.from_bytes(np.random.default_rng(seed).bytes(1 << (k - 3)), "little")
    if all(depends_on(table, k, j) for j in range(k)):
        for shape in SHAPES:
            split = find_split(table, k, shape)
            assert split.cost <= worst_cost(k, shape)
            assert split == find_split(table, k, shape)
            soft = find_split(table, k, shape, lut_on_top=True)
            assert not soft.hard and soft.cost >= split.cost


def test_one_distinct_cofactor_of_three_inputs_is_found() -> None:
    vote = tabulate(5, lambda *x: sum(x) > 2)
    table = tabulate(8, lambda *x: (vote >> sum(b << j for j, b in enumerate(x[:5])) & 1) ^ x[6])
    assert depends_on(table, 8, 6) and not depends_on(table, 8, 7)
    table = tabulate(8, lambda *x: (sum(x[:5]) > 2) if sum(x[5:]) > 1 else (sum(x[:5]) <= 2))
    assert find_split(table, 8, Shape(4)).on == (5, 6, 7)


def test_cofactors_come_in_address_order() -> None:
    table = tabulate(3, lambda a, b, c: c if (a, b) == (1, 0) else 0)
    assert cofactors(table, 3, (0, 1)) == [0, 0b10, 0, 0]
    assert cofactors(ones(3), 3, (1,)) == [ones(2), ones(2)]
