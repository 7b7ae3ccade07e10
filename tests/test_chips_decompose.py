"""Functional decomposition: the LUTs compute the function, and every composition is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.chips.fabric.decompose import Decomposition, are_triples, find_decomposition
from lutgen.netlist.tables import ones, permute, tabulate

SIZES = [(5, 4), (6, 4), (7, 4), (7, 6), (8, 6), (9, 6), (10, 6)]


def compose(found: Decomposition, k: int) -> int:
    """Return the table that the LUTs of a decomposition compute together."""

    def function(*x: int) -> int:
        bound = sum(x[j] << i for i, j in enumerate(found.bound))
        pins = [table >> bound & 1 for table in found.inner]
        pins += [x[j] for j in (*found.again, *found.late)]
        return found.root >> sum(bit << i for i, bit in enumerate(pins)) & 1

    return tabulate(k, function)


@st.composite
def compositions(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Return k, the LUT size, the number of LUTs, and a function that these make."""
    k, leaf = draw(st.sampled_from(SIZES))
    n_late = k - leaf
    n_inner = draw(st.integers(1, min(2, leaf - n_late)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bound = tuple(range(leaf))
    made = Decomposition(
        inner=tuple(random_table(rng, leaf) for _ in range(n_inner)),
        bound=bound,
        root=random_table(rng, leaf),
        again=bound[: leaf - n_late - n_inner],
        late=tuple(range(leaf, k)),
    )
    return k, leaf, 1 + n_inner, permute(compose(made, k), rng.permutation(k).tolist())


def random_table(rng: np.random.Generator, k: int) -> int:
    return int.from_bytes(rng.bytes((1 << k) // 8), "little")


@given(compositions())
def test_every_composition_is_found(made: tuple[int, int, int, int]) -> None:
    k, leaf, n_luts, table = made
    found = find_decomposition(table, k, leaf, n_luts)
    assert found is not None
    assert len(found.inner) + 1 <= n_luts
    assert max(len(found.bound), len(found.inner) + len(found.again) + len(found.late)) <= leaf
    assert compose(found, k) == table
    if (k, leaf) == (6, 4):
        assert are_triples([table])[0]


@given(st.sampled_from([(5, 4), (6, 4), (8, 6)]), st.integers(0, 2**32 - 1))
def test_what_is_found_is_the_function(size: tuple[int, int], seed: int) -> None:
    k, leaf = size
    rng = np.random.default_rng(seed)
    votes = rng.normal(1.0, 0.5, size=k)
    table = tabulate(k, lambda *x: sum(votes * x) > sum(votes) / 2) ^ 1 << int(rng.integers(1 << k))
    found = find_decomposition(table, k, leaf, 3)
    if found is not None:
        assert compose(found, k) == table
    if size == (6, 4):
        assert are_triples([table])[0] == (found is not None)


@pytest.mark.parametrize("size", SIZES)
def test_limits_are_kept(size: tuple[int, int]) -> None:
    k, leaf = size
    parity = tabulate(k, lambda *x: sum(x) % 2)
    found = find_decomposition(parity, k, leaf, 2)
    assert found is not None and len(found.inner) == 1 and compose(found, k) == parity
    assert find_decomposition(parity, k, leaf, 1) is None
    rng = np.random.default_rng(k)
    random = int.from_bytes(rng.bytes(1 << (k - 3)), "little") & ones(k)
    if k > leaf + 1:
        assert find_decomposition(random, k, leaf, 3) is None


def test_more_late_inputs_than_a_root_has_room_for() -> None:
    assert find_decomposition(tabulate(8, lambda *x: all(x)), 8, 4, 9) is None
