"""Incompletely specified functions: what matters is kept, what does not matter is put to use."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lutgen.netlist.isf import Isf, complete, minimise_support
from lutgen.netlist.tables import depends_on, expand, ones, tabulate, variable


@st.composite
def isfs(draw: st.DrawFn, max_k: int = 7) -> Isf:
    """Random functions with anything from no entry to all entries specified."""
    k = draw(st.integers(0, max_k))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    specified = rng.random(1 << k) < rng.choice([0.0, 0.1, 0.3, 0.7, 1.0])
    high = rng.random(1 << k) < rng.choice([0.1, 0.5, 0.9])
    return Isf(k, _table(high & specified), _table(specified))


def _table(bits: np.ndarray) -> int:
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


@given(isfs())
def test_smaller_support_agrees_wherever_the_value_matters(isf: Isf) -> None:
    smaller, kept = minimise_support(isf)
    assert smaller.k == len(kept)
    for fill in (0, ones(smaller.k) ^ smaller.care):
        assert isf.accepts(expand(smaller.onset | fill, kept, range(isf.k)))
    assert not any(smaller.ignores(j) for j in range(smaller.k))


@given(isfs(), st.randoms(use_true_random=False))
def test_inputs_are_tried_in_the_order_given(isf: Isf, random) -> None:
    order = list(range(isf.k))
    random.shuffle(order)
    _, kept = minimise_support(isf, order)
    assert list(kept) == sorted(kept)
    if order and isf.ignores(order[0]):
        assert order[0] not in kept


@given(isfs(), st.integers(2, 4))
def test_completed_table_agrees_wherever_the_value_matters(isf: Isf, leaf: int) -> None:
    table = complete(isf, leaf)
    assert 0 <= table <= ones(isf.k)
    assert isf.accepts(table)


@given(isfs())
def test_can_ignore_means_that_some_table_does(isf: Isf) -> None:
    for j in range(isf.k):
        if isf.ignores(j):
            kept = [i for i in range(isf.k) if i != j]
            table = expand(isf.without(j).onset, kept, range(isf.k))
            assert isf.accepts(table) and not depends_on(table, isf.k, j)
        else:
            low, high = isf.cofactor(j, 0), isf.cofactor(j, 1)
            assert low.meet(high) is None


@given(isfs())
def test_complement_twice_is_the_function(isf: Isf) -> None:
    assert isf.complement().complement() == isf
    assert isf.meet(isf) == isf
    assert (isf.meet(isf.complement()) is None) == (isf.care != 0)


def test_completion_is_deterministic_and_finds_equal_and_complementary_cofactors() -> None:
    """Eight inputs: one 4-input function, its complement, and constants, half of it unspecified."""
    k, leaf = 8, 4
    rng = np.random.default_rng(5)
    leaf_table = 0b0110_1001_1100_0011
    parts = [(leaf_table, 0xFFFF ^ leaf_table, 0, 0xFFFF)[int(i)] for i in rng.integers(0, 4, 16)]
    table = sum(part << (16 * place) for place, part in enumerate(parts))
    care = int.from_bytes(rng.bytes(32), "little") | int.from_bytes(rng.bytes(32), "little")
    made = complete(Isf(k, table & care, care), leaf)
    distinct = {made >> (16 * place) & 0xFFFF for place in range(16)}
    normal = {part ^ 0xFFFF if part & 1 else part for part in distinct}
    assert len(normal - {0}) == 1
    assert complete(Isf(k, table & care, care), leaf) == made


@pytest.mark.parametrize("k", [9, 12, 16])
def test_wide_functions_are_completed_in_bounded_time(k: int) -> None:
    rng = np.random.default_rng(k)
    care = rng.random(1 << k) < 0.2
    onset = care & (rng.random(1 << k) < 0.5)
    isf = Isf(k, _table(onset), _table(care))
    assert isf.accepts(complete(isf))


def test_support_of_a_function_of_one_input_seen_through_few_entries() -> None:
    majority = tabulate(3, lambda a, b, c: a + b + c >= 2)
    care = tabulate(3, lambda a, b, c: a == b)
    smaller, kept = minimise_support(Isf(3, majority & care, care))
    assert kept == (0,) and smaller.onset == 0b10
    smaller, kept = minimise_support(Isf(3, majority & care, care), order=(0, 2, 1))
    assert kept == (1,)


def test_nothing_specified_is_a_constant() -> None:
    assert minimise_support(Isf(4, 0, 0)) == (Isf(0, 0, 0), ())
    assert complete(Isf(6, 0, 0)) == 0
    assert complete(Isf(6, variable(6, 0), variable(6, 0))) == ones(6)
