"""Every operation on tables against the same operation on lists of bits."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from lutgen.netlist import tables


def as_list(table: int, k: int) -> list[int]:
    return [table >> p & 1 for p in range(1 << k)]


def lookup(table: int, bits: list[int]) -> int:
    return table >> sum(bit << j for j, bit in enumerate(bits)) & 1


def all_bits(k: int) -> list[list[int]]:
    return [list(bits) for bits in product((0, 1), repeat=k)]


@st.composite
def table_and_k(draw: st.DrawFn, low: int = 1, high: int = 7) -> tuple[int, int]:
    k = draw(st.integers(low, high))
    return draw(st.integers(0, tables.ones(k))), k


@given(table_and_k(), st.data())
def test_cofactor_fixes_one_input(case: tuple[int, int], data: st.DataObject) -> None:
    table, k = case
    j, value = data.draw(st.integers(0, k - 1)), data.draw(st.integers(0, 1))
    expected = [bit for p, bit in enumerate(as_list(table, k)) if (p >> j & 1) == value]
    assert as_list(tables.cofactor(table, k, j, value), k - 1) == expected
    assert tables.cofactor(table, k, j, value) <= tables.ones(k - 1)


@given(table_and_k(low=0), st.data())
def test_insert_is_undone_by_both_cofactors(case: tuple[int, int], data: st.DataObject) -> None:
    table, k = case
    j = data.draw(st.integers(0, k))
    wider = tables.insert(table, k, j)
    assert not tables.depends_on(wider, k + 1, j)
    assert tables.cofactor(wider, k + 1, j, 0) == tables.cofactor(wider, k + 1, j, 1) == table


@given(table_and_k(), st.data())
def test_depends_on(case: tuple[int, int], data: st.DataObject) -> None:
    table, k = case
    j = data.draw(st.integers(0, k - 1))
    bits = as_list(table, k)
    expected = any(bits[p] != bits[p ^ (1 << j)] for p in range(1 << k))
    assert tables.depends_on(table, k, j) == expected


@given(table_and_k(), st.data())
def test_flip(case: tuple[int, int], data: st.DataObject) -> None:
    table, k = case
    j = data.draw(st.integers(0, k - 1))
    bits = as_list(table, k)
    assert as_list(tables.flip(table, k, j), k) == [bits[p ^ (1 << j)] for p in range(1 << k)]


@given(table_and_k(), st.data())
def test_permute(case: tuple[int, int], data: st.DataObject) -> None:
    table, k = case
    order = data.draw(st.permutations(range(k)))
    permuted = tables.permute(table, order)
    for bits in all_bits(k):
        old = [0] * k
        for j, source in enumerate(order):
            old[source] = bits[j]
        assert lookup(permuted, bits) == lookup(table, old)


@given(table_and_k(low=2), st.data())
def test_merge_ties_two_inputs(case: tuple[int, int], data: st.DataObject) -> None:
    table, k = case
    i, j = sorted(data.draw(st.permutations(range(k)))[:2])
    merged = tables.merge(table, k, i, j)
    for bits in all_bits(k - 1):
        assert lookup(merged, bits) == lookup(table, [*bits[:j], bits[i], *bits[j:]])


@given(table_and_k(), st.data())
def test_reduce_keeps_the_function_and_only_what_matters(
    case: tuple[int, int], data: st.DataObject
) -> None:
    table, k = case
    nets = data.draw(st.lists(st.integers(0, 6), min_size=k, max_size=k))
    reduced, left = tables.reduce(table, nets)
    assert len(set(left)) == len(left) and not {0, 1} & set(left)
    assert all(tables.depends_on(reduced, len(left), j) for j in range(len(left)))
    for values in all_bits(5):
        value = dict(enumerate([0, 1, *values]))
        expected = lookup(table, [value[net] for net in nets])
        assert lookup(reduced, [value[net] for net in left]) == expected


@given(table_and_k(high=5), st.data())
def test_expand_reads_the_same_nets(case: tuple[int, int], data: st.DataObject) -> None:
    table, k = case
    wanted = data.draw(st.permutations(range(7)))
    nets = data.draw(st.permutations(range(7)))[:k]
    expanded = tables.expand(table, nets, wanted)
    for bits in all_bits(7):
        value = dict(zip(wanted, bits, strict=True))
        assert lookup(expanded, bits) == lookup(table, [value[net] for net in nets])


@given(st.integers(1, 6), st.data())
def test_compose_substitutes_a_table_for_an_input(k: int, data: st.DataObject) -> None:
    outer, inner = (data.draw(st.integers(0, tables.ones(k))) for _ in range(2))
    j = data.draw(st.integers(0, k - 1))
    composed = tables.compose(outer, k, j, inner)
    for bits in all_bits(k):
        inside = [*bits[:j], lookup(inner, bits), *bits[j + 1 :]]
        assert lookup(composed, bits) == lookup(outer, inside)


@given(table_and_k(high=5), st.data())
def test_canonical_is_one_form_for_every_order(case: tuple[int, int], data: st.DataObject) -> None:
    table, k = case
    nets = data.draw(st.permutations(range(10, 10 + k)))
    order = data.draw(st.permutations(range(k)))
    shuffled = tables.permute(table, order), [nets[j] for j in order]
    assert tables.canonical(table, nets) == tables.canonical(*shuffled)
    assert tables.canonical(table, nets)[1] == tuple(sorted(nets))


def test_literals_are_the_inputs_and_their_complements() -> None:
    assert tables.literals(2) == {
        0b1010: (0, False),
        0b0101: (0, True),
        0b1100: (1, False),
        0b0011: (1, True),
    }


def test_tabulate_puts_input_0_first() -> None:
    assert tables.tabulate(2, lambda a, b: a and not b) == 0b0010


def test_sixteen_inputs() -> None:
    table = tables.tabulate(16, lambda *bits: sum(bits) % 2)
    assert tables.cofactor(table, 16, 0, 0) == tables.tabulate(15, lambda *bits: sum(bits) % 2)
    assert tables.flip(table, 16, 7) == table ^ tables.ones(16)
    assert tables.permute(table, list(range(15, -1, -1))) == table
