"""Counters on carry chains.

The wide one is the generalised parallel counter of T. B. Preusser, "Generic and universal parallel
matrix summation with a flexible compression goal for Xilinx FPGAs", FPL 2017, in its three forms of
two positions: 7 signals, 5 and one of the next column, or 3 and two of the next column.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import xor

from lutgen.netlist.head.logic import (
    ZERO,
    Literal,
    Logic,
    Word,
    complement,
    table_of,
    variables,
)
from lutgen.netlist.ir import CONST0, FIRST_INPUT
from lutgen.netlist.tables import ones

_SUM = 7  # the largest


def add_wide(
    logic: Logic, low: Sequence[Literal], high: Sequence[Literal], n_outputs: int, name: str
) -> list[Literal]:
    """Return the sum of signals of weight 1 and of weight 2, at most 7, lowest bit first.

    The first position takes in all of weight 1, and its carry in; the second, half the sum of all
    of these but two, and the signals of weight 2. DI of the first and the carry in come by nets, so
    they are no complements: where there are too few others, all signals are complemented, and the
    sum is 7 minus what is found.
    """
    free = _SUM - 2 * len(high) - len(low)
    low = [*low, *[ZERO] * free]
    flipped = sum(not inverted for _, inverted in low) < 2
    if flipped:
        low = [complement(literal) for literal in low]
        high = [complement(literal) for literal in high]
    # what arrives last goes to the carry in, from where the way is shortest
    plain = sorted((literal for literal in low if not literal[1]), key=logic.level)
    carry_in, straight = plain[-1], plain[-2]
    rest = list(low)
    rest.remove(carry_in)
    rest.remove(straight)
    chain = logic.chain(name, carry_in[0])
    nets, full = _space([*rest, straight])
    parity = reduce(xor, (table_of(literal, nets) for literal in (*rest, straight)))
    sums = [chain.add_tables(nets, parity & full, straight[0], table=False)]
    if n_outputs > 1:
        nets, full = _space([*rest, *high])
        one, two = _halved(
            [table_of(literal, nets) for literal in rest],
            [table_of(literal, nets) for literal in high],
        )
        sums.append(
            chain.add_tables(nets, one & full, two & full, table=True)
            if n_outputs > 2
            else chain.add_tables(nets, one & full, CONST0, table=False)
        )
    if n_outputs > 2:
        sums.append(chain.finish())
    return [(net, flipped) for net in sums]


def _space(literals: Sequence[Literal]) -> tuple[tuple[int, ...], int]:
    """Return the nets of literals, at least one, and the table of 1 over them."""
    nets = variables(literals) or (FIRST_INPUT,)
    return nets, ones(len(nets))


def _halved(low: Sequence[int], high: Sequence[int]) -> tuple[int, int]:
    """Return where half the sum of `low`, rounded down, and `high` are 1, and where 2; tables."""
    unit = half = twice = 0
    for table in low:
        carry = unit & table
        unit ^= table
        twice |= half & carry
        half ^= carry
    for table in high:
        twice |= half & table
        half ^= table
    return half & ~twice, twice & ~half


def chained_greater(logic: Logic, low: Word, high: Word, name: str) -> Literal:
    """Return whether the second of two words of one width is larger, by a wide chain.

    A position passes the carry on where its bits of both words are equal (S), else its carry is
    whether the second is larger (DI). The lowest bits may come by a LUT of their own into the
    carry in, if that saves a position.
    """
    half = logic.lut_inputs - 1
    plain = _parts(low, high, 0, half)
    start = _end(low, high, 0, logic.lut_inputs)
    extra = _parts(low, high, start, half)
    carry = ZERO
    if len(extra) < len(plain) - 1 or not extra:
        carry = logic.function([ZERO, *low[:start], *high[:start]], greater, f"{name}_b{start - 1}")
        plain = extra
    if not plain:
        return carry
    chain = logic.chain(name, logic.net(carry, f"{name}_ci"))
    for first, end in plain:
        literals = [*low[first:end], *high[first:end]]
        nets, full = _space(literals)
        tables = [table_of(literal, nets) for literal in literals]
        differ = 0
        for a, b in zip(tables[: end - first], tables[end - first :], strict=True):
            differ |= a ^ b
        larger = greater(0, *tables)
        chain.add_tables(nets, full & ~differ, larger & full, table=True)
    return chain.finish(sum_read=False), False


def greater(below: int, *words: int) -> int:
    """Return whether high > low, or high = low and `below`; tables of low bits, then of high."""
    half = len(words) // 2
    for low, high in zip(words[:half], words[half:], strict=True):
        below = high & ~low | ~(high ^ low) & below
    return below


def _parts(low: Word, high: Word, start: int, n_nets: int) -> list[tuple[int, int]]:
    """Return ranges of bits from `start` on, each of which reads at most so many nets."""
    parts = []
    while start < len(low):
        end = _end(low, high, start, n_nets)
        parts.append((start, end))
        start = end
    return parts


def _end(low: Word, high: Word, start: int, n_nets: int) -> int:
    end = start + 1
    while (
        end < len(low) and len(variables([*low[start : end + 1], *high[start : end + 1]])) <= n_nets
    ):
        end += 1
    return end
