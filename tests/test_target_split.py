"""The search for a cheap split, and five inputs in two 4-LUTs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lutgen.netlist.tables import depends_on, ones, tabulate
from lutgen.target.split import cofactors, find_pair, find_split, worst_cost


def apply_pair(table: int) -> int | None:
    """Return what the two LUTs of a pair compute together."""
    pair = find_pair(table)
    if pair is None:
        return None

    def outer(*x: int) -> int:
        others = [x[j] for j in range(5) if j != pair.late]
        inner = pair.inner >> sum(bit << j for j, bit in enumerate(others)) & 1
        pins = (inner, x[pair.again[0]], x[pair.again[1]], x[pair.late])
        return pair.outer >> sum(bit << j for j, bit in enumerate(pins)) & 1

    return tabulate(5, outer)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.permutations(range(5)))
def test_every_composition_of_two_luts_is_found(inner: int, outer: int, order: list[int]) -> None:
    def function(*x: int) -> int:
        a, b, c, d, e = (x[j] for j in order)
        g = inner >> (a | b << 1 | c << 2 | d << 3) & 1
        return outer >> (g | a << 1 | b << 2 | e << 3) & 1

    table = tabulate(5, function)
    assert apply_pair(table) == table


@given(st.integers(0, 2**32 - 1))
def test_a_pair_is_the_function_it_was_made_for(table: int) -> None:
    assert apply_pair(table) in (None, table)


def test_some_functions_are_no_pair() -> None:
    rng = np.random.default_rng(0)
    found = [find_pair(int.from_bytes(rng.bytes(4), "little")) is not None for _ in range(200)]
    assert 0 < sum(found) < 200


@given(st.integers(5, 8), st.integers(0, 2**32 - 1))
def test_no_split_costs_more_than_the_worst(k: int, seed: int) -> None:
    table = int.from_bytes(np.random.default_rng(seed).bytes(1 << (k - 3)), "little")
    if all(depends_on(table, k, j) for j in range(k)):
        split = find_split(table, k)
        assert split.cost <= worst_cost(k)
        assert split == find_split(table, k)


def test_one_distinct_cofactor_of_three_inputs_is_found() -> None:
    vote = tabulate(5, lambda *x: sum(x) > 2)
    table = tabulate(8, lambda *x: (vote >> sum(b << j for j, b in enumerate(x[:5])) & 1) ^ x[6])
    assert depends_on(table, 8, 6) and not depends_on(table, 8, 7)
    table = tabulate(8, lambda *x: (sum(x[:5]) > 2) if sum(x[5:]) > 1 else (sum(x[:5]) <= 2))
    assert find_split(table, 8).on == (5, 6, 7)


def test_cofactors_come_in_address_order() -> None:
    table = tabulate(3, lambda a, b, c: c if (a, b) == (1, 0) else 0)
    assert cofactors(table, 3, (0, 1)) == [0, 0b10, 0, 0]
    assert cofactors(ones(3), 3, (1,)) == [ones(2), ones(2)]
