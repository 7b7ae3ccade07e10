"""Counters on carry chains.

The wide one is the generalised parallel counter of T. B. Preusser, "Generic and universal parallel
matrix summation with a flexible compression goal for Xilinx FPGAs", FPL 2017, in its three forms of
two positions: 7 signals, 5 and one of the next column, or 3 and two of the next column. Its carry
may run on into the two columns above, where it takes the place of one signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import xor
from typing import NamedTuple

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


class Part(NamedTuple):
    """What two positions of a chain take in: signals of a column, and of the next."""

    low: list[Literal]
    high: list[Literal]


class Sum(NamedTuple):
    """What two positions give out: a bit of each column there is, and the carry into the next."""

    bits: list[Literal]
    carry: Literal | None


def add_parts(
    logic: Logic, parts: Sequence[Part], n_columns: int, name: str
) -> tuple[list[Sum], Literal | None]:
    """Add up on one chain: each part takes the carry of the part before, two columns below.

    The first position of a part takes in all of the lower column, the first part's carry in among
    it; the second, half the sum of all of these but two, and the signals of the next column. DI of
    a part's first position and the carry in come by nets, so they are no complements: where there
    are too few others, all signals are complemented, and the sum is the largest there is minus what
    is found.

    Parameters
    ----------
    parts : sequence of Part
        What is to be added at most is 7 in the first, and 6 in a further one.
    n_columns : int
        Columns that there are from the first on; the sum is modulo 2^n_columns.

    Returns
    -------
    list of Sum
        Of each part. The carry of one is what the next takes in.
    literal or None
        The last carry, for any LUT to read, if there is a column for it.
    """
    flipped = _n_lacking(parts, flipped=True) < _n_lacking(parts, flipped=False)
    filled = [_filled(part, _SUM - (i > 0), flipped=flipped) for i, part in enumerate(parts)]
    at_nets: list[Literal] = []
    rests: list[list[Literal]] = []
    for i, part in enumerate(filled):
        taken, others = _by_nets(logic, part.low, 2 - (i > 0), f"{name}_i{i}")
        at_nets += taken
        rests.append(others)
    chain = logic.chain(name, at_nets[0][0])
    sums = []
    for i, (rest, (_, high), di) in enumerate(zip(rests, filled, at_nets[1:], strict=True)):
        n_wanted = n_columns - 2 * i
        nets, full = _space([*rest, di])
        parity = reduce(xor, (table_of(literal, nets) for literal in (*rest, di)))
        bits = [chain.add_tables(nets, parity & full, di[0], table=False)]
        if n_wanted > 1:
            nets, full = _space([*rest, *high])
            one, two = _halved(
                [table_of(literal, nets) for literal in rest],
                [table_of(literal, nets) for literal in high],
            )
            bits.append(
                chain.add_tables(nets, one & full, two & full, table=True)
                if n_wanted > 2
                else chain.add_tables(nets, one & full, CONST0, table=False)
            )
        carry = (chain.carry, flipped) if n_wanted > 2 else None
        sums.append(Sum([(net, flipped) for net in bits], carry))
    return sums, (chain.finish(), flipped) if sums[-1].carry else None


def _n_lacking(parts: Sequence[Part], *, flipped: bool) -> int:
    """Return how many signals that come by nets would be complements."""
    n_lacking = 0
    for i, part in enumerate(parts):
        low = _filled(part, _SUM - (i > 0), flipped=flipped).low
        n_lacking += max(0, 2 - (i > 0) - sum(not inverted for _, inverted in low))
    return n_lacking


def _filled(part: Part, most: int, *, flipped: bool) -> Part:
    """Return a part with zeros for what it could take in more, or the complement of all that."""
    low = [*part.low, *[ZERO] * (most - 2 * len(part.high) - len(part.low))]
    if not flipped:
        return Part(low, part.high)
    return Part([complement(literal) for literal in low], [complement(one) for one in part.high])


def _by_nets(
    logic: Logic, literals: Sequence[Literal], n: int, name: str
) -> tuple[list[Literal], list[Literal]]:
    """Return so many signals that come by nets, the last to arrive first, and the others."""
    rest = list(literals)
    plain = sorted((literal for literal in rest if not literal[1]), key=logic.level)
    taken: list[Literal] = []
    for j in range(n):
        literal = plain.pop() if plain else rest[0]
        rest.remove(literal)
        taken.append((logic.net(literal, f"{name}_{j}"), False))
    return taken, rest


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
